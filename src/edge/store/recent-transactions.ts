import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { BlockEntry } from '#core/ledger/entry.ts'
import { SAME_TRANSACTION_MS } from '#core/ledger/ledger.ts'
import { octetText, RELEASED } from './rows.ts'
import { CHAIN_SPAN } from './schema.ts'

/** The row in which a transaction stands recorded. */
export type EarlierRow = {
  readonly chain: string
  readonly seq: number
  readonly receipt: string
  readonly answer: string
}

/**
 * Which row has the block of a transaction, for as long as a block may repeat one (`SAME_TRANSACTION_MS`).
 *
 * Kept in memory and read from the store when it is opened, because an index by transaction is in random order: it
 * wrote one page of the store anew for almost every block.
 */
export class RecentTransactions {
  readonly #own: number
  readonly #chains: StatementSync
  readonly #since: StatementSync
  readonly #row: StatementSync
  /** Up to where the rows of each other chain have been seen. */
  readonly #seen = new Map<number, number>()
  /** In the order of time, the newest last. */
  readonly #generations: Generation[] = []

  /** `own` is the number of the chain whose rows are told of by `keep`; those of other chains are looked up. */
  constructor(db: DatabaseSync, own: number) {
    this.#own = own
    this.#chains = db.prepare('SELECT number FROM chain')
    this.#since = db.prepare(
      `SELECT id, at, "transaction" FROM entry WHERE id > ? AND id < ? AND entry = 'block' ORDER BY id`,
    )
    this.#row = db.prepare(
      `SELECT chain.name AS chain, entry.id AS id, receipt, answer
       FROM entry JOIN personal ON personal.id = entry.id JOIN chain ON chain.number = entry.id / ${CHAIN_SPAN}
       WHERE entry.id = ? AND entry.at BETWEEN ? AND ? AND NOT ${RELEASED}`,
    )
    this.#load(db)
  }

  /** Reads what other chains have recorded meanwhile: the gate beside this one may have had an INVITE before. */
  catchUp(): void {
    for (const { number } of this.#chains.all()) {
      const chain = Number(number)
      if (chain === this.#own) continue
      for (const { id, at, transaction } of this.#since.all(
        this.#seen.get(chain) ?? chain * CHAIN_SPAN,
        (chain + 1) * CHAIN_SPAN,
      )) {
        this.keep(String(transaction), Number(at), Number(id))
        this.#seen.set(chain, Number(id))
      }
    }
  }

  /** The row a block repeats, in whatever chain; one that was taken back or erased is none. */
  find({ transaction, at }: BlockEntry): EarlierRow | undefined {
    const { length } = this.#generations
    for (let index = length - 1; index >= 0; index--) {
      const id = this.#generations[index]!.rows.get(transaction)
      if (id === undefined) continue
      const row = this.#row.get(id, at - SAME_TRANSACTION_MS, at + SAME_TRANSACTION_MS)
      if (row === undefined) continue
      const { chain, receipt, answer } = row
      return { chain: String(chain), seq: id % CHAIN_SPAN, receipt: String(receipt), answer: octetText(answer) }
    }
    return undefined
  }

  keep(transaction: string, at: number, id: number): void {
    const newest = this.#generations.at(-1)
    if (newest !== undefined && newest.rows.size < GENERATION_ROWS && Math.abs(at - newest.since) < GENERATION_MS) {
      newest.rows.set(transaction, id)
      newest.until = Math.max(newest.until, at)
      return
    }
    this.#generations.push({ since: at, until: at, rows: new Map([[transaction, id]]) })
    // A clock that was set back leaves times to come: then only the number of generations tells what is old.
    while (this.#generations[0]!.until < at - SAME_TRANSACTION_MS || this.#generations.length > GENERATIONS_MAX)
      this.#generations.shift()
  }

  #load(db: DatabaseSync): void {
    const last = db.prepare('SELECT id, at FROM entry WHERE id > ? AND id < ? ORDER BY id DESC LIMIT 1')
    let newest = 0
    for (const { number } of this.#chains.all()) {
      const start = Number(number) * CHAIN_SPAN
      const row = last.get(start, start + CHAIN_SPAN)
      newest = Math.max(newest, Number(row?.['at'] ?? 0))
      this.#seen.set(Number(number), Number(row?.['id'] ?? start))
    }
    const rows = db
      .prepare(
        `SELECT id, at, "transaction" FROM entry WHERE at >= ? AND entry = 'block' ORDER BY at DESC, id DESC
         LIMIT ${GENERATION_ROWS * GENERATIONS_MAX}`,
      )
      .all(newest - SAME_TRANSACTION_MS * 2)
    for (const { id, at, transaction } of rows.reverse()) this.keep(String(transaction), Number(at), Number(id))
  }
}

/** Rows of one span of time, by transaction. */
type Generation = { readonly since: number; until: number; readonly rows: Map<string, number> }

/** Several small maps rather than one: a large one takes many milliseconds to grow, and all who record wait for it. */
const GENERATION_ROWS = 32_768
const GENERATION_MS = 16_000
/** More than two minutes at 10,000 blocks a second. */
const GENERATIONS_MAX = 40
