import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeBlockDigits } from './block-digits.ts'
import { Locks, NAP_MS, TAKEOVER_NAPS, lockBytes } from './locks.ts'
import type { CountingRule, Policy, VolumeRule } from './policy.ts'
import { RECENT_MAX, recentBytes, recentSize } from './recent-calls.ts'
import { SlidingCounter, counterBytes } from './sliding-counter.ts'
import { allotTally, carryOver, openTally, viewTally } from './tally.ts'

const START_MS = 1_795_000_000_000
const KEY = 12125550117

test('a tally has a table for each rule that counts, and views of one memory see the same counts', () => {
  const policy = policyOf([volume({ counter: 1, perMs: 2000 }), volume({ id: 'w', counter: 0, perMs: 1000 })])
  const memory = allotTally(policy, 7)
  assert.deepEqual(
    memory.buffers.map(({ byteLength }) => byteLength),
    [counterBytes(100), counterBytes(100)],
  )
  const [one, other] = [viewTally(policy, memory), viewTally(policy, structuredClone(memory))]
  assert.deepEqual([one.count(0, KEY, START_MS), other.count(0, KEY, START_MS), one.count(1, KEY, START_MS)], [1, 2, 1])
  assert.deepEqual([one.evictions, one.takeovers], [0, 0])
  assert.deepEqual([one.wasExact(0), openTally(policy, 7).count(0, KEY, START_MS)], [true, 1])
})

test('whatever is asked, each lock is given back', () => {
  const rules = [volume({}), DISTINCT, SEQUENTIAL, SHORT, SPOOFING].map((rule, counter) => ({ ...rule, counter }))
  const policy = policyOf(rules)
  const memory = allotTally(policy, 1)
  const views = [viewTally(policy, memory), viewTally(policy, memory)]
  assert.deepEqual(
    views[0]!.counters.map(({ tables }, counter) => [tables.length, views[0]!.wasExact(counter)]),
    [1, 2, 1, 1, 1].map((tables) => [tables, true]),
  )
  for (const tally of [...views, ...views]) {
    tally.count(0, KEY, START_MS)
    tally.countDistinct(1, KEY, KEY + 1, START_MS)
    tally.countRun(2, KEY, KEY + 1, START_MS)
    tally.countEnded(3, KEY, true, START_MS)
    tally.ended(3, KEY, START_MS)
    tally.compareSigning(4, KEY, { provider: 1, isSigned: true }, START_MS)
    tally.compareSigning(4, KEY, { provider: 1, isSigned: false }, START_MS)
    const [counter] = tally.counters
    assert.ok(counter instanceof SlidingCounter && counter.read(KEY, START_MS) > 0)
  }
  assert.deepEqual(
    views.map(({ takeovers }) => takeovers),
    [0, 0],
  )
  assert.equal(views[1]!.ended(3, KEY, START_MS).count, 4)
})

test('a lock whose holder has died is taken over, and counting goes on', () => {
  const buffer = new SharedArrayBuffer(counterBytes(1))
  const [dead, alive] = [0, 1].map(() => new SlidingCounter(1000, 1, buffer, 0)) as [SlidingCounter, SlidingCounter]
  assert.equal(dead.count(KEY, START_MS), 1)
  dead.table.enter(KEY, 0)

  assert.equal(alive.count(KEY, START_MS), 2)
  assert.deepEqual([alive.table.locks?.takeovers, dead.table.locks?.lost], [1, 0])
  assert.equal(alive.count(KEY, START_MS), 3, 'the lock was given back')

  dead.table.leave()
  assert.deepEqual([alive.table.locks?.takeovers, dead.table.locks?.lost], [1, 1])
  assert.equal(dead.count(KEY, START_MS), 4, 'one that was only slow goes on as well')
  assert.ok(NAP_MS * TAKEOVER_NAPS >= 50, 'a thread that waits for a core is not dead')
})

test('a lock that others take and give back all the while is not taken over, however long one waits', (t) => {
  const memory = new SharedArrayBuffer(lockBytes(1))
  const [busy, waiting] = [new Locks(memory, 0, 1), new Locks(memory, 0, 1)]
  busy.lock(0)
  // What others do while this view naps.
  let naps = 0
  t.mock.method(Atomics, 'wait', () => {
    busy.unlock()
    if (++naps < 3 * TAKEOVER_NAPS) busy.lock(0)
    return 'timed-out'
  })

  waiting.lock(0)

  assert.equal(naps, 3 * TAKEOVER_NAPS)
  assert.deepEqual([waiting.takeovers, busy.lost], [0, 0])
  waiting.unlock()
  assert.equal(waiting.lost, 0)
})

test('a policy that takes the place of another keeps the counts of rules that count the same', () => {
  const before = policyOf([volume({ id: 'a', counter: 0 }), volume({ id: 'b', counter: 1 })])
  const cases: [what: string, rule: Partial<VolumeRule>, kept: boolean][] = [
    ['the same rule', {}, true],
    ['another limit', { limit: 9 }, true],
    ['another mode', { mode: 'shadow', number: 9, program: 'none' }, true],
    ['another id', { id: 'c' }, false],
    ['another window', { perMs: 2000 }, false],
    ['another capacity', { capacity: 200 }, false],
    ['another subject', { of: 'block' }, false],
    ['another block', { prefix: 7 }, false],
  ]
  for (const [what, rule, kept] of cases) {
    const memory = allotTally(before, 1)
    for (const counter of [0, 1]) viewTally(before, memory).count(counter, KEY, START_MS)
    // The other rule goes, so that this one has another counter than before.
    const after = policyOf([volume({ id: 'b', ...rule, counter: 0 })])
    const next = carryOver(before, memory, after)
    assert.equal(next.seed, memory.seed)
    assert.equal(viewTally(after, next).count(0, KEY, START_MS), kept ? 2 : 1, what)
  }
})

const COMMON = { id: 'r', number: 1, mode: 'enforce', cause: 'analytics', program: 'none' } as const
const COUNTED = {
  ...COMMON,
  of: 'number',
  prefix: undefined,
  limit: 1,
  capacity: 100,
  perMs: 1000,
  counter: 0,
} as const
const DISTINCT: CountingRule = { ...COUNTED, kind: 'distinct', pairs: 100 }
const SEQUENTIAL: CountingRule = { ...COUNTED, kind: 'sequential', step: 1 }
const SHORT: CountingRule = { ...COUNTED, kind: 'short', underMs: 6000, share: 75, least: 4 }
const UNANSWERED: CountingRule = { ...COUNTED, kind: 'unanswered', share: 75, least: 4 }
const SPOOFING: CountingRule = { ...COMMON, kind: 'spoofing', perMs: 1000, capacity: 100, counter: 0, after: 3 }

const CHANGES: [what: string, before: CountingRule, after: CountingRule, kept: boolean][] = [
  ['distinct, as it was', DISTINCT, { ...DISTINCT, limit: 9 }, true],
  ['distinct, other pairs', DISTINCT, { ...DISTINCT, pairs: 200 }, false],
  ['sequential, as it was', SEQUENTIAL, { ...SEQUENTIAL, limit: 9 }, true],
  ['sequential, another step', SEQUENTIAL, { ...SEQUENTIAL, step: 2 }, false],
  ['short, as it was', SHORT, { ...SHORT, share: 9, least: 9 }, true],
  ['short, shorter', SHORT, { ...SHORT, underMs: 5000 }, false],
  ['unanswered, as it was', UNANSWERED, { ...UNANSWERED, share: 9, least: 9 }, true],
  ['unanswered, of blocks', UNANSWERED, { ...UNANSWERED, of: 'block' }, false],
  ['unanswered, after short', SHORT, UNANSWERED, false],
  ['spoofing, as it was', SPOOFING, { ...SPOOFING, mode: 'shadow' }, true],
  ['spoofing, after another count', SPOOFING, { ...SPOOFING, after: 4 }, false],
  ['blocks as wide as they were', blocks('1', 7), blocks('1', 7), true],
  ['blocks of another width', blocks('1', 7), blocks('1', 6), false],
  ['another scope', DISTINCT, { ...DISTINCT, scope: { peers: ['west'], trunks: undefined } }, false],
]

for (const [what, before, after, kept] of CHANGES) {
  test(`the table of a rule is ${kept ? 'kept' : 'made anew'}: ${what}`, () => {
    const memory = allotTally(policyOf([before]), 1)
    const next = carryOver(policyOf([before]), memory, policyOf([after]))
    assert.equal(next.buffers[0] === memory.buffers[0], kept)
    assert.equal(next.buffers.length, 1)
    assert.equal(next.recent, memory.recent, 'as many calls are kept')
  })
}

test('calls are kept while a rule counts, and more of them where more numbers are counted', () => {
  const [none, few, many] = [policyOf([]), policyOf([volume({})]), policyOf([volume({ capacity: 2000 })])]
  const memory = allotTally(few, 1)
  assert.equal(allotTally(none, 1).recent, undefined)
  assert.equal(memory.recent?.byteLength, recentBytes(1024))
  assert.equal(carryOver(few, memory, none).recent, undefined)
  assert.equal(carryOver(few, memory, many).recent?.byteLength, recentBytes(2048))
  assert.equal(carryOver(none, allotTally(none, 1), few).recent?.byteLength, recentBytes(1024))
  assert.deepEqual([1, 1024, 1025, 10_000_000].map(recentSize), [1024, 1024, 2048, RECENT_MAX])
})

function blocks(country: string, digits: number): VolumeRule {
  return volume({ of: 'block', blocks: makeBlockDigits(new Map([[country, digits]])) })
}

function policyOf(rules: readonly CountingRule[]): Policy {
  return { version: 'test', exemptions: [], rules }
}

function volume(options: Partial<VolumeRule>): VolumeRule {
  const common = { kind: 'volume', id: 'v', number: 1, mode: 'enforce', cause: 'analytics', program: 'none' } as const
  const counted = { of: 'number', prefix: undefined, limit: 1, capacity: 100, perMs: 1000, counter: 0 } as const
  return { ...common, ...counted, ...options }
}
