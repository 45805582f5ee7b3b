import { hashKey, slotOf } from './hash.ts'
import { Locks, lockBytes } from './locks.ts'
import type { Window } from './window.ts'

/** How large a table is, and what a slot of it is. */
export type TableShape = {
  /** How many keys it holds at a time with hardly an eviction. */
  readonly capacity: number
  /** A multiple of 8: the key (a double; 0 is free), the tick that the slot's age is reckoned from, then what a kind keeps. */
  readonly slotBytes: number
}

/**
 * A table of fixed size in which rules keep what they know of a number: open addressing, a double as key. A view of it
 * belongs to one thread; the memory may be shared, and is then locked stripe by stripe, so that every count is exact.
 *
 * A slot is taken from another key only when all `PROBES` slots in reach hold one: first from a key whose slot is two
 * windows old, which loses nothing, else from the oldest, which is counted.
 */
export class SlotTable {
  /** How many keys that still counted had to give up their slot to one that this view looked for, or found no room. */
  evictions = 0
  /** Whether the slot that was entered last has only now been taken for its key. */
  wasNew = false
  /** How many free slots this view has taken. */
  used = 0
  readonly locks: Locks | undefined
  readonly window: Window
  /** The slots as doubles, 32-bit and 16-bit words. Whoever reads or writes them is between `enter` or `look` and `leave`. */
  readonly doubles: Float64Array
  readonly words: Uint32Array
  readonly halves: Uint16Array

  readonly #seed: number
  readonly #stripeMask: number
  readonly #stripeSlots: number
  readonly #doublesPerSlot: number
  readonly #wordsPerSlot: number

  /** The buffer must be zeroed at first, and `tableBytes(shape)` long from `start` on. All views of one have the same seed. */
  constructor(buffer: ArrayBufferLike, shape: TableShape, window: Window, seed: number, start = 0) {
    const { stripes, stripeSlots } = stripesOf(shape)
    const offset = start + lockBytes(stripes)
    this.locks = buffer instanceof SharedArrayBuffer ? new Locks(buffer, start, stripes) : undefined
    this.window = window
    this.doubles = new Float64Array(buffer, offset)
    this.words = new Uint32Array(buffer, offset)
    this.halves = new Uint16Array(buffer, offset)
    this.#seed = seed
    this.#stripeMask = stripes - 1
    this.#stripeSlots = stripeSlots
    this.#doublesPerSlot = shape.slotBytes / Float64Array.BYTES_PER_ELEMENT
    this.#wordsPerSlot = shape.slotBytes / Uint32Array.BYTES_PER_ELEMENT
  }

  /** Locks the key's stripe and answers its slot, taken for it and emptied if it had none. Then `leave`. */
  enter(key: number, tick: number): number {
    return this.#enter(key, tick, true)
  }

  /** The same, but -1 where the slot would have to be taken from a key that still counts. */
  enterIfRoom(key: number, tick: number): number {
    return this.#enter(key, tick, false)
  }

  /** Locks the key's stripe and answers its slot, -1 if it has none. Then `leave`. */
  look(key: number): number {
    const hash = hashKey(key, this.#seed)
    const stripe = hash & this.#stripeMask
    if (this.locks !== undefined) this.locks.lock(stripe)
    const first = stripe * this.#stripeSlots
    const found = this.#search(key, first, first + slotOf(hash, this.#stripeSlots))
    return found >= 0 && this.doubles[found * this.#doublesPerSlot] === key ? found : -1
  }

  /** Unlocks what `enter` or `look` has locked. */
  leave(): void {
    if (this.locks !== undefined) this.locks.unlock()
  }

  /** Ticks since the slot's own tick. */
  age(slot: number, tick: number): number {
    return this.window.elapsed(this.words[slot * this.#wordsPerSlot + TICK_WORD]!, tick)
  }

  #enter(key: number, tick: number, evicts: boolean): number {
    const hash = hashKey(key, this.#seed)
    const stripe = hash & this.#stripeMask
    if (this.locks !== undefined) this.locks.lock(stripe)
    this.wasNew = false
    const first = stripe * this.#stripeSlots
    const home = first + slotOf(hash, this.#stripeSlots)
    if (this.doubles[home * this.#doublesPerSlot] === key) return home
    let slot = this.#search(key, first, home)
    if (slot >= 0 && this.doubles[slot * this.#doublesPerSlot] === key) return slot
    if (slot < 0) {
      slot = this.#oldest(first, home, tick)
      if (this.age(slot, tick) < 2 * this.window.ticks) {
        this.evictions++
        if (!evicts) return -1
      }
    }
    return this.#take(slot, key, tick)
  }

  /** The slot of the key, or the first free one, from `home` on; -1 where all in reach are other keys'. */
  #search(key: number, first: number, home: number): number {
    let slot = home
    for (let probe = 0; probe < PROBES; probe++) {
      const found = this.doubles[slot * this.#doublesPerSlot]
      if (found === key || found === 0) return slot
      slot = slot + 1 === first + this.#stripeSlots ? first : slot + 1
    }
    return -1
  }

  /** The slot in reach of `home` that is oldest. Every one of them is in use. */
  #oldest(first: number, home: number, tick: number): number {
    let oldest = home
    let longest = -1
    let slot = home
    for (let probe = 0; probe < PROBES; probe++) {
      const age = this.age(slot, tick)
      if (age > longest) {
        oldest = slot
        longest = age
      }
      slot = slot + 1 === first + this.#stripeSlots ? first : slot + 1
    }
    return oldest
  }

  #take(slot: number, key: number, tick: number): number {
    if (this.doubles[slot * this.#doublesPerSlot] === 0) this.used++
    const start = slot * this.#wordsPerSlot
    for (let word = start + TICK_WORD + 1; word < start + this.#wordsPerSlot; word++) this.words[word] = 0
    this.words[start + TICK_WORD] = tick
    this.doubles[slot * this.#doublesPerSlot] = key
    this.wasNew = true
    return slot
  }
}

/** How long the memory of a table is. */
export function tableBytes(shape: TableShape): number {
  const { stripes, stripeSlots } = stripesOf(shape)
  return lockBytes(stripes) + stripes * stripeSlots * shape.slotBytes
}

/** Stripes, a power of two so that a hash's last bits choose one, and the slots of each. */
function stripesOf({ capacity }: TableShape): { stripes: number; stripeSlots: number } {
  const slots = Math.max(PROBES, Math.ceil(capacity * SLOTS_PER_KEY))
  let stripes = 1
  while (stripes < STRIPES_MAX && slots >= stripes * 2 * STRIPE_SLOTS_MIN) stripes *= 2
  return { stripes, stripeSlots: Math.ceil(slots / stripes) }
}

/** How many slots a key may be away from its home; beyond, an older key gives way. */
export const PROBES = 32

export const SLOTS_PER_KEY = 1.75

/** The slot's tick, counted in 32-bit words from its start. */
export const TICK_WORD = 2

/** More would not keep threads apart any better: with 16 threads, hardly one lock in ten is found held. */
const STRIPES_MAX = 256
const STRIPE_SLOTS_MIN = 512
