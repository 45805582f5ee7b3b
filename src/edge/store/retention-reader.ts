import type { DatabaseSync } from 'node:sqlite'
import { readListTexts } from './old-lists.ts'
import { openForReading, parseStoreUrl } from './schema.ts'

/** What is kept in a store, of each kind: so many, since when the oldest, and how many of them are past their time. */
export type KeptKind = (typeof KEPT_KINDS)[number]
export type KeptCount = { readonly held: number; readonly oldest: number | undefined; readonly due: number }

/** Before when something of a kind is past its time; missing for what is kept for good. */
export type KeptBefore = ReadonlyMap<KeptKind, number>

/**
 * Counts all of a store, by indexes. A million rows are some tens of milliseconds each, so this is for a thread of its own.
 * Throws StoreError.
 */
export function countKept(url: string, before: KeptBefore): Map<KeptKind, KeptCount> {
  const db = openForReading(parseStoreUrl(url))
  try {
    return new Map(
      KEPT_KINDS.map((kind) => [
        kind,
        kind === 'policy-lists' ? countLists(url, before.get(kind)) : countKind(db, kind, before.get(kind)),
      ]),
    )
  } finally {
    db.close()
  }
}

function countLists(url: string, before: number | undefined): KeptCount {
  const { held, unused } = readListTexts(url)
  const oldest = unused.length === 0 ? undefined : Math.min(...unused)
  return { held, oldest, due: before === undefined ? 0 : unused.filter((at) => at < before).length }
}

function countKind(db: DatabaseSync, kind: Exclude<KeptKind, 'policy-lists'>, before: number | undefined): KeptCount {
  if (kind === 'journal') return countJournal(db, before)
  const { from, at, ripe } = TABLES[kind]
  const where = ripe === undefined ? '' : `WHERE ${ripe}`
  const { held } = db.prepare(`SELECT count(*) AS held FROM ${from}`).get()!
  // Alone in its question the least of an index is one look.
  const { oldest } = db.prepare(`SELECT min(${at}) AS oldest FROM ${from} ${where}`).get()!
  const due =
    before === undefined || oldest === null || Number(oldest) >= before
      ? 0
      : db
          .prepare(`SELECT count(*) AS due FROM ${from} ${where === '' ? 'WHERE' : `${where} AND`} ${at} < ?`)
          .get(before)!['due']
  return { held: Number(held), oldest: oldest === null ? undefined : Number(oldest), due: Number(due) }
}

/** The journal has hundreds of millions of rows and no index by time, but its ids are in that order: its ends are looked at. */
function countJournal(db: DatabaseSync, before: number | undefined): KeptCount {
  const from = db.prepare('SELECT id, at FROM journal_row WHERE id >= ? ORDER BY id LIMIT 1')
  const first = from.get(0)
  const { last } = db.prepare('SELECT max(id) AS last FROM journal_row').get()!
  if (first === undefined || last === null) return { held: 0, oldest: undefined, due: 0 }
  const held = Number(last) - Number(first['id']) + 1
  const oldest = Number(first['at'])
  if (before === undefined || oldest >= before) return { held, oldest, due: 0 }
  let [low, high] = [Number(first['id']), Number(last) + 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const row = from.get(middle)
    if (row !== undefined && Number(row['at']) < before) low = Number(row['id']) + 1
    else high = middle
  }
  return { held, oldest, due: low - Number(first['id']) }
}

export const KEPT_KINDS = [
  'ledger-personal',
  'ledger-entries',
  'journal',
  'cases',
  'evidence',
  'registrations',
  'standing',
  'mail-done',
  'mail-waiting',
  'observations',
  'disputes',
  'alerts',
  'probes',
  'policy-lists',
  'audit',
] as const

type Table = {
  /** A table, or a question in parentheses. */
  readonly from: string
  readonly at: string
  /** Which of it may go at all. */
  readonly ripe?: string
}

const TABLES: { readonly [kind in Exclude<KeptKind, 'journal' | 'policy-lists'>]: Table } = {
  'ledger-personal': { from: 'personal', at: 'at' },
  'ledger-entries': { from: 'entry', at: 'at' },
  cases: { from: '(SELECT lastAt, isOpen FROM case_view WHERE erasedAt IS NULL)', at: 'lastAt', ripe: 'isOpen = 0' },
  evidence: {
    from: `(SELECT at FROM case_event WHERE kind = 'updated' AND json_extract(data, '$.file.id') IS NOT NULL
      AND erasedAt IS NULL UNION ALL SELECT at FROM registration_event WHERE kind = 'evidence'
      AND json_extract(data, '$.file.id') <> '')`,
    at: 'at',
  },
  registrations: {
    from: '(SELECT changed, status FROM registration_view WHERE erasedAt IS NULL)',
    at: 'changed',
    ripe: "status IN ('withdrawn', 'refused', 'expired')",
  },
  standing: {
    from: '(SELECT coalesce(endedAt, until) AS at FROM standing WHERE coalesce(number, prefix, first, called) IS NOT NULL)',
    at: 'at',
  },
  'mail-done': { from: '(SELECT doneAt FROM mail WHERE doneAt IS NOT NULL)', at: 'doneAt' },
  'mail-waiting': { from: "(SELECT at FROM mail WHERE state = 'waiting')", at: 'at' },
  observations: { from: 'monitor_refused', at: 'at' },
  disputes: {
    from: `(SELECT isOpen, (SELECT max(at) FROM dispute_event WHERE dispute_event.dispute = dispute.number) AS at FROM dispute
      WHERE EXISTS (SELECT 1 FROM dispute_event WHERE dispute_event.dispute = dispute.number AND erasedAt IS NULL))`,
    at: 'at',
    ripe: 'isOpen = 0',
  },
  alerts: { from: 'monitor_alert', at: 'at' },
  probes: { from: 'probe', at: 'at' },
  audit: { from: 'audit', at: 'at' },
}
