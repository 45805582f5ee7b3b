import {
  BATCH,
  Batch,
  DIGITS,
  POLLFD_BYTES,
  POLLIN,
  SLOT_BYTES,
  flush,
  libc,
  openSocket,
  receive,
  template,
  writeDigits,
} from './datagrams.ts'

/** What a load run asks: so many calls, each with its own Call-ID, branch and caller. */
export type LoadPlan = {
  port: number
  calls: number
  /** The lowest calling number, ten digits behind `+1`, and how many there are; calls take them in turn. */
  firstCaller: number
  callers: number
  /** How many calls earlier runs have placed: the run goes on with the next caller. */
  skip: number
  /** Every refused call is acknowledged, as RFC 3261 §17.1.1.3 has it. */
  acknowledge: boolean
  /** Calls are placed at this rate, answered or not; without it as fast as they are answered. */
  perSecond?: number
}

export type LoadResult = {
  /** Answers by status. */
  statuses: Map<number, number>
  lost: number
  seconds: number
  /** How long the answers took, where calls were placed at a rate. */
  delays: Delays
}

/** Delays in steps of 50 us, up to two seconds. */
export class Delays {
  count = 0
  readonly #steps = new Uint32Array(40_001)

  add(ms: number): void {
    this.count++
    this.#steps[Math.max(0, Math.min(this.#steps.length - 1, Math.ceil(ms * 20)))]!++
  }

  /** Milliseconds that this share of the answers took at most. */
  percentile(share: number): number {
    let seen = 0
    const step = this.#steps.findIndex((count) => (seen += count) >= this.count * share)
    return this.count === 0 ? Number.NaN : step / 20
  }
}

/**
 * Places calls as fast as they are answered: eight sockets, a window of 128 calls, `sendmmsg` and `recvmmsg` through
 * `node:ffi`, so that the generator is not what is measured. Now and then it lets the server finish and rest for a moment:
 * a gate that never has a pause takes it for overload. It blocks its thread until the last call is answered or lost.
 */
export function load(plan: LoadPlan): LoadResult {
  const sockets = Array.from({ length: SOCKETS }, () => openSocket(plan.port))
  const polled = Buffer.alloc(SOCKETS * POLLFD_BYTES)
  for (const [index, socket] of sockets.entries()) {
    polled.writeInt32LE(socket, index * POLLFD_BYTES)
    polled.writeInt16LE(POLLIN, index * POLLFD_BYTES + 4)
  }
  const statuses = new Map<number, number>()
  const delays = new Delays()
  const { perSecond } = plan
  const open = new Int32Array(SOCKETS)
  let placed = 0
  let answered = 0
  let lost = 0
  let quietSince = performance.now()
  let restedMs = quietSince
  const startMs = performance.now()
  while (answered + lost < plan.calls) {
    let moved = false
    const rests = perSecond === undefined && performance.now() - restedMs > REST_EVERY_MS
    if (rests && placed === answered + lost) {
      libc.poll(polled, SOCKETS, REST_MS)
      restedMs = performance.now()
    }
    for (let index = 0; index < SOCKETS; index++) {
      const socket = sockets[index]!
      const nowMs = performance.now()
      const due = rests
        ? 0
        : perSecond === undefined
          ? Infinity
          : Math.ceil(((nowMs - startMs) * perSecond) / 1000) - placed
      const window = perSecond === undefined ? WINDOW - open[index]! : BATCH
      const room = Math.min(window, due, plan.calls - placed)
      if (room > 0) {
        for (let slot = 0; slot < room; slot++) {
          writeInvite(OUT, slot, plan, placed + slot)
          PLACED_MS[(placed + slot) & PLACED_MASK] = nowMs
        }
        if (perSecond !== undefined) moved = true
        flush(socket, OUT, room)
        placed += room
        open[index]! += room
      }
      const received = receive(socket, IN)
      if (received <= 0) continue
      moved = true
      let acknowledgements = 0
      for (let slot = 0; slot < received; slot++) {
        const status = statusAt(slot)
        if (status < 200) continue
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        answered++
        open[index]!--
        if (perSecond !== undefined) delays.add(performance.now() - PLACED_MS[callOf(slot) & PLACED_MASK]!)
        if (plan.acknowledge) writeAck(OUT, acknowledgements++, slot)
      }
      if (acknowledgements > 0) flush(socket, OUT, acknowledgements)
    }
    if (moved) quietSince = performance.now()
    else libc.poll(polled, SOCKETS, perSecond === undefined || placed === plan.calls ? POLL_MS : 0)
    if (performance.now() - quietSince > LOST_AFTER_MS) {
      lost += placed - answered - lost
      open.fill(0)
      quietSince = performance.now()
    }
  }
  const seconds = (performance.now() - startMs) / 1000
  for (const socket of sockets) libc.close(socket)
  firstSerial += plan.calls
  return { statuses, lost, seconds, delays }
}

/** The INVITE of one call, for looking at: what `load` sends, with the numbers filled in. */
export function sampleInvite(): Buffer {
  writeInvite(OUT, 0, { port: 0, calls: 1, firstCaller: 2_120_000_000, callers: 1, skip: 0, acknowledge: false }, 0)
  return Buffer.from(OUT.slot(0).subarray(0, INVITE.length))
}

function writeInvite(out: Batch, slot: number, plan: LoadPlan, call: number): void {
  const at = slot * SLOT_BYTES
  const { octets } = out
  INVITE.octets.copy(octets, at)
  const serial = firstSerial + call
  for (const mark of INVITE.serials) writeDigits(octets, at + mark, serial)
  const caller = plan.firstCaller + ((plan.skip + call) % plan.callers)
  for (const mark of INVITE.callers) writeDigits(octets, at + mark, caller)
  out.setLength(slot, INVITE.length)
}

/** Writes the ACK to the answer in a slot: the same serial, the answer's own To. */
function writeAck(out: Batch, slot: number, answerSlot: number): void {
  const answer = IN.octets.subarray(answerSlot * SLOT_BYTES, answerSlot * SLOT_BYTES + IN.received(answerSlot))
  const serialAt = answer.indexOf('z9hG4bK-') + 8
  const toAt = answer.indexOf('\r\nTo: ') + 2
  const toEnd = answer.indexOf('\r\n', toAt) + 2
  const fromAt = answer.indexOf('\r\nFrom: ') + 2
  const fromEnd = answer.indexOf('\r\n', fromAt) + 2
  const start = slot * SLOT_BYTES
  const { octets } = out
  let at = start + ACK.octets.copy(octets, start)
  for (const mark of ACK.serials) answer.copy(octets, start + mark, serialAt, serialAt + DIGITS)
  at += answer.copy(octets, at, fromAt, fromEnd)
  at += answer.copy(octets, at, toAt, toEnd)
  at += octets.write('\r\n', at, 'latin1')
  out.setLength(slot, at - start)
}

function statusAt(slot: number): number {
  const at = slot * SLOT_BYTES + 8
  const { octets } = IN
  return (octets[at]! - 48) * 100 + (octets[at + 1]! - 48) * 10 + octets[at + 2]! - 48
}

/** Which call of this run an answer is for, by its serial. */
function callOf(slot: number): number {
  const { octets } = IN
  const start = slot * SLOT_BYTES
  const at = octets.indexOf('z9hG4bK-', start) + 8
  let serial = 0
  for (let digit = 0; digit < DIGITS; digit++) serial = serial * 10 + octets[at + digit]! - 48
  return serial - firstSerial
}

const SOCKETS = 8
/** Calls open on one socket; 128 on all. */
const WINDOW = 16
const LOST_AFTER_MS = 1_000
const POLL_MS = 20
const REST_EVERY_MS = 50
const REST_MS = 3
const CALLS_MAX = 100_000_000
/** Grows from run to run, and starts elsewhere in each process, so that no call is ever taken for an earlier one. */
let firstSerial = (Math.floor(Date.now() / 1000) % 90) * CALLS_MAX

const SDP = [
  'v=0',
  'o=- 1792281600 1792281600 IN IP4 192.0.2.10',
  's=-',
  'c=IN IP4 192.0.2.10',
  't=0 0',
  'm=audio 40000 RTP/AVP 0 8 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
  'a=sendrecv',
  '',
].join('\r\n')
const INVITE_BYTES = 1432
const HEADER = [
  'INVITE sip:+14155550100@127.0.0.1;user=phone SIP/2.0',
  'Via: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK-##########',
  'Max-Forwards: 69',
  'From: "Calls Northwire" <sip:+1@@@@@@@@@@@127.0.0.1;user=phone>;tag=##########',
  'To: <sip:+14155550100@127.0.0.1;user=phone>',
  'Call-ID: ##########@198.51.100.20',
  'CSeq: 1 INVITE',
  'Contact: <sip:+1@@@@@@@@@@@198.51.100.20:5060;transport=udp>',
  'P-Asserted-Identity: <sip:+1@@@@@@@@@@@198.51.100.20;user=phone>',
  'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE',
  'Supported: timer, 100rel, path',
  'User-Agent: load',
  'Date: Sun, 22 Nov 2026 12:00:00 GMT',
  'Identity: IDENTITY;info=<https://cert.example/shaken.pem>;alg=ES256;ppt=shaken',
  'Content-Type: application/sdp',
  `Content-Length: ${SDP.length}`,
  '',
  '',
].join('\r\n')
const INVITE = template(
  HEADER.replace('IDENTITY', 'eyJhbGciOiJFUzI1NiJ9.'.padEnd(INVITE_BYTES - HEADER.length - SDP.length + 8, 'x')) + SDP,
)
const ACK = template(
  [
    'ACK sip:+14155550100@127.0.0.1;user=phone SIP/2.0',
    'Via: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK-##########',
    'Max-Forwards: 69',
    'Call-ID: ##########@198.51.100.20',
    'CSeq: 1 ACK',
    'Content-Length: 0',
    '',
  ].join('\r\n'),
)

/** When each of the last calls was placed. */
const PLACED_MS = new Float64Array(2 ** 22)
const PLACED_MASK = PLACED_MS.length - 1
const OUT = new Batch()
const IN = new Batch()
