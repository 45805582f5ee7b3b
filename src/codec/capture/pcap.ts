import type { Mark, Timestamp } from './origin.ts'
import type { PacketReader, RecordClock, Window } from './packet-reader.ts'
import type { Problems } from './problems.ts'

import { Malformed } from '#codec/sip/malformed.ts'

/** Whether these four bytes open a pcap file: microseconds or nanoseconds, either byte order. */
export function isPcap(magic: number): boolean {
  return magic === MICROSECONDS || magic === NANOSECONDS || magic === SWAPPED_MICRO || magic === SWAPPED_NANO
}

/** Reads a pcap file piece by piece. */
export class PcapReader implements RecordClock {
  /** Bytes that must be there, from where `read` stopped, before it can go on. */
  wantedBytes = FILE_HEADER_BYTES
  readonly #packets: PacketReader
  readonly #problems: Problems
  #opened = false
  #little = true
  #linkType = 0
  #snaplen = 0
  /** Seconds of the last good record: what a record after a broken one is held against. */
  #seconds = 0
  #lost = false
  #clock: (high: number, low: number) => Timestamp = microseconds

  constructor(packets: PacketReader, problems: Problems) {
    this.#packets = packets
    this.#problems = problems
  }

  /** Reads the whole records of `[start, end)` and returns where the first incomplete one begins. */
  read(window: Window, start: number, end: number, last: boolean): number {
    let at = start
    if (!this.#opened) {
      if (end - at < FILE_HEADER_BYTES) {
        if (last) throw new Malformed('capture', window.base + end, 'pcap file header')
        return at
      }
      this.#open(window, at)
      at += FILE_HEADER_BYTES
    }
    for (;;) {
      if (this.#lost) at = this.#findRecord(window, at, end)
      if (this.#lost) return last ? end : at
      at = this.#readRecords(window, at, end)
      if (this.#lost) at += 1
      else break
    }
    if (!last) return at
    if (at < end) this.#problems.add('cut-short', window.base + at)
    return end
  }

  readTime(window: Window, recordAt: number, mark: Mark): void {
    mark.high = window.view.getUint32(recordAt, this.#little)
    mark.low = window.view.getUint32(recordAt + 4, this.#little)
    mark.clock = this.#clock
  }

  #open({ view }: Window, at: number): void {
    const magic = view.getUint32(at)
    this.#little = magic === SWAPPED_MICRO || magic === SWAPPED_NANO
    if (magic === NANOSECONDS || magic === SWAPPED_NANO) this.#clock = nanoseconds
    this.#snaplen = view.getUint32(at + 16, this.#little)
    // The upper half says how long the frame check sequence is.
    this.#linkType = view.getUint32(at + 20, this.#little) & 0xffff
    this.#opened = true
  }

  #readRecords(window: Window, start: number, end: number): number {
    const { view } = window
    const little = this.#little
    const linkType = this.#linkType
    const longest = this.#snaplen === 0 ? MAX_RECORD_BYTES : Math.min(this.#snaplen, MAX_RECORD_BYTES)
    let at = start
    let previous = -1
    for (;;) {
      if (end - at < RECORD_HEADER_BYTES) {
        this.wantedBytes = RECORD_HEADER_BYTES
        break
      }
      const length = view.getUint32(at + 8, little)
      if (length > MAX_RECORD_BYTES) {
        this.#problems.add('record-length', window.base + at)
        this.#lost = true
        break
      }
      const next = at + RECORD_HEADER_BYTES + length
      if (next > end) {
        this.wantedBytes = RECORD_HEADER_BYTES + length
        break
      }
      if (length > longest) this.#problems.add('over-snaplen', window.base + at)
      this.#packets.read(this, window, at, at + RECORD_HEADER_BYTES, next, linkType)
      previous = at
      at = next
    }
    if (previous >= 0) this.#seconds = view.getUint32(previous, little)
    return at
  }

  /** After a broken record: looks for a header that makes sense, at any offset. */
  #findRecord({ view }: Window, start: number, end: number): number {
    let at = start
    for (; end - at >= RECORD_HEADER_BYTES; at += 1) {
      if (!this.#makesSense(view, at)) continue
      this.#lost = false
      return at
    }
    this.wantedBytes = RECORD_HEADER_BYTES
    return at
  }

  #makesSense(view: DataView, at: number): boolean {
    const little = this.#little
    const length = view.getUint32(at + 8, little)
    if (length === 0 || length > MAX_RECORD_BYTES || length > view.getUint32(at + 12, little)) return false
    if (view.getUint32(at + 12, little) > MAX_RECORD_BYTES) return false
    if (view.getUint32(at + 4, little) >= (this.#clock === nanoseconds ? 1e9 : 1e6)) return false
    return Math.abs(view.getUint32(at, little) - this.#seconds) <= MAX_STEP_SECONDS
  }
}

function microseconds(seconds: number, fraction: number): Timestamp {
  return { seconds, nanoseconds: fraction * 1000 }
}

function nanoseconds(seconds: number, fraction: number): Timestamp {
  return { seconds, nanoseconds: fraction }
}

/** The longest record that is read: what libpcap takes as the largest sensible snapshot length. */
export const MAX_RECORD_BYTES = 262_144
/** How far the clock may have gone on between a broken record and the next that is believed. */
export const MAX_STEP_SECONDS = 86_400

const MICROSECONDS = 0xa1b2c3d4
const SWAPPED_MICRO = 0xd4c3b2a1
const NANOSECONDS = 0xa1b23c4d
const SWAPPED_NANO = 0x4d3cb2a1
const FILE_HEADER_BYTES = 24
const RECORD_HEADER_BYTES = 16
