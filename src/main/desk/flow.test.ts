import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FlowCount, FlowReader, Stretch } from '#edge/store/flow-reader.ts'
import { FLOW_SLICE_MS, Flow } from './flow.ts'

test('what is old is counted from its newest end, what is new at once, and nothing twice', () => {
  const store = rows(50_000)
  const flow = new Flow(store.reader, 365 * 86_400_000)
  assert.equal(flow.step(store.now()), true)
  assert.equal(total(flow), 5_000)
  const since = flow.knownSince()
  assert.ok(since !== undefined && since > 0, 'older calls are not counted yet')
  store.grow(100)
  assert.equal(flow.step(store.now()), true)
  assert.equal(total(flow), 10_000)
  while (flow.step(store.now()));
  assert.equal(total(flow), 50_100)
  assert.equal(flow.knownSince(), undefined)
  assert.equal(flow.step(store.now()), false)
  assert.equal(total(flow), 50_100)
  assert.deepEqual(flow.peers.get('north'), { last: 50_100 * 1_000, calls: 50_100, blocked: 5_010 })
  assert.equal(flow.callsSince(), 0)
})

test('a step counts no more rows with many chains than with one, and all of them in the end', () => {
  const asked: number[] = []
  const count = (after: number, upTo: number): FlowCount[] => {
    asked.push(upTo - after)
    return [{ at: 0, name: 'rule', cause: 'analytics', count: upTo - after, last: 0 }]
  }
  const chains = Array.from({ length: 6 }, (_, index): Stretch => ({ of: index, first: 1, last: 7_000 }))
  const rest = { calls: () => [], cases: () => ({ open: 0, overdue: 0, since: [] }), close: () => undefined }
  const flow = new Flow({ ...rest, stretches: () => chains, blocks: count }, 365 * 86_400_000)
  let steps = 0
  for (let isMore = true; isMore; steps++) {
    asked.length = 0
    isMore = flow.step(0)
    assert.ok(asked.reduce((sum, one) => sum + one, 0) <= 5_000, `step ${steps}: ${asked.join(', ')}`)
  }
  assert.ok(steps >= 9)
  assert.equal(flow.blocked.get(0)?.get('analytics\nrule'), 42_000)
})

test('what is older than is kept is neither waited for nor held', () => {
  const store = rows(50_000)
  const keepMs = 10_000 * 1_000
  const flow = new Flow(store.reader, keepMs)
  assert.equal(flow.step(store.now()), true)
  assert.equal(flow.step(store.now()), false, 'two stretches are enough')
  assert.equal(flow.knownSince(), undefined)
  assert.ok(flow.oldest() >= store.now() - keepMs)
  store.grow(20_000)
  while (flow.step(store.now()));
  assert.ok(flow.oldest() >= store.now() - keepMs)
  assert.ok(flow.screened.size <= keepMs / FLOW_SLICE_MS + 1)
})

function total(flow: Flow): number {
  return Array.from(flow.screened.values()).reduce((sum, one) => sum + one, 0)
}

/** A journal with a row a second, whose id is its second. */
function rows(count: number) {
  let last = count
  const calls = (after: number, upTo: number, sliceMs: number): FlowCount[] => {
    const slices = new Map<string, FlowCount>()
    for (let id = after + 1; id <= upTo; id++) {
      const at = Math.floor((id * 1_000) / sliceMs) * sliceMs
      // Every tenth call is blocked.
      const cause = id % 10 === 0 ? 'block' : 'allow'
      const before = slices.get(`${at} ${cause}`)?.count ?? 0
      slices.set(`${at} ${cause}`, { at, name: 'north', cause, count: before + 1, last: id * 1_000 })
    }
    return [...slices.values()]
  }
  const reader: FlowReader = {
    stretches: (): Stretch[] => [{ of: 'journal', first: 1, last }],
    calls,
    blocks: () => [],
    cases: () => ({ open: 0, overdue: 0, since: [] }),
    close: () => undefined,
  }
  return { reader, now: () => last * 1_000, grow: (more: number) => (last += more) }
}
