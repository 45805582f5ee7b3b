// Sends copies of calls (HEPv3 over UDP) at a rate, from a process of its own beside what is measured:
//
//     node bench/hep-load.ts PORT MESSAGES_PER_SECOND SECONDS
//
// Most calls are answered and ended, each twentieth is refused by a notice. It tells how many copies and calls were sent. Where
// other work keeps it from its core, what it owes is left out: made up for at once, it would be another rate.
import { HEP_TYPES, formatHep } from '#codec/hep/hep.ts'
import { BATCH, Batch, SLOT_BYTES, flush, openSocket, template, writeDigits } from './datagrams.ts'

const [port = 9060, perSecond = 50_000, seconds = 10] = process.argv.slice(2).map(Number)
const REFUSED_EVERY = 20
/** Calls between two stages of one call: so many are up at a time. */
const APART = 400
const LATE_MAX_MS = 20

type Stage = ReturnType<typeof template>

const SDP = ['v=0', 'o=- 1 1 IN IP4 192.0.2.10', 's=-', 'c=IN IP4 192.0.2.10', 't=0 0', 'm=audio 40000 RTP/AVP 0', '']
const common = (cseq: string, ...more: string[]): string[] => [
  'Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bK-##########',
  'From: "Clinic" <sip:+1@@@@@@@@@@@192.0.2.10;user=phone>;tag=##########',
  `To: <sip:+14155550100@198.51.100.20;user=phone>${cseq.startsWith('1 INVITE+') ? ';tag=b-##########' : ''}`,
  'Call-ID: ##########@192.0.2.10',
  `CSeq: ${cseq.replace('+', '')}`,
  ...more,
]
const REASON =
  'Reason: SIP;cause=603;text="v=analytics1;url=https://desk.northwire.example/r/AbCdEfGhIjKlMnOpQrStUv;id=AbCdEfGhIjKlMnOpQrStUv";location=TN'
const request = (method: string, cseq: string, to: 'there' | 'back', body = ''): Stage =>
  copyOf(
    [`${method} sip:+14155550100@198.51.100.20;user=phone SIP/2.0`, 'Max-Forwards: 69', ...common(cseq)],
    to,
    body,
    1_100,
  )
const answer = (status: string, cseq: string, more: string[] = [], body = ''): Stage =>
  copyOf([`SIP/2.0 ${status}`, ...common(cseq), ...more], 'back', body, 500)

const INVITE = request('INVITE', '1 INVITE', 'there', SDP.join('\r\n'))
const TRYING = answer('100 Trying', '1 INVITE')
const RINGING = answer('180 Ringing', '1 INVITE+')
const ANSWERED: readonly Stage[] = [
  INVITE,
  TRYING,
  RINGING,
  answer('200 OK', '1 INVITE+', [], SDP.join('\r\n')),
  request('ACK', '1 ACK', 'there'),
  request('BYE', '2 BYE', 'there'),
  answer('200 OK', '2 BYE'),
]
const REFUSED: readonly Stage[] = [
  INVITE,
  TRYING,
  answer('603 Network Blocked', '1 INVITE+', [REASON]),
  request('ACK', '1 ACK', 'there'),
]

const socket = openSocket(port)
const out = new Batch()
let held = 0
let sent = 0
let calls = 0
let refused = 0
let keptMs = 0
const startMs = performance.now()
const first = (Math.floor(Date.now() / 1000) % 90) * 100_000_000
while (performance.now() - startMs < seconds * 1000) {
  const due = ((performance.now() - startMs - keptMs) / 1000) * perSecond
  const late = ((due - sent - held) / perSecond) * 1000
  if (late > LATE_MAX_MS) keptMs += late
  if (late <= 0) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    continue
  }
  for (let stage = 0; stage < ANSWERED.length; stage++) {
    const call = calls - stage * APART
    if (call < 0) break
    const isRefused = call % REFUSED_EVERY === 0
    const message = (isRefused ? REFUSED : ANSWERED)[stage]
    if (message !== undefined) put(message, call)
    if (stage === 0 && isRefused) refused++
  }
  calls++
}
leave()
console.log(
  JSON.stringify({ sent, calls, refused, keptMs: Math.round(keptMs), seconds: (performance.now() - startMs) / 1000 }),
)

function put({ octets, length, serials, callers }: Stage, call: number): void {
  const at = held * SLOT_BYTES
  octets.copy(out.octets, at)
  for (const mark of serials) writeDigits(out.octets, at + mark, first + call)
  for (const mark of callers) writeDigits(out.octets, at + mark, 2_125_550_000 + (call % 2_000))
  out.setLength(held++, length)
  if (held === BATCH) leave()
}

function leave(): void {
  flush(socket, out, held)
  sent += held
  held = 0
}

/** The copy of a message of about so many octets, with its marks. */
function copyOf(head: string[], to: 'there' | 'back', body: string, octets: number): Stage {
  const lines = [...head, 'User-Agent: ', ...(body === '' ? [] : ['Content-Type: application/sdp'])]
  const text = [...lines, `Content-Length: ${body.length}`, '', body].join('\r\n')
  const payload = text.replace('User-Agent: ', `User-Agent: ${'x'.repeat(Math.max(1, octets - text.length))}`)
  const ends = to === 'there' ? ['192.0.2.10', '198.51.100.20'] : ['198.51.100.20', '192.0.2.10']
  const packet = formatHep({
    source: ends[0]!,
    destination: ends[1]!,
    sourcePort: 5060,
    destinationPort: 5060,
    protocol: 17,
    atMs: 0,
    type: HEP_TYPES.sip,
    captureId: 7,
    password: undefined,
    node: undefined,
    correlationId: undefined,
    payload: Buffer.from(payload, 'latin1'),
  })
  return template(Buffer.from(packet).toString('latin1'))
}
