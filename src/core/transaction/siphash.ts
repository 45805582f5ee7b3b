/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed 64-bit hash that an outsider cannot steer.
 *
 * It absorbs octets in pieces and makes no objects, as a call path wants it; the result lies in `high` and `low`.
 */
export class SipHash {
  high = 0
  low = 0
  readonly #key: Int32Array
  #v0l = 0
  #v0h = 0
  #v1l = 0
  #v1h = 0
  #v2l = 0
  #v2h = 0
  #v3l = 0
  #v3h = 0
  /** The octets of the word being filled, and how many octets went in altogether. */
  readonly #tail = new Uint8Array(WORD)
  #length = 0

  /** Takes a key of 16 octets. */
  constructor(key: Uint8Array) {
    if (key.length !== 16) throw new Error('a SipHash key has 16 octets')
    const words = new DataView(key.buffer, key.byteOffset, 16)
    this.#key = Int32Array.of(...[0, 4, 8, 12].map((at) => words.getInt32(at, true)))
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
    this.#length = 0
    return this
  }

  octets(bytes: Uint8Array, start: number, end: number): this {
    let at = start
    while (at < end && this.#length % WORD !== 0) this.octet(bytes[at++]!)
    const words = (end - at) >> 3
    if (words > 0) {
      this.#absorb(bytes, at, words, 2)
      at += words * WORD
      this.#length += words * WORD
    }
    while (at < end) this.octet(bytes[at++]!)
    return this
  }

  /** Absorbs one octet: a separator between variable parts. */
  octet(value: number): this {
    this.#tail[this.#length++ % WORD] = value
    if (this.#length % WORD === 0) this.#absorb(this.#tail, 0, 1, 2)
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
    const tail = this.#tail
    const length = this.#length
    tail.fill(0, length % WORD, WORD - 1)
    tail[WORD - 1] = length & 255
    this.#absorb(tail, 0, 1, 2)
    this.#v2l ^= 0xff
    this.#absorb(ZERO, 0, 1, 4)
    this.low = (this.#v0l ^ this.#v1l ^ this.#v2l ^ this.#v3l) >>> 0
    this.high = (this.#v0h ^ this.#v1h ^ this.#v2h ^ this.#v3h) >>> 0
    return this
  }

  /**
   * Absorbs whole words. A sum of two halves carries where both have the top bit, or one has and the sum has not: said so, it
   * is found without a branch, and a branch that goes either way half the time would cost more than the rest.
   */
  #absorb(bytes: Uint8Array, start: number, words: number, rounds: number): void {
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
    const end = start + words * WORD
    for (let at = start; at < end; at += WORD) {
      const low = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
      const high = bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24)
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

const WORD = 8
const ZERO = new Uint8Array(WORD)
