import type { RedressContact, RedressId } from './notice.ts'

/** The text of a 603+ Reason value, taken apart. ATIS-1000099. Values are as sent; nothing is decoded or repaired. */
export type AnalyticsText = {
  readonly raw: string
  /** Every piece between semicolons that has a key and a value, in order, repeated keys too. */
  readonly pairs: readonly AnalyticsPair[]
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

export type AnalyticsPair = { readonly key: string; readonly value: string }

/** Reads the unescaped text of a Reason value as attribute-value pairs. It accepts anything and says what is odd. */
export function parseAnalyticsText(raw: string): AnalyticsText {
  const pairs: AnalyticsPair[] = []
  let unknown: Set<string> | undefined
  let version: string | undefined
  let url: string | undefined
  let tel: string | undefined
  let email: string | undefined
  let id: string | undefined
  let firstKey: string | undefined
  let repeated = false
  let untidy = false
  let incomplete = false
  for (let start = 0; start <= raw.length;) {
    const semicolon = raw.indexOf(';', start)
    const end = semicolon < 0 ? raw.length : semicolon
    const piece = raw.slice(start, end)
    start = end + 1
    const equal = piece.indexOf('=')
    const rawKey = equal < 0 ? piece : piece.slice(0, equal)
    const rawValue = equal < 0 ? '' : piece.slice(equal + 1)
    const key = rawKey.trim().toLowerCase()
    const value = rawValue.trim()
    if (rawKey !== key || rawValue !== value) untidy = true
    if (key === '' && equal < 0) {
      untidy = true
      continue
    }
    firstKey ??= key
    if (key === '' || value === '') {
      incomplete = true
      continue
    }
    pairs.push({ key, value })
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
  return { raw, pairs, version, url, tel, email, id, unknownKeys, versionFirst, repeated, untidy, incomplete }
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

/** The one version of the text there is; it has case. */
export const ANALYTICS_VERSION = 'analytics1'

const NONE: readonly string[] = []
