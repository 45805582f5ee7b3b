import type { Message } from '#codec/sip/message.ts'
import { type ReplyField, type Source, formatReply } from '#codec/sip/reply.ts'
import type { RequestView } from '#codec/sip/request.ts'
import { COMPACT_FORMS } from '#codec/sip/field.ts'
import { MESSAGE_BYTES_MAX } from '#codec/sip/limits.ts'
import { decodeOctets, encodeOctets, encodeText } from '#codec/sip/text.ts'
import type { ScenarioAnswer } from './scenario.ts'

/**
 * Writes a scenario's answer to a request: its lines octet for octet, between the fields that are copied from the request
 * and Content-Length. Undefined where it would not fit a datagram or a line of ours, as after a request with very many Vias.
 */
export function writeAnswer(
  request: Message,
  view: RequestView,
  answer: ScenarioAnswer,
  source: Source,
  toTag: string,
): Uint8Array | undefined {
  const plain = writePlain(request, view, answer.status, answer.phrase, [], source, toTag)
  if (plain === undefined) return undefined
  const lines = decodeOctets(plain).split('\r\n').slice(0, -2)
  const length = lines.pop() ?? ''
  const named = [lines[0] ?? '', ...lines.slice(1).map((line) => rename(line, answer.names))]
  const head = encodeOctets(`${named.join('\r\n')}\r\n`)
  const own = encodeText(answer.lines.map((line) => `${line}\r\n`).join(''))
  const tail = encodeOctets(`${rename(length, answer.names)}\r\n\r\n`)
  if (head.length + own.length + tail.length > MESSAGE_BYTES_MAX) return undefined
  const octets = new Uint8Array(head.length + own.length + tail.length)
  octets.set(head)
  octets.set(own, head.length)
  octets.set(tail, head.length + own.length)
  return octets
}

/** Writes an answer that belongs to no scenario, or the provisional one before it. */
export function writePlain(
  request: Message,
  view: RequestView,
  status: number,
  phrase: string,
  fields: readonly ReplyField[],
  source: Source,
  toTag: string,
): Uint8Array | undefined {
  const out = new Uint8Array(MESSAGE_BYTES_MAX + 1)
  const length = formatReply(request, view, { status, phrase, fields }, source, toTag, out)
  return length < 0 ? undefined : out.slice(0, length)
}

function rename(line: string, names: ScenarioAnswer['names']): string {
  const colon = line.indexOf(':')
  const name = line.slice(0, colon).toLowerCase()
  if (names === 'usual' || colon < 0) return line
  return `${names === 'lower' ? name : (SHORT_NAMES.get(name) ?? line.slice(0, colon))}${line.slice(colon)}`
}

const SHORT_NAMES: ReadonlyMap<string, string> = new Map([...COMPACT_FORMS].map(([short, long]) => [long, short]))
