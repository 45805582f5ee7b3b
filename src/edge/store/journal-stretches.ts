import type { JournalRow } from '#core/ledger/ledger.ts'
import { placeAt } from './call-reader.ts'
import { openForReading, parseStoreUrl } from './schema.ts'

/** Some rows of the journal, oldest first, and how far they bring whoever reads all of them. */
export type JournalStretch = { readonly rows: readonly JournalRow[]; readonly read: number; readonly total: number }

/**
 * Reads the calls of a store's journal since a time, stretch by stretch, those of shadow hits left out. Gates write rows
 * nearly in the order of their times; they come out in that order, as far as none was written more than a minute late.
 * Throws StoreError.
 */
export function* readJournalStretches(url: string, sinceMs: number): Generator<JournalStretch> {
  const db = openForReading(parseStoreUrl(url))
  try {
    let place = Math.max(0, placeAt(db, sinceMs) - SLACK_ROWS)
    const first = place
    const last = Number(db.prepare('SELECT max(id) AS last FROM journal_row').get()!['last'] ?? 0)
    const some = db.prepare(
      `SELECT at, calling, called, peer, trunk, attestation, verdict, rule FROM journal
       WHERE id > ? AND id <= ? AND at >= ? AND verdict <> 'shadow' ORDER BY at, id`,
    )
    let held: JournalRow[] = []
    while (place < last) {
      const end = Math.min(last, place + STRETCH_ROWS)
      const came = some.all(place, end, sinceMs) as unknown as JournalRow[]
      place = end
      const waiting = held.length === 0 ? came : [...held, ...came].sort((a, b) => a.at - b.at)
      const newest = waiting.at(-1)?.at ?? 0
      const until = place < last ? waiting.findIndex(({ at }) => at > newest - LATE_MS) : waiting.length
      held = until < 0 ? [] : waiting.slice(until)
      yield { rows: waiting.slice(0, until < 0 ? undefined : until), read: place - first, total: last - first }
    }
  } finally {
    db.close()
  }
}

const STRETCH_ROWS = 16_384
/** Rows before the place of a time that may still be of it. */
const SLACK_ROWS = 10_000
const LATE_MS = 60_000
