import { CaptureReader } from '#codec/capture/capture-reader.ts'
import type { Origin } from '#codec/capture/origin.ts'
import { PROBLEMS } from '#codec/capture/problems.ts'
import { statusAt } from '#codec/capture/start-line.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { Message } from '#codec/sip/message.ts'
import { isRefusal, nameCall } from '#core/observe/observation.ts'
import { type Refusal, refusalOf } from '#core/observe/refusal.ts'

/** One refused call of an input, with its octets. */
export type RefusedCall = Refusal & {
  /** The packet (of a text: the message) that it came in, from 1. */
  readonly packet: number
  /** Milliseconds since 1970; undefined where the input tells no time. */
  readonly at: number | undefined
  readonly sender: string
  readonly receiver: string
  /** The whole answer. */
  readonly octets: Uint8Array
}

/** What an input held. */
export type Reading = {
  readonly calls: readonly RefusedCall[]
  /** Refused calls beyond those kept here. */
  readonly left: number
  readonly messages: number
  readonly bytes: number
  /** What was wrong with the input and passed over, in words. */
  readonly problems: readonly string[]
}

/**
 * Reads what somebody pasted or dropped: a capture, packed by gzip or not, or text. Rejects with `Malformed` for what is
 * neither, and with an `AbortError` where `signal` ends it.
 */
export async function readInput(
  input: Blob,
  terms: { readonly signal: AbortSignal; readonly onProgress: (share: number) => void },
): Promise<Reading> {
  const seen = new Set<string>()
  const calls: RefusedCall[] = []
  let left = 0
  const message = new Message()
  const reader = new CaptureReader({
    wants: (bytes, start, end) => statusAt(bytes, start, end) >= 400,
    onMessage: (bytes, start, end, origin) => {
      message.read(bytes, start, end)
      if (!isRefusal(message)) return
      const name = `${nameCall(message)}\n${message.status} ${message.phrase}`
      // A retransmission, or the same answer at the next hop.
      if (seen.has(name)) return
      if (calls.length >= PAGE_CALLS_MAX) left++
      else {
        seen.add(name)
        calls.push(callOf(message, origin))
      }
    },
  })
  let bytes = 0
  for await (const chunk of chunksOf(input)) {
    terms.signal.throwIfAborted()
    reader.push(chunk)
    bytes += chunk.length
    terms.onProgress(Math.min(bytes / input.size, 1))
  }
  reader.finish()
  return {
    calls,
    left,
    messages: reader.counts.messages,
    bytes,
    problems: reader.problems.map(
      ({ code, count, offset }) => `${PROBLEMS[code]} (${count} times, first at octet ${offset})`,
    ),
  }
}

/** A text that somebody pasted: a single answer is taken as it is, however broken. */
export async function readPasted(text: string, signal: AbortSignal): Promise<Reading> {
  const plain = text.trimStart()
  const input = new Blob([
    plain.startsWith('SIP/') && !/\n\s*\n/.test(plain.trimEnd()) ? `${plain.trimEnd()}\n\n` : text,
  ])
  return await readInput(input, { signal, onProgress: () => {} })
}

/** Why an input could not be read, for whoever gave it. */
export function wordsOfFault(fault: unknown): string {
  if (!(fault instanceof Malformed)) return fault instanceof Error ? fault.message : String(fault)
  return 'There is no SIP message in it. Paste an answer from its first line (SIP/2.0 …) on, or drop a capture: pcap, pcapng, or a text trace.'
}

function callOf(message: Message, origin: Origin): RefusedCall {
  const place = (address: string | undefined, port: number | undefined) =>
    address === undefined ? '' : `${address.includes(':') ? `[${address}]` : address}:${port}`
  return {
    ...refusalOf(message, { carrier: origin.source ?? '' }),
    packet: origin.packet,
    at: origin.seconds === 0 ? undefined : origin.seconds * 1000 + Math.floor(origin.nanoseconds / 1e6),
    sender: place(origin.source, origin.sourcePort),
    receiver: place(origin.destination, origin.destinationPort),
    octets: message.bytes.slice(message.start, message.end),
  }
}

async function* chunksOf(input: Blob): AsyncGenerator<Uint8Array> {
  const [first = 0, second = 0] = new Uint8Array(await input.slice(0, 2).arrayBuffer())
  const isGzip = first === 0x1f && second === 0x8b
  const stream = isGzip ? input.stream().pipeThrough(new DecompressionStream('gzip')) : input.stream()
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}

/** Refused calls that are kept for the list; more of them are counted. */
export const PAGE_CALLS_MAX = 2_000
