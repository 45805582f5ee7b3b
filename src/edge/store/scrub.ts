import type { DatabaseSync } from 'node:sqlite'
import { SQLITE_BUSY, SQLITE_LOCKED, sqliteCode } from './store-error.ts'

/**
 * Makes the octets of deleted rows go from the files; false while somebody else is at work in them, or if the database is
 * larger than `octetsMax`: writing it anew would keep others waiting for too long.
 */
export function scrub(db: DatabaseSync, octetsMax: number): boolean {
  const truncate = () => Number(db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()!['busy']) === 0
  const pages = Number(db.prepare('PRAGMA page_count').get()!['page_count'])
  const octets = pages * Number(db.prepare('PRAGMA page_size').get()!['page_size'])
  truncate()
  if (octets > octetsMax) return false
  try {
    db.exec('VACUUM')
  } catch (cause) {
    const code = sqliteCode(cause)
    if (code === SQLITE_BUSY || code === SQLITE_LOCKED) return false
    throw cause
  }
  return truncate()
}
