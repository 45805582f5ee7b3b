/**
 * A number as the calling side may see it whom it called: country code and, in North America, the area; an x for each
 * digit that is kept back. Of other digits none are shown.
 *
 *     +1415xxxxxxx    +49xxxxxxxxx    xxx
 *
 * Takes what `formatParty` writes; what is no number stays as it is.
 */
export function maskNumber(number: string): string {
  if (!/^\+?[0-9]+$/.test(number)) return number
  const shown = number.startsWith('+') ? 1 + shownDigits(number.slice(1)) : 0
  return number.slice(0, shown) + 'x'.repeat(Math.max(0, number.length - shown))
}

/** How many digits of an E.164 number are shown: the area only where areas have a length of their own. */
function shownDigits(digits: string): number {
  if (digits.startsWith('1')) return digits.length === NORTH_AMERICAN_DIGITS ? 4 : 1
  if (digits.startsWith('7')) return 1
  return TWO_DIGIT_CODES.test(digits) ? 2 : 3
}

/** ITU-T E.164, list of assigned country codes: those of two digits. */
const TWO_DIGIT_CODES = /^(?:2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/

const NORTH_AMERICAN_DIGITS = 11
