import { readFileSync } from 'node:fs'
import { endianness } from 'node:os'

/**
 * Counts the datagrams for a socket of this machine that found its receive buffer full, by the system's own table (Linux).
 * `local` is as in `127.0.0.1:9060` or `[::1]:9060`. Elsewhere nothing is known, and nothing counted.
 */
export class Overrun {
  readonly #table: string
  readonly #local: string
  #told = 0

  constructor(local: string) {
    const host = local.slice(0, local.lastIndexOf(':'))
    const isSix = host.startsWith('[')
    this.#table = isSix ? '/proc/net/udp6' : '/proc/net/udp'
    const octets = isSix ? octetsOfSix(host.slice(1, -1)) : host.split('.').map(Number)
    this.#local = `${hexadecimal(octets)}:${portOf(local)}`
  }

  /** How many there were since it was asked last. */
  more(): number {
    let table: string
    try {
      table = readFileSync(this.#table, 'latin1')
    } catch {
      return 0
    }
    const more = readDrops(table, this.#local) - this.#told
    if (more <= 0) return 0
    this.#told += more
    return more
  }
}

/** What a table as `/proc/net/udp` says was dropped of sockets with a local address, spelled as there. */
export function readDrops(table: string, local: string): number {
  let drops = 0
  for (const line of table.split('\n')) {
    const fields = line.trim().split(/\s+/)
    if (fields[1] === local) drops += Number(fields.at(-1))
  }
  return drops
}

/** The system prints addresses as words of its own octet order. */
function hexadecimal(octets: readonly number[]): string {
  const words = Array.from({ length: octets.length / 4 }, (_, word) => octets.slice(word * 4, word * 4 + 4))
  const ordered = words.flatMap((word) => (endianness() === 'LE' ? word.toReversed() : word))
  return Buffer.from(ordered).toString('hex').toUpperCase()
}

function octetsOfSix(address: string): number[] {
  const [head = '', tail] = address.split('%')[0]!.split('::')
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
  const [before, after] = [groups(head), groups(tail ?? '')]
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0)
  return [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff])
}

function portOf(local: string): string {
  return Number(local.slice(local.lastIndexOf(':') + 1))
    .toString(16)
    .toUpperCase()
    .padStart(4, '0')
}
