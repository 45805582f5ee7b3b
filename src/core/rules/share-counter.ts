import { COUNT_MAX } from './sliding-counter.ts'
import { SlotTable, TICK_WORD, tableBytes, type TableShape } from './slot-table.ts'
import { Window } from './window.ts'

/**
 * Counts, for each caller, how many of his calls came to an end in a sliding window and how many of those did so in one
 * way. Both are counted over the same window, in the way of `SlidingCounter`, so that their share is right; 24 bytes a slot.
 */
export class ShareCounter {
  /** Of the calls that `read` answered, those that ended in the way asked for. */
  hits = 0
  /** Whether the last answer was the number of calls itself, or leaned on the window before. */
  wasExact = true
  readonly table: SlotTable
  readonly tables: readonly SlotTable[]
  readonly #window: Window

  /** The buffer may be shared between threads; it must be zeroed and `shareBytes(numbers)` long. */
  constructor(perMs: number, numbers: number, buffer: ArrayBufferLike, seed: number) {
    this.#window = new Window(perMs)
    this.table = new SlotTable(buffer, shapeOf(numbers), this.#window, seed)
    this.tables = [this.table]
  }

  /** Counts one call of `key` (not 0) that has ended. */
  add(key: number, isHit: boolean, nowMs: number): void {
    const { table } = this
    const { halves } = table
    const { ticks } = this.#window
    const tick = this.#window.tickAt(nowMs)
    const slot = table.enter(key, tick)
    const at = slot * HALVES_PER_SLOT
    const elapsed = table.age(slot, tick)
    if (elapsed >= ticks) {
      const isNext = elapsed < 2 * ticks
      halves[at + ENDED_BEFORE] = isNext ? halves[at + ENDED]! : 0
      halves[at + HITS_BEFORE] = isNext ? halves[at + HITS]! : 0
      halves[at + ENDED] = 0
      halves[at + HITS] = 0
      table.words[slot * WORDS_PER_SLOT + TICK_WORD] = isNext ? tick - (elapsed - ticks) : tick
    }
    // Beyond the most that can be counted, the share stays what it was.
    if (halves[at + ENDED]! < COUNT_MAX) {
      halves[at + ENDED] = halves[at + ENDED]! + 1
      if (isHit) halves[at + HITS] = halves[at + HITS]! + 1
    }
    table.leave()
  }

  /** How many calls of `key` ended in the window up to `nowMs`; `hits` says how many of them in the way asked for. */
  read(key: number, nowMs: number): number {
    const { table } = this
    const { ticks } = this.#window
    const tick = this.#window.tickAt(nowMs)
    const slot = table.look(key)
    let elapsed = slot < 0 ? 2 * ticks : table.age(slot, tick)
    const at = slot * HALVES_PER_SLOT
    let [ended, hits, endedBefore, hitsBefore] = [0, 0, 0, 0]
    if (elapsed < ticks) {
      ended = table.halves[at + ENDED]!
      hits = table.halves[at + HITS]!
      endedBefore = table.halves[at + ENDED_BEFORE]!
      hitsBefore = table.halves[at + HITS_BEFORE]!
    } else if (elapsed < 2 * ticks) {
      endedBefore = table.halves[at + ENDED]!
      hitsBefore = table.halves[at + HITS]!
      elapsed -= ticks
    }
    table.leave()
    this.wasExact = endedBefore === 0
    this.hits = hits + this.#window.share(hitsBefore, elapsed)
    return ended + this.#window.share(endedBefore, elapsed)
  }
}

/** How large a buffer counts so many numbers at a time with hardly an eviction. */
export function shareBytes(numbers: number): number {
  return tableBytes(shapeOf(numbers))
}

function shapeOf(capacity: number): TableShape {
  return { capacity, slotBytes: SLOT_BYTES }
}

const SLOT_BYTES = 24
const WORDS_PER_SLOT = SLOT_BYTES / Uint32Array.BYTES_PER_ELEMENT
const HALVES_PER_SLOT = SLOT_BYTES / Uint16Array.BYTES_PER_ELEMENT
const ENDED = 6
const ENDED_BEFORE = 7
const HITS = 8
const HITS_BEFORE = 9
