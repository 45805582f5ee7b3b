/**
 * Tells messages apart by 53 bits, in a tenth of the time that a hash against forgers takes: who knew of two messages that
 * look alike could only hide the second of them from a count, and cannot know, for the key is drawn anew by each program.
 */
export class Fingerprint {
  readonly #key: Int32Array
  #bytes: Uint8Array | undefined
  #view: DataView = new DataView(new ArrayBuffer(0))

  /** Takes a key of 16 octets. */
  constructor(key: Uint8Array) {
    if (key.length !== 16) throw new Error('the key of a fingerprint has 16 octets')
    this.#key = Int32Array.from({ length: 4 }, (_, at) => new DataView(key.buffer, key.byteOffset).getInt32(at * 4) | 1)
  }

  /** Of the octets from `start` to `end`: a safe integer, not below 0. */
  of(bytes: Uint8Array, start: number, end: number): number {
    // Copies come in the same octets again and again.
    if (this.#bytes !== bytes) this.#view = new DataView(bytes.buffer, bytes.byteOffset)
    this.#bytes = bytes
    const view = this.#view
    const [seed, first, second, last] = this.#key as unknown as [number, number, number, number]
    let one = seed ^ (end - start)
    let other = last
    const wordsEnd = end - ((end - start) & 3)
    for (let at = start; at < wordsEnd; at += 4) {
      const word = view.getInt32(at, true)
      one = Math.imul(one ^ word, first)
      one ^= one >>> 15
      other = Math.imul((other ^ word) + one, second)
      other ^= other >>> 13
    }
    for (let at = wordsEnd; at < end; at++) {
      one = Math.imul(one ^ bytes[at]!, first)
      one ^= one >>> 15
      other = Math.imul((other ^ bytes[at]!) + one, second)
      other ^= other >>> 13
    }
    one = Math.imul(one ^ other, second)
    return ((other & HIGH_BITS) >>> 0) * 2 ** 32 + ((one ^ (one >>> 16)) >>> 0)
  }
}

const HIGH_BITS = 2 ** 21 - 1
