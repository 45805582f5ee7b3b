import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AnswerDelays, DELAY_BOUNDS_MS, delayWithin, noDelays, sumDelays } from './answer-delays.ts'

test('a delay is counted in the one step it lies in, its end included', () => {
  assert.equal(DELAY_BOUNDS_MS.length, 61)
  assert.deepEqual([DELAY_BOUNDS_MS[0], DELAY_BOUNDS_MS[1], DELAY_BOUNDS_MS.at(-1)], [0.01, 0.0125, 10_000])
  for (const [delayMs, step] of [
    [0, 0],
    [0.01, 0],
    [0.0101, 1],
    [1, 20],
    [1.01, 21],
    [10_000, 60],
    [10_001, 61],
  ] as const) {
    const delays = new AnswerDelays()
    delays.add(delayMs)
    assert.equal(delays.counts[step], 1, `${delayMs} ms`)
    assert.equal(delays.sumMs, delayMs)
  }
})

test('shares of delays are told within a step of what they are, whatever came', () => {
  const delay = fc.double({ min: 0.011, max: 9_999, noNaN: true })
  fc.assert(
    fc.property(fc.array(delay, { minLength: 1, maxLength: 300 }), fc.constantFrom(0.5, 0.9, 0.99, 1), (all, share) => {
      const delays = new AnswerDelays()
      for (const one of all) delays.add(one)
      const exact = all.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * all.length) - 1)]!
      const told = delayWithin([...delays.counts], share)!
      assert.ok(told >= exact / 1.4 && told <= exact * 1.4, `${told} for ${exact}`)
    }),
  )
})

test('nothing counted has no delay, and the longest is told as the last bound', () => {
  assert.equal(delayWithin(noDelays().counts, 0.5), undefined)
  const delays = new AnswerDelays()
  delays.add(60_000)
  assert.equal(delayWithin([...delays.counts], 0.5), 10_000)
})

test('gates are added up step by step', () => {
  const [one, other] = [new AnswerDelays(), new AnswerDelays()]
  one.add(1)
  other.add(1)
  other.add(300)
  const sum = sumDelays([one, other].map(({ counts, sumMs }) => ({ counts: [...counts], sumMs })))
  assert.deepEqual([sum.counts[20], sum.counts.reduce((total, count) => total + count, 0), sum.sumMs], [2, 3, 302])
})
