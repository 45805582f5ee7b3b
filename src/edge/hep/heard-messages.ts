/**
 * Remembers by their fingerprints which messages were heard within `spanMs`, at most `capacity` of them, and allocates
 * nothing for one. Two halves take turns: to take the oldest out of one table again and again would cost a walk over its holes.
 */
export class HeardMessages {
  readonly #spanMs: number
  readonly #halfMax: number
  readonly #mask: number
  #now: Half
  #before: Half
  #turnedMs = -Infinity

  /** `capacity` is a power of two, 4 or more. */
  constructor(spanMs: number, capacity: number) {
    if (!(capacity >= 4 && Number.isInteger(Math.log2(capacity)))) throw new Error(`${capacity} is no power of two`)
    this.#spanMs = spanMs
    this.#halfMax = capacity / 2
    this.#mask = capacity - 1
    this.#now = newHalf(capacity)
    this.#before = newHalf(capacity)
  }

  /** Whether a message of this fingerprint, a safe integer not below 0, was heard a short while ago; if not, it is heard now. */
  isRepeated(fingerprint: number, nowMs: number): boolean {
    if (nowMs - this.#turnedMs >= this.#spanMs || this.#now.count >= this.#halfMax) this.#turn(nowMs)
    const key = fingerprint + 1
    if (nowMs - this.#heardMs(this.#before, key) < this.#spanMs) return true
    const { keys, atMs } = this.#now
    const place = this.#placeOf(keys, key)
    if (keys[place] === key) {
      if (nowMs - atMs[place]! < this.#spanMs) return true
    } else {
      keys[place] = key
      this.#now.count++
    }
    atMs[place] = nowMs
    return false
  }

  #turn(nowMs: number): void {
    const oldest = this.#before
    this.#before = this.#now
    this.#now = oldest
    clear(oldest)
    if (nowMs - this.#turnedMs >= 2 * this.#spanMs) clear(this.#before)
    this.#turnedMs = nowMs
  }

  #heardMs({ keys, atMs }: Half, key: number): number {
    const place = this.#placeOf(keys, key)
    return keys[place] === key ? atMs[place]! : -Infinity
  }

  /** Where a key stands, or may: a half is never more than half full. */
  #placeOf(keys: Float64Array, key: number): number {
    // The low bits of a fingerprint are mixed.
    let place = (key | 0) & this.#mask
    while (keys[place] !== 0 && keys[place] !== key) place = (place + 1) & this.#mask
    return place
  }
}

type Half = { readonly keys: Float64Array; readonly atMs: Float64Array; count: number }

function newHalf(places: number): Half {
  return { keys: new Float64Array(places), atMs: new Float64Array(places), count: 0 }
}

function clear(half: Half): void {
  if (half.count > 0) half.keys.fill(0)
  half.count = 0
}
