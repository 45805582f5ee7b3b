import type { DatabaseSync } from 'node:sqlite'
import { Conditions } from './conditions.ts'

/** Who did something: the name they go by, and the account of the machine that it was done from. */
export type Actor = { readonly name: string; readonly account: string }

/** One change, as the audit trail has it: nothing in it is ever edited or deleted, so no telephone number may stand in it. */
export type AuditEntry = {
  readonly at: number
  readonly by: Actor
  readonly action: AuditAction
  /** What was changed: `policy 7`, `ledger`. */
  readonly subject: string
  /** What more there is to know; as JSON in the store. */
  readonly detail: Readonly<Record<string, unknown>>
}

/** An entry of the trail with the number that tells its place. */
export type AuditRow = AuditEntry & { readonly number: number }

/** Everything that is worth an entry. */
export const AUDIT_ACTIONS = {
  'policy-applied': 'a policy came into force',
  'policy-staged': 'a policy waits for a second person',
  'policy-approved': 'a second person put a staged policy into force',
  'policy-taken-back': 'an earlier policy came into force again',
  'policy-adopted': 'a running gate judges by the policy from here on',
  'policy-refused': 'a running gate could not use a policy and kept the one before',
  'list-put': 'a list was uploaded',
  'list-taken-back': 'an earlier text of a list came into force again',
  'configuration-reloaded': 'a running gate read its configuration again',
  'configuration-refused': 'a running gate could not use a changed configuration and kept the one before',
  'receipt-keys-changed': 'keys of receipts came or went',
  'personal-data-erased': 'personal data were erased',
} as const

export type AuditAction = keyof typeof AUDIT_ACTIONS

export type AuditFilter = {
  readonly sinceMs?: number | undefined
  readonly action?: string | undefined
  readonly subject?: string | undefined
}

/** Adds an entry; inside the transaction of what it tells of, so that neither is there without the other. */
export function insertAudit(db: DatabaseSync, { at, by, action, subject, detail }: AuditEntry): void {
  db.prepare('INSERT INTO audit (at, actor, account, action, subject, detail) VALUES (?, ?, ?, ?, ?, ?)').run(
    at,
    by.name,
    by.account,
    action,
    subject,
    JSON.stringify(detail),
  )
}

/** Reads entries, newest first. */
export function readAudit(db: DatabaseSync, filter: AuditFilter, limit: number): AuditRow[] {
  const asked = new Conditions()
  if (filter.sinceMs !== undefined) asked.ask('at >= ?', filter.sinceMs)
  if (filter.action !== undefined) asked.ask('action = ?', filter.action)
  if (filter.subject !== undefined) asked.ask('subject = ?', filter.subject)
  return db
    .prepare(`SELECT * FROM audit ${asked.where} ORDER BY id DESC LIMIT ?`)
    .all(...asked.values, limit)
    .map((row) => ({
      number: Number(row['id']),
      at: Number(row['at']),
      by: { name: String(row['actor']), account: String(row['account']) },
      action: String(row['action']) as AuditAction,
      subject: String(row['subject']),
      detail: JSON.parse(String(row['detail'])) as AuditEntry['detail'],
    }))
}
