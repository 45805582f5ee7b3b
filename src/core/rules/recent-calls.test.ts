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

test('a call that another takes the place of while it is read ends the telling', () => {
  const memory = new SharedArrayBuffer(recentBytes(4))
  const writer = new RecentCalls(4, memory, 1)
  for (let at = 1; at <= 4; at++) writer.note(callFacts({ calling: parseNumber(CALLER), atMs: at }))
  let reads = 0
  let overwriteAt = Infinity
  const reader = openWatched(memory, () => {
    // Of the oldest call, who called has been read, and when has not.
    if (++reads === overwriteAt) writer.note(callFacts({ calling: parseNumber('+13125550117'), atMs: 5 }))
  })
  const told = () => reader.recall(parseNumber(CALLER), true, 0, ALL).map(({ at }) => at)

  assert.deepEqual(told(), [1, 2, 3, 4])
  assert.equal(reads, 4 * 3)
  overwriteAt = 2 * reads - 1
  assert.deepEqual(told(), [2, 3, 4])
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

/** A view of the memory that says so whenever it reads a number or a time of a call. */
function openWatched(memory: SharedArrayBuffer, onRead: () => void): RecentCalls {
  const Plain = Float64Array
  const get = (target: Float64Array, name: string | symbol) => {
    onRead()
    return Reflect.get(target, name)
  }
  globalThis.Float64Array = new Proxy(Plain, {
    construct: (_, args) => new Proxy(Reflect.construct(Plain, args), { get }),
  })
  try {
    return new RecentCalls(4, memory, 1)
  } finally {
    globalThis.Float64Array = Plain
  }
}

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
