import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { NAP_MS, TAKEOVER_NAPS } from './locks.ts'
import type { Policy, VolumeRule } from './policy.ts'
import { SlidingCounter, counterBytes } from './sliding-counter.ts'
import { allotTally, carryOver, openTally, viewTally, type TallyBuffers } from './tally.ts'
import { callFacts } from '../../../test/call-facts.ts'

const START_MS = 1_795_000_000_000
const KEY = 12125550117
const THREADS = 3
const COUNTS = 100_000
const KEYS = 8

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

test('threads that count the same numbers at once lose no count', { timeout: 60_000 }, async () => {
  const memory = allotTally(POLICY, 1)

  await inThreads(memory, COUNT_AT_ONCE)

  assert.equal(sum(memory), THREADS * COUNTS)
})

test('without the locks, the same threads do lose counts', { timeout: 60_000 }, async () => {
  const unlocked = `for (const { table } of tally.counters) table.locks = undefined\n${COUNT_AT_ONCE}`
  let counted = THREADS * COUNTS
  // On a busy machine the threads may run one after the other, and then lose nothing.
  for (let round = 0; round < 20 && counted === THREADS * COUNTS; round++) {
    const memory = allotTally(POLICY, 1)
    await inThreads(memory, unlocked)
    counted = sum(memory)
  }
  assert.ok(counted < THREADS * COUNTS, 'nothing was lost: these threads do not meet, and prove nothing')
})

test(
  'a limit lets exactly as many calls pass as it says, whichever threads they come to',
  { timeout: 60_000 },
  async () => {
    const policy = policyOf([volume({ limit: 20_000, perMs: 86_400_000 })])
    const judged = `
    const { judge } = await import(${url('judge.ts')})
    let passed = 0
    for (let call = 0; call < ${COUNTS / 4}; call++) {
      if (judge(facts, policy, tally, ${START_MS}).kind === 'allow') passed++
    }
    post(passed)`

    const passed = await inThreads(allotTally(policy, 1), judged, policy)

    assert.equal(passed.length, THREADS)
    assert.equal(
      passed.reduce((sum, count) => sum + count, 0),
      20_000,
    )
  },
)

test('every kind counts exactly whichever threads its calls come to', { timeout: 60_000 }, async () => {
  const common = { ...volume({}), perMs: 86_400_000 }
  const policy: Policy = {
    version: 'test',
    exemptions: [],
    rules: [
      { ...common, kind: 'distinct', id: 'd', pairs: 10_000, counter: 0 },
      { ...common, kind: 'unanswered', id: 'u', share: 50, least: 1, counter: 1 },
      { ...common, kind: 'spoofing', id: 's', after: 20_000, counter: 2 },
    ],
  }
  const memory = allotTally(policy, 1)
  await inThreads(
    memory,
    `for (let call = 0; call < 6000; call++) {
      tally.countDistinct(0, ${KEY}, 14155550000 + call, ${START_MS})
      tally.countEnded(1, ${KEY}, call % 2 === 0, ${START_MS})
      tally.compareSigning(2, ${KEY}, { provider: 1, isSigned: true }, ${START_MS})
      tally.note({ ...facts, atMs: ${START_MS} + call })
    }`,
    policy,
  )

  const tally = viewTally(policy, memory)
  assert.equal(tally.countDistinct(0, KEY, 14155550000, START_MS), 6000)
  assert.deepEqual(tally.ended(1, KEY, START_MS), { count: 3 * 6000, hits: 3 * 3000 })
  assert.equal(tally.compareSigning(2, KEY, { provider: 1, isSigned: false }, START_MS).count, 3 * 6000)
  const calls = tally.recall(FACTS.calling, true, 0, () => true)
  assert.deepEqual(
    calls.map(({ calling, called, at }) => [calling, called, at > START_MS + 5900]),
    calls.map(() => ['+12125550117', '+14155550163', true]),
  )
  assert.equal(calls.length, 5)
  assert.deepEqual([tally.evictions, tally.takeovers], [0, 0])
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

const COUNT_AT_ONCE = `for (let call = 0; call < ${COUNTS}; call++) tally.count(0, ${KEY} + call % ${KEYS}, ${START_MS})`
const POLICY = policyOf([volume({ perMs: 86_400_000 })])

/** Runs the code in threads that start at once, each with its view of the memory, and answers what they post. */
async function inThreads(memory: TallyBuffers, code: string, policy = POLICY): Promise<number[]> {
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const source = `
    const { parentPort, workerData } = require('node:worker_threads')
    void (async () => {
      const { policy, memory, facts, gate } = workerData
      const { viewTally } = await import(${url('tally.ts')})
      const tally = viewTally(policy, memory)
      const post = (value) => parentPort.postMessage(value)
      Atomics.add(gate, 0, 1)
      while (Atomics.load(gate, 0) < ${THREADS}) {}
      ${code}
    })()`
  const posted: number[] = []
  await Promise.all(
    Array.from({ length: THREADS }, async () => {
      const worker = new Worker(source, { eval: true, workerData: { policy, memory, facts: FACTS, gate } })
      worker.on('message', (value: number) => posted.push(value))
      const code = await new Promise((resolve, reject) => worker.once('error', reject).once('exit', resolve))
      assert.equal(code, 0)
    }),
  )
  return posted
}

function sum(memory: TallyBuffers): number {
  const counter = viewTally(POLICY, memory).counters[0] as SlidingCounter
  return Array.from({ length: KEYS }, (_, key) => counter.read(KEY + key, START_MS)).reduce((a, b) => a + b)
}

function url(file: string): string {
  return JSON.stringify(new URL(file, import.meta.url).href)
}

const FACTS = callFacts({ atMs: START_MS })

function policyOf(rules: readonly VolumeRule[]): Policy {
  return { version: 'test', exemptions: [], rules }
}

function volume(options: Partial<VolumeRule>): VolumeRule {
  const common = { kind: 'volume', id: 'v', number: 1, mode: 'enforce', cause: 'analytics', program: 'none' } as const
  const counted = { of: 'number', prefix: undefined, limit: 1, capacity: 100, perMs: 1000, counter: 0 } as const
  return { ...common, ...counted, ...options }
}
