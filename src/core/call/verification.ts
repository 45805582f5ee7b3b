import type { StirReason } from '#codec/stir/reasons.ts'
import type { Party } from './party.ts'

/**
 * What the call's own PASSporT was found to be worth (RFC 8224, RFC 8588), as far as anybody looked.
 *
 * `unverified` is no `failed`: a certificate that did not come in time says nothing about the caller. `why` is one of
 * `STIR_REASONS`.
 */
export type Verification =
  | { readonly kind: 'none' }
  | { readonly kind: 'unverified'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string }
  | {
      readonly kind: 'verified'
      readonly attestation: 'A' | 'B' | 'C'
      /** Who signed: the service provider code of the certificate, or its subject where it has none. */
      readonly signer: string
      readonly originId: string
    }

/** Nobody looked, or there was nothing to look at. */
export const NOT_LOOKED: Verification = Object.freeze({ kind: 'none' })

/**
 * Whether an unverified signature may for all we know be a good one, which this side or the network kept from being
 * checked. Any other is no better than none: who calls has chosen a token that nobody can check.
 */
export function mayBeSigned(why: string, calling: Party, called: Party): boolean {
  // Numbers that are whole can be compared with any number that was signed.
  if (why === NUMBER_FORM) return calling.kind !== 'e164' || called.kind !== 'e164'
  return EXCUSED.has(why)
}

const NUMBER_FORM: StirReason = 'number-form'
const EXCUSED: ReadonlySet<string> = new Set<StirReason>([
  'late',
  'unreachable',
  'constrained',
  'roots',
  'forwarded',
  'fault',
])

/** What a score rule was told by the service it asks, by the rule's id: a number from 0 to 100. Absent: no opinion. */
export type Scores = ReadonlyMap<string, number>

export const NO_SCORES: Scores = new Map()
