import { many } from './words.ts'

/**
 * Says what goes wrong again and again without filling the terminal: within `QUIET_MS` each line once, and of lines that differ
 * `LINES_MAX` at most. How many were left out is said with the first line after that.
 */
export function saySparingly(say: (line: string) => void, now = () => performance.now()): (line: string) => void {
  const said = new Set<string>()
  let begunMs = Number.NEGATIVE_INFINITY
  let left = 0
  return (line) => {
    if (now() - begunMs >= QUIET_MS) {
      said.clear()
      begunMs = now()
      if (left > 0) say(`${many(left, 'line')} like those before left out`)
      left = 0
    }
    if (said.has(line) || said.size >= LINES_MAX) left++
    else {
      said.add(line)
      say(line)
    }
  }
}

export const QUIET_MS = 600_000
export const LINES_MAX = 5
