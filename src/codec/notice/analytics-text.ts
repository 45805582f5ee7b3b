import { SP, TAB } from '#codec/sip/octets.ts'
import type { RedressContact, RedressId } from './notice.ts'

/** The text of a 603+ Reason value, taken apart. ATIS-1000099. Values are as sent; nothing is decoded or repaired. */
export type AnalyticsText = {
  readonly raw: string
  /** The first value given for each known key. */
  readonly version: string | undefined
  readonly url: string | undefined
  readonly tel: string | undefined
  readonly email: string | undefined
  readonly id: string | undefined
  /** Keys that mean nothing here, each once, in lower case: to be passed on, not to be read. */
  readonly unknownKeys: readonly string[]
  /** `v` is the first piece; an empty piece before it counts, since detectors compare the text from its first octet. */
  readonly versionFirst: boolean
  /** A key stands twice. */
  readonly repeated: boolean
  /** White space round a key or value, an empty piece, or a key that is not in lower case. */
  readonly untidy: boolean
  /** A piece without `=`, or with nothing after it. */
  readonly incomplete: boolean
}

/**
 * Reads the unescaped text of a Reason value as attribute-value pairs. It accepts anything and says what is odd.
 *
 * `start` and `end` let a reader point at the text inside a longer field, which is much faster than walking a piece of it.
 */
export function parseAnalyticsText(field: string, start = 0, end = field.length): AnalyticsText {
  let version: string | undefined
  let url: string | undefined
  let tel: string | undefined
  let email: string | undefined
  let id: string | undefined
  let unknown: Set<string> | undefined
  let versionFirst: boolean | undefined
  let repeated = false
  let untidy = false
  let incomplete = false
  let nextEqual = start - 1
  for (let pieceStart = start, pieceEnd = start; pieceStart <= end; pieceStart = pieceEnd + 1) {
    pieceEnd = indexOrEnd(field, ';', pieceStart, end)
    // Searched for anew only when passed by, so that pieces without one cost nothing.
    if (nextEqual < pieceStart && nextEqual !== end) nextEqual = indexOrEnd(field, '=', pieceStart, end)
    const equal = nextEqual < pieceEnd ? nextEqual : -1
    const keyEnd = equal < 0 ? pieceEnd : equal
    const valueStart = skipBlanks(field, equal < 0 ? pieceEnd : equal + 1, pieceEnd)
    const valueEnd = dropBlanks(field, valueStart, pieceEnd)
    if (valueStart !== keyEnd + 1 || valueEnd !== pieceEnd) untidy ||= equal >= 0
    let key = knownKey(field, pieceStart, keyEnd)
    if (key === '') {
      const rawKey = field.slice(pieceStart, keyEnd)
      const from = skipBlanks(field, pieceStart, keyEnd)
      key = field.slice(from, dropBlanks(field, from, keyEnd)).toLowerCase()
      if (key !== rawKey) untidy = true
      if (key === '' && equal < 0) {
        untidy = true
        versionFirst ??= false
        continue
      }
    }
    versionFirst ??= key === 'v'
    if (key === '' || valueStart === valueEnd) {
      incomplete = true
      continue
    }
    const value = field.slice(valueStart, valueEnd)
    let known: string | undefined
    if (key === 'url') url = (known = url) ?? value
    else if (key === 'v') version = (known = version) ?? value
    else if (key === 'tel') tel = (known = tel) ?? value
    else if (key === 'email') email = (known = email) ?? value
    else if (key === 'id') id = (known = id) ?? value
    else if (unknown?.has(key) === true) known = key
    else (unknown ??= new Set()).add(key)
    if (known !== undefined) repeated = true
  }
  const unknownKeys = unknown === undefined ? NONE : [...unknown]
  const raw = field.slice(start, end)
  versionFirst ??= false
  return { raw, version, url, tel, email, id, unknownKeys, versionFirst, repeated, untidy, incomplete }
}

/** Every piece of a text with a key and a value, in order, repeated keys too; keys in lower case. */
export function analyticsPairs(raw: string): AnalyticsPair[] {
  return raw.split(';').flatMap((piece) => {
    const equal = piece.indexOf('=')
    const key = trimmed(piece.slice(0, Math.max(equal, 0))).toLowerCase()
    const value = equal < 0 ? '' : trimmed(piece.slice(equal + 1))
    return key === '' || value === '' ? [] : [{ key, value }]
  })
}

export type AnalyticsPair = { readonly key: string; readonly value: string }

/** Tells whether a word, as it stands, is a key of the text. */
export function isKnown(key: string): boolean {
  return key === 'v' || key === 'url' || key === 'tel' || key === 'email' || key === 'id'
}

/**
 * Writes the text of a 603+, in the order v, url, tel, email, id.
 *
 *     v=analytics1;url=https://redress.northwire.example/c;tel=+18005550142;id=nw-7Q_42
 */
export function formatAnalyticsText(contact: RedressContact, id: RedressId | undefined): string {
  let text = `v=${ANALYTICS_VERSION}`
  if (contact.url !== undefined) text += `;url=${contact.url}`
  if (contact.tel !== undefined) text += `;tel=${contact.tel}`
  if (contact.email !== undefined) text += `;email=${contact.email}`
  if (id !== undefined) text += `;id=${id}`
  return text
}

/** The key that stands in a stretch of text exactly as it should; empty for any other. */
function knownKey(field: string, start: number, end: number): string {
  const first = field.charCodeAt(start)
  const key = first === V ? 'v' : first === U ? 'url' : first === T ? 'tel' : first === E ? 'email' : 'id'
  if (key.length !== end - start) return ''
  for (let at = 0; at < key.length; at++) if (field.charCodeAt(start + at) !== key.charCodeAt(at)) return ''
  return key
}

function indexOrEnd(text: string, character: string, start: number, end: number): number {
  const at = text.indexOf(character, start)
  return at < 0 || at > end ? end : at
}

function trimmed(text: string): string {
  const start = skipBlanks(text, 0, text.length)
  return text.slice(start, dropBlanks(text, start, text.length))
}

function skipBlanks(text: string, start: number, end: number): number {
  let at = start
  while (at < end && isBlank(text.charCodeAt(at))) at++
  return at
}

function dropBlanks(text: string, start: number, end: number): number {
  let at = end
  while (at > start && isBlank(text.charCodeAt(at - 1))) at--
  return at
}

function isBlank(code: number): boolean {
  return code === SP || code === TAB
}

/** The one version of the text there is; it has case. */
export const ANALYTICS_VERSION = 'analytics1'

const E = 101
const T = 116
const U = 117
const V = 118
const NONE: readonly string[] = []
