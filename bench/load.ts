import { dlopen, getRawPointer } from 'node:ffi'

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
        flush(socket, room)
        placed += room
        open[index]! += room
      }
      const received = libc.recvmmsg(socket, IN.headersAt, BATCH, MSG_DONTWAIT, 0n)
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
      if (acknowledgements > 0) flush(socket, acknowledgements)
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

/** Slots for one `sendmmsg` or `recvmmsg`: the octets, an iovec and an mmsghdr each. */
class Batch {
  readonly headersAt: bigint
  readonly #octets: Buffer
  readonly #vectors: DataView
  readonly #headers: DataView
  readonly #keep: readonly Buffer[]

  constructor() {
    this.#octets = Buffer.alloc(BATCH * SLOT_BYTES)
    const vectors = Buffer.alloc(BATCH * IOVEC_BYTES)
    const headers = Buffer.alloc(BATCH * MMSGHDR_BYTES)
    this.#keep = [this.#octets, vectors, headers]
    this.#vectors = new DataView(vectors.buffer, vectors.byteOffset, vectors.length)
    this.#headers = new DataView(headers.buffer, headers.byteOffset, headers.length)
    this.headersAt = getRawPointer(headers)
    const octetsAt = getRawPointer(this.#octets)
    const vectorsAt = getRawPointer(vectors)
    for (let slot = 0; slot < BATCH; slot++) {
      this.#vectors.setBigUint64(slot * IOVEC_BYTES, octetsAt + BigInt(slot * SLOT_BYTES), true)
      this.setLength(slot, SLOT_BYTES)
      this.#headers.setBigUint64(slot * MMSGHDR_BYTES + 16, vectorsAt + BigInt(slot * IOVEC_BYTES), true)
      this.#headers.setBigUint64(slot * MMSGHDR_BYTES + 24, 1n, true)
    }
  }

  slot(slot: number): Buffer {
    return this.#octets.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES)
  }

  get octets(): Buffer {
    return this.#keep[0]!
  }

  setLength(slot: number, length: number): void {
    this.#vectors.setUint32(slot * IOVEC_BYTES + 8, length, true)
  }

  received(slot: number): number {
    return this.#headers.getUint32(slot * MMSGHDR_BYTES + 56, true)
  }
}

function flush(socket: number, count: number): void {
  let sent = 0
  while (sent < count) {
    const now = libc.sendmmsg(socket, OUT.headersAt + BigInt(sent * MMSGHDR_BYTES), count - sent, 0)
    // A full socket buffer or a server that is gone: neither may spin for ever.
    if (now <= 0) return
    sent += now
  }
}

function openSocket(port: number): number {
  const socket = libc.socket(AF_INET, SOCK_DGRAM, 0)
  const size = Buffer.alloc(4)
  size.writeInt32LE(SOCKET_BUFFER_BYTES)
  libc.setsockopt(socket, SOL_SOCKET, SO_RCVBUF, size, 4)
  libc.setsockopt(socket, SOL_SOCKET, SO_SNDBUF, size, 4)
  if (libc.connect(socket, loopback(port), 16) !== 0) throw new Error(`cannot connect to port ${port}`)
  return socket
}

/** A sockaddr_in of 127.0.0.1. */
function loopback(port: number): Buffer {
  const address = Buffer.alloc(16)
  address.writeUInt16LE(AF_INET, 0)
  address.writeUInt16BE(port, 2)
  address.set([127, 0, 0, 1], 4)
  return address
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

/** Ten digits, in two halves that fit small integers. */
function writeDigits(octets: Buffer, at: number, value: number): void {
  const high = Math.floor(value / HALF)
  writeHalf(octets, at, high)
  writeHalf(octets, at + DIGITS / 2, value - high * HALF)
}

function writeHalf(octets: Buffer, at: number, value: number): void {
  let rest = value | 0
  for (let digit = DIGITS / 2 - 1; digit >= 0; digit--) {
    const tenth = (rest / 10) | 0
    octets[at + digit] = 48 + rest - tenth * 10
    rest = tenth
  }
}

/** A message with marks: ten digits of a serial where `##########` stands, ten of the caller where `@@@@@@@@@@` stands. */
function template(text: string) {
  const marks = (mark: string) => [...text.matchAll(new RegExp(mark.repeat(DIGITS), 'g'))].map((match) => match.index)
  return { octets: Buffer.from(text, 'latin1'), length: text.length, serials: marks('#'), callers: marks('@') }
}

const DIGITS = 10
const HALF = 100_000
const SOCKETS = 8
/** Calls open on one socket; 128 on all. */
const WINDOW = 16
const BATCH = 64
const SLOT_BYTES = 4096
const LOST_AFTER_MS = 1_000
const POLL_MS = 20
const REST_EVERY_MS = 50
const REST_MS = 3
const SOCKET_BUFFER_BYTES = 4 * 1_048_576
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

// The numbers of <sys/socket.h> and the sizes of its structures on 64-bit Linux.
const AF_INET = 2
const SOCK_DGRAM = 2
const SOL_SOCKET = 1
const SO_SNDBUF = 7
const SO_RCVBUF = 8
const MSG_DONTWAIT = 0x40
const POLLIN = 1
const POLLFD_BYTES = 8
const IOVEC_BYTES = 16
const MMSGHDR_BYTES = 64

const libc = dlopen('libc.so.6', {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  connect: { arguments: ['i32', 'buffer', 'u32'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'buffer', 'u32'], return: 'i32' },
  close: { arguments: ['i32'], return: 'i32' },
  poll: { arguments: ['buffer', 'u32', 'i32'], return: 'i32' },
  sendmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32'], return: 'i32' },
  recvmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32', 'pointer'], return: 'i32' },
}).functions

/** When each of the last calls was placed. */
const PLACED_MS = new Float64Array(2 ** 22)
const PLACED_MASK = PLACED_MS.length - 1
const OUT = new Batch()
const IN = new Batch()
