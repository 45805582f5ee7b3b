import type { DatabaseSync } from 'node:sqlite'
import { formatParty, parseParty, partyKey, partyOfKey } from '#core/call/party.ts'
import type { JournalRow } from '#core/ledger/ledger.ts'
import { type Actor, insertAudit } from './audit.ts'
import { placeAt } from './call-reader.ts'
import { explainSqlite, openForWriting, parseStoreUrl } from './schema.ts'

/** What a person found of a number that a rule would have blocked: its calls should go on, or the rule was right. */
export type ShadowLabel = 'legitimate' | 'unwanted'

/** What is known of a number and a rule: how often it would have been blocked, and what a person said of it. */
export type ShadowNumber = {
  /** As `formatParty` writes it. */
  readonly number: string
  readonly calls: number
  readonly firstAt: number
  readonly lastAt: number
  readonly judged: JudgedNumber | undefined
}

export type JudgedNumber = {
  readonly label: ShadowLabel
  readonly at: number
  readonly by: string
  readonly note: string
}

/** What rules would have done, of a stretch of the journal. */
export type ShadowHits = {
  /** Numbers by the id of the rule, those with most calls first. */
  readonly rules: ReadonlyMap<string, ShadowRule>
  /** Since when it was looked; later than asked for where the journal is longer than is looked at. */
  readonly sinceMs: number
}

export type ShadowRule = {
  readonly calls: number
  /** How many there are; `named` has the first `SHADOW_NUMBERS_MAX` of them. */
  readonly numbers: number
  readonly named: readonly ShadowNumber[]
}

export type ShadowStore = {
  hits(sinceMs: number): ShadowHits
  /** The calls of a number that a rule would have blocked, newest first. */
  calls(rule: string, number: string, sinceMs: number, limit: number): JournalRow[]
  /** Remembers what somebody found of a number, with its entry in the audit trail; undefined forgets it. */
  label(rule: string, number: string, label: ShadowLabel | undefined, by: Actor, note: string, at: number): void
  close(): void
}

/** Opens what rules in shadow mode would have done, and what people say of it. Throws StoreError. */
export function openShadowStore(url: string): ShadowStore {
  const path = parseStoreUrl(url)
  const db = openForWriting(path, 'full')
  const explained = <T>(use: () => T): T => {
    try {
      return use()
    } catch (cause) {
      throw explainSqlite(cause, path)
    }
  }
  return {
    hits: (sinceMs) => explained(() => readHits(db, sinceMs)),
    calls: (rule, number, sinceMs, limit) => explained(() => readCalls(db, rule, number, sinceMs, limit)),
    label: (rule, number, label, by, note, at) => explained(() => writeLabel(db, rule, number, label, by, note, at)),
    close: () => db.close(),
  }
}

function readHits(db: DatabaseSync, askedMs: number): ShadowHits {
  const { from, sinceMs } = stretch(db, askedMs)
  const words = wordsOf(db)
  const rules = new Map<string, ShadowRule>()
  for (const rule of new Set(words.map(({ rule }) => rule))) {
    const ids = words.flatMap((one) => (one.rule === rule ? [one.id] : []))
    const rows = db
      .prepare(
        `SELECT calling, count(*) AS calls, min(at) AS firstAt, max(at) AS lastAt FROM journal_row
         WHERE id > ? AND at >= ? AND words IN (${ids.join(', ')}) GROUP BY calling ORDER BY calls DESC, calling`,
      )
      .iterate(from, sinceMs)
    const labels = labelsOf(db, rule)
    const named: ShadowNumber[] = []
    let [calls, numbers] = [0, 0]
    for (const row of rows) {
      const key = Number(row['calling'])
      calls += Number(row['calls'])
      numbers++
      // Who was judged is named whatever his place: the figures of a rule are made of them.
      if (named.length >= SHADOW_NUMBERS_MAX && !labels.has(key)) continue
      named.push({
        number: formatParty(partyOfKey(key)),
        calls: Number(row['calls']),
        firstAt: Number(row['firstAt']),
        lastAt: Number(row['lastAt']),
        judged: labels.get(key),
      })
    }
    if (numbers > 0) rules.set(rule, { calls, numbers, named })
  }
  return { rules, sinceMs }
}

function readCalls(db: DatabaseSync, rule: string, number: string, askedMs: number, limit: number): JournalRow[] {
  const { from, sinceMs } = stretch(db, askedMs)
  const ids = wordsOf(db).flatMap((one) => (one.rule === rule ? [one.id] : []))
  if (ids.length === 0) return []
  return db
    .prepare(
      `SELECT at, calling, called, peer, trunk, attestation, verdict, rule FROM journal WHERE id IN (
         SELECT id FROM journal_row WHERE id > ? AND at >= ? AND calling = ? AND words IN (${ids.join(', ')})
         ORDER BY id DESC LIMIT ?) ORDER BY id DESC`,
    )
    .all(from, sinceMs, partyKey(parseParty(number)), limit)
    .map((row) => ({ ...row, at: Number(row['at']) }) as unknown as JournalRow)
}

function writeLabel(
  db: DatabaseSync,
  rule: string,
  number: string,
  label: ShadowLabel | undefined,
  by: Actor,
  note: string,
  at: number,
): void {
  const key = partyKey(parseParty(number))
  db.exec('BEGIN IMMEDIATE')
  try {
    if (label === undefined) db.prepare('DELETE FROM shadow_label WHERE rule = ? AND calling = ?').run(rule, key)
    else
      db.prepare(
        'INSERT OR REPLACE INTO shadow_label (rule, calling, at, label, actor, note) VALUES (?, ?, ?, ?, ?, ?)',
      ).run(rule, key, at, label, by.name, note)
    insertAudit(db, { at, by, action: 'shadow-judged', subject: `rule ${rule}`, detail: { found: label ?? 'nothing' } })
    db.exec('COMMIT')
  } catch (cause) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw cause
  }
}

/** Behind which row the stretch begins, and since when that is. */
function stretch(db: DatabaseSync, askedMs: number): { from: number; sinceMs: number } {
  const last = Number(db.prepare('SELECT max(id) AS last FROM journal_row').get()!['last'] ?? 0)
  const place = placeAt(db, askedMs)
  if (last - place <= SHADOW_ROWS_MAX) return { from: place - SLACK_ROWS, sinceMs: askedMs }
  const row = db.prepare('SELECT at FROM journal_row WHERE id > ? ORDER BY id LIMIT 1').get(last - SHADOW_ROWS_MAX)
  return { from: last - SHADOW_ROWS_MAX, sinceMs: Number(row?.['at'] ?? askedMs) }
}

function wordsOf(db: DatabaseSync): { id: number; rule: string }[] {
  return db
    .prepare("SELECT id, rule FROM journal_words WHERE verdict = 'shadow'")
    .all()
    .map(({ id, rule }) => ({ id: Number(id), rule: String(rule) }))
}

function labelsOf(db: DatabaseSync, rule: string): Map<number, JudgedNumber> {
  return new Map(
    db
      .prepare('SELECT * FROM shadow_label WHERE rule = ?')
      .all(rule)
      .map((row) => [
        Number(row['calling']),
        {
          label: row['label'] === 'legitimate' ? 'legitimate' : 'unwanted',
          at: Number(row['at']),
          by: String(row['actor']),
          note: String(row['note']),
        },
      ]),
  )
}

/** Rows come in the order of their times, nearly. */
const SLACK_ROWS = 10_000
/** Rows of the journal that are looked at, the newest; some seconds of reading. */
export const SHADOW_ROWS_MAX = 10_000_000
/** Numbers of a rule that are named, those with most calls. */
export const SHADOW_NUMBERS_MAX = 10_000
