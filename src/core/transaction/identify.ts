import type { Message } from '#codec/sip/message.ts'
import type { RequestView } from '#codec/sip/request.ts'
import { SipHash } from './siphash.ts'

/**
 * Names the transaction and the call of a request by keyed hashes, which nobody without the key can steer or guess.
 *
 * The call is Call-ID, From tag and CSeq number: a proxy that tries again with a new branch asks about the same call. The
 * transaction adds the source address and the top Via's branch, or without a branch the whole top Via as RFC 2543 did.
 * RFC 3261 §17.2.3.
 */
export class Identifier {
  callHigh = 0
  callLow = 0
  high = 0
  low = 0
  readonly #hash: SipHash

  constructor(key: Uint8Array) {
    this.#hash = new SipHash(key)
  }

  identify(request: Message, view: RequestView, sourceAddress: string): void {
    const { bytes } = request
    const hash = this.#hash.start()
    if (view.callIdField >= 0)
      hash.octets(bytes, request.valueStart(view.callIdField), request.valueEnd(view.callIdField))
    hash.octet(0).octets(bytes, Math.max(view.from.tagStart, 0), Math.max(view.from.tagEnd, 0))
    hash.octet(0).number(view.cseq.number).finish()
    this.callHigh = hash.high
    this.callLow = hash.low
    hash.start().number(this.callHigh).number(this.callLow)
    for (let at = 0; at < sourceAddress.length; at++) hash.octet(sourceAddress.charCodeAt(at))
    hash.octet(0)
    const { via, viaField } = view
    if (via.branchStart >= 0) hash.octets(bytes, via.branchStart, via.branchEnd)
    else hash.octets(bytes, request.valueStart(viaField), via.valueEnd)
    hash.finish()
    this.high = hash.high
    this.low = hash.low
  }
}
