import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { LiftScope } from '#core/redress/decision.ts'
import type { NewStanding, Standing, StandingFact } from '#core/redress/standing.ts'

/** An entry as it is after a change: added, or ended. The last `changed` seen is the place to go on from. */
export type StandingChange = {
  readonly changed: number
  /** Undefined for one that its holder still has; `until` may be past all the same. */
  readonly endedAt: number | undefined
  /** Undefined for a row that this version cannot read; nobody is spared or refused by it. */
  readonly standing: Standing | undefined
}

/** Adds an entry within the caller's transaction; answers its id. */
export function insertStanding(db: DatabaseSync, standing: NewStanding): number {
  const { scope, called, calling, attestation, rule, registration } = columnsOf(standing)
  const { lastInsertRowid } = db
    .prepare(
      `INSERT INTO standing ("from", until, kind, number, prefix, first, last, called, calling, attestation, rule,
         registration, origin, changed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ${NEXT_CHANGE})`,
    )
    .run(
      standing.from,
      standing.until ?? null,
      standing.kind,
      scope?.kind === 'number' ? scope.number : null,
      scope?.kind === 'block' ? scope.prefix : null,
      scope?.kind === 'range' ? scope.first : null,
      scope?.kind === 'range' ? scope.last : null,
      called ?? null,
      calling ?? null,
      attestation ?? null,
      rule ?? null,
      registration ?? null,
      standing.origin,
    )
  return Number(lastInsertRowid)
}

/** Ends an entry within the caller's transaction; false for one that is not there or has ended already. */
export function endStanding(db: DatabaseSync, id: number, atMs: number): boolean {
  const { changes } = db
    .prepare(`UPDATE standing SET endedAt = ?, changed = ${NEXT_CHANGE} WHERE id = ? AND endedAt IS NULL`)
    .run(atMs, id)
  return Number(changes) > 0
}

/** What has changed behind a place, in its order, at most `limit` of it. */
export function readStanding(db: DatabaseSync, since: number, limit: number): StandingChange[] {
  return db
    .prepare('SELECT * FROM standing WHERE changed > ? ORDER BY changed LIMIT ?')
    .all(since, limit)
    .map((row) => changeOf(row))
}

/** All entries from first to last, those too that have ended: what was in force at any time. */
export function* readAllStanding(db: DatabaseSync): Generator<StandingChange> {
  for (const row of db.prepare('SELECT * FROM standing ORDER BY id').iterate()) yield changeOf(row)
}

/** Entries that are in force at a time or will be, one at a time: there may be a million. */
export function* readStandingFrom(db: DatabaseSync, atMs: number): Generator<StandingChange> {
  const rows = db
    .prepare('SELECT * FROM standing WHERE endedAt IS NULL AND (until IS NULL OR until > ?) ORDER BY id')
    .iterate(atMs)
  for (const row of rows) yield changeOf(row)
}

/** The place behind which nothing has changed yet; 0 where nothing ever did. */
export function lastStandingChange(db: DatabaseSync): number {
  return Number(db.prepare('SELECT max(changed) AS changed FROM standing').get()!['changed'] ?? 0)
}

type Columns = {
  readonly scope?: LiftScope
  readonly called?: string
  readonly calling?: string
  readonly attestation?: string | undefined
  readonly rule?: string | undefined
  readonly registration?: string
}

function columnsOf(fact: StandingFact): Columns {
  return fact
}

function changeOf(row: Record<string, SQLOutputValue>): StandingChange {
  const { id, from, until, origin, endedAt, changed } = row
  const fact = factOf(row)
  const place = { changed: Number(changed), endedAt: optional(endedAt) }
  if (fact === undefined) return { ...place, standing: undefined }
  const common = { id: Number(id), from: Number(from), until: optional(until), origin: String(origin) }
  return { ...place, standing: { ...common, ...fact } }
}

function factOf(row: Record<string, SQLOutputValue>): StandingFact | undefined {
  const { kind, called, calling, attestation, rule, registration } = row
  const scope = scopeOf(row)
  switch (kind) {
    case 'lift':
      if (scope === undefined || !isLetter(attestation)) return undefined
      return { kind, scope, attestation: attestation ?? undefined, rule: rule === null ? undefined : String(rule) }
    case 'registered':
      return scope && { kind, scope, registration: String(registration) }
    case 'refuses':
    case 'accepts':
      return called === null || calling === null
        ? undefined
        : { kind, called: String(called), calling: String(calling) }
    case 'opted-out':
      return called === null ? undefined : { kind, called: String(called) }
    default:
      return undefined
  }
}

function scopeOf({ number, prefix, first, last }: Record<string, SQLOutputValue>): LiftScope | undefined {
  if (typeof number === 'string') return { kind: 'number', number }
  if (typeof prefix === 'string') return { kind: 'block', prefix }
  return typeof first === 'string' && typeof last === 'string' ? { kind: 'range', first, last } : undefined
}

function isLetter(value: SQLOutputValue | undefined): value is 'A' | 'B' | 'C' | null {
  return value === null || value === 'A' || value === 'B' || value === 'C'
}

function optional(value: SQLOutputValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** Ends are changes too: whoever asks for what is behind the last one he saw hears of them. */
const NEXT_CHANGE = '(SELECT coalesce(max(changed), 0) + 1 FROM standing)'
