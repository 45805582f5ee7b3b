/** What a place in a byte stream is: the start of a SIP message, something else, or too short to tell. */
export type StartMatch = 'yes' | 'no' | 'more'

/**
 * Tells whether a SIP start line begins at `start`, from as few bytes as it takes (RFC 3261 7.1, 7.2).
 *
 * A status line is known by `SIP/x.y` and a digit, a request line by a method, a URI with a scheme and a SIP version.
 * `lenient` also takes a request line that names a sip, sips or tel URI but breaks off before its version.
 * Whatever is answered for a prefix holds for everything that prefix can grow into, apart from `more`.
 */
export function matchStart(bytes: Uint8Array, start: number, end: number, lenient = false): StartMatch {
  if (start >= end) return 'more'
  const first = bytes[start]!
  if (TOKEN[first] === 0) return 'no'
  if ((first | 0x20) === 0x73 /* s */) {
    const status = matchStatusLine(bytes, start, end)
    if (status !== 'no') return status
  }
  return matchRequestLine(bytes, start, end, lenient)
}

/** The status code of the response that begins at `start`, or 0 if no status line with a three-digit code does. */
export function statusAt(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 12 || matchStatusLine(bytes, start, end) !== 'yes') return 0
  const hundreds = bytes[start + 8]! - 0x30
  const tens = bytes[start + 9]! - 0x30
  const ones = bytes[start + 10]! - 0x30
  const after = bytes[start + 11]!
  if (hundreds > 9 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return 0
  return after >= 0x30 && after <= 0x39 ? 0 : hundreds * 100 + tens * 10 + ones
}

/** Where the first byte that is neither CR nor LF stands: line ends before a start line carry nothing (RFC 3261 7.5). */
export function skipLineEnds(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && (bytes[at] === CR || bytes[at] === LF)) at += 1
  return at
}

/** Bytes that can begin a SIP message or the line ends before one: 1 at each of them, 0 at all others. */
export const OPENERS = new Uint8Array(256)

function matchStatusLine(bytes: Uint8Array, start: number, end: number): StartMatch {
  for (let index = 0; index < STATUS_LINE.length; index += 1) {
    const at = start + index
    if (at >= end) return 'more'
    const expected = STATUS_LINE[index]!
    const byte = bytes[at]!
    if (expected === DIGIT ? byte < 0x30 || byte > 0x39 : UPPER[byte] !== expected) return 'no'
  }
  return 'yes'
}

function matchRequestLine(bytes: Uint8Array, start: number, end: number, lenient: boolean): StartMatch {
  let at = start
  while (at < end && TOKEN[bytes[at]!] === 1) at += 1
  if (at - start > MAX_METHOD_BYTES) return 'no'
  if (at === end) return 'more'
  if (bytes[at] !== SP) return 'no'

  const limit = Math.min(end, start + MAX_START_LINE_BYTES)
  while (at < limit && bytes[at] === SP) at += 1
  if (at < limit && bytes[at] === 0x3c /* < */) at += 1
  const scheme = at
  if (at < limit && !isLetter(bytes[at]!)) return 'no'
  while (at < limit && SCHEME[bytes[at]!] === 1) at += 1
  if (at === limit) return limit === end ? 'more' : 'no'
  if (bytes[at] !== 0x3a /* : */) return 'no'
  if (lenient && isTelephonyScheme(bytes, scheme, at)) return 'yes'

  for (; at < limit; at += 1) {
    const byte = bytes[at]!
    if (byte === LF) return 'no'
    if (byte !== SP) continue
    const version = matchVersion(bytes, at + 1, end)
    if (version !== 'no') return version
  }
  return limit === end ? 'more' : 'no'
}

function matchVersion(bytes: Uint8Array, start: number, end: number): StartMatch {
  for (let index = 0; index < VERSION_BYTES; index += 1) {
    if (start + index >= end) return 'more'
    if (UPPER[bytes[start + index]!] !== STATUS_LINE[index]) return 'no'
  }
  return 'yes'
}

function isLetter(byte: number): boolean {
  return UPPER[byte]! >= 0x41 && UPPER[byte]! <= 0x5a
}

function isTelephonyScheme(bytes: Uint8Array, start: number, end: number): boolean {
  let scheme = ''
  for (let at = start; at < end && at < start + 5; at += 1) scheme += String.fromCharCode(bytes[at]! | 0x20)
  return scheme === 'sip' || scheme === 'sips' || scheme === 'tel'
}

/** A request line longer than this is not taken for one. */
export const MAX_START_LINE_BYTES = 8_192
/** A method longer than this is not taken for one. */
export const MAX_METHOD_BYTES = 128

const CR = 0x0d
const LF = 0x0a
const SP = 0x20
const DIGIT = 0
/** `SIP/d.d d` in upper case, with 0 for any digit. */
const STATUS_LINE = [0x53, 0x49, 0x50, 0x2f, DIGIT, 0x2e, DIGIT, SP, DIGIT]
const VERSION_BYTES = 4

const TOKEN = new Uint8Array(256)
const SCHEME = new Uint8Array(256)
const UPPER = new Uint8Array(256)
for (let byte = 0; byte < 256; byte += 1) {
  const character = String.fromCharCode(byte)
  if (/[A-Za-z0-9\-.!%*_+`'~]/.test(character)) TOKEN[byte] = 1
  if (/[A-Za-z0-9+\-.]/.test(character)) SCHEME[byte] = 1
  UPPER[byte] = byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte
  OPENERS[byte] = TOKEN[byte] === 1 || byte === CR || byte === LF ? 1 : 0
}
