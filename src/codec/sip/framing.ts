import { FIELD, findField } from './field.ts'
import { LINE_BYTES_MAX, MESSAGE_BYTES_MAX } from './limits.ts'
import { Malformed } from './malformed.ts'
import { COLON, CR, DIGIT, LF, SP, TAB, TOKEN } from './octets.ts'

/** What a stream holds at `start`: a whole message, only part of one, or a keep-alive. */
export type Frame =
  | { readonly kind: 'message'; readonly start: number; readonly end: number }
  | { readonly kind: 'need-more' }
  | { readonly kind: 'keep-alive'; readonly end: number }

/**
 * Finds the next message of a stream. RFC 3261 §18.3; CRLFs between messages are keep-alives (§7.5, RFC 5626 §3.5.1).
 *
 * `need-more` is an answer of its own: nothing is wrong yet. Throws `Malformed` where the stream has lost its framing
 * (no Content-Length, two that differ, or one that is no number in range), after which the connection must be closed.
 */
export function frame(bytes: Uint8Array, start: number, end: number): Frame {
  let at = start
  while (at + 1 < end && bytes[at] === CR && bytes[at + 1] === LF) at += 2
  if (at > start) return { kind: 'keep-alive', end: at }
  if (at >= end || (bytes[at] === CR && at + 1 === end)) return NEED_MORE
  const head = findBlankLine(bytes, at, end)
  if (head < 0) {
    if (end - at > MESSAGE_BYTES_MAX) throw new Malformed('too-long', end - at, CITE)
    return NEED_MORE
  }
  const messageEnd = head + contentLength(bytes, at, head)
  if (messageEnd - at > MESSAGE_BYTES_MAX) throw new Malformed('too-long', head - at, CITE)
  return messageEnd > end ? NEED_MORE : { kind: 'message', start: at, end: messageEnd }
}

function findBlankLine(bytes: Uint8Array, start: number, end: number): number {
  let lineStart = start
  for (;;) {
    const lf = bytes.indexOf(LF, lineStart)
    if (lf < 0 || lf >= end) {
      if (end - lineStart > LINE_BYTES_MAX) throw new Malformed('too-long', lineStart - start, CITE)
      return -1
    }
    if (lf === lineStart + 1 && bytes[lineStart] === CR) return lf + 1
    lineStart = lf + 1
  }
}

function contentLength(bytes: Uint8Array, start: number, head: number): number {
  let length = -1
  let lineStart = bytes.indexOf(LF, start) + 1
  while (lineStart < head) {
    const lineEnd = bytes.indexOf(LF, lineStart)
    let at = lineStart
    while (TOKEN[bytes[at]!] === 1) at++
    if (at > lineStart && findField(bytes, lineStart, at) === FIELD.contentLength) {
      while (bytes[at] === SP || bytes[at] === TAB) at++
      if (bytes[at] !== COLON) throw new Malformed('content-length', at - start, CITE)
      const value = readLength(bytes, at + 1, lineEnd, start)
      if (length >= 0 && length !== value) throw new Malformed('content-length', at - start, CITE)
      length = value
    }
    lineStart = lineEnd + 1
  }
  if (length < 0) throw new Malformed('content-length', head - start, CITE)
  return length
}

function readLength(bytes: Uint8Array, from: number, to: number, start: number): number {
  let at = from
  let length = 0
  while (at < to && (bytes[at] === SP || bytes[at] === TAB)) at++
  const digits = at
  while (at < to && DIGIT[bytes[at]!] === 1 && length <= MESSAGE_BYTES_MAX) length = length * 10 + bytes[at++]! - 48
  const seen = at > digits
  while (at < to && (bytes[at] === SP || bytes[at] === TAB || bytes[at] === CR)) at++
  if (!seen || at < to || length > MESSAGE_BYTES_MAX) throw new Malformed('content-length', digits - start, CITE)
  return length
}

const NEED_MORE: Frame = { kind: 'need-more' }
const CITE = 'RFC 3261 §18.3'
