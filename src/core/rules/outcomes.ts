import type { CallFacts } from '#core/call/facts.ts'
import type { Party } from '#core/call/party.ts'
import type { Policy, ShortRule, UnansweredRule } from './policy.ts'
import { countedGround, subjectKey } from './subject.ts'
import type { Tally } from './tally.ts'
import type { Ground } from './verdict.ts'

/** How a call ended that was let through. */
export type Outcome = {
  readonly calling: Party
  readonly answered: boolean
  /** From answer to end; of no meaning where nobody answered. */
  readonly seconds: number
  /** When that was told, on the clock that calls are judged by: it counts from then on. */
  readonly atMs: number
  /** How long the call had been over by then; without it, no time. */
  readonly ageMs?: number | undefined
}

/**
 * Counts how a call ended for every rule that goes by that; answers whether one does. What is told only after a rule's
 * window is not counted.
 */
export function noteOutcome(tally: Tally, policy: Policy, outcome: Outcome): boolean {
  const { calling, answered, seconds, atMs, ageMs = 0 } = outcome
  let isCounted = false
  for (const rule of policy.rules) {
    if (rule.kind !== 'short' && rule.kind !== 'unanswered') continue
    // How long a call lasted says something of answered calls only.
    if ((rule.kind === 'short' && !answered) || ageMs >= rule.perMs) continue
    const key = subjectKey(rule, calling)
    if (key === 0) continue
    const isHit = rule.kind === 'short' ? seconds * 1000 < rule.underMs : !answered
    tally.countEnded(rule.counter, key, isHit, atMs)
    isCounted = true
  }
  return isCounted
}

/** Fires when too large a share of the caller's answered calls in the window were over at once. */
export function mostlyShort(rule: ShortRule, facts: CallFacts, tally: Tally, nowMs: number): Ground | undefined {
  return overShare(rule, facts, tally, nowMs, rule.underMs)
}

/** Fires when too large a share of the caller's calls in the window were not answered. */
export function mostlyUnanswered(
  rule: UnansweredRule,
  facts: CallFacts,
  tally: Tally,
  nowMs: number,
): Ground | undefined {
  return overShare(rule, facts, tally, nowMs, undefined)
}

/** This call itself has not ended and does not count. */
function overShare(
  rule: ShortRule | UnansweredRule,
  facts: CallFacts,
  tally: Tally,
  nowMs: number,
  underMs: number | undefined,
): Ground | undefined {
  const key = subjectKey(rule, facts.calling)
  if (key === 0) return undefined
  const { count, hits } = tally.ended(rule.counter, key, nowMs)
  if (count < rule.least || hits * 100 <= rule.share * count) return undefined
  const ground = countedGround(rule, facts, tally, { count, limit: rule.share })
  return { kind: rule.kind, ...ground, hits, ...(underMs === undefined ? {} : { underMs }) }
}
