import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { FIELD } from '#codec/sip/field.ts'
import { type Message, parseMessage } from '#codec/sip/message.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { encodeText } from '#codec/sip/text.ts'
import { type RequestParts, writeRequest } from '#codec/sip/write-request.ts'
import { type Line, openLine } from './stream-dial.ts'

/** A call to place: where the INVITE goes and who calls whom. */
export type DialPlan = {
  readonly host: string
  readonly port: number
  /** UDP where not said. */
  readonly transport?: 'udp' | 'tcp' | 'tls' | undefined
  /** Whom to trust over TLS, and what to show. */
  readonly tls?: TlsTrust | undefined
  /** `+12125550117`, or another user part. */
  readonly from: string
  readonly to: string
  readonly displayName: string | undefined
  /** The local address to send from. */
  readonly localAddress: string | undefined
  readonly timeoutMs: number
  /** Header fields of the INVITE beside the usual ones. */
  readonly fields?: readonly (readonly [name: string, value: string])[] | undefined
}

/** What a TLS connection is held to: PEM texts, and the name or address that the other side's certificate must have. */
export type TlsTrust = {
  readonly name: string
  /** The authorities to trust; those of the system where not said. */
  readonly authorities: string | undefined
  readonly certificate: string | undefined
  readonly key: string | undefined
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
 * Places one call and ends it at once: INVITE, over UDP with the retransmissions of RFC 3261 §17.1.1.2, ACK for what comes
 * back, BYE should somebody pick up, CANCEL should it still ring when the time is up. Rejects where the socket cannot be had,
 * or TLS is refused.
 */
export async function dial(plan: DialPlan): Promise<Dialled> {
  const { transport = 'udp' } = plan
  const trust = transport === 'tls' ? (plan.tls ?? trustTheSystem(plan.host)) : undefined
  let line: Line
  try {
    line = await (transport === 'udp'
      ? openDatagrams(plan)
      : openLine(plan.host, plan.port, plan.localAddress, trust, plan.timeoutMs))
  } catch (error) {
    if (!isRefused(error)) throw error
    return { kind: 'silent', sent: NOTHING, provisional: [], why: NOBODY_LISTENS }
  }
  try {
    return await placeCall(line, partsOf(plan, transport, line.local), plan.timeoutMs, transport === 'udp')
  } finally {
    line.close()
  }
}

async function openDatagrams({ host, port, localAddress }: DialPlan): Promise<Line> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  try {
    await new Promise<void>((bound, failed) => {
      socket.once('error', failed)
      socket.bind({ port: 0, ...(localAddress === undefined ? {} : { address: localAddress }) }, () => bound())
    })
    await new Promise<void>((connected, failed) => {
      socket.once('error', failed)
      socket.connect(port, host, () => connected())
    })
  } catch (error) {
    socket.close()
    throw error
  }
  socket.removeAllListeners()
  const { address, port: localPort } = socket.address()
  return {
    local: address.includes(':') ? `[${address}]:${localPort}` : `${address}:${localPort}`,
    send: (bytes, sent) => socket.send(bytes, () => sent?.()),
    listen(onMessage, onEnd) {
      socket.on('message', onMessage)
      // A connected socket reports a closed port as an error of the next send or receive.
      socket.on('error', (error) => onEnd(isRefused(error) ? NOBODY_LISTENS : error.message))
    },
    close: () => socket.close(),
  }
}

function placeCall(line: Line, invite: RequestParts, timeoutMs: number, repeats: boolean): Promise<Dialled> {
  const sent = writeRequest(invite)
  const startedMs = performance.now()
  const provisional: number[] = []
  return new Promise((settle) => {
    let waitMs = T1_MS
    let retransmission: NodeJS.Timeout | undefined
    let isOver = false
    let isGivenUp = false
    const why = `no final answer in ${timeoutMs / 1000} s`
    const end = (dialled: Dialled): void => {
      isOver = true
      clearTimeout(retransmission)
      clearTimeout(deadline)
      settle(dialled)
    }
    const silent = (because: string): void => {
      if (!isOver) end({ kind: 'silent', sent, provisional, why: because })
    }
    // Nobody's telephone rings on because the time is up here. Only what was answered at all can be cancelled. RFC 3261 §9.1.
    const giveUp = (): void => {
      if (isOver || provisional.length === 0) return silent(why)
      isGivenUp = true
      clearTimeout(retransmission)
      line.send(writeRequest({ ...invite, method: 'CANCEL', fields: [], body: NOTHING }))
      deadline = setTimeout(() => silent(why), CANCELLED_WITHIN_MS)
    }
    let deadline = setTimeout(giveUp, timeoutMs)
    const again = (): void => {
      line.send(sent)
      waitMs *= 2
      retransmission = setTimeout(again, waitMs)
    }
    if (repeats) retransmission = setTimeout(again, waitMs)
    line.listen((bytes) => {
      const response = isOver ? undefined : responseTo(invite, bytes)
      if (response === undefined) return
      clearTimeout(retransmission)
      if (response.status < 200) {
        provisional.push(response.status)
        return
      }
      isOver = true
      const afterMs = performance.now() - startedMs
      const dialled: Dialled = isGivenUp
        ? { kind: 'silent', sent, provisional, why }
        : { kind: 'answered', sent, response, provisional, afterMs }
      acknowledge(line, invite, response, () => end(dialled))
    }, silent)
    line.send(sent)
  })
}

/** ACK: in the INVITE's transaction for a refusal, in its own for a 2xx, which a BYE follows. RFC 3261 §17.1.1.3, §13.2.2.4. */
function acknowledge(line: Line, invite: RequestParts, response: Message, done: () => void): void {
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
  line.send(writeRequest(acknowledgement), () => {
    if (accepted) line.send(writeRequest(farewell), done)
    else done()
  })
}

function responseTo(invite: RequestParts, bytes: Uint8Array): Message | undefined {
  try {
    const message = parseMessage(bytes)
    const isOurs = message.first(FIELD.callId) === invite.callId && /\sINVITE\s*$/.test(message.first(FIELD.cseq) ?? '')
    return message.kind === 'response' && isOurs ? message : undefined
  } catch (fault) {
    if (fault instanceof Malformed) return undefined
    throw fault
  }
}

function partsOf(
  { host, port, from, to, displayName, fields = [] }: DialPlan,
  transport: keyof typeof VIA_NAMES,
  sentBy: string,
): RequestParts {
  const target = isIPv6(host) ? `[${host}]` : host
  const local = sentBy.slice(0, sentBy.lastIndexOf(':'))
  const name = displayName === undefined ? '' : `"${displayName.replace(/[\\"]/g, '\\$&')}" `
  return {
    method: 'INVITE',
    requestUri: `sip:${to}@${target}:${port}${transport === 'udp' ? '' : `;transport=${transport}`}`,
    sentBy,
    transport: VIA_NAMES[transport],
    branch: token(),
    from: `${name}<sip:${from}@${local}>;tag=${token()}`,
    to: `<sip:${to}@${target}>`,
    callId: `${token()}@${local}`,
    cseq: 1,
    fields: [
      ['Contact', `<sip:${from}@${sentBy}${transport === 'udp' ? '' : `;transport=${transport}`}>`],
      ['Feature-Caps', '*;+sip.608'],
      ...fields,
      ['Content-Type', 'application/sdp'],
    ],
    body: encodeText(
      `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\na=inactive\r\n`,
    ),
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'
}

function trustTheSystem(name: string): TlsTrust {
  return { name, authorities: undefined, certificate: undefined, key: undefined }
}

function token(): string {
  return randomBytes(9).toString('base64url').replaceAll('_', 'u').replaceAll('-', 'h')
}

const VIA_NAMES = { udp: 'UDP', tcp: 'TCP', tls: 'TLS' } as const
const NOBODY_LISTENS = 'nothing listens on that port'
/** RFC 3261 §17.1.1.1. */
const T1_MS = 500
/** For the end of a call that was cancelled. */
const CANCELLED_WITHIN_MS = 1_000
const NOTHING = new Uint8Array(0)
