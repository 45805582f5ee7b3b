import { hashKey, slotOf } from './hash.ts'

/**
 * Counts calls per key over a sliding window, in a table that never grows: 16 bytes a slot, `SLOTS_PER_NUMBER` slots a
 * number. docs/decisions/0004-sliding-window.md says how far the figure may be off.
 *
 * A slot is the key (a double; 0 is free), the time when its current window began (in ticks), and two saturating
 * counts: this window's and the one's before. A window begins with a number's first call, so until it ends the figure
 * is exact. A slot is taken from another number only when all `PROBES` slots in reach hold one: first from a number that
 * has been silent for two windows, which loses nothing, else from the one whose window is oldest, which is counted.
 */
export class SlidingCounter {
  readonly perMs: number
  /** How many numbers that were still being counted had to give up their slot. */
  evictions = 0
  /** How many slots are in use, by numbers silent or not. */
  used = 0
  /** Whether the last answer of `count` was the number of calls itself, or leaned on the window before. */
  wasExact = true

  readonly #slots: number
  readonly #seed: number
  readonly #tickMs: number
  readonly #windowTicks: number
  readonly #keys: Float64Array
  readonly #starts: Uint32Array
  readonly #counts: Uint16Array

  /** The buffer may be shared between threads; it must be zeroed and `counterBytes(numbers)` long, or longer. */
  constructor(perMs: number, buffer: ArrayBufferLike, seed: number) {
    this.perMs = perMs
    this.#slots = Math.floor(buffer.byteLength / SLOT_BYTES)
    this.#seed = seed
    this.#tickMs = Math.max(1, perMs / TICKS_PER_WINDOW)
    this.#windowTicks = Math.round(perMs / this.#tickMs)
    this.#keys = new Float64Array(buffer)
    this.#starts = new Uint32Array(buffer)
    this.#counts = new Uint16Array(buffer)
  }

  /** Counts one call of `key` (not 0) at `nowMs` and answers how many there were in the window up to it, itself included. */
  count(key: number, nowMs: number): number {
    const tick = Math.floor(nowMs / this.#tickMs) >>> 0
    let slot = slotOf(hashKey(key, this.#seed), this.#slots)
    if (this.#keys[slot * KEYS_PER_SLOT] !== key) slot = this.#slotFor(key, slot, tick)
    const at = slot * COUNTS_PER_SLOT
    let elapsed = this.#elapsed(slot, tick)
    if (elapsed >= this.#windowTicks) elapsed = this.#turn(slot, elapsed, tick)
    const current = Math.min(COUNT_MAX, this.#counts[at + CURRENT]! + 1)
    this.#counts[at + CURRENT] = current
    const previous = this.#counts[at + PREVIOUS]!
    this.wasExact = previous === 0
    if (previous === 0) return current
    // Of the window before, the share of it that the sliding window still reaches over.
    const left = this.#windowTicks - elapsed
    return Math.min(COUNT_MAX, current + Math.floor((previous * left) / this.#windowTicks))
  }

  /** Moves a slot to the window that `tick` is in, the next or a fresh one; answers the ticks since that began. */
  #turn(slot: number, elapsed: number, tick: number): number {
    const at = slot * COUNTS_PER_SLOT
    const isNext = elapsed < 2 * this.#windowTicks
    const into = isNext ? elapsed - this.#windowTicks : 0
    this.#counts[at + PREVIOUS] = isNext ? this.#counts[at + CURRENT]! : 0
    this.#counts[at + CURRENT] = 0
    this.#starts[slot * STARTS_PER_SLOT + START] = tick - into
    return into
  }

  /** The slot of a key, taken for it if it has none, by a search from `home` on. */
  #slotFor(key: number, home: number, tick: number): number {
    let slot = home
    for (let probe = 0; probe < PROBES; probe++) {
      const found = this.#keys[slot * KEYS_PER_SLOT]
      if (found === key) return slot
      if (found === 0) {
        this.used++
        return this.#take(slot, key, tick)
      }
      slot = slot + 1 === this.#slots ? 0 : slot + 1
    }
    return this.#take(this.#oldest(home, tick), key, tick)
  }

  /** The slot in reach of `home` whose window began first. Every one of them is in use. */
  #oldest(home: number, tick: number): number {
    let oldest = home
    let longest = -1
    for (let probe = 0; probe < PROBES; probe++) {
      const slot = (home + probe) % this.#slots
      const elapsed = this.#elapsed(slot, tick)
      if (elapsed <= longest) continue
      oldest = slot
      longest = elapsed
    }
    if (longest < 2 * this.#windowTicks) this.evictions++
    return oldest
  }

  #take(slot: number, key: number, tick: number): number {
    this.#keys[slot * KEYS_PER_SLOT] = key
    this.#starts[slot * STARTS_PER_SLOT + START] = tick
    this.#counts[slot * COUNTS_PER_SLOT + CURRENT] = 0
    this.#counts[slot * COUNTS_PER_SLOT + PREVIOUS] = 0
    return slot
  }

  /** Ticks since the slot's window began; ticks wrap after 2^32. */
  #elapsed(slot: number, tick: number): number {
    const elapsed = (tick - this.#starts[slot * STARTS_PER_SLOT + START]!) >>> 0
    if (elapsed < TICKS_HALF) return elapsed
    // The start lies in the future: the clock was set back. A little is no time at all; after more, the window is over,
    // for otherwise it would last until the clock has caught up.
    return TICKS_ALL - elapsed <= this.#windowTicks ? 0 : 2 * this.#windowTicks
  }
}

/** How large a buffer counts so many numbers at a time with hardly an eviction. */
export function counterBytes(numbers: number): number {
  return Math.max(PROBES, Math.ceil(numbers * SLOTS_PER_NUMBER)) * SLOT_BYTES
}

/** What one number holds at most; a limit has to be below it, or it could never be exceeded. */
export const COUNT_MAX = 65_535

/** How many slots a key may be away from its home; beyond, an older number gives way. */
export const PROBES = 32

export const SLOT_BYTES = 16
export const SLOTS_PER_NUMBER = 1.75

/** How finely a window is divided: window starts are off by less than this share. */
export const TICKS_PER_WINDOW = 4096

const TICKS_ALL = 0x1_0000_0000
const TICKS_HALF = 0x8000_0000

const KEYS_PER_SLOT = 2
const STARTS_PER_SLOT = 4
const START = 2
const COUNTS_PER_SLOT = 8
const CURRENT = 6
const PREVIOUS = 7
