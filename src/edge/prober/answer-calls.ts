import { randomBytes } from 'node:crypto'
import { type RemoteInfo, createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { FIELD } from '#codec/sip/field.ts'
import { formatResponse } from '#codec/sip/format-message.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { type Message, parseMessage } from '#codec/sip/message.ts'
import { parseNameAddrs } from '#codec/sip/name-addr.ts'
import { encodeText } from '#codec/sip/text.ts'
import { parseUri } from '#codec/sip/uri.ts'
import { writeRequest } from '#codec/sip/write-request.ts'

/** A destination that answers every call and hangs up at once. */
export type Destination = { readonly local: string; close(): void }

/**
 * Listens for calls over UDP, as the telephone at their end: each INVITE is answered 200, and once it is acknowledged, BYE
 * ends the call. `arrived` hears the user part of the Request-URI, once a call. Rejects where the port is taken.
 */
export async function answerCalls(host: string, port: number, arrived: (user: string) => void): Promise<Destination> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  await new Promise<void>((bound, failed) => {
    socket.once('error', failed)
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.off('error', failed)
      bound()
    })
  })
  // A destination that cannot answer one datagram waits for the next.
  socket.on('error', () => undefined)
  const bound = socket.address()
  const local = bound.address.includes(':') ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`
  const calls = new Map<string, { tag: string; invite: Message | undefined }>()
  socket.on('message', (bytes, from) => {
    const request = requestIn(bytes)
    if (request === undefined) return
    const callId = request.first(FIELD.callId) ?? ''
    const call = calls.get(callId) ?? { tag: randomBytes(6).toString('hex'), invite: undefined }
    if (request.isMethod('ACK')) {
      if (call.invite !== undefined) socket.send(byeOf(call.invite, call.tag, local), from.port, from.address)
      call.invite = undefined
      return
    }
    if (request.isMethod('INVITE') && !calls.has(callId) && calls.size < CALLS_MAX) {
      calls.set(callId, call)
      call.invite = request
      arrived(userOf(request))
    }
    socket.send(ok(request, call.tag, local, from), from.port, from.address)
  })
  return { local, close: () => socket.close() }
}

function ok(request: Message, tag: string, local: string, from: RemoteInfo): Uint8Array {
  const isInvite = request.isMethod('INVITE')
  const to = request.first(FIELD.to) ?? ''
  const [top = '', ...vias] = request.all(FIELD.via)
  const via = `${top.replace(/;rport(?=;|$)/i, `;rport=${from.port}`)};received=${from.address}`
  const fields: [string, string][] = [
    ...[via, ...vias].map((value): [string, string] => ['Via', value]),
    ['From', request.first(FIELD.from) ?? ''],
    ['To', /;\s*tag=/i.test(to) ? to : `${to};tag=${tag}`],
    ['Call-ID', request.first(FIELD.callId) ?? ''],
    ['CSeq', request.first(FIELD.cseq) ?? ''],
    ...(isInvite ? request.named('record-route').map((route): [string, string] => ['Record-Route', route]) : []),
    ['Contact', `<sip:${local}>`],
    ...(isInvite ? [['Content-Type', 'application/sdp'] as [string, string]] : []),
  ]
  return formatResponse(200, 'OK', { fields, body: isInvite ? SILENCE : NOTHING })
}

/** Hangs up: the way back is that of Record-Route. RFC 3261 §12.2.1.1. */
function byeOf(invite: Message, tag: string, local: string): Uint8Array {
  const contact = invite.first(FIELD.contact)
  return writeRequest({
    method: 'BYE',
    requestUri: contact === undefined ? `sip:${local}` : (parseNameAddrs(contact)[0]?.uri ?? `sip:${local}`),
    sentBy: local,
    transport: 'UDP',
    branch: randomBytes(9).toString('hex'),
    from: `${invite.first(FIELD.to) ?? ''};tag=${tag}`,
    to: invite.first(FIELD.from) ?? '',
    callId: invite.first(FIELD.callId) ?? '',
    cseq: 1,
    fields: invite.named('record-route').map((route) => ['Route', route] as const),
    body: NOTHING,
  })
}

function requestIn(bytes: Uint8Array): Message | undefined {
  try {
    const message = parseMessage(Uint8Array.from(bytes))
    return message.kind === 'request' ? message : undefined
  } catch (fault) {
    if (fault instanceof Malformed) return undefined
    throw fault
  }
}

function userOf(request: Message): string {
  try {
    const uri = parseUri(request.requestUri)
    if (uri.kind === 'sip') return uri.user ?? ''
    return uri.kind === 'tel' ? uri.number : ''
  } catch (fault) {
    if (fault instanceof Malformed) return ''
    throw fault
  }
}

const NOTHING = new Uint8Array(0)
/** Media that is neither sent nor wanted. */
const SILENCE = encodeText(
  'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\na=inactive\r\n',
)
/** Calls taken in the life of a destination; it is there for a test. */
const CALLS_MAX = 1_000
