import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { DisputeStatus } from '#core/dispute/dispute.ts'
import { openForReading, parseStoreUrl } from './schema.ts'

/** One of our numbers that is refused, over all groups that somebody asked of. */
export type BlockedNumber = {
  readonly number: string
  readonly first: number
  readonly last: number
  readonly calls: number
  readonly groups: readonly number[]
}

/** Calls of one number within the last 24 hours of the clock. */
export type NumberDay = { readonly refused: number; readonly ended: number }

/** What a page of disputes goes by. */
export type DueFilter = {
  readonly status?: DisputeStatus | undefined
  readonly isOpen?: boolean | undefined
  readonly blocker?: string | undefined
  readonly number?: string | undefined
  readonly group?: number | undefined
  readonly dueBefore?: number | undefined
}

/** Reads what the page of one's own calls begins with, on a connection of its own: numbers, and disputes by what is due. */
export class CallingReader {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** Numbers of these groups, those with the most refused calls first, and how many there are; of callers without one none. */
  blockedNumbers(
    groups: readonly number[],
    limit: number,
  ): { readonly numbers: readonly BlockedNumber[]; readonly count: number } {
    const wanted = JSON.stringify(groups)
    const within = `FROM monitor_group_number WHERE number <> '' AND "group" IN (SELECT value FROM json_each(?))`
    const rows = this.#db
      .prepare(
        `SELECT number, min(first) AS first, max(last) AS last, sum(calls) AS calls, json_group_array("group") AS groups
         ${within} GROUP BY number ORDER BY calls DESC, number LIMIT ?`,
      )
      .all(wanted, limit)
    const counted = this.#db.prepare(`SELECT count(DISTINCT number) AS count ${within}`).get(wanted)
    return {
      numbers: rows.map((row) => ({
        number: String(row['number']),
        first: Number(row['first']),
        last: Number(row['last']),
        calls: Number(row['calls']),
        groups: JSON.parse(String(row['groups'])) as number[],
      })),
      count: Number(counted?.['count']),
    }
  }

  /** What became of the calls of each number since the hour began that was 23 hours before this one. */
  lastDay(numbers: readonly string[], nowMs: number): ReadonlyMap<string, NumberDay> {
    const hour = Math.floor(nowMs / HOUR_MS)
    const first = hour - 23
    const ended = new Map(
      this.#db
        .prepare(
          `WITH RECURSIVE h (hour) AS (SELECT ${first} UNION ALL SELECT hour + 1 FROM h WHERE hour < ${hour})
           SELECT number, sum(answered + refused + cancelled) AS ended FROM monitor_pair CROSS JOIN h
             JOIN monitor_count ON monitor_count.hour = h.hour AND pair = monitor_pair.id
           WHERE number IN (SELECT value FROM json_each(?)) GROUP BY number`,
        )
        .all(JSON.stringify(numbers))
        .map((row) => [String(row['number']), Number(row['ended'])]),
    )
    const count = this.#db.prepare(
      `SELECT count(*) AS count FROM
         (SELECT 1 FROM monitor_refused WHERE "from" = ? AND at >= ? AND "group" IS NOT NULL LIMIT ${COUNTED_MAX})`,
    )
    return new Map(
      numbers.map((number) => {
        const refused = Number(count.get(number, first * HOUR_MS)?.['count'])
        return [number, { refused, ended: ended.get(number) ?? 0 }]
      }),
    )
  }

  /** Ids of disputes, what is due first and what nothing is due of last, and the place to go on from where there may be more. */
  byDue(
    filter: DueFilter,
    after: string | undefined,
    limit: number,
  ): { readonly ids: readonly string[]; readonly after: string | undefined } {
    const conditions: string[] = []
    const values: SQLInputValue[] = []
    const also = (condition: string, ...given: SQLInputValue[]): void => {
      conditions.push(condition)
      values.push(...given)
    }
    if (filter.status !== undefined) also('status = ?', filter.status)
    if (filter.isOpen !== undefined) also('isOpen = ?', filter.isOpen ? 1 : 0)
    if (filter.blocker !== undefined) also('blocker = ?', filter.blocker)
    if (filter.group !== undefined) also('"group" = ?', filter.group)
    if (filter.number !== undefined)
      also('number IN (SELECT dispute FROM dispute_number WHERE number = ?)', filter.number)
    if (filter.dueBefore !== undefined) also('due < ?', filter.dueBefore)
    const [, due, number] = /^(\d{1,16})\.(\d{1,15})$/.exec(after ?? '') ?? []
    if (due !== undefined) also('(due, number) > (?, ?)', Number(due), Number(number))
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    const rows = this.#db
      .prepare(`SELECT id, due, number FROM dispute ${where} ORDER BY due, number LIMIT ?`)
      .all(...values, limit)
    const last = rows.length < limit ? undefined : rows.at(-1)
    return {
      ids: rows.map((row) => String(row['id'])),
      after: last && `${Number(last['due'])}.${Number(last['number'])}`,
    }
  }

  /** How many disputes are open, of how many something is overdue, and by status. */
  openDisputes(nowMs: number): {
    readonly open: number
    readonly overdue: number
    readonly byStatus: ReadonlyMap<DisputeStatus, number>
  } {
    const rows = this.#db
      .prepare(
        'SELECT status, count(*) AS count, sum(due < ?) AS overdue FROM dispute WHERE isOpen = 1 GROUP BY status',
      )
      .all(nowMs)
    const sum = (name: string): number => rows.reduce((total, row) => total + Number(row[name]), 0)
    return {
      open: sum('count'),
      overdue: sum('overdue'),
      byStatus: new Map(rows.map((row) => [String(row['status']) as DisputeStatus, Number(row['count'])])),
    }
  }

  /** Disputes that are not settled, by the group that they are of. */
  openByGroup(groups: readonly number[]): ReadonlyMap<number, readonly string[]> {
    const found = new Map<number, string[]>()
    const rows = this.#db
      .prepare(
        `SELECT "group", id FROM dispute WHERE isOpen = 1 AND "group" IN (SELECT value FROM json_each(?)) ORDER BY number`,
      )
      .all(JSON.stringify(groups))
    for (const row of rows) {
      const group = Number(row['group'])
      found.set(group, [...(found.get(group) ?? []), String(row['id'])])
    }
    return found
  }

  close(): void {
    this.#db.close()
  }
}

/** Opens it on a store that is there. Throws `StoreError`. */
export function openCallingReader(url: string): CallingReader {
  return new CallingReader(openForReading(parseStoreUrl(url)))
}

const HOUR_MS = 3_600_000
/** Refused calls of one number and day that are counted one by one. */
const COUNTED_MAX = 100_000
