/** One line of two texts: in both, only in the old one, or only in the new one; its numbers (from 1) there. */
export type DifferentLine = {
  readonly kind: 'same' | 'removed' | 'added'
  readonly old: number | undefined
  readonly young: number | undefined
  readonly text: string
}

/** Compares two texts line by line: the least that was taken out and put in, by Myers' algorithm, while it is not too much. */
export function diffLines(before: string, after: string): DifferentLine[] {
  const [old, young] = [linesOf(before), linesOf(after)]
  let start = 0
  while (start < old.length && start < young.length && old[start] === young[start]) start++
  let end = 0
  while (end < old.length - start && end < young.length - start && old.at(-1 - end) === young.at(-1 - end)) end++
  const lines: DifferentLine[] = []
  const same = (x: number, y: number): unknown => lines.push({ kind: 'same', old: x + 1, young: y + 1, text: old[x]! })
  for (let at = 0; at < start; at++) same(at, at)
  for (const step of stepsOf(old.slice(start, old.length - end), young.slice(start, young.length - end))) {
    const [x, y] = [step.x + start, step.y + start]
    if (step.kind === 'same') same(x, y)
    else if (step.kind === 'removed') lines.push({ kind: 'removed', old: x + 1, young: undefined, text: old[x]! })
    else lines.push({ kind: 'added', old: undefined, young: y + 1, text: young[y]! })
  }
  for (let at = end; at > 0; at--) same(old.length - at, young.length - at)
  return lines
}

/** The differences with three lines around each, as `diff -u` writes them; empty for texts that are the same. */
export function formatUnified(lines: readonly DifferentLine[], around = 3): string {
  const near = lines.map(() => false)
  for (const [index, { kind }] of lines.entries())
    if (kind !== 'same') near.fill(true, Math.max(0, index - around), index + around + 1)
  let text = ''
  let [old, young] = [1, 1]
  for (let index = 0; index < lines.length;) {
    if (near[index] !== true) {
      index++
      old++
      young++
      continue
    }
    let end = index
    while (near[end] === true) end++
    const hunk = lines.slice(index, end)
    const [olds, youngs] = (['added', 'removed'] as const).map((not) => hunk.filter(({ kind }) => kind !== not).length)
    text += `@@ -${old},${olds} +${young},${youngs} @@\n`
    for (const line of hunk) text += `${MARKS[line.kind]}${line.text}\n`
    old += olds!
    young += youngs!
    index = end
  }
  return text
}

type Step = { readonly kind: DifferentLine['kind']; readonly x: number; readonly y: number }

function stepsOf(old: readonly string[], young: readonly string[]): Step[] {
  const trace: Int32Array[] = []
  const most = Math.min(old.length + young.length, STEPS_MAX)
  const width = 2 * most + 3
  const reach = new Int32Array(width)
  const middle = most + 1
  for (let depth = 0; depth <= most; depth++) {
    trace.push(reach.slice(middle - depth - 1, middle + depth + 2))
    for (let diagonal = -depth; diagonal <= depth; diagonal += 2) {
      let x = isDown(reach, middle, diagonal, depth) ? reach[middle + diagonal + 1]! : reach[middle + diagonal - 1]! + 1
      while (x < old.length && x - diagonal < young.length && old[x] === young[x - diagonal]) x++
      reach[middle + diagonal] = x
      if (x >= old.length && x - diagonal >= young.length) return walkBack(trace, old.length, young.length)
    }
  }
  // Two texts that have next to nothing in common: one out, the other in.
  return [
    ...old.map((_, x): Step => ({ kind: 'removed', x, y: 0 })),
    ...young.map((_, y): Step => ({ kind: 'added', x: 0, y })),
  ]
}

function isDown(reach: Int32Array, middle: number, diagonal: number, depth: number): boolean {
  if (diagonal === -depth) return true
  return diagonal !== depth && reach[middle + diagonal - 1]! < reach[middle + diagonal + 1]!
}

function walkBack(trace: readonly Int32Array[], width: number, height: number): Step[] {
  const steps: Step[] = []
  let [x, y] = [width, height]
  for (let depth = trace.length - 1; depth >= 0; depth--) {
    const reach = trace[depth]!
    const middle = depth + 1
    const diagonal = x - y
    const before = isDown(reach, middle, diagonal, depth) ? diagonal + 1 : diagonal - 1
    const fromX = depth === 0 ? 0 : reach[middle + before]!
    const fromY = depth === 0 ? 0 : fromX - before
    while (x > fromX && y > fromY) steps.push({ kind: 'same', x: --x, y: --y })
    if (depth === 0) break
    if (x > fromX) steps.push({ kind: 'removed', x: --x, y })
    else steps.push({ kind: 'added', x, y: --y })
  }
  return steps.reverse()
}

function linesOf(text: string): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

const MARKS = { same: ' ', removed: '-', added: '+' } as const
/** Lines that differ; beyond, the old text is shown as gone and the new one as new. */
const STEPS_MAX = 2_000
