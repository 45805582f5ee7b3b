import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNumber } from '#core/call/number.ts'
import { RecentCalls, STEPS_MAX, TELLING_MAX, recentBytes } from './recent-calls.ts'
import { callFacts } from '../../../test/call-facts.ts'

const CALLER = '+12125550117'
const NEIGHBOUR = '+12125550118'
const ALL = () => true

test('calls are told oldest first, but the one noted last, and those of a block that are wanted', () => {
  const { note, recall } = openCalls(8)
  note(CALLER, 1)
  note(NEIGHBOUR, 2)
  note('+12125551117', 3)
  note(CALLER, 4)
  note(CALLER, 5)

  assert.deepEqual(recall(CALLER, true), [1, 4])
  assert.deepEqual(recall(CALLER, false), [1, 2, 4])
  assert.deepEqual(recall(NEIGHBOUR, true), [2])
  assert.deepEqual(recall('+12125551117', false), [3])
  assert.deepEqual(recall('+12125550119', true), [])
})

test('another view of the same memory tells the last call too', () => {
  const { note, other } = openCalls(8)
  note(CALLER, 1)
  note(CALLER, 2)
  assert.deepEqual(
    other.recall(parseNumber(CALLER), true, 0, ALL),
    [1, 2].map((at) => ({ at, calling: CALLER, called: '+14155550163' })),
  )
})

test('a call whose place another has taken ends the telling', () => {
  const { note, recall } = openCalls(4)
  for (let at = 1; at <= 6; at++) note(CALLER, at)
  assert.deepEqual(recall(CALLER, true), [3, 4, 5])
  note('+13125550117', 7)
  assert.deepEqual(recall(CALLER, true), [4, 5, 6])
})

test('calls are told back to a time, that time included', () => {
  const { note, recall } = openCalls(8)
  for (const at of [10, 20, 30, 40]) note(CALLER, at)
  assert.deepEqual(recall(CALLER, true, 20), [20, 30])
  assert.deepEqual(recall(CALLER, true, 21), [30])
})

test('so many calls are told, and found among so many of the block', () => {
  const { note, recall } = openCalls(256)
  for (let at = 1; at <= TELLING_MAX + 3; at++) note(CALLER, at)
  assert.deepEqual(recall(CALLER, true), [3, 4, 5, 6, 7])

  const [near, far] = [openCalls(256), openCalls(256)]
  for (const { note } of [near, far]) note(CALLER, 1)
  for (let at = 2; at <= STEPS_MAX; at++) for (const { note } of [near, far]) note(NEIGHBOUR, at)
  far.note(NEIGHBOUR, STEPS_MAX + 1)
  assert.deepEqual([near.recall(CALLER, true), far.recall(CALLER, true)], [[1], []])
})

test('short codes and withheld callers belong to many and are not told', () => {
  const { note, recall } = openCalls(8)
  for (const [at, calling] of ['911911', '911911', 'anonymous', 'anonymous', '5550117', '5550117'].entries()) {
    note(calling, at)
  }
  assert.deepEqual(
    ['911911', 'anonymous', '5550117'].map((calling) => recall(calling, true)),
    [[], [], [4]],
  )
  // The first call of all is the one that a call of nobody would be taken for.
  assert.deepEqual(openCalls(8).recall('911911', false), [])
})

function openCalls(size: number) {
  const memory = new SharedArrayBuffer(recentBytes(size))
  const [calls, other] = [new RecentCalls(size, memory, 1), new RecentCalls(size, memory, 1)]
  return {
    other,
    note: (calling: string, atMs: number) => calls.note(callFacts({ calling: parseNumber(calling), atMs })),
    recall: (calling: string, isOne: boolean, sinceMs = 0) => {
      return calls.recall(parseNumber(calling), isOne, sinceMs, ALL).map(({ at }) => at)
    },
  }
}
