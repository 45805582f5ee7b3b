import { PARAMETERS_MAX } from './limits.ts'
import { Malformed } from './malformed.ts'
import { equalsIgnoringCase } from './message.ts'
import {
  AT,
  BRACKET_CLOSE,
  BRACKET_OPEN,
  COLON,
  DIGIT,
  HEX,
  HOST,
  HOST6,
  PERCENT,
  QUESTION,
  SCHEME,
  SEMICOLON,
  URI,
  URI_TAIL,
  USER,
} from './octets.ts'
import { decodeText, encodeText } from './text.ts'

/** A SIP or SIPS URI. RFC 3261 §19.1. Parts are as sent; `unescape` undoes their percent-escapes once. */
export type SipUri = {
  readonly scheme: 'sip' | 'sips'
  /** The user part without password, escapes in place; undefined where the URI names only a host. */
  readonly user: string | undefined
  readonly password: string | undefined
  readonly host: string
  readonly port: number | undefined
  readonly parameters: ReadonlyMap<string, string | undefined>
  /** What follows `?`, as sent. */
  readonly headers: string | undefined
}

/** A tel URI. RFC 3966 §3. */
export type TelUri = {
  readonly scheme: 'tel'
  /** The subscriber with visual separators as sent, `+` for a global number. */
  readonly number: string
  readonly parameters: ReadonlyMap<string, string | undefined>
}

/** Any other absolute URI: its scheme in lower case and the rest as sent. */
export type OtherUri = { readonly scheme: string; readonly rest: string; readonly kind: 'other' }

export type Uri = (SipUri & { readonly kind: 'sip' }) | (TelUri & { readonly kind: 'tel' }) | OtherUri

/**
 * Reads a URI. Throws `Malformed` where its scheme's grammar is broken; the number of a tel URI is not judged, and of a
 * parameter that stands twice the first one counts.
 */
export function parseUri(text: string): Uri {
  const bytes = encodeText(text)
  const view = new UriView()
  view.read(bytes, 0, bytes.length)
  const part = (start: number, end: number): string => decodeText(bytes, start, end)
  if (view.kind === 'other') {
    return {
      kind: 'other',
      scheme: part(0, view.schemeEnd).toLowerCase(),
      rest: part(view.schemeEnd + 1, bytes.length),
    }
  }
  const parameters = parseParameters(part(view.parametersStart, view.parametersEnd))
  if (view.kind === 'tel') return { kind: 'tel', scheme: 'tel', number: part(view.userStart, view.userEnd), parameters }
  const [user, ...password] = view.userStart < 0 ? [] : part(view.userStart, view.userEnd).split(':')
  return {
    kind: 'sip',
    scheme: view.secure ? 'sips' : 'sip',
    user,
    password: password.length === 0 ? undefined : password.join(':'),
    host: part(view.hostStart, view.hostEnd),
    port: view.port < 0 ? undefined : view.port,
    parameters,
    headers: view.headersStart < 0 ? undefined : part(view.headersStart, bytes.length),
  }
}

/** Writes a URI; the parts are taken to be escaped already, as `parseUri` gives them. */
export function formatUri(uri: Uri): string {
  return formatAbsoluteUri(joinUri(uri))
}

/** Writes a URI that is text already: what no URI may hold, and what would end its angle brackets, is refused. */
export function formatAbsoluteUri(uri: string): string {
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:[\x21\x23-\x3b\x3d\x3f-\x7e]+$/.test(uri))
    throw new Error(`${JSON.stringify(uri)} is not a URI`)
  return uri
}

function joinUri(uri: Uri): string {
  if (uri.kind === 'other') return `${uri.scheme}:${uri.rest}`
  const parameters = [...uri.parameters]
    .map(([name, value]) => (value === undefined ? `;${name}` : `;${name}=${value}`))
    .join('')
  if (uri.kind === 'tel') return `tel:${uri.number}${parameters}`
  const password = uri.password === undefined ? '' : `:${uri.password}`
  const user = uri.user === undefined ? '' : `${uri.user}${password}@`
  const port = uri.port === undefined ? '' : `:${uri.port}`
  const headers = uri.headers === undefined ? '' : `?${uri.headers}`
  return `${uri.scheme}:${user}${uri.host}${port}${parameters}${headers}`
}

/** Undoes percent-escapes once; octets that are not UTF-8 become U+FFFD. */
export function unescapeUri(text: string): string {
  if (!text.includes('%')) return text
  const bytes = encodeText(text)
  let length = 0
  for (let at = 0; at < bytes.length; at++) {
    const escaped = bytes[at] === PERCENT && HEX[bytes[at + 1] ?? 0] === 1 && HEX[bytes[at + 2] ?? 0] === 1
    bytes[length++] = escaped ? Number.parseInt(decodeText(bytes, at + 1, at + 3), 16) : bytes[at]!
    if (escaped) at += 2
  }
  return decodeText(bytes, 0, length)
}

/** A URI as offsets into octets, for readers that ask for little of it; may be pointed at one URI after another. */
export class UriView {
  kind: 'sip' | 'tel' | 'other' = 'other'
  secure = false
  schemeEnd = 0
  /** The user part with password, or the tel subscriber; -1 where there is none. */
  userStart = -1
  userEnd = -1
  hostStart = 0
  hostEnd = 0
  port = -1
  /** What lies between the first `;` after the host (or subscriber) and `?` or the end; empty where there is none. */
  parametersStart = 0
  parametersEnd = 0
  /** After `?`; -1 where there are no headers. */
  headersStart = -1

  /** Reads the URI between two offsets; faults count from `origin`, where the value that holds it starts. */
  read(bytes: Uint8Array, start: number, end: number, origin = start): void {
    let at = start
    while (at < end && SCHEME[bytes[at]!] === 1) at++
    if (at === start || at >= end - 1 || bytes[at] !== COLON || !isLetter(bytes[start]!)) throw malformed(at - origin)
    this.schemeEnd = at
    this.secure = false
    this.userStart = -1
    this.userEnd = -1
    this.port = -1
    this.headersStart = -1
    if (isScheme(bytes, start, at, 'sip')) this.#readSip(bytes, origin, at + 1, end)
    else if (isScheme(bytes, start, at, 'sips')) {
      this.#readSip(bytes, origin, at + 1, end)
      this.secure = true
    } else if (isScheme(bytes, start, at, 'tel')) this.#readTel(bytes, origin, at + 1, end)
    else {
      this.kind = 'other'
      for (at++; at < end; at++) if (URI[bytes[at]!] === 0) throw malformed(at - origin)
    }
  }

  #readSip(bytes: Uint8Array, origin: number, from: number, end: number): void {
    this.kind = 'sip'
    let at = from
    let percent = false
    while (at < end && USER[bytes[at]!] === 1) if (bytes[at++] === PERCENT) percent = true
    if (bytes[at] === AT && at < end) {
      if (at === from || bytes[from] === COLON) throw malformed(from - origin)
      if (percent) checkEscapes(bytes, origin, from, at)
      this.userStart = from
      this.userEnd = at
      at++
    } else at = from
    at = this.#readHost(bytes, origin, at, end)
    this.parametersStart = at
    percent = false
    while (at < end && bytes[at] !== QUESTION && URI_TAIL[bytes[at]!] === 1) if (bytes[at++] === PERCENT) percent = true
    this.parametersEnd = at
    if (this.parametersEnd > this.parametersStart && bytes[this.parametersStart] !== SEMICOLON)
      throw malformed(at - origin)
    if (at < end && bytes[at] === QUESTION) {
      this.headersStart = ++at
      percent = true
      while (at < end && URI_TAIL[bytes[at]!] === 1) at++
    }
    if (at < end) throw malformed(at - origin)
    if (percent) checkEscapes(bytes, origin, this.parametersStart, end)
  }

  #readHost(bytes: Uint8Array, origin: number, from: number, end: number): number {
    let at = from
    this.hostStart = from
    if (bytes[at] === BRACKET_OPEN) {
      at++
      while (at < end && HOST6[bytes[at]!] === 1) at++
      if (at >= end || bytes[at] !== BRACKET_CLOSE || at === from + 1) throw malformed(at - origin)
      at++
    } else while (at < end && HOST[bytes[at]!] === 1) at++
    if (at === from) throw malformed(at - origin)
    this.hostEnd = at
    if (at >= end || bytes[at] !== COLON) return at
    const portStart = ++at
    let port = 0
    while (at < end && DIGIT[bytes[at]!] === 1 && port <= PORT_MAX) port = port * 10 + bytes[at++]! - 48
    if (at === portStart || port > PORT_MAX) throw malformed(at - origin)
    this.port = port
    return at
  }

  #readTel(bytes: Uint8Array, origin: number, from: number, end: number): void {
    this.kind = 'tel'
    let at = from
    while (at < end && bytes[at] !== SEMICOLON && URI[bytes[at]!] === 1) at++
    if (at === from) throw malformed(at - origin)
    this.userStart = from
    this.userEnd = at
    checkEscapes(bytes, origin, from, at)
    this.parametersStart = at
    while (at < end && URI_TAIL[bytes[at]!] === 1) at++
    this.parametersEnd = at
    if (at < end) throw malformed(at - origin)
    checkEscapes(bytes, origin, this.parametersStart, end)
  }
}

function parseParameters(text: string): Map<string, string | undefined> {
  const parameters = new Map<string, string | undefined>()
  for (const piece of text.split(';').slice(1)) {
    const equal = piece.indexOf('=')
    const name = (equal < 0 ? piece : piece.slice(0, equal)).toLowerCase()
    if (name === '' || parameters.has(name)) continue
    if (parameters.size === PARAMETERS_MAX) throw new Malformed('too-long', 0, 'limit')
    parameters.set(name, equal < 0 ? undefined : piece.slice(equal + 1))
  }
  return parameters
}

function checkEscapes(bytes: Uint8Array, origin: number, from: number, end: number): void {
  for (let at = from; at < end; at++) {
    if (bytes[at] === PERCENT && (at + 2 >= end || HEX[bytes[at + 1]!] === 0 || HEX[bytes[at + 2]!] === 0))
      throw malformed(at - origin)
  }
}

function isScheme(bytes: Uint8Array, start: number, end: number, lower: string): boolean {
  return end - start === lower.length && equalsIgnoringCase(bytes, start, end, lower)
}

function isLetter(octet: number): boolean {
  return (octet >= 65 && octet <= 90) || (octet >= 97 && octet <= 122)
}

function malformed(at: number): Malformed {
  return new Malformed('uri', at, 'RFC 3261 §19.1, RFC 3966 §3')
}

const PORT_MAX = 65_535
