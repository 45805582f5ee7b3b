import type { KeyObject, X509Certificate } from 'node:crypto'
import type { StirReason } from '#codec/stir/reasons.ts'
import { type TnAuthList, providerOf } from '#codec/stir/tn-auth-list.ts'
import { validityOf, verifyChain } from './chain.ts'
import { parseCertificates } from './pem.ts'

/** Fetches what a URL names, with all the care that a URL of a stranger's choice needs. It never rejects. */
export type FetchCertificate = (
  url: string,
) => Promise<
  { readonly kind: 'fetched'; readonly body: Uint8Array } | { readonly kind: 'refused'; readonly why: string }
>

/** A signer whose certificate leads to a trusted root. */
export type Signer = {
  readonly kind: 'signer'
  readonly key: KeyObject
  readonly authority: TnAuthList
  /** The code of the service provider, else the subject of the certificate. */
  readonly name: string
}

export type SignerFinding = Signer | { readonly kind: 'fault'; readonly reason: StirReason }

/** Counted since the start. */
export type CertificateFigures = { found: number; fetched: number; refused: number; unusable: number; evicted: number }

/**
 * Certificates by their addresses. A chain is verified once, when it is fetched; its dates are looked at again for each
 * call. What is an hour old is used while it is fetched anew, so that a repository that stands still for a while, or gives
 * something else, stops nobody's calls from being verified.
 */
export class Certificates {
  readonly figures: CertificateFigures = { found: 0, fetched: 0, refused: 0, unusable: 0, evicted: 0 }
  readonly #roots: readonly X509Certificate[]
  readonly #fetch: FetchCertificate
  readonly #kept = new Map<string, Kept>()
  readonly #underWay = new Map<string, Promise<SignerFinding>>()

  constructor(roots: readonly X509Certificate[], fetch: FetchCertificate) {
    this.#roots = roots
    this.#fetch = fetch
  }

  /** Addresses whose certificates are kept. */
  get size(): number {
    return this.#kept.size
  }

  async find(url: string, nowMs: number): Promise<SignerFinding> {
    const kept = this.#kept.get(url)
    if (kept === undefined || nowMs >= kept.unusableMs) return this.#load(url, nowMs)
    if (nowMs >= kept.staleMs) void this.#load(url, nowMs)
    this.figures.found++
    return judge(kept, nowMs)
  }

  #load(url: string, nowMs: number): Promise<SignerFinding> {
    const running = this.#underWay.get(url)
    if (running !== undefined) return running
    const loading = this.#fetchAndKeep(url, nowMs).finally(() => this.#underWay.delete(url))
    this.#underWay.set(url, loading)
    return loading
  }

  async #fetchAndKeep(url: string, nowMs: number): Promise<SignerFinding> {
    const fetched = await this.#fetch(url)
    if (fetched.kind === 'refused') {
      this.figures.refused++
      const reason = NOT_TRIED.has(fetched.why) ? 'not-fetched' : 'unreachable'
      return { kind: 'fault', reason }
    }
    this.figures.fetched++
    const kept = this.#read(fetched.body, nowMs)
    if (kept.finding.kind === 'fault') {
      this.figures.unusable++
      const before = this.#kept.get(url)
      if (before?.finding.kind === 'signer' && nowMs < before.unusableMs) {
        this.#kept.set(url, { ...before, staleMs: kept.staleMs })
        return judge(before, nowMs)
      }
    }
    if (this.#kept.size >= CERTIFICATES_KEPT_MAX && !this.#kept.has(url)) {
      this.#kept.delete(this.#kept.keys().next().value!)
      this.figures.evicted++
    }
    // The one kept longest goes first: put back at the end.
    this.#kept.delete(url)
    this.#kept.set(url, kept)
    return judge(kept, nowMs)
  }

  #read(body: Uint8Array, nowMs: number): Kept {
    const unusable = (reason: StirReason): Kept => ({
      finding: { kind: 'fault', reason },
      ...NO_DATES,
      staleMs: nowMs + UNUSABLE_KEPT_MS,
      unusableMs: nowMs + UNUSABLE_KEPT_MS,
    })
    if (this.#roots.every((root) => nowMs > validityOf([root]).untilMs)) return unusable('roots')
    let certificates: X509Certificate[]
    try {
      certificates = parseCertificates(Buffer.from(body).toString('latin1'))
    } catch {
      return unusable('certificate')
    }
    const chain = verifyChain(certificates, { roots: this.#roots, nowMs, keys: 'p-256' })
    if (typeof chain === 'string') return unusable(chain)
    const { tnAuthList: authority, isConstrained } = chain.terms
    if (authority === undefined) return unusable('tn-auth-list')
    if (isConstrained) return unusable('constrained')
    const [first] = certificates
    const name = providerOf(authority) ?? first!.subject.replaceAll('\n', ', ')
    return {
      finding: { kind: 'signer', key: first!.publicKey, authority, name },
      fromMs: chain.fromMs,
      untilMs: chain.untilMs,
      staleMs: nowMs + FRESH_MS,
      // One that has run out may have been renewed at its address.
      unusableMs: Math.min(nowMs + KEPT_MS, chain.untilMs + 1),
    }
  }
}

type Kept = {
  readonly finding: SignerFinding
  readonly fromMs: number
  readonly untilMs: number
  /** From then on it is fetched anew while it is still used, and from then on it is not used. */
  readonly staleMs: number
  readonly unusableMs: number
}

function judge({ finding, fromMs, untilMs }: Kept, nowMs: number): SignerFinding {
  if (finding.kind === 'fault') return finding
  if (nowMs > untilMs) return { kind: 'fault', reason: 'expired' }
  return nowMs < fromMs ? { kind: 'fault', reason: 'early' } : finding
}

const NO_DATES = { fromMs: 0, untilMs: Infinity }
/** Refusals of the guard before anything is asked of the network. */
const NOT_TRIED: ReadonlySet<string> = new Set(['url', 'scheme', 'user', 'port', 'host', 'not-listed', 'address'])
/** After this a certificate is fetched anew, beside the calls that use it. */
export const FRESH_MS = 3_600_000
/** After this it is not used any more. */
export const KEPT_MS = 86_400_000
/** How long an address that held nothing usable is left alone. */
export const UNUSABLE_KEPT_MS = 60_000
/** Addresses whose certificates are kept; a signer has one or a few. */
export const CERTIFICATES_KEPT_MAX = 2_000
