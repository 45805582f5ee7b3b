import type { DatabaseSync } from 'node:sqlite'
import { insertAudit, type Actor } from './audit.ts'
import { openPolicyReader, type PolicyVersion } from './policy-store.ts'
import { createMention } from './mention.ts'
import { explainSqlite, openForReading, openForWriting, parseStoreUrl } from './schema.ts'
import { deleteDropped, dropText, readText } from './texts.ts'

/** What was deleted: how many texts, and of which lists. */
export type DeletedLists = { readonly texts: number; readonly lists: readonly string[] }

/**
 * Deletes the texts of lists that no version uses any more which was in force, waited to be or was made since `beforeMs`. The
 * version in force, one that waits for a second person and the last `VERSIONS_KEPT` stay whole, however old. What a version
 * was called, its rules and its steps stay of all. Throws StoreError.
 */
export function deleteOldLists(url: string, beforeMs: number, by: Actor, nowMs: number): DeletedLists {
  const path = parseStoreUrl(url)
  const db = openForWriting(path, 'full')
  const policies = openPolicyReader(url)
  try {
    db.exec('BEGIN IMMEDIATE')
    const deleted = dropOldLists(db, policies.list(Number.MAX_SAFE_INTEGER), beforeMs)
    if (deleted.texts > 0)
      insertAudit(db, {
        at: nowMs,
        by,
        action: 'list-texts-deleted',
        subject: 'lists',
        detail: { ...deleted, beforeMs },
      })
    db.exec('COMMIT')
    // Also what was left over by a kill in the middle of it.
    deleteDropped(db)
    return deleted
  } catch (cause) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw explainSqlite(cause, path)
  } finally {
    policies.close()
    db.close()
  }
}

/** Where a number still stands: in which list, undefined for a policy's own text, of which versions. */
export type HeldNumber = { readonly list: string | undefined; readonly versions: readonly number[] }

/** The lists that are kept with policies and hold a number, however it is written. Throws StoreError. */
export function findInLists(url: string, number: string): HeldNumber[] {
  const path = parseStoreUrl(url)
  const mention = createMention(number)
  if (mention === undefined) return []
  const db = openForReading(path)
  try {
    const rows = db
      .prepare(
        `SELECT name, version, text FROM policy_list JOIN text ON text.hash = text WHERE parts > 0
         UNION ALL SELECT NULL, version, yaml FROM policy WHERE yaml IS NOT NULL ORDER BY 1, 2`,
      )
      .all()
    const holds = new Map<string, boolean>()
    const held = new Map<string | undefined, number[]>()
    for (const { name, version, text } of rows) {
      const hash = String(text)
      if (!holds.has(hash)) holds.set(hash, mention.test(readText(db, hash)))
      const list = name === null ? undefined : String(name)
      if (holds.get(hash) === true) held.set(list, [...(held.get(list) ?? []), Number(version)])
    }
    const found = Array.from(held, ([list, versions]) => ({ list, versions }))
    return [...found.filter(({ list }) => list !== undefined), ...found.filter(({ list }) => list === undefined)]
  } catch (cause) {
    throw explainSqlite(cause, path)
  } finally {
    db.close()
  }
}

/**
 * The texts of lists that are kept: how many, and since when each that may go one day is used by no version that was in force,
 * waited to be or was made, in milliseconds since 1970. Throws StoreError.
 */
export function readListTexts(url: string): { readonly held: number; readonly unused: readonly number[] } {
  const policies = openPolicyReader(url)
  const db = openForReading(parseStoreUrl(url))
  try {
    const versions = policies.list(Number.MAX_SAFE_INTEGER)
    const ends = endsOf(versions)
    const kept = keptTexts(db)
    const own = ownTexts(db)
    const used = new Set(versions.filter(isProtected).flatMap(({ lists }) => [...lists.values()]))
    const last = new Map<string, number>()
    for (const { version, madeMs, lists } of versions)
      for (const hash of lists.values())
        if (kept.has(hash)) last.set(hash, Math.max(last.get(hash) ?? 0, madeMs, ends.get(version) ?? 0))
    return { held: last.size, unused: [...last].flatMap(([hash, at]) => (used.has(hash) || own.has(hash) ? [] : [at])) }
  } finally {
    db.close()
    policies.close()
  }
}

/** `versions` newest first. */
function dropOldLists(db: DatabaseSync, versions: readonly PolicyVersion[], beforeMs: number): DeletedLists {
  const ends = endsOf(versions)
  const isYoung = ({ version, state, madeMs }: PolicyVersion, index: number): boolean =>
    isProtected({ state }, index) || Math.max(madeMs, ends.get(version) ?? 0) >= beforeMs
  const used = new Set(versions.filter(isYoung).flatMap(({ lists }) => [...lists.values()]))
  const own = ownTexts(db)
  const kept = keptTexts(db)
  const old = new Map<string, string>()
  for (const { lists } of versions)
    for (const [name, hash] of lists) if (!used.has(hash) && !own.has(hash) && kept.has(hash)) old.set(hash, name)
  for (const hash of old.keys()) dropText(db, hash)
  return { texts: old.size, lists: [...new Set(old.values())].sort() }
}

/** Whether a version keeps its lists however old it is. */
function isProtected({ state }: Pick<PolicyVersion, 'state'>, index: number): boolean {
  return index < VERSIONS_KEPT || state === 'applied' || state === 'staged'
}

/** A policy's own text stays, even where a list has the same. */
function ownTexts(db: DatabaseSync): Set<unknown> {
  return new Set(
    db
      .prepare('SELECT yaml FROM policy')
      .all()
      .map(({ yaml }) => yaml),
  )
}

function keptTexts(db: DatabaseSync): Set<unknown> {
  return new Set(
    db
      .prepare('SELECT hash FROM text WHERE parts > 0')
      .all()
      .map(({ hash }) => hash),
  )
}

/** When something last happened to a version: for one that was in force, when another took its place. */
function endsOf(versions: readonly PolicyVersion[]): Map<number, number> {
  const ends = new Map<number, number>()
  const applied: { version: number; at: number }[] = []
  for (const { version, steps } of versions) {
    for (const { step, at } of steps) {
      ends.set(version, Math.max(ends.get(version) ?? 0, at))
      if (step === 'applied') applied.push({ version, at })
    }
  }
  applied.sort((one, other) => one.at - other.at)
  for (const [index, { version }] of applied.entries()) {
    const next = applied[index + 1]
    if (next !== undefined) ends.set(version, Math.max(ends.get(version)!, next.at))
  }
  return ends
}

/** So many versions keep their lists, however old they are: what `policy back` most likely goes back to. */
export const VERSIONS_KEPT = 20
