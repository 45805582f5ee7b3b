import { openForReading, parseStoreUrl } from './schema.ts'
import { lastStandingChange, readStanding, readStandingFrom, type StandingChange } from './standing-store.ts'
import { SQLITE_BUSY, SQLITE_LOCKED, sqliteCode } from './store-error.ts'

export type StandingWatchTerms = {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Everything that is in force or will be, instead of what was told before; read while it is asked for: there may be a million. */
  readonly onEntries: (entries: Iterable<StandingChange>) => void
  /** What has been added or ended since, in its order. */
  readonly onChanges: (changes: readonly StandingChange[]) => void
  /** The store was looked at, and all that it had was told. */
  readonly onLook: () => void
  /** The store cannot be read; told once for each time it stops working. It is looked at on and on. */
  readonly onFailure: (cause: unknown) => void
}

/**
 * Watches the entries of desk and registry, whatever process changes them: first all of them, before this returns, then
 * every change within `LOOK_EVERY_MS`. A look costs some microseconds, and never waits for a lock. Throws StoreError where
 * the store cannot be read at first.
 */
export function watchStanding(url: string, terms: StandingWatchTerms): { close(): void } {
  const { now, onEntries, onChanges, onLook, onFailure } = terms
  const db = openForReading(parseStoreUrl(url))
  const dataVersion = db.prepare('PRAGMA data_version')
  let seen: unknown
  let last = 0
  let failed = false
  const readAll = (): void => {
    // One view of the store: what is added meanwhile is a change.
    db.exec('BEGIN')
    try {
      const until = lastStandingChange(db)
      onEntries(readStandingFrom(db, now()))
      last = until
    } finally {
      db.exec('COMMIT')
    }
  }
  try {
    readAll()
    db.exec('PRAGMA busy_timeout = 0')
  } catch (cause) {
    db.close()
    throw cause
  }
  onLook()
  /** Takes in what comes next; false where there is nothing. */
  const catchUp = (): boolean => {
    const behind = lastStandingChange(db) - last
    if (behind <= 0) return false
    if (behind > CHANGES_MOST) readAll()
    else {
      const changes = readStanding(db, last, CHANGES_AT_ONCE)
      onChanges(changes)
      last = changes.at(-1)!.changed
    }
    return true
  }
  const look = (): void => {
    const version = dataVersion.get()!['data_version']
    // The ledger writes all the time; of that, the newest change tells nothing, at the cost of one look into an index.
    if (version !== seen) while (catchUp());
    seen = version
    failed = false
    onLook()
  }
  const timer = setInterval(() => {
    try {
      look()
    } catch (cause) {
      const code = sqliteCode(cause)
      if (code === undefined) throw cause
      if (failed || code === SQLITE_BUSY || code === SQLITE_LOCKED) return
      failed = true
      onFailure(cause)
    }
  }, LOOK_EVERY_MS)
  return {
    close() {
      clearInterval(timer)
      if (db.isOpen) db.close()
    },
  }
}

/** How soon a lift is noticed; a gate then judges by it at its next message. */
const LOOK_EVERY_MS = 100
/** So many changes are taken in at a time: those of a registration come into force one portion after the other. */
const CHANGES_AT_ONCE = 5000
/** What is further behind, as after a large import, is read anew as a whole. */
const CHANGES_MOST = 50_000
