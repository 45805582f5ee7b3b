import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNumber } from '#core/call/number.ts'
import type { CallFacts } from '#core/call/facts.ts'
import { type Column, findColumns, isFault, readCallRecord, readJournalRow } from './call-record.ts'
import { Comparison } from './comparison.ts'
import { callFacts } from '../../../test/call-facts.ts'

const AT = Date.UTC(2026, 10, 22, 12)
const PLAN = { country: 1, national: 10, international: '011' }
const GOOD = { at: '2026-11-22T12:00:00Z', calling: '+12125550117', called: '+14155550163' }

const TIMES: [written: unknown, ms: number | undefined][] = [
  ['2026-11-22T12:00:00Z', AT],
  ['2026-11-22T13:00:00+01:00', AT],
  ['2026-11-22 12:00:00Z', AT],
  ['2026-11-22T12:00:00.250Z', AT + 250],
  ['2026-11-22T24:30:00Z', undefined],
  ['2026-13-22T12:00:00Z', undefined],
  ['2026-11-22T12:0x:00Z', undefined],
  [AT, AT],
  [AT / 1000, AT],
  [AT / 1000 + 0.25, AT + 250],
  [String(AT), AT],
  ['2026-11-22 12:00:00', AT],
  ['22.11.2026', undefined],
  ['11/22/2026 12:00', undefined],
  ['2026-11-22', undefined],
  ['1.2.3', undefined],
  ['yesterday', undefined],
  ['', undefined],
  [-1, undefined],
  [undefined, undefined],
  [true, undefined],
]

for (const [written, ms] of TIMES) {
  test(`the time ${JSON.stringify(written)} of a call is ${ms === undefined ? 'refused' : new Date(ms).toISOString()}`, () => {
    const read = readCallRecord(cellsOf({ ...GOOD, at: written }), undefined)
    if (ms === undefined)
      assert.ok(isFault(read) && /^(?:at |no at)/.test(read.found) && /2026-11-22T/.test(read.expected))
    else assert.equal(!isFault(read) && read.facts.atMs, ms)
  })
}

const NUMBERS: [written: string, kind: string, digits: number][] = [
  ['+12125550117', 'e164', 12125550117],
  ['2125550117', 'e164', 12125550117],
  ['(212) 555-0117', 'e164', 12125550117],
  ['0114930901820', 'e164', 4930901820],
  ['+02125550117', 'other', 0],
  ['+1212555011x', 'other', 0],
  ['+1234567890123456', 'other', 0],
  ['+', 'other', 0],
  ['', 'other', 0],
  ['911', 'digits', 911],
  ['withheld', 'withheld', 0],
  ['anonymous', 'withheld', 0],
]

for (const [written, kind, digits] of NUMBERS) {
  test(`the calling number ${JSON.stringify(written)} is read as the gate reads it: ${kind}`, () => {
    const read = readCallRecord(cellsOf({ ...GOOD, calling: written }), PLAN)
    assert.ok(!isFault(read))
    const { calling } = read.facts
    assert.deepEqual({ kind: calling.kind, digits: calling.digits }, { kind, digits })
    if (written.startsWith('+')) assert.deepEqual(calling, parseNumber(written, PLAN))
  })
}

const FAULTS: [record: Record<string, unknown>, found: RegExp][] = [
  [{ ...GOOD, calling: undefined }, /^no calling/],
  [{ ...GOOD, calling: 12125550117 }, /^calling 12125550117/],
  [{ ...GOOD, called: null }, /^called null/],
  [{ ...GOOD, attestation: 'D' }, /^attestation "D"/],
]

for (const [record, found] of FAULTS) {
  test(`a record is refused: ${found.source}`, () => {
    const read = readCallRecord(cellsOf(record), undefined)
    assert.ok(isFault(read))
    assert.match(read.found, found)
  })
}

test('what a record tells beside its numbers comes through', () => {
  const record = {
    ...GOOD,
    peer: 'edge',
    trunk: 't1',
    tenant: 'acme',
    attestation: 'TN-Validation-Passed-B',
    verdict: 'block',
    rule: 'v',
  }
  const read = readCallRecord(cellsOf({ ...record, answered: 'yes', seconds: '7', forwarded: true }), undefined)
  assert.ok(!isFault(read))
  const { facts, recorded, outcome } = read
  assert.deepEqual([facts.peer, facts.trunk, facts.tenant], ['edge', 't1', 'acme'])
  assert.deepEqual([facts.attestation, facts.forwarded], ['B', true])
  assert.deepEqual(recorded, { verdict: 'block', rule: 'v' })
  assert.deepEqual(outcome, { answered: true, seconds: 7 })
})

const OUTCOMES: [record: Record<string, unknown>, outcome: unknown][] = [
  [{}, undefined],
  [{ duration: 12 }, { answered: true, seconds: 12 }],
  [{ duration: '0' }, { answered: false, seconds: 0 }],
  [
    { disposition: 'NO ANSWER', billsec: 0 },
    { answered: false, seconds: 0 },
  ],
  [
    { disposition: 'ANSWERED', billsec: '31' },
    { answered: true, seconds: 31 },
  ],
  [{ answered: false }, { answered: false, seconds: 0 }],
]

for (const [record, outcome] of OUTCOMES) {
  test(`how a call ended is read from ${JSON.stringify(record)}`, () => {
    const read = readCallRecord(cellsOf({ ...GOOD, ...record }), undefined)
    assert.deepEqual(!isFault(read) && read.outcome, outcome)
  })
}

test('an emergency call of the past is one in a replay: by its number, and by what was noted of it', () => {
  const byNumber = readCallRecord(cellsOf({ ...GOOD, called: '911' }), undefined)
  const byNote = readCallRecord(cellsOf({ ...GOOD, verdict: 'exempt', rule: 'emergency' }), undefined)
  const byList = readCallRecord(cellsOf({ ...GOOD, verdict: 'exempt', rule: 'psap.csv' }), undefined)
  assert.deepEqual(
    [byNumber, byNote, byList].map((read) => !isFault(read) && read.facts.emergency),
    [true, true, false],
  )
})

test('columns go by the names that call records of other programs have', () => {
  const found = findColumns(['calldate', 'SRC', ' dst ', 'billsec', 'disposition', 'uniqueid'])
  assert.deepEqual(
    [...found],
    [
      ['at', 'calldate'],
      ['calling', 'SRC'],
      ['called', ' dst '],
      ['answered', 'disposition'],
      ['seconds', 'billsec'],
    ],
  )
})

test('a row of the journal tells what its call was', () => {
  const row = { at: AT, calling: '+12125550117', called: 'withheld', peer: 'edge', trunk: 't', attestation: 'failed' }
  const { facts, recorded } = readJournalRow({ ...row, verdict: 'allow', rule: 'allowed' })
  assert.deepEqual(facts, {
    ...factsOf('+12125550117', AT),
    called: parseNumber('anonymous'),
    trunk: 't',
    attestation: 'failed',
  })
  assert.deepEqual(recorded, { verdict: 'allow', rule: 'allowed' })
})

test('a comparison counts what changes, by number, those that lose most first', () => {
  const comparison = new Comparison()
  const [stopped, other] = [
    { rule: 'new', ground: undefined },
    { rule: 'old', ground: undefined },
  ]
  comparison.add(factsOf('+12125550001', AT + 5), false, undefined, undefined)
  comparison.add(factsOf('+12125550002', AT + 1), true, undefined, stopped)
  comparison.add(factsOf('+12125550003', AT + 2), false, undefined, stopped)
  comparison.add(factsOf('+12125550003', AT + 3), false, other, stopped)
  comparison.add(factsOf('+12125550003', AT + 4), false, undefined, stopped)
  comparison.add(factsOf('+12125550004', AT), false, other, undefined)
  comparison.add(factsOf('+12125550005', AT), false, other, stopped)

  const { calls, blockedNow, blockedThen, newlyBlocked, noLongerBlocked, firstMs, lastMs } = comparison
  assert.deepEqual([calls, blockedNow, blockedThen, newlyBlocked, noLongerBlocked], [7, 3, 5, 3, 1])
  assert.deepEqual([firstMs, lastMs], [AT, AT + 5])
  assert.deepEqual(
    comparison.changes().map(({ number, registered, newlyBlocked, noLongerBlocked, calls, rules }) => {
      return [number, registered, newlyBlocked, noLongerBlocked, calls, [...rules].join()]
    }),
    [
      ['+12125550003', false, 2, 0, 3, 'new,3'],
      ['+12125550002', true, 1, 0, 1, 'new,1'],
      ['+12125550004', false, 0, 1, 1, 'old,1'],
    ],
  )
})

test('numbers beyond the most that are named are counted', () => {
  const comparison = new Comparison(2)
  for (let number = 0; number < 5; number++) {
    comparison.add(factsOf(`+1212555000${number}`, AT), false, undefined, { rule: 'new', ground: undefined })
  }
  assert.deepEqual([comparison.changes().length, comparison.unnamed, comparison.newlyBlocked], [2, 3, 5])
})

function cellsOf(record: Record<string, unknown>) {
  const columns = findColumns(Object.keys(record))
  return (column: Column): unknown => record[columns.get(column) ?? '']
}

function factsOf(calling: string, atMs: number): CallFacts {
  return callFacts({ calling: parseNumber(calling), atMs })
}
