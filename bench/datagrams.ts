import { dlopen, getRawPointer } from 'node:ffi'

/** Slots for one `sendmmsg` or `recvmmsg`: the octets, an iovec and an mmsghdr each. */
export class Batch {
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

/** Sends the first slots of a batch. */
export function flush(socket: number, out: Batch, count: number): void {
  let sent = 0
  while (sent < count) {
    const now = libc.sendmmsg(socket, out.headersAt + BigInt(sent * MMSGHDR_BYTES), count - sent, 0)
    // A full socket buffer or a server that is gone: neither may spin for ever.
    if (now <= 0) return
    sent += now
  }
}

/** Fills a batch with what has come; how many, below 1 for none. */
export function receive(socket: number, into: Batch): number {
  return libc.recvmmsg(socket, into.headersAt, BATCH, MSG_DONTWAIT, 0n)
}

/** A UDP socket that talks to a port of this machine. */
export function openSocket(port: number): number {
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

/** Ten digits, in two halves that fit small integers. */
export function writeDigits(octets: Buffer, at: number, value: number): void {
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
export function template(text: string) {
  const marks = (mark: string) => [...text.matchAll(new RegExp(mark.repeat(DIGITS), 'g'))].map((match) => match.index)
  return { octets: Buffer.from(text, 'latin1'), length: text.length, serials: marks('#'), callers: marks('@') }
}

export const DIGITS = 10
const HALF = 100_000
/** Slots of a batch, and their size. */
export const BATCH = 64
export const SLOT_BYTES = 4096
const SOCKET_BUFFER_BYTES = 4 * 1_048_576

// The numbers of <sys/socket.h> and the sizes of its structures on 64-bit Linux.
const AF_INET = 2
const SOCK_DGRAM = 2
const SOL_SOCKET = 1
const SO_SNDBUF = 7
const SO_RCVBUF = 8
const MSG_DONTWAIT = 0x40
export const POLLIN = 1
export const POLLFD_BYTES = 8
const IOVEC_BYTES = 16
const MMSGHDR_BYTES = 64

/** What of the C library load needs. */
export const libc = dlopen('libc.so.6', {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  connect: { arguments: ['i32', 'buffer', 'u32'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'buffer', 'u32'], return: 'i32' },
  close: { arguments: ['i32'], return: 'i32' },
  poll: { arguments: ['buffer', 'u32', 'i32'], return: 'i32' },
  sendmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32'], return: 'i32' },
  recvmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32', 'pointer'], return: 'i32' },
}).functions
