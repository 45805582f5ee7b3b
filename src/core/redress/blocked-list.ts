import { formatCsv } from '#core/ledger/csv.ts'
import type { BlockedCall } from './desk.ts'

/** A row of the ledger as far as the list asks. */
export type BlockedRow = BlockedCall & {
  /** Recorded but not enforced: the call was continued. */
  readonly isReleased: boolean
}

/** A list as it is handed over: the number whose subscriber asked, and the 28 days that it covers. */
export type BlockedList = {
  readonly number: string
  /** Milliseconds since 1970; `before` is when the subscriber asked, and no part of it. */
  readonly from: number
  readonly before: number
  readonly calls: readonly BlockedCall[]
}

/**
 * The calls to a number that its subscriber is owed a list of, newest first: blocked within the 28 days before he asked, and
 * by an analytics program that he opted into or could opt out of. Nothing is owed of blocks by do-not-originate, by the
 * called party himself or at network level. 47 CFR 64.1200(k)(10).
 */
export function listBlockedCalls(rows: Iterable<BlockedRow>, before: number): BlockedCall[] {
  const from = before - BLOCKED_LIST_MS
  const owed: BlockedCall[] = []
  for (const { at, calling, program, isReleased } of rows) {
    if (!isReleased && at >= from && at < before && OWING.has(program)) owed.push({ at, calling, program })
  }
  return owed.toSorted((a, b) => b.at - a.at)
}

/** The list for a spreadsheet: RFC 4180, and no cell that one would take for a formula. Date and time are UTC. */
export function formatBlockedListCsv({ calls }: Pick<BlockedList, 'calls'>): string {
  const records = calls.map(({ at, calling, program }) => {
    const [date = '', time = ''] = new Date(at).toISOString().split('T')
    return formatCsv([date, time, calling, program])
  })
  return [formatCsv([...BLOCKED_LIST_COLUMNS]), ...records].map((record) => `${record}\r\n`).join('')
}

/** The list for a program; times as RFC 3339. */
export function blockedListRecord({ number, from, before, calls }: BlockedList) {
  const time = (at: number): string => new Date(at).toISOString()
  return {
    number,
    from: time(from),
    before: time(before),
    calls: calls.map(({ at, calling, program }) => ({ at: time(at), calling, program })),
  }
}

export const BLOCKED_LIST_COLUMNS = ['date', 'time (UTC)', 'calling number', 'program'] as const
/** 28 days. 47 CFR 64.1200(k)(10). */
export const BLOCKED_LIST_MS = 28 * 86_400_000
/** The programs of analytics blocking that a list is owed of; a test holds that every other program is none. */
const OWING: ReadonlySet<string> = new Set(['opt-in', 'opt-out'])
