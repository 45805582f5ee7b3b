import { inForce } from './policy-store.ts'
import { openForReading, parseStoreUrl } from './schema.ts'
import { SQLITE_BUSY, SQLITE_LOCKED, sqliteCode } from './store-error.ts'

export type PolicyWatchTerms = {
  /** The version that the watcher knows of. */
  readonly known: number | undefined
  /** Another version has come into force. */
  readonly onChange: (version: number) => void
  /** The store cannot be read; told once for each time it stops working. */
  readonly onFailure: (cause: unknown) => void
}

/**
 * Watches which policy version is in force, whatever process changes it. Looks every quarter of a second whether anybody
 * has written to the store, which costs some microseconds, and never waits for a lock.
 */
export function watchInForce(url: string, { known, onChange, onFailure }: PolicyWatchTerms): { close(): void } {
  const db = openForReading(parseStoreUrl(url))
  db.exec('PRAGMA busy_timeout = 0')
  const dataVersion = db.prepare('PRAGMA data_version')
  let seen: unknown
  let version = known
  let failed = false
  const timer = setInterval(() => {
    try {
      const now = dataVersion.get()!['data_version']
      if (now === seen) return
      const found = inForce(db)
      seen = now
      failed = false
      if (found === undefined || found === version) return
      version = found
      onChange(found)
    } catch (cause) {
      const code = sqliteCode(cause)
      if (failed || code === SQLITE_BUSY || code === SQLITE_LOCKED) return
      failed = true
      onFailure(cause)
    }
  }, LOOK_EVERY_MS)
  timer.unref()
  return {
    close() {
      clearInterval(timer)
      if (db.isOpen) db.close()
    },
  }
}

/** How soon a policy that was applied elsewhere is noticed. */
const LOOK_EVERY_MS = 250
