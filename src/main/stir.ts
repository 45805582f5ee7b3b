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

/** Joins the verifier with the guarded fetch. It goes on counting where `before` left off. */
export function openStir(config: StirConfig, before?: StirFigures): Stir {
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
    figures() {
      const { kept } = verifier.certificates
      return {
        ...sum(verifier.figures, before),
        certificates: { ...sum(verifier.certificates, before?.certificates), kept },
        fetches: sum(fetcher.figures, before?.fetches),
      }
    },
  }
}

function sum<Figures extends Readonly<Record<string, number>>>(figures: Figures, before: Figures | undefined): Figures {
  if (before === undefined) return { ...figures }
  return Object.fromEntries(Object.entries(figures).map(([name, count]) => [name, count + before[name]!])) as Figures
}
