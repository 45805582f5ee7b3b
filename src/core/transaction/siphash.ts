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
  #wordLow = 0
  #wordHigh = 0
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
    this.#wordLow = 0
    this.#wordHigh = 0
    this.#length = 0
    return this
  }

  octets(bytes: Uint8Array, start: number, end: number): this {
    let low = this.#wordLow
    let high = this.#wordHigh
    let length = this.#length
    for (let at = start; at < end; at++) {
      const lane = length & 7
      if (lane < 4) low |= bytes[at]! << (lane << 3)
      else high |= bytes[at]! << ((lane - 4) << 3)
      length++
      if (lane === 7) {
        this.#absorb(low, high)
        low = 0
        high = 0
      }
    }
    this.#wordLow = low
    this.#wordHigh = high
    this.#length = length
    return this
  }

  /** Absorbs one octet: a separator between variable parts. */
  octet(value: number): this {
    SINGLE[0] = value
    return this.octets(SINGLE, 0, 1)
  }

  /** Absorbs a number below 2^32 as four octets. */
  number(value: number): this {
    FOUR[0] = value & 255
    FOUR[1] = (value >>> 8) & 255
    FOUR[2] = (value >>> 16) & 255
    FOUR[3] = value >>> 24
    return this.octets(FOUR, 0, 4)
  }

  finish(): this {
    this.#absorb(this.#wordLow, this.#wordHigh | ((this.#length & 255) << 24))
    this.#v2l ^= 0xff
    this.#rounds(4)
    this.low = (this.#v0l ^ this.#v1l ^ this.#v2l ^ this.#v3l) >>> 0
    this.high = (this.#v0h ^ this.#v1h ^ this.#v2h ^ this.#v3h) >>> 0
    return this
  }

  #absorb(low: number, high: number): void {
    this.#v3l ^= low
    this.#v3h ^= high
    this.#rounds(2)
    this.#v0l ^= low
    this.#v0h ^= high
  }

  #rounds(count: number): void {
    let v0l = this.#v0l
    let v0h = this.#v0h
    let v1l = this.#v1l
    let v1h = this.#v1h
    let v2l = this.#v2l
    let v2h = this.#v2h
    let v3l = this.#v3l
    let v3h = this.#v3h
    for (let round = 0; round < count; round++) {
      let low = (v0l >>> 0) + (v1l >>> 0)
      v0h = (v0h + v1h + (low > MAX ? 1 : 0)) | 0
      v0l = low | 0
      let carried = (v1l << 13) | (v1h >>> 19)
      v1h = (v1h << 13) | (v1l >>> 19)
      v1l = carried ^ v0l
      v1h ^= v0h
      carried = v0l
      v0l = v0h
      v0h = carried
      low = (v2l >>> 0) + (v3l >>> 0)
      v2h = (v2h + v3h + (low > MAX ? 1 : 0)) | 0
      v2l = low | 0
      carried = (v3l << 16) | (v3h >>> 16)
      v3h = (v3h << 16) | (v3l >>> 16)
      v3l = carried ^ v2l
      v3h ^= v2h
      low = (v0l >>> 0) + (v3l >>> 0)
      v0h = (v0h + v3h + (low > MAX ? 1 : 0)) | 0
      v0l = low | 0
      carried = (v3l << 21) | (v3h >>> 11)
      v3h = (v3h << 21) | (v3l >>> 11)
      v3l = carried ^ v0l
      v3h ^= v0h
      low = (v2l >>> 0) + (v1l >>> 0)
      v2h = (v2h + v1h + (low > MAX ? 1 : 0)) | 0
      v2l = low | 0
      carried = (v1l << 17) | (v1h >>> 15)
      v1h = (v1h << 17) | (v1l >>> 15)
      v1l = carried ^ v2l
      v1h ^= v2h
      carried = v2l
      v2l = v2h
      v2h = carried
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

const MAX = 0xffffffff
const SINGLE = new Uint8Array(1)
const FOUR = new Uint8Array(4)
