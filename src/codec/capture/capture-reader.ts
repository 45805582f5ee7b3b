import type { Frame } from './frame.ts'
import type { TraceTimes } from './heading.ts'
import type { Origin } from './origin.ts'
import type { PacketCounts, Wants, Window } from './packet-reader.ts'
import type { Problem } from './problems.ts'

import { Malformed } from '#codec/sip/malformed.ts'

import { originOf } from './origin.ts'
import { PacketReader } from './packet-reader.ts'
import { isPcap, PcapReader } from './pcap.ts'
import { PcapngReader, SECTION_HEADER } from './pcapng.ts'
import { Problems } from './problems.ts'
import { type OnText, TextScanner } from './text.ts'

export type CaptureFormat = 'pcap' | 'pcapng' | 'text'

export type CaptureOptions = {
  /**
   * Called for each SIP message that is wanted, in the order of the packets that complete them.
   * `bytes` and `origin` are good only until it returns.
   */
  readonly onMessage: (bytes: Uint8Array, start: number, end: number, origin: Origin) => void
  /** Tells from the bytes alone whether a message is wanted; asked before anything is made for it. All are, by default. */
  readonly wants?: Wants
  /** How messages are cut out of a TCP stream; `frameTolerantly` by default. */
  readonly frame?: Frame
  /** In a text file, leave bare line feeds as they are. */
  readonly rawText?: boolean
  /** It is known to be a text, such as the rest of one. */
  readonly isText?: boolean
  /** How times in a text are to be read that tell no zone, year or day; as UTC by default, and not at all without a day. */
  readonly times?: TraceTimes
}

/** What a capture held. `skipped` counts packets with nothing to read in them, by why. */
export type CaptureCounts = PacketCounts & { readonly bytes: number }

/**
 * Reads a capture in pieces of any size: pcap, pcapng, or text with SIP messages in it, told apart by the first bytes.
 *
 * Memory is bounded whatever the file holds: see the limits in this room. What is wrong inside the file is counted in
 * `problems` and passed over; `Malformed('capture')` is thrown only for a file that is no capture at all.
 */
export class CaptureReader {
  readonly #packets: PacketReader
  readonly #problems = new Problems()
  readonly #options: CaptureOptions
  #source: Source | undefined
  /** The front of a record whose end has not come: `#carried` bytes of `#carry`. */
  #carry = new Uint8Array(FIRST_CARRY_BYTES)
  #carried = 0
  /** File offset of the first byte that has not been read. */
  #at = 0
  #bytes = 0
  /** Bytes still to be passed over unseen. */
  #skip = 0

  constructor(options: CaptureOptions) {
    this.#options = options
    this.#packets = new PacketReader(this.#problems, options.onMessage, options.wants, options.frame)
  }

  /** Reads the next piece of the file; the reader keeps nothing of `chunk`, which may be used again. */
  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length
    let at = Math.min(this.#skip, chunk.length)
    this.#skip -= at
    this.#at += at
    if (this.#carried > 0) at = this.#readCarried(chunk)
    if (at >= chunk.length) return

    const stopped = this.#read(windowOf(chunk, this.#at - at), at, chunk.length, false)
    this.#pass(at, stopped, chunk.length)
    if (stopped < chunk.length) this.#keep(chunk, stopped)
  }

  /** Reads what was waiting for more. Throws `Malformed` if there was nothing that makes a capture. */
  finish(): void {
    const left = this.#carry.subarray(0, this.#carried)
    const stopped = this.#read(windowOf(left, this.#at), 0, left.length, true)
    this.#pass(0, stopped, left.length)
    this.#carried = 0
    this.#packets.finish()
    if (this.#skip > 0) this.#problems.add('cut-short', this.#at)
    if (this.format === 'text' && this.#packets.counts.messages === 0 && this.problems.length === 0) {
      throw new Malformed('capture', 0, 'no SIP start line in the text')
    }
  }

  /** What the file turned out to be; undefined before enough of it was seen. */
  get format(): CaptureFormat | undefined {
    return this.#source?.format
  }

  /** Where in the file a text may be read on another time without losing or repeating a message: see `readTextTrace`. */
  get place(): number {
    return Math.min(this.#source?.resumeAt ?? this.#at, this.#at)
  }

  get counts(): CaptureCounts {
    return { ...this.#packets.counts, bytes: this.#bytes }
  }

  /** Everything that was wrong so far, one entry for each kind. */
  get problems(): Problem[] {
    return this.#problems.list()
  }

  /** What is kept at the moment, for the memory bound to be seen. */
  get held(): { carriedBytes: number; streams: number; streamBytes: number; datagrams: number; fragmentBytes: number } {
    const { streams, fragments } = this.#packets
    return {
      carriedBytes: this.#carry.length,
      streams: streams.held.streams,
      streamBytes: streams.held.bytes,
      datagrams: fragments.held.datagrams,
      fragmentBytes: fragments.held.bytes,
    }
  }

  /** Completes the carried record with the front of `chunk`; returns where in `chunk` reading goes on. */
  #readCarried(chunk: Uint8Array): number {
    const before = this.#carried
    let copied = 0
    let from = 0
    for (;;) {
      const wanted = Math.max(this.#wantedBytes - (this.#carried - from), SMALLEST_COPY_BYTES)
      const more = chunk.subarray(copied, copied + wanted)
      if (more.length === 0) {
        this.#carry.copyWithin(0, from, this.#carried)
        this.#carried -= from
        return chunk.length
      }
      this.#append(more)
      copied += more.length
      const stopped = this.#read(windowOf(this.#carry, this.#at - from), from, this.#carried, false)
      this.#pass(from, stopped, this.#carried)
      if (stopped >= before) {
        this.#carried = 0
        if (this.#skip === 0) return stopped - before
        // What is to be passed over may go on in the rest of this chunk, or beyond it.
        const skipped = Math.min(this.#skip, chunk.length - copied)
        this.#skip -= skipped
        this.#at += skipped
        return copied + skipped
      }
      from = stopped
    }
  }

  #read(window: Window, start: number, end: number, last: boolean): number {
    this.#source ??= this.#recognise(window, start, end, last)
    return this.#source === undefined ? start : this.#source.read(window, start, end, last)
  }

  /** Notes that the bytes from `start` to `stopped`, which may lie behind `end`, need not be seen again. */
  #pass(start: number, stopped: number, end: number): void {
    this.#at += Math.min(stopped, end) - start
    this.#skip += Math.max(stopped - end, 0)
  }

  #keep(chunk: Uint8Array, start: number): void {
    this.#carried = 0
    this.#append(chunk.subarray(start))
  }

  #append(more: Uint8Array): void {
    const needed = this.#carried + more.length
    if (needed > this.#carry.length) {
      const grown = new Uint8Array(Math.max(needed, this.#carry.length * 2))
      grown.set(this.#carry.subarray(0, this.#carried))
      this.#carry = grown
    }
    this.#carry.set(more, this.#carried)
    this.#carried = needed
  }

  get #wantedBytes(): number {
    return this.#source === undefined ? SNIFFED_BYTES : this.#source.wantedBytes
  }

  #recognise({ bytes, view, base }: Window, start: number, end: number, last: boolean): Source | undefined {
    if (this.#options.isText === true) return this.#textSource()
    const magic = end - start < 4 ? 0 : view.getUint32(start)
    if (isPcap(magic)) return asSource('pcap', new PcapReader(this.#packets, this.#problems))
    if (magic === SECTION_HEADER) return asSource('pcapng', new PcapngReader(this.#packets, this.#problems))
    if (end - start < SNIFFED_BYTES && !last) return undefined
    for (let at = start; at < Math.min(end, start + SNIFFED_BYTES); at += 1) {
      if (bytes[at]! < 0x07) throw new Malformed('capture', base + at, 'neither pcap, pcapng nor text')
    }
    return this.#textSource()
  }

  #textSource(): Source {
    const { onMessage, wants, rawText, times } = this.#options
    const scanner = new TextScanner(rawText ?? false, times)
    const { counts } = this.#packets
    const onText: OnText = (bytes, start, end, found) => {
      counts.messages += 1
      if (wants !== undefined && !wants(bytes, start, end)) return
      counts.wanted += 1
      onMessage(bytes, start, end, originOf(counts.messages, found))
    }
    const problems = this.#problems
    return {
      format: 'text',
      get wantedBytes() {
        return scanner.wantedBytes
      },
      get resumeAt() {
        return scanner.headingAt
      },
      read(window, start, end, last) {
        const stopped = scanner.scan(window.bytes, window.base, start, end, last, onText)
        if (scanner.tooLongAt !== undefined) problems.add('message-too-long', scanner.tooLongAt)
        scanner.tooLongAt = undefined
        return stopped
      },
    }
  }
}

/** One of the three formats: `read` returns where it stopped, and wants `wantedBytes` from there before it is asked again. */
type Source = {
  readonly format: CaptureFormat
  readonly wantedBytes: number
  /** Where reading has to be taken up again, if before what was read last. */
  readonly resumeAt?: number | undefined
  read(window: Window, start: number, end: number, last: boolean): number
}

function asSource(format: CaptureFormat, reader: PcapReader | PcapngReader): Source {
  return {
    format,
    get wantedBytes() {
      return reader.wantedBytes
    },
    read: (window, start, end, last) => reader.read(window, start, end, last),
  }
}

function windowOf(bytes: Uint8Array, base: number): Window {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), base }
}

const FIRST_CARRY_BYTES = 65_536
const SMALLEST_COPY_BYTES = 4_096
const SNIFFED_BYTES = 512
