import type { CaseActor, CaseEventContent } from './case-event.ts'
import type { NewStanding } from './standing.ts'

/**
 * What one step of the desk records: all of it or nothing, in one transaction of the store, on stable storage before
 * anybody is told. `core` computes it from what is known and asked for; the store only writes it down.
 */
export type DeskChange = {
  readonly at: number
  readonly events: readonly NewCaseEvent[]
  /** Messages that leave later, at least once, each under its own Message-ID. */
  readonly mails: readonly NewMail[]
  readonly standing: readonly NewStanding[]
  /** Ids of standing entries that end now. */
  readonly ended: readonly number[]
  readonly audit: readonly DeskAudit[]
}

export type NewCaseEvent = {
  readonly case: string
  /** The place that it is meant for: somebody who was quicker makes the whole change fail, and it is computed anew. */
  readonly seq: number
  readonly actor: CaseActor
} & CaseEventContent

/** A message before it has its Message-ID, which the store gives it once and for good. */
export type NewMail = {
  readonly to: string
  readonly subject: string
  /** Plain text. */
  readonly text: string
  /** The case, registration or account that it belongs to: messages of one thread refer to the first. */
  readonly thread: string
  /** Only one `confirm` may go to an address that never confirmed anything. */
  readonly purpose: 'confirm' | 'notice' | 'alert'
}

/** Who changed what, for the audit trail; no telephone number may stand in it. */
export type DeskAudit = {
  readonly by: { readonly name: string; readonly account: string }
  readonly action: string
  readonly subject: string
  readonly detail: Readonly<Record<string, unknown>>
}
