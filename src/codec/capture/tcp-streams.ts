// One thing: a TCP stream as a listener sees it, from its segments to the messages in it. The order of segments, the
// framing and the limits act on the same few fields, so they stand together.
import type { Frame, Framed } from './frame.ts'
import type { Flow, Mark } from './origin.ts'
import type { Problems } from './problems.ts'

import { matchStart } from './start-line.ts'

/** Where a stream's messages go: `mark` is the record that completed the message. */
export type StreamSink = {
  message(bytes: Uint8Array, start: number, end: number, stream: TcpStream, mark: Mark): void
  mark(): Mark
}

/** One direction of a TCP connection. */
export type TcpStream = Flow & {
  readonly sourcePort: number
  readonly destinationPort: number
}

/**
 * Turns TCP segments into the SIP messages of each stream, on any port (RFC 9293 3.4, RFC 3261 18.3).
 *
 * Segments may come out of order, twice or overlapping (what arrived first wins). A hole that does not fill is given up
 * after `MAX_SEGMENTS_HELD` later segments, or at the end of the file, and reading goes on at the next start line. A
 * stream that shows no SIP in its first `PROBE_SEGMENTS` segments is only looked at where a segment begins.
 */
export class TcpStreams {
  readonly #frame: Frame
  readonly #sink: StreamSink
  readonly #problems: Problems
  readonly #table = new Map<number, Stream>()
  #oldest: Stream | undefined
  #newest: Stream | undefined
  #streams = 0
  #heldBytes = 0

  constructor(frame: Frame, sink: StreamSink, problems: Problems) {
    this.#frame = frame
    this.#sink = sink
    this.#problems = problems
  }

  /**
   * Takes the segment `bytes[at, end)`, which begins with its TCP header; the addresses stand in `ipBytes`.
   * Returns whether anything in it was of use: false for a stream that is not SIP.
   */
  segment(
    bytes: Uint8Array,
    at: number,
    end: number,
    ipBytes: Uint8Array,
    sourceAt: number,
    destinationAt: number,
    family: 4 | 6,
  ): boolean {
    const payload = at + (bytes[at + 12]! >> 4) * 4
    const flags = bytes[at + 13]!
    if (payload < at + TCP_HEADER_BYTES || payload > end) return false
    if (payload === end && (flags & (SYN | RST)) === 0) return false

    const stream = this.#stream(ipBytes, sourceAt, destinationAt, family, bytes, at)
    const sequence = uint32(bytes, at + 4) | 0
    if ((flags & RST) !== 0) {
      this.#giveUpHoles(stream)
      this.#reset(stream)
      return false
    }
    if ((flags & SYN) !== 0) {
      this.#giveUpHoles(stream)
      this.#reset(stream)
      stream.synchronised = true
      stream.next = (sequence + 1) | 0
    }
    if (payload === end) return false
    const first = (flags & SYN) === 0 ? sequence : (sequence + 1) | 0
    if (stream.state === 'other') return this.#lookAgain(stream, first, bytes, payload, end)

    this.#place(stream, first, bytes, payload, end)
    this.#makeRoom()
    return stream.state === 'sip'
  }

  /** Gives up all holes, so that what stands behind them is read. */
  finish(): void {
    for (let stream = this.#oldest; stream !== undefined; stream = stream.newer) this.#giveUpHoles(stream)
  }

  /** Streams and bytes held, for the memory bound to be seen. */
  get held(): { streams: number; bytes: number } {
    return { streams: this.#streams, bytes: this.#heldBytes }
  }

  #lookAgain(stream: Stream, sequence: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (matchStart(bytes, start, end) !== 'yes') return false
    stream.state = 'probing'
    stream.probes = 0
    stream.next = sequence
    stream.synchronised = true
    this.#place(stream, sequence, bytes, start, end)
    return true
  }

  #place(stream: Stream, sequence: number, bytes: Uint8Array, start: number, end: number): void {
    if (!stream.synchronised) {
      stream.synchronised = true
      stream.next = sequence
    }
    const ahead = (sequence - stream.next) | 0
    if (ahead > MAX_WINDOW_BYTES || ahead < -MAX_WINDOW_BYTES) {
      // Not a segment of this connection as we know it: the ports were used again and the SYN was not captured.
      this.#giveUpHoles(stream)
      this.#reset(stream)
      stream.synchronised = true
      stream.next = sequence
      this.#take(stream, bytes, start, end)
      return
    }
    if (ahead > 0) {
      this.#hold(stream, sequence, bytes, start, end)
      return
    }
    if (end - start + ahead <= 0) return
    this.#take(stream, bytes, start - ahead, end)
    if (stream.held.length > 0) this.#takeHeld(stream)
  }

  #hold(stream: Stream, sequence: number, bytes: Uint8Array, start: number, end: number): void {
    const { held } = stream
    let index = held.length
    while (index > 0 && ((held[index - 1]!.sequence - sequence) | 0) > 0) index -= 1
    const before = held[index - 1]
    if (before?.sequence === sequence && before.data.length >= end - start) return
    held.splice(index, 0, { sequence, data: new Uint8Array(bytes.subarray(start, end)), mark: this.#sink.mark() })
    stream.heldBytes += end - start
    this.#heldBytes += end - start
    if (held.length > MAX_SEGMENTS_HELD || stream.heldBytes > MAX_STREAM_BYTES) this.#jump(stream)
  }

  #takeHeld(stream: Stream, ownMark = false): void {
    const { held } = stream
    while (held.length > 0) {
      const { sequence, data, mark } = held[0]!
      const ahead = (sequence - stream.next) | 0
      if (ahead > 0) return
      held.shift()
      stream.heldBytes -= data.length
      this.#heldBytes -= data.length
      if (data.length + ahead > 0) this.#take(stream, data, -ahead, data.length, ownMark ? mark : undefined)
    }
  }

  #giveUpHoles(stream: Stream): void {
    while (stream.held.length > 0) this.#jump(stream)
  }

  /** Goes on behind a hole: the message it tore is lost. */
  #jump(stream: Stream): void {
    const first = stream.held[0]!
    this.#problems.add('tcp-gap', first.mark.offset)
    this.#clearPending(stream)
    stream.next = first.sequence
    this.#takeHeld(stream, true)
  }

  /** Reads the bytes that come next in the stream. */
  #take(stream: Stream, bytes: Uint8Array, start: number, end: number, mark?: Mark): void {
    stream.next = (stream.next + (end - start)) | 0
    if (stream.state === 'other') return
    if (stream.pendingBytes === 0) {
      this.#keep(stream, bytes, this.#read(stream, bytes, start, end, mark), end)
    } else {
      this.#keep(stream, bytes, start, end)
      if (!isWorthFraming(stream)) return
      const { pending, pendingBytes } = stream
      const stopped = this.#read(stream, pending, 0, pendingBytes, mark)
      if (stopped > 0) {
        pending.copyWithin(0, stopped, pendingBytes)
        stream.pendingBytes -= stopped
        stream.searchedBytes = 0
      }
    }
    // What could still become a start line is given the time to do so.
    if (stream.state === 'probing' && stream.pendingBytes === 0) this.#probe(stream)
    if (stream.pendingBytes > MAX_STREAM_BYTES) {
      this.#problems.add('message-too-long', (mark ?? this.#sink.mark()).offset)
      this.#clearPending(stream)
    }
  }

  /** Delivers each whole message of `bytes[start, end)` and returns where the first incomplete one begins. */
  #read(stream: Stream, bytes: Uint8Array, start: number, end: number, mark: Mark | undefined): number {
    let at = start
    stream.wanted = undefined
    while (at < end) {
      const framed = this.#frame(bytes, at, end)
      if (framed.kind === 'need-more') {
        stream.wanted = framed
        if (framed.atLeast !== undefined || framed.blankLine === true) stream.state = 'sip'
        return at
      }
      if (framed.kind === 'message') {
        stream.state = 'sip'
        this.#sink.message(bytes, at, framed.end, stream, mark ?? this.#sink.mark())
        at = Math.max(framed.end, at + 1)
      } else {
        at = Math.max(framed.skipTo, at + 1)
      }
    }
    return end
  }

  #keep(stream: Stream, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (length <= 0) return
    const needed = stream.pendingBytes + length
    if (needed > stream.pending.length) {
      const grown = new Uint8Array(Math.max(needed, Math.min(stream.pending.length * 2, MAX_STREAM_BYTES), 2_048))
      grown.set(stream.pending.subarray(0, stream.pendingBytes))
      this.#heldBytes += grown.length - stream.pending.length
      stream.pending = grown
    }
    stream.pending.set(bytes.subarray(start, end), stream.pendingBytes)
    stream.pendingBytes = needed
  }

  #probe(stream: Stream): void {
    stream.probes += 1
    if (stream.probes < PROBE_SEGMENTS) return
    this.#reset(stream)
    stream.state = 'other'
  }

  #reset(stream: Stream): void {
    this.#clearPending(stream)
    this.#heldBytes -= stream.heldBytes
    stream.held = []
    stream.heldBytes = 0
    stream.state = 'probing'
    stream.probes = 0
    stream.synchronised = false
  }

  #clearPending(stream: Stream): void {
    this.#heldBytes -= stream.pending.length
    stream.pending = EMPTY
    stream.pendingBytes = 0
    stream.searchedBytes = 0
    stream.wanted = undefined
  }

  #stream(
    ipBytes: Uint8Array,
    sourceAt: number,
    destinationAt: number,
    family: 4 | 6,
    bytes: Uint8Array,
    portsAt: number,
  ): Stream {
    const width = family === 4 ? 4 : 16
    const ports = uint32(bytes, portsAt)
    let hash = ports ^ width
    for (let at = 0; at < width; at += 4) {
      hash = Math.imul(hash ^ uint32(ipBytes, sourceAt + at), 0x9e3779b1)
      hash = Math.imul((hash ^ (hash >>> 15)) + uint32(ipBytes, destinationAt + at), 0x85ebca6b)
    }
    hash = (hash ^ (hash >>> 13)) & HASH_MASK
    const first = this.#table.get(hash)
    for (let stream = first; stream !== undefined; stream = stream.chain) {
      if (stream.ports !== ports || stream.family !== family) continue
      if (!isSame(stream.addresses, 0, ipBytes, sourceAt, width)) continue
      if (!isSame(stream.addresses, 16, ipBytes, destinationAt, width)) continue
      if (stream !== this.#newest) this.#touch(stream)
      return stream
    }

    const addresses = new Uint8Array(32)
    addresses.set(ipBytes.subarray(sourceAt, sourceAt + width))
    addresses.set(ipBytes.subarray(destinationAt, destinationAt + width), 16)
    const stream: Stream = {
      addresses,
      family,
      ports,
      sourcePort: ports >>> 16,
      destinationPort: ports & 0xffff,
      hash,
      chain: first,
      older: undefined,
      newer: undefined,
      state: 'probing',
      probes: 0,
      synchronised: false,
      next: 0,
      pending: EMPTY,
      pendingBytes: 0,
      searchedBytes: 0,
      wanted: undefined,
      held: [],
      heldBytes: 0,
    }
    this.#table.set(hash, stream)
    this.#streams += 1
    this.#append(stream)
    if (this.#streams > MAX_TCP_STREAMS) this.#evict()
    return stream
  }

  #makeRoom(): void {
    while (this.#heldBytes > MAX_TCP_BYTES_HELD && this.#oldest !== undefined) this.#evict()
  }

  #evict(): void {
    const stream = this.#oldest!
    if (stream.state === 'sip' && (stream.pendingBytes > 0 || stream.held.length > 0)) {
      this.#problems.add('tcp-evicted', this.#sink.mark().offset)
    }
    this.#giveUpHoles(stream)
    this.#reset(stream)
    this.#unlink(stream)
    this.#streams -= 1
    const first = this.#table.get(stream.hash)
    if (first === stream) {
      if (stream.chain === undefined) this.#table.delete(stream.hash)
      else this.#table.set(stream.hash, stream.chain)
      return
    }
    let before = first
    while (before !== undefined && before.chain !== stream) before = before.chain
    if (before !== undefined) before.chain = stream.chain
  }

  #touch(stream: Stream): void {
    this.#unlink(stream)
    this.#append(stream)
  }

  #append(stream: Stream): void {
    stream.older = this.#newest
    stream.newer = undefined
    if (this.#newest === undefined) this.#oldest = stream
    else this.#newest.newer = stream
    this.#newest = stream
  }

  #unlink(stream: Stream): void {
    if (stream.older === undefined) this.#oldest = stream.newer
    else stream.older.newer = stream.newer
    if (stream.newer === undefined) this.#newest = stream.older
    else stream.newer.older = stream.older
  }
}

type Held = { sequence: number; data: Uint8Array; mark: Mark }

type Stream = TcpStream & {
  readonly ports: number
  readonly hash: number
  chain: Stream | undefined
  older: Stream | undefined
  newer: Stream | undefined
  /** `probing`: no SIP seen yet; `other`: none in the first segments. */
  state: 'probing' | 'sip' | 'other'
  probes: number
  synchronised: boolean
  /** The sequence number that comes next, as a signed 32-bit number. */
  next: number
  /** The front of a message whose end has not come. */
  pending: Uint8Array
  pendingBytes: number
  /** How far `pending` was searched for a blank line. */
  searchedBytes: number
  wanted: Extract<Framed, { kind: 'need-more' }> | undefined
  /** Segments behind a hole, in order. */
  held: Held[]
  heldBytes: number
}

/** Spares the framer a second look at a message that cannot have become whole: a peer that sends byte by byte is cheap. */
function isWorthFraming(stream: Stream): boolean {
  const { wanted, pending, pendingBytes } = stream
  if (wanted === undefined) return true
  if (wanted.atLeast !== undefined) return pendingBytes >= wanted.atLeast
  if (wanted.blankLine !== true) return true
  for (let at = Math.max(stream.searchedBytes - 2, 0); at < pendingBytes - 1; at += 1) {
    if (pending[at] !== LF) continue
    if (pending[at + 1] === LF || (pending[at + 1] === CR && at + 2 < pendingBytes && pending[at + 2] === LF))
      return true
  }
  stream.searchedBytes = pendingBytes
  return pendingBytes >= MAX_HEADER_WAIT_BYTES
}

function isSame(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number, length: number): boolean {
  for (let index = 0; index < length; index += 1) {
    if (a[aAt + index] !== b[bAt + index]) return false
  }
  return true
}

function uint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

/** Streams (directions of connections) known at one time; the longest unused goes first. */
export const MAX_TCP_STREAMS = 8_192
/** Bytes kept of all streams together; over it, the longest unused go. */
export const MAX_TCP_BYTES_HELD = 48 * 1024 * 1024
/** Bytes kept of one stream: of the message that is not whole yet, and again of segments behind a hole. */
export const MAX_STREAM_BYTES = 262_144
/** Segments kept behind a hole. */
export const MAX_SEGMENTS_HELD = 128
/** Segments in which a stream must show SIP. */
export const PROBE_SEGMENTS = 8
/** A sequence number further off than this is of another connection. */
export const MAX_WINDOW_BYTES = 4 * 1024 * 1024
/** Header bytes after which the framer is asked again although no blank line came. */
export const MAX_HEADER_WAIT_BYTES = 65_536

const EMPTY = new Uint8Array(0)
const TCP_HEADER_BYTES = 20
const SYN = 0x02
const RST = 0x04
const CR = 0x0d
const LF = 0x0a
const HASH_MASK = 0x3fffffff
