import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ipv4, link, pcapFile, udp } from '#codec/capture/build-capture.ts'
import { recourse } from './recourse.ts'

/** One call of ours as a tap sees it between us and a carrier. */
export type ObservedCall = {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly from: string
  readonly to: string
  /** The carrier's address, which is its name too where the configuration has none: 198.51.100.20 if not said. */
  readonly through?: string
  /** How it is answered, `486 Busy Here`; answered and hung up after half a minute if not said. */
  readonly answer?: string
  /** Further lines of the answer, `Reason: …`. */
  readonly fields?: readonly string[]
  /** Between the quotes of From. */
  readonly name?: string
  readonly callId?: string
}

/** Has `recourse monitor` read these calls from a capture into the store of a Recourse that runs in this directory. */
export function observe(directory: string, calls: readonly ObservedCall[], name = 'trunk.pcap'): void {
  writeFileSync(join(directory, name), captureOf(calls))
  recourse(['monitor', '--quiet', '--store', 'sqlite:./recourse.db', name], directory)
}

/** A capture of these calls, INVITE to BYE, in the order of time. */
function captureOf(calls: readonly ObservedCall[]): Uint8Array {
  const times = calls.map(({ at }) => at)
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const pings = Array.from({ length: Math.ceil((last - first) / PING_MS) }, (_, index) =>
    pingAt(first + index * PING_MS),
  )
  const packets = [...calls.flatMap((call, index) => packetsOf(call, index)), ...pings].toSorted(
    (one, other) => one.at - other.at,
  )
  return pcapFile(
    packets.map(({ at, bytes }) => ({ bytes, seconds: Math.floor(at / 1000), nanoseconds: (at % 1000) * 1_000_000 })),
  )
}

function packetsOf(call: ObservedCall, index: number): { readonly at: number; readonly bytes: Uint8Array }[] {
  const { at, from, to, through = '198.51.100.20', answer, fields = [], name = '' } = call
  const callId = call.callId ?? `call-${index}-${at}@clinic.example`
  const carrier = through.split('.').map(Number)
  const ours = (method: string, later: number, tag = '') => ({
    at: at + later,
    bytes: link(
      1,
      ipv4(
        17,
        HERE,
        carrier,
        udp(5060, 5060, Buffer.from(`${method} sip:${to}@${through} SIP/2.0\r\n${fieldsOf(method, tag)}`)),
      ),
    ),
  })
  const theirs = (status: string, method: string, later: number, more: readonly string[] = []) => ({
    at: at + later,
    bytes: link(
      1,
      ipv4(
        17,
        carrier,
        HERE,
        udp(5060, 5060, Buffer.from(`SIP/2.0 ${status}\r\n${fieldsOf(method, ';tag=far', more)}`)),
      ),
    ),
  })
  const fieldsOf = (method: string, tag: string, more: readonly string[] = []): string =>
    [
      `Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK${index}x${method === 'BYE' ? 'bye' : 'call'}`,
      `From: "${name}" <sip:${from}@clinic.example>;tag=ours${index}`,
      `To: <sip:${to}@${through}>${tag}`,
      `Call-ID: ${callId}`,
      `CSeq: ${method === 'BYE' ? 2 : 1} ${method}`,
      ...more,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n')
  const asked = ours('INVITE', 0)
  if (answer !== undefined) return [asked, theirs(answer, 'INVITE', 800, fields), ours('ACK', 820, ';tag=far')]
  return [
    asked,
    theirs('200 OK', 'INVITE', 4_000),
    ours('ACK', 4_020, ';tag=far'),
    ours('BYE', 34_000, ';tag=far'),
    theirs('200 OK', 'BYE', 34_020),
  ]
}

/** A trunk is never still: each end asks the other whether it is there. */
function pingAt(at: number): { readonly at: number; readonly bytes: Uint8Array } {
  const text = `OPTIONS sip:198.51.100.20 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKping${at}\r\nFrom: <sip:clinic.example>;tag=p\r\nTo: <sip:198.51.100.20>\r\nCall-ID: ping-${at}@clinic.example\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`
  return { at, bytes: link(1, ipv4(17, HERE, [198, 51, 100, 20], udp(5060, 5060, Buffer.from(text)))) }
}

const PING_MS = 1_800_000
const HERE = [192, 0, 2, 10]
