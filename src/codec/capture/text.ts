import { bodyAt, contentLength, fieldValueAt, nextLine } from './frame.ts'
import { matchStart } from './start-line.ts'

/** A message in a text file: its bytes, and where in the file its start line stands. */
export type TextMessage = {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly offset: number
  /** Whether bare line feeds were turned into CRLF, which makes `bytes` a copy. */
  readonly normalised: boolean
}

export type TextOptions = {
  /** Leave bare line feeds as they are, for those who want to judge them. */
  readonly raw?: boolean
}

/**
 * Finds the SIP messages in a text: one after another, or with other lines (times, addresses, rules) between them.
 *
 * A message begins at a start line. It ends where its Content-Length says, else at its blank line, or at the next start
 * line if it has a Content-Type. A message whose header section has no CRLF at all was saved by an editor: its bare line
 * feeds become CRLF unless `raw` is set, and Content-Length counts them as such.
 */
export function readText(bytes: Uint8Array, options: TextOptions = {}): TextMessage[] {
  const messages: TextMessage[] = []
  const scanner = new TextScanner(options.raw ?? false)
  scanner.scan(bytes, 0, 0, bytes.length, true, (bytes, start, end, offset, normalised) => {
    messages.push({ bytes, start, end, offset, normalised })
  })
  return messages
}

export type OnText = (bytes: Uint8Array, start: number, end: number, offset: number, normalised: boolean) => void

/** Finds messages in a text that comes in pieces. */
export class TextScanner {
  /** Whether a message grew beyond `MAX_TEXT_MESSAGE_BYTES` and was left out, and where. */
  tooLongAt: number | undefined
  /** Bytes that are worth waiting for, from where `scan` stopped. */
  wantedBytes = 1
  readonly #raw: boolean
  #headOfLine = true
  #first = true

  constructor(raw: boolean) {
    this.#raw = raw
  }

  /** Reads the whole messages of `[start, end)` and returns where the first incomplete one, or unread line, begins. */
  scan(bytes: Uint8Array, base: number, start: number, end: number, last: boolean, onText: OnText): number {
    let at = start
    if (this.#first && base + at === 0 && bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf)
      at += 3
    while (at < end) {
      const match = this.#headOfLine ? matchStart(bytes, at, end, this.#first) : 'no'
      if (match === 'more' && !last) {
        this.wantedBytes = end - at + 1
        return at
      }
      if (match !== 'yes') {
        const next = nextLine(bytes, at, end)
        this.#headOfLine = bytes[next - 1] === LF
        // Only what may stand before the first start line keeps the benefit of the doubt.
        if (bytes[at] !== CR && bytes[at] !== LF) this.#first = false
        at = next
        continue
      }
      const full = end - at >= MAX_TEXT_MESSAGE_BYTES
      const messageEnd = endOfMessage(bytes, at, full ? at + MAX_TEXT_MESSAGE_BYTES : end, full, last && !full)
      if (messageEnd === undefined) {
        if (!full) {
          this.wantedBytes = end - at + 1
          return at
        }
        this.tooLongAt ??= base + at
        this.#first = false
        at = nextLine(bytes, at, end)
        this.#headOfLine = bytes[at - 1] === LF
        continue
      }
      const normalise = !this.#raw && isBare(bytes, at, messageEnd)
      if (normalise) {
        const copy = withCrlf(bytes, at, messageEnd)
        onText(copy, 0, copy.length, base + at, true)
      } else {
        onText(bytes, at, messageEnd, base + at, false)
      }
      this.#first = false
      // A body without a line end at its end may be followed by the next start line at once.
      this.#headOfLine = true
      at = messageEnd
    }
    return end
  }
}

/**
 * Where the message ends, or undefined if that cannot be told yet: when no more bytes come (`last`) it always can, and when
 * no more are waited for (`full`) the message is too long.
 */
function endOfMessage(bytes: Uint8Array, start: number, end: number, full: boolean, last: boolean): number | undefined {
  const header = endOfHeader(bytes, start, end)
  if (header === undefined) return last ? end : undefined
  if (header.torn) return header.end

  const body = header.end
  const length = contentLength(bytes, start, body)
  if (length === undefined) {
    if (fieldValueAt(bytes, start, body, 'content-type', 0x63 /* c */) === undefined) return body
    return nextStartLine(bytes, body, end) ?? (last ? end : undefined)
  }
  const mayWait = body + length > end && !last && !full
  const isBody = length <= MAX_NESTED_BYTES && mayHoldSip(bytes, start, body)
  const limit = Math.min(end, body + length)
  const next = isBody ? undefined : nextStartLine(bytes, body, limit)
  if (next === undefined && mayWait) return undefined
  const bodyEnd = advance(bytes, body, next ?? limit, length, isBare(bytes, start, body))
  return bodyEnd ?? next ?? nextStartLine(bytes, body, end) ?? (last ? end : undefined)
}

/** Where the header section ends: behind its blank line, or torn at the start line of another message. */
function endOfHeader(bytes: Uint8Array, start: number, end: number): { end: number; torn: boolean } | undefined {
  for (let line = nextLine(bytes, start, end); line < end; line = nextLine(bytes, line, end)) {
    if (bytes[line] === LF) return { end: line + 1, torn: false }
    if (bytes[line] === CR && line + 1 < end && bytes[line + 1] === LF) return { end: line + 2, torn: false }
    if (matchStart(bytes, line, end) === 'yes') return { end: line, torn: true }
  }
  return undefined
}

/** Where the next line that is a SIP start line begins. */
function nextStartLine(bytes: Uint8Array, start: number, end: number): number | undefined {
  for (let at = start; at < end; at = nextLine(bytes, at, end)) {
    if (matchStart(bytes, at, end) === 'yes') return at
  }
  return undefined
}

/** Whether the body may contain start lines of its own: message/sip, message/sipfrag, or several parts. */
function mayHoldSip(bytes: Uint8Array, start: number, end: number): boolean {
  const value = fieldValueAt(bytes, start, end, 'content-type', 0x63)
  if (value === undefined) return false
  let text = ''
  for (let at = value; at < end && bytes[at] !== LF && text.length < 80; at += 1)
    text += String.fromCharCode(bytes[at]!)
  return /^\s*(message\/sip|multipart\/)/i.test(text)
}

/** The place `length` bytes on, where a bare line feed counts as two; undefined if that is beyond `end`. */
function advance(bytes: Uint8Array, start: number, end: number, length: number, bare: boolean): number | undefined {
  if (!bare) return start + length <= end ? start + length : undefined
  let left = length
  let at = start
  for (; left > 0 && at < end; at += 1) left -= bytes[at] === LF && bytes[at - 1] !== CR ? 2 : 1
  return left > 0 ? undefined : at
}

/** Whether the header section ends its lines in bare line feeds only. */
function isBare(bytes: Uint8Array, start: number, end: number): boolean {
  const headerEnd = bodyAt(bytes, start, end) ?? end
  let lines = 0
  for (let at = start; at < headerEnd; at += 1) {
    if (bytes[at] !== LF) continue
    if (bytes[at - 1] === CR && at > start) return false
    lines += 1
  }
  return lines > 0
}

function withCrlf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  let added = 0
  for (let at = start; at < end; at += 1) if (bytes[at] === LF && bytes[at - 1] !== CR) added += 1
  const copy = new Uint8Array(end - start + added)
  let to = 0
  for (let at = start; at < end; at += 1) {
    if (bytes[at] === LF && bytes[at - 1] !== CR) copy[to++] = CR
    copy[to++] = bytes[at]!
  }
  return copy
}

/** A longer message in a text is left out. */
export const MAX_TEXT_MESSAGE_BYTES = 262_144
/** A body that holds SIP itself is believed its length up to here; beyond, a start line in it is taken for the next message. */
export const MAX_NESTED_BYTES = 131_072

const CR = 0x0d
const LF = 0x0a
