import { CSeqView, parseNumber } from './cseq.ts'
import { FIELD, type FieldId } from './field.ts'
import { Malformed, type MalformedCode } from './malformed.ts'
import { type Message, equalsAscii } from './message.ts'
import { NameAddrView, parseNameAddrs } from './name-addr.ts'
import { Scanner } from './scanner.ts'
import { UriView } from './uri.ts'
import { ViaView } from './via.ts'

/**
 * What a server needs of every request, read and checked: top Via, From, To, CSeq, Request-URI, lengths. RFC 3261 §8.1.1.
 *
 * One object may read request after request. `read` returns the first fault instead of throwing, because a server answers
 * a bad request with what it could read of it: `viaRead` and `toRead` say whether Via and To are of use for that.
 */
export class RequestView {
  readonly via = new ViaView()
  readonly from = new NameAddrView()
  readonly to = new NameAddrView()
  readonly cseq = new CSeqView()
  readonly uri = new UriView()
  viaField = -1
  fromField = -1
  toField = -1
  callIdField = -1
  cseqField = -1
  viaRead = false
  toRead = false
  /** The body's length by Content-Length, or what is left of the datagram. */
  bodyLength = 0
  readonly #scan = new Scanner()

  read(message: Message): Malformed | undefined {
    this.viaField = message.indexOf(FIELD.via)
    this.fromField = message.indexOf(FIELD.from)
    this.toField = message.indexOf(FIELD.to)
    this.callIdField = message.indexOf(FIELD.callId)
    this.cseqField = message.indexOf(FIELD.cseq)
    this.viaRead = false
    this.toRead = false
    this.from.tagStart = -1
    this.from.tagEnd = -1
    this.cseq.number = 0
    let fault = message.fault
    try {
      this.#readVia(message)
      if (fault === undefined) {
        this.#readRequired(message)
        this.#readOptional(message)
        return undefined
      }
    } catch (thrown) {
      if (!(thrown instanceof Malformed)) throw thrown
      fault = thrown
    }
    this.#readForAnswer(message)
    return fault
  }

  /** Tells whether CSeq names the method of the request. RFC 3261 §8.1.1.5. */
  methodAgrees(message: Message): boolean {
    const { bytes, methodStart, methodEnd } = message
    const { methodStart: start, methodEnd: end } = this.cseq
    if (end - start !== methodEnd - methodStart) return false
    for (let at = 0; at < end - start; at++) if (bytes[start + at] !== bytes[methodStart + at]) return false
    return true
  }

  /** A branch that is the magic cookie and nothing else names no transaction. RFC 3261 §8.1.1.7. */
  branchIsBare(message: Message): boolean {
    return this.via.branchStart >= 0 && equalsAscii(message.bytes, this.via.branchStart, this.via.branchEnd, COOKIE)
  }

  #readVia(message: Message): void {
    if (this.viaField < 0) fail('missing')
    this.via.read(message.bytes, message.valueStart(this.viaField), message.valueEnd(this.viaField))
    this.viaRead = true
  }

  /** Reads what the answer to a bad request and its To tag are made of: one broken field does not cost the others. */
  #readForAnswer(message: Message): void {
    this.toRead = reads(this.to, message, this.toField)
    reads(this.from, message, this.fromField)
    reads(this.cseq, message, this.cseqField)
  }

  #readRequired(message: Message): void {
    const { bytes } = message
    this.to.read(bytes, once(message, FIELD.to, this.toField), message.valueEnd(this.toField))
    this.toRead = true
    this.from.read(bytes, once(message, FIELD.from, this.fromField), message.valueEnd(this.fromField))
    this.cseq.read(bytes, once(message, FIELD.cseq, this.cseqField), message.valueEnd(this.cseqField))
    const end = message.valueEnd(this.callIdField)
    for (let at = once(message, FIELD.callId, this.callIdField); at < end; at++) {
      // A Call-ID is echoed and logged: nothing but visible octets and UTF-8 may stand in it. RFC 3261 §25.1.
      if (bytes[at]! <= 32 || bytes[at] === 127) fail('token')
    }
    if (end === message.valueStart(this.callIdField)) fail('token')
    this.uri.read(bytes, message.requestUriStart, message.requestUriEnd)
    // A Request-URI has no headers component. RFC 3261 §19.1.1, table 1.
    if (this.uri.kind === 'sip' && this.uri.headersStart >= 0) fail('uri')
  }

  #readOptional(message: Message): void {
    this.#readNumber(message, FIELD.maxForwards, MAX_FORWARDS_MAX, 'number')
    const rest = message.end - message.bodyStart
    const length = this.#readNumber(message, FIELD.contentLength, rest, 'content-length')
    this.bodyLength = length < 0 ? rest : length
  }

  #readNumber(message: Message, id: FieldId, max: number, code: MalformedCode): number {
    const field = message.indexOf(id)
    if (field < 0) return -1
    const scan = this.#scan.over(message.bytes, once(message, id, field), message.valueEnd(field), 'RFC 3261 §20')
    try {
      const number = parseNumber(scan, max)
      scan.expectEnd()
      return number
    } catch (fault) {
      if (fault instanceof Malformed) return fail(code)
      throw fault
    }
  }
}

/** Checks Contact, for the methods where a server would act on it. Throws `Malformed`. RFC 3261 §20.10. */
export function checkContact(message: Message): void {
  for (const value of message.all(FIELD.contact)) if (value !== '*') parseNameAddrs(value)
}

/** Tells whether the first field of its kind can be read, however many there are. */
function reads(view: NameAddrView | CSeqView, message: Message, field: number): boolean {
  if (field < 0) return false
  try {
    view.read(message.bytes, message.valueStart(field), message.valueEnd(field))
    return true
  } catch (fault) {
    if (fault instanceof Malformed) return false
    throw fault
  }
}

/** The start of the field's value, which must stand once. */
function once(message: Message, id: FieldId, field: number): number {
  if (field < 0) fail('missing')
  if (message.countOf(id) > 1) fail('doubled')
  return message.valueStart(field)
}

function fail(code: MalformedCode): never {
  throw new Malformed(code, 0, 'RFC 3261 §8.1.1, §20')
}

const COOKIE = 'z9hG4bK'
/** RFC 3261 §20.22. */
const MAX_FORWARDS_MAX = 255
