import type { Socket } from 'node:net'

/**
 * Reads JSON, one value a line, and hands on each until `take` has enough; what comes then is read and dropped. What is no
 * JSON, or a line without end, ends the connection.
 */
export function readLines(socket: Socket, take: (value: unknown) => 'enough' | 'more'): void {
  let held = ''
  socket.setEncoding('utf8')
  const read = (text: string): void => {
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
      if (take(value) === 'enough') {
        socket.off('data', read)
        socket.resume()
        return
      }
    }
    if (held.length > LINE_CHARACTERS_MAX) socket.destroy()
  }
  socket.on('data', read)
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const LINE_CHARACTERS_MAX = 65_536
