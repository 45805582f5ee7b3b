import { type Socket, createSocket } from 'node:dgram'

/** One call as a carrier would place it; every field ends up in the INVITE. */
export type Call = {
  calling: string
  called: string
  callId: string
  branch: string
  fromTag: string
  port: number
  /** Header lines of one's own, each with its CRLF. */
  more?: string
}

/** Writes the INVITE of a call. RFC 3261 §13.2.1. */
export function formatInvite({ calling, called, callId, branch, fromTag, port, more = '' }: Call): Buffer {
  return Buffer.from(
    `INVITE sip:${called}@127.0.0.1;user=phone SIP/2.0\r\n` +
      `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=${branch};rport\r\n` +
      'Max-Forwards: 70\r\n' +
      `From: <sip:${calling}@127.0.0.1;user=phone>;tag=${fromTag}\r\n` +
      `To: <sip:${called}@127.0.0.1;user=phone>\r\n` +
      `Call-ID: ${callId}\r\n` +
      'CSeq: 1 INVITE\r\n' +
      `Contact: <sip:127.0.0.1:${port}>\r\n` +
      `${more}Content-Type: application/sdp\r\n` +
      `Content-Length: ${SDP.length}\r\n\r\n${SDP}`,
    'latin1',
  )
}

/** Writes the ACK that ends a refused call: same branch, the To of the answer. RFC 3261 §17.1.1.3. */
export function formatAck(call: Call, answer: Buffer): Buffer {
  return Buffer.from(
    `ACK sip:${call.called}@127.0.0.1;user=phone SIP/2.0\r\n` +
      `Via: SIP/2.0/UDP 127.0.0.1:${call.port};branch=${call.branch};rport\r\n` +
      'Max-Forwards: 70\r\n' +
      `From: <sip:${call.calling}@127.0.0.1;user=phone>;tag=${call.fromTag}\r\n` +
      `To: ${fieldOf(answer, 'To')}\r\n` +
      `Call-ID: ${call.callId}\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n`,
    'latin1',
  )
}

/** Writes the CANCEL of a call: same branch, no To tag. RFC 3261 §9.1. */
export function formatCancel(call: Call): Buffer {
  return Buffer.from(
    `CANCEL sip:${call.called}@127.0.0.1;user=phone SIP/2.0\r\n` +
      `Via: SIP/2.0/UDP 127.0.0.1:${call.port};branch=${call.branch};rport\r\n` +
      'Max-Forwards: 70\r\n' +
      `From: <sip:${call.calling}@127.0.0.1;user=phone>;tag=${call.fromTag}\r\n` +
      `To: <sip:${call.called}@127.0.0.1;user=phone>\r\n` +
      `Call-ID: ${call.callId}\r\nCSeq: 1 CANCEL\r\nContent-Length: 0\r\n\r\n`,
    'latin1',
  )
}

/** Writes an OPTIONS request. RFC 3261 §11. */
export function formatOptions(port: number, branch: string): Buffer {
  return Buffer.from(
    'OPTIONS sip:127.0.0.1 SIP/2.0\r\n' +
      `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=${branch};rport\r\n` +
      'Max-Forwards: 70\r\n' +
      'From: <sip:probe@127.0.0.1>;tag=probe\r\nTo: <sip:127.0.0.1>\r\n' +
      `Call-ID: ${branch}@127.0.0.1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`,
    'latin1',
  )
}

/** The status of an answer, 0 where there is none to read. */
export function statusOf(answer: Buffer): number {
  const digits = /^SIP\/2\.0 (\d{3}) /.exec(answer.subarray(0, 12).toString('latin1'))
  return digits === null ? 0 : Number(digits[1])
}

/** The first value of a header field in a message of ours, which is never folded; empty where there is none. */
export function fieldOf(message: Buffer, name: string): string {
  const text = message.toString('latin1')
  const at = text.indexOf(`\r\n${name}: `)
  return at < 0 ? '' : text.slice(at + name.length + 4, text.indexOf('\r\n', at + 2))
}

/** The `id` of a 603+, read with the eyes of the calling side: out of the bytes, by none of the product's code. */
export function idOf(answer: Buffer): string | undefined {
  return /;id=([A-Za-z0-9_-]{1,64})"/.exec(answer.toString('latin1'))?.[1]
}

/** A UDP caller on loopback: sends requests and hears answers, told apart by Call-ID. */
export class Caller {
  readonly socket: Socket
  readonly gatePort: number
  readonly #waiting = new Map<string, (answer: Buffer) => void>()

  private constructor(socket: Socket, gatePort: number) {
    this.socket = socket
    this.gatePort = gatePort
    socket.on('message', (answer: Buffer) => {
      // A proxy says 100 first; what a caller waits for is final.
      if (statusOf(answer) < 200) return
      const callId = fieldOf(answer, 'Call-ID')
      const heard = this.#waiting.get(callId)
      this.#waiting.delete(callId)
      heard?.(answer)
    })
  }

  static async open(gatePort: number, address = '127.0.0.1'): Promise<Caller> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: SOCKET_BUFFER_BYTES })
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject)
      socket.bind(0, address, resolve)
    })
    return new Caller(socket, gatePort)
  }

  get port(): number {
    return this.socket.address().port
  }

  send(message: Buffer): void {
    this.socket.send(message, this.gatePort, '127.0.0.1')
  }

  /** Sends a request and waits for its final answer; nothing within the time is `undefined`. */
  async ask(request: Buffer, withinMs = ANSWER_MS): Promise<Buffer | undefined> {
    const callId = fieldOf(request, 'Call-ID')
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(callId)
        resolve(undefined)
      }, withinMs)
      this.#waiting.set(callId, (answer) => {
        clearTimeout(timer)
        resolve(answer)
      })
      this.send(request)
    })
  }

  close(): void {
    this.socket.close()
  }
}

const SDP =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 8\r\na=sendrecv\r\n'
const ANSWER_MS = 5_000
const SOCKET_BUFFER_BYTES = 4 * 1_048_576
