/**
 * SipHash (Aumasson and Bernstein, 2012): a keyed 64-bit hash that an outsider cannot steer.
 *
 * It absorbs octets in pieces and makes no objects, as a call path wants it; the result lies in `high` and `low`. The pieces
 * are gathered first, so that whole words are read at once and not put together from octets.
 */
export class SipHash {
  high = 0
  low = 0
  readonly #key: Int32Array
  readonly #rounds: number
  readonly #lastRounds: number
  #v0l = 0
  #v0h = 0
  #v1l = 0
  #v1h = 0
  #v2l = 0
  #v2h = 0
  #v3l = 0
  #v3h = 0
  readonly #words = new Int32Array(GATHERED_BYTES / 4)
  readonly #gathered = new Uint8Array(this.#words.buffer)
  /** How many octets are gathered, and how many went in before them. */
  #at = 0
  #absorbed = 0

  /**
   * Takes a key of 16 octets. SipHash-2-4 is for what is stored; 1-3, which its authors offer for tables in memory, takes
   * little more than half the time.
   */
  constructor(key: Uint8Array, kind: '2-4' | '1-3' = '2-4') {
    if (key.length !== 16) throw new Error('a SipHash key has 16 octets')
    const words = new DataView(key.buffer, key.byteOffset, 16)
    this.#key = Int32Array.of(...[0, 4, 8, 12].map((at) => words.getInt32(at, true)))
    this.#rounds = kind === '2-4' ? 2 : 1
    this.#lastRounds = kind === '2-4' ? 4 : 3
    this.start()
  }

  start(): this {
    const key = this.#key
    this.#v0l = key[0]! ^ 0x70736575
    this.#v0h = key[1]! ^ 0x736f6d65
    this.#v1l = key[2]! ^ 0x6e646f6d
    this.#v1h = key[3]! ^ 0x646f7261
    this.#v2l = key[0]! ^ 0x6e657261
    this.#v2h = key[1]! ^ 0x6c796765
    this.#v3l = key[2]! ^ 0x79746573
    this.#v3h = key[3]! ^ 0x74656462
    this.#at = 0
    this.#absorbed = 0
    return this
  }

  octets(bytes: Uint8Array, start: number, end: number): this {
    const gathered = this.#gathered
    let from = start
    while (from < end) {
      if (this.#at === GATHERED_BYTES) this.#flush()
      const at = this.#at
      const count = Math.min(end - from, GATHERED_BYTES - at)
      for (let index = 0; index < count; index++) gathered[at + index] = bytes[from + index]!
      from += count
      this.#at = at + count
    }
    return this
  }

  /** Absorbs text that is ASCII. */
  text(text: string): this {
    for (let at = 0; at < text.length; at++) this.octet(text.charCodeAt(at))
    return this
  }

  /** Absorbs one octet: a separator between variable parts. */
  octet(value: number): this {
    if (this.#at === GATHERED_BYTES) this.#flush()
    this.#gathered[this.#at++] = value
    return this
  }

  /** Absorbs a number below 2^32 as four octets. */
  number(value: number): this {
    return this.octet(value & 255)
      .octet((value >>> 8) & 255)
      .octet((value >>> 16) & 255)
      .octet(value >>> 24)
  }

  finish(): this {
    const length = this.#absorbed + this.#at
    while (this.#at % WORD !== WORD - 1) this.octet(0)
    this.octet(length & 255).#flush()
    this.#v2l ^= 0xff
    this.#absorb(ZERO, 2, this.#lastRounds)
    this.low = (this.#v0l ^ this.#v1l ^ this.#v2l ^ this.#v3l) >>> 0
    this.high = (this.#v0h ^ this.#v1h ^ this.#v2h ^ this.#v3h) >>> 0
    return this
  }

  /** Absorbs what is gathered, which is whole words. */
  #flush(): void {
    const count = this.#at / 4
    if (!LITTLE_ENDIAN) for (let word = 0; word < count; word++) this.#words[word] = swapped(this.#words[word]!)
    this.#absorb(this.#words, count, this.#rounds)
    this.#absorbed += this.#at
    this.#at = 0
  }

  /**
   * Absorbs words of 64 bits, each as two halves. A sum of two halves carries where both have the top bit, or one has and the sum
   * has not: said so, it is found without a branch, and a branch that goes either way half the time would cost more than the
   * rest.
   */
  #absorb(words: Int32Array, count: number, rounds: number): void {
    let v0l = this.#v0l
    let v0h = this.#v0h
    let v1l = this.#v1l
    let v1h = this.#v1h
    let v2l = this.#v2l
    let v2h = this.#v2h
    let v3l = this.#v3l
    let v3h = this.#v3h
    let held = 0
    let sum = 0
    for (let at = 0; at < count; at += 2) {
      const low = words[at]!
      const high = words[at + 1]!
      v3l ^= low
      v3h ^= high
      for (let round = 0; round < rounds; round++) {
        sum = (v0l + v1l) | 0
        v0h = (v0h + v1h + (((v0l & v1l) | ((v0l | v1l) & ~sum)) >>> 31)) | 0
        v0l = sum
        held = (v1l << 13) | (v1h >>> 19)
        v1h = ((v1h << 13) | (v1l >>> 19)) ^ v0h
        v1l = held ^ v0l
        held = v0l
        v0l = v0h
        v0h = held
        sum = (v2l + v3l) | 0
        v2h = (v2h + v3h + (((v2l & v3l) | ((v2l | v3l) & ~sum)) >>> 31)) | 0
        v2l = sum
        held = (v3l << 16) | (v3h >>> 16)
        v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h
        v3l = held ^ v2l
        sum = (v0l + v3l) | 0
        v0h = (v0h + v3h + (((v0l & v3l) | ((v0l | v3l) & ~sum)) >>> 31)) | 0
        v0l = sum
        held = (v3l << 21) | (v3h >>> 11)
        v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h
        v3l = held ^ v0l
        sum = (v2l + v1l) | 0
        v2h = (v2h + v1h + (((v2l & v1l) | ((v2l | v1l) & ~sum)) >>> 31)) | 0
        v2l = sum
        held = (v1l << 17) | (v1h >>> 15)
        v1h = ((v1h << 17) | (v1l >>> 15)) ^ v2h
        v1l = held ^ v2l
        held = v2l
        v2l = v2h
        v2h = held
      }
      v0l ^= low
      v0h ^= high
    }
    this.#v0l = v0l
    this.#v0h = v0h
    this.#v1l = v1l
    this.#v1h = v1h
    this.#v2l = v2l
    this.#v2h = v2h
    this.#v3l = v3l
    this.#v3h = v3h
  }
}

function swapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
}

/** Octets of a word. */
const WORD = 8
const ZERO = new Int32Array(2)
/** As much as the names of a call usually have; what is longer is absorbed in parts. */
const GATHERED_BYTES = 512
const LITTLE_ENDIAN = new Uint8Array(Int32Array.of(1).buffer)[0] === 1
