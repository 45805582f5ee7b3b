import type { CallFacts } from '#core/call/facts.ts'
import { entryOf, isListed } from './number-list.ts'
import type { ListRule } from './policy.ts'
import type { Ground } from './verdict.ts'

/** Fires when the calling number stands on the rule's list: numbers the operator denies, or do-not-originate numbers. */
export function denied(rule: ListRule<'deny' | 'do-not-originate'>, facts: CallFacts): Ground | undefined {
  if (!isListed(rule.list, facts.calling)) return undefined
  const entry = entryOf(rule.list, facts.calling)
  return { kind: 'listed', rule: rule.id, cause: rule.cause, list: rule.list.name, entry }
}
