import type { CallFacts } from '#core/call/facts.ts'
import type { Living } from './living.ts'
import type { ScoreRule } from './policy.ts'
import { limitOf } from './registered.ts'
import type { Tally } from './tally.ts'
import type { Ground } from './verdict.ts'

/** Fires when the outside service rates the call at least so high. No answer in time is no opinion, and fires nothing. */
export function scoredHigh(
  rule: ScoreRule,
  facts: CallFacts,
  _tally: Tally,
  _nowMs: number,
  living: Living,
): Ground | undefined {
  const score = facts.scores.get(rule.id)
  if (score === undefined || score < rule.limit) return undefined
  const limit = limitOf(rule, facts, living)
  return score < limit ? undefined : { kind: 'score', rule: rule.id, cause: rule.cause, score, limit }
}
