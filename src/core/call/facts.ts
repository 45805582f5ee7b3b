import type { Party } from './party.ts'
import type { Scores, Verification } from './verification.ts'

/** All a rule may know about one call attempt. Rules never see a SIP message. */
export type CallFacts = {
  /** When the INVITE arrived, milliseconds since 1970. */
  readonly atMs: number
  /** The asserted calling number: P-Asserted-Identity where the peer sent one, else From. */
  readonly calling: Party
  /** The number in the Request-URI. */
  readonly called: Party
  /** Name of the peer that asked. */
  readonly peer: string
  /** The trunk the peer names by `otg`, `tgrp` or `trgp`; empty where it names none. */
  readonly trunk: string
  /** Whose call it is, as the peer or the configuration names him; absent or empty where neither does. */
  readonly tenant?: string
  /** What the peer says about the caller's attestation (`verstat`, or P-Attestation-Indicator). */
  readonly attestation: Attestation
  /** An emergency call, or a call-back from a PSAP that a listed peer vouches for: never judged. */
  readonly emergency: boolean
  /** Diversion or History-Info is present. */
  readonly forwarded: boolean
  /** What this gate itself found out about the call's PASSporT. */
  readonly verification: Verification
  /** What outside services said of the call, in time. */
  readonly scores: Scores
}

export type Attestation = 'A' | 'B' | 'C' | 'passed' | 'none' | 'failed'
