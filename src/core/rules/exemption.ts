import { isEmergencyNumber } from '#core/call/emergency.ts'
import type { CallFacts } from '#core/call/facts.ts'
import { isVerification } from '#core/call/verification-number.ts'
import { isListed } from './number-list.ts'
import { allowBy, type Policy } from './policy.ts'
import type { Allow } from './verdict.ts'

/**
 * The verdict of an exempt call, which is never judged: an emergency call, one to a number that proves who controls the
 * calling one, or one whose calling or called number stands on an exempt list. 47 CFR 64.1200(k)(5) and (6).
 */
export function exempt(policy: Policy, facts: CallFacts): Allow | undefined {
  if (facts.emergency || isEmergencyNumber(facts.called)) return EMERGENCY
  // Before the lists: whoever stands on one proves nothing if nobody hears of his call.
  if (policy.verification !== undefined && isVerification(policy.verification, facts.called)) return VERIFICATION
  for (const { list, verdict } of policy.exemptions) {
    if (isListed(list, facts.calling) || isListed(list, facts.called)) return verdict
  }
  return undefined
}

/** The verdict of a call to a verification number: whoever is blocked must be able to show whose number it is. */
export const VERIFICATION = allowBy('exempt', 'verification')

const EMERGENCY = allowBy('exempt', 'emergency')
