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
  return new Framer().next(bytes, start, end)
}

/**
 * The same for one connection, octet by octet if need be: after `need-more` it goes on where it stopped, so that a peer
 * that sends slowly cannot make it read a message twice.
 *
 * After `need-more`, ask again with the same octets and more behind them; they may have moved to another place.
 */
export class Framer {
  /** How far the lines of this message have been read, from its start; and its whole length, 0 until that is known. */
  #lineStart = 0
  #scanned = 0
  #length = 0

  /** What the message that is not whole yet waits for. */
  get wants(): 'head' | 'body' {
    return this.#length > 0 ? 'body' : 'head'
  }

  next(bytes: Uint8Array, start: number, end: number): Frame {
    if (this.#scanned === 0) {
      let at = start
      while (at + 1 < end && bytes[at] === CR && bytes[at + 1] === LF) at += 2
      if (at > start) return { kind: 'keep-alive', end: at }
      if (at >= end || (bytes[at] === CR && at + 1 === end)) return NEED_MORE
    }
    if (this.#length === 0) {
      const head = this.#findBlankLine(bytes, start, end)
      if (head < 0) return NEED_MORE
      this.#length = head - start + contentLength(bytes, start, head)
      if (this.#length > MESSAGE_BYTES_MAX) throw new Malformed('too-long', head - start, CITE)
    }
    if (this.#length > end - start) return NEED_MORE
    const message: Frame = { kind: 'message', start, end: start + this.#length }
    this.#lineStart = 0
    this.#scanned = 0
    this.#length = 0
    return message
  }

  /** Where the body starts, or -1 where the blank line has not come yet. */
  #findBlankLine(bytes: Uint8Array, start: number, end: number): number {
    let lineStart = start + this.#lineStart
    let at = start + this.#scanned
    for (; at < end; at++) {
      if (bytes[at] !== LF) continue
      if (at - lineStart > LINE_BYTES_MAX + 1) break
      if (at === lineStart + 1 && bytes[lineStart] === CR) return at + 1
      lineStart = at + 1
    }
    if (at - lineStart > LINE_BYTES_MAX + 1) throw new Malformed('too-long', lineStart - start, CITE)
    if (at - start > MESSAGE_BYTES_MAX) throw new Malformed('too-long', at - start, CITE)
    this.#lineStart = lineStart - start
    this.#scanned = at - start
    return -1
  }
}

function contentLength(bytes: Uint8Array, start: number, head: number): number {
  let length = -1
  let lineStart = bytes.indexOf(LF, start) + 1
  while (lineStart < head) {
    let lineEnd = bytes.indexOf(LF, lineStart)
    let at = lineStart
    while (TOKEN[bytes[at]!] === 1) at++
    if (at > lineStart && findField(bytes, lineStart, at) === FIELD.contentLength) {
      while (bytes[at] === SP || bytes[at] === TAB) at++
      if (bytes[at] !== COLON) throw new Malformed('content-length', at - start, CITE)
      while (bytes[lineEnd + 1] === SP || bytes[lineEnd + 1] === TAB) lineEnd = bytes.indexOf(LF, lineEnd + 1)
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
  while (at < to && isSpace(bytes[at]!)) at++
  const digits = at
  while (at < to && DIGIT[bytes[at]!] === 1 && length <= MESSAGE_BYTES_MAX) length = length * 10 + bytes[at++]! - 48
  const seen = at > digits
  while (at < to && isSpace(bytes[at]!)) at++
  if (!seen || at < to || length > MESSAGE_BYTES_MAX) throw new Malformed('content-length', digits - start, CITE)
  return length
}

function isSpace(octet: number): boolean {
  return octet === SP || octet === TAB || octet === CR || octet === LF
}

const NEED_MORE: Frame = { kind: 'need-more' }
const CITE = 'RFC 3261 §18.3'
