import type { Claim } from './claim.ts'
import type { Decision } from './decision.ts'
import type { Proof } from './proof.ts'

/**
 * What happened to a case, in its order; nothing else is kept of how a case stands (`readCase` computes it). Never edited:
 * what was wrong is set right by a `corrected` event.
 */
export type CaseEvent = {
  /** The case's public id: 128 random bits, 22 characters of base64url. */
  readonly case: string
  /** Counts from 1 without a gap. */
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly actor: CaseActor
} & CaseEventContent

export type CaseActor =
  | { readonly kind: 'claimant' }
  /** An operator's account, or a person at the command line. */
  | { readonly kind: 'worker'; readonly name: string }
  | { readonly kind: 'desk' }

/** One member for each kind. */
export type CaseEventContent =
  | {
      readonly kind: 'opened'
      readonly data: {
        readonly way: OpenedWay
        readonly claim: Claim
        /** What a subscriber of the provider asks for himself; then the claim tells who asks, and contests nothing. */
        readonly request?: SubscriberWish | undefined
        /** What the receipts said when the claim came: they can be opened for a while only. */
        readonly blocks?: readonly CaseBlock[] | undefined
      }
    }
  /** The claimant followed the link in the one message that is sent before any other. */
  | { readonly kind: 'confirmed'; readonly data: { readonly email: string } }
  /** The claimant was told how the case stands: what the 24-hour promise asks for. */
  | { readonly kind: 'acknowledged'; readonly data: { readonly by: 'mail' | 'page' | 'telephone' } }
  | { readonly kind: 'updated'; readonly data: CaseUpdate }
  | { readonly kind: 'asked'; readonly data: { readonly question: string } }
  | {
      readonly kind: 'answered'
      readonly data: { readonly text: string; readonly way: 'page' | 'api' | 'mail' | 'worker' }
    }
  | { readonly kind: 'decided'; readonly data: { readonly decision: Decision } }
  /** From `from` on the standing entries with these ids are in force at the gates. */
  | { readonly kind: 'effective'; readonly data: { readonly standing: readonly number[]; readonly from: number } }
  /** The first call after the lift that a gate let go on. */
  | { readonly kind: 'verified'; readonly data: { readonly number: string; readonly callAt: number } }
  /** A block within the lift, whose time is behind the lift's effective time. */
  | {
      readonly kind: 'regressed'
      readonly data: { readonly number: string; readonly receipt: string; readonly callAt: number }
    }
  | { readonly kind: 'expired'; readonly data: { readonly what: 'lift' | 'unconfirmed' | 'unanswered' } }
  | { readonly kind: 'withdrawn'; readonly data: { readonly reason: string } }
  | { readonly kind: 'reopened'; readonly data: { readonly reason: string } }
  | { readonly kind: 'corrected'; readonly data: { readonly seq: number; readonly reason: string } }

/** A block that is contested, as its receipt tells it; `calling` as `formatParty` writes it. */
export type CaseBlock = { readonly receipt: string; readonly at: number; readonly calling: string }

/** A subscriber's request as the case keeps it: without the token, which was checked when it came. */
export type SubscriberWish = {
  readonly wants: 'blocked-list' | 'opt-out' | 'opt-in' | 'unblock' | 'block'
  /** The subscriber's own number, E.164. */
  readonly number: string
  /** E.164, or `withheld` for all that hide their number; undefined where the wish is about no caller. */
  readonly caller: string | undefined
  /** Whether the provider's portal vouched for the subscriber; otherwise a case worker checks who asks. */
  readonly isVouched: boolean
}

export type OpenedWay = 'page' | 'api' | 'telephone' | 'mail' | 'letter'

export type CaseUpdate =
  | { readonly what: 'assigned'; readonly to: string | undefined }
  /** Read by those inside only. */
  | { readonly what: 'note'; readonly text: string }
  /** Read by the claimant too. */
  | { readonly what: 'message'; readonly text: string }
  | { readonly what: 'evidence'; readonly file: EvidenceFile }
  | { readonly what: 'proof'; readonly proof: Proof }

/** A file that was handed in; its octets lie outside of what is served. */
export type EvidenceFile = {
  /** 22 characters of base64url. */
  readonly id: string
  readonly name: string
  readonly type: string
  readonly octets: number
  /** SHA-256, 64 hexadecimal digits. */
  readonly hash: string
}
