/**
 * A sliding window in ticks: a 4096th of it each, or a millisecond. What is counted in it stands in two windows that do
 * not slide, the current one and the one before, of which the share still in view counts.
 * docs/decisions/0004-sliding-window.md says how far that may be off.
 */
export class Window {
  readonly perMs: number
  readonly ticks: number
  readonly #tickMs: number

  constructor(perMs: number) {
    this.perMs = perMs
    this.#tickMs = Math.max(1, perMs / TICKS_PER_WINDOW)
    this.ticks = Math.round(perMs / this.#tickMs)
  }

  /** The tick at a time; ticks wrap after 2^32. */
  tickAt(nowMs: number): number {
    return Math.floor(nowMs / this.#tickMs) >>> 0
  }

  /** How many ticks `tick` is after `start`. */
  elapsed(start: number, tick: number): number {
    const elapsed = (tick - start) >>> 0
    if (elapsed < TICKS_HALF) return elapsed
    // The start lies in the future: the clock was set back. A little is no time at all; after more, the window is over,
    // for otherwise it would last until the clock has caught up.
    return TICKS_ALL - elapsed <= this.ticks ? 0 : 2 * this.ticks
  }

  /** How much of the window before the sliding window still reaches over, as a figure of calls rounded down. */
  share(previous: number, elapsed: number): number {
    return Math.floor((previous * (this.ticks - elapsed)) / this.ticks)
  }
}

/** How finely a window is divided: window starts are off by less than this share. */
export const TICKS_PER_WINDOW = 4096

const TICKS_ALL = 0x1_0000_0000
const TICKS_HALF = 0x8000_0000
