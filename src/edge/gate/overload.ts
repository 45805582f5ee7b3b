import { performance } from 'node:perf_hooks'

/**
 * Tells when more calls come than the gate can answer, and what to do about the next one.
 *
 * The measure is the pause. A gate that has had nothing to do for even a moment has, at that moment, answered everything
 * that had come. Once `NO_PAUSE_MS` have gone by without one, and `CALLS_MIN` calls, what comes now has waited about as long,
 * in a buffer of the system where nobody can see it (fewer calls are a machine that is slow for a moment, where shedding
 * would help nobody). From then until the next pause, of every `TURN_MS` only the calls that come in the first
 * half are judged; the others are *shed*: answered, but not judged.
 *
 * An answer costs nearly as much as a judgement, so that may not be enough. Where there is no pause for `DROWNING_MS`, calls
 * are *left* instead, unread, which costs only receiving them: their switch asks again half a second later, and those that are judged
 * have not waited long. How many are left follows from what the system holds at most: if as many datagrams are taken within
 * `WAIT_MS`, judged or left, none has waited for longer. While fewer are taken, less of each turn is for judging, and while
 * more are, more. An overload that comes back within `RETURN_MS` is met so at once.
 */
export class Overload {
  readonly #pauses: () => number
  readonly #heldBytes: () => number
  #seen = -1
  #pausedAtMs = 0
  #lookedAtMs = -Infinity
  #drownedAtMs = -Infinity
  #callsSince = 0
  #busy = false
  #turn = 0
  #taken = 0
  #judgedMs = JUDGED_MS_MOST
  /** Whether calls may have to be left, so that it is worth asking. */
  isDrowning = false

  /**
   * `pauses` tells a number that has grown whenever there was a pause: the loop's idle time does. `heldBytes` tells how
   * many octets of datagrams the system may hold.
   */
  constructor(pauses: () => number = loopIdleMs, heldBytes: () => number = () => 0) {
    this.#pauses = pauses
    this.#heldBytes = heldBytes
  }

  /** Whether a call that comes now is to be left unread. */
  leaves(steadyMs: number): boolean {
    this.#look(steadyMs)
    if (!this.isDrowning) return false
    this.#pace(Math.floor(steadyMs / TURN_MS))
    this.#taken++
    return steadyMs % TURN_MS >= this.#judgedMs
  }

  /** Whether a call that comes now is to be answered without being judged. */
  sheds(steadyMs: number): boolean {
    this.#callsSince++
    this.#look(steadyMs)
    return this.#busy && !this.isDrowning && steadyMs % TURN_MS >= TURN_MS / 2
  }

  #look(steadyMs: number): void {
    if (steadyMs - this.#lookedAtMs < LOOK_MS && steadyMs >= this.#lookedAtMs) return
    this.#lookedAtMs = steadyMs
    const pauses = this.#pauses()
    if (pauses !== this.#seen) {
      this.#seen = pauses
      this.#pausedAtMs = steadyMs
      this.#callsSince = 1
    }
    const sinceMs = steadyMs - this.#pausedAtMs
    this.#busy = sinceMs >= NO_PAUSE_MS && this.#callsSince >= CALLS_MIN
    this.isDrowning = this.#busy && (sinceMs >= DROWNING_MS || steadyMs - this.#drownedAtMs < RETURN_MS)
    if (this.isDrowning) this.#drownedAtMs = steadyMs
  }

  /** At the start of a turn: whether enough was taken since the last one began. */
  #pace(turn: number): void {
    const turns = turn - this.#turn
    if (turns === 0) return
    const due = (this.#heldBytes() / DATAGRAM_HELD_BYTES) * Math.min(1, (turns * TURN_MS) / WAIT_MS)
    const step = this.#taken < due ? -JUDGED_MS_STEP : JUDGED_MS_STEP
    this.#judgedMs = Math.max(JUDGED_MS_LEAST, Math.min(JUDGED_MS_MOST, this.#judgedMs + step))
    this.#turn = turn
    this.#taken = 0
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

/** Without a pause for so long, calls are shed. */
const NO_PAUSE_MS = 100
/** And not before so many calls have come since the last pause. */
const CALLS_MIN = 500
/** Without a pause for so long, calls are left. */
const DROWNING_MS = 300
/** For so long after calls had to be left, the next overload is met by leaving calls at once. */
const RETURN_MS = 10_000
/** In overload a part of each turn is for judging: half of it while calls are shed. */
const TURN_MS = 10
/** While calls are left, between so much and so much of it, a step more or less each turn. */
const JUDGED_MS_LEAST = 5
const JUDGED_MS_MOST = 9
const JUDGED_MS_STEP = 0.5
/** How long a call may wait in the system's buffer while others are left. */
const WAIT_MS = 120
/** What an INVITE of usual size takes of the system's buffer on Linux, which adds its own share and rounds up. */
const DATAGRAM_HELD_BYTES = 2_304
/** How often the pauses are looked at. */
const LOOK_MS = 2
