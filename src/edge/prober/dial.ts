import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { FIELD } from '#codec/sip/field.ts'
import { type Message, parseMessage } from '#codec/sip/message.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { encodeText } from '#codec/sip/text.ts'
import { type RequestParts, writeRequest } from '#codec/sip/write-request.ts'

/** A call to place: where the INVITE goes and who calls whom. */
export type DialPlan = {
  readonly host: string
  readonly port: number
  /** `+12125550117`, or another user part. */
  readonly from: string
  readonly to: string
  readonly displayName: string | undefined
  /** The local address to send from. */
  readonly localAddress: string | undefined
  readonly timeoutMs: number
}

/** How the call ended: a final response, or none in time. `sent` is the INVITE's octets. */
export type Dialled =
  | {
      readonly kind: 'answered'
      readonly sent: Uint8Array
      readonly response: Message
      readonly provisional: readonly number[]
      readonly afterMs: number
    }
  | {
      readonly kind: 'silent'
      readonly sent: Uint8Array
      readonly provisional: readonly number[]
      readonly why: string
    }

/**
 * Places one call over UDP and ends it at once: INVITE with the retransmissions of RFC 3261 §17.1.1.2, ACK for what comes
 * back, BYE should somebody pick up. Rejects where the socket cannot be had.
 */
export async function dial(plan: DialPlan): Promise<Dialled> {
  const socket = createSocket(isIPv6(plan.host) ? 'udp6' : 'udp4')
  try {
    await new Promise<void>((bound, failed) => {
      socket.once('error', failed)
      socket.bind({ port: 0, ...(plan.localAddress === undefined ? {} : { address: plan.localAddress }) }, () =>
        bound(),
      )
    })
    await new Promise<void>((connected, failed) => {
      socket.once('error', failed)
      socket.connect(plan.port, plan.host, () => connected())
    })
    const { address, port } = socket.address()
    const call = partsOf(plan, address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`)
    return await placeCall(socket, call, plan.timeoutMs)
  } finally {
    socket.close()
  }
}

type Socket = ReturnType<typeof createSocket>

function placeCall(socket: Socket, invite: RequestParts, timeoutMs: number): Promise<Dialled> {
  const sent = writeRequest(invite)
  const startedMs = performance.now()
  const provisional: number[] = []
  return new Promise((settle, reject) => {
    let waitMs = T1_MS
    let retransmission: NodeJS.Timeout
    const end = (dialled: Dialled): void => {
      clearTimeout(retransmission)
      clearTimeout(deadline)
      socket.removeAllListeners()
      // A late complaint about what was sent before concerns nobody any more.
      socket.on('error', () => undefined)
      settle(dialled)
    }
    const silent = (why: string): void => end({ kind: 'silent', sent, provisional, why })
    const deadline = setTimeout(() => silent(`no final answer in ${timeoutMs / 1000} s`), timeoutMs)
    const again = (): void => {
      socket.send(sent)
      waitMs *= 2
      retransmission = setTimeout(again, waitMs)
    }
    retransmission = setTimeout(again, waitMs)
    // A connected socket reports a closed port as an error of the next send or receive.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNREFUSED' ? silent('nothing listens on that port') : reject(error),
    )
    socket.on('message', (bytes) => {
      const response = responseTo(invite, bytes)
      if (response === undefined) return
      clearTimeout(retransmission)
      if (response.status < 200) {
        provisional.push(response.status)
        return
      }
      acknowledge(socket, invite, response, () =>
        end({ kind: 'answered', sent, response, provisional, afterMs: performance.now() - startedMs }),
      )
    })
    socket.send(sent)
  })
}

/** ACK: in the INVITE's transaction for a refusal, in its own for a 2xx, which a BYE follows. RFC 3261 §17.1.1.3, §13.2.2.4. */
function acknowledge(socket: Socket, invite: RequestParts, response: Message, done: () => void): void {
  const to = response.first(FIELD.to) ?? invite.to
  const accepted = response.status < 300
  const acknowledgement: RequestParts = {
    ...invite,
    method: 'ACK',
    to,
    fields: [],
    body: NOTHING,
    branch: accepted ? token() : invite.branch,
  }
  const farewell: RequestParts = { ...acknowledgement, method: 'BYE', cseq: invite.cseq + 1, branch: token() }
  socket.send(writeRequest(acknowledgement), () => {
    if (accepted) socket.send(writeRequest(farewell), done)
    else done()
  })
}

function responseTo(invite: RequestParts, bytes: Uint8Array): Message | undefined {
  try {
    const message = parseMessage(bytes)
    return message.kind === 'response' && message.first(FIELD.callId) === invite.callId ? message : undefined
  } catch (fault) {
    if (fault instanceof Malformed) return undefined
    throw fault
  }
}

function partsOf({ host, port, from, to, displayName }: DialPlan, sentBy: string): RequestParts {
  const target = isIPv6(host) ? `[${host}]` : host
  const local = sentBy.slice(0, sentBy.lastIndexOf(':'))
  const name = displayName === undefined ? '' : `"${displayName.replace(/[\\"]/g, '\\$&')}" `
  return {
    method: 'INVITE',
    requestUri: `sip:${to}@${target}:${port}`,
    sentBy,
    transport: 'UDP',
    branch: token(),
    from: `${name}<sip:${from}@${local}>;tag=${token()}`,
    to: `<sip:${to}@${target}>`,
    callId: `${token()}@${local}`,
    cseq: 1,
    fields: [
      ['Contact', `<sip:${from}@${sentBy}>`],
      ['Feature-Caps', '*;+sip.608'],
      ['Content-Type', 'application/sdp'],
    ],
    body: encodeText(
      `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\na=inactive\r\n`,
    ),
  }
}

function token(): string {
  return randomBytes(9).toString('base64url').replaceAll('_', 'u').replaceAll('-', 'h')
}

/** RFC 3261 §17.1.1.1. */
const T1_MS = 500
const NOTHING = new Uint8Array(0)
