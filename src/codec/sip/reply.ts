import { FIELD } from './field.ts'
import { HEADER_FIELDS_MAX, LINE_BYTES_MAX, MESSAGE_BYTES_MAX } from './limits.ts'
import { type Message, equalsAscii } from './message.ts'
import { BACKSLASH, BRACKET_OPEN, CR, DELETE, LF, QUESTION, QUOTE, SP, TAB } from './octets.ts'
import type { RequestView } from './request.ts'
import { encodeText, lendOctets } from './text.ts'

/** What a server says to a request, apart from what it copies from it: status, phrase and header fields in order. */
export type Reply = {
  readonly status: number
  readonly phrase: string
  readonly fields: readonly ReplyField[]
}

export type ReplyField = readonly [name: string, value: string]

/** Where a request came from, as the transport saw it. */
export type Source = { readonly address: string; readonly port: number }

/**
 * Writes the response to a request into `out` and returns its length, or -1 where it would not fit a datagram or would
 * break a limit of `parseMessage`.
 *
 * Via, From, To, Call-ID and CSeq are copied octet for octet, folds as one space; `toTag` is added to a To without a tag;
 * the top Via gets the true `received` and `rport`, whatever the client put there. RFC 3261 §8.2.6, §18.2.1; RFC 3581 §4. Control characters in the reply's own
 * phrase, fields or tag are our fault and throw.
 */
export function formatReply(
  request: Message,
  view: RequestView,
  reply: Reply,
  source: Source,
  toTag: string,
  out: Uint8Array,
): number {
  WRITER.start(out)
  WRITER.text('SIP/2.0 ').text(String(reply.status)).text(' ').text(reply.phrase).endLine()
  for (let field = view.viaField; field >= 0; field = request.indexOf(FIELD.via, field + 1)) {
    WRITER.octets(VIA)
    if (field === view.viaField && view.viaRead) writeTopVia(request, view, source, field)
    else WRITER.copy(request.bytes, request.valueStart(field), request.valueEnd(field))
    WRITER.endLine()
  }
  copyField(request, FROM, view.fromField, '')
  copyField(request, TO, view.toField, view.toRead && view.to.tagStart < 0 ? toTag : '')
  copyField(request, CALL_ID, view.callIdField, '')
  copyField(request, CSEQ, view.cseqField, '')
  for (const [name, value] of reply.fields) WRITER.text(name).text(': ').text(value).endLine()
  WRITER.octets(NO_BODY).endLine().endLine()
  return WRITER.length
}

/** The port a response goes to: the source's with `rport` or a Via that cannot be read, else that of the top Via. RFC 3261 §18.2.2, RFC 3581 §4. */
export function replyPort(view: RequestView, source: Source): number {
  if (!view.viaRead || view.via.rportEnd >= 0) return source.port
  return view.via.port > 0 ? view.via.port : DEFAULT_PORT
}

/** Says where the request truly came from: what the client wrote into `rport` and `received` itself is overwritten. */
function writeTopVia(request: Message, view: RequestView, source: Source, field: number): void {
  const { via } = view
  const { bytes } = request
  const start = request.valueStart(field)
  const end = request.valueEnd(field)
  const { rportNameEnd, rportEnd, receivedStart, receivedEnd } = via
  const bracketed = bytes[via.hostStart] === BRACKET_OPEN ? 1 : 0
  if (
    rportEnd < 0 &&
    receivedStart === receivedEnd &&
    equalsAscii(bytes, via.hostStart + bracketed, via.hostEnd - bracketed, source.address)
  ) {
    WRITER.copy(bytes, start, end)
    return
  }
  let at = start
  if (rportEnd >= 0 && rportEnd <= receivedStart) {
    WRITER.copy(bytes, at, rportNameEnd).text('=').text(String(source.port))
    at = rportEnd
  }
  WRITER.copy(bytes, at, receivedStart).text(';received=').text(withoutZone(source.address))
  at = receivedEnd
  if (rportEnd > receivedStart) {
    WRITER.copy(bytes, at, rportNameEnd).text('=').text(String(source.port))
    at = rportEnd
  }
  WRITER.copy(bytes, at, end)
}

/** The zone of a link-local address means something to this host only, and `received` has no grammar for it. */
function withoutZone(address: string): string {
  const zone = address.indexOf('%')
  return zone < 0 ? address : address.slice(0, zone)
}

function copyField(request: Message, name: Uint8Array, field: number, tag: string): void {
  if (field < 0) return
  WRITER.octets(name).copy(request.bytes, request.valueStart(field), request.valueEnd(field))
  if (tag !== '') WRITER.text(';tag=').text(tag)
  WRITER.endLine()
}

/** Appends octets to a buffer that it does not own. */
class Writer {
  #out: Uint8Array = NOTHING
  #outView: DataView = new DataView(NOTHING.buffer)
  #from: Uint8Array = NOTHING
  #fromView: DataView = new DataView(NOTHING.buffer)
  #at = 0
  #lineStart = 0
  #lines = 0
  #lineTooLong = false

  start(out: Uint8Array): void {
    if (out !== this.#out) this.#outView = new DataView(out.buffer, out.byteOffset, out.byteLength)
    this.#out = out
    this.#at = 0
    this.#lineStart = 0
    this.#lines = 0
    this.#lineTooLong = false
  }

  /** The octets written, or -1 where they are more than the buffer, a datagram or a reader of ours takes. */
  get length(): number {
    const fits = this.#at <= this.#out.length && this.#at <= MESSAGE_BYTES_MAX - UDP_HEADERS
    return fits && !this.#lineTooLong && this.#lines <= LINES_MAX ? this.#at : -1
  }

  /** Appends octets of our own. */
  octets(octets: Uint8Array): this {
    const out = this.#out
    const at = this.#at
    for (let index = 0; index < octets.length; index++) out[at + index] = octets[index]!
    this.#at = at + octets.length
    return this
  }

  /** Appends our own text, which holds no control character: one would end the line, so it is refused. */
  text(text: string): this {
    if (text.length > SHORT) return this.#long(text)
    const out = this.#out
    let at = this.#at
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code < SP || code > 126) return this.#long(text)
      out[at++] = code
    }
    this.#at = at
    return this
  }

  endLine(): this {
    if (this.#at - this.#lineStart > LINE_BYTES_MAX) this.#lineTooLong = true
    this.#out[this.#at++] = CR
    this.#out[this.#at++] = LF
    this.#lineStart = this.#at
    this.#lines++
    return this
  }

  /**
   * Copies octets of a request. A fold becomes one space (RFC 3261 §7.3.1); a control octet that is not escaped inside
   * quotes, which only a request at fault can hold, becomes a question mark.
   */
  copy(bytes: Uint8Array, start: number, end: number): this {
    if (bytes !== this.#from) {
      // Datagrams of a batch lie in one memory, and a view for each would cost as much as copying its fields.
      if (bytes.buffer !== this.#fromView.buffer) this.#fromView = new DataView(bytes.buffer)
      this.#from = bytes
    }
    const from = this.#fromView
    const offset = bytes.byteOffset
    const out = this.#out
    const outView = this.#outView
    let to = this.#at
    let at = start
    // Four octets at a time; beyond the end of `out` a view would throw, and what does not fit is found out by `length`.
    const lastFour = to + end - start <= out.length ? end - 4 : start - 1
    for (; at <= lastFour; at += 4) {
      const four = from.getInt32(offset + at, true)
      const deletes = four ^ DELETE_FOUR
      const controls = ((four - SPACE_FOUR) & ~four) | ((deletes - ONE_FOUR) & ~deletes)
      if ((controls & TOP_FOUR) !== 0) return this.#copyCarefully(bytes, start, end)
      outView.setInt32(to, four, true)
      to += 4
    }
    for (; at < end; at++) {
      const octet = bytes[at]!
      if (octet < SP || octet === DELETE) return this.#copyCarefully(bytes, start, end)
      out[to++] = octet
    }
    this.#at = to
    return this
  }

  #copyCarefully(bytes: Uint8Array, start: number, end: number): this {
    const out = this.#out
    let to = this.#at
    let quoted = false
    for (let at = start; at < end; at++) {
      const octet = bytes[at]!
      if (octet === CR && bytes[at + 1] === LF) {
        at++
        while (at + 1 < end && (bytes[at + 1] === SP || bytes[at + 1] === TAB)) at++
        out[to++] = SP
        continue
      }
      const plain = (octet >= SP && octet !== DELETE) || octet === TAB
      out[to++] = plain ? octet : QUESTION
      if (octet === QUOTE) quoted = !quoted
      else if (quoted && octet === BACKSLASH && at + 1 < end && bytes[at + 1] !== CR && bytes[at + 1] !== LF)
        out[to++] = bytes[++at]!
    }
    this.#at = to
    return this
  }

  /** Appends text that is long, or not ASCII. */
  #long(text: string): this {
    const { bytes, end } = lendOctets(text)
    const out = this.#out
    let to = this.#at
    for (let at = 0; at < end; at++) {
      const octet = bytes[at]!
      if (octet < SP || octet === DELETE) throw new Error('a reply cannot carry control characters')
      out[to++] = octet
    }
    this.#at = to
    return this
  }
}

const NOTHING = new Uint8Array(0)
const WRITER = new Writer()
const [VIA, FROM, TO, CALL_ID, CSEQ, NO_BODY] = [
  'Via: ',
  'From: ',
  'To: ',
  'Call-ID: ',
  'CSeq: ',
  'Content-Length: 0',
].map(encodeText) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]
// The same octet four times over.
const SPACE_FOUR = 0x20202020
const DELETE_FOUR = 0x7f7f7f7f
const ONE_FOUR = 0x01010101
const TOP_FOUR = 0x80808080
/** Up to here, writing text character by character is faster than calling an encoder. */
const SHORT = 24
const DEFAULT_PORT = 5060
/** What IPv4 and UDP need of the 65,535 octets of a packet. */
const UDP_HEADERS = 28
/** Start line, header fields, blank line. */
const LINES_MAX = HEADER_FIELDS_MAX + 2
