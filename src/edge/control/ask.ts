import { createConnection } from 'node:net'
import { readLines } from './lines.ts'

/** A conversation seen from the side that began it. */
export type Asking = {
  /** What the other side says, one value after the other; ends when it has hung up. */
  readonly answers: AsyncIterable<unknown>
  end(): void
}

/** Begins a conversation on a socket file with one question. Rejects where nobody listens there, or who asks may not. */
export async function askControl(path: string, question: unknown): Promise<Asking> {
  const socket = createConnection(path)
  await new Promise<void>((connected, failed) => {
    socket.once('connect', () => connected())
    socket.once('error', failed)
  })
  socket.on('error', () => undefined)
  const heard: unknown[] = []
  let wake = (): void => undefined
  let over = false
  readLines(socket, (value) => {
    heard.push(value)
    wake()
    return 'more'
  })
  socket.on('close', () => {
    over = true
    wake()
  })
  socket.write(`${JSON.stringify(question)}\n`)
  async function* answers(): AsyncGenerator {
    for (;;) {
      while (heard.length > 0) yield heard.shift()
      if (over) return
      await new Promise<void>((woken) => (wake = woken))
    }
  }
  return { answers: answers(), end: () => void socket.destroy() }
}
