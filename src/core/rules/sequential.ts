import type { CallFacts } from '#core/call/facts.ts'
import type { Living } from './living.ts'
import type { SequentialRule } from './policy.ts'
import { limitOf } from './registered.ts'
import { COUNTED_DIGITS_MIN, countedGround, subjectKey } from './subject.ts'
import type { Tally } from './tally.ts'
import type { Ground } from './verdict.ts'

/**
 * Follows the caller's runs, calls to numbers each a little above the one before it or each a little below, and fires when
 * the call makes one longer than the limit in the window. Blocked calls count as well; short codes are in no run.
 */
export function overRun(
  rule: SequentialRule,
  facts: CallFacts,
  tally: Tally,
  nowMs: number,
  living: Living,
): Ground | undefined {
  const { calling, called } = facts
  const key = subjectKey(rule, calling)
  if (key === 0 || called.count < COUNTED_DIGITS_MIN) return undefined
  const count = tally.countRun(rule.counter, key, called.digits, nowMs)
  if (count <= rule.limit) return undefined
  const limit = limitOf(rule, facts, living)
  if (count <= limit) return undefined
  const { step } = rule
  const ground = countedGround(rule, facts, tally, { count, limit }, (other) => {
    const distance = Math.abs(other.digits - called.digits)
    return other.count === called.count && distance > 0 && distance <= step * count
  })
  return { kind: 'sequential', ...ground, step }
}
