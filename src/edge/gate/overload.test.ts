import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Overload } from './overload.ts'

type Machine = {
  /** What it costs to judge and answer a call, and to leave one, in microseconds. */
  readonly judgeUs: number
  readonly leaveUs: number
  /** How many datagrams the system holds; what comes beyond that is lost. */
  readonly holds: number
  /** How many times as many calls come as can be judged. */
  readonly times: number
}

type Seen = { readonly goodput: number; readonly p99Ms: number; readonly left: number }

/** Ten seconds of a gate that takes one call after the other out of a buffer; the first two are not counted. */
function flood({ judgeUs, leaveUs, holds, times }: Machine, heldBytes: number): Seen {
  let pauses = 0
  const overload = new Overload(
    () => pauses,
    () => heldBytes,
  )
  const everyUs = judgeUs / times
  const waits: number[] = []
  /** When each call that is held came. */
  let held: number[] = []
  let first = 0
  let nextUs = 0
  let left = 0
  const endUs = 10_000_000
  for (let nowUs = 0; nowUs < endUs;) {
    for (; nextUs <= nowUs; nextUs += everyUs) if (held.length - first < holds) held.push(nextUs)
    if (first === held.length) {
      pauses++
      nowUs = nextUs
      continue
    }
    const cameUs = held[first++]!
    if (first > 100_000) {
      held = held.slice(first)
      first = 0
    }
    const nowMs = nowUs / 1_000
    if (overload.isDrowning && overload.leaves(nowMs)) {
      nowUs += leaveUs
      left++
      continue
    }
    const isShed = overload.sheds(nowMs)
    nowUs += isShed ? judgeUs * 0.8 : judgeUs
    if (!isShed && nowUs > 2_000_000) waits.push((nowUs - cameUs) / 1_000)
  }
  const sorted = Float64Array.from(waits).sort()
  return {
    goodput: (waits.length * judgeUs) / (endUs - 2_000_000),
    p99Ms: sorted[Math.floor(sorted.length * 0.99)]!,
    left,
  }
}

const HELD_BYTES = 8_388_608
const HOLDS = Math.floor(HELD_BYTES / 2_304)
const MACHINES: [title: string, machine: Machine][] = [
  ['in batches', { judgeUs: 14, leaveUs: 2, holds: HOLDS, times: 10 }],
  ['one at a time', { judgeUs: 30, leaveUs: 7, holds: HOLDS, times: 10 }],
  ['in batches, with the buffer of a stock system', { judgeUs: 14, leaveUs: 2, holds: 184, times: 10 }],
  ['of twice what can be judged', { judgeUs: 14, leaveUs: 2, holds: HOLDS, times: 2 }],
]
for (const [title, machine] of MACHINES) {
  test(`in an overload, taken ${title}, four fifths of what could be judged is, within 200 ms`, () => {
    const { goodput, p99Ms, left } = flood(machine, machine.holds * 2_304)
    assert.ok(left > 1_000, `${left} left`)
    assert.ok(goodput >= 0.8, `goodput ${goodput}`)
    assert.ok(p99Ms <= 200, `p99 ${p99Ms} ms`)
  })
}

test('on a slow machine less is judged, so that it is judged sooner; a gate that does not know what is held judges too late', () => {
  const slow: Machine = { judgeUs: 100, leaveUs: 15, holds: HOLDS, times: 10 }
  const knowing = flood(slow, HELD_BYTES)
  const unknowing = flood(slow, 0)
  assert.ok(knowing.p99Ms <= 200, `p99 ${knowing.p99Ms} ms`)
  assert.ok(knowing.goodput >= 0.45, `goodput ${knowing.goodput}`)
  assert.ok(unknowing.p99Ms > 200, `p99 ${unknowing.p99Ms} ms`)
  assert.ok(unknowing.goodput > knowing.goodput)
})
