import { readdirSync, statSync, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openForReading, parseStoreUrl } from './schema.ts'

/** How much room a store takes and how much is left, in octets; what the system does not say is undefined. */
export type StoreSize = {
  readonly bytes: number
  readonly freeBytes: number | undefined
  readonly diskBytes: number | undefined
}

/** The database with its write-ahead log, and the disk that it lies on. */
export function readStoreSize(path: string): StoreSize {
  const bytes = ['', '-wal', '-shm'].reduce((sum, ending) => sum + sizeOf(`${path}${ending}`), 0)
  try {
    const { bavail, blocks, bsize } = statfsSync(dirname(path))
    return { bytes, freeBytes: bavail * bsize, diskBytes: blocks * bsize }
  } catch {
    return { bytes, freeBytes: undefined, diskBytes: undefined }
  }
}

/** The files of a folder together; undefined where there is none, or more than `FILES_MAX`, which would take long to look at. */
export function readFolderSize(folder: string): number | undefined {
  try {
    const names = readdirSync(folder)
    return names.length > FILES_MAX ? undefined : names.reduce((sum, name) => sum + sizeOf(join(folder, name)), 0)
  } catch {
    return undefined
  }
}

/** The version of a store's schema, and of the library that reads it. Throws StoreError. */
export function readStoreVersions(url: string): { readonly schema: number; readonly sqlite: string } {
  const db = openForReading(parseStoreUrl(url))
  try {
    return {
      schema: Number(db.prepare('PRAGMA user_version').get()!['user_version']),
      sqlite: String(db.prepare('SELECT sqlite_version() AS version').get()!['version']),
    }
  } finally {
    db.close()
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

const FILES_MAX = 2_000
