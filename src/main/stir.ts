import { X509Certificate } from 'node:crypto'
import { type FetchFigures, Fetcher } from '#edge/fetch/fetcher.ts'
import type { FetchOptions } from '#edge/fetch/guarded-fetch.ts'
import type { Inquiry } from '#edge/gate/inquiry.ts'
import { type Verifier, type VerifierFigures, createVerifier } from '#edge/stir/verifier.ts'
import type { CertificateFigures } from '#edge/stir/certificates.ts'
import type { StirConfig } from '#main/config/stir.ts'

/** Verifies signed calls for all gates of this process. */
export type Stir = {
  readonly inquiry: Inquiry
  readonly figures: () => StirFigures
}

export type StirFigures = VerifierFigures & {
  readonly certificates: CertificateFigures & { readonly kept: number }
  readonly fetches: FetchFigures
}

/**
 * Joins the verifier with the guarded fetch. `world` is for tests: where names lead and which authorities vouch for
 * repositories on this machine.
 */
export function openStir(config: StirConfig, world: Pick<FetchOptions, 'resolve' | 'trust' | 'port'> = {}): Stir {
  const { hosts, privateAddresses: allowAddresses, budgetMs, maxAgeMs } = config
  const fetcher = new Fetcher({ hosts, allowAddresses, ...world }, () => performance.now())
  const verifier: Verifier = createVerifier({
    roots: config.roots.map((pem) => new X509Certificate(pem)),
    fetchCertificate: (url) => fetcher.fetch(url),
    budgetMs,
    maxAgeMs,
  })
  return {
    inquiry: {
      ask(facts, identities) {
        if (identities.length === 0 || facts.emergency) return undefined
        return verifier.verify(identities, facts).then((verification) => ({ verification, scores: facts.scores }))
      },
    },
    figures: () => ({ ...verifier.figures, certificates: verifier.certificates, fetches: fetcher.figures }),
  }
}
