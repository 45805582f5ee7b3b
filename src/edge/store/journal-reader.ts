import type { JournalRow } from '#core/ledger/ledger.ts'
import { Conditions } from './conditions.ts'
import { openForReading, parseStoreUrl } from './schema.ts'

/** Which rows of the journal are wanted. */
export type JournalFilter = {
  readonly sinceMs?: number | undefined
  /** One of them on either side, as `formatParty` writes them. */
  readonly numbers?: readonly string[] | undefined
  readonly verdict?: JournalRow['verdict'] | undefined
  readonly rule?: string | undefined
}

/** Reads rows of a store's journal, newest first; a gate may be writing to it. Throws StoreError. */
export function readJournal(url: string, filter: JournalFilter, limit: number): JournalRow[] {
  const asked = new Conditions()
  if (filter.sinceMs !== undefined) asked.ask('at >= ?', filter.sinceMs)
  if (filter.numbers !== undefined) {
    const either = filter.numbers.map(() => '?').join(', ')
    asked.ask(`(calling IN (${either}) OR called IN (${either}))`, ...filter.numbers, ...filter.numbers)
  }
  if (filter.verdict !== undefined) asked.ask('verdict = ?', filter.verdict)
  if (filter.rule !== undefined) asked.ask('rule = ?', filter.rule)
  const db = openForReading(parseStoreUrl(url))
  try {
    return db
      .prepare(`SELECT ${COLUMNS} FROM journal ${asked.where} ORDER BY at DESC, id DESC LIMIT ?`)
      .all(...asked.values, limit)
      .map((row) => ({ ...row, at: Number(row['at']) }) as unknown as JournalRow)
  } finally {
    db.close()
  }
}

/**
 * Hands on every row of a store's journal but those of shadow hits, oldest first; answers how many and since when. Throws
 * StoreError.
 */
export function readJournalInOrder(
  url: string,
  onRow: (row: JournalRow) => void,
): { readonly calls: number; readonly oldestMs: number | undefined } {
  const db = openForReading(parseStoreUrl(url))
  let calls = 0
  let oldestMs: number | undefined
  try {
    const rows = db.prepare(`SELECT ${COLUMNS} FROM journal WHERE verdict <> 'shadow' ORDER BY at, id`).iterate()
    for (const row of rows) {
      const at = Number(row['at'])
      oldestMs ??= at
      calls++
      onRow({ ...row, at } as unknown as JournalRow)
    }
    return { calls, oldestMs }
  } finally {
    db.close()
  }
}

/**
 * Hands on the calls of a store's journal that came with attestation A, oldest first, among its last `rowsMax` rows.
 * Throws StoreError.
 */
export function readSignedCalls(
  url: string,
  sinceMs: number,
  rowsMax: number,
  onCall: (call: Pick<JournalRow, 'at' | 'calling' | 'peer' | 'trunk'>) => void,
): void {
  const db = openForReading(parseStoreUrl(url))
  try {
    const rows = db
      .prepare(
        `SELECT at, calling, peer, trunk FROM journal
         WHERE id > (SELECT max(id) FROM journal_row) - ? AND at >= ? AND attestation = 'A' AND verdict <> 'shadow' ORDER BY id`,
      )
      .iterate(rowsMax, sinceMs)
    for (const { at, calling, peer, trunk } of rows) {
      onCall({ at: Number(at), calling: String(calling), peer: String(peer), trunk: String(trunk) })
    }
  } finally {
    db.close()
  }
}

const COLUMNS = 'at, calling, called, peer, trunk, attestation, verdict, rule'
