import type { DialPlan } from './number.ts'
import { E164_DIGITS_MAX, POWERS_OF_TEN, prefixKey, type Party } from './party.ts'

/**
 * Whether a called number is one of those that are called to show who controls the calling number: the number itself, with
 * whatever was dialled behind it, or one of a range. `verification` is what they begin with.
 */
export function isVerification(verification: Party, called: Party): boolean {
  return called.kind === 'e164' && prefixKey(called, verification.count) === verification.digits
}

/**
 * The called number as a verification number, in E.164; itself where it is none. Digits behind a whole number fit no dial
 * plan, so that a peer that sends national numbers would seem to call something else.
 *
 *     80055501424711 with the plan of country 1 -> +180055501424711
 */
export function readVerification(verification: Party, called: Party, plan: DialPlan | undefined): Party {
  if (called.kind !== 'digits' || plan === undefined) return called
  const digitsOfCountry = String(plan.country).length
  for (const count of [called.count + digitsOfCountry, called.count]) {
    if (count > E164_DIGITS_MAX || called.digits < POWERS_OF_TEN[called.count - 1]!) continue
    const country = count === called.count ? 0 : plan.country * POWERS_OF_TEN[called.count]!
    const read: Party = { kind: 'e164', digits: country + called.digits, count }
    if (isVerification(verification, read)) return read
  }
  return called
}
