/** A store that cannot be used as asked. The message says what, where and what to do now, in one line. */
export class StoreError extends Error {
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'StoreError'
    this.code = code
  }
}

/** `url` and `key` are for whoever wrote the configuration; the others are about the world outside. */
export type StoreErrorCode =
  | 'url'
  | 'key'
  | 'missing'
  | 'not-a-ledger'
  | 'unwritable'
  | 'newer'
  | 'in-use'
  | 'clock'
  | 'failed'

/** The number SQLite gives an error, without the extended part; undefined if it is no error of SQLite. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

export const SQLITE_BUSY = 5
export const SQLITE_LOCKED = 6
export const SQLITE_READONLY = 8
export const SQLITE_CORRUPT = 11
export const SQLITE_FULL = 13
export const SQLITE_CANTOPEN = 14
export const SQLITE_NOTADB = 26
