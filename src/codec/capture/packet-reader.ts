import type { Frame } from './frame.ts'
import type { Mark } from './origin.ts'
import type { Problems } from './problems.ts'
import type { TcpStream } from './tcp-streams.ts'

import { frameTolerantly } from './frame.ts'
import { Fragments } from './fragments.ts'
import { noClock, OriginView } from './origin.ts'
import { matchStart, OPENERS, skipLineEnds } from './start-line.ts'
import { TcpStreams } from './tcp-streams.ts'

/** A stretch of the file: `bytes[0]` stands at the file offset `base`. */
export type Window = { readonly bytes: Uint8Array; readonly view: DataView; readonly base: number }

/** Who knows the times of the records in a window. */
export type RecordClock = {
  /** Fills in when the record at `recordAt` was captured. */
  readTime(window: Window, recordAt: number, mark: Mark): void
}

/** Called for each SIP message that is wanted; `bytes` and `origin` are only good until it returns. */
export type OnMessage = (bytes: Uint8Array, start: number, end: number, origin: OriginView) => void

/** Asked before anything is made for a message; it sees the bytes only. */
export type Wants = (bytes: Uint8Array, start: number, end: number) => boolean

/** What was in the packets: `skipped` counts packets that carried nothing to read, by why. */
export type PacketCounts = {
  packets: number
  messages: number
  wanted: number
  skipped: { notSip: number; notIp: number; notUdpOrTcp: number; broken: number; cutMessages: number }
  fragments: number
}

/** Takes packets apart: link layer, IP with fragments, UDP and TCP, down to the SIP messages in them. */
export class PacketReader {
  readonly counts: PacketCounts = {
    packets: 0,
    messages: 0,
    wanted: 0,
    skipped: { notSip: 0, notIp: 0, notUdpOrTcp: 0, broken: 0, cutMessages: 0 },
    fragments: 0,
  }
  readonly fragments: Fragments
  readonly streams: TcpStreams
  readonly #onMessage: OnMessage
  readonly #wants: Wants
  readonly #problems: Problems
  readonly #origin: OriginView
  #window: Window = { bytes: new Uint8Array(0), view: new DataView(new ArrayBuffer(0)), base: 0 }
  #recordAt = 0
  #clock: RecordClock = { readTime() {} }
  #cut = false

  constructor(problems: Problems, onMessage: OnMessage, wants: Wants = everything, frame: Frame = frameTolerantly) {
    this.#problems = problems
    this.#onMessage = onMessage
    this.#wants = wants
    this.#origin = new OriginView(problems)
    this.fragments = new Fragments(problems)
    this.streams = new TcpStreams(
      frame,
      { message: this.#streamMessage.bind(this), mark: this.#mark.bind(this) },
      problems,
    )
  }

  /** Reads one packet, `[start, end)` of the window, captured on a link of the given type by the record at `recordAt`. */
  read(clock: RecordClock, window: Window, recordAt: number, start: number, end: number, linkType: number): void {
    this.counts.packets += 1
    this.#clock = clock
    this.#window = window
    this.#recordAt = recordAt
    const { bytes } = window
    let at: number
    if (linkType === ETHERNET && end - start >= 34 && bytes[start + 12] === 0x08 && bytes[start + 13] === 0x00) {
      at = start + 14
    } else {
      at = skipLink(bytes, start, end, linkType)
      if (at >= end) {
        this.counts.skipped.notIp += 1
        if (at === UNKNOWN_LINK) this.#problems.add('unknown-link', window.base + recordAt)
        return
      }
    }
    const version = bytes[at]! >> 4
    if (version === 4) this.#readIpv4(bytes, at, end)
    else if (version === 6) this.#readIpv6(bytes, at, end)
    else this.counts.skipped.notIp += 1
  }

  /** Reads what was waiting for more packets. */
  finish(): void {
    this.fragments.finish()
    this.streams.finish()
  }

  #readIpv4(bytes: Uint8Array, at: number, captured: number): void {
    const headerBytes = (bytes[at]! & 0x0f) * 4
    if (captured - at < headerBytes || headerBytes < 20) {
      this.counts.skipped.broken += 1
      return
    }
    const total = (bytes[at + 2]! << 8) | bytes[at + 3]!
    let end = at + total
    this.#cut = end > captured
    // A length of 0 is what the sender's own capture shows when the network card cuts the segments.
    if (this.#cut || total === 0) end = captured
    const payload = at + headerBytes
    if (payload > end) {
      this.counts.skipped.broken += 1
      return
    }
    const fragment = ((bytes[at + 6]! << 8) | bytes[at + 7]!) & 0x3fff
    if (fragment !== 0) {
      const key = keyOf(bytes, at + 12, at + 20) + keyOf(bytes, at + 4, at + 6) + String.fromCharCode(bytes[at + 9]!)
      const position = (fragment & 0x1fff) * 8
      this.#readFragment(key, bytes, payload, end, position, (fragment & 0x2000) !== 0, bytes[at + 9]!, at, 4)
      return
    }
    this.#readTransport(bytes, payload, end, bytes[at + 9]!, at, 4)
  }

  #readIpv6(bytes: Uint8Array, at: number, captured: number): void {
    if (captured - at < IPV6_HEADER_BYTES) {
      this.counts.skipped.broken += 1
      return
    }
    const length = (bytes[at + 4]! << 8) | bytes[at + 5]!
    let end = at + IPV6_HEADER_BYTES + length
    this.#cut = end > captured
    if (this.#cut || length === 0) end = captured
    let protocol = bytes[at + 6]!
    let payload = at + IPV6_HEADER_BYTES
    for (let headers = 0; headers < MAX_EXTENSION_HEADERS; headers += 1) {
      if (protocol === UDP || protocol === TCP) {
        this.#readTransport(bytes, payload, end, protocol, at, 6)
        return
      }
      if (!EXTENSION_HEADERS.has(protocol)) break
      if (end - payload < 8) {
        this.counts.skipped.broken += 1
        return
      }
      const next = bytes[payload]!
      if (protocol === FRAGMENT) {
        const fragment = (bytes[payload + 2]! << 8) | bytes[payload + 3]!
        if ((fragment & 0xfff9) !== 0) {
          const key = keyOf(bytes, at + 8, at + 40) + keyOf(bytes, payload + 4, payload + 8)
          const more = (fragment & 1) !== 0
          this.#readFragment(key, bytes, payload + 8, end, fragment & 0xfff8, more, next, at, 6)
          return
        }
        payload += 8
      } else {
        payload += protocol === AUTHENTICATION ? (bytes[payload + 1]! + 2) * 4 : (bytes[payload + 1]! + 1) * 8
      }
      protocol = next
    }
    this.counts.skipped.notUdpOrTcp += 1
  }

  #readFragment(
    key: string,
    bytes: Uint8Array,
    start: number,
    end: number,
    position: number,
    more: boolean,
    protocol: number,
    ipAt: number,
    family: 4 | 6,
  ): void {
    this.counts.fragments += 1
    const mark = this.#mark()
    // A piece whose end was not captured can never make a whole.
    if (start > end || this.#cut) {
      this.counts.skipped.broken += 1
      return
    }
    const { seconds } = mark.clock(mark.high, mark.low)
    const whole = this.fragments.add(key, bytes, start, end, position, more, seconds, mark.offset)
    if (whole === undefined) return
    if (EXTENSION_HEADERS.has(protocol)) this.counts.skipped.notUdpOrTcp += 1
    else this.#readTransport(whole, 0, whole.length, protocol, ipAt, family)
  }

  #readTransport(bytes: Uint8Array, at: number, end: number, protocol: number, ipAt: number, family: 4 | 6): void {
    if (protocol === UDP) {
      if (end - at <= UDP_HEADER_BYTES) this.counts.skipped.notSip += 1
      else if (OPENERS[bytes[at + UDP_HEADER_BYTES]!] === 0) this.counts.skipped.notSip += 1
      else this.#readDatagram(bytes, at, end, ipAt, family)
      return
    }
    if (protocol !== TCP) {
      this.counts.skipped.notUdpOrTcp += 1
      return
    }
    if (end - at < TCP_HEADER_BYTES) {
      this.counts.skipped.broken += 1
      return
    }
    const sourceAt = family === 4 ? ipAt + 12 : ipAt + 8
    const destinationAt = family === 4 ? ipAt + 16 : ipAt + 24
    const ipBytes = this.#window.bytes
    if (!this.streams.segment(bytes, at, end, ipBytes, sourceAt, destinationAt, family)) this.counts.skipped.notSip += 1
  }

  #readDatagram(bytes: Uint8Array, at: number, captured: number, ipAt: number, family: 4 | 6): void {
    const length = (bytes[at + 4]! << 8) | bytes[at + 5]!
    const end = length < UDP_HEADER_BYTES ? captured : Math.min(captured, at + length)
    const start = skipLineEnds(bytes, at + UDP_HEADER_BYTES, end)
    if (matchStart(bytes, start, end, true) !== 'yes') {
      this.counts.skipped.notSip += 1
      return
    }
    this.counts.messages += 1
    if (this.#cut) this.counts.skipped.cutMessages += 1
    if (!this.#wants(bytes, start, end)) return
    this.counts.wanted += 1
    const origin = this.#origin
    origin.transport = 'UDP'
    origin.sourcePort = (bytes[at]! << 8) | bytes[at + 1]!
    origin.destinationPort = (bytes[at + 2]! << 8) | bytes[at + 3]!
    const sourceAt = family === 4 ? ipAt + 12 : ipAt + 8
    const destinationAt = family === 4 ? ipAt + 16 : ipAt + 24
    origin.pointAt(this.#mark(), this.#window.bytes, sourceAt, destinationAt, family)
    this.#onMessage(bytes, start, end, origin)
  }

  #streamMessage(bytes: Uint8Array, start: number, end: number, stream: TcpStream, mark: Mark): void {
    this.counts.messages += 1
    if (!this.#wants(bytes, start, end)) return
    this.counts.wanted += 1
    const origin = this.#origin
    origin.transport = 'TCP'
    origin.sourcePort = stream.sourcePort
    origin.destinationPort = stream.destinationPort
    origin.pointAt(mark, stream.addresses, 0, 16, stream.family)
    this.#onMessage(bytes, start, end, origin)
  }

  #mark(): Mark {
    const mark: Mark = {
      packet: this.counts.packets,
      offset: this.#window.base + this.#recordAt,
      high: 0,
      low: 0,
      clock: noClock,
      cut: this.#cut,
    }
    this.#clock.readTime(this.#window, this.#recordAt, mark)
    return mark
  }
}

/** Where the IP header begins, or `NOT_IP`. */
function skipLink(bytes: Uint8Array, start: number, end: number, linkType: number): number {
  switch (linkType) {
    case ETHERNET:
      return skipTags(bytes, start + 12, end)
    case COOKED:
      return skipTags(bytes, start + 14, end)
    case COOKED_2:
      // The protocol stands first in this header; a tag and the protocol it hides stand behind it.
      return skipTags(bytes, start, start + 2) === start + 2 ? start + 20 : skipTags(bytes, start + 22, end)
    case NULL_LOOPBACK:
    case OPENBSD_LOOPBACK:
      return start + 4
    case RAW_IP:
    case RAW_IP_BSD:
    case RAW_IP_OPENBSD:
    case RAW_IPV4:
    case RAW_IPV6:
      return start
    default:
      return UNKNOWN_LINK
  }
}

/** Steps over an EtherType and the VLAN tags before it (IEEE 802.1Q, 802.1ad). */
function skipTags(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  for (let tags = 0; tags <= MAX_VLAN_TAGS && at + 2 <= end; tags += 1) {
    const type = (bytes[at]! << 8) | bytes[at + 1]!
    if (type === 0x0800 || type === 0x86dd) return at + 2
    if (type !== 0x8100 && type !== 0x88a8 && type !== 0x9100 && type !== 0x9200) return NOT_IP
    at += 4
  }
  return NOT_IP
}

function keyOf(bytes: Uint8Array, start: number, end: number): string {
  let key = ''
  for (let at = start; at < end; at += 2) key += String.fromCharCode((bytes[at]! << 8) | bytes[at + 1]!)
  return key
}

function everything(): boolean {
  return true
}

/** VLAN tags read in one frame. */
export const MAX_VLAN_TAGS = 4
/** IPv6 extension headers read in one packet. */
export const MAX_EXTENSION_HEADERS = 16

// Link types: https://www.tcpdump.org/linktypes.html
const NULL_LOOPBACK = 0
const ETHERNET = 1
const RAW_IP_BSD = 12
const RAW_IP_OPENBSD = 14
const RAW_IP = 101
const OPENBSD_LOOPBACK = 108
const COOKED = 113
const RAW_IPV4 = 228
const RAW_IPV6 = 229
const COOKED_2 = 276

const NOT_IP = Number.MAX_SAFE_INTEGER
const UNKNOWN_LINK = NOT_IP - 1

const TCP = 6
const UDP = 17
const FRAGMENT = 44
const AUTHENTICATION = 51
const EXTENSION_HEADERS = new Set([0, 43, FRAGMENT, AUTHENTICATION, 60, 135, 139, 140])
const IPV6_HEADER_BYTES = 40
const UDP_HEADER_BYTES = 8
const TCP_HEADER_BYTES = 20
