/** What the rules say about one call, and why. */
export type Verdict = Allow | Block

/** The call goes on. */
export type Allow = {
  readonly kind: 'allow'
  readonly why: 'exempt' | 'allowed' | 'no-rule'
  /** The exemption (`emergency`, or a list) or the rule's id; empty where no rule had anything to say. */
  readonly by: string
  readonly shadows: readonly ShadowHit[]
}

/** The call is refused. There is no block without a ground. */
export type Block = {
  readonly kind: 'block'
  readonly rule: RuleName
  readonly cause: Cause
  readonly program: Program
  /** Of the rule that decided first, then of later rules of the same cause. */
  readonly grounds: Grounds
  readonly shadows: readonly ShadowHit[]
}

export type Grounds = readonly [Ground, ...Ground[]]

/** A rule's id, and the number that receipts carry for it: given once, never reused. */
export type RuleName = { readonly id: string; readonly number: number }

/** What a rule in shadow mode would have done. */
export type ShadowHit = {
  readonly rule: RuleName
  readonly would: 'allow' | 'block'
  /** Absent for an allow rule. */
  readonly ground: Ground | undefined
}

/** On what authority a call is blocked; it decides which notice is due (`core/notify`). */
export type Cause = (typeof CAUSES)[number]

export const CAUSES = ['analytics', 'do-not-originate', 'invalid', 'unallocated', 'called-party', 'ordered'] as const

/** Which kind of blocking program the rule belongs to: the subscriber of an `opt-in` or `opt-out` one is owed a list of his blocked calls. 47 CFR 64.1200(k)(10). */
export type Program = (typeof PROGRAMS)[number]

export const PROGRAMS = ['opt-in', 'opt-out', 'network', 'none'] as const

/** Why a rule fired, with the figures it went by. Plain data: the ledger keeps it as JSON. */
export type Ground = ListedGround | CalledPartyGround | VolumeGround

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

/** More calls than the rule allows. */
export type VolumeGround = {
  readonly kind: 'volume'
  readonly rule: string
  readonly cause: Cause
  readonly of: 'number' | 'block'
  /** `+12125550117`, or a block with an x for each digit left open: `+12125550xxx`. */
  readonly subject: string
  /** Calls in the window, this one included. */
  readonly count: number
  /** False where the count leans on the window before and is an estimate (docs/decisions/0004-sliding-window.md). */
  readonly exact: boolean
  readonly limit: number
  readonly perMs: number
}
