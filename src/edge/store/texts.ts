import type { DatabaseSync } from 'node:sqlite'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { hashText } from '#core/ledger/policy-text.ts'
import { StoreError } from './store-error.ts'

/**
 * Keeps a text under its hash, compressed, once however often it is used; answers the hash. Large ones go in part by part,
 * each in a transaction of its own, so that a gate which records blocks meanwhile never waits for more than one part. A
 * text counts as kept when its last part is in: what a kill leaves of another one is written over by the next try.
 */
export function keepText(db: DatabaseSync, text: string): string {
  const hash = hashText(text)
  if (isKept(db, hash)) return hash
  // Whoever deletes what is left of a text that was dropped stops here, and leaves what is written below alone.
  db.prepare('DELETE FROM text WHERE hash = ? AND parts = 0').run(hash)
  const packed = zstdCompressSync(Buffer.from(text))
  const insert = db.prepare('INSERT OR REPLACE INTO text_part (hash, part, octets) VALUES (?, ?, ?)')
  const parts = Math.ceil(packed.length / PART_OCTETS)
  for (let part = 0; part < parts; part++)
    insert.run(hash, part, packed.subarray(part * PART_OCTETS, (part + 1) * PART_OCTETS))
  db.prepare('INSERT OR IGNORE INTO text (hash, parts) VALUES (?, ?)').run(hash, parts)
  return hash
}

/** Whether a text is there. */
export function isKept(db: DatabaseSync, hash: string): boolean {
  return db.prepare('SELECT 1 FROM text WHERE hash = ? AND parts > 0').get(hash) !== undefined
}

/** Marks a text as gone for good. What it was made of goes with `deleteDropped`. */
export function dropText(db: DatabaseSync, hash: string): void {
  db.prepare('UPDATE text SET parts = 0 WHERE hash = ?').run(hash)
}

/** Deletes the parts of dropped texts one by one, each in a transaction of its own, so that nobody waits for more than one. */
export function deleteDropped(db: DatabaseSync): void {
  const next = db.prepare(
    'SELECT text_part.hash AS hash, part FROM text JOIN text_part ON text_part.hash = text.hash WHERE parts = 0 LIMIT 1',
  )
  const remove = db.prepare(
    'DELETE FROM text_part WHERE hash = ? AND part = ? AND EXISTS (SELECT 1 FROM text WHERE text.hash = text_part.hash AND parts = 0)',
  )
  for (let row = next.get(); row !== undefined; row = next.get()) remove.run(row['hash']!, row['part']!)
}

/** The text under a hash. Throws StoreError where it is not what it was. */
export function readText(db: DatabaseSync, hash: string): string {
  const parts = Number(db.prepare('SELECT parts FROM text WHERE hash = ?').get(hash)?.['parts'] ?? -1)
  if (parts === 0)
    throw new StoreError(
      'missing',
      `the text ${hash.slice(0, 16)}… of a list was deleted when its time was up (policy.keepLists): apply the policy from its file`,
    )
  const rows = db.prepare('SELECT octets FROM text_part WHERE hash = ? AND part < ? ORDER BY part').all(hash, parts)
  if (rows.length !== parts) throw damaged(hash)
  try {
    const packed = Buffer.concat(rows.map(({ octets }) => octets as Uint8Array))
    const text = zstdDecompressSync(packed, { maxOutputLength: TEXT_OCTETS_MAX }).toString()
    if (hashText(text) === hash) return text
  } catch (cause) {
    throw damaged(hash, cause)
  }
  throw damaged(hash)
}

function damaged(hash: string, cause?: unknown): StoreError {
  const text = `the store has lost the text ${hash.slice(0, 16)}… of a policy: restore it from a backup, or apply the policy from its file`
  return new StoreError('failed', text, cause)
}

/** What one transaction of an upload writes: some milliseconds. */
const PART_OCTETS = 262_144
/** More than any list that can be loaded has. */
const TEXT_OCTETS_MAX = 1_073_741_824
