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
  /**
   * Open addressing: two words a slot, the low word of the hash and the ring place + 1; 0 is empty. With the hash beside the
   * place, a probe that goes past other entries stays in one line of the cache.
   */
  readonly #slots: Int32Array
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
    this.#slots = new Int32Array(slots * 2)
    this.#mask = slots - 1
  }

  /** The value kept under a hash, unless its time is up. */
  find(high: number, low: number, nowMs: number): T | undefined {
    const place = this.#slots[this.#slotOf(high, low) + PLACE]! - 1
    if (place < 0 || nowMs - this.#keptMs[place]! > this.#keepMs) return undefined
    return this.#values[place]
  }

  /** Keeps a value; under a hash that is held already it takes the older value's place and its time. */
  keep(high: number, low: number, nowMs: number, value: T): void {
    const slot = this.#slotOf(high, low)
    const held = this.#slots[slot + PLACE]! - 1
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
    // What was forgotten may have moved the empty slot.
    const free = this.#slotOf(high, low)
    this.#slots[free] = low | 0
    this.#slots[free + PLACE] = place + 1
    this.size++
  }

  /** The slot that holds the hash, or the empty one where it would go. */
  #slotOf(high: number, low: number): number {
    const slots = this.#slots
    const word = low | 0
    let slot = (low & this.#mask) * SLOT_WORDS
    for (;;) {
      const place = slots[slot + PLACE]! - 1
      if (place < 0 || (slots[slot] === word && this.#high[place] === high)) return slot
      slot = this.#after(slot)
    }
  }

  #after(slot: number): number {
    return slot === this.#mask * SLOT_WORDS ? 0 : slot + SLOT_WORDS
  }

  /** Empties a slot and closes the gap, so that no probe stops short. */
  #forget(slot: number): void {
    const slots = this.#slots
    this.#values[slots[slot + PLACE]! - 1] = undefined
    this.size--
    let gap = slot
    let next = slot
    for (;;) {
      next = this.#after(next)
      if (slots[next + PLACE] === 0) break
      const home = (slots[next]! & this.#mask) * SLOT_WORDS
      if (this.#distance(home, next) < this.#distance(gap, next)) continue
      slots[gap] = slots[next]!
      slots[gap + PLACE] = slots[next + PLACE]!
      gap = next
    }
    slots[gap + PLACE] = 0
  }

  /** How far it is from one slot on to another, round the end. */
  #distance(from: number, to: number): number {
    return to >= from ? to - from : to - from + (this.#mask + 1) * SLOT_WORDS
  }
}

const SLOT_WORDS = 2
const PLACE = 1
/** 64·T1 with T1 500 ms: how long a transaction can be retransmitted over UDP. RFC 3261 §17.1.1.2. */
export const TRANSACTION_MS = 32_000
