/**
 * A calling or called party as a rule sees it: the digits as one number, so that the call path makes no strings.
 *
 * - `e164`: 1-15 digits without a leading zero; `digits` is the whole number, `count` how many digits.
 * - `digits`: other digits (short codes, national forms): `count` keeps leading zeros.
 * - `other`: not a number (`digits` 0, `count` 0).
 * - `withheld`: the caller asked not to be shown, or gave no identity.
 */
export type Party = { readonly kind: PartyKind; readonly digits: number; readonly count: number }

export type PartyKind = (typeof PARTY_KINDS)[number]

/** In the order of their wire numbers in a receipt. */
export const PARTY_KINDS = ['e164', 'digits', 'other', 'withheld'] as const

export const OTHER: Party = { kind: 'other', digits: 0, count: 0 }
export const WITHHELD: Party = { kind: 'withheld', digits: 0, count: 0 }

/** ITU-T E.164 §6: an international number has at most 15 digits, which a double holds exactly. */
export const E164_DIGITS_MAX = 15

/** Writes a party for people and files: `+12125550117`, `911`, `withheld`, or an empty string for what is no number. */
export function formatParty(party: Party): string {
  if (party.kind === 'e164') return `+${party.digits}`
  if (party.kind === 'digits') return String(party.digits).padStart(party.count, '0')
  return party.kind === 'withheld' ? 'withheld' : ''
}

/** Reads what `formatParty` writes; anything that is neither digits nor withheld is `other`. */
export function parseParty(text: string): Party {
  if (text === 'withheld') return WITHHELD
  if (/^\+[1-9]\d{0,14}$/.test(text)) return { kind: 'e164', digits: Number(text.slice(1)), count: text.length - 1 }
  if (/^\d{1,15}$/.test(text)) return { kind: 'digits', digits: Number(text), count: text.length }
  return OTHER
}

/**
 * A party as one number that a double holds exactly, equal only for equal parties: the key of lists and counters.
 * E.164 is its digits; other digits are negative, with a 1 in front that keeps leading zeros; `WITHHELD_KEY`; 0 for
 * what is no number.
 */
export function partyKey(party: Party): number {
  if (party.kind === 'e164') return party.digits
  if (party.kind === 'digits') return -(POWERS_OF_TEN[party.count]! + party.digits)
  return party.kind === 'withheld' ? WITHHELD_KEY : 0
}

/** The party whose key it is; a key of leading digits gives those as a party. */
export function partyOfKey(key: number): Party {
  if (key === 0) return OTHER
  if (key === WITHHELD_KEY) return WITHHELD
  // Counted and not written out: whoever walks through keys does so on the call path.
  let count = 1
  while (count < POWERS_OF_TEN.length && Math.abs(key) >= POWERS_OF_TEN[count]!) count++
  if (key > 0) return { kind: 'e164', digits: key, count }
  return { kind: 'digits', digits: -key - POWERS_OF_TEN[count - 1]!, count: count - 1 }
}

/** The same for the first `length` digits of a party that has as many; 0 where it has not. */
export function prefixKey(party: Party, length: number): number {
  if (party.count < length) return 0
  const head = Math.floor(party.digits / POWERS_OF_TEN[party.count - length]!)
  return party.kind === 'e164' ? head : -(POWERS_OF_TEN[length]! + head)
}

export const WITHHELD_KEY = -1

/** 10 to the power of the index, as far as a double is exact. */
export const POWERS_OF_TEN: readonly number[] = Array.from({ length: E164_DIGITS_MAX + 1 }, (_, power) => 10 ** power)
