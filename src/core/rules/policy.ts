import type { Party } from '#core/call/party.ts'
import type { Allocations } from './allocations.ts'
import type { Standing } from './attestation.ts'
import type { BlockDigits } from './block-digits.ts'
import type { CalledLists } from './called-list.ts'
import type { Flaw } from './invalid.ts'
import type { NumberList } from './number-list.ts'
import type { Registered } from './registered.ts'
import type { Scope } from './scope.ts'
import type { StandingList } from './standing-list.ts'
import type { Allow, Cause, Program } from './verdict.ts'

/**
 * What an operator has decided: exemptions, which stand apart and come first, then rules in their order. Plain data, whose
 * lists may lie in memory that threads share.
 */
export type Policy = {
  /** Names this text of the policy in the ledger. */
  readonly version: string
  readonly exemptions: readonly Exemption[]
  readonly rules: readonly Rule[]
  /** Called parties who have chosen not to have their calls blocked by analytics. 47 CFR 64.1200(k)(3)(iii). */
  readonly optOut?: NumberList | undefined
  /** What numbers begin with that are called to show who controls the calling number: E.164, never judged. */
  readonly verification?: Party | undefined
  /** 32 secret bits that choose the samples of its rules; without them, as in a replay, they are chosen by 0. */
  readonly sampleSeed?: number | undefined
}

/** Calls that are never judged. Emergency calls are, whatever a policy says, and are not listed here. */
export type Exemption = { readonly list: NumberList; readonly verdict: Allow }

export type Rule = AllowRule | StandingRule | BlockingRule
export type BlockingRule = RuleOfKind[BlockingKind]

/** One member for each kind of rule that blocks; `kinds.ts` has a row for each. */
export type RuleOfKind = {
  'called-list': CalledListRule
  'do-not-originate': ListRule<'do-not-originate'>
  deny: ListRule<'deny'>
  invalid: InvalidRule
  unallocated: UnallocatedRule
  attestation: AttestationRule
  verification: VerificationRule
  volume: VolumeRule
  distinct: DistinctRule
  sequential: SequentialRule
  short: ShortRule
  unanswered: UnansweredRule
  spoofing: SpoofingRule
  score: ScoreRule
}
export type BlockingKind = keyof RuleOfKind

/** The kinds that count in a table of the tally. */
export type CountingRule = VolumeRule | DistinctRule | SequentialRule | ShortRule | UnansweredRule | SpoofingRule

export type Mode = 'enforce' | 'shadow'

type Common = {
  readonly id: string
  readonly number: number
  readonly mode: Mode
  /** Where it applies; `undefined` is everywhere. */
  readonly scope?: Scope | undefined
}

/** What every rule that blocks has beside what its kind asks for. */
export type Blocking = Common & {
  readonly cause: Cause
  readonly program: Program
  /** On which share of calls it acts, 0 to 1; on the others it only notes what it would have done. `undefined` is all. */
  readonly sample?: number | undefined
  /** What being registered is worth before it. */
  readonly registered?: Registered | undefined
  /** Sends the call there instead of refusing it. */
  readonly treatment?: string | undefined
}

/** Calls from a listed number go on; rules behind it are not asked. */
export type AllowRule = Common & { readonly kind: 'allow'; readonly list: NumberList; readonly verdict: Allow }

/** Calls from a listed number meet no analytics behind it; every other cause still blocks them. */
export type StandingRule = Common & { readonly kind: 'standing'; readonly list: StandingList; readonly verdict: Allow }

/** Blocks calling numbers that cannot exist. */
export type InvalidRule = Blocking & {
  readonly kind: 'invalid'
  /** Flaws that it does not look at. */
  readonly except: readonly Flaw[]
  /** Whether ten digits without a country code are a North American number. */
  readonly isNorthAmerican: boolean
}

/** Blocks calling numbers that nobody has been given. */
export type UnallocatedRule = Blocking & { readonly kind: 'unallocated'; readonly allocations: Allocations }

/** Blocks calls by what is known of their attestation. */
export type AttestationRule = Blocking & { readonly kind: 'attestation'; readonly standings: readonly Standing[] }

/** Blocks calls whose signature is wrong. */
export type VerificationRule = Blocking & { readonly kind: 'verification' }

export type ListRule<Kind extends 'do-not-originate' | 'deny'> = Blocking & {
  readonly kind: Kind
  readonly list: NumberList
}

export type CalledListRule = Blocking & {
  readonly kind: 'called-list'
  readonly cause: 'called-party'
  readonly lists: CalledLists
}

/** What every rule has that counts callers, or blocks of them, over a window. */
export type Counted = Blocking & {
  readonly of: 'number' | 'block'
  /** How many leading digits, country code included, make a block; `undefined` is what `blocks` says. */
  readonly prefix: number | undefined
  /** The same by country, as the policy says; `undefined` is all but the last three. */
  readonly blocks?: BlockDigits | undefined
  readonly perMs: number
  /** How many numbers or blocks are counted at a time. */
  readonly capacity: number
  /** Which table of the tally is this rule's. */
  readonly counter: number
}

/** Blocks callers who make too many calls. */
export type VolumeRule = Counted & {
  readonly kind: 'volume'
  /** As many calls pass; the next one does not. Below `COUNT_MAX`. */
  readonly limit: number
}

/** Blocks callers who call too many different numbers. */
export type DistinctRule = Counted & {
  readonly kind: 'distinct'
  /** As many called numbers pass; the next one does not. Below `COUNT_MAX`. */
  readonly limit: number
  /** How many pairs of caller and called number are remembered at a time. */
  readonly pairs: number
}

/** Blocks callers who dial numbers one after the other. */
export type SequentialRule = Counted & {
  readonly kind: 'sequential'
  /** As many calls of a run pass; the next one does not. Below `COUNT_MAX`. */
  readonly limit: number
  /** How far a number may be from the one before it. */
  readonly step: number
}

/** What the rules have that go by how calls ended. */
type Ended = Counted & {
  /** The share of calls, in percent, that may end so. */
  readonly share: number
  /** How many calls must have ended before their share says anything. */
  readonly least: number
}

/** Blocks callers whose answered calls are mostly over at once. */
export type ShortRule = Ended & { readonly kind: 'short'; readonly underMs: number }

/** Blocks callers whose calls mostly are not answered. */
export type UnansweredRule = Ended & { readonly kind: 'unanswered' }

/** Blocks calls from a number that somebody else normally signs. */
export type SpoofingRule = Blocking & {
  readonly kind: 'spoofing'
  /** After so many signed calls, their provider is the number's normal one. At most `SIGNED_MAX`. */
  readonly after: number
  /** How long a number is remembered that nobody signs any more. */
  readonly perMs: number
  readonly capacity: number
  readonly counter: number
}

/** Blocks calls that an outside service rates too high. */
export type ScoreRule = Blocking & {
  readonly kind: 'score'
  /** The score, 0 to 100, from which on a call does not pass. */
  readonly limit: number
  /** Whom to ask, and how patiently; the asking is done before the rules are. */
  readonly service: ScoreService
}

/** An outside service that rates calls. */
export type ScoreService = {
  readonly url: string
  /** How long a call waits for its score. */
  readonly withinMs: number
  /** How long a score holds for the same caller and called area; 0 is not at all. */
  readonly cacheMs: number
  /** After so many failures within `perMs` nobody is asked for `openMs`; then one call tries. */
  readonly breaker: { readonly failures: number; readonly perMs: number; readonly openMs: number }
}

/** What an allow verdict says that nothing else is known about; shared, so that an allowed call makes no object. */
export const NO_RULE: Allow = Object.freeze({ kind: 'allow', why: 'no-rule', by: '', shadows: Object.freeze([]) })

/** The verdict of an exemption or an allow rule, made once. */
export function allowBy(why: 'exempt' | 'allowed', by: string): Allow {
  return Object.freeze({ kind: 'allow', why, by, shadows: NO_RULE.shadows })
}

/** The policy with the numbers that the store has given to the rules' ids. */
export function numberRules(policy: Policy, numberOf: (id: string) => number): Policy {
  return { ...policy, rules: policy.rules.map((rule) => ({ ...rule, number: numberOf(rule.id) })) }
}
