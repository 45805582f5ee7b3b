import type { Damage } from './damage.ts'
import type { Observation } from './observation.ts'

/** A refusal as the calling side concludes from it: what it says, what that proves, and what was done to it on the way. */
export type Refusal = Observation & {
  /**
   * `proven`: the standards say that a network did it (603+, 608). `unproven`: they cannot tell. `person`: 607, or known from
   * the far end. `fault`: busy, not found, no route, overload: no block at all by its code.
   */
  readonly standing: Standing
  /** Damage on the way: what was changed or cut, and the likely culprits from known deviations; empty where intact. */
  readonly damage: readonly Damage[]
  /** Who blocked, as a stable key for grouping: host of the url, else mail domain, else tel, else carrier; empty where unknown. */
  readonly blocker: string
  /** The raw answer (octets), capped at `ANSWER_BYTES_MAX`, where the source had it. */
  readonly answer: Uint8Array | undefined
}

export type Standing = 'proven' | 'unproven' | 'person' | 'fault'

/** Octets of a raw answer that are kept. */
export const ANSWER_BYTES_MAX = 8192
