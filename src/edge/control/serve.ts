import { rmSync } from 'node:fs'
import { type Socket, createConnection, createServer } from 'node:net'
import { readLines } from './lines.ts'

/** One conversation: what the other side said first, and how to say something to it. */
export type Conversation = {
  readonly question: unknown
  say(answer: unknown): void
  /** Called once, when either side has ended it. */
  onEnd(ended: () => void): void
  end(): void
}

export type ControlServer = { close(): Promise<void> }

/**
 * Listens on a socket file for commands of this machine. Only who may read and write the file can connect: it is made for
 * its owner alone. A conversation is JSON, one value a line; what comes after the first line is not read.
 *
 * Rejects where no such socket can be made: the path is too long, or another process listens on it.
 */
export async function serveControl(path: string, converse: (talk: Conversation) => void): Promise<ControlServer> {
  if (Buffer.byteLength(path) > PATH_BYTES_MAX)
    throw new Error(`${path} is longer than the ${PATH_BYTES_MAX} octets that the path of a socket may have`)
  if (await answers(path)) throw new Error(`another process listens on ${path}`)
  // A process that was killed leaves its socket file behind.
  rmSync(path, { force: true })
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    // Whoever is gone cannot be told; the close comes anyway.
    socket.on('error', () => undefined)
    socket.setTimeout(QUESTION_MS, () => socket.destroy())
    readLines(socket, (question) => {
      socket.setTimeout(0)
      converse({
        question,
        say: (answer) => void (socket.destroyed || socket.write(`${JSON.stringify(answer)}\n`)),
        onEnd: (ended) => void socket.once('close', ended),
        end: () => void socket.end(),
      })
      return 'enough'
    })
  })
  server.maxConnections = CONNECTIONS_MAX
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    // The mask is the whole process's: `listen` makes the file before it returns, so nobody else makes one under it.
    const before = process.umask(0o177)
    try {
      server.listen(path, () => listening())
    } finally {
      process.umask(before)
    }
  })
  server.on('error', () => undefined)
  return {
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        for (const socket of open) socket.destroy()
      }),
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((settle) => {
    const socket = createConnection(path)
    socket.once('connect', () => {
      socket.destroy()
      settle(true)
    })
    socket.once('error', () => settle(false))
  })
}

/** `sun_path` has 108 octets on Linux, the last of them NUL. */
const PATH_BYTES_MAX = 107
const CONNECTIONS_MAX = 8
const QUESTION_MS = 2_000
