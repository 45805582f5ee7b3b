import { Malformed } from '#codec/sip/malformed.ts'

/**
 * One packet of the Homer Encapsulation Protocol, version 3: a copy of a message with where and when it was seen.
 *
 * Addresses are as written (`192.0.2.1`, `2001:db8::1`), both of one family; `correlationId` ties packets of one call.
 */
export type HepPacket = {
  readonly source: string
  readonly sourcePort: number
  readonly destination: string
  readonly destinationPort: number
  /** IANA protocol number: 17 UDP, 6 TCP. */
  readonly protocol: number
  /** Milliseconds since 1970; microseconds as its fraction. */
  readonly atMs: number
  readonly type: HepType
  readonly captureId: number
  readonly password: string | undefined
  readonly node: string | undefined
  readonly correlationId: string | undefined
  readonly payload: Uint8Array
}

/** What the payload is. */
export type HepType = (typeof HEP_TYPES)[keyof typeof HEP_TYPES]

/** A packet as it was received: of any type, and with its payload still compressed where it came so. */
export type SeenHepPacket = Omit<HepPacket, 'type'> & {
  readonly type: number
  /** The payload came in chunk 16: zlib (RFC 1950), for whoever reads it to open, within a limit of his. */
  readonly isCompressed: boolean
}

/** Protocol types of HEP: the two that a gate sends. */
export const HEP_TYPES = { sip: 1, log: 100 } as const

/**
 * Writes a HEPv3 packet. Throws RangeError where an address is none, both are not of one family, or the packet would be
 * longer than a datagram.
 */
export function formatHep(packet: HepPacket): Uint8Array {
  const source = addressOctets(packet.source)
  const destination = addressOctets(packet.destination)
  if (source.length !== destination.length) throw new RangeError('a HEP packet between two address families')
  const isV4 = source.length === 4
  const seconds = Math.floor(packet.atMs / 1000)
  const chunks: (readonly [type: number, octets: Uint8Array])[] = [
    [CHUNK.family, Uint8Array.of(isV4 ? FAMILY_V4 : FAMILY_V6)],
    [CHUNK.protocol, Uint8Array.of(packet.protocol)],
    [isV4 ? CHUNK.source4 : CHUNK.source6, source],
    [isV4 ? CHUNK.destination4 : CHUNK.destination6, destination],
    [CHUNK.sourcePort, uint16(packet.sourcePort)],
    [CHUNK.destinationPort, uint16(packet.destinationPort)],
    [CHUNK.seconds, uint32(seconds)],
    [CHUNK.microseconds, uint32(Math.floor((packet.atMs - seconds * 1000) * 1000))],
    [CHUNK.type, Uint8Array.of(packet.type)],
    [CHUNK.captureId, uint32(packet.captureId)],
  ]
  if (packet.password !== undefined) chunks.push([CHUNK.password, text(packet.password)])
  if (packet.correlationId !== undefined) chunks.push([CHUNK.correlationId, text(packet.correlationId)])
  if (packet.node !== undefined) chunks.push([CHUNK.node, text(packet.node)])
  chunks.push([CHUNK.payload, packet.payload])
  const length = chunks.reduce((sum, [, octets]) => sum + CHUNK_HEADER_OCTETS + octets.length, HEADER_OCTETS)
  if (length > HEP_OCTETS_MAX) throw new RangeError(`a HEP packet of ${length} octets`)
  const out = new Uint8Array(length)
  const view = new DataView(out.buffer)
  out.set(MAGIC)
  view.setUint16(4, length)
  let at = HEADER_OCTETS
  for (const [type, octets] of chunks) {
    view.setUint16(at + 2, type)
    view.setUint16(at + 4, CHUNK_HEADER_OCTETS + octets.length)
    out.set(octets, at + CHUNK_HEADER_OCTETS)
    at += CHUNK_HEADER_OCTETS + octets.length
  }
  return out
}

/**
 * Reads a HEPv3 packet; chunks of other vendors and of unknown types are passed over, what is missing is zero, empty or
 * undefined. Throws `Malformed` for what is no such packet: every length is checked against what is left.
 */
export function parseHep(bytes: Uint8Array): SeenHepPacket {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length < HEADER_OCTETS || MAGIC.some((octet, at) => bytes[at] !== octet)) throw broken(0)
  const length = view.getUint16(4)
  if (length < HEADER_OCTETS || length > bytes.length) throw broken(4)
  const chunks = new Map<number, Uint8Array>()
  for (let at = HEADER_OCTETS; at < length;) {
    if (length - at < CHUNK_HEADER_OCTETS) throw broken(at)
    const size = view.getUint16(at + 4)
    if (size < CHUNK_HEADER_OCTETS || size > length - at) throw broken(at + 4)
    if (view.getUint16(at) === 0)
      chunks.set(view.getUint16(at + 2), bytes.subarray(at + CHUNK_HEADER_OCTETS, at + size))
    at += size
  }
  const number = (type: number): number => {
    let sum = 0
    for (const octet of chunks.get(type)?.subarray(0, NUMBER_OCTETS_MAX) ?? []) sum = sum * 256 + octet
    return sum
  }
  const words = (type: number): string | undefined => {
    const octets = chunks.get(type)
    return octets === undefined ? undefined : new TextDecoder().decode(octets)
  }
  const isV6 = number(CHUNK.family) === FAMILY_V6
  const plain = chunks.get(CHUNK.payload)
  const compressed = plain === undefined ? chunks.get(CHUNK.compressedPayload) : undefined
  return {
    source: formatAddress(chunks.get(isV6 ? CHUNK.source6 : CHUNK.source4)),
    destination: formatAddress(chunks.get(isV6 ? CHUNK.destination6 : CHUNK.destination4)),
    sourcePort: number(CHUNK.sourcePort),
    destinationPort: number(CHUNK.destinationPort),
    protocol: number(CHUNK.protocol),
    atMs: number(CHUNK.seconds) * 1000 + number(CHUNK.microseconds) / 1000,
    type: number(CHUNK.type),
    captureId: number(CHUNK.captureId),
    password: words(CHUNK.password),
    correlationId: words(CHUNK.correlationId),
    node: words(CHUNK.node),
    payload: plain ?? compressed ?? new Uint8Array(0),
    isCompressed: compressed !== undefined,
  }
}

/**
 * How long the packet is that a stream goes on with, in octets; undefined while too few have come to tell. Throws `Malformed`
 * where no packet begins there: nobody can tell where the next one does.
 */
export function hepLength(bytes: Uint8Array): number | undefined {
  for (let at = 0; at < Math.min(bytes.length, MAGIC.length); at++) if (bytes[at] !== MAGIC[at]) throw broken(at)
  if (bytes.length < HEADER_OCTETS) return undefined
  const length = bytes[4]! * 256 + bytes[5]!
  if (length < HEADER_OCTETS) throw broken(4)
  return length
}

function broken(at: number): Malformed {
  return new Malformed('hep', at, 'HEP3 rev. 37 §2')
}

/** Reads an address as it is written; IPv4 in IPv6 (`::ffff:192.0.2.1`) is taken as it stands, as IPv6. */
function addressOctets(address: string): Uint8Array {
  if (!address.includes(':')) {
    const parts = address.split('.')
    const octets = parts.map((part) => (/^[0-9]{1,3}$/.test(part) ? Number(part) : 256))
    if (octets.length !== 4 || octets.some((octet) => octet > 255)) throw new RangeError(`no address: ${address}`)
    return Uint8Array.from(octets)
  }
  const bare = address.split('%')[0]!.replace(/[0-9]+(?:\.[0-9]+){3}$/, (quad) => {
    const [a, b, c, d] = addressOctets(quad)
    return `${((a! << 8) | b!).toString(16)}:${((c! << 8) | d!).toString(16)}`
  })
  const [head = '', tail, more] = bare.split('::')
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const front = groups(head)
  const back = tail === undefined ? [] : groups(tail)
  const missing = GROUPS - front.length - back.length
  const all = [...front, ...Array.from({ length: tail === undefined ? 0 : Math.max(0, missing) }, () => '0'), ...back]
  if (more !== undefined || all.length !== GROUPS || all.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group)))
    throw new RangeError(`no address: ${address}`)
  return Uint8Array.from(all.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]))
}

function formatAddress(octets: Uint8Array | undefined): string {
  if (octets?.length === 4) return octets.join('.')
  if (octets?.length !== 16) return ''
  const groups = Array.from({ length: GROUPS }, (_, group) =>
    ((octets[group * 2]! << 8) | octets[group * 2 + 1]!).toString(16),
  )
  return groups.join(':')
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of((value >> 8) & 255, value & 255)
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

const CHUNK = {
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

const MAGIC = [0x48, 0x45, 0x50, 0x33] as const
const HEADER_OCTETS = 6
const CHUNK_HEADER_OCTETS = 6
const FAMILY_V4 = 2
const FAMILY_V6 = 10
const GROUPS = 8
const NUMBER_OCTETS_MAX = 4

/** What a datagram carries at most over IPv4. */
export const HEP_OCTETS_MAX = 65_507
