import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { parseCsv } from '#core/ledger/csv.ts'
import {
  BLOCKED_LIST_MS,
  type BlockedRow,
  blockedListRecord,
  formatBlockedListCsv,
  listBlockedCalls,
} from './blocked-list.ts'

const ASKED = Date.UTC(2026, 10, 22, 12)
const row = (more: Partial<BlockedRow> = {}): BlockedRow => ({
  at: ASKED - 1,
  calling: '+12125550117',
  program: 'opt-out',
  isReleased: false,
  ...more,
})

test('a list is owed of what opt-in and opt-out programs blocked within 28 days, and of nothing else', () => {
  const cases: [what: string, row: Partial<BlockedRow>, owed: boolean][] = [
    ['opt-out', {}, true],
    ['opt-in', { program: 'opt-in' }, true],
    ['network level', { program: 'network' }, false],
    ['do-not-originate, and what the called party refused', { program: 'none' }, false],
    ['a program of another version', { program: 'opt-outs' }, false],
    ['continued after all', { isReleased: true }, false],
    ['at the moment of asking', { at: ASKED }, false],
    ['28 days before, to the millisecond', { at: ASKED - BLOCKED_LIST_MS }, true],
    ['a millisecond earlier', { at: ASKED - BLOCKED_LIST_MS - 1 }, false],
    ['a withheld number', { calling: 'withheld' }, true],
  ]
  for (const [what, more, owed] of cases) {
    assert.equal(listBlockedCalls([row(more)], ASKED).length, owed ? 1 : 0, what)
  }
  assert.ok(cases.some(([, , owed]) => !owed))
})

test('the newest call comes first, and only date, time, number and program are told', () => {
  const listed = listBlockedCalls([row({ at: ASKED - 5 }), row({ at: ASKED - 2, calling: 'withheld' })], ASKED)
  assert.deepEqual(listed, [
    { at: ASKED - 2, calling: 'withheld', program: 'opt-out' },
    { at: ASKED - 5, calling: '+12125550117', program: 'opt-out' },
  ])
})

test('as CSV no cell is a formula, though every number begins with a plus, and our own reader reads it back', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('', '+', '=', '-', '@', '\t', '\r', "'"), fc.string()), { maxLength: 8 }),
      (parts) => {
        const calls = parts.map(([head, tail], at) => ({ at, calling: `${head}${tail}`, program: 'opt-in' }))
        const text = formatBlockedListCsv({ calls })
        const [, ...records] = [...parseCsv(text)]
        assert.deepEqual(
          records.map((record) => record[2]),
          calls.map(({ calling }) => calling),
        )
        for (const cell of text.matchAll(/(?:^|,)"([^"])/gm)) assert.ok(!'=+-@\t\r'.includes(cell[1]!), cell[0])
      },
    ),
  )
  assert.equal(
    formatBlockedListCsv({ calls: [{ at: ASKED, calling: '+12125550117', program: 'opt-out' }] }),
    '"date","time (UTC)","calling number","program"\r\n"2026-11-22","12:00:00.000Z","\'+12125550117","opt-out"\r\n',
  )
})

test('as JSON a list names its number and the 28 days that it covers', () => {
  const calls = listBlockedCalls([row()], ASKED)
  const record = blockedListRecord({ number: '+14155550163', from: ASKED - BLOCKED_LIST_MS, before: ASKED, calls })
  assert.deepEqual(record, {
    number: '+14155550163',
    from: '2026-10-25T12:00:00.000Z',
    before: '2026-11-22T12:00:00.000Z',
    calls: [{ at: '2026-11-22T11:59:59.999Z', calling: '+12125550117', program: 'opt-out' }],
  })
})
