import { DatabaseSync } from 'node:sqlite'
import { SQLITE_BUSY, StoreError, sqliteCode } from './store-error.ts'

/**
 * Makes sure that one process writes a chain: two would fork it.
 *
 * The lock is an open exclusive transaction on a file of its own, so the operating system gives it back when the process
 * ends in whatever way; a lock file with a process number in it would survive a kill.
 */
export function lockChain(path: string, chain: string): DatabaseSync {
  const lock = new DatabaseSync(`${path}-lock-${chain}`, { timeout: LOCK_TIMEOUT_MS })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (cause) {
    lock.close()
    if (sqliteCode(cause) !== SQLITE_BUSY) throw cause
    const text = `${path}: another process is writing chain "${chain}" of this ledger; stop it, or give this one another chain or store`
    throw new StoreError('in-use', text, cause)
  }
}

/** A process that was just killed may need a moment to let go. */
const LOCK_TIMEOUT_MS = 500
