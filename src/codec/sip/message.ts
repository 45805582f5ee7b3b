import { FIELDS, FIELD_NAMES, type FieldId, LETTERS, NAME_LETTERS, NEXT, ROOT, longName } from './field.ts'
import { HEADER_FIELDS_MAX, LINE_BYTES_MAX, MESSAGE_BYTES_MAX } from './limits.ts'
import { Malformed, type MalformedCode } from './malformed.ts'
import { BACKSLASH, COLON, CR, DIGIT, LF, QUOTE, SP, TAB, TOKEN } from './octets.ts'
import { decodeText, unfold } from './text.ts'

/**
 * Reads one SIP message from octets: start line and where each header field lies; values are read when asked for.
 * Throws `Malformed` where RFC 3261 §7 is broken.
 */
export function parseMessage(bytes: Uint8Array, start = 0, end = bytes.length): Message {
  const message = new Message()
  message.read(bytes, start, end)
  if (message.fault !== undefined) throw message.fault
  return message
}

/** One header field as it stands in the message. RFC 3261 §7.3. */
export type HeaderField = {
  /** The name as sent. */
  readonly name: string
  readonly id: FieldId
  /** The value without outer white space, folds as one space. */
  readonly value: string
  /** The value's octets as sent, folds included. */
  readonly raw: Uint8Array
  /** Offset of the name from the start of the message. */
  readonly at: number
}

/**
 * A SIP message as a view over octets: it holds offsets, and makes a string only for what is asked.
 *
 * One object may be pointed at message after message (`read`), which is how the call path stays free of garbage.
 */
export class Message {
  kind: 'request' | 'response' = 'request'
  bytes: Uint8Array = NOTHING
  start = 0
  end = 0
  /** Where the body starts: after the blank line. */
  bodyStart = 0
  fieldCount = 0
  /** The first thing wrong with the message; the fields that could be read are there all the same. */
  fault: Malformed | undefined
  /** A field name was followed by white space. */
  spaceBeforeColon = false
  /** A header field was folded over several lines. */
  folded = false

  #statusOrMethodStart = 0
  #statusOrMethodEnd = 0
  #tailStart = 0
  #tailEnd = 0
  /** Four numbers a field: id, name start, value start, value end. */
  readonly #index: number[] = []
  /** By id: the first field that has it, and how many have. */
  readonly #first = new Int16Array(FIELD_NAMES.length)
  readonly #count = new Int16Array(FIELD_NAMES.length)
  /** Over the whole memory that `bytes` lies in, which for datagrams of a batch is the same; and where they lie in it. */
  #view: DataView = new DataView(NOTHING.buffer)
  #offset = 0

  /** Points this view at a message. Faults are kept in `fault`, so that a server can still answer what it cannot accept. */
  read(bytes: Uint8Array, start = 0, end = bytes.length): void {
    while (start + 1 < end && bytes[start] === CR && bytes[start + 1] === LF) start += 2
    if (bytes !== this.bytes) {
      if (bytes.buffer !== this.#view.buffer) this.#view = new DataView(bytes.buffer)
      this.#offset = bytes.byteOffset
    }
    this.bytes = bytes
    this.start = start
    this.end = end
    this.fieldCount = 0
    this.fault = undefined
    this.spaceBeforeColon = false
    this.folded = false
    this.#count.fill(0)
    if (end - start > MESSAGE_BYTES_MAX) this.#fail('too-long', start)
    this.#readFields(this.#readStartLine())
  }

  /** The method of a request; empty for a response. */
  get method(): string {
    return this.kind === 'response' ? '' : decodeText(this.bytes, this.#statusOrMethodStart, this.#statusOrMethodEnd)
  }

  /** The Request-URI as sent; empty for a response. */
  get requestUri(): string {
    return this.kind === 'response' ? '' : decodeText(this.bytes, this.#tailStart, this.#tailEnd)
  }

  /** The status of a response; 0 for a request. */
  get status(): number {
    if (this.kind === 'request') return 0
    let status = 0
    for (let at = this.#statusOrMethodStart; at < this.#statusOrMethodEnd; at++)
      status = status * 10 + this.bytes[at]! - 48
    return status
  }

  /** The reason phrase of a response; empty for a request. */
  get phrase(): string {
    return this.kind === 'request' ? '' : decodeText(this.bytes, this.#tailStart, this.#tailEnd)
  }

  get methodStart(): number {
    return this.#statusOrMethodStart
  }

  get methodEnd(): number {
    return this.#statusOrMethodEnd
  }

  get requestUriStart(): number {
    return this.#tailStart
  }

  get requestUriEnd(): number {
    return this.#tailEnd
  }

  /** Tells without making a string whether the method is this one; methods have case. RFC 3261 §7.1. */
  isMethod(method: string): boolean {
    return equalsAscii(this.bytes, this.#statusOrMethodStart, this.#statusOrMethodEnd, method)
  }

  /** The number of the next field with this id at or after `from`, or -1. */
  indexOf(id: FieldId, from = 0): number {
    const count = this.#count[id]!
    if (count === 0) return -1
    const first = this.#first[id]!
    if (from <= first) return first
    if (count === 1) return -1
    const index = this.#index
    for (let field = from; field < this.fieldCount; field++) if (index[field * STRIDE] === id) return field
    return -1
  }

  /** How many header lines carry this field. */
  countOf(id: FieldId): number {
    return this.#count[id]!
  }

  fieldId(field: number): FieldId {
    return this.#index[field * STRIDE] as FieldId
  }

  valueStart(field: number): number {
    return this.#index[field * STRIDE + 2]!
  }

  valueEnd(field: number): number {
    return this.#index[field * STRIDE + 3]!
  }

  /** The field's value as text, folds as one space. */
  value(field: number): string {
    const text = decodeText(this.bytes, this.valueStart(field), this.valueEnd(field))
    return this.folded ? unfold(text) : text
  }

  /** The value of the first field with this id. */
  first(id: FieldId): string | undefined {
    const field = this.indexOf(id)
    return field < 0 ? undefined : this.value(field)
  }

  /** The values of all fields with this id, one a header line, in order. */
  all(id: FieldId): string[] {
    const values: string[] = []
    for (let field = this.indexOf(id); field >= 0; field = this.indexOf(id, field + 1)) values.push(this.value(field))
    return values
  }

  /** All header fields in order. */
  fields(): HeaderField[] {
    return Array.from({ length: this.fieldCount }, (_, field) => this.field(field))
  }

  field(field: number): HeaderField {
    const id = this.fieldId(field)
    const nameStart = this.#index[field * STRIDE + 1]!
    let nameEnd = nameStart
    while (TOKEN[this.bytes[nameEnd]!] === 1) nameEnd++
    return {
      name: decodeText(this.bytes, nameStart, nameEnd),
      id,
      value: this.value(field),
      raw: this.bytes.subarray(this.valueStart(field), this.valueEnd(field)),
      at: nameStart - this.start,
    }
  }

  /** The values of every field with this name, known to the codec or not, long or compact, without case. */
  named(name: string): string[] {
    const wanted = longName(name)
    return this.fields()
      .filter((field) => longName(field.name) === wanted)
      .map((field) => field.value)
  }

  /** Everything after the blank line, whatever Content-Length says. */
  get body(): Uint8Array {
    return this.bytes.subarray(this.bodyStart, this.end)
  }

  /** Returns where the first header line starts. */
  #readStartLine(): number {
    const { bytes, start, end } = this
    let at = this.#nextControl(start)
    while (at < end && bytes[at] !== LF) {
      const octet = bytes[at]!
      if (octet === 0) this.#fail('nul', at)
      else if (octet === CR && (at + 1 >= end || bytes[at + 1] !== LF)) this.#fail('line-end', at)
      at = this.#nextControl(at + 1)
    }
    const next = at < end ? at + 1 : end
    const lineEnd = at > start && bytes[at - 1] === CR ? at - 1 : at
    if (at >= end || lineEnd === at) this.#fail('line-end', at)
    if (lineEnd - start > LINE_BYTES_MAX) this.#fail('too-long', start)
    if (isVersionAt(bytes, start, lineEnd)) this.#readStatusLine(start, lineEnd)
    else this.#readRequestLine(start, lineEnd)
    return next
  }

  #readStatusLine(start: number, end: number): void {
    const { bytes } = this
    this.kind = 'response'
    const status = start + VERSION.length + 1
    this.#statusOrMethodStart = status
    this.#statusOrMethodEnd = status + 3
    this.#tailStart = Math.min(status + 4, end)
    this.#tailEnd = end
    const digits = DIGIT[bytes[status]!]! + DIGIT[bytes[status + 1]!]! + DIGIT[bytes[status + 2]!]!
    if (status + 4 > end || digits !== 3 || bytes[status + 3] !== SP || bytes[status - 1] !== SP) {
      this.#statusOrMethodEnd = this.#statusOrMethodStart
      this.#fail('start-line', status)
    } else if (!equalsIgnoringCase(bytes, start, start + VERSION.length, VERSION)) {
      this.#fail('version', start)
    }
  }

  #readRequestLine(start: number, end: number): void {
    const { bytes } = this
    this.kind = 'request'
    let at = start
    while (at < end && TOKEN[bytes[at]!] === 1) at++
    this.#statusOrMethodStart = start
    this.#statusOrMethodEnd = at
    const uri = at + 1
    this.#tailStart = Math.min(uri, end)
    let uriEnd = uri
    while (uriEnd < end && bytes[uriEnd]! > SP) uriEnd++
    this.#tailEnd = Math.max(Math.min(uriEnd, end), this.#tailStart)
    if (at === start || bytes[at] !== SP || uriEnd === uri || bytes[uriEnd] !== SP) return this.#fail('start-line', at)
    const version = uriEnd + 1
    if (!isVersionAt(bytes, version, end) || end - version !== VERSION.length) return this.#fail('start-line', version)
    if (!equalsIgnoringCase(bytes, version, end, VERSION)) this.#fail('version', version)
  }

  /** Walks the header lines in one pass; a line that cannot be read is a fault and is left out. */
  #readFields(at: number): void {
    const { bytes, end } = this
    const view = this.#view
    const index = this.#index
    const counts = this.#count
    const firsts = this.#first
    const offset = this.#offset
    const lastFour = end - 4
    let fieldCount = 0
    while (at < end) {
      if (bytes[at] === CR && at + 1 < end && bytes[at + 1] === LF) {
        this.bodyStart = at + 2
        this.fieldCount = fieldCount
        return
      }
      const lineStart = at
      let node = ROOT
      for (; at < end; at++) {
        const letter = NAME_LETTERS[bytes[at]!]!
        if (letter === 0) break
        node = NEXT[node * LETTERS + letter]!
      }
      const id = FIELDS[node] as FieldId
      const nameEnd = at
      while (at < end && (bytes[at] === SP || bytes[at] === TAB)) at++
      const named = nameEnd > lineStart && at < end && bytes[at] === COLON
      if (named && at !== nameEnd) this.spaceBeforeColon = true
      let valueStart = named ? at + 1 : at
      at = valueStart
      // The same steps as in #nextControl, here because a call for each line costs as much as the line.
      while (at <= lastFour) {
        const four = view.getInt32(offset + at, true)
        const controls = (four - 0x20202020) & ~four & 0x80808080
        if (controls !== 0) {
          // The lowest bit is that of the first one: found so, and not octet by octet, no guess of the processor's is wrong.
          at += (31 - Math.clz32(controls & -controls)) >> 3
          break
        }
        at += 4
      }
      while (at < end && bytes[at]! >= SP) at++
      // A line that ends here is the usual case; a fold, or an octet that may be a fault, is looked at more closely.
      const plain = at + 2 < end && bytes[at] === CR && bytes[at + 1] === LF && bytes[at + 2]! > SP
      if (!plain) at = this.#endOfLine(valueStart)
      let valueEnd = at
      at = Math.min(at + (bytes[at] === CR ? 2 : 1), end)
      while (valueStart < valueEnd && bytes[valueStart]! <= SP && isSpace(bytes[valueStart]!)) valueStart++
      while (valueEnd > valueStart && bytes[valueEnd - 1]! <= SP && isSpace(bytes[valueEnd - 1]!)) valueEnd--
      if (!named) this.#fail('field-name', lineStart)
      else if (valueEnd - lineStart > LINE_BYTES_MAX) this.#fail('too-long', lineStart)
      else if (fieldCount === HEADER_FIELDS_MAX) this.#fail('too-long', lineStart)
      else {
        const slot = fieldCount * STRIDE
        if (counts[id]!++ === 0) firsts[id] = fieldCount
        index[slot] = id
        index[slot + 1] = lineStart
        index[slot + 2] = valueStart
        index[slot + 3] = valueEnd
        fieldCount++
      }
    }
    this.bodyStart = end
    this.fieldCount = fieldCount
    this.#fail('line-end', end)
  }

  /** Finds the CRLF that ends a header line, over its folds; returns its offset (or the end of the message). */
  #endOfLine(from: number): number {
    const { bytes, end } = this
    let at = from
    let nul = false
    for (;;) {
      at = this.#nextControl(at)
      const octet = at < end ? bytes[at]! : LF
      if (octet === CR && bytes[at + 1] === LF && at + 1 < end) {
        const next = bytes[at + 2]
        if (at + 2 >= end || (next !== SP && next !== TAB)) {
          if (nul) this.#checkNul(from, at)
          return at
        }
        this.folded = true
        at += 3
      } else if (octet === LF || octet === CR) {
        this.#fail('line-end', at)
        return at
      } else {
        if (octet === 0) nul = true
        at++
      }
    }
  }

  /** Finds the next octet below the space, four at a time; the end of the message where there is none. */
  #nextControl(from: number): number {
    const { bytes, end } = this
    const view = this.#view
    const offset = this.#offset
    const last = end - 4
    let at = from
    while (at <= last) {
      const four = view.getInt32(offset + at, true)
      if (((four - 0x20202020) & ~four & 0x80808080) !== 0) break
      at += 4
    }
    while (at < end && bytes[at]! >= SP) at++
    return at
  }

  /** A quoted-pair may carry a NUL (RFC 3261 §25.1); this walks a value again, only ever one that has a NUL. */
  #checkNul(from: number, to: number): void {
    const { bytes } = this
    let quoted = false
    for (let at = from; at < to; at++) {
      const octet = bytes[at]!
      if (octet === 0) return this.#fail('nul', at)
      if (octet === QUOTE) quoted = !quoted
      else if (quoted && octet === BACKSLASH) at++
    }
  }

  #fail(code: MalformedCode, at: number): void {
    this.fault ??= new Malformed(code, at - this.start, CITES[code] ?? 'RFC 3261 §7')
  }
}

/** Tells whether octets are exactly these ASCII characters. */
export function equalsAscii(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false
  for (let at = 0; at < text.length; at++) if (bytes[start + at] !== text.charCodeAt(at)) return false
  return true
}

/** The same without case; `lower` is written in lower case (other characters as they are). */
export function equalsIgnoringCase(bytes: Uint8Array, start: number, end: number, lower: string): boolean {
  if (end - start !== lower.length) return false
  for (let at = 0; at < lower.length; at++) {
    const octet = bytes[start + at]!
    const folded = octet >= 65 && octet <= 90 ? octet + 32 : octet
    if (folded !== lower.charCodeAt(at)) return false
  }
  return true
}

function isSpace(octet: number): boolean {
  return octet === SP || octet === TAB || octet === CR || octet === LF
}

/** `SIP/` and digit, dot, digit: some version of the protocol, which is how a status line is told from a request line. */
function isVersionAt(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < VERSION.length || !equalsIgnoringCase(bytes, at, at + 4, 'sip/')) return false
  return DIGIT[bytes[at + 4]!] === 1 && bytes[at + 5] === VERSION.charCodeAt(5) && DIGIT[bytes[at + 6]!] === 1
}

const STRIDE = 4
const VERSION = 'sip/2.0'
const NOTHING = new Uint8Array(0)
const CITES: Partial<Record<MalformedCode, string>> = {
  'start-line': 'RFC 3261 §7.1, §7.2',
  version: 'RFC 3261 §7.1',
  'line-end': 'RFC 3261 §7',
  nul: 'RFC 3261 §25.1',
  'field-name': 'RFC 3261 §7.3.1',
  'too-long': 'limit',
}
