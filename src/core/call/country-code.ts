import { POWERS_OF_TEN, type Party } from './party.ts'

/**
 * How many digits of an E.164 number are its country code, which a country or a service has been assigned; 0 where nobody
 * has been.
 */
export function countryDigits({ digits, count }: Party): number {
  const first = count >= 3 ? Math.floor(digits / POWERS_OF_TEN[count - 3]!) : digits * POWERS_OF_TEN[3 - count]!
  return ASSIGNED[first]!
}

/**
 * By the first three digits of a number the length of its country code, by the List of ITU-T Recommendation E.164 assigned country codes (annex
 * to ITU Operational Bulletin 1114) and what was assigned since (997). Codes that are shared by networks and services, or
 * only reserved for one (388, 808, 870, 878, 881-883, 888, 979, 991), count as assigned: a call must not be taken for
 * impossible because a list is old.
 */
const ASSIGNED = tableOf([
  '1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91',
  '92 93 94 95 98 211 212 213 216 218 220-229 230-239 240-249 250-258 260-269 290 291 297-299 350-359 370-379 380-383',
  '385-389 420 421 423 500-509 590-599 670 672-679 680-683 685-692 800 808 850 852 853 855 856 870 878 880-883 886 888',
  '960-968 970-977 979 991-998',
])

function tableOf(lines: readonly string[]): Uint8Array {
  const table = new Uint8Array(1000)
  for (const range of lines.join(' ').split(' ')) {
    const [from = '', to = from] = range.split('-')
    const size = 10 ** (3 - from.length)
    table.fill(from.length, Number(from) * size, (Number(to) + 1) * size)
  }
  return table
}
