import { SlotTable, TICK_WORD, tableBytes, type TableShape } from './slot-table.ts'
import { Window } from './window.ts'

/**
 * Counts calls per key over a sliding window, in a table that never grows: 16 bytes a slot, `SLOTS_PER_KEY` slots a
 * number. docs/decisions/0004-sliding-window.md says how far the figure may be off.
 *
 * A slot is the key, the tick when its current window began, and two saturating counts: this window's and the one's
 * before. A window begins with a number's first call, so until it ends the figure is exact.
 */
export class SlidingCounter {
  readonly table: SlotTable
  readonly tables: readonly SlotTable[]
  /** Whether the last answer was the number of calls itself, or leaned on the window before. */
  wasExact = true

  readonly #window: Window

  /** The buffer may be shared between threads; it must be zeroed and `counterBytes(numbers)` long. */
  constructor(perMs: number, numbers: number, buffer: ArrayBufferLike, seed: number) {
    this.#window = new Window(perMs)
    this.table = new SlotTable(buffer, shapeOf(numbers), this.#window, seed)
    this.tables = [this.table]
  }

  /** Counts one call of `key` (not 0) at `nowMs` and answers how many there were in the window up to it, itself included. */
  count(key: number, nowMs: number): number {
    const { table } = this
    const tick = this.#window.tickAt(nowMs)
    const slot = table.enter(key, tick)
    const at = slot * HALVES_PER_SLOT
    let elapsed = table.age(slot, tick)
    if (elapsed >= this.#window.ticks) elapsed = this.#turn(slot, elapsed, tick)
    const current = Math.min(COUNT_MAX, table.halves[at + CURRENT]! + 1)
    table.halves[at + CURRENT] = current
    const previous = table.halves[at + PREVIOUS]!
    table.leave()
    return this.#figure(current, previous, elapsed)
  }

  /** How many calls of `key` there were in the window up to `nowMs`. Counts nothing. */
  read(key: number, nowMs: number): number {
    const { table } = this
    const tick = this.#window.tickAt(nowMs)
    const slot = table.look(key)
    const at = slot * HALVES_PER_SLOT
    const elapsed = slot < 0 ? 0 : table.age(slot, tick)
    const current = slot < 0 ? 0 : table.halves[at + CURRENT]!
    const previous = slot < 0 ? 0 : table.halves[at + PREVIOUS]!
    table.leave()
    const { ticks } = this.#window
    if (elapsed < ticks) return this.#figure(current, previous, elapsed)
    return elapsed < 2 * ticks ? this.#figure(0, current, elapsed - ticks) : this.#figure(0, 0, 0)
  }

  #figure(current: number, previous: number, elapsed: number): number {
    this.wasExact = previous === 0
    return previous === 0 ? current : Math.min(COUNT_MAX, current + this.#window.share(previous, elapsed))
  }

  /** Moves a slot to the window that `tick` is in, the next or a fresh one; answers the ticks since that began. */
  #turn(slot: number, elapsed: number, tick: number): number {
    const { ticks } = this.#window
    const { halves, words } = this.table
    const at = slot * HALVES_PER_SLOT
    const isNext = elapsed < 2 * ticks
    const into = isNext ? elapsed - ticks : 0
    halves[at + PREVIOUS] = isNext ? halves[at + CURRENT]! : 0
    halves[at + CURRENT] = 0
    words[slot * WORDS_PER_SLOT + TICK_WORD] = tick - into
    return into
  }
}

/** How large a buffer counts so many numbers at a time with hardly an eviction. */
export function counterBytes(numbers: number): number {
  return tableBytes(shapeOf(numbers))
}

function shapeOf(numbers: number): TableShape {
  return { capacity: numbers, slotBytes: SLOT_BYTES }
}

/** What one number holds at most; a limit has to be below it, or it could never be exceeded. */
export const COUNT_MAX = 65_535

const SLOT_BYTES = 16
const WORDS_PER_SLOT = SLOT_BYTES / Uint32Array.BYTES_PER_ELEMENT
const HALVES_PER_SLOT = SLOT_BYTES / Uint16Array.BYTES_PER_ELEMENT
const CURRENT = 6
const PREVIOUS = 7
