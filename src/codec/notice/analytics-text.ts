import { EQUAL, SEMICOLON, SP, TAB } from '#codec/sip/octets.ts'
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
  /** `v` is the first piece. */
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
  let firstKey: string | undefined
  let repeated = false
  let untidy = false
  let incomplete = false
  for (let pieceStart = start; pieceStart <= end;) {
    let keyEnd = -1
    let pieceEnd = pieceStart
    for (let code = 0; pieceEnd < end && (code = field.charCodeAt(pieceEnd)) !== SEMICOLON; pieceEnd++)
      if (code === EQUAL && keyEnd < 0) keyEnd = pieceEnd
    const whole = keyEnd < 0
    if (whole) keyEnd = pieceEnd
    let key = field.slice(pieceStart, keyEnd)
    const rawValue = whole ? '' : field.slice(keyEnd + 1, pieceEnd)
    const value = trimmed(rawValue)
    pieceStart = pieceEnd + 1
    if (value !== rawValue) untidy = true
    if (!isKnown(key)) {
      const tidy = trimmed(key).toLowerCase()
      if (tidy !== key) untidy = true
      key = tidy
    }
    if (key === '' && whole) {
      untidy = true
      continue
    }
    firstKey ??= key
    if (key === '' || value === '') {
      incomplete = true
      continue
    }
    let known: string | undefined
    if (key === 'v') version = (known = version) ?? value
    else if (key === 'url') url = (known = url) ?? value
    else if (key === 'tel') tel = (known = tel) ?? value
    else if (key === 'email') email = (known = email) ?? value
    else if (key === 'id') id = (known = id) ?? value
    else if (unknown?.has(key) === true) known = key
    else (unknown ??= new Set()).add(key)
    if (known !== undefined) repeated = true
  }
  const unknownKeys = unknown === undefined ? NONE : [...unknown]
  const versionFirst = firstKey === 'v'
  const raw = field.slice(start, end)
  return { raw, version, url, tel, email, id, unknownKeys, versionFirst, repeated, untidy, incomplete }
}

/** Every piece of a text with a key and a value, in order, repeated keys too; keys in lower case. */
export function analyticsPairs(raw: string): AnalyticsPair[] {
  return raw.split(';').flatMap((piece) => {
    const equal = piece.indexOf('=')
    const key = trimmed(piece.slice(0, Math.max(equal, 0))).toLowerCase()
    const value = trimmed(piece.slice(equal + 1))
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

/** Without spaces and tabs at both ends, which is how nearly every text comes. */
function trimmed(text: string): string {
  if (!isBlank(text.charCodeAt(0)) && !isBlank(text.charCodeAt(text.length - 1))) return text
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === SP || code === TAB
}

/** The one version of the text there is; it has case. */
export const ANALYTICS_VERSION = 'analytics1'

const NONE: readonly string[] = []
