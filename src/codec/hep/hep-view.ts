import { Malformed } from '#codec/sip/malformed.ts'

/**
 * Points at the parts of a packet of the Homer Encapsulation Protocol: a view that is used again for each, as a monitor of
 * many calls wants it. Text is made of a part only when it is asked for.
 */
export class HepView {
  bytes: Uint8Array = NOTHING
  /** 3, or 1 and 2 of old agents. */
  version = 0
  /** IANA protocol number: 17 UDP, 6 TCP. */
  protocol = 0
  sourcePort = 0
  destinationPort = 0
  /** Milliseconds since 1970; 0 where the packet does not tell: version 1, and agents that leave it out. */
  atMs = 0
  /** What the payload is: 1 for SIP. */
  type = 0
  captureId = 0
  /** The payload came in chunk 16: zlib (RFC 1950). */
  isCompressed = false
  payloadStart = 0
  payloadEnd = 0
  #isV6 = false
  /** Where the value of each known chunk begins, and ends; of version 3. */
  readonly #starts = new Int32Array(CHUNKS)
  readonly #ends = new Int32Array(CHUNKS)

  /**
   * Points at a packet. Chunks of other vendors and of unknown types are passed over. Throws `Malformed` for what is no packet:
   * every length is checked against what is left.
   */
  read(bytes: Uint8Array): void {
    this.bytes = bytes
    this.#starts.fill(-1)
    if (bytes[0] === MAGIC[0]) this.#readChunks()
    else this.#readOld()
  }

  get payload(): Uint8Array {
    return this.bytes.subarray(this.payloadStart, this.payloadEnd)
  }

  /** As written: `192.0.2.1`, `2001:db8:0:0:0:0:0:1`; empty where there is none. */
  get source(): string {
    return this.#address(this.#isV6 ? CHUNK.source6 : CHUNK.source4)
  }

  get destination(): string {
    return this.#address(this.#isV6 ? CHUNK.destination6 : CHUNK.destination4)
  }

  /** The authentication key. */
  get password(): string | undefined {
    return this.#words(CHUNK.password)
  }

  get correlationId(): string | undefined {
    return this.#words(CHUNK.correlationId)
  }

  get node(): string | undefined {
    return this.#words(CHUNK.node)
  }

  #readChunks(): void {
    const { bytes } = this
    if (bytes.length < HEADER_OCTETS) throw broken(0)
    for (let at = 1; at < MAGIC.length; at++) if (bytes[at] !== MAGIC[at]) throw broken(0)
    const length = bytes[4]! * 256 + bytes[5]!
    if (length < HEADER_OCTETS || length > bytes.length) throw broken(4)
    for (let at = HEADER_OCTETS; at < length;) {
      if (length - at < CHUNK_HEADER_OCTETS) throw broken(at)
      const size = bytes[at + 4]! * 256 + bytes[at + 5]!
      if (size < CHUNK_HEADER_OCTETS || size > length - at) throw broken(at + 4)
      const type = bytes[at + 2]! * 256 + bytes[at + 3]!
      if (bytes[at] === 0 && bytes[at + 1] === 0 && type < CHUNKS) {
        this.#starts[type] = at + CHUNK_HEADER_OCTETS
        this.#ends[type] = at + size
      }
      at += size
    }
    this.version = 3
    this.#isV6 = this.#number(CHUNK.family) === FAMILY_V6
    this.protocol = this.#number(CHUNK.protocol)
    this.sourcePort = this.#number(CHUNK.sourcePort)
    this.destinationPort = this.#number(CHUNK.destinationPort)
    this.atMs = this.#number(CHUNK.seconds) * 1000 + this.#number(CHUNK.microseconds) / 1000
    this.type = this.#number(CHUNK.type)
    this.captureId = this.#number(CHUNK.captureId)
    this.isCompressed = this.#starts[CHUNK.payload]! < 0 && this.#starts[CHUNK.compressedPayload]! >= 0
    const payload = this.isCompressed ? CHUNK.compressedPayload : CHUNK.payload
    const isThere = this.#starts[payload]! >= 0
    this.payloadStart = isThere ? this.#starts[payload]! : length
    this.payloadEnd = isThere ? this.#ends[payload]! : length
  }

  /** Version, length of the header, family, protocol, ports, addresses; in version 2 seconds, microseconds and who sent it. */
  #readOld(): void {
    const { bytes } = this
    const [version, length, family] = bytes
    if (bytes.length < OLD_HEADER_OCTETS || (version !== 1 && version !== 2)) throw broken(0)
    this.#isV6 = family === FAMILY_V6 || family === FAMILY_V6_BSD
    if (!this.#isV6 && family !== FAMILY_V4) throw broken(2)
    const octets = this.#isV6 ? 16 : 4
    const timeAt = OLD_HEADER_OCTETS + 2 * octets
    // Some agents count the time into the header's length, others do not.
    const payloadAt = Math.max(length!, timeAt + (version === 2 ? OLD_TIME_OCTETS : 0))
    if (length! < timeAt || payloadAt > bytes.length) throw broken(1)
    this.version = version
    this.protocol = bytes[3]!
    this.sourcePort = bytes[4]! * 256 + bytes[5]!
    this.destinationPort = bytes[6]! * 256 + bytes[7]!
    this.#point(this.#isV6 ? CHUNK.source6 : CHUNK.source4, OLD_HEADER_OCTETS, octets)
    this.#point(this.#isV6 ? CHUNK.destination6 : CHUNK.destination4, OLD_HEADER_OCTETS + octets, octets)
    // Agents write these as they lie in their memory: least octet first on every machine that is still about.
    const word = (at: number, size: number): number => {
      let sum = 0
      for (let index = size - 1; index >= 0; index--) sum = sum * 256 + bytes[at + index]!
      return sum
    }
    this.atMs = version === 2 ? word(timeAt, 4) * 1000 + word(timeAt + 4, 4) / 1000 : 0
    this.captureId = version === 2 ? word(timeAt + 8, 2) : 0
    this.type = SIP
    this.isCompressed = false
    this.payloadStart = payloadAt
    this.payloadEnd = bytes.length
  }

  #point(chunk: number, start: number, octets: number): void {
    this.#starts[chunk] = start
    this.#ends[chunk] = start + octets
  }

  #number(chunk: number): number {
    let sum = 0
    const start = this.#starts[chunk]!
    if (start < 0) return 0
    const end = Math.min(this.#ends[chunk]!, start + NUMBER_OCTETS_MAX)
    for (let at = start; at < end; at++) sum = sum * 256 + this.bytes[at]!
    return sum
  }

  #words(chunk: number): string | undefined {
    const start = this.#starts[chunk]!
    return start < 0 ? undefined : TEXT.decode(this.bytes.subarray(start, this.#ends[chunk]))
  }

  #address(chunk: number): string {
    const { bytes } = this
    const at = this.#starts[chunk]!
    const octets = at < 0 ? 0 : this.#ends[chunk]! - at
    if (octets === 4) return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`
    if (octets !== 16) return ''
    const group = (index: number) => ((bytes[at + index * 2]! << 8) | bytes[at + index * 2 + 1]!).toString(16)
    return Array.from({ length: GROUPS }, (_, index) => group(index)).join(':')
  }
}

/** The fault of a packet, at an octet of it. */
export function broken(at: number): Malformed {
  return new Malformed('hep', at, 'HEP3 rev. 37 §2')
}

/** Types of chunks without a vendor. */
export const CHUNK = {
  family: 1,
  protocol: 2,
  source4: 3,
  destination4: 4,
  source6: 5,
  destination6: 6,
  sourcePort: 7,
  destinationPort: 8,
  seconds: 9,
  microseconds: 10,
  type: 11,
  captureId: 12,
  password: 14,
  payload: 15,
  compressedPayload: 16,
  correlationId: 17,
  node: 19,
} as const

/** `HEP3` */
export const MAGIC = [0x48, 0x45, 0x50, 0x33] as const
export const HEADER_OCTETS = 6
export const CHUNK_HEADER_OCTETS = 6
/** Linux's numbers of the families, which the packets have. */
export const FAMILY_V4 = 2
export const FAMILY_V6 = 10
/** Groups of an IPv6 address. */
export const GROUPS = 8
/** An agent on macOS tells IPv6 so. */
const FAMILY_V6_BSD = 30
const CHUNKS = 20
const NUMBER_OCTETS_MAX = 4
const OLD_HEADER_OCTETS = 8
/** Seconds, microseconds, capture id, and two octets that fill it up. */
const OLD_TIME_OCTETS = 12
const SIP = 1
const NOTHING = new Uint8Array(0)
const TEXT = new TextDecoder()
