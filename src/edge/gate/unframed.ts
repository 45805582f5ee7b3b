import { randomBytes } from 'node:crypto'
import { MESSAGE_BYTES_MAX } from '#codec/sip/limits.ts'
import type { Malformed } from '#codec/sip/malformed.ts'
import { Message } from '#codec/sip/message.ts'
import { type Source, formatReply } from '#codec/sip/reply.ts'
import { RequestView } from '#codec/sip/request.ts'
import { replyToFault } from './refusals.ts'

/**
 * Answers the request with which a stream lost its framing, from as much of it as has come: 400, or 513 where it is too
 * large. Undefined where it is no request, an ACK, or has no Via to answer along. RFC 3261 §18.3.
 */
export function answerUnframed(bytes: Uint8Array, fault: Malformed, source: Source): Uint8Array | undefined {
  const message = new Message()
  const view = new RequestView()
  message.read(bytes.subarray(0, MESSAGE_BYTES_MAX))
  if (message.kind === 'response' || message.isMethod('ACK')) return undefined
  view.read(message)
  if (view.viaField < 0) return undefined
  const out = new Uint8Array(MESSAGE_BYTES_MAX + 1)
  const toTag = randomBytes(TAG_BYTES).toString('hex')
  const length = formatReply(message, view, replyToFault(fault), source, toTag, out)
  return length < 0 ? undefined : out.subarray(0, length)
}

const TAG_BYTES = 8
