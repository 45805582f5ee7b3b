import { HEP_TYPES } from '#codec/hep/hep.ts'
import { FIELD } from '#codec/sip/field.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { Message } from '#codec/sip/message.ts'
import type { Source } from '#codec/sip/reply.ts'
import type { Receive } from '#edge/gate/udp.ts'
import type { Meaning, Way } from '#edge/gate/waiting-blocks.ts'
import type { HepSender } from '#edge/hep/send-hep.ts'

/** Where a gate hears, for the addresses of copies: `192.0.2.1` and its port, and IANA's number of the transport. */
export type Heard = { readonly address: string; readonly port: number; readonly protocol: number }

/**
 * Copies every request of a call and every answer to it to a Homer, with a line of JSON that says what was decided; all
 * three have the Call-ID as their correlation id.
 */
export function tapped(receive: Receive, hep: HepSender | undefined, heard: Heard): Receive {
  if (hep === undefined) return receive
  return (bytes, source, way) => {
    if (bytes[0] !== CAPITAL_I || bytes[1] !== CAPITAL_N || bytes[2] !== CAPITAL_V) return receive(bytes, source, way)
    const callId = readCallId(bytes)
    // A stranger gets no answer and is not copied: a flood of them is not passed on to a Homer.
    const request = Uint8Array.from(bytes)
    receive(bytes, source, new TappedWay(way, hep, heard, source, request, callId))
  }
}

/** Stands before the way of one request, and copies what leaves by it. */
class TappedWay implements Way {
  readonly origin?: string
  readonly names?: readonly string[] | undefined
  readonly isReliable?: boolean
  readonly #way: Way
  readonly #hep: HepSender
  readonly #heard: Heard
  readonly #source: Source
  readonly #callId: string
  readonly #atMs = performance.timeOrigin + performance.now()
  /** The request, until it has been copied. */
  #request: Uint8Array | undefined
  #meaning: Meaning | undefined

  constructor(way: Way, hep: HepSender, heard: Heard, source: Source, request: Uint8Array, callId: string) {
    this.#way = way
    if (way.origin !== undefined) this.origin = way.origin
    this.names = way.names
    if (way.isReliable !== undefined) this.isReliable = way.isReliable
    this.#hep = hep
    this.#heard = heard
    this.#source = source
    this.#request = request
    this.#callId = callId
  }

  tell(meaning: Meaning): void {
    this.#meaning = meaning
    this.#way.tell?.(meaning)
  }

  send(bytes: Uint8Array, length: number, address: string, port: number): void {
    this.#way.send(bytes, length, address, port)
    const { port: ourPort, protocol } = this.#heard
    const [ours, theirs] = sameFamily(this.#heard.address, this.#source.address)
    const correlationId = this.#callId
    const there = {
      source: theirs,
      sourcePort: this.#source.port,
      destination: ours,
      destinationPort: ourPort,
    }
    const back = { source: ours, sourcePort: ourPort, destination: theirs, destinationPort: port }
    if (this.#request !== undefined) {
      const request = {
        ...there,
        protocol,
        correlationId,
        atMs: this.#atMs,
        type: HEP_TYPES.sip,
        payload: this.#request,
      }
      this.#request = undefined
      this.#hep.send(request)
    }
    const atMs = performance.timeOrigin + performance.now()
    const answer = bytes.slice(0, length)
    this.#hep.send({ ...back, protocol, correlationId, atMs, type: HEP_TYPES.sip, payload: answer })
    if (this.#meaning === undefined) return
    const payload = new TextEncoder().encode(JSON.stringify(wordsOf(this.#meaning, statusOf(answer))))
    this.#meaning = undefined
    this.#hep.send({ ...back, protocol, correlationId, atMs, type: HEP_TYPES.log, payload })
  }
}

/** Two addresses of one family: a socket for both shows IPv4 plainly, which is IPv6 in a packet beside its own address. */
function sameFamily(one: string, other: string): readonly [one: string, other: string] {
  if (one.includes(':') === other.includes(':')) return [one, other]
  return one.includes(':') ? [one, `::ffff:${other}`] : [`::ffff:${one}`, other]
}

function wordsOf(meaning: Meaning, status: number) {
  if (meaning.kind === 'refused') return { recourse: 1, verdict: 'block', status, receipt: meaning.receipt }
  if (meaning.kind === 'treated') return { recourse: 1, verdict: 'treat', status, treatment: meaning.treatment }
  return { recourse: 1, verdict: 'continue', status, why: meaning.why }
}

function statusOf(answer: Uint8Array): number {
  return Number(String.fromCharCode(...answer.subarray(STATUS_AT, STATUS_AT + 3)))
}

function readCallId(bytes: Uint8Array): string {
  try {
    MESSAGE.read(bytes)
    return MESSAGE.first(FIELD.callId) ?? ''
  } catch (fault) {
    if (fault instanceof Malformed) return ''
    throw fault
  }
}

/** Numbers of transports. */
export const UDP = 17
export const TCP = 6

const MESSAGE = new Message()
const STATUS_AT = 'SIP/2.0 '.length
const CAPITAL_I = 73
const CAPITAL_N = 78
const CAPITAL_V = 86
