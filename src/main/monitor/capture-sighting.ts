import type { Origin } from '#codec/capture/origin.ts'
import type { Sighting } from '#core/observe/attempt-tracker.ts'
import { isCallTime } from '#core/observe/call-record.ts'

/**
 * Shows where a capture or a log has a message, without making anything of it before it is asked for; used again for each message.
 *
 * A time that cannot be is that of reading. One that leaps is believed when the next agrees: were it taken for time that
 * passed, each call on its way would be given up, and what refuses it later lost.
 */
export class CaptureSighting implements Sighting {
  readonly tap: string
  atMs = 0
  nowMs = Number.NaN
  /** Messages whose time cannot be. */
  absurd = 0
  #origin: Origin | undefined
  readonly #clock: () => number
  #leaptToMs = Number.NaN
  /** From times that cannot be to when they were read, so that what lies between two of them is kept. */
  #shiftMs = Number.NaN

  constructor(tap: string, clock: () => number) {
    this.tap = tap
    this.#clock = clock
  }

  at(origin: Origin): this {
    this.#origin = origin
    this.atMs = this.#timeOf(origin)
    this.#pass(origin.seconds === 0 && !Number.isNaN(this.nowMs) ? this.nowMs : this.atMs)
    return this
  }

  get sender(): string {
    return this.#origin?.source ?? ''
  }

  get receiver(): string {
    return this.#origin?.destination ?? ''
  }

  #timeOf({ seconds, atUs }: Origin): number {
    const readAtMs = this.#clock()
    // A file that tells no time.
    if (seconds === 0) return readAtMs
    const toldMs = atUs / 1000
    if (isCallTime(toldMs, readAtMs)) return toldMs
    this.absurd++
    const shiftedMs = toldMs + this.#shiftMs
    if (Math.abs(shiftedMs - readAtMs) <= LEAP_MS) return shiftedMs
    this.#shiftMs = readAtMs - toldMs
    return readAtMs
  }

  #pass(ms: number): void {
    const isNear = (other: number): boolean => Math.abs(ms - other) <= LEAP_MS
    if (Number.isNaN(this.nowMs) || isNear(this.nowMs) || isNear(this.#leaptToMs)) {
      this.nowMs = ms
      this.#leaptToMs = Number.NaN
    } else this.#leaptToMs = ms
  }
}

/** An hour: more between two messages of one file is a pause in its calls, or a fault of its clock. */
export const LEAP_MS = 3_600_000
