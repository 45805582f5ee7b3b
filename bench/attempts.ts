// What following calls by copies of their messages costs: `node bench/attempts.ts [calls]`. One core, no input or output.
// Of ten calls six are answered (7 messages each with a body where there is one), two refused by 603+, one by 486, one cancelled;
// with each come two messages that are of no interest. Every message has octets of its own and is read in full.
import { Message } from '#codec/sip/message.ts'
import { encodeText } from '#codec/sip/text.ts'
import { AttemptTracker } from '#core/observe/attempt-tracker.ts'

const calls = Number(process.argv[2] ?? 20_000)
const ROUNDS = 6
/** Calls under way at once, so that lookups go through a table of a real size. */
const APART = 2_000

const BODY = `v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 8 101\r\n${'a=rtpmap:0 PCMU/8000\r\n'.repeat(8)}`
const IDENTITY = `Identity: ${'eyJhbGciOiJFUzI1NiIs'.repeat(22)};info=<https://certs.example.com/c.pem>\r\n`
const NOTICE =
  'Reason: SIP;cause=603;text="v=analytics1;url=https://redress.northwire.example/c;tel=+18005550142";location=RLN\r\n'

type Step = readonly [phase: number, bytes: Uint8Array]

const steps: Step[][] = []
for (let call = 0; call < calls; call++)
  for (const [phase, bytes] of write(call)) (steps[call + phase * APART] ??= []).push([phase, bytes])
const messages = steps.flat().map(([, bytes]) => bytes)
const octets = messages.reduce((sum, bytes) => sum + bytes.length, 0)

let told = 0
let kept = 0
const view = new Message()
const read = best(() => {
  for (const bytes of messages) {
    view.read(bytes)
    kept += view.fieldCount
  }
})
const both = best(() => {
  const tracker = new AttemptTracker(100_000, () => told++)
  let atMs = 1_793_016_000_000
  const sighting = { atMs, nowMs: atMs, tap: 'capture trunk.pcap', sender: '192.0.2.1', receiver: '192.0.2.9' }
  for (const bytes of messages) {
    sighting.atMs = sighting.nowMs = atMs += 0.2
    view.read(bytes)
    tracker.see(view, sighting)
  }
  tracker.finish()
})
const idle = messages.filter((bytes) => bytes[0] === 0x4f)
const uninteresting = best(() => {
  const tracker = new AttemptTracker(100_000, () => told++)
  const sighting = { atMs: 0, nowMs: 0, tap: 't', sender: '192.0.2.1', receiver: '192.0.2.9' }
  for (const bytes of idle) {
    view.read(bytes)
    tracker.see(view, sighting)
  }
}, idle.length)
if (told === 0 || kept === 0) throw new Error('nothing was done')
console.log(`${messages.length} messages of ${Math.round(octets / messages.length)} octets on average, ${calls} calls`)
console.table({
  'read the message': figures(read),
  'read it and follow the call': figures(both),
  'of that, following': figures(both - read),
  'a message of no interest, read and passed over': figures(uninteresting),
})

function figures(us: number) {
  return { 'µs a message': Number(us.toFixed(3)), 'messages/s': Math.round(1e6 / us) }
}

/** The least processor time of several rounds, in µs a message. */
function best(run: () => void, count = messages.length): number {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.threadCpuUsage().user
    run()
    least = Math.min(least, (process.threadCpuUsage().user - before) / count)
  }
  return least
}

function* write(call: number): Generator<Step> {
  const fields = (cseq: string, tag: string, more = '', body = '') =>
    `Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-${call}-7d1;rport\r\nFrom: "Acme Clinic" <sip:+1212555${String(call).padStart(4, '0')}@origin.example>;tag=f${call}\r\n` +
    `To: <sip:+14155550163@term.example>${tag}\r\nCall-ID: ${call}-7f3a9b1c@sbc1.origin.example\r\nCSeq: ${cseq}\r\nContact: <sip:192.0.2.1:5060>\r\nMax-Forwards: 69\r\n` +
    `Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE\r\nUser-Agent: bench\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`
  const request = (method: string, cseq: string, tag = '', more = '', body = '') =>
    encodeText(`${method} sip:+14155550163@term.example SIP/2.0\r\n${fields(cseq, tag, more, body)}`)
  const answer = (start: string, cseq: string, more = '', body = '') =>
    encodeText(`SIP/2.0 ${start}\r\n${fields(cseq, ';tag=t', more, body)}`)
  yield [0, request('INVITE', '1 INVITE', '', IDENTITY, BODY)]
  yield [0, answer('100 Trying', '1 INVITE')]
  yield [0, request('OPTIONS', '7 OPTIONS')]
  yield [0, request('OPTIONS', '8 OPTIONS')]
  const kind = call % 10
  if (kind < 6) {
    yield [1, answer('180 Ringing', '1 INVITE')]
    yield [2, answer('200 OK', '1 INVITE', '', BODY)]
    yield [2, request('ACK', '1 ACK', ';tag=t')]
    yield [4, request('BYE', '2 BYE', ';tag=t')]
    yield [4, answer('200 OK', '2 BYE')]
    return
  }
  if (kind === 9) {
    yield [1, answer('180 Ringing', '1 INVITE')]
    yield [2, request('CANCEL', '1 CANCEL')]
    yield [2, answer('487 Request Terminated', '1 INVITE')]
    return
  }
  yield [1, kind === 8 ? answer('486 Busy Here', '1 INVITE') : answer('603 Network Blocked', '1 INVITE', NOTICE)]
  yield [1, request('ACK', '1 ACK', ';tag=t')]
}
