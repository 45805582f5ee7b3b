import type { Grade } from './grade.ts'

/** What somebody asked a probe for. */
export type ProbePlan = {
  /** The path as it was typed: `sip:127.0.0.1:5070`. */
  readonly via: string
  readonly from: string
  /** What stands before the last four digits of a scenario's number. */
  readonly prefix: string
  /** One number for all scenarios; undefined where each has its own. */
  readonly to: string | undefined
  /** The URL of the mock blocker's door; undefined for a probe with one end. */
  readonly farEnd: string | undefined
  /** Ids of scenarios, in the order of `SCENARIOS`; at least one. */
  readonly scenarios: readonly string[]
  readonly timeoutMs: number
  /** Said by the person who started it: the path is neither on this machine nor in the configuration. */
  readonly isElsewhere: boolean
}

/** `interrupted`: the process that placed its calls ended before it did. */
export type ProbeState = (typeof PROBE_STATES)[number]

export const PROBE_STATES = ['running', 'done', 'cancelled', 'failed', 'interrupted'] as const

/** A probe as it is kept; times in milliseconds since 1970. */
export type KeptProbe = {
  /** 128 random bits, 22 characters of base64url. */
  readonly id: string
  readonly at: number
  readonly by: string
  readonly plan: ProbePlan
  readonly state: ProbeState
  /** Calls placed, of so many. */
  readonly placed: number
  readonly total: number
  readonly endedAt: number | undefined
  /** Why it failed; empty otherwise. */
  readonly why: string
  /** Undefined until it has one, and where nothing could be measured. */
  readonly grade: Grade | undefined
  readonly points: number | undefined
  /** The result in a sentence; empty until there is one. */
  readonly words: string
}

/** A link to a report, without what opens it. */
export type ProbeShare = {
  readonly id: string
  readonly at: number
  readonly by: string
  readonly until: number
  /** When somebody ended it. */
  readonly endedAt: number | undefined
}
