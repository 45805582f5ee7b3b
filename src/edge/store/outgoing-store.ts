import type { DatabaseSync } from 'node:sqlite'
import { type AuditEntry, insertAudit } from './audit.ts'
import { insertMail } from './mail-store.ts'
import type { Row } from './rows.ts'
import { explainSqlite, openForWriting, parseStoreUrl } from './schema.ts'

/** What waits to leave and what became of what left; and mails of a test. Each question reads some hundred rows at most, but for counting what waits. */
export type OutgoingStore = {
  mail(): MailStanding
  /** Events that a webhook still waits for, by the name it has in the store. */
  hook(name: string, use: 'blocks-and-cases' | 'alerts'): HookStanding
  /** Puts a message into the outbox, with its entry of the audit trail; answers its id, or undefined where `perHour` of the same thread were there. */
  addTest(mail: TestMail, entry: AuditEntry, perHour: number): string | undefined
  /** A message of a thread. */
  test(id: string, thread: string): TestRow | undefined
  note(entry: AuditEntry): void
  close(): void
}

export type MailStanding = {
  readonly waiting: number
  /** Milliseconds since 1970, like all that follows. */
  readonly oldest: number | undefined
  readonly lastSent: number | undefined
  /** The last that failed, in the words of the other side; `at` is undefined where it is being tried again. */
  readonly failure: { readonly at: number | undefined; readonly words: string } | undefined
}
export type HookStanding = { readonly waiting: number; readonly oldest: number | undefined; readonly tries: number }
export type TestMail = { readonly to: string; readonly subject: string; readonly text: string; readonly thread: string }
export type TestRow = {
  readonly id: string
  readonly to: string
  readonly at: number
  readonly state: 'waiting' | 'sent' | 'given-up'
  readonly attempts: number
  readonly due: number
  readonly doneAt: number | undefined
  readonly words: string
}

/** Opens what leaves of a store, beside whatever else writes to it. Throws StoreError. */
export function openOutgoingStore(url: string): OutgoingStore {
  const path = parseStoreUrl(url)
  const db = openForWriting(path, 'full')
  return {
    mail: () => readMailStanding(db),
    hook: (name, use) => readHook(db, name, use),
    addTest(mail, entry, perHour) {
      try {
        return addTest(db, mail, entry, perHour)
      } catch (cause) {
        throw explainSqlite(cause, path)
      }
    },
    test(id, thread) {
      const row = db.prepare('SELECT * FROM mail WHERE half = ? AND thread = ?').get(id, thread)
      return row && readTest(row)
    },
    note: (entry) => insertAudit(db, entry),
    close: () => db.close(),
  }
}

function readMailStanding(db: DatabaseSync): MailStanding {
  const { waiting, oldest } = db
    .prepare("SELECT count(*) AS waiting, min(at) AS oldest FROM mail WHERE state = 'waiting'")
    .get()!
  const tried = db
    .prepare(
      `SELECT why FROM (SELECT why, attempts, due FROM mail WHERE state = 'waiting' ORDER BY due LIMIT ?)
       WHERE attempts > 0 AND why <> '' ORDER BY due DESC LIMIT 1`,
    )
    .get(LOOKED_AT)
  const done = db
    .prepare('SELECT state, why, doneAt FROM mail WHERE doneAt IS NOT NULL ORDER BY doneAt DESC LIMIT ?')
    .all(LOOKED_AT)
  const sent = done.find(({ state }) => state === 'sent')
  const failed = done.find(({ state }) => state === 'given-up')
  return {
    waiting: Number(waiting),
    oldest: oldest === null ? undefined : Number(oldest),
    lastSent: sent && Number(sent['doneAt']),
    failure:
      tried === undefined
        ? failed && { at: Number(failed['doneAt']), words: String(failed['why']) }
        : { at: undefined, words: String(tried['why']) },
  }
}

function readHook(db: DatabaseSync, name: string, use: 'blocks-and-cases' | 'alerts'): HookStanding {
  const found =
    use === 'alerts'
      ? [
          db
            .prepare(
              `SELECT count(*) AS waiting, min(at) AS oldest, max(attempts) AS tries FROM monitor_alert_parcel
               JOIN monitor_alert ON monitor_alert.id = alert WHERE hook = ?`,
            )
            .get(name)!,
        ]
      : [
          db
            .prepare('SELECT count(*) AS waiting, min(at) AS oldest, max(attempts) AS tries FROM outbox WHERE hook = ?')
            .get(name)!,
          db
            .prepare(
              'SELECT count(*) AS waiting, min(at) AS oldest, max(attempts) AS tries FROM news_parcel WHERE hook = ?',
            )
            .get(`webhook ${name}`)!,
        ]
  const oldest = found.flatMap((row) => (row['oldest'] === null ? [] : [Number(row['oldest'])]))
  return {
    waiting: found.reduce((sum, row) => sum + Number(row['waiting']), 0),
    oldest: oldest.length === 0 ? undefined : Math.min(...oldest),
    tries: Math.max(...found.map((row) => Number(row['tries'] ?? 0))),
  }
}

function addTest(db: DatabaseSync, mail: TestMail, entry: AuditEntry, perHour: number): string | undefined {
  db.exec('BEGIN IMMEDIATE')
  try {
    const { count } = db
      .prepare('SELECT count(*) AS count FROM mail WHERE thread = ? AND at > ?')
      .get(mail.thread, entry.at - HOUR_MS)!
    if (Number(count) >= perHour) {
      db.exec('ROLLBACK')
      return undefined
    }
    // Like an alert it goes to the operator's own people: it waits for no confirmation, and takes no room from claimants.
    insertMail(db, { ...mail, purpose: 'alert' }, entry.at)
    const { half } = db.prepare('SELECT half FROM mail WHERE id = last_insert_rowid()').get()!
    insertAudit(db, entry)
    db.exec('COMMIT')
    return String(half)
  } catch (cause) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw cause
  }
}

function readTest(row: Row): TestRow {
  return {
    id: String(row['half']),
    to: String(row['recipient']),
    at: Number(row['at']),
    state: String(row['state']) as TestRow['state'],
    attempts: Number(row['attempts']),
    due: Number(row['due']),
    doneAt: row['doneAt'] === null ? undefined : Number(row['doneAt']),
    words: String(row['why']),
  }
}

const HOUR_MS = 3_600_000
/** Messages looked at for the last that failed or left. */
const LOOKED_AT = 500
