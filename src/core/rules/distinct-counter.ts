import { hashKey } from './hash.ts'
import { COUNT_MAX } from './sliding-counter.ts'
import { SlotTable, TICK_WORD, tableBytes, type TableShape } from './slot-table.ts'
import { Window } from './window.ts'

/**
 * Counts the distinct numbers that each caller has called in a sliding window. One table counts callers, as
 * `SlidingCounter` does; a second one remembers when a caller last called a number (16 bytes a slot), so that a number
 * called again is not counted again but moves from the window before to the current one.
 *
 * The figure is exact until a caller's first window ends; later it is never more than the distinct numbers of the last
 * two windows. A pair for which there is no room among `PROBES` slots is not counted: the error is a call that goes on.
 */
export class DistinctCounter {
  /** Whether the last answer was the number itself, or leaned on the window before. */
  wasExact = true
  readonly callers: SlotTable
  readonly pairs: SlotTable
  readonly tables: readonly SlotTable[]
  readonly #window: Window
  readonly #seed: number

  /** The buffer may be shared between threads; it must be zeroed and `distinctBytes(shape)` long. */
  constructor(perMs: number, shape: DistinctShape, buffer: ArrayBufferLike, seed: number) {
    this.#window = new Window(perMs)
    this.#seed = seed
    const callers = callersShape(shape)
    this.callers = new SlotTable(buffer, callers, this.#window, seed)
    this.pairs = new SlotTable(buffer, pairsShape(shape), this.#window, seed, tableBytes(callers))
    this.tables = [this.callers, this.pairs]
  }

  /** Counts a call of `key` to `called` (neither 0); answers how many distinct numbers it called in the window. */
  count(key: number, called: number, nowMs: number): number {
    const { callers } = this
    const { ticks } = this.#window
    const tick = this.#window.tickAt(nowMs)
    const slot = callers.enter(key, tick)
    const at = slot * HALVES_PER_SLOT
    let elapsed = callers.age(slot, tick)
    if (elapsed >= ticks) {
      const isNext = elapsed < 2 * ticks
      elapsed = isNext ? elapsed - ticks : 0
      callers.halves[at + PREVIOUS] = isNext ? callers.halves[at + CURRENT]! : 0
      callers.halves[at + CURRENT] = 0
      callers.words[slot * WORDS_PER_SLOT + TICK_WORD] = tick - elapsed
    }
    const age = this.#meet(key, called, tick)
    let current = callers.halves[at + CURRENT]!
    let previous = callers.halves[at + PREVIOUS]!
    if (age > elapsed) {
      current = Math.min(COUNT_MAX, current + 1)
      callers.halves[at + CURRENT] = current
      if (age <= elapsed + ticks && previous > 0) {
        previous--
        callers.halves[at + PREVIOUS] = previous
      }
    }
    callers.leave()
    this.wasExact = previous === 0
    return Math.min(COUNT_MAX, current + this.#window.share(previous, elapsed))
  }

  /** How many ticks ago the caller last called the number: `NEVER`, or `UNKNOWN` where there is no room to remember it. */
  #meet(key: number, called: number, tick: number): number {
    const { pairs } = this
    const slot = pairs.enterIfRoom(this.#pairKey(key, called), tick)
    let age = UNKNOWN
    if (slot >= 0) {
      age = pairs.wasNew ? NEVER : pairs.age(slot, tick)
      pairs.words[slot * WORDS_PER_SLOT + TICK_WORD] = tick
    }
    pairs.leave()
    return age
  }

  /** 53 bits of keyed hash: that two pairs in one reach of slots share them is as good as impossible, and cannot be aimed at. */
  #pairKey(key: number, called: number): number {
    const high = hashKey(key, hashKey(called, this.#seed))
    const low = hashKey(called, hashKey(key, ~this.#seed))
    return (high & 0x1f_ffff) * 0x1_0000_0000 + low + 1
  }
}

export type DistinctShape = {
  /** How many callers are counted at a time. */
  readonly capacity: number
  /** How many pairs of caller and called number are remembered at a time. */
  readonly pairs: number
}

/** How large a buffer counts so many callers and pairs. */
export function distinctBytes(shape: DistinctShape): number {
  return tableBytes(callersShape(shape)) + tableBytes(pairsShape(shape))
}

function callersShape({ capacity }: DistinctShape): TableShape {
  return { capacity, slotBytes: SLOT_BYTES }
}

function pairsShape({ pairs }: DistinctShape): TableShape {
  return { capacity: pairs, slotBytes: SLOT_BYTES }
}

const NEVER = Infinity
const UNKNOWN = -1
const SLOT_BYTES = 16
const WORDS_PER_SLOT = SLOT_BYTES / Uint32Array.BYTES_PER_ELEMENT
const HALVES_PER_SLOT = SLOT_BYTES / Uint16Array.BYTES_PER_ELEMENT
const CURRENT = 6
const PREVIOUS = 7
