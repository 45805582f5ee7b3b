import type { DatabaseSync } from 'node:sqlite'

/** Something that happened to a case, on its way to somebody who wants to hear of it. */
export type NewsParcel = {
  readonly id: number
  /** The case's public id, and which of its events. */
  readonly case: string
  readonly seq: number
  readonly at: number
  readonly attempts: number
}

/** Begins to follow what happens to cases for a hook, from now on; one that is followed already goes on where it was. */
export function followNews(db: DatabaseSync, hook: string): void {
  db.prepare(
    'INSERT INTO news (hook, id) VALUES (?, (SELECT coalesce(max(id), 0) FROM case_event)) ON CONFLICT DO NOTHING',
  ).run(hook)
}

/** Makes parcels of new events, `limit` at most, of those kinds or of all; answers how many events it looked at. */
export function gatherNews(
  db: DatabaseSync,
  hook: string,
  kinds: readonly string[] | undefined,
  limit: number,
): number {
  db.exec('BEGIN IMMEDIATE')
  try {
    const rows = db
      .prepare(
        `SELECT case_event.id AS id, case_event.at AS at, kind, seq, desk_case.id AS name FROM case_event
         JOIN desk_case ON desk_case.number = case_event."case"
         WHERE case_event.id > (SELECT id FROM news WHERE hook = ?) ORDER BY case_event.id LIMIT ?`,
      )
      .all(hook, limit)
    const insert = db.prepare(
      'INSERT INTO news_parcel (hook, event, at, due, attempts) VALUES (?, ?, ?, 0, 0) ON CONFLICT DO NOTHING',
    )
    for (const { at, kind, seq, name } of rows)
      if (kinds === undefined || kinds.includes(String(kind))) insert.run(hook, `${String(name)}-${Number(seq)}`, at!)
    const last = rows.at(-1)
    if (last !== undefined) db.prepare('UPDATE news SET id = ? WHERE hook = ?').run(last['id']!, hook)
    db.exec('COMMIT')
    return rows.length
  } catch (cause) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw cause
  }
}

/** What is due for a hook, oldest first; where whoever hears is another for each case, of each case the first only. */
export function dueNews(db: DatabaseSync, hook: string, now: number, limit: number, isByCase: boolean): NewsParcel[] {
  const due = 'FROM news_parcel WHERE hook = ? AND due <= ?'
  const some = isByCase
    ? `FROM news_parcel WHERE id IN (SELECT min(id) ${due} GROUP BY rtrim(event, '0123456789'))`
    : due
  return db
    .prepare(`SELECT id, event, at, attempts ${some} ORDER BY due, id LIMIT ?`)
    .all(hook, now, limit)
    .map(({ id, event, at, attempts }) => {
      const name = String(event)
      const end = name.lastIndexOf('-')
      return {
        id: Number(id),
        case: name.slice(0, end),
        seq: Number(name.slice(end + 1)),
        at: Number(at),
        attempts: Number(attempts),
      }
    })
}

/** It was taken, or given up. */
export function removeNews(db: DatabaseSync, { id }: NewsParcel): void {
  db.prepare('DELETE FROM news_parcel WHERE id = ?').run(id)
}

/** It is told again, not before then. */
export function retryNews(db: DatabaseSync, { id }: NewsParcel, due: number): void {
  db.prepare('UPDATE news_parcel SET due = ?, attempts = attempts + 1 WHERE id = ?').run(due, id)
}

/** How many parcels wait, for all hooks. */
export function waitingNews(db: DatabaseSync): number {
  return Number(db.prepare('SELECT count(*) AS count FROM news_parcel').get()!['count'])
}
