import type { Clock, Mark, Timestamp } from './origin.ts'
import type { PacketReader, RecordClock, Window } from './packet-reader.ts'
import type { Problems } from './problems.ts'

import { Malformed } from '#codec/sip/malformed.ts'

import { MAX_RECORD_BYTES } from './pcap.ts'

/** The type of the block that opens a section, and so a pcapng file: the same in both byte orders. */
export const SECTION_HEADER = 0x0a0d0d0a

/** Reads a pcapng file piece by piece (draft-ietf-opsawg-pcapng). */
export class PcapngReader implements RecordClock {
  /** Bytes that must be there, from where `read` stopped, before it can go on. */
  wantedBytes = SMALLEST_BLOCK_BYTES
  readonly #packets: PacketReader
  readonly #problems: Problems
  #opened = false
  #little = true
  #interfaces: Interface[] = []
  #lost = false

  constructor(packets: PacketReader, problems: Problems) {
    this.#packets = packets
    this.#problems = problems
  }

  /**
   * Reads the whole blocks of `[start, end)` and returns where the first incomplete one begins, which is behind `end`
   * when the rest of a block that is of no interest is to be passed over.
   */
  read(window: Window, start: number, end: number, last: boolean): number {
    let at = start
    for (;;) {
      if (this.#lost) at = this.#findBlock(window, at, end, last)
      if (this.#lost) return last ? end : at
      at = this.#readBlocks(window, at, end)
      if (this.#lost) at += 4
      else break
    }
    if (!this.#opened && last) throw new Malformed('capture', window.base + end, 'pcapng section header')
    if (!last) return at
    if (at !== end) this.#problems.add('cut-short', window.base + Math.min(at, end))
    return end
  }

  readTime({ view }: Window, blockAt: number, mark: Mark): void {
    const type = view.getUint32(blockAt, this.#little)
    if (type === SIMPLE_PACKET) return
    const index =
      type === PACKET ? view.getUint16(blockAt + 8, this.#little) : view.getUint32(blockAt + 8, this.#little)
    mark.high = view.getUint32(blockAt + 12, this.#little)
    mark.low = view.getUint32(blockAt + 16, this.#little)
    mark.clock = this.#interfaces[index]!.clock
  }

  #readBlocks(window: Window, start: number, end: number): number {
    const { view } = window
    let at = start
    for (;;) {
      if (end - at < SMALLEST_BLOCK_BYTES) {
        this.wantedBytes = SMALLEST_BLOCK_BYTES
        return at
      }
      const type = view.getUint32(at, this.#little)
      if (type === SECTION_HEADER) {
        const magic = view.getUint32(at + 8)
        if (magic === BYTE_ORDER) this.#little = false
        else if (magic === SWAPPED_BYTE_ORDER) this.#little = true
        else if (this.#opened) return this.#lose(window, at)
        else throw new Malformed('capture', window.base + at + 8, 'pcapng byte-order magic')
      }
      const length = view.getUint32(at + 4, this.#little)
      if (length < SMALLEST_BLOCK_BYTES || (length & 3) !== 0 || length > MAX_BLOCK_BYTES) {
        if (!this.#opened) throw new Malformed('capture', window.base + at + 4, 'pcapng section length')
        return this.#lose(window, at)
      }
      const next = at + length
      const known = isRead(type)
      if (!known || length > MAX_RECORD_BYTES + MAX_OPTIONS_BYTES) {
        if (known) this.#problems.add('record-length', window.base + at)
        if (next > end) return next
      } else {
        if (next > end) {
          this.wantedBytes = length
          return at
        }
        if (view.getUint32(next - 4, this.#little) !== length) {
          if (!this.#opened) throw new Malformed('capture', window.base + next - 4, 'pcapng section length')
          return this.#lose(window, at)
        }
        this.#readBlock(window, type, at, next)
      }
      at = next
    }
  }

  #readBlock(window: Window, type: number, at: number, next: number): void {
    const { view } = window
    const little = this.#little
    if (type === ENHANCED_PACKET || type === PACKET) {
      if (next - at < 32) {
        this.#problems.add('record-length', window.base + at)
        return
      }
      const index = type === PACKET ? view.getUint16(at + 8, little) : view.getUint32(at + 8, little)
      this.#readPacket(window, at, at + 28, view.getUint32(at + 20, little), next, index)
    } else if (type === SIMPLE_PACKET) {
      if (next - at < 16) {
        this.#problems.add('record-length', window.base + at)
        return
      }
      const snaplen = this.#interfaces[0]?.snaplen ?? 0
      const original = view.getUint32(at + 8, little)
      const kept = Math.min(original, next - at - 16, snaplen === 0 ? original : snaplen)
      this.#readPacket(window, at, at + 12, kept, next, 0)
    } else if (type === SECTION_HEADER) {
      this.#opened = true
      this.#interfaces = []
    } else {
      this.#describeInterface(window, at, next)
    }
  }

  #readPacket(window: Window, blockAt: number, start: number, length: number, next: number, index: number): void {
    const link = this.#interfaces[index]
    if (link === undefined) {
      this.#problems.add('unknown-interface', window.base + blockAt)
      return
    }
    if (length > next - 4 - start) {
      this.#problems.add('record-length', window.base + blockAt)
      return
    }
    if (link.snaplen !== 0 && length > link.snaplen) this.#problems.add('over-snaplen', window.base + blockAt)
    this.#packets.read(this, window, blockAt, start, start + length, link.linkType)
  }

  #describeInterface({ view, base }: Window, at: number, next: number): void {
    const little = this.#little
    if (next - at < 20) {
      this.#problems.add('record-length', base + at)
      return
    }
    if (this.#interfaces.length >= MAX_INTERFACES) {
      this.#problems.add('too-many-interfaces', base + at)
      return
    }
    let resolution = DEFAULT_RESOLUTION
    let offsetSeconds = 0
    for (let option = at + 16; option + 4 <= next - 4;) {
      const code = view.getUint16(option, little)
      const length = view.getUint16(option + 2, little)
      const value = option + 4
      if (code === END_OF_OPTIONS || value + length > next - 4) break
      if (code === TIME_RESOLUTION && length === 1) resolution = view.getUint8(value)
      if (code === TIME_OFFSET && length === 8) offsetSeconds = Number(view.getBigInt64(value, little))
      option = value + ((length + 3) & ~3)
    }
    const linkType = view.getUint16(at + 8, little)
    const snaplen = view.getUint32(at + 12, little)
    this.#interfaces.push({ linkType, snaplen, clock: clockOf(resolution, offsetSeconds) })
  }

  #lose(window: Window, at: number): number {
    this.#problems.add('record-length', window.base + at)
    this.#lost = true
    return at
  }

  /** After a broken block: looks for a block of a known type whose two lengths agree. */
  #findBlock({ view }: Window, start: number, end: number, last: boolean): number {
    let at = start
    for (; end - at >= SMALLEST_BLOCK_BYTES; at += 4) {
      const type = view.getUint32(at, this.#little)
      if (!isRead(type)) continue
      const little = type === SECTION_HEADER ? view.getUint32(at + 8) !== BYTE_ORDER : this.#little
      const length = view.getUint32(at + 4, little)
      if (length < SMALLEST_BLOCK_BYTES || (length & 3) !== 0 || length > MAX_RECORD_BYTES) continue
      if (at + length > end && !last) {
        this.wantedBytes = length
        return at
      }
      if (at + length > end || view.getUint32(at + length - 4, little) !== length) continue
      this.#lost = false
      return at
    }
    this.wantedBytes = SMALLEST_BLOCK_BYTES
    return last ? end : at
  }
}

type Interface = { readonly linkType: number; readonly snaplen: number; readonly clock: Clock }

function isRead(type: number): boolean {
  return (
    type === ENHANCED_PACKET ||
    type === SIMPLE_PACKET ||
    type === PACKET ||
    type === INTERFACE ||
    type === SECTION_HEADER
  )
}

/** The clock of an interface: `resolution` is a negative power of 10, or of 2 when its top bit is set. */
function clockOf(resolution: number, offsetSeconds: number): Clock {
  const exponent = BigInt(resolution & 0x7f)
  const unitsPerSecond = resolution > 0x7f ? 2n ** exponent : 10n ** exponent
  const offset = BigInt(offsetSeconds)
  return (high, low): Timestamp => {
    const units = (BigInt(high) << 32n) | BigInt(low)
    const seconds = Number(units / unitsPerSecond + offset)
    return { seconds, nanoseconds: Number(((units % unitsPerSecond) * 1_000_000_000n) / unitsPerSecond) }
  }
}

/** Interfaces kept of one section. */
export const MAX_INTERFACES = 4_096
/** A block that claims more is taken for broken. */
export const MAX_BLOCK_BYTES = 64 * 1024 * 1024
/** Room for the options of a packet beside its bytes. */
export const MAX_OPTIONS_BYTES = 65_536

const INTERFACE = 1
const PACKET = 2
const SIMPLE_PACKET = 3
const ENHANCED_PACKET = 6
const BYTE_ORDER = 0x1a2b3c4d
const SWAPPED_BYTE_ORDER = 0x4d3c2b1a
const SMALLEST_BLOCK_BYTES = 12
const DEFAULT_RESOLUTION = 6
const END_OF_OPTIONS = 0
const TIME_RESOLUTION = 9
const TIME_OFFSET = 14
