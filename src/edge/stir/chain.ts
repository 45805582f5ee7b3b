import type { X509Certificate } from 'node:crypto'
import { type CertificateTerms, readCertificateTerms } from '#codec/stir/certificate.ts'
import type { StirReason } from '#codec/stir/reasons.ts'

/** A way from a certificate up to a root that is trusted. */
export type Chain = {
  readonly kind: 'trusted'
  /** The terms of the first certificate. */
  readonly terms: CertificateTerms
  readonly root: X509Certificate
  /** The time in which all of them are valid, milliseconds since 1970. */
  readonly fromMs: number
  readonly untilMs: number
}

export type ChainTerms = {
  readonly roots: readonly X509Certificate[]
  readonly nowMs: number
  /** `p-256`: every key is one of that curve and every signature ECDSA with SHA-256 (ATIS-1000080, RFC 8226 §5). */
  readonly keys: 'p-256' | 'any'
}

/**
 * Verifies a chain: the first certificate signs, the others may stand between it and a root (RFC 5280 §6.1, without
 * revocation, policies and name constraints). Each is issued and signed by the next, all are valid now, those above the
 * first are authorities that may certify and within their path lengths, and nothing critical in them is unknown.
 *
 * Answers the fault of the best way found: an expired way says more than none.
 */
export function verifyChain(
  [first, ...others]: readonly X509Certificate[],
  { roots, nowMs, keys }: ChainTerms,
): Chain | StirReason {
  if (first === undefined) return 'certificate'
  const search: Search = { others: others.slice(0, BETWEEN_MAX), roots, nowMs, keys, steps: 0, fault: 'chain' }
  const terms = readTerms(first)
  if (terms === undefined) return 'certificate'
  if (!isUsable(first, keys) || !terms.signs || terms.isAuthority) return 'key'
  if (terms.unknown.length > 0) return 'chain'
  const top = climb(first, [], search)
  if (top === undefined) return search.fault
  return { kind: 'trusted', terms, root: top.at(-1)!, ...validityOf([first, ...top]) }
}

/** When a certificate is valid, milliseconds since 1970. */
export function validityOf(chain: readonly X509Certificate[]): { fromMs: number; untilMs: number } {
  return {
    fromMs: Math.max(...chain.map((certificate) => certificate.validFromDate.getTime())),
    untilMs: Math.min(...chain.map((certificate) => certificate.validToDate.getTime())),
  }
}

type Search = {
  readonly others: readonly X509Certificate[]
  readonly roots: readonly X509Certificate[]
  readonly nowMs: number
  readonly keys: ChainTerms['keys']
  /** Signatures checked: a tangle of certificates that all might have issued each other must not cost more than this. */
  steps: number
  fault: StirReason
}

/** The certificates above `below`, the root last; undefined where no way leads up. */
function climb(
  below: X509Certificate,
  taken: readonly X509Certificate[],
  search: Search,
): X509Certificate[] | undefined {
  const late = faultOfTime(below, search.nowMs)
  if (late !== undefined) {
    search.fault = late
    return undefined
  }
  for (const root of search.roots) {
    // A root is trusted as it stands, whatever signed it; its time and its use still count.
    if (!isIssuer(root, below, taken.length, search)) continue
    if (faultOfTime(root, search.nowMs) === undefined) return [...taken, root]
    // The list of roots is kept on this side.
    search.fault = 'roots'
  }
  for (const other of search.others) {
    if (taken.includes(other) || other === below || !isIssuer(other, below, taken.length, search)) continue
    const top = climb(other, [...taken, other], search)
    if (top !== undefined) return top
  }
  return undefined
}

/** Whether `above` is an authority that signed `below`, with `between` authorities under it. RFC 5280 §4.2.1.9. */
function isIssuer(above: X509Certificate, below: X509Certificate, between: number, search: Search): boolean {
  if (search.steps >= STEPS_MAX || !below.checkIssued(above)) return false
  search.steps++
  const terms = readTerms(above)
  // OpenSSL's `checkIssued` asks for keyCertSign as well; a trust decision does not rest on that alone.
  if (terms === undefined || !terms.isAuthority || !terms.certifies || terms.unknown.length > 0) return false
  if (terms.pathLength !== undefined && between > terms.pathLength) return false
  if (!isUsable(above, search.keys) || !hasSoundSignature(below, search.keys)) return false
  try {
    return below.verify(above.publicKey)
  } catch {
    return false
  }
}

function faultOfTime(certificate: X509Certificate, nowMs: number): 'expired' | 'early' | undefined {
  const { fromMs, untilMs } = validityOf([certificate])
  if (!(nowMs <= untilMs)) return 'expired'
  return nowMs >= fromMs ? undefined : 'early'
}

function isUsable({ publicKey }: X509Certificate, keys: ChainTerms['keys']): boolean {
  return (
    keys === 'any' ||
    (publicKey.asymmetricKeyType === 'ec' && publicKey.asymmetricKeyDetails?.namedCurve === 'prime256v1')
  )
}

function hasSoundSignature({ signatureAlgorithm }: X509Certificate, keys: ChainTerms['keys']): boolean {
  if (keys === 'p-256') return signatureAlgorithm === 'ecdsa-with-SHA256'
  return !/sha-?1\b|md[245]/i.test(signatureAlgorithm ?? '')
}

function readTerms(certificate: X509Certificate): CertificateTerms | undefined {
  try {
    return readCertificateTerms(certificate.raw)
  } catch {
    return undefined
  }
}

const BETWEEN_MAX = 7
const STEPS_MAX = 32
