import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Origin } from '#codec/capture/origin.ts'
import { CaptureSighting } from './capture-sighting.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const THEN = Date.UTC(2026, 10, 1)
const MINUTE = 60_000
const DAY = 86_400_000

/** Times as told, 0 for none; what is made of each: when it passed, and what time it is for all calls. */
const CASES: readonly (readonly [title: string, ...(readonly [told: number, atMs: number, nowMs: number])[]])[] = [
  ['times that follow each other', [THEN, THEN, THEN], [THEN + MINUTE, THEN + MINUTE, THEN + MINUTE]],
  ['no time at all', [0, NOW, NOW], [0, NOW, NOW]],
  ['one without a time between others', [THEN, THEN, THEN], [0, NOW, THEN], [THEN + 1, THEN + 1, THEN + 1]],
  [
    'one of another year passes no time',
    [THEN, THEN, THEN],
    [THEN - 900 * DAY, THEN - 900 * DAY, THEN],
    [THEN + 1, THEN + 1, THEN + 1],
  ],
  [
    'one of the year 2106 was read now',
    [THEN, THEN, THEN],
    [2 ** 32 * 1000, NOW, THEN],
    [THEN + 1, THEN + 1, THEN + 1],
  ],
  [
    'a pause of a day is a pause once two agree',
    [THEN, THEN, THEN],
    [THEN + DAY, THEN + DAY, THEN],
    [THEN + DAY + 5, THEN + DAY + 5, THEN + DAY + 5],
  ],
  ['a box that thinks it is 1970 keeps what lies between', [5_000, NOW, NOW], [5_180, NOW + 180, NOW + 180]],
  ['a day ahead is a clock that is set wrong', [NOW + DAY, NOW + DAY, NOW + DAY], [NOW + DAY + MINUTE, NOW, NOW + DAY]],
]

for (const [title, ...messages] of CASES)
  test(title, () => {
    const sighting = new CaptureSighting('capture a', () => NOW)
    for (const [told, atMs, nowMs] of messages) {
      const seen = sighting.at(originAt(told))
      assert.deepEqual([seen.atMs, seen.nowMs], [atMs, nowMs], String(told))
    }
  })

test('times that cannot be are counted, and no others', () => {
  const sighting = new CaptureSighting('capture a', () => NOW)
  for (const told of [THEN, 0, 2 ** 32 * 1000, 5_000, NOW + DAY, NOW + DAY + 1]) sighting.at(originAt(told))
  assert.equal(sighting.absurd, 3)
})

function originAt(ms: number): Origin {
  return {
    packet: 1,
    offset: 0,
    seconds: Math.floor(ms / 1000),
    nanoseconds: 0,
    atUs: ms * 1000,
    transport: 'UDP',
    source: '192.0.2.10',
    sourcePort: 5060,
    destination: '198.51.100.20',
    destinationPort: 5060,
    cut: false,
    normalised: false,
  }
}
