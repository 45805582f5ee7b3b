import { FIELD } from './field.ts'
import { MESSAGE_BYTES_MAX } from './limits.ts'
import { type Message, equalsAscii } from './message.ts'
import { CR, LF, SP, TAB } from './octets.ts'
import type { RequestView } from './request.ts'
import { encodeText } from './text.ts'

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
 * Writes the response to a request into `out` and returns its length, or -1 where it would not fit a datagram.
 *
 * Via, From, To, Call-ID and CSeq are copied octet for octet, folds as one space; `toTag` is added to a To without a tag;
 * the top Via gets `received` and `rport`. RFC 3261 §8.2.6, §18.2.1; RFC 3581 §4. The fields of the reply must be free of
 * CR and LF, which every writer of this codec sees to.
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
  WRITER.text('SIP/2.0 ').text(String(reply.status)).text(' ').text(reply.phrase).text('\r\n')
  for (let field = view.viaField; field >= 0; field = request.indexOf(FIELD.via, field + 1)) {
    WRITER.text('Via: ')
    if (field === view.viaField && view.viaRead) writeTopVia(request, view, source, field)
    else WRITER.copy(request.bytes, request.valueStart(field), request.valueEnd(field))
    WRITER.text('\r\n')
  }
  copyField(request, 'From: ', view.fromField, '')
  copyField(request, 'To: ', view.toField, view.toRead && view.to.tagStart < 0 ? toTag : '')
  copyField(request, 'Call-ID: ', view.callIdField, '')
  copyField(request, 'CSeq: ', view.cseqField, '')
  for (const [name, value] of reply.fields) WRITER.text(name).text(': ').text(value).text('\r\n')
  WRITER.text('Content-Length: 0\r\n\r\n')
  return WRITER.length
}

/** The port a response goes to: the source's with `rport`, else that of the top Via. RFC 3261 §18.2.2, RFC 3581 §4. */
export function replyPort(view: RequestView, source: Source): number {
  if (view.via.rportEnd >= 0) return source.port
  return view.via.port > 0 ? view.via.port : DEFAULT_PORT
}

function writeTopVia(request: Message, view: RequestView, source: Source, field: number): void {
  const { via } = view
  const { bytes } = request
  const start = request.valueStart(field)
  const end = request.valueEnd(field)
  const known = via.rportEnd < 0 && equalsAscii(bytes, via.hostStart, via.hostEnd, source.address)
  if (known && !via.receivedSeen) {
    WRITER.copy(bytes, start, end)
    return
  }
  const bare = via.rportEnd >= 0 && !via.rportValued
  WRITER.copy(bytes, start, bare ? via.rportEnd : via.valueEnd)
  if (bare) {
    WRITER.text('=').text(String(source.port))
    WRITER.copy(bytes, via.rportEnd, via.valueEnd)
  }
  if (!via.receivedSeen) WRITER.text(';received=').text(source.address)
  WRITER.copy(bytes, via.valueEnd, end)
}

function copyField(request: Message, name: string, field: number, tag: string): void {
  if (field < 0) return
  WRITER.text(name).copy(request.bytes, request.valueStart(field), request.valueEnd(field))
  if (tag !== '') WRITER.text(';tag=').text(tag)
  WRITER.text('\r\n')
}

/** Appends octets to a buffer that it does not own. */
class Writer {
  #out: Uint8Array = new Uint8Array(0)
  #at = 0

  start(out: Uint8Array): void {
    this.#out = out
    this.#at = 0
  }

  get length(): number {
    return this.#at > this.#out.length || this.#at > MESSAGE_BYTES_MAX - UDP_HEADERS ? -1 : this.#at
  }

  text(text: string): this {
    const out = this.#out
    let at = this.#at
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code > 127) return this.#wide(text)
      out[at++] = code
    }
    this.#at = at
    return this
  }

  /** Copies octets; a fold becomes one space. RFC 3261 §7.3.1. */
  copy(bytes: Uint8Array, start: number, end: number): this {
    const out = this.#out
    let to = this.#at
    for (let at = start; at < end; at++) {
      const octet = bytes[at]!
      if (octet === CR && bytes[at + 1] === LF) {
        at += 2
        while (at < end && (bytes[at] === SP || bytes[at] === TAB)) at++
        at--
        out[to++] = SP
      } else out[to++] = octet
    }
    this.#at = to
    return this
  }

  #wide(text: string): this {
    const bytes = encodeText(text)
    return this.copy(bytes, 0, bytes.length)
  }
}

const WRITER = new Writer()
const DEFAULT_PORT = 5060
/** What IPv4 and UDP need of the 65,535 octets of a packet. */
const UDP_HEADERS = 28
