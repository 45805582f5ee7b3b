import { SlotTable, TICK_WORD, type TableShape, tableBytes } from '#core/rules/slot-table.ts'
import { Window } from '#core/rules/window.ts'
import { TRANSACTION_MS } from './memory.ts'

/**
 * What was decided about calls, for gates in several threads: a proxy that tries a call again may send it from another
 * port, and so to another thread. A call that goes on goes on there too, and is not counted again.
 *
 * A view belongs to one thread; the memory is shared, and never grows: what it holds longest makes room.
 */
export class SharedCalls {
  readonly #table: SlotTable
  readonly #window = new Window(TRANSACTION_MS)

  /** `seed` is the same for all views of one memory. */
  constructor(buffer: ArrayBufferLike, calls: number, seed: number) {
    this.#table = new SlotTable(buffer, shapeOf(calls), this.#window, seed)
  }

  /** What a gate decided about the call within the last 64·T1; undefined where none did. */
  find(high: number, low: number, nowMs: number): 'goes-on' | 'stopped' | undefined {
    const table = this.#table
    const slot = table.look(keyOf(high, low))
    const isThere = slot >= 0 && table.age(slot, this.#window.tickAt(nowMs)) < this.#window.ticks
    const decision = isThere ? table.words[slot * WORDS_PER_SLOT + DECISION] : 0
    table.leave()
    return decision === GOES_ON ? 'goes-on' : decision === STOPPED ? 'stopped' : undefined
  }

  /** Keeps what was decided, from now on for 64·T1. */
  keep(high: number, low: number, nowMs: number, isStopped: boolean): void {
    const table = this.#table
    const tick = this.#window.tickAt(nowMs)
    const slot = table.enter(keyOf(high, low), tick)
    table.words[slot * WORDS_PER_SLOT + TICK_WORD] = tick
    table.words[slot * WORDS_PER_SLOT + DECISION] = isStopped ? STOPPED : GOES_ON
    table.leave()
  }
}

/** How large the memory for so many calls is. */
export function sharedCallsBytes(calls: number): number {
  return tableBytes(shapeOf(calls))
}

function shapeOf(calls: number): TableShape {
  return { capacity: calls, slotBytes: SLOT_BYTES }
}

/** 52 bits of the hash, and never 0: as many as a double holds exactly. */
function keyOf(high: number, low: number): number {
  return (high & 0xfffff) * 0x1_0000_0000 + (low >>> 0) || 1
}

const SLOT_BYTES = 16
const WORDS_PER_SLOT = SLOT_BYTES / Uint32Array.BYTES_PER_ELEMENT
const DECISION = 3
const GOES_ON = 1
const STOPPED = 2
