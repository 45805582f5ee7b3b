import { parseCheckpoint, type Checkpoint } from '#core/ledger/checkpoint.ts'
import type { LedgerRow } from '#core/ledger/entry.ts'
import type { Verifier } from '#core/ledger/checkpoint.ts'
import { createVerifier } from './checkpoint-key.ts'
import { placeAt, type CallBlock } from './call-reader.ts'
import { RELEASED, ROW_COLUMNS, ROW_SOURCE, readRow } from './rows.ts'
import { CHAIN_SPAN, openForReading, parseStoreUrl } from './schema.ts'

/** What one block is explained by: its place in the chain, what took it back, and the calls about it. */
export type BlockReader = {
  /** A block by its place; undefined for another kind of entry. */
  block(chain: string, seq: number): CallBlock | undefined
  /** Entries of a chain from one place to another, both included, at most `limit`. */
  entries(chain: string, first: number, last: number, limit: number): LedgerRow[]
  /** When a block was taken back. */
  releasedAt(transaction: string): number | undefined
  /** The keys that the store names; they prove nothing against somebody who can write to the store. */
  verifier(): Verifier
  parse(line: string | undefined): Checkpoint | undefined
  /**
   * Calls from numbers with keys from `low` to `high` (`partyKey`) about a time, oldest first: at most `limit` before it and as
   * many after it, those next to it, among `CALLS_LOOKED_MAX` rows of the journal on either side.
   */
  callsAbout(low: number, high: number, about: CallSpan, limit: number): SeenCalls
  /** The first call of a number after a time that went on, among `CALLS_LOOKED_MAX` rows behind it. */
  allowedAfter(calling: number, at: number): number | undefined
  close(): void
}

/** A time with how far to look before and after it; all in milliseconds since 1970. */
export type CallSpan = { readonly from: number; readonly at: number; readonly to: number }

/** Calls that were counted, and between which times none is missing. */
export type SeenCalls = { readonly calls: readonly SeenCall[]; readonly from: number; readonly to: number }

export type SeenCall = { readonly at: number; readonly called: number }

/** Opens a store for reading; gates may be writing to it. Throws StoreError. */
export function openBlockReader(url: string): BlockReader {
  const db = openForReading(parseStoreUrl(url))
  const chainNumber = (chain: string): number | undefined => {
    const row = db.prepare('SELECT number FROM chain WHERE name = ?').get(chain)
    return row && Number(row['number'])
  }
  const entries = (chain: string, first: number, last: number, limit: number): CallBlock[] => {
    const number = chainNumber(chain)
    if (number === undefined) return []
    return db
      .prepare(
        `SELECT ${ROW_COLUMNS}, ${RELEASED} AS released FROM ${ROW_SOURCE}
         WHERE entry.id >= ? AND entry.id <= ? ORDER BY entry.id LIMIT ?`,
      )
      .all(number * CHAIN_SPAN + first, number * CHAIN_SPAN + last, limit)
      .map((row) => ({ ...readRow(row), isReleased: row['released'] === 1 }))
  }
  return {
    block: (chain, seq) => entries(chain, seq, seq, 1).find(({ open }) => open.entry === 'block'),
    entries,
    releasedAt(transaction) {
      const row = db
        .prepare(`SELECT min(at) AS at FROM entry WHERE "transaction" = ? AND entry = 'released'`)
        .get(transaction)
      return typeof row?.['at'] === 'number' ? row['at'] : undefined
    },
    verifier() {
      const keys = db.prepare('SELECT pem FROM checkpoint_key').all()
      return createVerifier(keys.map(({ pem }) => String(pem))).verify
    },
    parse: (line) => (line === undefined ? undefined : parseCheckpoint(line)),
    callsAbout(low, high, { from, at, to }, limit) {
      const middle = placeAt(db, at)
      const first = placeAt(db, from)
      const last = placeAt(db, to)
      const lookedFirst = Math.max(first, middle - CALLS_LOOKED_MAX)
      const lookedLast = Math.min(last, middle + CALLS_LOOKED_MAX)
      const seen = (after: number, until: number, order: 'ASC' | 'DESC'): SeenCall[] =>
        db
          .prepare(
            `SELECT at, called FROM journal_row WHERE id > ? AND id <= ? AND calling >= ? AND calling <= ?
               AND words IN (SELECT id FROM journal_words WHERE verdict <> 'shadow') ORDER BY id ${order} LIMIT ?`,
          )
          .all(after, until, low, high, limit)
          .map((row) => ({ at: Number(row['at']), called: Number(row['called']) }))
      const timeOf = (place: number): number | undefined => {
        const row = db.prepare('SELECT at FROM journal_row WHERE id >= ? ORDER BY id LIMIT 1').get(place)
        return row && Number(row['at'])
      }
      const before = seen(lookedFirst, middle, 'DESC').toReversed()
      const behind = seen(middle, lookedLast + 1, 'ASC')
      const cutFrom = before.length === limit ? before[0]!.at : lookedFirst > first ? timeOf(lookedFirst) : undefined
      const cutTo = behind.length === limit ? behind.at(-1)!.at : lookedLast < last ? timeOf(lookedLast) : undefined
      return { calls: [...before, ...behind], from: cutFrom ?? from, to: cutTo ?? to }
    },
    allowedAfter(calling, at) {
      const first = placeAt(db, at)
      const row = db
        .prepare(
          `SELECT at FROM journal_row WHERE id > ? AND id <= ? AND calling = ? AND at > ?
             AND words IN (SELECT id FROM journal_words WHERE verdict IN ('allow', 'exempt')) ORDER BY id LIMIT 1`,
        )
        .get(first, first + CALLS_LOOKED_MAX, calling, at)
      return row && Number(row['at'])
    },
    close: () => db.close(),
  }
}

/** Less than a tenth of a second of reading, whatever is asked. */
const CALLS_LOOKED_MAX = 1_000_000
