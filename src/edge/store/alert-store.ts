import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Alert, AlertDecision, AlertMemory, CarrierDay } from '#core/observe/alert.ts'
import { eraseMail, insertMail } from './mail-store.ts'
import { openForWriting, parseStoreUrl } from './schema.ts'

/** An alert that a webhook is still to be told of. */
export type AlertParcel = Alert & {
  readonly id: number
  readonly hook: string
  /** The same in every try. */
  readonly event: string
  readonly at: number
  readonly attempts: number
}

/** Who hears of alerts. */
export type AlertReceivers = { readonly mails: readonly string[]; readonly hooks: readonly string[] }

/** What people were told, on stable storage with the messages that tell it; two processes tell nothing twice. */
export class AlertStore {
  readonly #db: DatabaseSync

  constructor(url: string) {
    this.#db = openForWriting(parseStoreUrl(url), 'full')
  }

  /** Records what `decide` comes to, by what was told until now, all or nothing. Answers with what is told. */
  record(receivers: AlertReceivers, nowMs: number, decide: (memory: AlertMemory) => AlertDecision): readonly Alert[] {
    const db = this.#db
    db.exec('BEGIN IMMEDIATE')
    try {
      const { alerts, remember } = decide(this.#memory(nowMs))
      const keep = db.prepare('INSERT OR REPLACE INTO monitor_told (name, value, at) VALUES (?, ?, ?)')
      for (const { name, value } of remember) keep.run(name, value, nowMs)
      for (const alert of alerts) this.#add(alert, receivers, nowMs)
      db.exec('COMMIT')
      return alerts
    } catch (cause) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw cause
    }
  }

  /** Takes alerts that a webhook is due to hear of, so that nobody else takes them for `leaseMs`. */
  take(hook: string, nowMs: number, leaseMs: number, limit: number): AlertParcel[] {
    const rows = this.#db
      .prepare(
        `UPDATE monitor_alert_parcel SET due = ?, attempts = attempts + 1 WHERE hook = ? AND alert IN
           (SELECT alert FROM monitor_alert_parcel WHERE hook = ? AND due <= ? ORDER BY due LIMIT ?)
         RETURNING alert, attempts`,
      )
      .all(nowMs + leaseMs, hook, hook, nowMs, limit)
    const find = this.#db.prepare('SELECT * FROM monitor_alert WHERE id = ?')
    return rows.flatMap(({ alert, attempts }) => {
      const row = find.get(Number(alert))
      if (row === undefined) return []
      return {
        id: Number(alert),
        hook,
        attempts: Number(attempts),
        event: String(row['event']),
        at: Number(row['at']),
        kind: String(row['kind']) as Alert['kind'],
        thread: '',
        subject: String(row['subject']),
        text: String(row['text']),
      }
    })
  }

  /** It was taken, or was tried long enough. */
  remove({ hook, id }: AlertParcel): void {
    this.#db.prepare('DELETE FROM monitor_alert_parcel WHERE hook = ? AND alert = ?').run(hook, id)
  }

  retry({ hook, id }: AlertParcel, due: number): void {
    this.#db.prepare('UPDATE monitor_alert_parcel SET due = ? WHERE hook = ? AND alert = ?').run(due, hook, id)
  }

  /** Alerts that webhooks still wait for. */
  get waiting(): number {
    return Number(this.#db.prepare('SELECT count(*) AS count FROM monitor_alert_parcel').get()!['count'])
  }

  /** Calls whose end was seen, by carrier, since then. */
  carriers(sinceMs: number): CarrierDay[] {
    return this.#db
      .prepare(
        `SELECT carrier, sum(answered + refused + cancelled) AS calls, sum(refused) AS refused
         FROM monitor_count JOIN monitor_pair ON monitor_pair.id = pair WHERE hour >= ? GROUP BY carrier`,
      )
      .all(Math.floor(sinceMs / HOUR_MS))
      .map((row) => ({
        carrier: String(row['carrier']),
        calls: Number(row['calls']),
        refused: Number(row['refused']),
      }))
  }

  /**
   * Deletes alerts told before then with what still waits of them, and what is remembered longer than anything is compared
   * with: how groups stood and that an open dispute was told of stay. Of messages goes what left before `mailBeforeMs`.
   */
  erase(beforeMs: number, mailBeforeMs: number): void {
    const db = this.#db
    db.exec('BEGIN IMMEDIATE')
    try {
      db.prepare('DELETE FROM monitor_alert_parcel WHERE alert IN (SELECT id FROM monitor_alert WHERE at < ?)').run(
        beforeMs,
      )
      db.prepare('DELETE FROM monitor_alert WHERE at < ?').run(beforeMs)
      db.prepare(
        `DELETE FROM monitor_told WHERE at < ? AND name NOT LIKE 'group %'
           AND NOT (name LIKE 'dispute %' AND substr(name, 9, 22) IN (SELECT id FROM dispute WHERE isOpen = 1))`,
      ).run(beforeMs)
      eraseMail(db, mailBeforeMs)
      db.exec('COMMIT')
    } catch (cause) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw cause
    }
  }

  close(): void {
    this.#db.close()
  }

  #memory(nowMs: number): AlertMemory {
    const find = this.#db.prepare('SELECT value, at FROM monitor_told WHERE name = ?')
    const recent = this.#db
      .prepare(
        "SELECT sum(kind NOT IN ('more', 'digest')) AS single, sum(kind = 'more') AS more FROM monitor_alert WHERE at > ?",
      )
      .get(nowMs - HOUR_MS)!
    return {
      told(name) {
        const row = find.get(name)
        return row === undefined ? undefined : { value: String(row['value']), at: Number(row['at']) }
      },
      lastHour: Number(recent['single'] ?? 0),
      isSummed: Number(recent['more'] ?? 0) > 0,
    }
  }

  #add({ kind, thread, subject, text }: Alert, { mails, hooks }: AlertReceivers, nowMs: number): void {
    const { lastInsertRowid } = this.#db
      .prepare('INSERT INTO monitor_alert (event, at, kind, subject, text) VALUES (?, ?, ?, ?, ?)')
      .run(randomBytes(EVENT_OCTETS).toString('base64url'), nowMs, kind, subject, text)
    for (const to of mails) insertMail(this.#db, { to, subject, text, thread, purpose: 'alert' }, nowMs)
    for (const hook of hooks)
      this.#db
        .prepare('INSERT INTO monitor_alert_parcel (hook, alert, due, attempts) VALUES (?, ?, ?, 0)')
        .run(hook, lastInsertRowid, nowMs)
  }
}

const HOUR_MS = 3_600_000
const EVENT_OCTETS = 16
