import { COUNT_MAX } from './sliding-counter.ts'
import { SlotTable, TICK_WORD, tableBytes, type TableShape } from './slot-table.ts'
import { Window } from './window.ts'

/**
 * Counts, for each caller, the calls of a run: each to a number a little above the one before it, or each a little below.
 *
 * Two runs a caller are kept, so that calls to other numbers in between break none: such a call takes the place of the
 * shorter one, or of the one that did not go on last. So only a run of a single call is lost, to two others behind it. A
 * call to the number a run stands at changes nothing. A run is counted over a sliding window in the way of
 * `SlidingCounter`; 48 bytes a slot.
 */
export class RunCounter {
  /** Whether the last answer was the number of calls itself, or leaned on the window before. */
  wasExact = true
  readonly table: SlotTable
  readonly tables: readonly SlotTable[]
  readonly #window: Window
  readonly #step: number

  /** The buffer may be shared between threads; it must be zeroed and `runBytes(numbers)` long. */
  constructor(perMs: number, step: number, numbers: number, buffer: ArrayBufferLike, seed: number) {
    this.#window = new Window(perMs)
    this.#step = step
    this.table = new SlotTable(buffer, shapeOf(numbers), this.#window, seed)
    this.tables = [this.table]
  }

  /** Counts a call of `key` (not 0) to `called`, as digits above 0; answers how many calls its run has in the window. */
  count(key: number, called: number, nowMs: number): number {
    const { table } = this
    const tick = this.#window.tickAt(nowMs)
    const slot = table.enter(key, tick)
    table.words[slot * WORDS_PER_SLOT + TICK_WORD] = tick
    const figure = this.#follow(slot, called, tick)
    table.leave()
    return figure
  }

  #follow(slot: number, called: number, tick: number): number {
    const { doubles, words } = this.table
    const latest = slot * WORDS_PER_SLOT + LATEST
    let shortest = 0
    let least = Infinity
    for (let run = 0; run < RUNS; run++) {
      const at = slot * DOUBLES_PER_SLOT + (run + 1) * DOUBLES_PER_RUN
      const elapsed = doubles[at] === 0 ? 2 * this.#window.ticks : this.#turn(at, tick)
      if (elapsed < 2 * this.#window.ticks) {
        const stands = Math.abs(doubles[at]!)
        if (called === stands) return this.#figure(at, elapsed)
        if (this.#isNext(at, called)) {
          words[latest] = run
          doubles[at] = called > stands ? called : -called
          const current = at * HALVES_PER_DOUBLE + CURRENT
          this.table.halves[current] = Math.min(COUNT_MAX, this.table.halves[current]! + 1)
          return this.#figure(at, elapsed)
        }
      }
      const figure = elapsed < 2 * this.#window.ticks ? this.#figure(at, elapsed) : 0
      if (figure > least || (figure === least && run === words[latest])) continue
      shortest = run
      least = figure
    }
    words[latest] = shortest
    this.#begin(slot * DOUBLES_PER_SLOT + (shortest + 1) * DOUBLES_PER_RUN, called, tick)
    this.wasExact = true
    return 1
  }

  /** Whether the run goes on with this number. The second call of a run says which way it goes. */
  #isNext(at: number, called: number): boolean {
    const { doubles, halves } = this.table
    const stands = doubles[at]!
    const distance = called - Math.abs(stands)
    if (Math.abs(distance) > this.#step) return false
    const calls = halves[at * HALVES_PER_DOUBLE + CURRENT]! + halves[at * HALVES_PER_DOUBLE + PREVIOUS]!
    return calls <= 1 || distance > 0 === stands > 0
  }

  /** Moves a run to the window that `tick` is in; answers the ticks since that began, two windows where the run is over. */
  #turn(at: number, tick: number): number {
    const { words, halves } = this.table
    const { ticks } = this.#window
    const elapsed = this.#window.elapsed(words[at * WORDS_PER_DOUBLE + START]!, tick)
    if (elapsed < ticks || elapsed >= 2 * ticks) return elapsed
    halves[at * HALVES_PER_DOUBLE + PREVIOUS] = halves[at * HALVES_PER_DOUBLE + CURRENT]!
    halves[at * HALVES_PER_DOUBLE + CURRENT] = 0
    words[at * WORDS_PER_DOUBLE + START] = tick - (elapsed - ticks)
    return elapsed - ticks
  }

  #begin(at: number, called: number, tick: number): void {
    const { doubles, words, halves } = this.table
    doubles[at] = called
    words[at * WORDS_PER_DOUBLE + START] = tick
    halves[at * HALVES_PER_DOUBLE + CURRENT] = 1
    halves[at * HALVES_PER_DOUBLE + PREVIOUS] = 0
  }

  #figure(at: number, elapsed: number): number {
    const current = this.table.halves[at * HALVES_PER_DOUBLE + CURRENT]!
    const previous = this.table.halves[at * HALVES_PER_DOUBLE + PREVIOUS]!
    this.wasExact = previous === 0
    return Math.min(COUNT_MAX, current + this.#window.share(previous, elapsed))
  }
}

/** How large a buffer counts so many numbers at a time with hardly an eviction. */
export function runBytes(numbers: number): number {
  return tableBytes(shapeOf(numbers))
}

function shapeOf(capacity: number): TableShape {
  return { capacity, slotBytes: (RUNS + 1) * RUN_BYTES }
}

/** How many runs of a caller are followed at a time. */
const RUNS = 2

/** A run: the number it stands at (a double, negative where it goes down), the start of its window, two counts. */
const RUN_BYTES = 16
const DOUBLES_PER_RUN = RUN_BYTES / Float64Array.BYTES_PER_ELEMENT
const DOUBLES_PER_SLOT = (RUNS + 1) * DOUBLES_PER_RUN
const WORDS_PER_SLOT = DOUBLES_PER_SLOT * 2
/** The slot's word that says which run went on or began last. */
const LATEST = 3
const WORDS_PER_DOUBLE = 2
const HALVES_PER_DOUBLE = 4
const START = 2
const CURRENT = 6
const PREVIOUS = 7
