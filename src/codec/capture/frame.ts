import { matchStart, skipLineEnds } from './start-line.ts'

/**
 * What stands at the front of a byte stream.
 *
 * `need-more` may say when asking again is worth it: at `atLeast` bytes counted from `start`, or once a `blankLine` is there.
 * `not-sip` names the next place, after `start`, where a message may begin.
 */
export type Framed =
  | { kind: 'message'; end: number }
  | { kind: 'need-more'; atLeast?: number; blankLine?: boolean }
  | { kind: 'not-sip'; skipTo: number }

/** Finds the end of the SIP message that begins at `start` of a stream (RFC 3261 18.3). */
export type Frame = (bytes: Uint8Array, start: number, end: number) => Framed

/**
 * Frames a stream as a listener that joined late and cannot ask again: what is not SIP is passed over up to the next start
 * line, a missing, broken or absurd Content-Length counts as 0, and line ends may be bare.
 */
export function frameTolerantly(bytes: Uint8Array, start: number, end: number): Framed {
  const begin = skipLineEnds(bytes, start, end)
  if (begin > start) return { kind: 'not-sip', skipTo: begin }
  const match = matchStart(bytes, start, end)
  if (match === 'more') return { kind: 'need-more' }
  if (match === 'no') return { kind: 'not-sip', skipTo: nextStart(bytes, start + 1, end) }

  const body = bodyAt(bytes, start, Math.min(end, start + MAX_HEADER_SECTION_BYTES))
  if (body === undefined) {
    if (end - start < MAX_HEADER_SECTION_BYTES) return { kind: 'need-more', blankLine: true }
    // All of it goes, also start lines in it: looking at each of them again would take a time that grows with the square.
    return { kind: 'not-sip', skipTo: nextStart(bytes, start + MAX_HEADER_SECTION_BYTES, end) }
  }
  const length = contentLength(bytes, start, body) ?? 0
  const messageEnd = body + (length > MAX_STREAM_BODY_BYTES ? 0 : length)
  return messageEnd <= end ? { kind: 'message', end: messageEnd } : { kind: 'need-more', atLeast: messageEnd - start }
}

/** Where the body begins: behind the first blank line after `start`, or undefined if there is none before `end`. */
export function bodyAt(bytes: Uint8Array, start: number, end: number): number | undefined {
  for (let line = nextLine(bytes, start, end); line < end; line = nextLine(bytes, line, end)) {
    if (bytes[line] === LF) return line + 1
    if (bytes[line] === CR && line + 1 < end && bytes[line + 1] === LF) return line + 2
  }
  return undefined
}

/** The number in the first Content-Length of a header section (RFC 3261 20.14), or undefined if none can be read. */
export function contentLength(bytes: Uint8Array, start: number, end: number): number | undefined {
  const value = fieldValueAt(bytes, start, end, CONTENT_LENGTH, 0x6c /* l */)
  if (value === undefined) return undefined
  let at = value
  while (bytes[at] === SP || bytes[at] === HTAB) at += 1
  let number = 0
  const digits = at
  for (; at < end && at - digits < 10; at += 1) {
    const digit = bytes[at]! - 0x30
    if (digit < 0 || digit > 9) break
    number = number * 10 + digit
  }
  return at === digits ? undefined : number
}

/** Where the value of the first header field of this name (lower case, with its compact letter) begins. */
export function fieldValueAt(
  bytes: Uint8Array,
  start: number,
  end: number,
  name: string,
  compact: number,
): number | undefined {
  for (let line = nextLine(bytes, start, end); line < end; line = nextLine(bytes, line, end)) {
    const first = bytes[line]! | 0x20
    if (first !== compact && first !== name.charCodeAt(0)) continue
    let at = line + 1
    if (hasName(bytes, line, end, name)) at = line + name.length
    else if (first !== compact) continue
    while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at += 1
    if (bytes[at] === 0x3a /* : */) return at + 1
  }
  return undefined
}

/** Where the line after the one that holds `start` begins, or `end`. */
export function nextLine(bytes: Uint8Array, start: number, end: number): number {
  // Not `indexOf`: it has no end, and would search a whole window for each short message in it.
  let at = start
  while (at < end && bytes[at] !== LF) at += 1
  return at < end ? at + 1 : end
}

/** Where the next message may begin: a start line at the head of a line, or a status line anywhere; `end` if nowhere. */
export function nextStart(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start - 1] === LF && matchStart(bytes, start, end) !== 'no') return start
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]!
    if (byte === LF) {
      if (at + 1 < end && matchStart(bytes, at + 1, end) !== 'no') return at + 1
    } else if (byte === 0x53 /* S */) {
      if (isStatusLine(bytes, at, end) && matchStart(bytes, at, end) !== 'no') return at
    }
  }
  return end
}

function isStatusLine(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = 0; index < STATUS_PREFIX.length; index += 1) {
    if (start + index >= end) return true
    if (bytes[start + index] !== STATUS_PREFIX.charCodeAt(index)) return false
  }
  return true
}

function hasName(bytes: Uint8Array, start: number, end: number, name: string): boolean {
  if (end - start < name.length) return false
  for (let index = 0; index < name.length; index += 1) {
    if ((bytes[start + index]! | 0x20) !== name.charCodeAt(index)) return false
  }
  return true
}

/** A header section longer than this is not waited for. */
export const MAX_HEADER_SECTION_BYTES = 65_536
/** A Content-Length above this, on a stream, is taken as broken. */
export const MAX_STREAM_BODY_BYTES = 131_072

const CONTENT_LENGTH = 'content-length'
const STATUS_PREFIX = 'SIP/2.0 '
const CR = 0x0d
const LF = 0x0a
const SP = 0x20
const HTAB = 0x09
