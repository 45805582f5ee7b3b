import {
  CHUNK,
  CHUNK_HEADER_OCTETS,
  FAMILY_V4,
  FAMILY_V6,
  GROUPS,
  HEADER_OCTETS,
  HepView,
  MAGIC,
  broken,
} from './hep-view.ts'

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
 * Reads a packet of version 3, or of the older 1 and 2; what is missing is zero, empty or undefined. Throws `Malformed` for
 * what is no such packet.
 */
export function parseHep(bytes: Uint8Array): SeenHepPacket {
  VIEW.read(bytes)
  return {
    source: VIEW.source,
    destination: VIEW.destination,
    sourcePort: VIEW.sourcePort,
    destinationPort: VIEW.destinationPort,
    protocol: VIEW.protocol,
    atMs: VIEW.atMs,
    type: VIEW.type,
    captureId: VIEW.captureId,
    password: VIEW.password,
    correlationId: VIEW.correlationId,
    node: VIEW.node,
    payload: VIEW.payload,
    isCompressed: VIEW.isCompressed,
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

function uint16(value: number): Uint8Array {
  return Uint8Array.of((value >> 8) & 255, value & 255)
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

const VIEW = new HepView()

/** What a datagram carries at most over IPv4. */
export const HEP_OCTETS_MAX = 65_507
