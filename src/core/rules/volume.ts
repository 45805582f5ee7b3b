import type { CallFacts } from '#core/call/facts.ts'
import type { Living } from './living.ts'
import type { VolumeRule } from './policy.ts'
import { limitOf } from './registered.ts'
import { countedGround, subjectKey } from './subject.ts'
import type { Tally } from './tally.ts'
import type { Ground } from './verdict.ts'

/**
 * Counts the call, and fires when that makes more than the limit from its number, or its block of numbers, in the
 * window. Blocked calls count as well: a caller is free again when he calls less, not because he is blocked.
 */
export function overVolume(
  rule: VolumeRule,
  facts: CallFacts,
  tally: Tally,
  nowMs: number,
  living: Living,
): Ground | undefined {
  const key = subjectKey(rule, facts.calling)
  if (key === 0) return undefined
  const count = tally.count(rule.counter, key, nowMs)
  if (count <= rule.limit) return undefined
  const limit = limitOf(rule, facts, living)
  return count <= limit ? undefined : { kind: 'volume', ...countedGround(rule, facts, tally, { count, limit }) }
}
