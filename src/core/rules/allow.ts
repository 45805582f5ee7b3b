import type { CallFacts } from '#core/call/facts.ts'
import { isListed } from './number-list.ts'
import type { AllowRule } from './policy.ts'

/** Whether the rule lets the call go on: the calling number stands on its list. */
export function allows(rule: AllowRule, facts: CallFacts): boolean {
  return isListed(rule.list, facts.calling)
}
