import { type Server, type Socket, createServer } from 'node:net'
import { type Receive, StreamConnection } from './stream-connection.ts'
import type { Place, Streams } from './streams.ts'
import { plainAddress } from './udp.ts'

/** An endpoint for SIP over connections. Answers leave by the connection that the request came by. */
export type StreamTransport = {
  readonly kind: 'tcp' | 'tls'
  /** What it listens on, as it would stand in a SIP URI: `127.0.0.1:5060`. */
  readonly local: string
  /** Takes no more connections; those there are end when what they are owed is written. */
  close(): Promise<void>
}

/** What an endpoint asks about a source: its address, and the names of its certificate once there is one. */
export type IsPeer = (address: string, names?: readonly string[]) => boolean

/** Who is heard, and by whom. */
export type StreamParts = {
  readonly streams: Streams
  readonly isPeer: IsPeer
  /** Whether sources that no peer has are heard at all, to be refused; else their connections end without an octet. */
  readonly hearsStrangers: () => boolean
  readonly receive: Receive
}

/** Listens for SIP over TCP, port 0 for any that is free. RFC 3261 §18. Rejects where the port is taken. */
export async function listenTcp(host: string, port: number, parts: StreamParts): Promise<StreamTransport> {
  const { streams, receive } = parts
  const open = new Set<StreamConnection>()
  const server = await listen(host, port, (socket) => {
    // A peer that has ended its side may still be owed an answer.
    socket.allowHalfOpen = true
    const entered = enter(socket, parts)
    if (entered === undefined) return
    const source = { address: entered.address, port: entered.port }
    const remote = { source, names: undefined, isPeer: entered.isPeer }
    const connection = new StreamConnection(socket, socket, remote, streams, receive)
    open.add(connection)
    socket.once('close', () => open.delete(connection))
  })
  return transportOf('tcp', server, open)
}

/** A connection that found its place. */
export type Entered = {
  readonly address: string
  readonly port: number
  readonly isPeer: boolean
  readonly place: Place
}

/** Lets a connection in by its address, or ends it without an octet. `isProvenLater` says that its address is not the last word. */
export function enter(socket: Socket, parts: StreamParts, isProvenLater = false): Entered | undefined {
  const { streams, isPeer, hearsStrangers } = parts
  const { remoteAddress, remotePort } = socket
  // Whatever becomes of it, an error of a socket that nobody hears would end the process.
  socket.on('error', () => undefined)
  if (remoteAddress === undefined || remotePort === undefined) {
    socket.destroy()
    return undefined
  }
  const address = plainAddress(remoteAddress)
  const known = isPeer(address)
  const isHeard = known || isProvenLater || hearsStrangers()
  if (!isHeard) streams.figures.strangers++
  const place = isHeard ? streams.admit(address, known) : undefined
  if (place === undefined) {
    socket.resetAndDestroy()
    return undefined
  }
  socket.once('close', place.leave)
  return { address, port: remotePort, isPeer: known, place }
}

/** A server that hands over connections, and has dead peers probed. */
export async function listen(host: string, port: number, onConnection: (socket: Socket) => void): Promise<Server> {
  const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_AFTER_MS }
  const server = createServer(options, onConnection)
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen({ host, port, exclusive: true, backlog: BACKLOG }, () => {
      server.off('error', failed)
      // From here on an error is one of accept, such as no descriptors left: the next connection finds it mended or not.
      server.on('error', () => undefined)
      listening()
    })
  })
  return server
}

/** The endpoint of a server and its connections. */
export function transportOf(
  kind: StreamTransport['kind'],
  server: Server,
  open: ReadonlySet<StreamConnection>,
): StreamTransport {
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server has an address and a port')
  const local = bound.address.includes(':') ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`
  return {
    kind,
    local,
    async close() {
      const closed = new Promise<void>((done) => server.close(() => done()))
      for (const connection of open) connection.close()
      await closed
    },
  }
}

/** A peer that is gone without a word is found after a minute of silence and ten probes, a second apart. */
const PROBE_AFTER_MS = 60_000
/** Connections that the system holds until they are accepted, at most; it may grant less. */
const BACKLOG = 1024
