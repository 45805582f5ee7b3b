import type { Problems } from './problems.ts'
import type { FoundText } from './text.ts'

/**
 * Where a message came from. A view: the reader uses one object for all messages, so what outlives the callback must be
 * copied. Address strings and times are made when they are asked for.
 */
export type Origin = {
  /** Number of the packet that completed the message, from 1 (for text: of the message). */
  readonly packet: number
  /** Offset in the file of that packet's record (for text: of the start line). */
  readonly offset: number
  /** Seconds since 1970 UTC, a whole number from 0 to the end of the year 9999; 0 if the file tells no time. */
  readonly seconds: number
  readonly nanoseconds: number
  /** The same in microseconds since 1970. */
  readonly atUs: number
  /** How it travelled, and between whom: undefined where a text does not say so in front of the message. */
  readonly transport: 'UDP' | 'TCP' | 'TLS' | undefined
  readonly source: string | undefined
  readonly sourcePort: number | undefined
  readonly destination: string | undefined
  readonly destinationPort: number | undefined
  /** Whether the capture, or the tool that wrote the text, kept only the front of it. */
  readonly cut: boolean
  /** Whether bare line feeds of a text file were turned into CRLF. */
  readonly normalised: boolean
}

export type Timestamp = { seconds: number; nanoseconds: number }

/** Turns the two words of time in a record into a timestamp. */
export type Clock = (high: number, low: number) => Timestamp

/** The record that a message, or a piece of one, came in. */
export type Mark = { packet: number; offset: number; high: number; low: number; clock: Clock; cut: boolean }

/** Source address, destination address (16 bytes each, IPv4 in the first 4), source port, destination port. */
export type Flow = { readonly addresses: Uint8Array; readonly family: 4 | 6 }

/** The reader's one `Origin`: pointed at the next message before each callback. */
export class OriginView implements Origin {
  transport: 'UDP' | 'TCP' | undefined
  sourcePort: number | undefined
  destinationPort: number | undefined
  normalised = false
  #problems: Problems
  #mark: Mark = { packet: 0, offset: 0, high: 0, low: 0, clock: noClock, cut: false }
  #bytes: Uint8Array = new Uint8Array(0)
  #sourceAt = 0
  #destinationAt = 0
  #family: 4 | 6 | undefined

  constructor(problems: Problems) {
    this.#problems = problems
  }

  /** Points at a packet: the addresses stand in `bytes`, which must stay as they are until the callback returns. */
  pointAt(mark: Mark, bytes: Uint8Array, sourceAt: number, destinationAt: number, family: 4 | 6 | undefined): void {
    this.#mark = mark
    this.#bytes = bytes
    this.#sourceAt = sourceAt
    this.#destinationAt = destinationAt
    this.#family = family
    const { seconds, nanoseconds } = mark.clock(mark.high, mark.low)
    if (seconds < 0 || seconds > MAX_SECONDS || nanoseconds > 999_999_999) this.#problems.add('timestamp', mark.offset)
  }

  get packet(): number {
    return this.#mark.packet
  }

  get offset(): number {
    return this.#mark.offset
  }

  get cut(): boolean {
    return this.#mark.cut
  }

  get seconds(): number {
    return Math.min(Math.max(this.#mark.clock(this.#mark.high, this.#mark.low).seconds, 0), MAX_SECONDS)
  }

  get nanoseconds(): number {
    return Math.min(this.#mark.clock(this.#mark.high, this.#mark.low).nanoseconds, 999_999_999)
  }

  get atUs(): number {
    return this.seconds * 1e6 + Math.floor(this.nanoseconds / 1e3)
  }

  get source(): string | undefined {
    return this.#family && formatAddress(this.#bytes, this.#sourceAt, this.#family)
  }

  get destination(): string | undefined {
    return this.#family && formatAddress(this.#bytes, this.#destinationAt, this.#family)
  }
}

/** The origin of a message in a text: what the line in front of it says. */
export function originOf(packet: number, { offset, normalised, heading, cut }: FoundText): Origin {
  const atUs = heading?.atUs ?? 0
  return {
    packet,
    offset,
    seconds: Math.floor(atUs / 1e6),
    nanoseconds: (atUs % 1e6) * 1e3,
    atUs,
    transport: heading?.transport,
    source: heading?.source,
    sourcePort: heading?.sourcePort,
    destination: heading?.destination,
    destinationPort: heading?.destinationPort,
    cut,
    normalised,
  }
}

/** Writes an IP address as text: dotted for IPv4, the canonical form of RFC 5952 for IPv6. */
export function formatAddress(bytes: Uint8Array, at: number, family: 4 | 6): string {
  if (family === 4) return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`
  const groups = Array.from({ length: 8 }, (_, index) => (bytes[at + index * 2]! << 8) | bytes[at + index * 2 + 1]!)
  const [gap, length] = longestZeros(groups)
  const text = groups.map((group) => group.toString(16))
  if (length < 2) return text.join(':')
  return `${text.slice(0, gap).join(':')}::${text.slice(gap + length).join(':')}`
}

/** A clock for records that carry no time. */
export function noClock(): Timestamp {
  return { seconds: 0, nanoseconds: 0 }
}

function longestZeros(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0]
  for (let start = 0; start < groups.length; start += 1) {
    let end = start
    while (groups[end] === 0) end += 1
    if (end - start > best[1]) best = [start, end - start]
  }
  return best
}

/** The last second of the year 9999. */
const MAX_SECONDS = 253_402_300_799
