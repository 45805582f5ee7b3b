import type { CallFacts } from '#core/call/facts.ts'
import { partyKey } from '#core/call/party.ts'
import type { Living } from './living.ts'
import type { DistinctRule } from './policy.ts'
import { limitOf } from './registered.ts'
import { countedGround, subjectKey } from './subject.ts'
import type { Tally } from './tally.ts'
import type { Ground } from './verdict.ts'

/**
 * Counts the called number, and fires when the caller, or his block of numbers, has called more different ones than the
 * limit in the window. Blocked calls count as well. What is no number counts as none.
 */
export function overDistinct(
  rule: DistinctRule,
  facts: CallFacts,
  tally: Tally,
  nowMs: number,
  living: Living,
): Ground | undefined {
  const key = subjectKey(rule, facts.calling)
  const called = partyKey(facts.called)
  if (key === 0 || called === 0) return undefined
  const count = tally.countDistinct(rule.counter, key, called, nowMs)
  if (count <= rule.limit) return undefined
  const limit = limitOf(rule, facts, living)
  if (count <= limit) return undefined
  const told = new Set([called])
  const isAnother = (number: number): boolean => told.size < told.add(number).size
  const ground = countedGround(rule, facts, tally, { count, limit }, (other) => isAnother(partyKey(other)))
  return { kind: 'distinct', ...ground }
}
