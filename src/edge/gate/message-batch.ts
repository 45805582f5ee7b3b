import type { Source } from '#codec/sip/reply.ts'
import type { Libc } from './libc.ts'
import {
  type Family,
  type SocketAddress,
  SOCKADDR_BYTES,
  formatSocketAddress,
  parseSocketAddress,
  portOf,
  setPort,
} from './socket-address.ts'

/** Datagrams in one call of the system. */
export const BATCH = 64

/** Room for the datagrams that one `recvmmsg` takes, and a memory of whom they came from. */
export class ReceivedBatch {
  /** Where the array of `mmsghdr` stands. */
  readonly headersAt: bigint
  readonly #libc: Libc
  readonly #family: Family
  readonly #nameWords: number
  readonly #memory = new ArrayBuffer(OCTETS + BATCH * SLOT_BYTES)
  readonly #words = new Uint32Array(this.#memory, 0, OCTETS / 4)
  readonly #views = Array.from({ length: BATCH }, () => new Uint8Array(0))
  readonly #sources: (Source | undefined)[] = Array.from({ length: SOURCES_MAX }, () => undefined)
  readonly #sourceNames: Uint32Array

  constructor(libc: Libc, family: Family) {
    this.#libc = libc
    this.#family = family
    this.#nameWords = SOCKADDR_BYTES[family] / 4
    this.#sourceNames = new Uint32Array(SOURCES_MAX * this.#nameWords)
    this.headersAt = layOut(libc, this.#memory, this.#words, family)
    const octetsAt = Number(this.headersAt) + OCTETS
    for (let slot = 0; slot < BATCH; slot++) setVector(this.#words, slot, octetsAt + slot * SLOT_BYTES, SLOT_BYTES)
  }

  /** The datagram in a slot, until the next batch is taken. */
  bytes(slot: number): Uint8Array {
    const length = this.#words[slot * HEADER_WORDS + MESSAGE_LENGTH]!
    const view = this.#views[slot]!
    return view.length === length ? view : this.#view(slot, length)
  }

  /** Who sent the datagram in a slot: the same object until somebody else needs its place in the table. */
  source(slot: number): Source {
    const words = this.#words
    const count = this.#nameWords
    const at = NAMES + slot * NAME_WORDS
    let hash = 0
    for (let word = 0; word < count; word++) hash = Math.imul(hash ^ words[at + word]!, GOLDEN_RATIO)
    const place = (hash ^ (hash >>> 15)) & (SOURCES_MAX - 1)
    const known = this.#sources[place]
    if (known === undefined) return this.#remember(place, at)
    for (let word = 0; word < count; word++)
      if (this.#sourceNames[place * count + word] !== words[at + word]) return this.#remember(place, at)
    return known
  }

  #view(slot: number, length: number): Uint8Array {
    const view = new Uint8Array(this.#memory, OCTETS + slot * SLOT_BYTES, length)
    this.#views[slot] = view
    return view
  }

  #remember(place: number, at: number): Source {
    const words = this.#words
    const address = formatSocketAddress(this.#libc, words, at, this.#family)
    const source = { address, port: portOf(words, at) }
    this.#sources[place] = source
    this.#sourceNames.set(words.subarray(at, at + this.#nameWords), place * this.#nameWords)
    return source
  }
}

/**
 * Datagrams that leave by one `sendmmsg`. Answers to one peer that follow each other and are equally long, the last perhaps
 * shorter, share a message, which the system cuts apart again (`UDP_SEGMENT`): it finds the way once for all of them.
 */
export class SendBatch {
  /** Messages, of one datagram or several. */
  count = 0
  /** Whether the system takes several datagrams in one message. */
  groups: boolean
  readonly #libc: Libc
  readonly #family: Family
  readonly #memory = new ArrayBuffer(OCTETS + SEND_BYTES)
  readonly #words = new Uint32Array(this.#memory, 0, OCTETS / 4)
  readonly #octets = Buffer.from(this.#memory, OCTETS)
  readonly #headersAt: bigint
  readonly #octetsAt: number
  readonly #names = new Map<string, SocketAddress>()
  #used = 0
  #lastAddress = ''
  #lastName: SocketAddress = new Uint32Array(0)
  #lastPort = 0
  /** Of the last message: how long its first datagram is, and how many more it may have. */
  #segmentBytes = 0
  #segmentsLeft = 0

  constructor(libc: Libc, family: Family, groups: boolean) {
    this.#libc = libc
    this.#family = family
    this.groups = groups
    this.#headersAt = layOut(libc, this.#memory, this.#words, family)
    this.#octetsAt = Number(this.#headersAt) + OCTETS
    for (let slot = 0; slot < BATCH; slot++) setControl(this.#words, slot, Number(this.#headersAt))
  }

  /** Where the `mmsghdr` of a slot stands. */
  headersFrom(slot: number): bigint {
    return slot === 0 ? this.#headersAt : this.#headersAt + BigInt(slot * HEADER_WORDS * 4)
  }

  hasRoomFor(length: number): boolean {
    return this.count < BATCH && this.#used + length <= SEND_BYTES
  }

  /** Copies a datagram in; throws where the address is none that this socket can send to. */
  add(bytes: Uint8Array, length: number, address: string, port: number): void {
    if (this.#joins(length, address, port)) return this.#join(bytes, length)
    if (address !== this.#lastAddress) {
      this.#lastName = this.#names.get(address) ?? this.#parse(address)
      this.#lastAddress = address
    }
    const slot = this.count
    const words = this.#words
    const name = this.#lastName
    const at = NAMES + slot * NAME_WORDS
    for (let word = 1; word < name.length; word++) words[at + word] = name[word]!
    setPort(words, at, port, this.#family)
    copy.call(bytes, this.#octets, this.#used, 0, length)
    setVector(words, slot, this.#octetsAt + this.#used, length)
    words[slot * HEADER_WORDS + CONTROL_LENGTH] = 0
    this.#lastPort = port
    this.#segmentBytes = length
    this.#segmentsLeft = this.groups && length <= SEGMENT_BYTES_MAX ? SEGMENTS_MAX - 1 : 0
    this.#used += length
    this.count++
  }

  /** How many datagrams a message has. */
  datagrams(slot: number): number {
    if (this.#words[slot * HEADER_WORDS + CONTROL_LENGTH] === 0) return 1
    return Math.ceil(this.#words[lengthAt(slot)]! / this.#segmentOf(slot))
  }

  /** Makes of a message several, one datagram long each, and leaves it to `send` to send each of them. */
  apart(slot: number, send: () => void): void {
    const words = this.#words
    const count = this.datagrams(slot)
    const segment = this.#segmentOf(slot)
    const start = words[VECTORS + slot * VECTOR_WORDS]! + words[VECTORS + slot * VECTOR_WORDS + 1]! * 2 ** 32
    const total = words[lengthAt(slot)]!
    words[slot * HEADER_WORDS + CONTROL_LENGTH] = 0
    for (let index = 0; index < count; index++) {
      const from = index * segment
      setVector(words, slot, start + from, Math.min(segment, total - from))
      send()
    }
  }

  #joins(length: number, address: string, port: number): boolean {
    if (this.#segmentsLeft === 0 || this.count === 0 || length === 0 || length > this.#segmentBytes) return false
    return port === this.#lastPort && address === this.#lastAddress
  }

  #join(bytes: Uint8Array, length: number): void {
    const slot = this.count - 1
    const words = this.#words
    copy.call(bytes, this.#octets, this.#used, 0, length)
    words[lengthAt(slot)]! += length
    words[slot * HEADER_WORDS + CONTROL_LENGTH] = CONTROL_BYTES
    words[CONTROLS + slot * CONTROL_WORDS + CONTROL_DATA] = this.#segmentBytes
    this.#used += length
    // Only the last one may be shorter.
    this.#segmentsLeft = length < this.#segmentBytes ? 0 : this.#segmentsLeft - 1
  }

  #segmentOf(slot: number): number {
    return this.#words[CONTROLS + slot * CONTROL_WORDS + CONTROL_DATA]!
  }

  clear(): void {
    this.count = 0
    this.#used = 0
  }

  #parse(address: string): SocketAddress {
    const name = parseSocketAddress(this.#libc, address, 0, this.#family)
    if (this.#names.size >= SOURCES_MAX) this.#names.clear()
    this.#names.set(address, name)
    return name
  }
}

/** Lets each header point to its name and its vector, and clears nothing: the memory is new. */
function layOut(libc: Libc, memory: ArrayBuffer, words: Uint32Array, family: Family): bigint {
  const start = libc.addressOf(memory)
  const from = Number(start)
  for (let slot = 0; slot < BATCH; slot++) {
    const header = slot * HEADER_WORDS
    setPointer(words, header + NAME_POINTER, from + (NAMES + slot * NAME_WORDS) * 4)
    words[header + NAME_LENGTH] = SOCKADDR_BYTES[family]
    setPointer(words, header + VECTOR_POINTER, from + (VECTORS + slot * VECTOR_WORDS) * 4)
    words[header + VECTOR_COUNT] = 1
  }
  return start
}

/** Prepares the control message that says how long the datagrams of a slot are, for when there are several. */
function setControl(words: Uint32Array, slot: number, from: number): void {
  const control = CONTROLS + slot * CONTROL_WORDS
  setPointer(words, slot * HEADER_WORDS + CONTROL_POINTER, from + control * 4)
  // A `cmsghdr`: its own length with the two octets that follow, level and type.
  words[control] = 18
  words[control + 2] = SOL_UDP
  words[control + 3] = UDP_SEGMENT
}

function lengthAt(slot: number): number {
  return VECTORS + slot * VECTOR_WORDS + 2
}

/** Says where the octets of a slot stand, and how many there are or may be. */
function setVector(words: Uint32Array, slot: number, at: number, length: number): void {
  const vector = VECTORS + slot * VECTOR_WORDS
  setPointer(words, vector, at)
  words[vector + 2] = length
}

/** Addresses of Linux have 47 bits or fewer, so a number holds them, and a BigInt a datagram is saved. */
function setPointer(words: Uint32Array, word: number, address: number): void {
  words[word] = address
  words[word + 1] = address / 2 ** 32
}

const { copy } = Buffer.prototype
/** Addresses remembered, and sources; somebody new takes the place of somebody old. */
const SOURCES_MAX = 4096
const GOLDEN_RATIO = 0x9e3779b1
/** More than a datagram can have, and no power of two: else all slots would meet in the same few lines of the cache. */
const SLOT_BYTES = 65_536 + 1_088
/** Room for the answers to a batch; one of full size fits into it too. */
const SEND_BYTES = 262_144
/** Datagrams in one message: as many as any Linux that knows of it takes, and together less than 65,507 octets by their number. */
const SEGMENTS_MAX = 53
/** The system does not fragment what it cuts; so much passes every path of IPv6 whole, and hardly an answer is longer. */
const SEGMENT_BYTES_MAX = 1_232
/** See udp(7). */
export const SOL_UDP = 17
export const UDP_SEGMENT = 103

// The memory of a batch: the headers, the vectors, the names, then the octets; in words of 32 bits, as <sys/socket.h> has them.
const HEADER_WORDS = 16
const VECTOR_WORDS = 4
const NAME_WORDS = 8
const VECTORS = BATCH * HEADER_WORDS
const NAMES = VECTORS + BATCH * VECTOR_WORDS
const CONTROLS = NAMES + BATCH * NAME_WORDS
const CONTROL_BYTES = 24
const CONTROL_WORDS = CONTROL_BYTES / 4
const CONTROL_DATA = 4
/** In octets. */
const OCTETS = (CONTROLS + BATCH * CONTROL_WORDS) * 4
const NAME_POINTER = 0
const NAME_LENGTH = 2
const VECTOR_POINTER = 4
const VECTOR_COUNT = 6
const CONTROL_POINTER = 8
const CONTROL_LENGTH = 10
const MESSAGE_LENGTH = 14
