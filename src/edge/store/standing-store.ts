import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { LiftScope } from '#core/redress/decision.ts'
import { RANGE_MAX } from '#core/redress/parse.ts'
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
  const { lastInsertRowid } = insertion(db).run(
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
  return [...changesBy(db, 'changed > ? ORDER BY changed LIMIT ?', since, limit)]
}

/** All entries from first to last, those too that have ended: what was in force at any time. */
export function readAllStanding(db: DatabaseSync): Generator<StandingChange> {
  return changesBy(db, 'true ORDER BY id')
}

/** Entries that are in force at a time or will be, one at a time: there may be a million. */
export function readStandingFrom(db: DatabaseSync, atMs: number): Generator<StandingChange> {
  return changesBy(db, 'endedAt IS NULL AND (until IS NULL OR until > ?) ORDER BY id', atMs)
}

/** Entries that a condition of SQL picks out, oldest first; those that this version cannot read are left out. */
export function readStandingOf(db: DatabaseSync, condition: string, ...values: (string | number)[]): Standing[] {
  return Array.from(changesBy(db, `${condition} ORDER BY id`, ...values), ({ standing }) => standing ?? []).flat()
}

/** Lifts that were added or have ended behind a place, in the order of that. */
export function readLiftChanges(db: DatabaseSync, since: number): StandingChange[] {
  return [...changesBy(db, `changed > ? AND kind = 'lift' ORDER BY changed`, since)]
}

/**
 * Takes out of entries that were over before then whom they were about; answers how many. The rows stay as they are
 * otherwise: whoever watches goes by their places, and a row that names nobody spares and refuses nobody.
 */
export function eraseStanding(db: DatabaseSync, beforeMs: number, limit: number): number {
  const { changes } = db
    .prepare(
      `UPDATE standing SET number = NULL, prefix = NULL, first = NULL, last = NULL, called = NULL, calling = NULL
       WHERE id IN (SELECT id FROM standing WHERE coalesce(endedAt, until) < ?
         AND coalesce(number, prefix, first, called) IS NOT NULL AND coalesce(endedAt, until) IS NOT NULL LIMIT ?)`,
    )
    .run(beforeMs, limit)
  return Number(changes)
}

/** Lifts or registrations in force at a time that a calling number is in: of itself first, then of its blocks and ranges. */
export function readStandingOn(
  db: DatabaseSync,
  kind: 'lift' | 'registered',
  number: string,
  atMs: number,
): Standing[] {
  const inForce = `kind = '${kind}' AND endedAt IS NULL AND "from" <= ? AND (until IS NULL OR until > ?)`
  const prefixes = Array.from({ length: number.length - 1 }, (_, digits) => number.slice(0, digits + 2))
  const lowest = `+${String(Math.max(0, Number(number.slice(1)) - RANGE_MAX + 1)).padStart(number.length - 1, '0')}`
  return [
    ...readStandingOf(db, `number = ? AND ${inForce}`, number, atMs, atMs),
    ...readStandingOf(
      db,
      `prefix IN (${prefixes.map(() => '?').join(', ') || "''"}) AND ${inForce}`,
      ...prefixes,
      atMs,
      atMs,
    ),
    // A range has no more numbers than that, so none that holds this number begins further below it.
    ...readStandingOf(
      db,
      `first BETWEEN ? AND ? AND length(first) = length(?) AND last >= ? AND ${inForce}`,
      lowest,
      number,
      number,
      number,
      atMs,
      atMs,
    ),
  ]
}

/** The place behind which nothing has changed yet; 0 where nothing ever did. */
export function lastStandingChange(db: DatabaseSync): number {
  return Number(db.prepare('SELECT max(changed) AS changed FROM standing').get()!['changed'] ?? 0)
}

/** Prepared once: a registration may have ten thousand numbers. */
function insertion(db: DatabaseSync): StatementSync {
  const known = INSERTIONS.get(db)
  if (known !== undefined) return known
  const made = db.prepare(
    `INSERT INTO standing ("from", until, kind, number, prefix, first, last, called, calling, attestation, rule,
       registration, origin, changed)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ${NEXT_CHANGE})`,
  )
  INSERTIONS.set(db, made)
  return made
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

function* changesBy(db: DatabaseSync, where: string, ...values: (string | number)[]): Generator<StandingChange> {
  const statement = db.prepare(`SELECT ${COLUMNS} FROM standing WHERE ${where}`)
  // A million rows are read when a gate starts: as arrays they cost a third.
  statement.setReturnArrays(true)
  for (const row of statement.iterate(...values)) yield changeOf(row as unknown as Row)
}

type Text = string | null

/** As `COLUMNS` names them. */
type Row = readonly [
  id: number,
  from: number,
  until: number | null,
  kind: string,
  number: Text,
  prefix: Text,
  first: Text,
  last: Text,
  called: Text,
  calling: Text,
  attestation: Text,
  rule: Text,
  registration: Text,
  origin: string,
  endedAt: number | null,
  changed: number,
]

function changeOf(row: Row): StandingChange {
  return { changed: row[15], endedAt: row[14] ?? undefined, standing: standingOf(row) }
}

function standingOf(row: Row): Standing | undefined {
  const [id, from, until, kind] = row
  const common = { id, from, until: until ?? undefined, origin: row[13] }
  switch (kind) {
    case 'lift': {
      const [scope, attestation, rule] = [scopeOf(row), row[10], row[11]]
      if (scope === undefined || !isLetter(attestation)) return undefined
      return { ...common, kind, scope, attestation: attestation ?? undefined, rule: rule ?? undefined }
    }
    case 'registered': {
      const scope = scopeOf(row)
      return scope && { ...common, kind, scope, registration: row[12] ?? '' }
    }
    case 'refuses':
    case 'accepts': {
      const [called, calling] = [row[8], row[9]]
      return called === null || calling === null ? undefined : { ...common, kind, called, calling }
    }
    case 'opted-out':
      return row[8] === null ? undefined : { ...common, kind, called: row[8] }
    default:
      return undefined
  }
}

function scopeOf([, , , , number, prefix, first, last]: Row): LiftScope | undefined {
  if (number !== null) return { kind: 'number', number }
  if (prefix !== null) return { kind: 'block', prefix }
  return first === null || last === null ? undefined : { kind: 'range', first, last }
}

function isLetter(value: Text): value is 'A' | 'B' | 'C' | null {
  return value === null || value === 'A' || value === 'B' || value === 'C'
}

const COLUMNS = `id, "from", until, kind, number, prefix, first, last, called, calling, attestation, rule, registration,
  origin, endedAt, changed`

/** Ends are changes too: whoever asks for what is behind the last one he saw hears of them. */
const NEXT_CHANGE = '(SELECT coalesce(max(changed), 0) + 1 FROM standing)'

const INSERTIONS = new WeakMap<DatabaseSync, StatementSync>()
