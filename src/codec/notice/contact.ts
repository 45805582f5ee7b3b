import { HEX, URI } from '#codec/sip/octets.ts'

/** What is wrong with a URL for a 603+, in words; empty when nothing is. */
export function urlFaults(url: string): string[] {
  const faults: string[] = []
  const host = httpHost(url)
  if (host === undefined || host.scheme !== 'https') faults.push(`${show(url)} is not an absolute https URL`)
  else if (!isPublicHost(host.name)) faults.push(`the host of ${show(url)} is not a name in the public DNS`)
  if (host?.userInfo === true) faults.push(`${show(url)} carries a user name or password`)
  if (!WRITABLE_URL.test(url)) faults.push(`${show(url)} holds a character that must be percent-encoded here`)
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

export function isRedressId(text: string): boolean {
  return REDRESS_ID.test(text)
}

/** The host of an http or https URL, and whether a user name stands before it. */
export type HttpHost = { readonly scheme: 'http' | 'https'; readonly name: string; readonly userInfo: boolean }

/** Reads scheme and host of an absolute http(s) URL; undefined where RFC 3986 would not call the text one. */
export function httpHost(text: string): HttpHost | undefined {
  const parts = HTTP_URL.exec(text)
  if (parts === null || !isUriText(text)) return undefined
  const port = parts[5]
  if (port !== undefined && Number(port) > PORT_MAX) return undefined
  return { scheme: parts[1] === undefined ? 'http' : 'https', name: parts[3]!, userInfo: parts[2] !== undefined }
}

/** Tells whether a host is a name the public DNS could resolve: no address, no single label, no name for local use. */
export function isPublicHost(host: string): boolean {
  const name = host.endsWith('.') ? host.slice(0, -1) : host
  if (name.length > HOST_CHARACTERS_MAX || !DOTTED_NAME.test(name)) return false
  const last = name.slice(name.lastIndexOf('.') + 1).toLowerCase()
  return !LOCAL_LABELS.has(last) && !NUMERIC_LABEL.test(last)
}

/** Characters of RFC 3986 only, each `%` with two digits after it. */
function isUriText(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 126 || URI[code] === 0) return false
    if (code !== 0x25) continue
    if (HEX[text.charCodeAt(at + 1)] !== 1 || HEX[text.charCodeAt(at + 2)] !== 1) return false
  }
  return true
}

/** Shown inside a sentence, so nothing in it may break the line or run on. */
function show(text: string): string {
  const printable = text.replace(/[^\u0020-\u007e]/g, '?')
  return `"${printable.length > 80 ? `${printable.slice(0, 77)}...` : printable}"`
}

const E164 = /^\+[1-9][0-9]{1,14}$/
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?'
const MAILBOX = new RegExp(`^${ATOM}(?:\\.${ATOM})*@${LABEL}(?:\\.${LABEL})+$`)
const REDRESS_ID = /^[A-Za-z0-9_-]{1,64}$/
/** 1 is the `s` of https, 2 the user info, 3 the host, 5 the port. */
const HTTP_URL =
  /^http(s)?:\/\/([^/?#@]*@)?([A-Za-z0-9._~%!$&'()*+,;=-]+|\[[0-9A-Fa-f:.]+\])(:([0-9]{0,5}))?(?:[/?#]|$)/i
const DOTTED_NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})+$`)
const NUMERIC_LABEL = /^(?:[0-9]+|0x[0-9a-f]*)$/
const LOCAL_LABELS = new Set(['localhost', 'local', 'internal', 'invalid'])
/** The URL characters that neither the pairs of the text, nor quotes, nor a Call-Info value give a meaning to. */
const WRITABLE_URL = /^https:\/\/[!#-+\--:=?-[\]_a-z~]+$/
const EMAIL_CHARACTERS_MAX = 254
const HOST_CHARACTERS_MAX = 253
const CARD_URI_CHARACTERS_MAX = 512
const PORT_MAX = 65_535
