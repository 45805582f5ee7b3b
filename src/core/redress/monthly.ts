import { formatCsv } from '#core/ledger/csv.ts'
import type { MonthlyFigures } from './desk.ts'

/** A case as far as figures ask; claims that nobody confirmed are left out by whoever reads them. */
export type CaseTimes = {
  /** Milliseconds since 1970, as all of these. */
  readonly openedAt: number
  /** When the claimant was first told how the case stands. */
  readonly statusAt: number | undefined
  readonly decidedAt: number | undefined
  readonly outcome: 'lift' | 'partly' | 'uphold' | 'grant' | undefined
  /** When a number of the case was blocked again within its lift. */
  readonly regressedAt: number | undefined
}

/**
 * Figures by the month (UTC) in which cases came, from the first to the last, both included (`2026-11`). What became of a
 * case counts for the month that it came in, so that shares are shares of the same cases; a month without cases is there too.
 */
export function computeMonthly(cases: Iterable<CaseTimes>, from: string, to: string): MonthlyFigures[] {
  const months = new Map(monthsBetween(from, to).map((month) => [month, emptyMonth()]))
  let span = { from: 0, before: 0 }
  let month: Month | undefined
  for (const one of cases) {
    // Cases come month after month: writing out each one's date would take longer than all the rest.
    if (one.openedAt < span.from || one.openedAt >= span.before) {
      const name = monthOf(one.openedAt)
      span = monthSpan(name)
      month = months.get(name)
    }
    if (month !== undefined) count(month, one)
  }
  return Array.from(months, ([month, { received, statusMs, decisionMs, lifted, upheld, regressed }]) => ({
    month,
    received,
    firstStatusMedianMs: median(statusMs),
    decisionMedianMs: median(decisionMs),
    lifted,
    upheld,
    regressed,
  }))
}

/** Figures for a spreadsheet: RFC 4180, and no cell that one would take for a formula. Medians in hours, empty where there is none. */
export function formatMonthlyCsv(months: readonly MonthlyFigures[]): string {
  const records = months.map((one) =>
    formatCsv([
      one.month,
      String(one.received),
      hoursOf(one.firstStatusMedianMs),
      hoursOf(one.decisionMedianMs),
      String(one.lifted),
      String(one.upheld),
      String(one.regressed),
    ]),
  )
  return [formatCsv([...MONTHLY_COLUMNS]), ...records].map((record) => `${record}\r\n`).join('')
}

function hoursOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : (ms / HOUR_MS).toFixed(2)
}

/** Reads a month, `2026-11`; undefined for anything else. */
export function parseMonth(text: string): string | undefined {
  return /^\d{4}-(0[1-9]|1[0-2])$/.test(text) ? text : undefined
}

/** The month of a time, in UTC. */
export function monthOf(at: number): string {
  return new Date(at).toISOString().slice(0, 7)
}

/** The first moment of a month, and of the one behind it; milliseconds since 1970. */
export function monthSpan(month: string): { readonly from: number; readonly before: number } {
  return { from: Date.parse(`${month}-01T00:00:00Z`), before: Date.parse(`${nextMonth(month)}-01T00:00:00Z`) }
}

/** At most `MONTHS_MAX` months, counted from the first. */
export function monthsBetween(from: string, to: string): string[] {
  const months: string[] = []
  for (let month = from; month <= to && months.length < MONTHS_MAX; month = nextMonth(month)) months.push(month)
  return months
}

function nextMonth(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return number === 12
    ? `${String(year + 1).padStart(4, '0')}-01`
    : `${String(year).padStart(4, '0')}-${String(number + 1).padStart(2, '0')}`
}

type Month = ReturnType<typeof emptyMonth>

function emptyMonth() {
  return { received: 0, statusMs: [] as number[], decisionMs: [] as number[], lifted: 0, upheld: 0, regressed: 0 }
}

function count(month: Month, { openedAt, statusAt, decidedAt, outcome, regressedAt }: CaseTimes): void {
  month.received++
  if (statusAt !== undefined) month.statusMs.push(statusAt - openedAt)
  if (decidedAt !== undefined) month.decisionMs.push(decidedAt - openedAt)
  if (outcome === 'lift' || outcome === 'partly') month.lifted++
  if (outcome === 'uphold') month.upheld++
  if (regressedAt !== undefined) month.regressed++
}

function median(values: readonly number[]): number | undefined {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length / 2
  if (sorted.length === 0) return undefined
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : Math.round((sorted[middle - 1]! + sorted[middle]!) / 2)
}

export const MONTHLY_COLUMNS = [
  'month',
  'received',
  'first status, median hours',
  'decision, median hours',
  'lifted',
  'upheld',
  'blocked again',
] as const
const HOUR_MS = 3_600_000
/** Ten years. */
export const MONTHS_MAX = 120
