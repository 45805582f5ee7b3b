import { partyKey, type Party } from './party.ts'

/** Whether a call to this party is an emergency call, which no rule may judge. 47 CFR 64.1200(k)(5). */
export function isEmergencyNumber(called: Party): boolean {
  return called.count <= EMERGENCY_DIGITS_MAX && EMERGENCY_KEYS.has(partyKey(called))
}

/**
 * Whether a URI between `start` and `end` is an emergency service URN, `urn:service:sos` or below it. RFC 5031 §4.2.
 *
 *     urn:service:sos.ambulance
 */
export function isEmergencyUrn(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < SOS.length) return false
  for (let index = 0; index < SOS.length; index++) {
    const code = bytes[start + index]!
    const lower = code >= 0x41 && code <= 0x5a ? code + 32 : code
    if (lower !== SOS.charCodeAt(index)) return false
  }
  return end - start === SOS.length || bytes[start + SOS.length] === DOT
}

/** Whether a number may stand on a list that blocks: emergency numbers and the number that tests them may not. */
export function isBlockable(party: Party): boolean {
  return party.count > EMERGENCY_DIGITS_MAX || !PROTECTED_KEYS.has(partyKey(party))
}

/** Whether a prefix of digits without `+` covers a number that may not stand on a list that blocks. */
export function coversProtected(prefix: string): boolean {
  return PROTECTED.some((number) => number.startsWith(prefix))
}

/** North America and, from any mobile telephone, the rest of the world. */
const EMERGENCY = ['911', '112']

/** 933 is where equipment calls to test its way to 911: judged like any call, but not to be blocked as a caller. */
const PROTECTED = [...EMERGENCY, '933']

const EMERGENCY_KEYS = keysOf(EMERGENCY)
const PROTECTED_KEYS = keysOf(PROTECTED)
const EMERGENCY_DIGITS_MAX = 4
const SOS = 'urn:service:sos'
const DOT = 0x2e

/** Each number as it is dialled, and in the forms equipment gives it by mistake: `+911`, `+1911`, `1911`. */
function keysOf(numbers: readonly string[]): ReadonlySet<number> {
  return new Set(
    numbers
      .flatMap((number): Party[] => [
        { kind: 'digits', digits: Number(number), count: 3 },
        { kind: 'e164', digits: Number(number), count: 3 },
        { kind: 'digits', digits: Number(`1${number}`), count: 4 },
        { kind: 'e164', digits: Number(`1${number}`), count: 4 },
      ])
      .map((party) => partyKey(party)),
  )
}
