import { X509Certificate } from 'node:crypto'
import { type FetchFigures, Fetcher } from '#edge/fetch/fetcher.ts'
import type { Verification } from '#core/call/verification.ts'
import { type SignedFacts, type Verifier, type VerifierFigures, createVerifier } from '#edge/stir/verifier.ts'
import type { CertificateFigures } from '#edge/stir/certificates.ts'
import type { StirConfig } from '#main/config/stir.ts'

/** Verifies signed calls for all gates of this process. */
export type Stir = {
  /** Undefined where there is nothing to verify: a call without a PASSporT, or one that waits for nothing. */
  verify(identities: readonly string[], facts: SignedFacts): Promise<Verification> | undefined
  readonly figures: () => StirFigures
}

export type StirFigures = VerifierFigures & {
  readonly certificates: CertificateFigures & { readonly kept: number }
  readonly fetches: FetchFigures
}

/** Joins the verifier with the guarded fetch. */
export function openStir(config: StirConfig): Stir {
  const { hosts, privateAddresses: allowAddresses, budgetMs, maxAgeMs } = config
  const fetcher = new Fetcher({ hosts, allowAddresses }, () => performance.now())
  const verifier: Verifier = createVerifier({
    roots: config.roots.map((pem) => new X509Certificate(pem)),
    fetchCertificate: (url) => fetcher.fetch(url),
    budgetMs,
    maxAgeMs,
  })
  return {
    verify(identities, facts) {
      return identities.length === 0 || facts.emergency ? undefined : verifier.verify(identities, facts)
    },
    figures: () => ({ ...verifier.figures, certificates: verifier.certificates, fetches: fetcher.figures }),
  }
}
