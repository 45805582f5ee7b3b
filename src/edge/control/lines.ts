import type { Socket } from 'node:net'

/**
 * Reads JSON, one value a line, and hands on each. What is no JSON, or a line without end, ends the connection.
 */
export function readLines(socket: Socket, take: (value: unknown) => void): void {
  let held = ''
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    held += text
    for (;;) {
      const end = held.indexOf('\n')
      if (end < 0) break
      const line = held.slice(0, end)
      held = held.slice(end + 1)
      const value = parse(line)
      if (value === undefined) {
        socket.destroy()
        return
      }
      take(value)
    }
    if (held.length > LINE_CHARACTERS_MAX) socket.destroy()
  })
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const LINE_CHARACTERS_MAX = 65_536
