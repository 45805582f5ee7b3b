import type { JournalRow } from '#core/ledger/ledger.ts'
import type { CaseEvent, EvidenceFile, OpenedWay, SubscriberWish } from './case-event.ts'
import type { CaseStatus } from './case-view.ts'
import type { Claim } from './claim.ts'
import type { Decision } from './decision.ts'
import type { BlockedCall, MonthlyFigures } from './desk.ts'
import type { Proof, ProofChallenge } from './proof.ts'
import type { NewStanding, Standing } from './standing.ts'

/**
 * What the provider's own people ask of the desk; whoever implements it records before it answers. Numbers are whole here:
 * who may ask is the guard's business.
 *
 * A step takes the `seq` of the last event that its worker had seen, where he had seen any: if the case has gone on since,
 * nothing is done and `changed` says so.
 */
export type Office = {
  /** One page of the queue, in the order of what is due first, or of the newest. */
  cases(filter: CaseFilter, after: string | undefined, limit: number): Promise<CasePage>
  case(id: string): Promise<CaseFile | undefined>
  /** For somebody who phoned or wrote. Without a mail address it is open at once. */
  open(opening: OfficeOpening, by: Worker): Promise<OfficeOpened>
  assign(id: string, to: string | undefined, by: Worker, seen?: number): Promise<Worked>
  /** Read by those inside only. */
  note(id: string, text: string, by: Worker, seen?: number): Promise<Worked>
  /** Goes to the claimant, by mail too where he has one. */
  message(id: string, text: string, by: Worker, seen?: number): Promise<Worked>
  ask(id: string, question: string, by: Worker, seen?: number): Promise<Worked>
  /** What the claimant said to a worker, or wrote outside of the desk. */
  answer(id: string, text: string, by: Worker, seen?: number): Promise<Worked>
  /** The claimant was told by telephone how the case stands. */
  acknowledge(id: string, by: Worker, seen?: number): Promise<Worked>
  /** A letter of authorisation or a confirmation by the number's provider that the worker has checked. */
  prove(id: string, proof: OfficeProof, by: Worker, seen?: number): Promise<Worked>
  /** A number to dial, to read out to somebody on the telephone. */
  challenge(id: string, number: string, by: Worker): Promise<ProofChallenge | Worked>
  /** What a decision would do and what its claimant would read; records nothing. */
  preview(id: string, decision: Decision): Promise<DecisionPreview | Worked>
  /** `override` is why a lift goes without proof of control; a lift that needs it and has none is refused. */
  decide(id: string, decision: Decision, override: string | undefined, by: Worker, seen?: number): Promise<Worked>
  /** Says that the event at that place was wrong; its standing entries end where it was a lift. */
  correct(id: string, event: number, reason: string, by: Worker, seen?: number): Promise<Worked>
  reopen(id: string, reason: string, by: Worker, seen?: number): Promise<Worked>
  withdraw(id: string, reason: string, by: Worker, seen?: number): Promise<Worked>
  /** Cases that are open for the same numbers, blocks of numbers or claimant. */
  similar(id: string): Promise<readonly CaseSummary[]>
  evidence(id: string): Promise<CaseEvidence | undefined>
  /** A file that the claimant handed in; never for showing in a page. */
  evidenceFile(id: string, file: string): Promise<EvidenceOctets | undefined>
  /**
   * 47 CFR 64.1200(k)(10): calls to a number of a subscriber that opt-in and opt-out programs blocked in the 28 days before a
   * time (`listBlockedCalls`). The audit trail hears who asked and how he knew the subscriber, but never the number.
   */
  blockedList(number: string, before: number, check: IdentityCheck): Promise<readonly BlockedCall[]>
  figures(from: string, to: string): Promise<readonly MonthlyFigures[]>
}

/** Who read a list, and how he knew that the subscriber asked. */
export type IdentityCheck = { readonly by: Worker; readonly identity: IdentityWay }

/** How a worker can know a subscriber: one of these and no words, for the audit trail is never erased. */
export const IDENTITY_WAYS = ['portal', 'call-back', 'document', 'in-person', 'account-secret'] as const

export type IdentityWay = (typeof IDENTITY_WAYS)[number]

/** Who does it: the name in events, the account in the audit trail. */
export type Worker = { readonly name: string; readonly account: string }

export type OfficeOpening = {
  readonly way: Exclude<OpenedWay, 'page' | 'api'>
  readonly claim: Claim
  readonly request?: SubscriberWish | undefined
  /** `Idempotency-Key`. */
  readonly once?: string | undefined
}

export type OfficeOpened =
  | {
      readonly kind: 'opened'
      readonly case: string
      /** Of the status link, to be told to the claimant. */
      readonly token: string
      readonly needsConfirmation: boolean
    }
  /** Its key came with another opening before. */
  | { readonly kind: 'key-reused' }
  | Exclude<Worked, { readonly kind: 'done' }>

export type OfficeProof = {
  /** E.164, or empty for all numbers of the case. */
  readonly number: string
  readonly way: 'letter' | 'provider' | 'registry'
  /** What was seen, in words: who signed, on which page, who confirmed. */
  readonly detail: string
}

export type Worked =
  /** `notes`: what the worker has to know all the same, in sentences. */
  | { readonly kind: 'done'; readonly seq: number; readonly notes?: readonly string[] | undefined }
  | { readonly kind: 'unknown' }
  /** Somebody was quicker; the place that the case has come to. */
  | { readonly kind: 'changed'; readonly seq: number }
  | { readonly kind: 'refused'; readonly field: string; readonly problem: string }
  | { readonly kind: 'unsaved'; readonly retryAfterMs: number }

/** Which cases; what is not said is not asked. */
export type CaseFilter = {
  readonly status?: CaseStatus | undefined
  /** Only those on which somebody has still to do something. */
  readonly isOpen?: boolean | undefined
  readonly isOverdue?: boolean | undefined
  readonly kind?: 'claim' | 'request' | undefined
  /** An account's name; empty for those that nobody has. */
  readonly assigned?: string | undefined
  /** E.164: as a contested number or as a subscriber's own. */
  readonly number?: string | undefined
  readonly receipt?: string | undefined
  /** Letters that stand together in the claimant's name, organisation, mail address or telephone, or in the purpose. */
  readonly text?: string | undefined
  /** Milliseconds since 1970. */
  readonly openedFrom?: number | undefined
  readonly openedBefore?: number | undefined
  /** `due` where nothing is said: what is due first, and behind it what nothing is due of. */
  readonly order?: 'due' | 'newest' | undefined
}

/** `after` is where the list goes on; a page of a search by text may have fewer cases than asked for, and still go on. */
export type CasePage = { readonly cases: readonly CaseSummary[]; readonly after: string | undefined }

/** A case as a line of a list. */
export type CaseSummary = {
  readonly id: string
  readonly kind: 'claim' | 'request'
  readonly status: CaseStatus
  readonly openedAt: number
  readonly due: CaseDue | undefined
  readonly isOverdue: boolean
  readonly assigned: string | undefined
  /** The first of them, and how many there are. */
  readonly numbers: readonly string[]
  readonly numberCount: number
  readonly claimant: string
  readonly seq: number
}

export type CaseDue = { readonly at: number; readonly what: 'status' | 'decision' | 'answer' }

/** One case whole, as those inside read it. */
export type CaseFile = {
  readonly summary: CaseSummary
  readonly claim: Claim
  readonly request: SubscriberWish | undefined
  readonly events: readonly CaseEvent[]
  /** All contested numbers, in the order they came. */
  readonly numbers: readonly string[]
  readonly next: string
  readonly question: string | undefined
  readonly decision: Decision | undefined
  readonly proofs: readonly Proof[]
  /** Numbers of the case for which nothing of full strength is there. */
  readonly unproven: readonly string[]
  readonly challenges: readonly ProofChallenge[]
  /** Files that the claimant handed in. */
  readonly evidence: readonly EvidenceFile[]
}

export type DecisionPreview = {
  readonly kind: 'preview'
  /** The message as the claimant would get it, without the link to his page; undefined where he has no mail. */
  readonly mail: { readonly to: string; readonly subject: string; readonly text: string } | undefined
  /** What the claimant is told either way, in paragraphs. */
  readonly words: readonly string[]
  /** What gates would hear. */
  readonly standing: readonly NewStanding[]
  /** Numbers that the decision would lift without full proof: it then asks for an override. */
  readonly unproven: readonly string[]
  /** Numbers that the decision does not let through, and that a lift of another case does all the same. */
  readonly stillLifted: readonly StillLifted[]
}

/** A number that is let through by a lift of another case; `until` in milliseconds since 1970, undefined for no end. */
export type StillLifted = { readonly number: string; readonly case: string; readonly until: number | undefined }

/** What a worker goes by. */
export type CaseEvidence = {
  /** The blocks of the case, as the ledger has them, with what today's policy would say of the same call. */
  readonly blocks: readonly EvidenceBlock[]
  /** Screened calls of the case's numbers, newest first: the calls behind the figure. */
  readonly calls: readonly JournalRow[]
  /** What gates know of its numbers now. */
  readonly standing: readonly Standing[]
  readonly registered: readonly { readonly number: string; readonly registration: string; readonly name: string }[]
  /** Other cases of the same numbers, newest first. */
  readonly earlier: readonly CaseSummary[]
}

export type EvidenceBlock = {
  readonly receipt: string
  readonly at: number
  readonly calling: string
  /** Whole: for those inside only. Empty where it is erased. */
  readonly called: string
  readonly rule: string
  readonly cause: string
  readonly program: string
  readonly policy: number | undefined
  readonly attestation: string
  /** What was crossed, with its figures. */
  readonly grounds: string
  readonly isReleased: boolean
  readonly isErased: boolean
  /** Place in the ledger, for the proof in a case file. */
  readonly entry:
    | {
        readonly chain: string
        readonly seq: number
        readonly hash: string
        /** The first signed checkpoint that holds it, as its line in the store; undefined before there is one. */
        readonly checkpoint?: string | undefined
      }
    | undefined
  readonly today: TodaysVerdict
}

export type TodaysVerdict =
  | { readonly kind: 'allow' }
  /** `isLifted` where a lift of its number is in force, which may spare the call all the same. */
  | { readonly kind: 'block'; readonly rule: string; readonly grounds: string; readonly isLifted?: true | undefined }
  /** The call cannot be judged anew, with why: its personal part is erased, the receipt is unknown. */
  | { readonly kind: 'unknown'; readonly why: string }

export type EvidenceOctets = {
  readonly file: { readonly name: string; readonly type: string; readonly octets: number; readonly hash: string }
  readonly octets: Uint8Array
}
