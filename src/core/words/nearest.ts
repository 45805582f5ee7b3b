/** The known word nearest to what was written, `undefined` where none is near: two letters in five may differ. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > WORD_MAX) return undefined
  let best: string | undefined
  let least = Math.max(1, Math.round(word.length * 0.4)) + 1
  for (const candidate of known) {
    const distance = distanceOf(word.toLowerCase(), candidate.toLowerCase())
    if (distance >= least) continue
    least = distance
    best = candidate
  }
  return best
}

/** How many letters to add, drop, change or swap with their neighbour to get from one word to the other. */
function distanceOf(from: string, to: string): number {
  let before: number[] = []
  let last: number[] = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const next = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      let least = Math.min(last[column]! + 1, next[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1))
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      if (swapped) least = Math.min(least, before[column - 2]! + 1)
      next.push(least)
    }
    before = last
    last = next
  }
  return last[to.length]!
}

/** Longer words are no slip of the pen, and comparing them costs the square of their length. */
const WORD_MAX = 64
