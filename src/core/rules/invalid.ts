import { countryDigits } from '#core/call/country-code.ts'
import type { CallFacts } from '#core/call/facts.ts'
import { POWERS_OF_TEN, formatParty, type Party } from '#core/call/party.ts'
import type { InvalidRule } from './policy.ts'
import type { Ground } from './verdict.ts'

/** Why a calling number cannot be one. */
export type Flaw = (typeof FLAWS)[number]

export const FLAWS = ['name', 'zeros', 'length', 'country-code', 'area-code', 'exchange', 'fictional'] as const

/** Fires when the calling number cannot exist, for a reason that the rule looks at. 47 CFR 64.1200(k)(2)(i), (o)(1)(ii). */
export function cannotExist(rule: InvalidRule, facts: CallFacts): Ground | undefined {
  const flaw = flawOf(facts.calling, rule.isNorthAmerican)
  if (flaw === undefined || rule.except.includes(flaw)) return undefined
  return { kind: 'invalid', rule: rule.id, cause: rule.cause, number: formatParty(facts.calling), flaw }
}

/**
 * What is wrong with a number; `undefined` for one that may exist. Withheld numbers and short codes are none of its
 * business: the first are a choice, the second belong to the network that gave them out. `isNorthAmerican` says that ten
 * digits without a country code are a number of the North American plan.
 */
export function flawOf(party: Party, isNorthAmerican: boolean): Flaw | undefined {
  const { kind, digits, count } = party
  if (kind === 'withheld') return undefined
  if (kind === 'other') return 'name'
  if (kind === 'digits') {
    if (count <= SHORT_DIGITS_MAX) return undefined
    if (digits === 0) return 'zeros'
    if (!isNorthAmerican) return undefined
    if (count === 10) return flawOfTen(digits)
    return count === 11 && Math.floor(digits / 1e10) === 1 ? flawOfTen(digits % 1e10) : undefined
  }
  if (countryDigits(party) === 0) return 'country-code'
  if (isUnderOne(party)) return count === 11 ? flawOfTen(digits % 1e10) : 'length'
  return count < E164_DIGITS_MIN ? 'length' : undefined
}

/**
 * The structure of the North American plan, NPA NXX XXXX with N from 2 to 9: no area code N9X (kept for longer numbers),
 * 37X, 96X (kept back) or N11 (services), no exchange N11 outside of non-geographic area codes, and 555-0100 to 555-0199
 * for stories only, of which in toll-free area codes just 555-0199.
 */
function flawOfTen(digits: number): Flaw | undefined {
  if (digits === 0) return 'zeros'
  const area = Math.floor(digits / 1e7)
  const exchange = Math.floor(digits / 1e4) % 1000
  const line = digits % 1e4
  const kind = AREAS[area]
  if (kind === IMPOSSIBLE) return 'area-code'
  if (exchange < 200 || (kind === GEOGRAPHIC && exchange % 100 === 11)) return 'exchange'
  if (exchange !== 555) return undefined
  return (kind === GEOGRAPHIC ? line >= 100 && line <= 199 : line === 199) ? 'fictional' : undefined
}

function isUnderOne({ digits, count }: Party): boolean {
  return Math.floor(digits / POWERS_OF_TEN[count - 1]!) === 1
}

/** Fewer than seven digits: short codes and extensions. */
const SHORT_DIGITS_MAX = 6

/** The shortest international numbers in use: country code 683 or 690 and four digits. */
const E164_DIGITS_MIN = 7

const GEOGRAPHIC = 0
const NON_GEOGRAPHIC = 1
const IMPOSSIBLE = 2

/** Toll-free (8YY), personal (5YY), Canadian (6YY), carriers' (700) and premium (900) codes. */
const NON_GEOGRAPHIC_AREAS = [
  800, 822, 833, 844, 855, 866, 877, 880, 881, 882, 883, 884, 885, 886, 887, 888, 889, 500, 521, 522, 523, 524, 525,
  526, 527, 528, 529, 533, 544, 566, 577, 588, 600, 622, 633, 644, 655, 677, 688, 700, 900,
]

/** What each area code is. */
const AREAS = new Uint8Array(1000)
for (let area = 0; area < AREAS.length; area++) {
  const tens = Math.floor(area / 10)
  if (area < 200 || tens % 10 === 9 || tens === 37 || tens === 96 || area % 100 === 11) AREAS[area] = IMPOSSIBLE
}
for (const area of NON_GEOGRAPHIC_AREAS) AREAS[area] = NON_GEOGRAPHIC
