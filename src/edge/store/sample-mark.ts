import { openForReading, openForWriting, parseStoreUrl } from './schema.ts'

/** Marks a store for good as one of made-up data: every page on it says so. Throws StoreError. */
export function markAsSample(url: string): void {
  const db = openForWriting(parseStoreUrl(url), 'full')
  try {
    db.prepare('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING').run(MARK, new Uint8Array([1]))
  } finally {
    db.close()
  }
}

/** Whether a store is marked so. Throws StoreError. */
export function isSample(url: string): boolean {
  const db = openForReading(parseStoreUrl(url))
  try {
    return db.prepare('SELECT 1 FROM meta WHERE name = ?').get(MARK) !== undefined
  } finally {
    db.close()
  }
}

const MARK = 'sample'
