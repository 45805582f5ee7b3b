import type { DatabaseSync } from 'node:sqlite'
import type { JournalRow } from '#core/ledger/ledger.ts'
import { IDS_BY_RECEIPT, idsByNumber, readRow, RELEASED, ROW_COLUMNS, ROW_SOURCE } from './rows.ts'
import type { LedgerRow } from '#core/ledger/entry.ts'
import { hashReceipt } from '#core/ledger/chain.ts'
import { parseCheckpoint } from '#core/ledger/checkpoint.ts'
import { CHAIN_SPAN, openForReading, parseStoreUrl } from './schema.ts'

/** What the desk reads of calls: blocks as the ledger has them, and the journal of all. */
export type CallReader = {
  /** The block of a receipt; undefined for one that was never recorded. */
  block(receipt: string): CallBlock | undefined
  /** The first signed checkpoint that holds an entry, as its line in the store; undefined before there is one. */
  checkpointOver(chain: string, seq: number): string | undefined
  /** Blocks of calls to a number, within a time. */
  blocksTo(called: string, from: number, before: number): CallBlock[]
  /** Blocks of calls between two numbers about a time: what somebody means who has no receipt. */
  blocksBetween(calling: string, called: string, from: number, before: number): CallBlock[]
  /** Screened calls from a number within a time, newest first; the journal is searched no further than `ROWS_SEARCHED_MAX` rows. */
  callsFrom(calling: string, from: number, to: number, limit: number): JournalRow[]
  /** Rows of the journal behind a place, in their order; the next place is that of the last. */
  callsAfter(place: number, limit: number): { readonly place: number; readonly row: JournalRow }[]
  lastCall(): number
  /**
   * Follows the blocks of each chain behind its place and older than a time: whole are those of calling numbers that are
   * wanted, the others only counted. Chains that are not named begin at their start.
   */
  blocksAfter(
    places: ReadonlyMap<number, number>,
    before: number,
    limit: number,
    isWanted: (calling: string) => boolean,
  ): FollowedBlocks
  /** The last entry of each chain. */
  chainEnds(): Map<number, number>
  /** The id of the rule that has a number. */
  ruleId(number: number): string | undefined
  close(): void
}

export type CallBlock = LedgerRow & { readonly isReleased: boolean }

/** Where each chain was followed to, how many blocks were passed, and which of them were wanted. */
export type FollowedBlocks = {
  readonly places: Map<number, number>
  readonly passed: number
  readonly blocks: CallBlock[]
}

/** Opens the calls of a store for reading; gates may be writing to it. Throws StoreError. */
export function openCallReader(url: string): CallReader {
  const db = openForReading(parseStoreUrl(url))
  const blocks = (condition: string, ...values: (string | number)[]): (CallBlock & { readonly id: number })[] =>
    db
      .prepare(
        `SELECT ${ROW_COLUMNS}, ${RELEASED} AS released FROM ${ROW_SOURCE} WHERE entry.entry = 'block' AND ${condition}`,
      )
      .all(...values)
      .map((row) => ({ ...readRow(row), isReleased: row['released'] === 1, id: Number(row['id']) }))
  return {
    block(receipt) {
      const hash = hashReceipt(receipt)
      return blocks(`entry.id IN (${IDS_BY_RECEIPT})`, hash.slice(0, 16), hash)[0]
    },
    checkpointOver: (chain, seq) => checkpointOver(db, chain, seq),
    blocksTo: (called, from, before) =>
      blocks(`entry.id IN (${idsByNumber('called')}) AND entry.at >= ? AND entry.at < ?`, called, from, before),
    blocksBetween: (calling, called, from, before) =>
      blocks(
        `entry.id IN (${idsByNumber('called')}) AND calling = ? AND entry.at >= ? AND entry.at < ? LIMIT 20`,
        called,
        calling,
        from,
        before,
      ),
    callsFrom(calling, from, to, limit) {
      const last = placeAt(db, to)
      const first = Math.max(placeAt(db, from), last - ROWS_SEARCHED_MAX)
      return db
        .prepare(
          `SELECT ${JOURNAL} FROM journal WHERE id > ? AND id <= ? AND calling = ? AND at <= ? ORDER BY id DESC LIMIT ?`,
        )
        .all(first, last + 1, calling, to, limit)
        .map((row) => row as unknown as JournalRow)
    },
    callsAfter: (place, limit) =>
      db
        .prepare(`SELECT id, ${JOURNAL} FROM journal WHERE id > ? ORDER BY id LIMIT ?`)
        .all(place, limit)
        .map(({ id, ...row }) => ({ place: Number(id), row: row as unknown as JournalRow })),
    lastCall: () => Number(db.prepare('SELECT max(id) AS id FROM journal_row').get()!['id'] ?? 0),
    blocksAfter(from, before, limit, isWanted) {
      const places = new Map<number, number>()
      const found: CallBlock[] = []
      let passed = 0
      for (const { number } of db.prepare('SELECT number FROM chain').all()) {
        const chain = Number(number)
        const rows = db
          .prepare(BLOCKERS)
          .all(from.get(chain) ?? chain * CHAIN_SPAN, (chain + 1) * CHAIN_SPAN, before, limit)
        passed += rows.length
        for (const { id, calling } of rows) {
          places.set(chain, Number(id))
          if (typeof calling !== 'string' || !isWanted(calling)) continue
          found.push(...blocks('entry.id = ?', Number(id)))
        }
      }
      return { places, passed, blocks: found }
    },
    chainEnds() {
      const ends = new Map<number, number>()
      for (const { number } of db.prepare('SELECT number FROM chain').all()) {
        const chain = Number(number)
        const { last } = db
          .prepare('SELECT max(id) AS last FROM entry WHERE id >= ? AND id < ?')
          .get(chain * CHAIN_SPAN, (chain + 1) * CHAIN_SPAN)!
        ends.set(chain, Number(last ?? chain * CHAIN_SPAN))
      }
      return ends
    },
    ruleId(number) {
      const row = db.prepare('SELECT id FROM rule WHERE number = ?').get(number)
      return row && String(row['id'])
    },
    close: () => db.close(),
  }
}

/** Who was blocked, and nothing else of the block: most of them nobody asks about. */
const BLOCKERS = `SELECT entry.id AS id, calling FROM entry LEFT JOIN personal ON personal.id = entry.id
  WHERE entry.entry = 'block' AND entry.id > ? AND entry.id < ? AND entry.at < ? ORDER BY entry.id LIMIT ?`

/** Checkpoints come in the order of what they hold, so the first one is found by halves. */
function checkpointOver(db: DatabaseSync, chain: string, seq: number): string | undefined {
  const ends = db
    .prepare('SELECT (SELECT min(id) FROM checkpoint) AS first, (SELECT max(id) FROM checkpoint) AS last')
    .get()!
  let low = Number(ends['first'] ?? 0)
  let high = Number(ends['last'] ?? -1) + 1
  const next = db.prepare('SELECT id, line FROM checkpoint WHERE id >= ? ORDER BY id LIMIT 1')
  let found: string | undefined
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const row = next.get(middle)
    const line = row === undefined ? undefined : String(row['line'])
    const heads = line === undefined ? undefined : parseCheckpoint(line)?.heads
    if (heads?.some((head) => head.chain === chain && head.seq >= seq) === true) {
      found = line
      high = middle
    } else low = middle + 1
  }
  return found
}

/** The last row of the journal at a time: rows come in the order of their times, nearly, so no index of times is kept. */
export function placeAt(db: DatabaseSync, at: number): number {
  const ends = db
    .prepare('SELECT (SELECT min(id) FROM journal_row) AS first, (SELECT max(id) FROM journal_row) AS last')
    .get()!
  let low = Number(ends['first'] ?? 0) - 1
  let high = Number(ends['last'] ?? 0)
  const next = db.prepare('SELECT id, at FROM journal_row WHERE id >= ? ORDER BY id LIMIT 1')
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const row = next.get(middle)
    if (row !== undefined && Number(row['at']) <= at) low = middle
    else high = middle - 1
  }
  return low
}

const JOURNAL = 'at, calling, called, peer, trunk, attestation, verdict, rule'
/** A second of reading at most, whatever is asked. */
const ROWS_SEARCHED_MAX = 1_000_000
