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
  'shadow-judged': 'somebody said whether calls that a rule in shadow mode would have blocked are wanted',
  'list-texts-deleted': 'texts of lists were deleted that no version of late uses',
  'configuration-reloaded': 'a running gate read its configuration again',
  'configuration-refused': 'a running gate could not use a changed configuration and kept the one before',
  'receipt-keys-changed': 'keys of receipts came or went',
  'personal-data-erased': 'personal data were erased',
  'account-made': 'an account was made',
  'account-invited': 'somebody was invited to have an account',
  'account-invitation-withdrawn': 'an invitation to have an account was withdrawn before it was taken up',
  'account-role-changed': 'an account got another role',
  'account-deactivated': 'an account was closed',
  'account-reactivated': 'a closed account was opened again',
  'account-reset': 'password and second factor of an account were taken away',
  'account-password-changed': 'an account got another password',
  'account-second-factor-set': 'an account got a second factor',
  'account-recovery-codes-made': 'an account got new recovery codes',
  'account-identity-linked': 'an identity of another provider signs in to an account',
  'account-signed-in': 'somebody signed in',
  'account-sign-in-failed': 'somebody failed to sign in; more failures within the hour are not noted',
  'account-signed-out': 'sessions of an account were ended',
  'account-token-made': 'an account made an API token',
  'account-token-ended': 'an API token was ended',
  'registry-opened': 'somebody inside opened a registration',
  'registry-numbers-added': 'somebody inside added lines of numbers to a registration',
  'registry-numbers-removed': 'somebody inside took lines of numbers off a registration',
  'registry-vetted': 'a line of the checklist of a registration was looked at',
  'registry-proved': 'somebody inside checked who controls numbers of a registration',
  'registry-approved': 'a registration was approved',
  'registry-refused': 'a registration was refused',
  'registry-suspended': 'a registration was suspended',
  'registry-settled': 'it was settled whose a number is',
  'registry-corrected': 'an event of a registration was said to be wrong',
  'registry-withdrawn': 'somebody inside withdrew a registration',
  'registry-imported': 'a feed of another registry was taken from a file',
  'case-opened': 'somebody inside opened a case',
  'case-answered': 'somebody inside wrote down what a claimant answered',
  'case-withdrawn': 'somebody inside withdrew a case',
  'case-reopened': 'somebody inside opened a case again',
  'case-challenge-given': 'somebody inside gave a claimant a number to dial',
  'case-proved': 'somebody inside checked who controls numbers of a case',
  'case-assigned': 'a case was given to somebody, or taken away',
  'case-noted': 'somebody inside wrote a note on a case',
  'case-message-sent': 'somebody inside wrote to a claimant',
  'case-asked': 'somebody inside asked a claimant a question',
  'case-acknowledged': 'a claimant was told by telephone how his case stands',
  'case-decided': 'a case was decided',
  'case-corrected': 'an event of a case was said to be wrong',
  'blocked-list-read': 'somebody inside read the list of blocked calls of a subscriber',
  'case-erased': 'personal data of cases were erased',
  'group-marked': 'somebody inside said how a group of blocks stands',
  'dispute-filed': 'somebody inside filed a dispute',
  'probe-started': 'somebody inside started a probe',
  'probe-cancelled': 'somebody inside ended a probe before its time',
  'probe-shared': 'somebody inside made a link to the report of a probe',
  'probe-unshared': 'a link to the report of a probe was ended',
  'mail-tested': 'somebody inside sent a test mail',
  'webhook-tested': 'somebody inside sent a test event to a webhook',
  'test-call-placed': 'somebody inside had a test call placed at the gate',
  'peer-test-started': 'somebody inside started a test of a peer',
  'peer-test-ended': 'a test of a peer that somebody inside had started was over',
} as const

export type AuditAction = keyof typeof AUDIT_ACTIONS

export type AuditFilter = {
  readonly sinceMs?: number | undefined
  readonly beforeMs?: number | undefined
  /** Who, by name or by account. */
  readonly by?: string | undefined
  /** Older than the entry with this number: where the page before ended. */
  readonly after?: number | undefined
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
  if (filter.beforeMs !== undefined) asked.ask('at < ?', filter.beforeMs)
  if (filter.after !== undefined) asked.ask('id < ?', filter.after)
  if (filter.by !== undefined) asked.ask('? IN (actor, account)', filter.by)
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
