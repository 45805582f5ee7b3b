import { E164_DIGITS_MAX, OTHER, POWERS_OF_TEN, WITHHELD, type Party } from './party.ts'

/**
 * How numbers without a `+` are to be read, for example `{ country: 1, national: 10, international: '011' }` for the
 * North American plan: ten digits are national, eleven with a leading 1 too, what follows 011 is international.
 */
export type DialPlan = { readonly country: number; readonly national: number; readonly international: string }

/**
 * Reads the number in the user part of a SIP URI, or behind `tel:`, from the bytes `start` to `end`. RFC 3261 §19.1.2,
 * RFC 3966 §3 and §5.1.
 *
 *     +1-212-555-0117;npdi    %2B12125550117    2125550117    911    anonymous
 *
 * Everything from the first `;` (user parameters) or `:` (password) on is left out, visual separators are skipped,
 * escapes are undone once, digits are the ten of ASCII. Without a plan, digits without `+` stay `digits`. Nothing but
 * the answer is allocated: this is the call path.
 */
export function readNumber(bytes: Uint8Array, start: number, end: number, plan?: DialPlan): Party {
  const prefix = plan === undefined ? 0 : plan.international.length
  let global = false
  let count = 0
  let value = 0 // all digits, exact while count is within E164_DIGITS_MAX
  let head = 0 // the first `prefix` digits
  let tail = 0 // the digits behind them
  for (let at = start; at < end; at++) {
    const escaped = bytes[at] === PERCENT
    const code = escaped ? octetOf(bytes, at, end) : bytes[at]!
    if (code >= ZERO && code <= NINE) {
      count++
      if (count <= E164_DIGITS_MAX) value = value * 10 + code - ZERO
      if (count === prefix) head = value
      if (count > prefix) tail = tail * 10 + code - ZERO
      if (count > E164_DIGITS_MAX + prefix) return OTHER
    } else if (code === PLUS && at === start) {
      global = true
    } else if (!escaped && (code === SEMICOLON || code === COLON)) {
      break
    } else if (code !== HYPHEN && code !== DOT && code !== OPEN && code !== CLOSE) {
      return isWithheld(bytes, start, end) ? WITHHELD : OTHER
    }
    if (escaped) at += 2
  }
  if (count === 0) return OTHER
  if (global) return e164(value, count)
  if (plan !== undefined) {
    if (prefix > 0 && head === Number(plan.international) && count - prefix >= INTERNATIONAL_DIGITS_MIN) {
      return e164(tail, count - prefix)
    }
    const national = nationalNumber(value, count, plan)
    if (national !== undefined) return national
  }
  return count <= E164_DIGITS_MAX ? { kind: 'digits', digits: value, count } : OTHER
}

/** Reads the same from a string, for lists, files and people. */
export function parseNumber(text: string, plan?: DialPlan): Party {
  const bytes = new TextEncoder().encode(text)
  return readNumber(bytes, 0, bytes.length, plan)
}

/**
 * Reads the leading digits of numbers as people write them: `(212) 555` is `+1212555` by the plan of North America. Digits that
 * may begin with the country code or without are taken as national ones. Undefined for what is none.
 */
export function parseLeadingDigits(text: string, plan?: DialPlan): string | undefined {
  const bare = text.replaceAll(/[\s().-]/g, '')
  if (/^\+[1-9][0-9]*$/.test(bare)) return bare
  if (plan === undefined || !/^[0-9]+$/.test(bare)) return undefined
  const { country, national, international } = plan
  const abroad = international !== '' && bare.startsWith(international) ? bare.slice(international.length) : ''
  if (/^[1-9]/.test(abroad)) return `+${abroad}`
  const isWhole = bare.startsWith(String(country)) && (country === 1 || bare.length > national)
  const written = isWhole ? bare : `${country}${bare}`
  const first = written.at(String(country).length)
  return first === '0' || (first === '1' && country === 1) ? undefined : `+${written}`
}

/** Whether the host of a From or P-Asserted-Identity URI says that the caller is not to be shown. RFC 3323 §4.1.1.3. */
export function isWithheldHost(bytes: Uint8Array, start: number, end: number): boolean {
  return WITHHELD_HOSTS.some((host) => spells(bytes, start, end, host))
}

function e164(digits: number, count: number): Party {
  const leadingZero = digits < POWERS_OF_TEN[count - 1]!
  return count > E164_DIGITS_MAX || leadingZero ? OTHER : { kind: 'e164', digits, count }
}

/** National digits, with or without their country code, as E.164; a national number never starts with 0, nor with 1 under country code 1. */
function nationalNumber(value: number, count: number, { country, national }: DialPlan): Party | undefined {
  const size = POWERS_OF_TEN[national]
  if (size === undefined || count < national || count > E164_DIGITS_MAX) return undefined
  const subscriber = value % size
  const first = Math.floor((subscriber * 10) / size)
  if (first === 0 || (first === 1 && country === 1)) return undefined
  const digitsOfCountry = country < 10 ? 1 : country < 100 ? 2 : 3
  const total = national + digitsOfCountry
  if (total > E164_DIGITS_MAX) return undefined
  if (count === national) return { kind: 'e164', digits: country * size + subscriber, count: total }
  return count === total && value - subscriber === country * size ? { kind: 'e164', digits: value, count } : undefined
}

function isWithheld(bytes: Uint8Array, start: number, end: number): boolean {
  let stop = start
  while (stop < end && bytes[stop] !== SEMICOLON && bytes[stop] !== COLON) stop++
  return WITHHELD_USERS.some((word) => spells(bytes, start, stop, word))
}

/** Whether the bytes are `word` (lower case ASCII), in any case and with any escapes. */
function spells(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  let at = start
  for (let index = 0; index < word.length; index++) {
    if (at >= end) return false
    const escaped = bytes[at] === PERCENT
    const code = escaped ? octetOf(bytes, at, end) : bytes[at]!
    const lower = code >= CAPITAL_A && code <= CAPITAL_Z ? code + 32 : code
    if (lower !== word.charCodeAt(index)) return false
    at += escaped ? 3 : 1
  }
  return at === end
}

/** The octet that the escape at `at` stands for; NOT_AN_OCTET where two hexadecimal digits do not follow. */
function octetOf(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 >= end) return NOT_AN_OCTET
  const high = hexadecimal(bytes[at + 1]!)
  const low = hexadecimal(bytes[at + 2]!)
  return high < 0 || low < 0 ? NOT_AN_OCTET : high * 16 + low
}

function hexadecimal(code: number): number {
  if (code >= ZERO && code <= NINE) return code - ZERO
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

/** User parts that name nobody: RFC 3323 §4.1.1.3 and what networks send in its place (3GPP TS 23.003). */
const WITHHELD_USERS = ['anonymous', 'unavailable', 'unknown']
const WITHHELD_HOSTS = ['anonymous.invalid', 'unknown.invalid', 'unavailable.invalid']

/** Shorter than this, digits behind an international prefix are more likely an extension than a number abroad. */
const INTERNATIONAL_DIGITS_MIN = 7

const NOT_AN_OCTET = 256
const PERCENT = 0x25
const OPEN = 0x28
const CLOSE = 0x29
const PLUS = 0x2b
const HYPHEN = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const SEMICOLON = 0x3b
const CAPITAL_A = 0x41
const CAPITAL_Z = 0x5a
