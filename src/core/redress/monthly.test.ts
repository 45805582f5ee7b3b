import assert from 'node:assert/strict'
import test from 'node:test'
import { parseCsv } from '#core/ledger/csv.ts'
import {
  type CaseTimes,
  MONTHLY_COLUMNS,
  MONTHS_MAX,
  computeMonthly,
  formatMonthlyCsv,
  monthSpan,
  parseMonth,
} from './monthly.ts'

const HOUR = 3_600_000
const opened = (day: string, more: Partial<CaseTimes> = {}): CaseTimes => ({
  openedAt: Date.parse(`${day}T00:00:00Z`),
  statusAt: undefined,
  decidedAt: undefined,
  outcome: undefined,
  regressedAt: undefined,
  ...more,
})
const after = (day: string, hours: number): number => Date.parse(`${day}T00:00:00Z`) + hours * HOUR

test('what became of a case counts for the month that it came in', () => {
  const cases = [
    opened('2026-10-31', { statusAt: after('2026-10-31', 2), decidedAt: after('2026-10-31', 30), outcome: 'lift' }),
    opened('2026-10-02', { statusAt: after('2026-10-02', 4), decidedAt: after('2026-10-02', 10), outcome: 'uphold' }),
    opened('2026-10-03', { statusAt: after('2026-10-03', 9) }),
    opened('2026-12-01', { outcome: 'partly', regressedAt: after('2026-12-03', 0) }),
    opened('2027-01-01', { outcome: 'lift' }),
  ]
  assert.deepEqual(computeMonthly(cases, '2026-10', '2026-12'), [
    {
      month: '2026-10',
      received: 3,
      firstStatusMedianMs: 4 * HOUR,
      decisionMedianMs: 20 * HOUR,
      lifted: 1,
      upheld: 1,
      regressed: 0,
    },
    {
      month: '2026-11',
      received: 0,
      firstStatusMedianMs: undefined,
      decisionMedianMs: undefined,
      lifted: 0,
      upheld: 0,
      regressed: 0,
    },
    {
      month: '2026-12',
      received: 1,
      firstStatusMedianMs: undefined,
      decisionMedianMs: undefined,
      lifted: 1,
      upheld: 0,
      regressed: 1,
    },
  ])
})

test('months begin and end in UTC, and a year ends behind its twelfth', () => {
  assert.deepEqual(monthSpan('2026-12'), { from: Date.UTC(2026, 11, 1), before: Date.UTC(2027, 0, 1) })
  assert.deepEqual(
    computeMonthly([], '2026-11', '2027-02').map(({ month }) => month),
    ['2026-11', '2026-12', '2027-01', '2027-02'],
  )
  assert.equal(computeMonthly([], '0001-01', '9999-12').length, MONTHS_MAX)
  assert.deepEqual(computeMonthly([], '2026-11', '2026-10'), [])
})

test('a month is written with its year, and nothing else is one', () => {
  assert.equal(parseMonth('2026-11'), '2026-11')
  for (const text of ['2026-13', '2026-00', '2026-1', '2026', '2026-11-01', ' 2026-11']) {
    assert.equal(parseMonth(text), undefined, text)
  }
})

test('figures as CSV are read back, a median that there is none of is empty, and no cell begins a formula', () => {
  const figures = { received: 3, lifted: 1, upheld: 2, regressed: 0, decisionMedianMs: undefined }
  const csv = formatMonthlyCsv([
    { ...figures, month: '2026-11', firstStatusMedianMs: 90 * 60_000 },
    // Nothing of our own making begins so; what a store was made to say might.
    { ...figures, month: '=HYPERLINK("//x")', firstStatusMedianMs: -HOUR },
  ])
  assert.deepEqual(
    [...parseCsv(csv)],
    [
      [...MONTHLY_COLUMNS],
      ['2026-11', '3', '1.50', undefined, '1', '2', '0'],
      ['=HYPERLINK("//x")', '3', '-1.00', undefined, '1', '2', '0'],
    ],
  )
  assert.match(csv, /\r\n"2026-11","3","1\.50",,"1","2","0"\r\n/)
  assert.match(csv, /"'=HYPERLINK/)
  assert.doesNotMatch(csv, /(?:^|,|\n)"?[=+\-@\t]/)
  assert.equal([...parseCsv(formatMonthlyCsv([]))].length, 1, 'without months there are only the names of columns')
})
