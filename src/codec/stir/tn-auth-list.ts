import { DER, DerReader } from './der.ts'

/** Which numbers a certificate may sign for. RFC 8226 §9. */
export type TnAuthList = readonly TnAuthorization[]

export type TnAuthorization =
  /** All numbers of a service provider, named by its code (an OCN in North America). */
  | { readonly kind: 'provider'; readonly code: string }
  /** `count` numbers from `start` on. */
  | { readonly kind: 'range'; readonly start: string; readonly count: number }
  | { readonly kind: 'one'; readonly number: string }

/**
 * Reads the TNAuthorizationList of an extension: `[0]` a service provider code, `[1]` a range, `[2]` one number, each tagged
 * explicitly. Throws `Malformed`, also for a list without entries.
 */
export function readTnAuthList(der: Uint8Array): TnAuthList {
  const file = new DerReader(der)
  const list = file.enter(DER.sequence)
  file.expectEnd()
  const entries: TnAuthorization[] = []
  while (!list.isAtEnd) {
    if (entries.length >= ENTRIES_MAX) list.fail()
    const { tag, start, end } = list.take()
    const entry = new DerReader(der, start, end)
    if (tag === DER.context) entries.push({ kind: 'provider', code: readCode(entry) })
    else if (tag === DER.context + 1) entries.push(readRange(entry.enter(DER.sequence)))
    else if (tag === DER.context + 2) entries.push({ kind: 'one', number: readNumber(entry) })
    else list.fail()
    entry.expectEnd()
  }
  if (entries.length === 0) list.fail()
  return entries
}

/** Whether a certificate with this list may sign for a number given in digits. A provider's code stands for any number. */
export function covers(list: TnAuthList, number: string): boolean {
  return list.some((entry) => {
    if (entry.kind === 'provider') return true
    if (entry.kind === 'one') return entry.number === number
    const { start, count } = entry
    if (!DIGITS.test(number) || !DIGITS.test(start) || number.length !== start.length) return false
    const distance = Number(number) - Number(start)
    return distance >= 0 && distance < count
  })
}

/** The provider's code, where the list names one. */
export function providerOf(list: TnAuthList): string | undefined {
  return list.find((entry) => entry.kind === 'provider')?.code
}

function readCode(entry: DerReader): string {
  const code = entry.takeAscii(DER.ia5String)
  if (!CODE.test(code)) entry.fail()
  return code
}

function readNumber(entry: DerReader): string {
  const number = entry.takeAscii(DER.ia5String)
  if (!NUMBER.test(number)) entry.fail()
  return number
}

function readRange(range: DerReader): TnAuthorization {
  const start = readNumber(range)
  const count = range.takeNumber()
  if (count < 2) range.fail()
  return { kind: 'range', start, count }
}

const ENTRIES_MAX = 4_096
const CODE = /^[\u0021-\u007e]{1,64}$/
const NUMBER = /^[0-9*#]{1,15}$/
/** As many as a double holds exactly. */
const DIGITS = /^[0-9]{1,15}$/
