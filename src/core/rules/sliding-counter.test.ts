import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { COUNT_MAX, SlidingCounter, counterBytes } from './sliding-counter.ts'
import { PROBES } from './slot-table.ts'

/** 4096 ms make one tick a millisecond, so that the model below has the same clock. */
const PER_MS = 4096
const START_MS = 1_795_000_000_000
const KEY = 12125550117

function counterFor(numbers: number, perMs = PER_MS): SlidingCounter {
  return new SlidingCounter(perMs, numbers, new ArrayBuffer(counterBytes(numbers)), 0)
}

const gaps = fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 3 * PER_MS })), {
  minLength: 1,
  maxLength: 200,
})

test('against every call remembered: exact in the first window, off by no more than the window before it later', () => {
  let inexact = 0
  let steps = 0
  fc.assert(
    fc.property(gaps, (gaps) => {
      const counter = counterFor(10)
      const calls: number[] = []
      let nowMs = START_MS
      let windowStart = START_MS
      for (const [index, gap] of gaps.entries()) {
        if (index > 0) nowMs += gap
        calls.push(nowMs)
        const figure = counter.count(KEY, nowMs)

        if (nowMs - windowStart >= 2 * PER_MS) windowStart = nowMs
        else if (nowMs - windowStart >= PER_MS) windowStart += PER_MS
        const since = (from: number) => calls.filter((at) => at >= from).length
        const exact = calls.filter((at) => at > nowMs - PER_MS).length
        const current = since(windowStart)
        const before = since(windowStart - PER_MS) - current
        const share = 1 - (nowMs - windowStart) / PER_MS
        steps++
        if (figure !== exact) inexact++
        if (before === 0) assert.equal(figure, current)
        assert.ok(figure - exact <= before * share, `${figure} counted, ${exact} in the window: too many`)
        assert.ok(exact - figure <= before * (1 - share) + 1, `${figure} counted, ${exact} in the window: too few`)
        assert.ok(
          figure <= calls.filter((at) => at > nowMs - 2 * PER_MS).length,
          'a call older than two windows counts',
        )
      }
    }),
    { numRuns: 300 },
  )
  assert.ok(inexact > 0 && inexact < steps, `the figure is an estimate: ${inexact} of ${steps} were off`)
})

test('at the ends of windows figures are what they should be, to the millisecond, for each number of a full table', () => {
  const counter = counterFor(100)
  const keys = Array.from({ length: 100 }, (_, index) => KEY + index)
  const expect = (method: 'count' | 'read', atMs: number, figure: number, exact: boolean) => {
    for (const key of keys) {
      assert.equal(counter[method](key, START_MS + atMs), figure, `${method} ${key} at ${atMs}`)
      assert.equal(counter.wasExact, exact, `${method} ${key} at ${atMs}`)
    }
  }
  assert.ok(counter.wasExact)
  expect('read', 0, 0, true)
  for (const figure of [1, 2, 3, 4]) expect('count', 0, figure, true)
  expect('read', PER_MS - 1, 4, true)
  expect('read', PER_MS, 4, false)
  expect('read', PER_MS + 1024, 3, false)
  expect('read', 2 * PER_MS - 1, 0, false)
  expect('read', 2 * PER_MS, 0, true)
  expect('count', PER_MS, 1 + 4, false)
  expect('count', PER_MS + 1024, 2 + 3, false)
  expect('count', 2 * PER_MS + 2048, 1 + 1, false)
  expect('count', 4 * PER_MS, 1, true)
  expect('count', 4 * PER_MS - 100, 2, true)
  assert.deepEqual([counter.table.evictions, counter.table.used, counter.tables.length], [0, 100, 1])
})

test('steady traffic is counted to within two calls', () => {
  const counter = counterFor(10)
  let worst = 0
  for (let call = 0; call < 2000; call++) {
    const figure = counter.count(KEY, START_MS + call * 32)
    worst = Math.max(worst, Math.abs(figure - Math.min(call + 1, PER_MS / 32)))
  }
  assert.ok(worst <= 2, `off by ${worst}`)
})

test('a count stops at its maximum', () => {
  const counter = counterFor(1)
  for (let call = 1; call <= COUNT_MAX; call++) counter.count(KEY, START_MS)
  assert.equal(counter.count(KEY, START_MS), COUNT_MAX)
  assert.equal(counter.count(KEY, START_MS + PER_MS), COUNT_MAX)
})

test('a clock that is set back a little stands still, and one set back far begins a new window', () => {
  const counter = counterFor(1)
  for (let call = 1; call <= 10; call++) counter.count(KEY, START_MS)
  assert.equal(counter.count(KEY, START_MS - 1000), 11)
  assert.equal(counter.count(KEY, START_MS - 3_600_000), 1)
  assert.equal(counter.count(KEY, 0), 1)
  assert.equal(counter.count(KEY, START_MS + 3_600_000), 1)
})

test('a count says whether it is one or an estimate', () => {
  const counter = counterFor(10)

  counter.count(KEY, START_MS)
  assert.equal(counter.wasExact, true)
  counter.count(KEY, START_MS + PER_MS * 1.2)
  assert.equal(counter.wasExact, false, 'the window before still counts')
  counter.count(KEY, START_MS + PER_MS * 10)
  assert.equal(counter.wasExact, true)
})

for (const perMs of [1000, 600_000, 86_400_000]) {
  test(`a window of ${perMs} ms ends when it should, to a 4096th`, () => {
    const counter = counterFor(1, perMs)
    for (let call = 0; call < 100; call++) counter.count(KEY, START_MS)
    const late = perMs / 1000
    assert.equal(counter.count(KEY, START_MS + perMs - late), 101)
    assert.ok(counter.count(KEY, START_MS + perMs + late) > 100, 'the window before still counts nearly whole')
    assert.ok(counter.count(KEY, START_MS + perMs * 1.5) < 55)
    assert.equal(counter.count(KEY, START_MS + perMs * 10), 1)
  })
}

test('numbers are counted apart, at no more than 32 bytes each, hardly any losing its slot', () => {
  const numbers = 20_000
  const counter = counterFor(numbers)
  for (let round = 1; round <= 2; round++) {
    let wrong = 0
    for (let index = 0; index < numbers; index++) {
      if (counter.count(12_120_000_000 + index * 7, START_MS + round) !== round) wrong++
    }
    assert.ok(wrong <= numbers / 1000, `${wrong} numbers lost their count in round ${round}`)
  }
  assert.ok(counter.table.evictions <= numbers / 500, `${counter.table.evictions} evictions`)
  assert.ok(counterBytes(numbers) / numbers <= 32)
})

test('a full table drops the oldest and says so; silent numbers give way without a loss', () => {
  const counter = counterFor(1)
  for (let key = 1; key <= PROBES; key++) counter.count(key, START_MS + key)
  assert.deepEqual([counter.table.used, counter.table.evictions], [PROBES, 0])

  assert.equal(counter.count(100, START_MS + 100), 1)
  assert.equal(counter.table.evictions, 1)
  assert.equal(counter.count(2, START_MS + 100), 2, 'the second oldest is still there')
  assert.equal(counter.count(1, START_MS + 101), 1, 'the oldest began anew')
  assert.equal(counter.table.evictions, 2)

  assert.equal(counter.count(200, START_MS + 4 * PER_MS), 1)
  assert.equal(counter.table.evictions, 2, 'a number silent for two windows lost nothing')
})

test('keys of lists and keys of parties never meet: negative keys are counted apart', () => {
  const counter = counterFor(10)
  assert.deepEqual(
    [counter.count(1007, START_MS), counter.count(-1007, START_MS), counter.count(-1007, START_MS)],
    [1, 1, 2],
  )
})

test('a figure may be read without counting, and is the one that a count would have started from', () => {
  let reads = 0
  fc.assert(
    fc.property(gaps, (gaps) => {
      const counter = counterFor(10)
      let nowMs = START_MS
      assert.equal(counter.read(KEY, nowMs), 0)
      for (const gap of gaps) {
        nowMs += gap
        const before = counter.read(KEY, nowMs)
        assert.equal(counter.read(KEY, nowMs), before, 'reading changes nothing')
        assert.equal(counter.count(KEY, nowMs), before + 1)
        reads++
      }
    }),
    { numRuns: 100 },
  )
  assert.ok(reads > 100)
})
