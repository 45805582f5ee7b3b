import { type Libc, systemError } from './libc.ts'
import { plainAddress } from './udp.ts'

/** Of a socket, and so of every address that it shows or takes. */
export type Family = 4 | 6

/** A `sockaddr_in` or `sockaddr_in6` as 32-bit words, little-endian: family and port, then the address. */
export type SocketAddress = Uint32Array

/** How many octets the system's form of an address has. */
export const SOCKADDR_BYTES: Readonly<Record<Family, number>> = { 4: 16, 6: 28 }
export const FAMILY_NUMBERS: Readonly<Record<Family, number>> = { 4: 2, 6: 10 }

/** Reads `192.0.2.1`, `2001:db8::1` or `fe80::1%eth0`; on a socket for IPv6 an IPv4 address is mapped. Throws for anything else. */
export function parseSocketAddress(libc: Libc, text: string, port: number, family: Family): SocketAddress {
  const words = new Uint32Array(SOCKADDR_BYTES[family] / 4)
  const [address = '', zone] = text.split('%')
  const octets = new Uint8Array(16)
  const full = family === 6 && !address.includes(':') ? `::ffff:${address}` : address
  if (libc.inet_pton(FAMILY_NUMBERS[family], full, octets) !== 1) throw systemError('inet_pton', EINVAL)
  words.set(new Uint32Array(octets.buffer, 0, family === 6 ? 4 : 1), family === 6 ? IN6_ADDRESS : IN_ADDRESS)
  if (zone !== undefined && family === 6) {
    const scope = libc.if_nametoindex(zone)
    if (scope === 0) throw systemError('if_nametoindex', libc.errno())
    words[IN6_SCOPE] = scope
  }
  setPort(words, 0, port, family)
  return words
}

/** The address that stands at a word of `words`, as dgram shows it: mapped addresses plain, link-local ones with their zone. */
export function formatSocketAddress(libc: Libc, words: Uint32Array, at: number, family: Family): string {
  const start = at + (family === 6 ? IN6_ADDRESS : IN_ADDRESS)
  const octets = new Uint8Array(words.slice(start, start + (family === 6 ? 4 : 1)).buffer)
  if (family === 4) return octets.join('.')
  const text = Buffer.alloc(TEXT_BYTES)
  if (libc.inet_ntop(FAMILY_NUMBERS[6], octets, text, text.length) === 0n) throw systemError('inet_ntop', libc.errno())
  const scope = words[at + IN6_SCOPE]!
  const isLinkLocal = octets[0] === 0xfe && (octets[1]! & 0xc0) === 0x80
  return plainAddress(upToZero(text)) + (isLinkLocal && scope > 0 ? `%${interfaceName(libc, scope)}` : '')
}

export function portOf(words: Uint32Array, at: number): number {
  const port = words[at]! >>> 16
  return ((port & 0xff) << 8) | (port >>> 8)
}

/** Writes family and port, which share the first word. */
export function setPort(words: Uint32Array, at: number, port: number, family: Family): void {
  words[at] = FAMILY_NUMBERS[family] | ((port & 0xff) << 24) | ((port & 0xff00) << 8)
}

function interfaceName(libc: Libc, scope: number): string {
  const name = Buffer.alloc(TEXT_BYTES)
  return libc.if_indextoname(scope, name) === 0n ? String(scope) : upToZero(name)
}

function upToZero(text: Buffer): string {
  return text.toString('latin1', 0, text.indexOf(0))
}

// Words of the two structures.
const IN_ADDRESS = 1
const IN6_ADDRESS = 2
const IN6_SCOPE = 6
/** Room for an IPv6 address or the name of an interface. */
const TEXT_BYTES = 64
const EINVAL = 22
