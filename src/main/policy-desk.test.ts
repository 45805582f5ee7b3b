import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { JournalRow } from '#core/ledger/ledger.ts'
import type { PolicyDesk, PolicyTrialState } from '#edge/http/policy/policy-desk.ts'
import { noteOf } from '#edge/store/contract-samples.ts'
import { openPolicyStore } from '#edge/store/policy-store.ts'
import { openLedger } from '#edge/store/sqlite-ledger.ts'
import { takeFromFile } from './take-policy.ts'
import { openPolicyDesk } from './policy-desk.ts'
import { UPLOADS_MAX, UPLOAD_MS } from './policy-lists.ts'

const AT = Date.UTC(2026, 10, 22, 12)
const ANN = { name: 'ann', account: 'ann' }
const BEN = { name: 'ben', account: 'ben' }
const RULES = `  rules:
    - { id: dno, do-not-originate: "file:dno.csv" }
    - { id: allow, allow: "file:allow.csv" }
    - { id: watch, volume: { of: number, limit: 2, per: 10m }, mode: shadow }
`
const CALL: JournalRow = {
  at: AT,
  calling: '+12125550117',
  called: '+14155550163',
  peer: 'edge',
  trunk: '',
  attestation: 'none',
  verdict: 'allow',
  rule: '',
}

test('a text is checked with the place of each fault, compared with the one in force, and applied once for what was seen', async (t) => {
  const { desk } = await open(t)
  const { inForce, versions } = await desk.versions(undefined, 10)
  assert.deepEqual([inForce, versions.map(({ version, state }) => [version, state])], [1, [[1, 'applied']]])
  const text = await textOf(desk, 1)

  const faulty = await desk.check(draft(text.replace('limit: 2', 'limit: two')))
  assert.ok(faulty.kind === 'faulty')
  const [fault] = faulty.faults
  assert.deepEqual([fault?.where, fault?.line, fault?.found], ['policy', 4, '"two"'])
  assert.equal(fault?.column, text.split('\n')[3]!.indexOf('2, per') + 1)
  assert.match(fault.expected, /a number of calls/)
  const refused = await desk.apply(draft(text.replace('limit: 2', 'limit: two')), change(1))
  assert.ok(refused.kind === 'refused' && refused.problem === 'bad-field' && /line 4/.test(refused.detail))
  const missing = await desk.check(draft(text.replace('allow.csv', 'other.csv')))
  assert.match(missing.kind === 'faulty' ? missing.faults[0]!.found : '', /other\.csv/)

  const acting = text.replace(', mode: shadow', '')
  const good = await desk.check(draft(acting))
  assert.ok(good.kind === 'good')
  assert.deepEqual(good.difference.words, ['rule watch changed: mode shadow → unsaid'])
  assert.match(good.difference.text, /\n-.*mode: shadow/)
  assert.deepEqual(
    good.words.rules.map(({ id, mode }) => [id, mode]),
    [
      ['dno', 'enforce'],
      ['allow', 'enforce'],
      ['watch', 'enforce'],
    ],
  )
  const late = await desk.apply(draft(acting), change(7))
  assert.ok(late.kind === 'refused' && late.problem === 'changed')
  const settled = await desk.apply(draft(acting), change(1))
  assert.deepEqual(settled.kind === 'settled' && [settled.policy, settled.state, settled.before], [2, 'applied', 1])

  const back = await desk.applyVersion(1, change(2))
  assert.ok(back.kind === 'settled' && back.policy === 1)
  const after = await desk.versions(undefined, 10)
  assert.deepEqual(
    after.versions.map(({ version, state, replaced }) => [version, state, replaced?.by]),
    [
      [2, 'taken-back', 'ann'],
      [1, 'applied', undefined],
    ],
  )
  assert.deepEqual((await desk.differ(1, 2))?.words, good.difference.words)
  assert.equal(await desk.differ(1, 9), undefined)
})

test('a list is looked at before it is in force: faults by line, what it changes, a second person for much; 911 is refused', async (t) => {
  const world = await open(t)
  const { desk } = world
  const { lists } = await desk.lists()
  assert.deepEqual(
    lists.map(({ name, key, rules, entries, canGoBack }) => [name, key, rules, entries, canGoBack]),
    [
      ['allow.csv', 'allow', ['allow'], 1, false],
      ['dno.csv', 'do-not-originate', ['dno'], 1, false],
    ],
  )
  const wrong = await desk.upload('dno.csv', 'number\n+18005550100\n911\nabc\n', ANN)
  assert.ok(wrong.kind === 'upload')
  assert.deepEqual(
    wrong.faults.map(({ where, line }) => [where, line]),
    [
      ['dno.csv', 3],
      ['dno.csv', 4],
    ],
  )
  const put = await desk.confirm(wrong.id, change(1))
  assert.ok(put.kind === 'refused' && put.problem === 'bad-field' && /line 3/.test(put.detail))

  const more = await desk.upload('dno.csv', 'number\n+18005550100\n+18005550101\n', ANN)
  assert.ok(more.kind === 'upload' && more.faults.length === 0)
  assert.deepEqual([more.difference?.added, more.difference?.samples.added], [1, ['+18005550101']])
  assert.ok((await desk.confirm(more.id, change(1))).kind === 'settled')
  assert.equal(await desk.uploaded(more.id), undefined)
  const page = await desk.list('dno.csv', { search: '(800) 555-0101', after: 0, limit: 10 })
  assert.deepEqual(page?.entries, [{ line: 3, text: '+18005550101' }])
  assert.ok((await desk.takeListBack('dno.csv', change(2))).kind === 'settled')
  assert.equal(await desk.listText('dno.csv'), DNO)

  const empty = await desk.upload('dno.csv', 'number\n', ANN)
  assert.ok(empty.kind === 'upload' && empty.guarded[0] === 'list dno.csv would be empty')
  const staged = await desk.confirm(empty.id, change(1))
  assert.ok(staged.kind === 'settled' && staged.state === 'staged')
  const same = await desk.approve(staged.policy, change(1))
  assert.ok(same.kind === 'refused' && /somebody else/.test(same.detail))
  const token = await desk.approve(staged.policy, { ...change(1), by: { ...ANN, name: 'Ann, token nightly' } })
  assert.equal(token.kind, 'refused', 'a token of hers is no second person')
  assert.ok((await desk.approve(staged.policy, { ...change(1), by: BEN })).kind === 'settled')

  const kept = await desk.upload('new.csv', 'number\n+12125550200\n', ANN)
  assert.ok(kept.kind === 'upload' && kept.isNew)
  const named = (await textOf(desk, 1)).replace('file:dno.csv', 'file:new.csv')
  assert.equal((await desk.check(draft(named))).kind, 'faulty')
  assert.equal((await desk.check({ ...draft(named), uploads: [kept.id] })).kind, 'good')
  world.now += UPLOAD_MS
  assert.equal(await desk.uploaded(kept.id), undefined, 'forgotten after an hour')
  for (let index = 0; index < UPLOADS_MAX; index++) await desk.upload('new.csv', '+12125550200\n', ANN)
  const full = await desk.upload('new.csv', '+12125550200\n', ANN)
  assert.ok(full.kind === 'refused' && full.problem === 'too-many')
})

test('a text is tried on the journal beside everything: counts, numbers, rules, and a trial that is stopped has no result', async (t) => {
  const { desk } = await open(t)
  const acting = (await textOf(desk, 1)).replace(', mode: shadow', '')
  const begun = await desk.tryOut(draft(acting), 7, 'in-force', ANN)
  assert.ok(begun.kind === 'trial', JSON.stringify(begun))
  const second = await desk.tryOut(draft(acting), 7, 'in-force', ANN)
  assert.ok(second.kind === 'refused' && second.problem === 'busy')
  const done = await ended(desk, begun.id)
  assert.equal(done.state, 'done', done.why)
  const { result } = done
  assert.deepEqual([result?.calls, result?.newlyBlocked, result?.noLongerBlocked], [7, 3, 0])
  assert.deepEqual(result?.numbers, { newly: 2, noLonger: 0, registered: 0 })
  assert.deepEqual(result?.rules, [{ rule: 'watch', before: 0, after: 3, newlyBlocked: 3, noLongerBlocked: 0 }])
  const all = { change: 'newly', rule: undefined, search: '' } as const
  const first = await desk.trialNumbers(begun.id, all, 0, 1)
  assert.deepEqual([first?.numbers[0]?.number, first?.numbers[0]?.newlyBlocked], ['+12125550001', 2])
  assert.match(first?.numbers[0]?.why ?? '', /3 calls in 10 min/)
  const next = await desk.trialNumbers(begun.id, all, first!.after!, 1)
  assert.deepEqual([next?.numbers[0]?.number, next?.after], ['+12125550002', undefined])
  assert.deepEqual((await desk.trialNumbers(begun.id, { ...all, change: 'no-longer' }, 0, 9))?.numbers, [])
  assert.equal((await desk.trialNumbers(begun.id, { ...all, search: '0002' }, 0, 9))?.numbers.length, 1)

  const stopped = await desk.tryOut(draft(acting), 1, 'none', ANN)
  assert.ok(stopped.kind === 'trial')
  assert.equal((await desk.cancelTrial(stopped.id))?.state, 'cancelled')
  assert.equal(await desk.trialNumbers(stopped.id, all, 0, 9), undefined)
  assert.equal(await desk.trial('A'.repeat(22)), undefined)
})

test('what people find of numbers counts in how right a rule is, from ten numbers on; a wanted number comes onto a list', async (t) => {
  const rows = Array.from({ length: 12 }, (_, index) => ({
    ...CALL,
    calling: `+121255502${String(index).padStart(2, '0')}`,
    verdict: 'shadow' as const,
    rule: 'watch',
  }))
  const world = await open(t, rows)
  const { desk } = world
  const before = await desk.shadow(7)
  assert.deepEqual(before.allowLists, ['allow.csv'])
  const [watch] = before.rules
  assert.deepEqual([watch?.rule, watch?.mode, watch?.calls, watch?.numbers], ['watch', 'shadow', 12, 12])
  for (const [index, { calling }] of rows.entries()) {
    if (index > 9) break
    assert.equal((await desk.shadow(7)).rules[0]?.precision, undefined, 'fewer than ten say nothing')
    await desk.judgeShadow('watch', calling, { label: index < 3 ? 'legitimate' : 'unwanted', note: '' }, ANN)
  }
  const [judged] = (await desk.shadow(7)).rules
  assert.deepEqual([judged?.legitimate, judged?.unwanted, judged?.precision], [3, 7, 0.7])
  world.now += 60_000
  assert.equal((await desk.shadow(7)).rules[0]?.precision, 0.7, 'as the store has it')
  assert.equal((await desk.shadowNumbers('watch', 7, 'open', 0, 50)).numbers.length, 2)
  const first = rows[0]!.calling
  assert.equal((await desk.shadowCalls('watch', first, 7)).length, 1)
  await desk.judgeShadow('watch', first, { label: undefined, note: '' }, ANN)
  assert.equal((await desk.shadow(7)).rules[0]?.precision, undefined)

  const added = await desk.addNumber('allow.csv', first, 'the clinic, phoned "back"', change(1))
  assert.ok(added.kind === 'settled' && added.state === 'applied', JSON.stringify(added))
  assert.equal(await desk.listText('allow.csv'), `${ALLOW}${first},"the clinic, phoned 'back'"\n`)
  const exempt = await desk.addNumber('dno.csv', '911', 'never', change(added.policy))
  assert.ok(exempt.kind === 'refused' && exempt.problem === 'bad-field')
})

async function open(t: TestContext, rows: readonly JournalRow[] = CALLS) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-policy-desk-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const store = join(folder, 'recourse.db')
  const config = join(folder, 'recourse.yaml')
  writeFileSync(join(folder, 'dno.csv'), DNO)
  writeFileSync(join(folder, 'allow.csv'), ALLOW)
  writeFileSync(config, `operator: { contact: { email: "a@northwire.example" } }\npolicy:\n${RULES}`)
  const ledger = await openLedger(`sqlite:${store}`)
  for (const row of rows) ledger.note(noteOf(row))
  await ledger.close()
  const policies = openPolicyStore(`sqlite:${store}`)
  const taken = takeFromFile({ store: policies, path: config, by: BEN, nowMs: () => AT, serves: false })
  policies.close()
  assert.equal(taken.kind, 'taken', JSON.stringify(taken))
  const world = { now: AT + 3_600_000 }
  const desk = openPolicyDesk({ store, path: config, now: () => world.now })
  t.after(() => desk.close())
  return Object.assign(world, { desk })
}

async function textOf(desk: PolicyDesk, version: number): Promise<string> {
  const found = await desk.version(version)
  assert.ok(found?.yaml !== undefined)
  return found.yaml
}

async function ended(desk: PolicyDesk, id: string): Promise<PolicyTrialState> {
  for (;;) {
    const state = await desk.trial(id)
    assert.ok(state !== undefined)
    if (state.state !== 'running') return state
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function draft(yaml: string) {
  return { yaml, base: undefined, uploads: [] }
}

function change(seen: number) {
  return { seen, note: 'a test', by: ANN }
}

const DNO = 'number\n+18005550100\n'
const ALLOW = 'number,why\n+12125550999,ours\n'
/** Of two numbers four and three calls, of which a limit of two leaves two and one. */
const CALLS: readonly JournalRow[] = ['1', '1', '2', '1', '2', '1', '2'].map((last, index) => ({
  ...CALL,
  at: AT + index * 1_000,
  calling: `+1212555000${last}`,
}))
