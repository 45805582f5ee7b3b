import type { DatabaseSync } from 'node:sqlite'
import type { LedgerRow } from '#core/ledger/entry.ts'
import { ROW_COLUMNS, ROW_SOURCE, readRow } from './rows.ts'
import { CHAIN_SPAN, openForWriting, parseStoreUrl } from './schema.ts'

/** An entry of the ledger that somebody is to be told of. */
export type Parcel = { readonly id: number; readonly atMs: number; readonly attempts: number; readonly row: LedgerRow }

/**
 * Which entries of the ledger each hook has still to be told of. The ledger itself is what waits: a hook has a place in
 * each chain, and rows of its own only for what is under way, so that a receiver that is away for a day fills no table.
 * What a parcel says is read when it leaves: what has been erased meanwhile is not told.
 */
export class Outbox {
  readonly #db: DatabaseSync

  /** Opens the outbox of a store. Throws StoreError. */
  constructor(url: string) {
    this.#db = openForWriting(parseStoreUrl(url), 'full')
    // A place that is lost with the power means that something is told twice, never that it is not told.
    this.#db.exec('PRAGMA synchronous = NORMAL')
  }

  /** Begins to follow the ledger for a hook, from its end on; one that is followed already goes on where it was. */
  follow(hook: string): void {
    this.#transact(() => {
      const known = this.#db.prepare('SELECT 1 FROM outbox_place WHERE hook = ?').get(hook)
      if (known !== undefined) return
      const start = this.#db.prepare('INSERT INTO outbox_place (hook, chain, entry) VALUES (?, ?, ?)')
      start.run(hook, NO_CHAIN, 0)
      for (const { number } of this.#chains()) start.run(hook, number, this.#endOf(number))
    })
  }

  /** Takes new blocks and releases into the outbox of a hook, `limit` at most; older ones than `sinceMs` are passed over. */
  gather(hook: string, sinceMs: number, limit: number): { taken: number; passed: number } {
    return this.#transact(() => {
      let taken = 0
      let passed = 0
      const waiting = Number(
        this.#db.prepare('SELECT count(*) AS count FROM outbox WHERE hook = ?').get(hook)!['count'],
      )
      for (const { number } of this.#chains()) {
        const room = Math.min(limit - taken - passed, OUTBOX_ROWS_MAX - waiting - taken)
        if (room <= 0) break
        const place = this.#db.prepare('SELECT entry FROM outbox_place WHERE hook = ? AND chain = ?').get(hook, number)
        const from = place === undefined ? number * CHAIN_SPAN : Number(place['entry'])
        const rows = this.#db
          .prepare('SELECT id, at, entry FROM entry WHERE id > ? AND id < ? ORDER BY id LIMIT ?')
          .all(from, (number + 1) * CHAIN_SPAN, room)
        const insert = this.#db.prepare(
          'INSERT INTO outbox (hook, entry, at, due, attempts) VALUES (?, ?, ?, 0, 0) ON CONFLICT DO NOTHING',
        )
        for (const { id, at, entry } of rows) {
          if (entry !== 'block' && entry !== 'released') continue
          if (Number(at) < sinceMs) passed++
          else {
            insert.run(hook, Number(id), Number(at))
            taken++
          }
        }
        const last = rows.at(-1)
        if (last === undefined) continue
        this.#db
          .prepare(
            'INSERT INTO outbox_place (hook, chain, entry) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET entry = excluded.entry',
          )
          .run(hook, number, Number(last['id']))
      }
      return { taken, passed }
    })
  }

  /** What is due for a hook, oldest first. */
  due(hook: string, nowMs: number, limit: number): Parcel[] {
    const rows = this.#db
      .prepare('SELECT id, entry, at, attempts FROM outbox WHERE hook = ? AND due <= ? ORDER BY due, id LIMIT ?')
      .all(hook, nowMs, limit)
    return rows.flatMap(({ id, entry, at, attempts }) => {
      const row = this.#db.prepare(`SELECT ${ROW_COLUMNS} FROM ${ROW_SOURCE} WHERE entry.id = ?`).get(entry!)
      if (row === undefined) return []
      return { id: Number(id), atMs: Number(at), attempts: Number(attempts), row: readRow(row) }
    })
  }

  /** The parcel is done with: it was taken, or given up. */
  remove(parcel: Parcel): void {
    this.#db.prepare('DELETE FROM outbox WHERE id = ?').run(parcel.id)
  }

  /** The parcel is to be tried again, not before then. */
  retry(parcel: Parcel, dueMs: number): void {
    this.#db.prepare('UPDATE outbox SET due = ?, attempts = attempts + 1 WHERE id = ?').run(dueMs, parcel.id)
  }

  /** How many parcels wait, for all hooks. */
  get waiting(): number {
    return Number(this.#db.prepare('SELECT count(*) AS count FROM outbox').get()!['count'])
  }

  close(): void {
    this.#db.close()
  }

  #chains(): { number: number }[] {
    return this.#db
      .prepare('SELECT number FROM chain ORDER BY number')
      .all()
      .map(({ number }) => ({ number: Number(number) }))
  }

  #endOf(chain: number): number {
    const { last } = this.#db
      .prepare('SELECT max(id) AS last FROM entry WHERE id >= ? AND id < ?')
      .get(chain * CHAIN_SPAN, (chain + 1) * CHAIN_SPAN)!
    return last === null ? chain * CHAIN_SPAN : Number(last)
  }

  #transact<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#db.exec('COMMIT')
      return result
    } catch (cause) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw cause
    }
  }
}

/** Marks a hook as followed where the ledger has no chain yet. */
const NO_CHAIN = -1

/** Parcels under way for one hook; while there are as many, the rest waits in the ledger. */
export const OUTBOX_ROWS_MAX = 10_000
