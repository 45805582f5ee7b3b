/**
 * Remembers a value by a 64-bit hash for a set time, in a table that never grows: the oldest entry makes room, and is
 * counted as evicted when its time was not up.
 *
 * All entries live equally long, so a ring in order of arrival is also in order of expiry.
 */
export class Memory<T> {
  /** Entries thrown out before their time. */
  evicted = 0
  /** Entries held, expired ones that nobody has overwritten included. */
  size = 0
  readonly #capacity: number
  readonly #keepMs: number
  readonly #high: Uint32Array
  readonly #low: Uint32Array
  readonly #keptMs: Float64Array
  readonly #values: (T | undefined)[]
  /** Open addressing: ring place + 1 by hash; 0 is empty. */
  readonly #places: Int32Array
  readonly #mask: number
  #next = 0

  /** `capacity` is how many entries are held at most. */
  constructor(capacity: number, keepMs: number) {
    this.#capacity = capacity
    this.#keepMs = keepMs
    this.#high = new Uint32Array(capacity)
    this.#low = new Uint32Array(capacity)
    this.#keptMs = new Float64Array(capacity)
    this.#values = Array.from({ length: capacity }, () => undefined)
    let slots = 4
    while (slots < capacity * 2) slots *= 2
    this.#places = new Int32Array(slots)
    this.#mask = slots - 1
  }

  /** The value kept under a hash, unless its time is up. */
  find(high: number, low: number, nowMs: number): T | undefined {
    const place = this.#places[this.#slotOf(high, low)]! - 1
    if (place < 0 || nowMs - this.#keptMs[place]! > this.#keepMs) return undefined
    return this.#values[place]
  }

  /** Keeps a value; under a hash that is held already it takes the older value's place and its time. */
  keep(high: number, low: number, nowMs: number, value: T): void {
    const slot = this.#slotOf(high, low)
    const held = this.#places[slot]! - 1
    if (held >= 0 && nowMs - this.#keptMs[held]! <= this.#keepMs) {
      this.#values[held] = value
      return
    }
    if (held >= 0) this.#forget(slot)
    const place = this.#next
    this.#next = place + 1 === this.#capacity ? 0 : place + 1
    if (this.#values[place] !== undefined) {
      if (nowMs - this.#keptMs[place]! <= this.#keepMs) this.evicted++
      this.#forget(this.#slotOf(this.#high[place]!, this.#low[place]!))
    }
    this.#high[place] = high
    this.#low[place] = low
    this.#keptMs[place] = nowMs
    this.#values[place] = value
    this.#places[this.#slotOf(high, low)] = place + 1
    this.size++
  }

  /** The slot that holds the hash, or the empty one where it would go. */
  #slotOf(high: number, low: number): number {
    let slot = low & this.#mask
    for (;;) {
      const place = this.#places[slot]! - 1
      if (place < 0 || (this.#low[place] === low && this.#high[place] === high)) return slot
      slot = (slot + 1) & this.#mask
    }
  }

  /** Empties a slot and closes the gap, so that no probe stops short. */
  #forget(slot: number): void {
    const places = this.#places
    this.#values[places[slot]! - 1] = undefined
    this.size--
    let gap = slot
    let next = slot
    for (;;) {
      next = (next + 1) & this.#mask
      const place = places[next]! - 1
      if (place < 0) break
      const home = this.#low[place]! & this.#mask
      if (((next - home) & this.#mask) < ((next - gap) & this.#mask)) continue
      places[gap] = places[next]!
      gap = next
    }
    places[gap] = 0
  }
}

/** 64·T1 with T1 500 ms: how long a transaction can be retransmitted over UDP. RFC 3261 §17.1.1.2. */
export const TRANSACTION_MS = 32_000
