/**
 * What the call's own PASSporT was found to be worth (RFC 8224, RFC 8588), as far as anybody looked.
 *
 * `unverified` is no `failed`: a certificate that did not come in time says nothing about the caller.
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

/** What a score rule was told by the service it asks, by the rule's id: a number from 0 to 100. Absent: no opinion. */
export type Scores = ReadonlyMap<string, number>

export const NO_SCORES: Scores = new Map()
