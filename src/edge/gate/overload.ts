import { performance } from 'node:perf_hooks'

/**
 * Tells when more calls come than the gate can judge.
 *
 * The measure is the pause. A gate that has had nothing to do for even a moment has, at that moment, answered everything
 * that had come. Once `NO_PAUSE_MS` have gone by without one, what comes now has waited about as long, and waits in a
 * buffer of the system where nobody can see it. From then until the next pause, of every `TURN_MS` only the calls that
 * come in the first half are judged: the newest are shed, which costs a fraction of judging them, so the buffer empties
 * and the calls that are judged have not waited long.
 */
export class Overload {
  readonly #pauses: () => number
  #seen = -1
  #pausedAtMs = 0
  #lookedAtMs = -Infinity
  #busy = false

  /** `pauses` tells a number that has grown whenever there was a pause: the loop's idle time does. */
  constructor(pauses: () => number = loopIdleMs) {
    this.#pauses = pauses
  }

  /** Whether a call that comes now is to be shed. */
  sheds(steadyMs: number): boolean {
    if (steadyMs - this.#lookedAtMs >= LOOK_MS || steadyMs < this.#lookedAtMs) this.#look(steadyMs)
    return this.#busy && steadyMs % TURN_MS >= TURN_MS / 2
  }

  #look(steadyMs: number): void {
    this.#lookedAtMs = steadyMs
    const pauses = this.#pauses()
    if (pauses !== this.#seen) {
      this.#seen = pauses
      this.#pausedAtMs = steadyMs
    }
    this.#busy = steadyMs - this.#pausedAtMs >= NO_PAUSE_MS
  }
}

/** How long this thread's loop has waited for something to do, altogether: it stands still while there is always something. */
function loopIdleMs(): number {
  return performance.nodeTiming.idleTime
}

/** Lets `perSecond` things pass a second, and as many at once after a second of none. */
export class Allowance {
  readonly #perSecond: number
  #left: number
  #filledMs = -Infinity

  constructor(perSecond: number) {
    this.#perSecond = perSecond
    this.#left = perSecond
  }

  take(steadyMs: number): boolean {
    const passedMs = Math.max(0, steadyMs - this.#filledMs)
    this.#left = Math.min(this.#perSecond, this.#left + (passedMs * this.#perSecond) / 1000)
    this.#filledMs = steadyMs
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}

/** Without a pause for so long, the gate sheds. */
const NO_PAUSE_MS = 100
/** Half of each turn is for judging. */
const TURN_MS = 10
/** How often the pauses are looked at. */
const LOOK_MS = 2
