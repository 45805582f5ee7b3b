import { SP, TAB } from './octets.ts'

/**
 * Reads octets as UTF-8; what is not UTF-8 becomes U+FFFD, so keep the octets where they matter.
 *
 * Short ASCII runs, which is nearly every SIP value, take a path without a decoder object.
 */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > SHORT) return decodeLong(bytes, start, end)
  let text = ''
  let at = start
  for (; at + 4 <= end; at += 4) {
    const [a, b, c, d] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!]
    if ((a | b | c | d) > 127) return decodeLong(bytes, start, end)
    text += String.fromCharCode(a, b, c, d)
  }
  for (; at < end; at++) {
    const octet = bytes[at]!
    if (octet > 127) return decodeLong(bytes, start, end)
    text += ASCII[octet]
  }
  return text
}

/**
 * Turns each fold of a value, with the white space round it, into one space. RFC 3261 §7.3.1.
 *
 * By hand and not by a regular expression, which would try a long run of spaces again from each of them.
 */
export function unfold(text: string): string {
  let fold = text.indexOf(CRLF)
  if (fold < 0) return text
  let unfolded = ''
  let from = 0
  while (fold >= 0) {
    let before = fold
    while (before > from && isBlank(text.charCodeAt(before - 1))) before--
    let after = fold
    while (isBlank(text.charCodeAt(after)) || text.startsWith(CRLF, after)) after += text[after] === '\r' ? 2 : 1
    unfolded += `${text.slice(from, before)} `
    from = after
    fold = text.indexOf(CRLF, from)
  }
  return unfolded + text.slice(from)
}

/** Writes text as UTF-8. */
export function encodeText(text: string): Uint8Array {
  return ENCODER.encode(text)
}

/**
 * Writes text as UTF-8 into octets that are lent until the next call, for parsers that are done with them by then.
 */
export function lendOctets(text: string): { readonly bytes: Uint8Array; readonly end: number } {
  if (text.length * 3 > LENT.bytes.length) LENT.bytes = new Uint8Array(text.length * 3)
  LENT.end = ENCODER.encodeInto(text, LENT.bytes).written
  return LENT
}

/** Reads octets one character each (code points 0-255), so that nothing is lost. */
export function decodeOctets(bytes: Uint8Array, start = 0, end = bytes.length): string {
  if (NATIVE !== undefined) return NATIVE.latin1Slice.call(bytes, start, end)
  let text = ''
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!)
  return text
}

/** Writes characters 0-255 as one octet each: the inverse of `decodeOctets`. */
export function encodeOctets(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}

function decodeLong(bytes: Uint8Array, start: number, end: number): string {
  return DECODER.decode(bytes.subarray(start, end))
}

function isBlank(code: number): boolean {
  return code === SP || code === TAB
}

const CRLF = '\r\n'
/** Up to here a string is put together faster than a decoder is called. */
const SHORT = 32
const ASCII = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true })
const ENCODER = new TextEncoder()
const LENT = { bytes: new Uint8Array(8192), end: 0 }
/** What Node can do natively with any octets; undefined in a browser. */
const NATIVE = (
  globalThis as { Buffer?: { prototype: { latin1Slice(this: Uint8Array, start: number, end: number): string } } }
).Buffer?.prototype
