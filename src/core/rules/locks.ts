/**
 * Locks in memory that threads share, one a stripe of a table, each on a cache line of its own. A lock is held for some
 * hundred nanoseconds, by one view at a time; who meets a held one spins a little and then sleeps in short naps.
 *
 * A thread may die while it holds a lock. Whoever has then seen the same holding for `TAKEOVER_NAPS` naps takes the lock
 * over, which is counted: better one count that is off by one than a gate that stands still.
 */
export class Locks {
  /** How many locks this view has taken from a holder that did not give them back. */
  takeovers = 0
  /** How many locks were taken from this view, which was thought dead. */
  lost = 0

  readonly #words: Int32Array
  readonly #view: number
  #turn = 0
  #at = 0
  #mine = 0

  /** The memory must be shared, zeroed, and `lockBytes(count)` long from `offset` on. */
  constructor(buffer: SharedArrayBuffer, offset: number, count: number) {
    this.#words = new Int32Array(buffer, offset, lockBytes(count) / Int32Array.BYTES_PER_ELEMENT)
    this.#view = ((Atomics.add(this.#words, 0, 1) & VIEW_MASK) + 1) << TURN_BITS
  }

  /** Takes the lock of a stripe. A view holds one at a time. */
  lock(stripe: number): void {
    // No holding looks like another, so that one which lasts can be told from many in a row.
    this.#turn = (this.#turn + 1) & TURN_MASK
    this.#mine = this.#view | this.#turn
    this.#at = (stripe + 1) * WORDS_PER_LINE
    if (Atomics.compareExchange(this.#words, this.#at, FREE, this.#mine) !== FREE) this.#wait()
  }

  /** Gives back the lock that this view holds. */
  unlock(): void {
    if (Atomics.compareExchange(this.#words, this.#at, this.#mine, FREE) !== this.#mine) this.lost++
  }

  #wait(): void {
    for (let spin = 0; spin < SPINS; spin++) {
      if (Atomics.load(this.#words, this.#at) === FREE && this.#take(FREE)) return
    }
    let seen = FREE
    let naps = 0
    for (;;) {
      const holder = Atomics.load(this.#words, this.#at)
      if (holder === FREE) {
        if (this.#take(FREE)) return
        continue
      }
      naps = holder === seen ? naps + 1 : 0
      seen = holder
      if (naps >= TAKEOVER_NAPS && this.#take(holder)) {
        this.takeovers++
        return
      }
      Atomics.wait(this.#words, this.#at, holder, NAP_MS)
    }
  }

  #take(from: number): boolean {
    return Atomics.compareExchange(this.#words, this.#at, from, this.#mine) === from
  }
}

/** How long the memory of so many locks is: a line each, and one that counts the views. */
export function lockBytes(count: number): number {
  return (count + 1) * LINE_BYTES
}

/** How long one nap is; nobody is woken, because waking costs more than the locked work. */
export const NAP_MS = 0.1

/** After so many naps in view of one and the same holding (at least 100 ms), its thread is thought dead. */
export const TAKEOVER_NAPS = 1000

const SPINS = 200
const LINE_BYTES = 64
const WORDS_PER_LINE = LINE_BYTES / Int32Array.BYTES_PER_ELEMENT
const FREE = 0
const TURN_BITS = 20
const TURN_MASK = (1 << TURN_BITS) - 1
/** 1024 views before two have the same name, which matters only while both meet at one lock for `TAKEOVER_NAPS`. */
const VIEW_MASK = 0x3ff
