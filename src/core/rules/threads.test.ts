import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { Policy, VolumeRule } from './policy.ts'
import type { SlidingCounter } from './sliding-counter.ts'
import { allotTally, viewTally, type TallyBuffers } from './tally.ts'
import { callFacts } from '../../../test/call-facts.ts'

const START_MS = 1_795_000_000_000
const KEY = 12125550117
const THREADS = 3
const COUNTS = 100_000
const KEYS = 8

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
