// One thing: where messages begin and end in a text, whatever stands between them.
import { bodyAt, contentLength, fieldValueAt, nextLine } from './frame.ts'
import { type Heading, Headings, type TraceTimes, isCutMark, messageInSyslogLine } from './heading.ts'
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
  scanner.scan(bytes, 0, 0, bytes.length, true, (bytes, start, end, { offset, normalised }) => {
    messages.push({ bytes, start, end, offset, normalised })
  })
  return messages
}

export type OnText = (bytes: Uint8Array, start: number, end: number, found: FoundText) => void

/** Where a message stands in a text, and what was written in front of it. */
export type FoundText = {
  /** Of its start line. */
  readonly offset: number
  readonly normalised: boolean
  readonly heading: Heading | undefined
  /** The tool that wrote the text says that it left out the end. */
  readonly cut: boolean
}

/** Finds messages in a text that comes in pieces. */
export class TextScanner {
  /** Whether a message grew beyond `MAX_TEXT_MESSAGE_BYTES` and was left out, and where. */
  tooLongAt: number | undefined
  /** Bytes that are worth waiting for, from where `scan` stopped. */
  wantedBytes = 1
  readonly #raw: boolean
  readonly #headings: Headings
  #headOfLine = true
  #first = true
  /** Up to where in the file the lines of an indented message were looked at, so that small pieces cost no more than large ones. */
  #boxSeen = 0

  constructor(raw: boolean, times?: TraceTimes) {
    this.#raw = raw
    this.#headings = new Headings(times)
  }

  /** Where a heading begins whose message has not come yet: reading is taken up again there. */
  get headingAt(): number | undefined {
    return this.#headings.pending?.offset
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
        const isWhole = bytes[next - 1] === LF || last
        if (this.#headOfLine && !isWhole && next - at < LINE_BYTES_MAX) {
          this.wantedBytes = Math.min(2 * (end - at) + 1, LINE_BYTES_MAX)
          return at
        }
        if (this.#headOfLine && isWhole) {
          const after = this.#seeLine(bytes, base, at, next, end, last, onText)
          if (after === undefined) return at
          if (after > next) {
            at = after
            continue
          }
        }
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
      const normalised = !this.#raw && isBare(bytes, at, messageEnd)
      const found = { offset: base + at, normalised, heading: this.#headings.take(), cut: false }
      if (normalised) {
        const copy = withCrlf(bytes, at, messageEnd)
        onText(copy, 0, copy.length, found)
      } else {
        onText(bytes, at, messageEnd, found)
      }
      this.#first = false
      // A body without a line end at its end may be followed by the next start line at once.
      this.#headOfLine = true
      at = messageEnd
    }
    return end
  }

  /** Reads a line that begins no message; returns where to go on, or undefined where more bytes are waited for. */
  #seeLine(
    bytes: Uint8Array,
    base: number,
    at: number,
    next: number,
    end: number,
    last: boolean,
    onText: OnText,
  ): number | undefined {
    if (next - at > LINE_BYTES_MAX) return next
    const indent = this.#headings.pending?.indent ?? 0
    if (indent > 0 && matchStart(bytes, at + indent, end) === 'yes' && isBlank(bytes, at, indent)) {
      const from = Math.max(next, this.#boxSeen - base)
      const box = endOfBox(bytes, from, Math.min(end, at + MAX_TEXT_MESSAGE_BYTES), indent, last)
      if (typeof box === 'number' && end - at < MAX_TEXT_MESSAGE_BYTES) {
        this.#boxSeen = base + box
        this.wantedBytes = end - at + 1
        return undefined
      }
      const heading = this.#headings.take()
      if (typeof box === 'number') {
        this.tooLongAt ??= base + at
        return next
      }
      const copy = withoutIndent(bytes, at, box.end, indent)
      this.#first = false
      onText(copy, 0, copy.length, { offset: base + at + indent, normalised: true, heading, cut: box.cut })
      return box.next
    }
    const kind = kindOfLine(bytes, at, next)
    if (kind === 'rule') return next
    if (kind === 'other') {
      this.#headings.pass()
      return next
    }
    if (kind === 'dated') {
      this.#headings.passDated(textAt(bytes, at, Math.min(next, at + DATE_CHARACTERS)))
      return next
    }
    const line = textAt(bytes, at, next)
    const message = messageInSyslogLine(line)
    this.#headings.see(message === undefined ? line : line.slice(0, SYSLOG_FRONT_CHARACTERS), base + at)
    if (message === undefined) return next
    const copy = Uint8Array.from(message, (character) => character.charCodeAt(0))
    onText(copy, 0, copy.length, { offset: base + at, normalised: false, heading: this.#headings.take(), cut: false })
    return next
  }
}

/** Where the indented lines of a message end, and where the rule behind them does; or the line to look on from when there are more bytes. */
function endOfBox(
  bytes: Uint8Array,
  start: number,
  end: number,
  indent: number,
  last: boolean,
): { end: number; next: number; cut: boolean } | number {
  let line = start
  while (line < end) {
    const next = nextLine(bytes, line, end)
    if (bytes[next - 1] !== LF && !last) return line
    const indented = isBlank(bytes, line, indent)
    if (indented && bytes[line + indent] === HYPHEN && BOX_RULE.test(textAt(bytes, line, Math.min(next, line + 96)))) {
      const after = nextLine(bytes, next, end)
      if (after - next < CUT_MARK_BYTES && bytes[after - 1] !== LF && !last) return line
      return { end: line, next, cut: isCutMark(textAt(bytes, next, Math.min(after, next + CUT_MARK_BYTES))) }
    }
    // The next heading: the rule got lost.
    if (
      !indented &&
      OPENERS_OF_BOX.has(bytes[line]!) &&
      /^(?:recv|send|sent) /.test(textAt(bytes, line, Math.min(next, line + 8)))
    )
      return { end: line, next: line, cut: false }
    line = next
  }
  return last ? { end, next: end, cut: true } : line
}

/** The lines that are indented, without the blanks, each with CRLF; what other threads wrote between them is left out. */
function withoutIndent(bytes: Uint8Array, start: number, end: number, indent: number): Uint8Array {
  const copy = new Uint8Array(2 * (end - start) + 2)
  let to = 0
  for (let line = start; line < end;) {
    const next = nextLine(bytes, line, end)
    if (isBlank(bytes, line, indent)) {
      let stop = next
      while (stop > line + indent && (bytes[stop - 1] === LF || bytes[stop - 1] === CR)) stop -= 1
      copy.set(bytes.subarray(line + indent, stop), to)
      to += stop - line - indent
      copy[to++] = CR
      copy[to++] = LF
    }
    line = next
  }
  return copy.subarray(0, to)
}

/**
 * What a line between messages may be, from its octets alone: most lines of a log are neither, and no text is made of them.
 * A heading has an arrow, or an address in brackets behind a slash, or ends in a colon, or is a short `name: value`; a message in
 * a line of syslog has `#0`.
 */
function kindOfLine(bytes: Uint8Array, at: number, next: number): 'rule' | 'telling' | 'dated' | 'other' {
  let isRule = true
  let before = 0
  let last = 0
  for (let index = at; index < next; index += 1) {
    const byte = bytes[index]!
    if (byte === MORE && (before === HYPHEN || before === EQUALS)) {
      // An arrow, unless nothing but rules is around it.
      if (!isRule) return 'telling'
    } else if (byte === BRACKET && before === SLASH) return 'telling'
    else if (byte === ZERO && before === HASH) return 'telling'
    if (isRule && RULES[byte] === 0) isRule = false
    if (byte > SP) last = byte
    before = byte
  }
  if (isRule) return 'rule'
  const first = bytes[at]!
  if (last === COLON || first === ESCAPE || (first >= 0x61 && first <= 0x7a && next - at < DUMP_BYTES)) return 'telling'
  return first >= ZERO && first <= ZERO + 9 ? 'dated' : 'other'
}

function isBlank(bytes: Uint8Array, at: number, length: number): boolean {
  for (let index = at; index < at + length; index += 1) if (bytes[index] !== SP) return false
  return true
}

function textAt(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  // Octet by octet, as Latin-1: what is no ASCII here is in nobody's heading, and must come back the same.
  for (let at = start; at < end; at += 1) text += String.fromCharCode(bytes[at]!)
  return text
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

/** A longer line between messages is passed over unread; a message in one line of syslog may be as long. */
export const LINE_BYTES_MAX = 65_536

const CR = 0x0d
const LF = 0x0a
const SP = 0x20
const HYPHEN = 0x2d
const EQUALS = 0x3d
const MORE = 0x3e
const SLASH = 0x2f
const BRACKET = 0x5b
const HASH = 0x23
const ZERO = 0x30
const COLON = 0x3a
const ESCAPE = 0x1b
/** The date and time at the front of a line. */
const DATE_CHARACTERS = 40
/** `name: value` of a dump is shorter. */
const DUMP_BYTES = 160
/** What a heading in a box begins with: recv, send, sent. */
const OPENERS_OF_BOX: ReadonlySet<number> = new Set([0x72, 0x73])
const CUT_MARK_BYTES = 64
/** What stands before a message in a line of syslog, at most. */
const SYSLOG_FRONT_CHARACTERS = 256
/** Octets of rules and empty lines, as in `Headings`. */
const RULES = new Uint8Array(256)
for (const byte of [0x09, 0x0a, 0x0b, 0x0c, 0x0d, SP, ...new TextEncoder().encode('=~|*<>_-')]) RULES[byte] = 1
const BOX_RULE = /^ {3}-{20,}\s*$/
