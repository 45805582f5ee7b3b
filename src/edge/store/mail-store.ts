import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { NewMail } from '#core/redress/change.ts'
import { joinOwnerLetters } from '#core/redress/letters.ts'

/** A message on its way out. */
export type MailRow = NewMail & {
  readonly id: number
  readonly at: number
  readonly attempts: number
  /** The same in every try. */
  readonly messageId: string
  /** The Message-ID of the first message of its thread, and of the one before it; undefined for the first. */
  readonly first: string | undefined
  readonly before: string | undefined
}

/**
 * Records a message in the transaction of what it tells of; it leaves later. Throws for a text that no header field may
 * have: whoever wrote it has to make it harmless. What is for the owner of a number is joined to what waits for him already.
 */
export function insertMail(db: DatabaseSync, mail: NewMail, at: number): void {
  for (const text of [mail.to, mail.subject, mail.thread])
    if (CONTROL.test(text)) throw new Error('a message has a control character in its address, subject or thread')
  if (mail.purpose === 'owner' && joinWaiting(db, mail)) return
  db.prepare(
    `INSERT INTO mail (half, at, due, attempts, recipient, subject, text, thread, purpose, state, why)
     VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, 'waiting', '')`,
  ).run(
    randomBytes(HALF_OCTETS).toString('base64url'),
    at,
    at,
    mail.to,
    mail.subject,
    mail.text,
    mail.thread,
    mail.purpose,
  )
}

/** Joins a letter to one that waits for the same owner and was never tried; false where there is none. */
function joinWaiting(db: DatabaseSync, mail: NewMail): boolean {
  const waiting = db
    .prepare(
      `SELECT id, text FROM mail WHERE lower(recipient) = ? AND doneAt IS NULL AND state = 'waiting'
         AND purpose = 'owner' AND attempts = 0`,
    )
    .get(canonicalAddress(mail.to))
  if (waiting === undefined) return false
  db.prepare('UPDATE mail SET text = ? WHERE id = ?').run(
    joinOwnerLetters(String(waiting['text']), mail.text),
    waiting['id']!,
  )
  return true
}

/** Notes that somebody showed to read mail to this address: from now on notices go there. */
export function confirmAddress(db: DatabaseSync, address: string, at: number): void {
  db.prepare('INSERT INTO mail_address (address, confirmedAt) VALUES (?, ?) ON CONFLICT DO NOTHING').run(
    canonicalAddress(address),
    at,
  )
}

/**
 * Takes a message that is due, so that nobody else takes it for `leaseMs`; undefined where none is. Its Message-ID is on
 * stable storage before it is handed out. A notice waits until its address is confirmed, and whatever an address gets beyond
 * `perDay` in 24 hours waits until then; alerts, which go to the operator's own people, do not. What is for the owner of a
 * number counts apart, one in 24 hours: neither drowns the other.
 */
export function takeMail(
  db: DatabaseSync,
  { now, leaseMs, domain, perDay, noticesPerDay, onGivenUp }: TakeTerms,
): MailRow | undefined {
  db.exec('BEGIN IMMEDIATE')
  try {
    const row = nextDue(db, now, { perDay, noticesPerDay }, onGivenUp)
    if (row !== undefined) {
      db.prepare(
        `UPDATE mail SET due = ?, attempts = attempts + 1, messageId = coalesce(messageId, '<' || half || '@' || ? || '>')
         WHERE id = ?`,
      ).run(now + leaseMs, domain, row)
    }
    const taken = row === undefined ? undefined : readMail(db, row)
    db.exec('COMMIT')
    return taken
  } catch (cause) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw cause
  }
}

/** The server took it, with these words. */
export function markSent(db: DatabaseSync, id: number, now: number, words = ''): void {
  db.prepare("UPDATE mail SET state = 'sent', doneAt = ?, why = ? WHERE id = ?").run(now, words, id)
}

/** It is tried again at `due`. */
export function markDelayed(db: DatabaseSync, id: number, due: number, why: string): void {
  db.prepare('UPDATE mail SET due = ?, why = ? WHERE id = ?').run(due, why, id)
}

/** The server will never take it, or it was tried long enough. */
export function markGivenUp(db: DatabaseSync, id: number, now: number, why: string): void {
  db.prepare("UPDATE mail SET state = 'given-up', doneAt = ?, why = ? WHERE id = ?").run(now, why, id)
}

/** To which thread a reply belongs that refers to one of these Message-IDs; undefined for none of ours. */
export function findThread(
  db: DatabaseSync,
  references: readonly string[],
): { thread: string; to: string } | undefined {
  const find = db.prepare('SELECT thread, recipient FROM mail WHERE messageId = ?')
  const byHalf = db.prepare('SELECT thread, recipient, messageId FROM mail WHERE half = ?')
  for (const reference of references) {
    const half = /^<([A-Za-z0-9_-]{22})@/.exec(reference)?.[1]
    const row = half === undefined ? undefined : byHalf.get(half)
    const found = row?.['messageId'] === reference ? row : find.get(reference)
    if (found !== undefined) return { thread: String(found['thread']), to: String(found['recipient']) }
  }
  return undefined
}

/** Notes that a message came in, so that a second copy of it changes nothing; false where it was there before. */
export function noteReceived(
  db: DatabaseSync,
  { messageId, thread, outcome, at }: { messageId: string; thread: string; outcome: string; at: number },
): boolean {
  return (
    db
      .prepare('INSERT INTO mail_received (messageId, at, thread, outcome) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .run(messageId, at, thread, outcome).changes === 1
  )
}

/** Whether a message with this Message-ID came in before. */
export function wasReceived(db: DatabaseSync, messageId: string): boolean {
  return db.prepare('SELECT 1 FROM mail_received WHERE messageId = ?').get(messageId) !== undefined
}

/** Deletes what left or was given up before then, and what came in: addresses and texts are personal. */
export function eraseMail(db: DatabaseSync, beforeMs: number): number {
  const gone = db.prepare('DELETE FROM mail WHERE doneAt < ?').run(beforeMs).changes
  db.prepare('DELETE FROM mail_received WHERE at < ?').run(beforeMs)
  return Number(gone)
}

/**
 * Gives up what has waited since before then, whatever it waits for: an address that nobody confirms, or a server of mail
 * that was never named. Answers how many.
 */
export function giveUpWaiting(db: DatabaseSync, beforeMs: number, now: number): number {
  const { changes } = db
    .prepare(
      `UPDATE mail SET state = 'given-up', doneAt = ?, why = 'not sent: it waited too long' WHERE state = 'waiting' AND at < ?`,
    )
    .run(now, beforeMs)
  return Number(changes)
}

/** Deletes the messages of a thread and those to others about it, within the caller's transaction. */
export function eraseThread(db: DatabaseSync, thread: string): void {
  const erase = db.prepare('DELETE FROM mail WHERE thread = ?')
  for (const one of [thread, `owner:${thread}`, `alert:${thread}`]) erase.run(one)
}

/** Deletes addresses that were confirmed before then and belong to no case or registration any more; answers how many. */
export function eraseAddresses(db: DatabaseSync, beforeMs: number, limit: number): number {
  const { changes } = db
    .prepare(
      `DELETE FROM mail_address WHERE address IN (SELECT address FROM mail_address AS old WHERE confirmedAt < ?
         AND NOT EXISTS (SELECT 1 FROM case_claimant WHERE mail = old.address)
         AND NOT EXISTS (SELECT 1 FROM registration_view WHERE mail = old.address) LIMIT ?)`,
    )
    .run(beforeMs, limit)
  return Number(changes)
}

/** How many messages wait, how many of them for a confirmation, and since when the oldest that could leave does. */
export function mailFigures(db: DatabaseSync, now: number): { waiting: number; overdueMs: number; givenUp: number } {
  const { waiting, oldest } = db
    .prepare("SELECT count(*) AS waiting, min(due) AS oldest FROM mail WHERE state = 'waiting'")
    .get()!
  const { count } = db.prepare("SELECT count(*) AS count FROM mail WHERE state = 'given-up'").get()!
  return {
    waiting: Number(waiting),
    overdueMs: oldest === null ? 0 : Math.max(0, now - Number(oldest)),
    givenUp: Number(count),
  }
}

/** Case does not tell mailboxes apart for us, although it might for their server: counting must not be fooled by it. */
export function canonicalAddress(address: string): string {
  return address.toLowerCase()
}

type TakeTerms = {
  readonly now: number
  readonly leaseMs: number
  readonly domain: string
  readonly perDay: number
  /** The same of notices, which only go to an address that its owner has confirmed. */
  readonly noticesPerDay: number
  /** Told of each message that is given up instead. */
  readonly onGivenUp?: () => void
}

function nextDue(
  db: DatabaseSync,
  now: number,
  { perDay, noticesPerDay }: Pick<TakeTerms, 'perDay' | 'noticesPerDay'>,
  onGivenUp: (() => void) | undefined,
): number | undefined {
  const candidates = db
    .prepare("SELECT id, recipient, purpose FROM mail WHERE state = 'waiting' AND due <= ? ORDER BY due, id LIMIT ?")
    .all(now, LOOKED_AT)
  const later = db.prepare('UPDATE mail SET due = ?, why = ? WHERE id = ?')
  for (const { id, recipient, purpose } of candidates) {
    if (purpose === 'alert') return Number(id)
    const address = canonicalAddress(String(recipient))
    if ((purpose === 'notice' || purpose === 'owner') && !isConfirmed(db, address)) {
      later.run(now + UNCONFIRMED_LOOK_MS, 'waits until the address is confirmed', id!)
      continue
    }
    if (purpose === 'owner') {
      const nextAt = ownerRoomAt(db, address, Number(id), now)
      if (nextAt <= now) return Number(id)
      later.run(nextAt, 'waits: one message a day tells the owner of numbers', id!)
      continue
    }
    const most = purpose === 'notice' ? noticesPerDay : perDay
    const freeAt = roomAt(db, address, most, now, purpose === 'notice')
    if (freeAt <= now) return Number(id)
    if (purpose === 'confirm') {
      // Held back it would leave tomorrow, and whoever files in a stranger's name would have a stranger's mailbox for good.
      markGivenUp(db, Number(id), now, `not sent: ${perDay} messages went to this address within a day`)
      onGivenUp?.()
      continue
    }
    later.run(freeAt, `waits: ${most} messages went to this address within a day`, id!)
  }
  return undefined
}

function isConfirmed(db: DatabaseSync, address: string): boolean {
  return db.prepare('SELECT 1 FROM mail_address WHERE address = ?').get(address) !== undefined
}

/**
 * How long until a message that asks to confirm could leave to an address, those that wait for it counted with those that
 * left; 0 for now.
 */
export function confirmWaitMs(db: DatabaseSync, address: string, perDay: number, now: number): number {
  const mailbox = mailboxOf(canonicalAddress(address))
  const { count } = db
    .prepare(
      `SELECT count(*) AS count FROM mail WHERE ${TO_MAILBOX} AND doneAt IS NULL AND state = 'waiting'
         AND purpose = 'confirm' AND at > ?`,
    )
    .get(...mailbox, now - DAY_MS)!
  const left = perDay - Number(count)
  return left <= 0 ? DAY_MS : roomAt(db, canonicalAddress(address), left, now, false) - now
}

/** When the address may get another message: notices and what comes unasked are counted apart. */
function roomAt(db: DatabaseSync, address: string, perDay: number, now: number, isNotice: boolean): number {
  const rows = db
    .prepare(
      `SELECT doneAt FROM mail WHERE ${TO_MAILBOX} AND state = 'sent' AND ${isNotice ? `purpose = 'notice'` : `purpose NOT IN ('alert', 'owner', 'notice')`} AND doneAt > ?
       ORDER BY doneAt DESC LIMIT ?`,
    )
    .all(...mailboxOf(address), now - DAY_MS, perDay)
  return rows.length < perDay ? now : Number(rows.at(-1)!['doneAt']) + DAY_MS
}

/** When the owner of numbers may be told: a day after the last time, and after one that is under way. */
function ownerRoomAt(db: DatabaseSync, address: string, id: number, now: number): number {
  const { last } = db
    .prepare(
      `SELECT max(CASE state WHEN 'sent' THEN doneAt + ? ELSE ? END) AS last FROM mail
       WHERE lower(recipient) = ? AND purpose = 'owner' AND id <> ?
         AND (state = 'sent' AND doneAt > ? OR state = 'waiting' AND attempts > 0 AND id < ?)`,
    )
    .get(DAY_MS, now + UNCONFIRMED_LOOK_MS, address, id, now - DAY_MS, id)!
  return last === null ? now : Number(last)
}

/** What `TO_MAILBOX` asks. Behind a plus stands no other mailbox: a stranger would get as many messages as there are tags. */
function mailboxOf(address: string): [string, string, string, number, string] {
  const at = address.lastIndexOf('@')
  const [name, domain] = [address.slice(0, at).replace(/(?<=.)\+.*$/, ''), address.slice(at)]
  return [name + domain, `${name}+`, `${name},`, -domain.length, domain]
}

function readMail(db: DatabaseSync, id: number): MailRow {
  const row = db.prepare('SELECT * FROM mail WHERE id = ?').get(id)!
  const thread = db
    .prepare('SELECT messageId FROM mail WHERE thread = ? AND id < ? AND messageId IS NOT NULL ORDER BY id')
    .all(String(row['thread']), id)
    .map(({ messageId }) => String(messageId))
  return {
    id,
    at: Number(row['at']),
    attempts: Number(row['attempts']),
    messageId: String(row['messageId']),
    to: String(row['recipient']),
    subject: String(row['subject']),
    text: String(row['text']),
    thread: String(row['thread']),
    purpose: row['purpose'] as NewMail['purpose'],
    first: thread[0],
    before: thread.at(-1),
  }
}

// oxlint-disable-next-line no-control-regex -- these are what must not be there
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/
const HALF_OCTETS = 16
const TO_MAILBOX = `(lower(recipient) = ? OR (lower(recipient) >= ? AND lower(recipient) < ?
  AND substr(lower(recipient), ?) = ?))`
const DAY_MS = 86_400_000
/** Messages that are looked at for one that may leave. */
const LOOKED_AT = 200
/** How soon a notice is looked at again whose address nobody has confirmed. */
const UNCONFIRMED_LOOK_MS = 60_000
