import type { CalledLists } from './called-list.ts'
import type { NumberList } from './number-list.ts'
import type { Allow, Cause, Program } from './verdict.ts'

/** What an operator has decided: exemptions, which stand apart and come first, then rules in their order. */
export type Policy = {
  /** Names this text of the policy in the ledger. */
  readonly version: string
  readonly exemptions: readonly Exemption[]
  readonly rules: readonly Rule[]
}

/** Calls that are never judged. Emergency calls are, whatever a policy says, and are not listed here. */
export type Exemption = { readonly list: NumberList; readonly verdict: Allow }

export type Rule = AllowRule | BlockingRule
export type BlockingRule = RuleOfKind[BlockingKind]

/** One member for each kind of rule that blocks; `kinds.ts` has a row for each. */
export type RuleOfKind = {
  'called-list': CalledListRule
  'do-not-originate': ListRule<'do-not-originate'>
  deny: ListRule<'deny'>
  volume: VolumeRule
}
export type BlockingKind = keyof RuleOfKind

export type Mode = 'enforce' | 'shadow'

type Common = { readonly id: string; readonly number: number; readonly mode: Mode }
type Blocking = Common & { readonly cause: Cause; readonly program: Program }

/** Calls from a listed number go on; rules behind it are not asked. */
export type AllowRule = Common & { readonly kind: 'allow'; readonly list: NumberList; readonly verdict: Allow }

export type ListRule<Kind extends 'do-not-originate' | 'deny'> = Blocking & {
  readonly kind: Kind
  readonly list: NumberList
}

export type CalledListRule = Blocking & {
  readonly kind: 'called-list'
  readonly cause: 'called-party'
  readonly lists: CalledLists
}

export type VolumeRule = Blocking & {
  readonly kind: 'volume'
  readonly of: 'number' | 'block'
  /** How many leading digits, country code included, make a block; `undefined` is all but the last three. */
  readonly prefix: number | undefined
  /** As many calls pass; the next one does not. Below `COUNT_MAX`. */
  readonly limit: number
  readonly perMs: number
  /** How many numbers or blocks are counted at a time. */
  readonly capacity: number
  /** Which counter of the tally is this rule's. */
  readonly counter: number
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
