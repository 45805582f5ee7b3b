import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { DatabaseSync } from 'node:sqlite'
import { readAudit } from './audit.ts'
import { PROBES_MAX, ProbeStore, SHARES_MAX } from './probe-store.ts'

const AT = Date.UTC(2026, 10, 22, 12)
const BY = { name: 'ann', account: 'ann-id' }
const PLAN = {
  via: 'sip:127.0.0.1:5070',
  from: '+12125550117',
  prefix: '+1212555',
  to: undefined,
  farEnd: undefined,
  scenarios: ['a', 'b'],
  timeoutMs: 10_000,
  isElsewhere: false,
}
const REPORT = { json: '{"grade":"A"}', page: '<p>A</p>', grade: 'A' as const, points: 100, words: 'all intact' }
const DONE = { at: AT + 5_000, state: 'done' as const, placed: 2, why: '', report: REPORT }

function open(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-probes-'))
  const path = join(folder, 'recourse.db')
  const store = new ProbeStore(path, 'off')
  t.after(() => {
    store.close()
    rmSync(folder, { recursive: true })
  })
  const begin = (id: string) => store.begin({ id, at: AT, by: 'ann', plan: PLAN, total: 2 }, BY)
  return { store, begin, path }
}

test('a probe is kept from its begin to its report, and who began it stands in the audit trail', (t) => {
  const { store, begin, path } = open(t)
  begin('one')
  assert.deepEqual([store.probe('one')?.state, store.report('one')], ['running', undefined])
  store.end('one', DONE)
  const kept = store.probe('one')!
  assert.deepEqual(
    [kept.state, kept.placed, kept.grade, kept.points, kept.endedAt, kept.plan],
    ['done', 2, 'A', 100, AT + 5_000, JSON.parse(JSON.stringify(PLAN))],
  )
  assert.deepEqual(store.report('one'), { json: REPORT.json, page: REPORT.page })
  store.end('one', { ...DONE, state: 'failed', report: undefined })
  assert.equal(store.probe('one')?.state, 'done', 'what is over stays as it is')
  const db = new DatabaseSync(path, { readOnly: true })
  const audit = readAudit(db, {}, 10)
  db.close()
  assert.deepEqual(
    audit.map(({ action, subject, by }) => [action, subject, by.name]),
    [['probe-started', 'probe one', 'ann']],
  )
})

test('one whose process ended is interrupted, and one that is over is not', (t) => {
  const { store, begin } = open(t)
  begin('one')
  begin('two')
  store.end('two', DONE)
  assert.equal(store.interrupt(AT + 9), 1)
  assert.deepEqual([store.probe('one')?.state, store.probe('two')?.state], ['interrupted', 'done'])
})

test('they are listed from the last on, by pages, and the oldest make room', (t) => {
  const { store, begin } = open(t)
  for (let index = 0; index < 5; index++) begin(`p${index}`)
  const first = store.probes(undefined, 2)
  assert.deepEqual(
    [first.probes.map(({ id }) => id), store.probes(first.after, 9).probes.map(({ id }) => id)],
    [
      ['p4', 'p3'],
      ['p2', 'p1', 'p0'],
    ],
  )
  store.end('p0', DONE)
  for (let index = 5; index <= PROBES_MAX; index++) begin(`p${index}`)
  assert.equal(store.probe('p0'), undefined)
  assert.equal(store.report('p0'), undefined)
  assert.notEqual(store.probe('p1'), undefined, 'one that runs is never forgotten')
})

test('a link shows the report until its time, or until somebody ends it, and nothing else does', (t) => {
  const { store, begin } = open(t)
  begin('one')
  const share = (id: string, token: string) => store.share('one', { id, token, at: AT, until: AT + 1_000 }, BY)
  assert.equal(share('s', 'token'), 'unknown', 'there is no report yet')
  store.end('one', DONE)
  assert.equal(share('s1', 'first'), 'shared')
  assert.equal(share('s2', 'second'), 'shared')
  assert.deepEqual(
    [store.sharedPage('first', AT), store.sharedPage('first', AT + 1_000), store.sharedPage('firs', AT)],
    [REPORT.page, undefined, undefined],
  )
  assert.equal(store.unshare('two', 's1', AT, BY), false, 'it is of another probe')
  assert.equal(store.unshare('one', 's1', AT + 1, BY), true)
  assert.equal(store.unshare('one', 's1', AT + 2, BY), false)
  assert.deepEqual([store.sharedPage('first', AT), store.sharedPage('second', AT)], [undefined, REPORT.page])
  assert.deepEqual(
    store.shares('one').map(({ id, endedAt }) => [id, endedAt]),
    [
      ['s1', AT + 1],
      ['s2', undefined],
    ],
  )
  for (let index = 0; index < SHARES_MAX - 1; index++) assert.equal(share(`m${index}`, `m${index}`), 'shared')
  assert.equal(share('more', 'more'), 'full')
})
