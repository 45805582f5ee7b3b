import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { samplePolicy } from './contract-policy.ts'
import { VERSIONS_KEPT, deleteOldLists, findInLists, readListTexts } from './old-lists.ts'
import { openPolicyStore, type PolicyChange } from './policy-store.ts'
import { StoreError } from './store-error.ts'

const DAY_MS = 86_400_000
const BY = { name: 'gate', account: 'ops' }

test('lists of versions that were in force long ago are deleted; those of late, in force, waiting and the last ones stay', (t) => {
  const { policies, url, apply, count } = open(t)
  const last = VERSIONS_KEPT + 5
  for (let version = 1; version <= last; version++) apply(version, version * DAY_MS)
  // The third comes into force again, late, and the newest of all only waits.
  apply(3, 100 * DAY_MS)
  apply(last + 1, 101 * DAY_MS, 'staged')

  const { held, unused } = readListTexts(url)
  assert.deepEqual([held, unused.filter((at) => at < 6 * DAY_MS).length], [last + 1, 3], 'what goes is told before')

  // Of the first six only these end before day 6: the fifth was in force until the sixth came.
  const deleted = deleteOldLists(url, 6 * DAY_MS, BY, 200 * DAY_MS)

  assert.deepEqual(deleted, { texts: 3, lists: ['list.csv'] })
  for (const version of [1, 2, 4]) {
    assert.throws(
      () => policies.text(version),
      (error) => error instanceof StoreError && /was deleted when its time was up/.test(error.message),
    )
    assert.ok(policies.find(version)!.steps.length > 0, 'what was in force when is still known')
  }
  for (const version of [3, 5, 6, last, last + 1]) assert.deepEqual(policies.text(version), samplePolicy(version))
  assert.equal(count('SELECT count(*) FROM text WHERE parts = 0'), 3)
  assert.equal(count('SELECT count(*) FROM text_part JOIN text ON text.hash = text_part.hash WHERE parts = 0'), 0)
  assert.equal(policies.audit({ action: 'list-texts-deleted' }, 10)[0]?.detail['texts'], 3)

  assert.equal(readListTexts(url).held, last - 2)
  assert.deepEqual(deleteOldLists(url, 6 * DAY_MS, BY, 201 * DAY_MS), { texts: 0, lists: [] })
  assert.equal(policies.audit({ action: 'list-texts-deleted' }, 10).length, 1, 'nothing deleted, nothing noted')
})

test('a text that a version of late uses too stays, and the last versions stay however old they are', (t) => {
  const { policies, url, apply } = open(t)
  const shared = samplePolicy(1)
  apply(shared, DAY_MS)
  for (let version = 2; version <= VERSIONS_KEPT; version++) apply(version, version * DAY_MS)
  assert.deepEqual(deleteOldLists(url, 5_000 * DAY_MS, BY, 6_000 * DAY_MS).texts, 0, 'not more than are kept anyway')

  apply({ ...shared, yaml: 'rules: []\n' }, 90 * DAY_MS)
  assert.deepEqual(deleteOldLists(url, 5_000 * DAY_MS, BY, 6_000 * DAY_MS).texts, 0)
  assert.deepEqual(policies.text(1), shared)
})

test('a list that was deleted is kept again when it is put again, under the old number', (t) => {
  const { policies, url, apply } = open(t)
  for (let version = 1; version <= VERSIONS_KEPT + 1; version++) apply(version, version * DAY_MS)
  assert.equal(deleteOldLists(url, 50 * DAY_MS, BY, 60 * DAY_MS).texts, 1)
  assert.throws(() => policies.text(1))

  assert.equal(apply(1, 70 * DAY_MS), 1)

  assert.deepEqual(policies.text(1), samplePolicy(1))
  assert.equal(policies.inForce()?.version, 1)
  assert.equal(deleteOldLists(url, 60 * DAY_MS, BY, 80 * DAY_MS).texts, 0, 'in force')
  assert.deepEqual(policies.text(1), samplePolicy(1))
})

test('which lists hold a number is found by version, however it is written there', (t) => {
  const { url, apply } = open(t)
  for (let version = 1; version <= VERSIONS_KEPT + 1; version++) apply(version, version * DAY_MS)
  apply(
    { yaml: 'rules: [{ id: a, deny: ["+1 (212) 555-0002"] }]\n', lists: new Map([['b.csv', '212-555-0002\n']]) },
    90 * DAY_MS,
  )

  const end = VERSIONS_KEPT + 2
  assert.deepEqual(findInLists(url, '+12125550002'), [
    { list: 'b.csv', versions: [end] },
    { list: 'list.csv', versions: [2] },
    { list: undefined, versions: [end] },
  ])
  assert.deepEqual(findInLists(url, '+12125559999'), [])
  assert.deepEqual(findInLists(url, '+12125550001'), [{ list: 'list.csv', versions: [1] }])
  deleteOldLists(url, 50 * DAY_MS, BY, 95 * DAY_MS)
  assert.deepEqual(findInLists(url, '+12125550001'), [], 'what was deleted holds nothing')
})

function open(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-old-lists-'))
  const path = join(folder, 'recourse.db')
  const url = `sqlite:${path}`
  const policies = openPolicyStore(url)
  t.after(() => {
    policies.close()
    rmSync(folder, { recursive: true })
  })
  const apply = (
    of: number | ReturnType<typeof samplePolicy>,
    atMs: number,
    step: PolicyChange['step'] = 'applied',
  ) => {
    const changed = policies.change({
      of: typeof of === 'number' ? samplePolicy(of) : of,
      step,
      base: policies.inForce()?.version,
      by: BY,
      note: '',
      origin: undefined,
      action: 'policy-applied',
      detail: {},
      atMs,
    })
    return changed.kind === 'changed' ? changed.version : assert.fail(changed.kind)
  }
  const count = (sql: string): number => {
    const db = new DatabaseSync(path, { readOnly: true })
    const row = db.prepare(sql).get()!
    db.close()
    return Number(Object.values(row)[0])
  }
  return { policies, url, apply, count }
}
