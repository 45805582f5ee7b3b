import type { LiftScope } from './decision.ts'

/**
 * A fact that gates hear of within a second of its being recorded: who is spared after a complaint, who is registered, whom
 * a subscriber refuses or lets through. Entries are added and ended, never edited.
 */
export type Standing = {
  /** Given by the store, ascending; the last one seen is the place to go on from. */
  readonly id: number
  readonly from: number
  /** Milliseconds since 1970; undefined for no end. */
  readonly until: number | undefined
  /** Case, registration or request that it came from, for the audit and for `recourse case`. */
  readonly origin: string
} & StandingFact

export type StandingFact =
  /** Calling numbers that no analytics rule blocks, or not the one named. */
  | {
      readonly kind: 'lift'
      readonly scope: LiftScope
      readonly attestation: 'A' | 'B' | 'C' | undefined
      readonly rule: string | undefined
    }
  /** Calling numbers whose holder is known. */
  | { readonly kind: 'registered'; readonly scope: LiftScope; readonly registration: string }
  /** A subscriber refuses this caller (`withheld` for all that hide their number): 607. */
  | { readonly kind: 'refuses'; readonly called: string; readonly calling: string }
  /** A subscriber wants this caller's calls: no analytics rule blocks them for this called number. */
  | { readonly kind: 'accepts'; readonly called: string; readonly calling: string }
  /** A subscriber opted out of analytics blocking. 47 CFR 64.1200(k)(3)(iii). */
  | { readonly kind: 'opted-out'; readonly called: string }

export type NewStanding = Omit<Standing, 'id'> & StandingFact
