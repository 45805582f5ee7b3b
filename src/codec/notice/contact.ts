/** What is wrong with a URL for a 603+, in words; empty when nothing is. */
export function urlFaults(url: string): string[] {
  const faults: string[] = []
  const host = httpHost(url)
  if (host === undefined || host.scheme !== 'https') faults.push(`${show(url)} is not an absolute https URL`)
  else if (!isPublicHost(host.name)) faults.push(`the host of ${show(url)} is not a name in the public DNS`)
  if (host?.userInfo === true) faults.push(`${show(url)} carries a user name or password`)
  if (/^https:\/\//i.test(url) && !WRITABLE_URL.test(url))
    faults.push(`${show(url)} holds a character that must be percent-encoded here`)
  return faults
}

/** What is wrong with a telephone number for a 603+, in words. */
export function telFaults(tel: string): string[] {
  return isE164(tel) ? [] : [`${show(tel)} is not "+" and 2 to 15 digits, the first of them not 0`]
}

/** What is wrong with an e-mail address for a 603+, in words. */
export function emailFaults(email: string): string[] {
  return isMailbox(email) ? [] : [`${show(email)} is not an ASCII e-mail address with a dotted domain`]
}

/** What is wrong with a redress id, in words. */
export function idFaults(id: string): string[] {
  return isRedressId(id) ? [] : [`${show(id)} is not 1 to 64 of letters, digits, "_" and "-"`]
}

/** What is wrong with the URI of a card, in words. */
export function cardUriFaults(uri: string): string[] {
  const faults = urlFaults(uri)
  if (uri.length > CARD_URI_CHARACTERS_MAX) faults.push(`the card URI is longer than ${CARD_URI_CHARACTERS_MAX}`)
  return faults
}

/** `+`, a digit that is not 0, then 1 to 14 digits. ITU-T E.164 §6. */
export function isE164(text: string): boolean {
  return E164.test(text)
}

/** A dot-atom address of RFC 5322 §3.4.1 in ASCII with at least two labels in its domain, up to 254 characters. */
export function isMailbox(text: string): boolean {
  return text.length <= EMAIL_CHARACTERS_MAX && MAILBOX.test(text)
}

/** 1 to 64 of letters, digits, `_` and `-`. */
export function isRedressId(text: string): boolean {
  return text.length > 0 && text.length <= ID_CHARACTERS_MAX && !NOT_OF_ID.test(text)
}

/** The host of an http or https URL, and whether a user name stands before it. */
export type HttpHost = { readonly scheme: 'http' | 'https'; readonly name: string; readonly userInfo: boolean }

/**
 * Reads scheme and host of an absolute http(s) URL; undefined where RFC 3986 would not call the text one.
 *
 * A value here is mostly a piece of a longer string, over which a search for a bad character is far faster than a walk.
 */
export function httpHost(text: string): HttpHost | undefined {
  const scheme = schemeOf(text)
  if (scheme === undefined || NOT_OF_URI.test(text) || (text.includes('%') && BROKEN_ESCAPE.test(text)))
    return undefined
  const authority = authorityOf(text, scheme.length + 3)
  if (authority !== '' && !BEYOND_HOST.test(authority)) return { scheme, name: authority, userInfo: false }
  const at = authority.indexOf('@')
  const hostAndPort = at < 0 ? authority : authority.slice(at + 1)
  const parts = HOST_AND_PORT.exec(hostAndPort)
  if (parts === null || Number(parts[2] ?? 0) > PORT_MAX) return undefined
  return { scheme, name: parts[1]!, userInfo: at >= 0 }
}

/** Tells whether a host is a name the public DNS could resolve: no address, no single label, no name for local use. */
export function isPublicHost(host: string): boolean {
  const end = host.endsWith('.') ? host.length - 1 : host.length
  if (end > HOST_CHARACTERS_MAX) return false
  const name = end === host.length ? host : host.slice(0, end)
  if (!DOTTED_NAME.test(name)) return false
  return !LOCAL_LABEL.test(name.slice(name.lastIndexOf('.') + 1))
}

function schemeOf(text: string): 'http' | 'https' | undefined {
  if (text.startsWith('https://')) return 'https'
  const start = text.slice(0, 8).toLowerCase()
  if (start === 'https://') return 'https'
  return start.startsWith('http://') ? 'http' : undefined
}

/** What stands before the first slash, question mark or number sign. */
function authorityOf(text: string, start: number): string {
  const slash = text.indexOf('/', start)
  const authority = slash < 0 ? text.slice(start) : text.slice(start, slash)
  const end = authority.search(/[?#]/)
  return end < 0 ? authority : authority.slice(0, end)
}

/**
 * Tells at one glance what nearly every contact is: https, a public name, no user name, no port, no escape. What it does
 * not hold of is for `httpHost` and `isPublicHost` to judge.
 */
export function isPlainUrl(url: string): boolean {
  return url.length <= HOST_CHARACTERS_MAX && PLAIN_URL.test(url) && !PERHAPS_LONG_LABEL.test(url)
}

/** Shown inside a sentence, so nothing in it may break the line or run on. */
function show(text: string): string {
  const printable = text.replace(/[^\u0020-\u007e]/g, '?')
  return `"${printable.length > 80 ? `${printable.slice(0, 77)}...` : printable}"`
}

const E164 = /^\+[1-9][0-9]{1,14}$/
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
/** RFC 1035 §2.3.4: a label has at most 63 octets. */
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const MAILBOX = new RegExp(`^${ATOM}(?:\\.${ATOM})*@${LABEL}(?:\\.${LABEL})+$`)
const DOTTED_NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})+$`)
const NOT_OF_ID = /[^A-Za-z0-9_-]/
/** RFC 3986 §2: what no URI can hold, and a percent sign without its two digits. */
const NOT_OF_URI = /[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]/
const BROKEN_ESCAPE = /%(?![0-9A-Fa-f]{2})/
/** 1 is the host, 2 the port. */
const HOST_AND_PORT = /^([^:[\]@]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{0,5}))?$/
/** A last label that begins with a letter is no address; the first character after the host ends it. */
const PLAIN_URL =
  /^https:\/\/(?:[a-z0-9]+(?:-+[a-z0-9]+)*\.)+(?!(?:localhost|local|internal|invalid)(?:[/?#]|$))[a-z]+(?:[/?#][A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]*)?$/
/** No label that is too long is without such a run; a path may have one too, and then the closer look decides. */
const PERHAPS_LONG_LABEL = /[a-z0-9-]{64}/
/** What tells that more than a name stands in an authority. */
const BEYOND_HOST = /[@:[\]]/
/** The last label of a name for local use, or of a host that fetchers read as an IPv4 address. */
const LOCAL_LABEL = /^(?:localhost|local|internal|invalid|[0-9]+|0x[0-9a-f]*)$/i
/** The URL characters that neither the pairs of the text, nor quotes, nor a Call-Info value give a meaning to. */
const WRITABLE_URL = /^https:\/\/[!#-+\--:=?-[\]_a-z~]+$/
export const ID_CHARACTERS_MAX = 64
const EMAIL_CHARACTERS_MAX = 254
const HOST_CHARACTERS_MAX = 253
const CARD_URI_CHARACTERS_MAX = 512
const PORT_MAX = 65_535
