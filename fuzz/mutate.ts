/**
 * Makes inputs out of seeds, the same ones for the same number: octets changed, dropped, doubled and swapped, pieces of
 * another seed put in, and the few octets that mean something to a SIP parser set where they do not belong.
 */
export function mutator(seeds: readonly Uint8Array[], seed: number): () => Uint8Array {
  const random = generator(seed)
  const below = (limit: number): number => Math.floor(random() * limit)
  const pick = <T>(items: readonly T[]): T => items[below(items.length)]!

  function change(bytes: Uint8Array): Uint8Array {
    const at = below(bytes.length + 1)
    const to = Math.min(bytes.length, at + 1 + below(random() < 0.9 ? 8 : 400))
    const splice = (put: Iterable<number>, until = to): Uint8Array =>
      Uint8Array.from([...bytes.subarray(0, at), ...put, ...bytes.subarray(until)])
    switch (below(8)) {
      case 0:
        return splice([])
      case 1:
        return splice([below(256)], at + 1)
      case 2:
        return splice(OCTETS(pick(WORDS)), at)
      case 3:
        return splice(OCTETS(pick(WORDS)))
      case 4:
        return splice([...bytes.subarray(at, to), ...bytes.subarray(at, to)])
      case 5:
        return splice(bytes.subarray(at, to).toReversed())
      case 6: {
        const other = pick(seeds)
        const from = below(other.length + 1)
        return splice(other.subarray(from, from + below(200)), at)
      }
      default:
        return splice(OCTETS(pick(WORDS).repeat(1 + below(300))), at)
    }
  }

  return () => {
    let bytes = pick(seeds)
    for (let changes = 1 + below(6); changes > 0; changes--) bytes = change(bytes)
    return bytes.subarray(0, BYTES_MAX)
  }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const OCTETS = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

const BYTES_MAX = 20_000
const WORDS = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  '\r\n ',
  ' ',
  '\t',
  '"',
  '\\',
  '\\"',
  '\\\0',
  ';',
  ',',
  '<',
  '>',
  ':',
  '=',
  '@',
  '?',
  '%',
  '%00',
  '[',
  ']',
  '[::1]',
  '\u007f',
  '\u001b',
  '\u00ff',
  ';rport',
  ';received=::1',
  ';tag=',
  ';branch=z9hG4bK',
  'sip:',
  'tel:+',
  'SIP/2.0',
  '\r\nVia: SIP/2.0/UDP a',
  '\r\nl: 0\r\n',
  '\r\nContent-Length: 99\r\n',
  '\r\nReason: SIP;cause=603;text="v=analytics1;',
  '\r\nP-Asserted-Identity: ',
  '\r\n\r\n',
  '__proto__',
  '4294967296',
  '-1',
  'é',
]
