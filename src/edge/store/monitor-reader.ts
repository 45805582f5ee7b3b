import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Attempt } from '#core/observe/attempt.ts'
import type { ContactRecord, DisputeTimes } from '#core/observe/directory.ts'
import {
  type BlockStanding,
  EARLIER_QUARTERS,
  type GroupFacts,
  type GroupMark,
  type GroupState,
  OTHERS,
  QUARTER_MS,
  RECENT_QUARTERS,
  groupState,
} from '#core/observe/group.ts'
import type { Refusal, Standing } from '#core/observe/refusal.ts'
import { SILENCE_BASELINE_MS, SILENCE_RECENT_MS, type SilenceCounts, type SilencePair } from '#core/observe/silence.ts'
import type { Row } from './rows.ts'
import { openForReading, parseStoreUrl } from './schema.ts'

// What lists, groups, silence and directory are made of: one thing, for all of it reads the tables that `monitor-store.ts`
// writes. Every list goes along an index, and looks at a bounded number of rows for a page.

/** A refused call as lists have it. */
export type ObservationRow = {
  readonly id: number
  readonly at: number
  readonly evidence: Attempt['evidence']
  readonly source: string
  readonly from: string
  readonly to: string
  readonly carrier: string
  readonly blocker: string
  readonly standing: Standing
  readonly reason: string
  readonly status: number
  /** Undefined for a fault, which is in no group. */
  readonly group: number | undefined
}

/** One refused call whole; what was erased of it is empty. */
export type ObservationFile = ObservationRow & {
  readonly ringMs: number | undefined
  readonly setupMs: number | undefined
  readonly refusal: Omit<Refusal, 'answer'>
  readonly answer: Uint8Array | undefined
}

/** What to list; all that is said has to agree. Times in milliseconds since 1970. */
export type ObservationFilter = {
  readonly since?: number | undefined
  readonly until?: number | undefined
  readonly carrier?: string | undefined
  readonly blocker?: string | undefined
  /** One of our own numbers. */
  readonly number?: string | undefined
  readonly called?: string | undefined
  readonly standing?: Standing | undefined
  readonly group?: number | undefined
}

/** Rows newest first, and the place to go on from where there may be more: a page looks at a bounded number of rows. */
export type ObservationPage = { readonly rows: readonly ObservationRow[]; readonly after: string | undefined }

/** A group with how it stands now. */
export type Group = GroupFacts & {
  readonly id: number
  readonly state: GroupState
  readonly mark: GroupMark | undefined
  /** Own numbers in it. */
  readonly numbers: number
}

export type GroupFilter = {
  readonly since?: number | undefined
  readonly carrier?: string | undefined
  readonly blocker?: string | undefined
  readonly number?: string | undefined
  readonly standing?: BlockStanding | undefined
  readonly state?: GroupState | undefined
}

/** A place in the store: what was added behind it is new to whoever knows it. */
export type StoreEnd = { readonly refused: number; readonly mark: number }

/** One of our numbers in a group. */
export type GroupNumber = {
  readonly number: string
  readonly first: number
  readonly last: number
  readonly calls: number
}

/** What a column of the lists has, for hints: `carrier`, `blocker` or `number`. */
export type KnownOf = 'carrier' | 'blocker' | 'number'

/** Reads what the monitor stored, also while it goes on writing. */
export class MonitorReader {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  observations(filter: ObservationFilter, after: string | undefined, limit: number): ObservationPage {
    const { column, value } = guideOf(filter)
    const conditions = ['at >= ?', 'at < ?']
    const values: SQLInputValue[] = [filter.since ?? TIME_MIN, filter.until ?? TIME_MAX]
    if (column !== undefined) conditions.push(`"${column}" = ?`)
    if (column !== undefined) values.push(value!)
    const place = after === undefined ? undefined : parsePlace(after)
    if (place !== undefined) conditions.push('(at, id) < (?, ?)')
    if (place !== undefined) values.push(place.at, place.id)
    const groups = this.#groupsOf(filter)
    if (groups !== undefined) return this.#byGroups(groups, filter, place, limit)
    const statement = this.#db.prepare(
      `SELECT ${COLUMNS} FROM monitor_refused INDEXED BY monitor_refused_${column ?? 'at'} WHERE ${conditions.join(' AND ')}
       ORDER BY at DESC, id DESC LIMIT ?`,
    )
    const rows: ObservationRow[] = []
    let looked = 0
    for (const found of statement.iterate(...values, LOOKED_MAX)) {
      const row = readObservation(found)
      looked++
      if (agrees(row, filter)) rows.push(row)
      if (rows.length === limit || looked === LOOKED_MAX) return { rows, after: `${row.at}.${row.id}` }
    }
    return { rows, after: undefined }
  }

  /**
   * The groups whose calls are all that a filter by blocker and standing wants: few of a blocker's many calls may be. Undefined
   * where the filter wants something else besides, or where calls of that standing are in a group of many blockers.
   */
  #groupsOf({ blocker, standing, carrier, number, called, group }: ObservationFilter): number[] | undefined {
    if (blocker === undefined || standing === undefined || standing === 'fault') return undefined
    if ([carrier, number, called, group].some((one) => one !== undefined)) return undefined
    const rows = this.#db
      .prepare('SELECT id, blocker FROM monitor_group WHERE blocker IN (?, ?) AND standing = ?')
      .all(blocker, OTHERS, standing)
    const isShared = rows.length > GROUPS_MERGED || rows.some((row) => row['blocker'] === OTHERS)
    return isShared ? undefined : rows.map((row) => Number(row['id']))
  }

  #byGroups(
    groups: readonly number[],
    filter: ObservationFilter,
    place: Place | undefined,
    limit: number,
  ): ObservationPage {
    const newest = this.#db.prepare(
      `SELECT at, id FROM monitor_refused WHERE "group" = ? AND at >= ? AND at < ? AND (at, id) < (?, ?)
       ORDER BY at DESC, id DESC LIMIT ?`,
    )
    const { at, id } = place ?? { at: TIME_MAX, id: 0 }
    const range = [filter.since ?? TIME_MIN, filter.until ?? TIME_MAX, at, id] as const
    const found = groups
      .flatMap((group) => newest.all(group, ...range, limit))
      .toSorted((one, other) => Number(other['at']) - Number(one['at']) || Number(other['id']) - Number(one['id']))
      .slice(0, limit)
    const whole = this.#db.prepare(`SELECT ${COLUMNS} FROM monitor_refused WHERE id = ?`)
    const rows = found.map((row) => readObservation(whole.get(row['id']!)!))
    const last = rows.at(-1)
    return { rows, after: last === undefined || rows.length < limit ? undefined : `${last.at}.${last.id}` }
  }

  observation(id: number): ObservationFile | undefined {
    const row = this.#db
      .prepare(
        `SELECT ${COLUMNS}, ringMs, setupMs, refusal, answer FROM monitor_refused JOIN monitor_detail USING (id) WHERE id = ?`,
      )
      .get(id)
    if (row === undefined) return undefined
    const number = (name: string) => (row[name] === null ? undefined : Number(row[name]))
    return {
      ...readObservation(row),
      ringMs: number('ringMs'),
      setupMs: number('setupMs'),
      refusal: JSON.parse(String(row['refusal'])) as Omit<Refusal, 'answer'>,
      answer: row['answer'] instanceof Uint8Array ? row['answer'] : undefined,
    }
  }

  /** All groups that a filter picks out, the last seen first. There are at most `GROUPS_MAX` and a few. */
  groups(filter: GroupFilter, nowMs: number): Group[] {
    const conditions: string[] = []
    const values: SQLInputValue[] = []
    const also = (condition: string, value: SQLInputValue | undefined): void => {
      if (value === undefined) return
      conditions.push(condition)
      values.push(value)
    }
    also('last >= ?', filter.since)
    also('blocker = ?', filter.blocker)
    also('standing = ?', filter.standing)
    also('id IN (SELECT "group" FROM monitor_group_carrier WHERE carrier = ?)', filter.carrier)
    also('id IN (SELECT "group" FROM monitor_group_number WHERE number = ?)', filter.number)
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    const rows = this.#db.prepare(`SELECT * FROM monitor_group ${where} ORDER BY last DESC, id`).all(...values)
    const groups = this.#readGroups(rows, nowMs)
    return filter.state === undefined ? groups : groups.filter(({ state }) => state === filter.state)
  }

  group(id: number, nowMs: number): Group | undefined {
    return this.#readGroups(this.#db.prepare('SELECT * FROM monitor_group WHERE id = ?').all(id), nowMs)[0]
  }

  /** Some groups; those that are not there are left out. */
  groupsOf(ids: readonly number[], nowMs: number): Group[] {
    if (ids.length <= GROUPS_ONE_BY_ONE) return ids.flatMap((id) => this.group(id, nowMs) ?? [])
    const wanted = new Set(ids)
    const rows = this.#db.prepare('SELECT * FROM monitor_group ORDER BY id').all()
    return this.#readGroups(
      rows.filter((row) => wanted.has(Number(row['id']))),
      nowMs,
    )
  }

  /** How far rows of refused calls and of what was said of groups have come. */
  end(): StoreEnd {
    const { refused, mark } = this.#db
      .prepare('SELECT (SELECT max(id) FROM monitor_refused) AS refused, (SELECT max(id) FROM monitor_mark) AS mark')
      .get()!
    return { refused: Number(refused ?? 0), mark: Number(mark ?? 0) }
  }

  /** Groups that a call was added to, or of which something was said, behind that end. */
  groupsSince({ refused, mark }: StoreEnd): number[] {
    return this.#db
      .prepare(
        `SELECT "group" AS id FROM monitor_refused NOT INDEXED WHERE id > ? AND "group" IS NOT NULL
         UNION SELECT "group" FROM monitor_mark WHERE id > ?`,
      )
      .all(refused, mark)
      .map((row) => Number(row['id']))
  }

  /** Own numbers of a group, those with the most calls first. */
  groupNumbers(id: number, limit: number): GroupNumber[] {
    return this.#db
      .prepare('SELECT * FROM monitor_group_number WHERE "group" = ? ORDER BY calls DESC, number LIMIT ?')
      .all(id, limit)
      .map((row) => ({
        number: String(row['number']),
        first: Number(row['first']),
        last: Number(row['last']),
        calls: Number(row['calls']),
      }))
  }

  /** By own number: in how many groups it is, and with how many refused calls; the most calls first. */
  numbers(limit: number): (GroupNumber & { readonly groups: number })[] {
    return this.#db
      .prepare(
        `SELECT number, min(first) AS first, max(last) AS last, sum(calls) AS calls, count(*) AS groups
         FROM monitor_group_number GROUP BY number ORDER BY calls DESC, number LIMIT ?`,
      )
      .all(limit)
      .map((row) => ({
        number: String(row['number']),
        first: Number(row['first']),
        last: Number(row['last']),
        calls: Number(row['calls']),
        groups: Number(row['groups']),
      }))
  }

  /** What was said of a group, the last first. */
  marks(id: number): GroupMark[] {
    return this.#db.prepare('SELECT * FROM monitor_mark WHERE "group" = ? ORDER BY id DESC').all(id).map(readMark)
  }

  /** The contacts that notices had, of all blockers or of one. */
  contacts(blocker?: string): ContactRecord[] {
    const where = blocker === undefined ? '' : 'WHERE blocker = ?'
    return this.#db
      .prepare(`SELECT * FROM monitor_contact ${where}`)
      .all(...(blocker === undefined ? [] : [blocker]))
      .map((row) => ({
        blocker: String(row['blocker']),
        kind: String(row['kind']) as ContactRecord['kind'],
        value: String(row['value']),
        isSigned: row['isSigned'] === 1,
        first: Number(row['first']),
        last: Number(row['last']),
        calls: Number(row['calls']),
      }))
  }

  /** What came of disputes that were filed, the last ones, for measuring. */
  disputeTimes(limit = 10_000): DisputeTimes[] {
    const timeOf = (value: unknown): number | undefined => (value === null ? undefined : Number(value))
    return this.#db
      .prepare(
        `SELECT blocker, contact, filedAt, answeredAt, liftedAt FROM dispute
         WHERE filedAt IS NOT NULL ORDER BY filedAt DESC LIMIT ?`,
      )
      .all(limit)
      .map((row) => ({
        blocker: String(row['blocker']),
        contact: String(row['contact']),
        filedAt: Number(row['filedAt']),
        answeredAt: timeOf(row['answeredAt']),
        liftedAt: timeOf(row['liftedAt']),
      }))
  }

  /** What `findSilence` compares: each carrier and own number with calls within the last day, and its days before. */
  silencePairs(nowMs: number): SilencePair[] {
    const recent = Math.floor(nowMs / HOUR_MS) + 1 - SILENCE_RECENT_MS / HOUR_MS
    const first = recent - SILENCE_BASELINE_MS / HOUR_MS
    const active = this.#db
      .prepare(
        'SELECT id, carrier, number FROM monitor_pair WHERE id IN (SELECT pair FROM monitor_count WHERE hour >= ? AND hour < ?)',
      )
      .all(recent, recent + SILENCE_RECENT_MS / HOUR_MS)
    const days = new Map(active.map((row) => [Number(row['id']), new Float64Array(DAYS * COUNTED)]))
    // Added up here: sorted by SQLite it took four times as long.
    const statement = this.#db.prepare(
      `SELECT hour, pair, answered + refused + cancelled, busy, unavailable, overload, shortRing
       FROM monitor_count WHERE hour >= ? AND hour < ?`,
    )
    statement.setReturnArrays(true)
    const rows = statement.iterate(first, recent + SILENCE_RECENT_MS / HOUR_MS) as unknown as Iterable<number[]>
    for (const row of rows) {
      const counts = days.get(row[1]!)
      const at = Math.floor((row[0]! - first) / 24) * COUNTED - 2
      if (counts !== undefined)
        for (let column = 2; column < 2 + COUNTED; column++) counts[at + column]! += row[column]!
    }
    return active.map((row) => {
      const counts = days.get(Number(row['id']))!
      const [last, ...before] = Array.from({ length: DAYS }, (_, day) => countsOf(counts, day * COUNTED)).toReversed()
      const baseline = before.filter(({ attempts }) => attempts > 0)
      return { carrier: String(row['carrier']), number: String(row['number']), recent: last!, baseline }
    })
  }

  /** How far a source was read; undefined for one that nothing was taken of. */
  place(source: string): string | undefined {
    const row = this.#db.prepare('SELECT place FROM monitor_place WHERE source = ?').get(source)
    return row === undefined ? undefined : String(row['place'])
  }

  places(): { readonly source: string; readonly place: string; readonly at: number }[] {
    return this.#db
      .prepare('SELECT * FROM monitor_place ORDER BY source')
      .all()
      .map((row) => ({ source: String(row['source']), place: String(row['place']), at: Number(row['at']) }))
  }

  /** Whether anything was ever taken. */
  isEmpty(): boolean {
    return (
      this.#db.prepare('SELECT 1 FROM monitor_count UNION ALL SELECT 1 FROM monitor_refused LIMIT 1').get() ===
      undefined
    )
  }

  /** What was counted of the store's own limits, and rows that are kept. */
  figures(): ReadonlyMap<string, number> {
    const counted = this.#db.prepare('SELECT * FROM monitor_figure ORDER BY name').all()
    return new Map(counted.map((row) => [String(row['name']), Number(row['value'])]))
  }

  /** Names that the lists have, at most so many, for a hint where somebody mistyped one. */
  known(what: KnownOf, limit = KNOWN_MAX): string[] {
    const [table, column] = KNOWN[what]
    return this.#db
      .prepare(`SELECT DISTINCT ${column} AS name FROM ${table} LIMIT ?`)
      .all(limit)
      .map((row) => String(row['name']))
  }

  /** Whether the lists have this name. */
  isKnown(what: KnownOf, name: string): boolean {
    const [table, column] = KNOWN[what]
    return this.#db.prepare(`SELECT 1 FROM ${table} WHERE ${column} = ? LIMIT 1`).get(name) !== undefined
  }

  close(): void {
    this.#db.close()
  }

  #readGroups(rows: readonly Row[], nowMs: number): Group[] {
    const isOne = rows.length === 1
    const counted = this.#countedSince(nowMs, isOne ? Number(rows[0]!['id']) : undefined)
    const attempts = this.#attemptsSince(nowMs, isOne ? String(rows[0]!['block']) : undefined)
    const numbers = this.#countNumbers(isOne ? Number(rows[0]!['id']) : undefined)
    const marks = new Map(
      this.#db
        .prepare('SELECT * FROM monitor_mark WHERE id IN (SELECT max(id) FROM monitor_mark GROUP BY "group")')
        .all()
        .map((row) => [Number(row['group']), readMark(row)]),
    )
    const firstAfter = this.#db.prepare(
      'SELECT at FROM monitor_refused WHERE "group" = ? AND at > ? ORDER BY at LIMIT 1',
    )
    return rows.map((row) => {
      const id = Number(row['id'])
      const block = String(row['block'])
      const calls = counted.get(id) ?? NO_SHARES
      const all = attempts.get(block) ?? NO_SHARES
      const mark = marks.get(id)
      const last = Number(row['last'])
      const isAfter = mark?.kind === 'resolved' && last > mark.effective
      const after = isAfter ? firstAfter.get(id, mark.effective) : undefined
      const facts: GroupFacts = {
        key: {
          blocker: String(row['blocker']),
          block,
          reason: String(row['reason']),
          standing: String(row['standing']) as BlockStanding,
        },
        first: Number(row['first']),
        last,
        calls: Number(row['calls']),
        // Its row may have been erased since: that it was refused again stays.
        firstAfterMark: after === undefined ? (isAfter ? last : undefined) : Number(after['at']),
        recent: { hits: calls.recent, of: all.recent },
        earlier: { hits: calls.earlier, of: all.earlier },
      }
      return { ...facts, id, mark, numbers: numbers.get(id) ?? 0, state: groupState(facts, mark, nowMs) }
    })
  }

  #countedSince(nowMs: number, group: number | undefined): Map<number, Counted> {
    return this.#sums('monitor_group_count', '"group"', 'calls', nowMs, group, Number)
  }

  #attemptsSince(nowMs: number, block: string | undefined): Map<string, Counted> {
    return this.#sums('monitor_block_count', 'block', 'attempts', nowMs, block, String)
  }

  #sums<Key extends number | string>(
    table: string,
    column: string,
    what: string,
    nowMs: number,
    one: Key | undefined,
    read: (value: unknown) => Key,
  ): Map<Key, Counted> {
    const last = Math.floor(nowMs / QUARTER_MS)
    const recent = last - RECENT_QUARTERS + 1
    const first = recent - EARLIER_QUARTERS
    // For one, its few cells are looked up; for all, the stretch of time is read through.
    const cells = `WITH RECURSIVE q (n) AS (SELECT ${first} UNION ALL SELECT n + 1 FROM q WHERE n < ${last})`
    const source =
      one === undefined
        ? `${table} WHERE quarter BETWEEN ${first} AND ${last}`
        : `q CROSS JOIN ${table} ON quarter = n AND ${column} = ?`
    const rows = this.#db
      .prepare(
        `${one === undefined ? '' : cells} SELECT ${column} AS name,
           sum(CASE WHEN quarter >= ${recent} THEN ${what} ELSE 0 END) AS recent,
           sum(CASE WHEN quarter < ${recent} THEN ${what} ELSE 0 END) AS earlier
         FROM ${source} GROUP BY ${column}`,
      )
      .all(...(one === undefined ? [] : [one]))
    return new Map(
      rows.map((row) => [read(row['name']), { recent: Number(row['recent']), earlier: Number(row['earlier']) }]),
    )
  }

  #countNumbers(group: number | undefined): Map<number, number> {
    const rows = this.#db
      .prepare(
        `SELECT "group" AS id, count(*) AS numbers FROM monitor_group_number
         ${group === undefined ? '' : 'WHERE "group" = ?'} GROUP BY "group"`,
      )
      .all(...(group === undefined ? [] : [group]))
    return new Map(rows.map((row) => [Number(row['id']), Number(row['numbers'])]))
  }
}

/** Opens what a monitor stored, also while it goes on. Throws `StoreError`. */
export function openMonitorReader(url: string): MonitorReader {
  return new MonitorReader(openForReading(parseStoreUrl(url)))
}

type Counted = { readonly recent: number; readonly earlier: number }

/** The column whose index a list goes along: the one that leaves least, as a rule. */
function guideOf(filter: ObservationFilter): { column: string | undefined; value: SQLInputValue | undefined } {
  const by = (column: string, value: SQLInputValue) => ({ column, value })
  if (filter.called !== undefined) return by('to', filter.called)
  if (filter.group !== undefined) return by('group', filter.group)
  if (filter.number !== undefined) return by('from', filter.number)
  if (filter.blocker !== undefined) return by('blocker', filter.blocker)
  if (filter.carrier !== undefined) return by('carrier', filter.carrier)
  if (filter.standing !== undefined) return by('standing', filter.standing)
  return { column: undefined, value: undefined }
}

function agrees(row: ObservationRow, filter: ObservationFilter): boolean {
  return (
    (filter.called === undefined || row.to === filter.called) &&
    (filter.group === undefined || row.group === filter.group) &&
    (filter.number === undefined || row.from === filter.number) &&
    (filter.blocker === undefined || row.blocker === filter.blocker) &&
    (filter.carrier === undefined || row.carrier === filter.carrier) &&
    (filter.standing === undefined || row.standing === filter.standing)
  )
}

function readObservation(row: Row): ObservationRow {
  return {
    id: Number(row['id']),
    at: Number(row['at']),
    evidence: row['isWire'] === 1 ? 'wire' : 'record',
    source: String(row['source']),
    from: String(row['from']),
    to: String(row['to']),
    carrier: String(row['carrier']),
    blocker: String(row['blocker']),
    standing: String(row['standing']) as Standing,
    reason: String(row['reason']),
    status: Number(row['status']),
    group: row['group'] === null ? undefined : Number(row['group']),
  }
}

function readMark(row: Row): GroupMark {
  return {
    kind: String(row['kind']) as GroupMark['kind'],
    at: Number(row['at']),
    effective: Number(row['effective']),
    by: String(row['by']),
    note: String(row['note']),
    share: { hits: Number(row['hits']), of: Number(row['of']) },
  }
}

function countsOf(counts: Float64Array, at: number): SilenceCounts {
  const [attempts, busy, unavailable, overload, shortRing] = counts.subarray(at, at + COUNTED)
  return { attempts: attempts!, busy: busy!, unavailable: unavailable!, overload: overload!, shortRing: shortRing! }
}

type Place = { readonly at: number; readonly id: number }

/** The place where a page ended; undefined for a text that is none. */
export function parsePlace(text: string): Place | undefined {
  const found = /^(\d{1,16})\.(\d{1,15})$/.exec(text)
  return found === null ? undefined : { at: Number(found[1]), id: Number(found[2]) }
}

const COLUMNS = `monitor_refused.id AS id, at, isWire, source, "from", "to", carrier, blocker, standing, reason, status, "group"`
const KNOWN: Readonly<Record<KnownOf, readonly [table: string, column: string]>> = {
  carrier: ['monitor_pair', 'carrier'],
  blocker: ['monitor_group', 'blocker'],
  number: ['monitor_pair', 'number'],
}
const NO_SHARES: Counted = { recent: 0, earlier: 0 }
/** Days that silence looks at, and what is counted of each. */
const DAYS = (SILENCE_BASELINE_MS + SILENCE_RECENT_MS) / SILENCE_RECENT_MS
const COUNTED = 5
/** Rows that one page looks at: the rest comes with the next one. */
export const LOOKED_MAX = 2_000
/** Groups whose calls are put in order for one list. */
const GROUPS_MERGED = 200
const KNOWN_MAX = 10_000
/** So many groups are looked up one by one faster than all are read. */
const GROUPS_ONE_BY_ONE = 200
const HOUR_MS = 3_600_000
const TIME_MIN = 0
const TIME_MAX = Number.MAX_SAFE_INTEGER
