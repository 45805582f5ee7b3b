import type { Claim } from './claim.ts'
import type { CaseView } from './case-view.ts'
import type { EvidenceFile } from './case-event.ts'
import type { ProofChallenge } from './proof.ts'

/** What the public pages and the API of the desk ask for. Whoever implements it keeps the limits and records before it answers. */
export type Desk = {
  /** The block behind a receipt; undefined alike for a forged, an unknown and an expired one. */
  block(receipt: string): Promise<BlockSummary | undefined>
  file(claim: Claim, from: Visitor): Promise<Filed>
  /** Follows the link in the first message. */
  confirm(token: string): Promise<Confirmed>
  /** Whether somebody has followed it already; false alike for what is no such link. */
  isConfirmed(token: string): Promise<boolean>
  /** Sends the first message again, to the same address with the same link, `RESENDS_MAX` times. */
  resend(token: string, from: Visitor): Promise<Done>
  /** By the unguessable part of a status link; undefined alike for wrong and forbidden ones. */
  status(token: string): Promise<CaseView | undefined>
  answer(token: string, text: string, from: Visitor): Promise<Done>
  withdraw(token: string, reason: string, from: Visitor): Promise<Done>
  /** Something has changed since the case was closed. */
  reopen(token: string, reason: string, from: Visitor): Promise<Done>
  addEvidence(
    token: string,
    file: EvidenceUpload,
    from: Visitor,
  ): Promise<Done | { readonly kind: 'added'; readonly file: EvidenceFile }>
  /** Asks for a number to dial from the one that is to be proved. */
  challenge(token: string, number: string, from: Visitor): Promise<ProofChallenge | Done>
  /** What a subscriber of the provider asks for himself. */
  subscriber(request: SubscriberRequest, from: Visitor): Promise<Filed>
  /** The calls to a subscriber's number that were blocked in the 28 days before he asked, once that is granted; by his status link. */
  blockedList(token: string): Promise<readonly BlockedCall[] | undefined>
  /** Figures of past months, where the operator publishes them. */
  transparency(): Promise<readonly MonthlyFigures[] | undefined>
}

/** Who asks over HTTP; the address is believed (proxies are taken off). */
export type Visitor = {
  readonly address: string
  /** The answer to a puzzle, where one was asked for. */
  readonly work: string | undefined
  /** Whether he sat out a wait in place of a puzzle, as people do whose browser runs no scripts; as good as `work`. */
  readonly waited: boolean
  /** By which door he came; by a page where nothing is said. */
  readonly way?: 'page' | 'api' | undefined
  /** `Idempotency-Key` of a machine, or the form's own. */
  readonly once: string | undefined
}

/** What a block's own page says; nothing in it tells a score, a list's name, or a called digit behind the area. */
export type BlockSummary = {
  readonly receipt: string
  readonly at: number
  readonly calling: string
  /** Masked: `+1415xxxxxxx`. */
  readonly called: string
  readonly category: BlockCategory
  /** What was crossed, in words for the public; empty where nothing may be said. */
  readonly grounds: string
  /** Whether the row was found; a receipt tells the rest where it is out of reach. */
  readonly isRecorded: boolean
}

/** Why a call was blocked, as its caller is told. Of analytics: what calls did, what was found of the number, or how they were signed. */
export type BlockCategory = (typeof BLOCK_CATEGORIES)[number]

export const BLOCK_CATEGORIES = [
  'analytics',
  'unwanted',
  'unsigned',
  'spoofed',
  'called-party',
  'do-not-originate',
  'invalid',
  'unallocated',
  'ordered',
  'unknown',
] as const

export type Filed =
  | { readonly kind: 'filed'; readonly case: string; readonly token: string; readonly needsConfirmation: boolean }
  | Refused

export type Confirmed = { readonly kind: 'confirmed'; readonly token: string } | { readonly kind: 'unknown' }

export type Done = { readonly kind: 'done' } | Refused

/** Nothing was saved. */
export type Refused =
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'limited'
      readonly retryAfterMs: number
      readonly of: 'address' | 'number' | 'mail-domain' | 'mail-address'
    }
  | { readonly kind: 'full'; readonly retryAfterMs: number }
  | { readonly kind: 'unsaved'; readonly retryAfterMs: number }
  /** A puzzle is to be solved first: `Visitor.work` answers it. */
  | { readonly kind: 'work'; readonly puzzle: string; readonly bits: number }
  | { readonly kind: 'refused'; readonly field: string; readonly problem: string }

export type EvidenceUpload = { readonly name: string; readonly type: string; readonly octets: Uint8Array }

export type SubscriberRequest = {
  readonly wants: 'blocked-list' | 'opt-out' | 'opt-in' | 'unblock' | 'block'
  /** The subscriber's own number. */
  readonly number: string
  /** Whom to let through or refuse. */
  readonly caller: string | undefined
  readonly email: string
  readonly name: string
  /** What the provider's portal handed over to say that it knows this subscriber; undefined: a case worker checks. */
  readonly token: string | undefined
}

/** A blocked call as its called party may know it. 47 CFR 64.1200(k)(10). */
export type BlockedCall = {
  readonly at: number
  /** As `formatParty` writes it; `withheld` and the like stay words. */
  readonly calling: string
  readonly program: string
}

export type MonthlyFigures = {
  /** `2026-11`. */
  readonly month: string
  readonly received: number
  readonly firstStatusMedianMs: number | undefined
  readonly decisionMedianMs: number | undefined
  readonly lifted: number
  readonly upheld: number
  readonly regressed: number
}
