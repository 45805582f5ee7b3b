import type { Standing } from './attestation.ts'
import type { Flaw } from './invalid.ts'

/** What the rules say about one call, and why. */
export type Verdict = Allow | Block | Treat

/** The call goes on. */
export type Allow = {
  readonly kind: 'allow'
  readonly why: 'exempt' | 'allowed' | 'no-rule'
  /**
   * The exemption (`emergency`, `verification`, or a list), the id of the allow or standing rule, or `lift:17` or
   * `accepted:17`, the entry that kept a rule from blocking; empty where no rule had anything to say.
   */
  readonly by: string
  readonly shadows: readonly ShadowHit[]
}

/** The call is refused. There is no block without a ground. */
export type Block = {
  readonly kind: 'block'
  readonly rule: RuleName
  readonly cause: Cause
  readonly program: Program
  /** Whether the called party has chosen not to have his calls blocked by analytics, and this block is none of those. */
  readonly optOut: boolean
  /** Of the rule that decided first, then of later rules of the same cause. */
  readonly grounds: Grounds
  readonly shadows: readonly ShadowHit[]
}

/**
 * The call is sent elsewhere instead of being refused: to an announcement, a captcha, another route. It is no block, so it
 * makes no entry in the ledger and gets no notice (docs/decisions/0013-a-treated-call-is-no-block.md).
 */
export type Treat = Omit<Block, 'kind'> & {
  readonly kind: 'treat'
  /** The name of the place, in `gate.treatments`. */
  readonly treatment: string
}

export type Grounds = readonly [Ground, ...Ground[]]

/** A rule's id, and the number that receipts carry for it: given once, never reused. */
export type RuleName = { readonly id: string; readonly number: number }

/** What a rule would have done, and did not. */
export type ShadowHit = {
  readonly rule: RuleName
  readonly would: 'allow' | 'block'
  readonly why: Spared
  /** Absent for an allow rule. */
  readonly ground: Ground | undefined
}

/**
 * Why a rule that had something to say did not act: it is in shadow mode, the call is not in its sample, the caller stands
 * cleared on a list, was lifted out after a complaint, is wanted by the called party or registered, or the called party has
 * opted out of analytics.
 */
export type Spared = 'shadow' | 'sample' | 'standing' | 'lift' | 'accepted' | 'registered' | 'opt-out'

/** On what authority a call is blocked; it decides which notice is due (`core/notify`). */
export type Cause = (typeof CAUSES)[number]

export const CAUSES = ['analytics', 'do-not-originate', 'invalid', 'unallocated', 'called-party', 'ordered'] as const

/** Which kind of blocking program the rule belongs to: the subscriber of an `opt-in` or `opt-out` one is owed a list of his blocked calls. 47 CFR 64.1200(k)(10). */
export type Program = (typeof PROGRAMS)[number]

export const PROGRAMS = ['opt-in', 'opt-out', 'network', 'none'] as const

/** Why a rule fired, with the figures it went by. Plain data: the ledger keeps it as JSON. */
export type Ground =
  | ListedGround
  | CalledPartyGround
  | VolumeGround
  | DistinctGround
  | SequentialGround
  | OutcomeGround
  | SpoofingGround
  | InvalidGround
  | UnallocatedGround
  | AttestationGround
  | VerificationGround
  | ScoreGround

/** The calling number stands on a list. */
export type ListedGround = {
  readonly kind: 'listed'
  readonly rule: string
  readonly cause: Cause
  /** The list's name: for the operator only. */
  readonly list: string
  /** The entry it stands under, `+12125550117` or `+1212555*`. */
  readonly entry: string
}

/** The called party has refused this caller. */
export type CalledPartyGround = {
  readonly kind: 'called-party'
  readonly rule: string
  readonly cause: 'called-party'
  /** The calling number, or `withheld` where the called party takes no calls from people who hide theirs. */
  readonly calling: string
}

/** The calling number cannot exist. */
export type InvalidGround = {
  readonly kind: 'invalid'
  readonly rule: string
  readonly cause: Cause
  /** As `formatParty` writes it: empty for what is no number. */
  readonly number: string
  readonly flaw: Flaw
}

/** The calling number begins with digits that nobody has been given. */
export type UnallocatedGround = {
  readonly kind: 'unallocated'
  readonly rule: string
  readonly cause: Cause
  /** The name of the file of allocations: for the operator only. */
  readonly list: string
  /** The leading digits, `+1212999`. */
  readonly prefix: string
}

/** The caller's right to the number is attested too poorly. */
export type AttestationGround = {
  readonly kind: 'attestation'
  readonly rule: string
  readonly cause: Cause
  readonly found: Standing
}

/** The call is signed wrongly. */
export type VerificationGround = {
  readonly kind: 'verification'
  readonly rule: string
  readonly cause: Cause
  /** What is wrong, in words, for the operator. */
  readonly why: string
}

/** An outside service rated the call so high. */
export type ScoreGround = {
  readonly kind: 'score'
  readonly rule: string
  readonly cause: Cause
  /** 0 to 100: for the operator only. */
  readonly score: number
  readonly limit: number
}

/** A call behind a figure: when it came, milliseconds since 1970, from whom and to whom, as `formatParty` writes them. */
export type TellingCall = { readonly at: number; readonly calling: string; readonly called: string }

/** What the grounds of all rules have that count callers. */
type CountedGround = {
  readonly rule: string
  readonly cause: Cause
  readonly of: 'number' | 'block'
  /** `+12125550117`, or a block with an x for each digit left open: `+12125550xxx`. */
  readonly subject: string
  /** What was counted in the window, this call included; for rules that go by endings, the calls that ended. */
  readonly count: number
  /** False where the count leans on the window before and is an estimate (docs/decisions/0004-sliding-window.md). */
  readonly exact: boolean
  readonly limit: number
  readonly perMs: number
  /** The latest calls of the window from the same number or block, oldest first, as far as they are remembered. */
  readonly calls: readonly TellingCall[]
}

/** More calls than the rule allows. */
export type VolumeGround = CountedGround & { readonly kind: 'volume' }

/** More different numbers called than the rule allows. */
export type DistinctGround = CountedGround & { readonly kind: 'distinct' }

/** A longer run of calls to numbers one after the other than the rule allows. */
export type SequentialGround = CountedGround & {
  readonly kind: 'sequential'
  /** How far each number was from the one before it, at most. */
  readonly step: number
}

/** Too large a share of calls that ended so. `limit` is the share allowed, in percent. */
export type OutcomeGround = CountedGround & {
  readonly kind: 'short' | 'unanswered'
  /** How many of the calls that ended, ended so. */
  readonly hits: number
  /** Below which duration a call is short. */
  readonly underMs?: number | undefined
}

/** A number that one provider normally signs, and that comes without his signature. */
export type SpoofingGround = {
  readonly kind: 'spoofing'
  readonly rule: string
  readonly cause: Cause
  readonly subject: string
  /** How the call came: signed by nobody, or through another provider or trunk. */
  readonly came: 'unsigned' | 'elsewhere'
  /** By whom: who signed it where that was verified, else peer and trunk. */
  readonly by: string
  /** How many signed calls its normal provider was seen to make; stops at the limit. */
  readonly count: number
  readonly limit: number
  readonly perMs: number
  readonly calls: readonly TellingCall[]
}
