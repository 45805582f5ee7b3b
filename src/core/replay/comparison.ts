import type { CallFacts } from '#core/call/facts.ts'
import { formatParty, partyKey } from '#core/call/party.ts'
import { formatGround } from '#core/rules/ground.ts'
import type { Ground } from '#core/rules/verdict.ts'

/** What one policy did with one call: nothing, or stopped it by a rule. */
export type Decision = Stopped | undefined

/** Blocked, or sent elsewhere by a treatment. */
export type Stopped = { readonly rule: string; readonly ground: Ground | undefined }

/** What changes for the callers of one number. */
export type NumberChange = {
  /** As `formatParty` writes it: `+12125550117`, `withheld`, or an empty string for what is no number. */
  readonly number: string
  /** Whether the new policy knows it as registered. */
  readonly registered: boolean
  /** Calls that either policy stops. */
  calls: number
  newlyBlocked: number
  noLongerBlocked: number
  /** How many of them each rule of the new policy stops, and of the one before where only that does. */
  readonly rules: Map<string, number>
  /** Why, in words, for the first of them. */
  readonly why: string
}

/** What one rule stops: by the policy now, by the other one, and what of it changes. */
export type RuleCount = { before: number; after: number; newlyBlocked: number; noLongerBlocked: number }

/**
 * Compares two policies call by call: what would be blocked that goes through now, and the other way round. Numbers
 * beyond `NUMBERS_MAX` are counted without being named.
 */
export class Comparison {
  calls = 0
  blockedNow = 0
  blockedThen = 0
  newlyBlocked = 0
  noLongerBlocked = 0
  /** Calls from numbers too many to be named. */
  unnamed = 0
  firstMs: number | undefined
  lastMs: number | undefined
  /** The same by rule: of the policy now, and of the other one. */
  readonly rules = new Map<string, RuleCount>()
  readonly #numbers = new Map<number, NumberChange>()
  readonly #numbersMax: number

  constructor(numbersMax = NUMBERS_MAX) {
    this.#numbersMax = numbersMax
  }

  /** Takes one call: what is decided of it now, and what would be then. */
  add(facts: CallFacts, registered: boolean, now: Decision, then: Decision): void {
    this.calls++
    this.firstMs = Math.min(this.firstMs ?? facts.atMs, facts.atMs)
    this.lastMs = Math.max(this.lastMs ?? facts.atMs, facts.atMs)
    const stopped = then ?? now
    if (stopped === undefined) return
    if (now !== undefined) this.blockedNow++
    if (then !== undefined) this.blockedThen++
    const change = this.#changeOf(facts, registered, stopped)
    if (change !== undefined) {
      change.calls++
      change.rules.set(stopped.rule, (change.rules.get(stopped.rule) ?? 0) + 1)
    }
    if (now !== undefined) this.#countOf(now).before++
    if (then !== undefined) this.#countOf(then).after++
    if (now === undefined) {
      this.newlyBlocked++
      this.#countOf(stopped).newlyBlocked++
      if (change !== undefined) change.newlyBlocked++
    } else if (then === undefined) {
      this.noLongerBlocked++
      this.#countOf(now).noLongerBlocked++
      if (change !== undefined) change.noLongerBlocked++
    }
  }

  /** The numbers for which anything changes, those that lose most first. */
  changes(): NumberChange[] {
    return [...this.#numbers.values()]
      .filter(({ newlyBlocked, noLongerBlocked }) => newlyBlocked + noLongerBlocked > 0)
      .toSorted((a, b) => b.newlyBlocked - a.newlyBlocked || b.noLongerBlocked - a.noLongerBlocked)
  }

  #countOf({ rule }: Stopped): RuleCount {
    const known = this.rules.get(rule)
    if (known !== undefined) return known
    const count = { before: 0, after: 0, newlyBlocked: 0, noLongerBlocked: 0 }
    this.rules.set(rule, count)
    return count
  }

  #changeOf({ calling }: CallFacts, registered: boolean, { ground }: Stopped): NumberChange | undefined {
    const key = partyKey(calling)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    if (this.#numbers.size >= this.#numbersMax) {
      this.unnamed++
      return undefined
    }
    const why = ground === undefined ? '' : formatGround(ground)
    const number = formatParty(calling)
    const change = { number, registered, calls: 0, newlyBlocked: 0, noLongerBlocked: 0, rules: new Map(), why }
    this.#numbers.set(key, change)
    return change
  }
}

/** Numbers named one by one; 200 MB when full. */
export const NUMBERS_MAX = 1_000_000
