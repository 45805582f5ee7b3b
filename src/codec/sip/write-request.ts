import { encodeText } from './text.ts'

/** What it takes to write a request outside any dialog. RFC 3261 §8.1.1. */
export type RequestParts = {
  readonly method: string
  readonly requestUri: string
  /** `host:port` as it stands in Via. */
  readonly sentBy: string
  readonly transport: 'UDP' | 'TCP' | 'TLS'
  /** Without the magic cookie, which is added. */
  readonly branch: string
  readonly from: string
  readonly to: string
  readonly callId: string
  readonly cseq: number
  /** Further header fields in order. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body: Uint8Array
}

/** Writes a request with the six mandatory header fields first, `rport` asked for, and Content-Length last. Throws on CR or LF in a part. */
export function writeRequest(parts: RequestParts): Uint8Array {
  const lines = [
    `${parts.method} ${parts.requestUri} SIP/2.0`,
    `Via: SIP/2.0/${parts.transport} ${parts.sentBy};branch=z9hG4bK${parts.branch};rport`,
    'Max-Forwards: 70',
    `From: ${parts.from}`,
    `To: ${parts.to}`,
    `Call-ID: ${parts.callId}`,
    `CSeq: ${parts.cseq} ${parts.method}`,
    ...parts.fields.map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${parts.body.length}`,
  ]
  const broken = lines.find((line) => /[\r\n\0]/.test(line))
  if (broken !== undefined) throw new Error(`a header line cannot hold a line break: ${JSON.stringify(broken)}`)
  const head = encodeText(`${lines.join('\r\n')}\r\n\r\n`)
  const message = new Uint8Array(head.length + parts.body.length)
  message.set(head)
  message.set(parts.body, head.length)
  return message
}
