import { FIELD } from '#codec/sip/field.ts'
import type { Message } from '#codec/sip/message.ts'
import type { RequestView } from '#codec/sip/request.ts'
import { SipHash } from './siphash.ts'

/**
 * Names the transaction and the call of a request by keyed hashes, which nobody without the key can steer or guess.
 *
 * The transaction is source address, top Via branch (without one the whole top Via, as in RFC 2543), Call-ID, CSeq number
 * and From tag. RFC 3261 §17.2.3.
 *
 * The call leaves out the branch, so that a proxy that tries again asks about the same call, and takes in everything the
 * rules judge by: Request-URI, From and P-Asserted-Identity as sent. Whoever changes one of them asks about another call.
 */
export class Identifier {
  callHigh = 0
  callLow = 0
  high = 0
  low = 0
  readonly #hash: SipHash
  readonly #callHash: SipHash

  constructor(key: Uint8Array) {
    this.#hash = new SipHash(key)
    this.#callHash = new SipHash(callKeyOf(this.#hash), '1-3')
  }

  identify(request: Message, view: RequestView, sourceAddress: string): void {
    const { bytes } = request
    const { via, viaField, from, cseq, callIdField } = view
    const hash = this.#hash.start().text(sourceAddress).octet(0)
    if (callIdField >= 0) hash.octets(bytes, request.valueStart(callIdField), request.valueEnd(callIdField))
    hash.octet(0).octets(bytes, Math.max(from.tagStart, 0), Math.max(from.tagEnd, 0))
    hash.octet(0).number(cseq.number).finish()
    const { high, low } = hash

    hash.start().number(high).number(low)
    if (via.branchStart >= 0) hash.octets(bytes, via.branchStart, via.branchEnd)
    else hash.octets(bytes, request.valueStart(viaField), via.valueEnd)
    hash.finish()
    this.high = hash.high
    this.low = hash.low

    const call = this.#callHash.start().number(high).number(low)
    call.octets(bytes, request.requestUriStart, request.requestUriEnd)
    if (view.fromField >= 0) {
      call.octet(0).octets(bytes, request.valueStart(view.fromField), request.valueEnd(view.fromField))
    }
    for (let field = request.indexOf(ASSERTED); field >= 0; field = request.indexOf(ASSERTED, field + 1)) {
      call.octet(0).octets(bytes, request.valueStart(field), request.valueEnd(field))
    }
    call.finish()
    this.callHigh = call.high
    this.callLow = call.low
  }
}

/** Names of transactions are stored and keep their hash; those of calls live in memory, under a key of their own. */
function callKeyOf(hash: SipHash): Uint8Array {
  const words = ['call 1', 'call 2'].flatMap((text) => {
    const { high, low } = hash.start().text(text).finish()
    return [high, low]
  })
  return new Uint8Array(Uint32Array.from(words).buffer)
}

const ASSERTED = FIELD.assertedIdentity
