// Builds packets and capture files, layer by layer, for tests: each function wraps what the one before it made.

/** One packet of a file to be: `originalBytes` is how long it was on the wire, if longer than what is kept. */
export type BuiltPacket = {
  readonly bytes: Uint8Array
  readonly seconds?: number
  readonly nanoseconds?: number
  readonly originalBytes?: number
}

export type FileShape = {
  readonly little?: boolean
  readonly nano?: boolean
  readonly linkType?: number
  readonly snaplen?: number
}

/** Joins pieces; a string stands for its Latin-1 bytes. */
export function join(...pieces: (Uint8Array | string | readonly number[])[]): Uint8Array {
  const parts = pieces.map((piece) =>
    typeof piece === 'string' ? Uint8Array.from(piece, (character) => character.charCodeAt(0)) : Uint8Array.from(piece),
  )
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export function udp(sourcePort: number, destinationPort: number, payload: Uint8Array): Uint8Array {
  return join(big16(sourcePort), big16(destinationPort), big16(8 + payload.length), big16(0), payload)
}

/** A TCP segment; `flags` as on the wire: FIN 1, SYN 2, RST 4, PSH 8, ACK 16. */
export function tcp(
  sourcePort: number,
  destinationPort: number,
  sequence: number,
  payload: Uint8Array,
  flags = 0x18,
): Uint8Array {
  const ports = [...big16(sourcePort), ...big16(destinationPort)]
  return join(ports, big32(sequence), big32(1), [0x50, flags], big16(65_535), big32(0), payload)
}

export type Ipv4Shape = { options?: number; id?: number; position?: number; more?: boolean; totalBytes?: number }

/** An IPv4 packet; `options` is the length of no-operation options, `position` where a fragment stands. */
export function ipv4(
  protocol: number,
  source: readonly number[],
  destination: readonly number[],
  payload: Uint8Array,
  { options = 0, id = 1, position = 0, more = false, totalBytes }: Ipv4Shape = {},
): Uint8Array {
  const headerBytes = 20 + options
  const total = totalBytes ?? headerBytes + payload.length
  const fragment = (more ? 0x2000 : 0) | (position / 8)
  const front = [0x40 | (headerBytes / 4), 0, ...big16(total), ...big16(id), ...big16(fragment), 64, protocol, 0, 0]
  return join(front, source, destination, new Uint8Array(options).fill(1), payload)
}

/** Cuts a transport payload into IPv4 packets of at most `size` payload bytes (a multiple of 8). */
export function ipv4Fragments(
  protocol: number,
  source: readonly number[],
  destination: readonly number[],
  payload: Uint8Array,
  size: number,
  id = 7,
): Uint8Array[] {
  return pieces(payload, size).map(([position, data, more]) =>
    ipv4(protocol, source, destination, data, { id, position, more }),
  )
}

/** An IPv6 packet; each extension header is its number and its bytes, whose first is filled in. */
export function ipv6(
  protocol: number,
  source: readonly number[],
  destination: readonly number[],
  payload: Uint8Array,
  extensions: readonly [number: number, bytes: Uint8Array][] = [],
): Uint8Array {
  const chain = extensions.map(([, bytes], index) => {
    const header = Uint8Array.from(bytes)
    header[0] = extensions[index + 1]?.[0] ?? protocol
    return header
  })
  const body = join(...chain, payload)
  return join([0x60, 0, 0, 0], big16(body.length), [extensions[0]?.[0] ?? protocol, 64], source, destination, body)
}

export function ipv6Fragments(
  protocol: number,
  source: readonly number[],
  destination: readonly number[],
  payload: Uint8Array,
  size: number,
  id = 7,
): Uint8Array[] {
  return pieces(payload, size).map(([position, data, more]) =>
    ipv6(protocol, source, destination, data, [[44, join([0, 0], big16(position | (more ? 1 : 0)), big32(id))]]),
  )
}

/** Puts the link layer of this type in front of an IP packet; `tags` are the EtherTypes of VLAN tags (Ethernet, cooked). */
export function link(linkType: number, packet: Uint8Array, tags: readonly number[] = []): Uint8Array {
  const type = packet[0]! >> 4 === 6 ? 0x86dd : 0x0800
  const types = [...tags, type]
  const tagged = types.flatMap((type, index) => [...(index === 0 ? [] : big16(index)), ...big16(type)])
  switch (linkType) {
    case 1:
      return join([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1], tagged, packet)
    case 113:
      return join(big16(0), big16(1), big16(6), [2, 0, 0, 0, 0, 1, 0, 0], tagged, packet)
    case 276:
      return join(tagged.slice(0, 2), new Uint8Array(18), tagged.slice(2), packet)
    case 0:
      return join([type === 0x0800 ? 2 : 30, 0, 0, 0], packet)
    case 108:
      return join([0, 0, 0, type === 0x0800 ? 2 : 24], packet)
    default:
      return packet
  }
}

export function pcapFile(packets: readonly BuiltPacket[], shape: FileShape = {}): Uint8Array {
  const { little = true, nano = false, linkType = 1, snaplen = 262_144 } = shape
  const word = little ? little32 : big32
  const half = little ? little16 : big16
  const header = [...word(nano ? 0xa1b23c4d : 0xa1b2c3d4), ...half(2), ...half(4), ...word(0), ...word(0)]
  const records = packets.map(({ bytes, seconds = 0, nanoseconds = 0, originalBytes = bytes.length }) => {
    const fraction = nano ? nanoseconds : Math.floor(nanoseconds / 1000)
    return join(word(seconds), word(fraction), word(bytes.length), word(originalBytes), bytes)
  })
  return join(header, word(snaplen), word(linkType), ...records)
}

/** Builds the blocks of a pcapng file in one byte order. */
export function pcapngBlocks(little = true) {
  const word = little ? little32 : big32
  const half = little ? little16 : big16
  const block = (type: number, ...body: (Uint8Array | readonly number[])[]): Uint8Array => {
    const content = padded(join(...body))
    const length = word(content.length + 12)
    return join(word(type), length, content, length)
  }
  const option = (code: number, value: Uint8Array | readonly number[]): Uint8Array =>
    join(half(code), half(value.length), padded(join(value)))
  return {
    block,
    section: (): Uint8Array => block(0x0a0d0d0a, word(0x1a2b3c4d), half(1), half(0), new Uint8Array(8).fill(0xff)),
    describe: (linkType: number, resolution?: number, offsetSeconds?: number): Uint8Array => {
      const offset = little ? [...word(offsetSeconds ?? 0), ...word(0)] : [...word(0), ...word(offsetSeconds ?? 0)]
      return block(
        1,
        half(linkType),
        half(0),
        word(262_144),
        resolution === undefined ? [] : option(9, [resolution]),
        offsetSeconds === undefined ? [] : option(14, offset),
        option(0, []),
      )
    },
    packet: (index: number, units: bigint, bytes: Uint8Array): Uint8Array =>
      block(6, word(index), ...time(units, word), word(bytes.length), word(bytes.length), padded(bytes)),
    oldPacket: (index: number, units: bigint, bytes: Uint8Array): Uint8Array =>
      block(2, half(index), half(0), ...time(units, word), word(bytes.length), word(bytes.length), padded(bytes)),
    simplePacket: (bytes: Uint8Array): Uint8Array => block(3, word(bytes.length), padded(bytes)),
  }
}

function pieces(payload: Uint8Array, size: number): [position: number, data: Uint8Array, more: boolean][] {
  return Array.from({ length: Math.ceil(payload.length / size) }, (_, index) => {
    const position = index * size
    return [position, payload.subarray(position, position + size), position + size < payload.length]
  })
}

function time(units: bigint, word: (value: number) => number[]): number[][] {
  return [word(Number(units >> 32n)), word(Number(units & 0xffffffffn))]
}

function padded(bytes: Uint8Array): Uint8Array {
  return join(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4))
}

function big16(value: number): number[] {
  return [(value >>> 8) & 0xff, value & 0xff]
}

function big32(value: number): number[] {
  return [...big16(value >>> 16), ...big16(value)]
}

function little16(value: number): number[] {
  return big16(value).toReversed()
}

function little32(value: number): number[] {
  return big32(value).toReversed()
}
