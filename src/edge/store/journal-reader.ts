import type { JournalRow } from '#core/ledger/ledger.ts'
import { openForReading, parseStoreUrl } from './schema.ts'

/** Which rows of the journal are wanted. */
export type JournalFilter = {
  readonly sinceMs?: number | undefined
  /** On either side, as `formatParty` writes it. */
  readonly number?: string | undefined
  readonly verdict?: JournalRow['verdict'] | undefined
  readonly rule?: string | undefined
}

/** Reads rows of a store's journal, newest first; a gate may be writing to it. Throws StoreError. */
export function readJournal(url: string, filter: JournalFilter, limit: number): JournalRow[] {
  const conditions: string[] = []
  const values: (string | number)[] = []
  const ask = (condition: string, ...asked: (string | number)[]): void => {
    conditions.push(condition)
    values.push(...asked)
  }
  if (filter.sinceMs !== undefined) ask('at >= ?', filter.sinceMs)
  if (filter.number !== undefined) ask('(calling = ? OR called = ?)', filter.number, filter.number)
  if (filter.verdict !== undefined) ask('verdict = ?', filter.verdict)
  if (filter.rule !== undefined) ask('rule = ?', filter.rule)
  const db = openForReading(parseStoreUrl(url))
  try {
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    return db
      .prepare(`SELECT ${COLUMNS} FROM journal ${where} ORDER BY at DESC, rowid DESC LIMIT ?`)
      .all(...values, limit)
      .map((row) => ({ ...row, at: Number(row['at']) }) as unknown as JournalRow)
  } finally {
    db.close()
  }
}

const COLUMNS = 'at, calling, called, peer, trunk, attestation, verdict, rule'
