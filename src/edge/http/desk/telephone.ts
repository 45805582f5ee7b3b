import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/min'

/** Reads a number as a person writes it, as E.164; undefined for what is none. Without a `+` it is one of `country`. */
export function parseTelephone(text: string, country: CountryCode): string | undefined {
  const written = text.trim().replace(/^'/, '')
  if (written.length > WRITTEN_MAX || !/^[+＋0-9(]/.test(written)) return undefined
  // Most of a thousand lines are written so already.
  if (NORTH_AMERICAN.test(written)) return written
  const number = parsePhoneNumberFromString(written, { defaultCountry: country, extract: false })
  if (number === undefined || number.ext !== undefined || !number.isPossible()) return undefined
  return number.number
}

/** A number with spaces where people read them: `+1 212 555 0117`, `+1 415 xxx xxxx`. What is no E.164 stays as it is. */
export function formatTelephone(number: string): string {
  const masked = /^\+1([0-9x]{3})([0-9x]{3})([0-9x]{4})$/.exec(number)
  if (masked !== null) return `+1 ${masked[1]} ${masked[2]} ${masked[3]}`
  if (!/^\+[0-9]{3,15}$/.test(number)) return number
  return parsePhoneNumberFromString(number)?.formatInternational() ?? number
}

const NORTH_AMERICAN = /^\+1[2-9][0-9]{2}[2-9][0-9]{6}$/
const WRITTEN_MAX = 40
