import { isEmergencyNumber } from '#core/call/emergency.ts'
import type { CallFacts } from '#core/call/facts.ts'
import { isListed } from './number-list.ts'
import { allowBy, type Policy } from './policy.ts'
import type { Allow } from './verdict.ts'

/**
 * The verdict of an exempt call, which is never judged: an emergency call, or one whose calling or called number stands
 * on an exempt list. 47 CFR 64.1200(k)(5) and (6).
 */
export function exempt(policy: Policy, facts: CallFacts): Allow | undefined {
  if (facts.emergency || isEmergencyNumber(facts.called)) return EMERGENCY
  for (const { list, verdict } of policy.exemptions) {
    if (isListed(list, facts.calling) || isListed(list, facts.called)) return verdict
  }
  return undefined
}

const EMERGENCY = allowBy('exempt', 'emergency')
