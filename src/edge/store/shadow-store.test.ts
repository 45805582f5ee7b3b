import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { JournalRow } from '#core/ledger/ledger.ts'
import { noteOf } from './contract-samples.ts'
import { readJournalStretches } from './journal-stretches.ts'
import { openPolicyReader } from './policy-store.ts'
import { openShadowStore } from './shadow-store.ts'
import { openLedger } from './sqlite-ledger.ts'

const AT = Date.UTC(2026, 10, 22, 12)
const ANN = { name: 'ann', account: 'ann' }
const HIT: JournalRow = {
  at: AT,
  calling: '+12125550117',
  called: '+14155550163',
  peer: 'edge',
  trunk: '',
  attestation: 'A',
  verdict: 'shadow',
  rule: 'watch',
}

test('hits are counted by rule and number since a time; calls that were judged for good are no hits', async (t) => {
  const { store } = await open(t, [
    HIT,
    { ...HIT, at: AT + 1_000 },
    { ...HIT, at: AT + 2_000, calling: 'withheld' },
    { ...HIT, verdict: 'allow', rule: '' },
    { ...HIT, verdict: 'block', rule: 'watch' },
    { ...HIT, rule: 'other', calling: '' },
  ])
  const { rules } = store.hits(AT)
  assert.deepEqual([...rules.keys()].toSorted(), ['other', 'watch'])
  const { calls, numbers, named } = rules.get('watch')!
  assert.deepEqual([calls, numbers], [3, 2])
  assert.deepEqual(
    named.map(({ number, calls, firstAt, lastAt }) => [number, calls, firstAt, lastAt]),
    [
      ['+12125550117', 2, AT, AT + 1_000],
      ['withheld', 1, AT + 2_000, AT + 2_000],
    ],
  )
  assert.equal(store.hits(AT + 1_500).rules.get('watch')?.calls, 1)
  assert.equal(store.calls('watch', '+12125550117', AT, 10).length, 2)
  assert.equal(store.calls('watch', '+12125550118', AT, 10).length, 0)
})

test('what is said of a number is noted without it in the audit trail, and goes with it when it is erased', async (t) => {
  const { store, url } = await open(t, [HIT, { ...HIT, calling: '+12125550118' }])
  for (const number of ['+12125550117', '+12125550118']) store.label('watch', number, 'legitimate', ANN, 'a clinic', AT)
  const judged = (): (string | undefined)[] =>
    [...store.hits(AT - 1).rules.values()].flatMap(({ named }) => named.map(({ judged }) => judged?.label))
  assert.deepEqual(judged(), ['legitimate', 'legitimate'])
  const reader = openPolicyReader(url)
  const trail = reader.audit({ action: 'shadow-judged' }, 10)
  reader.close()
  assert.equal(trail.length, 2)
  assert.doesNotMatch(JSON.stringify(trail), /5550117/)

  const ledger = await openLedger(url, { trustClock: true })
  await ledger.erase({ by: 'number', number: '+12125550117' }, AT)
  ledger.note(noteOf(HIT))
  await ledger.close()
  assert.equal(judged().length, 2)
  assert.equal(judged().filter((label) => label === undefined).length, 1, 'it comes again and nobody knows of it')
  const later = await openLedger(url, { trustClock: true })
  await later.erase({ by: 'age', beforeMs: AT + 1 }, AT)
  for (const calling of ['+12125550117', '+12125550118']) later.note(noteOf({ ...HIT, calling, at: AT + 2 }))
  await later.close()
  assert.deepEqual(judged(), [undefined, undefined])
})

test('the journal comes out in the order of its times, stretch by stretch, without shadow hits', async (t) => {
  const rows = Array.from({ length: 400 }, (_, index): JournalRow => {
    const late = index % 7 === 0 ? 900 : 0
    return { ...HIT, at: AT + index * 100 - late, verdict: index % 10 === 0 ? 'shadow' : 'allow', rule: '' }
  })
  const { url } = await open(t, rows)
  const read: number[] = []
  let total = 0
  for (const stretch of readJournalStretches(url, AT + 1_000)) {
    read.push(...stretch.rows.map(({ at }) => at))
    ;({ total } = stretch)
    assert.ok(stretch.rows.every(({ verdict }) => verdict !== 'shadow'))
  }
  assert.deepEqual(
    read,
    rows
      .filter(({ at, verdict }) => at >= AT + 1_000 && verdict !== 'shadow')
      .map(({ at }) => at)
      .toSorted((a, b) => a - b),
  )
  assert.ok(total >= read.length)
})

async function open(t: TestContext, rows: readonly JournalRow[]) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-shadow-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const url = `sqlite:${join(folder, 'recourse.db')}`
  const ledger = await openLedger(url)
  for (const row of rows) ledger.note(noteOf(row))
  await ledger.close()
  const store = openShadowStore(url)
  t.after(() => store.close())
  return { store, url }
}
