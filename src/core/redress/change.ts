import type { CaseActor, CaseEventContent } from './case-event.ts'
import type { ProofChallenge } from './proof.ts'
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
  /** Links that lead to cases from now on. */
  readonly tokens?: readonly NewToken[] | undefined
  readonly challenges?: readonly NewChallenge[] | undefined
  /**
   * Names of what may happen once only, an alert or a request that is sent again: where one is there already, nothing of the
   * change is recorded.
   */
  readonly marks?: readonly { readonly name: string; readonly value: string }[] | undefined
  /** Addresses that somebody showed to read: from now on notices go there. */
  readonly confirms?: readonly string[] | undefined
}

/** A link as the store keeps it. */
export type NewToken = {
  /** SHA-256 of the token, 64 hexadecimal digits. */
  readonly hash: string
  readonly case: string
  readonly purpose: 'status' | 'confirm'
  /** Milliseconds since 1970; undefined for as long as the case is kept. */
  readonly until: number | undefined
}

/** A number to dial, and who is to dial it. */
export type NewChallenge = ProofChallenge & { readonly case: string }

/** An `effective` event names the change's own new entries: the store fills in their ids. */
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
  /** Only one `confirm` may go to an address that never confirmed anything; of `owner`, all that waits becomes one. */
  readonly purpose: 'confirm' | 'notice' | 'owner' | 'alert'
}

/** Who changed what, for the audit trail; no telephone number may stand in it. */
export type DeskAudit = {
  readonly by: { readonly name: string; readonly account: string }
  readonly action: string
  readonly subject: string
  readonly detail: Readonly<Record<string, unknown>>
}
