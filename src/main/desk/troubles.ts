/**
 * Which troubles have been told: each is said once, and again when something else is wrong with the same thing or when it went
 * well in between. What is kept is bounded, and so is how much is said in an hour, for strangers name receivers.
 */
export class Troubles {
  readonly #told = new Map<string, string>()
  #hour = 0
  #lines = 0

  /** Whether to say it now. */
  isNews(of: string, why: string, nowMs: number): boolean {
    if (this.#told.get(of) === why) return false
    const hour = Math.floor(nowMs / HOUR_MS)
    if (hour !== this.#hour) {
      this.#hour = hour
      this.#lines = 0
    }
    if (this.#lines >= TROUBLES_PER_HOUR) return false
    this.#lines++
    this.#told.delete(of)
    this.#told.set(of, why)
    if (this.#told.size > TROUBLES_MAX) this.#told.delete(this.#told.keys().next().value!)
    return true
  }

  /** It went well. */
  isOver(of: string): void {
    this.#told.delete(of)
  }
}

/** Lines about receivers in the log, an hour; the rest is counted. */
export const TROUBLES_PER_HOUR = 60
/** Receivers whose trouble is remembered; of the oldest it would be said again. */
export const TROUBLES_MAX = 1_000
const HOUR_MS = 3_600_000
