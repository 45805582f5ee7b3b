import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { PolicyText } from '#core/ledger/policy-text.ts'
import { openPolicyStore, partsOf, type PolicyStore } from '#edge/store/policy-store.ts'
import { mergeParts, takeFromFile, takeVersion } from './take-policy.ts'

const text = (yaml: string, lists: Record<string, string> = {}): PolicyText => ({
  yaml,
  lists: new Map(Object.entries(lists)),
})

/** What stands in the file, what stood there when it was taken, what is in force, and what should be. */
const MERGES: [
  what: string,
  disk: PolicyText,
  before: PolicyText | undefined,
  inForce: PolicyText | undefined,
  wanted: PolicyText,
][] = [
  ['nothing is in force', text('a'), undefined, undefined, text('a')],
  ['the file was never taken', text('b'), undefined, text('a'), text('b')],
  ['nothing has changed', text('a', { l: '1' }), text('a', { l: '1' }), text('a', { l: '1' }), text('a', { l: '1' })],
  ['the file has changed', text('b', { l: '1' }), text('a', { l: '1' }), text('a', { l: '1' }), text('b', { l: '1' })],
  ['somebody applied another policy since', text('a'), text('a'), text('c', { m: '1' }), text('c', { m: '1' })],
  [
    'a list was put since, the file has changed',
    text('b', { l: '1' }),
    text('a', { l: '1' }),
    text('a', { l: '2' }),
    text('b', { l: '2' }),
  ],
  [
    'a list was put since, and changed in its file too',
    text('a', { l: '3' }),
    text('a', { l: '1' }),
    text('a', { l: '2' }),
    text('a', { l: '3' }),
  ],
  [
    'one list was put, another changed in its file',
    text('a', { l: '1', m: '2' }),
    text('a', { l: '1', m: '1' }),
    text('a', { l: '2', m: '1' }),
    text('a', { l: '2', m: '2' }),
  ],
  [
    'the file names a new list',
    text('b', { l: '1', n: '1' }),
    text('a', { l: '1' }),
    text('a', { l: '2' }),
    text('b', { l: '2', n: '1' }),
  ],
  ['the file names a list no more', text('b', {}), text('a', { l: '1' }), text('a', { l: '2' }), text('b', {})],
]

for (const [what, disk, before, inForce, wanted] of MERGES) {
  test(`what a file has new comes from there, all else stays as it is in force: ${what}`, () => {
    assert.deepEqual(mergeParts(disk, before && partsOf(before), inForce), wanted)
  })
}

test('at the first start the policy of the file comes into force, and at the next nothing happens', (t) => {
  const { take, policies } = folder(t)

  const first = take()
  const again = take()

  assert.deepEqual([first.version, again.version, first.notes, again.notes], [1, 1, [], []])
  assert.deepEqual(
    policies.audit({}, 10).map(({ action, by }) => [action, by.name]),
    [['policy-applied', 'ann']],
  )
})

test('a changed file comes into force, and what it changes is told', (t) => {
  const { take, write } = folder(t)
  take()
  write({ limit: 200 })

  const { version, notes, rule } = take()

  assert.equal(version, 2)
  assert.equal(rule, 'volume 200')
  assert.match(
    notes.join('\n'),
    /^policy 2 of .*policy\.yaml is in force, 1 was before\nrule volume changed: volume\.limit 300 → 200$/,
  )
})

test('a file that has not changed does not undo what somebody applied since, and says so', (t) => {
  const { take, policies } = folder(t)
  take()
  policies.change({
    of: text('rules: []\n'),
    step: 'applied',
    base: 1,
    by: { name: 'ben', account: 'ops' },
    note: '',
    origin: undefined,
    action: 'policy-applied',
    detail: {},
    atMs: 5,
  })

  const { version, notes, rule } = take()

  assert.equal(version, 2)
  assert.equal(rule, undefined)
  assert.match(
    notes.join(),
    /^policy 2 is in force, applied by ben at 1970-.*; .*policy\.yaml says something else, but has not changed/,
  )
})

test('a list that shrinks to nothing in its file waits for a second person, and the old one stays', (t) => {
  const { take, write, policies } = folder(t)
  take()
  write({ list: 'number\n' })

  const { version, notes, config } = take()

  assert.equal(version, 1)
  assert.equal(config.policyText.lists.get('dno.csv'), LIST)
  assert.match(
    notes.join(),
    /^policy 2 waits for a second person: list dno\.csv would be empty\. Policy 1 stays in force/,
  )
  assert.equal(policies.find(2)?.state, 'staged')
  assert.equal(take().version, 1, 'nor does the next start put it into force')
  assert.equal(policies.list(10).length, 2)
})

test('a file that is broken is refused with its place, and the store stays as it was', (t) => {
  const { take, write, policies, refusal } = folder(t)
  take()
  write({ limit: 'many' })

  assert.match(refusal().join('\n'), /policy\.yaml:3:\d+: found "many", expected a number of calls/)
  assert.equal(policies.list(10).length, 1)
  write({ list: 'number\n+12125550117\n911\n' })
  assert.match(refusal().join('\n'), /dno\.csv:3:1: found "911", expected no emergency number/)
  assert.equal(policies.list(10).length, 1)
})

test('a version is made ready from the store alone, under the configuration that is given', (t) => {
  const { take, policies, directory } = folder(t)
  take()
  rmSync(join(directory, 'policy.yaml'))
  rmSync(join(directory, 'dno.csv'))
  const terms = { store: policies, path: join(directory, 'recourse.yaml'), serves: false }

  const taken = takeVersion(terms, 1)

  assert.equal(taken.kind, 'taken')
  assert.equal(taken.kind === 'taken' && taken.config.policyText.lists.get('dno.csv'), LIST)
  assert.deepEqual(takeVersion(terms, 2), { kind: 'refused', faults: ['policy 2 is not in the store with its text'] })
  const other = takeVersion({ ...terms, configText: 'operator: { contact: { url: nowhere } }\n' }, 1)
  assert.equal(other.kind, 'refused')
})

/** A folder with a configuration, a policy and a list, and a store to take them into. */
function folder(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'recourse-policy-'))
  const path = join(directory, 'recourse.yaml')
  const policies: PolicyStore = openPolicyStore(`sqlite:${join(directory, 'recourse.db')}`)
  t.after(() => {
    policies.close()
    rmSync(directory, { recursive: true })
  })
  const write = ({ limit = 300, list = LIST }: { limit?: number | string; list?: string }) => {
    writeFileSync(join(directory, 'dno.csv'), list)
    writeFileSync(
      join(directory, 'policy.yaml'),
      `rules:\n  - { id: dno, do-not-originate: "file:dno.csv" }\n  - { id: volume, volume: { of: number, limit: ${limit}, per: 10m } }\n`,
    )
  }
  writeFileSync(path, 'operator: { contact: { tel: "+18005550142" } }\npolicy: "file:policy.yaml"\n')
  write({})
  const look = () =>
    takeFromFile({ store: policies, path, by: { name: 'ann', account: 'ops' }, nowMs: () => 1000, serves: false })
  return {
    directory,
    policies,
    write,
    take: () => {
      const taken = look()
      assert.equal(taken.kind, 'taken', taken.kind === 'refused' ? taken.faults.join('\n') : '')
      assert.ok(taken.kind === 'taken')
      const rule = taken.config.policy.rules.find((rule) => rule.kind === 'volume')
      return { ...taken, rule: rule && `volume ${rule.limit}` }
    },
    refusal: () => {
      const taken = look()
      assert.equal(taken.kind, 'refused')
      return taken.kind === 'refused' ? taken.faults : []
    },
  }
}

const LIST = 'number\n+12125550117\n+12125550118\n'
