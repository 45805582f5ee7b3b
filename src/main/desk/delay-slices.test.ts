import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AnswerDelays, delayWithin } from '#core/transaction/answer-delays.ts'
import { DelaySlices } from './delay-slices.ts'

test('what gates count all in all becomes slices of what came meanwhile', () => {
  const slices = new DelaySlices()
  const counted = new AnswerDelays()
  const take = (at: number): void => slices.take(at, { counts: [...counted.counts], sumMs: counted.sumMs })
  counted.add(5_000)
  assert.equal(slices.since(), undefined)
  // What was counted before is of no slice: nobody knows when it was.
  take(START)
  assert.equal(slices.since(), START)
  assert.equal(slices.slice('1h', START), undefined)
  counted.add(0.1)
  counted.add(0.1)
  take(START + 1_000)
  counted.add(300)
  take(START + 61_000)
  assert.equal(total(slices.slice('1h', START)), 2)
  assert.equal(total(slices.slice('1h', START + 60_000)), 1)
  assert.equal(total(slices.slice('24h', START)), 3)
  assert.ok(delayWithin(slices.slice('1h', START + 60_000)!, 0.5)! > 200)
  assert.equal(total(slices.from('1h', START + 60_000)), 1)
  assert.equal(total(slices.from('28d', 0)), 3)
})

test('slices past their span are forgotten, and counts that begin anew take nothing away', () => {
  const slices = new DelaySlices()
  const first = new AnswerDelays()
  slices.take(START, { counts: [...first.counts], sumMs: 0 })
  first.add(1)
  slices.take(START + 1_000, { counts: [...first.counts], sumMs: 1 })
  const anew = new AnswerDelays()
  slices.take(START + 2_000, { counts: [...anew.counts], sumMs: 0 })
  assert.equal(total(slices.slice('1h', START)), 1)
  slices.take(START + 3_700_000, { counts: [...anew.counts], sumMs: 0 })
  assert.equal(slices.slice('1h', START), undefined)
  assert.equal(total(slices.slice('28d', START)), 1)
})

function total(counts: readonly number[] | undefined): number {
  return (counts ?? []).reduce((sum, count) => sum + count, 0)
}

/** Where slices of every span begin. */
const START = 21_600_000 * 80_000
