import { DER, DerReader } from './der.ts'
import { type TnAuthList, readTnAuthList } from './tn-auth-list.ts'

/** What the extensions of a certificate say of its use. RFC 5280 §4.2, RFC 8226 §8 and §9. */
export type CertificateTerms = {
  readonly isAuthority: boolean
  /** How many authorities may stand between this one and the last certificate; undefined for any number. */
  readonly pathLength: number | undefined
  /** Whether its key may sign tokens and whether it may sign certificates; true for both where nothing is said. */
  readonly signs: boolean
  readonly certifies: boolean
  readonly tnAuthList: TnAuthList | undefined
  /** It limits the claims it may sign (JWTClaimConstraints and what enhances it): RFC 8226 §8, RFC 9118. */
  readonly isConstrained: boolean
  /** Critical extensions that are not known here, each by its object identifier: whoever meets one may not go on. */
  readonly unknown: readonly string[]
}

/**
 * Reads the terms of a certificate from its DER. Only the extensions are looked at: keys, names, dates and signature are
 * for the library that made the rest of the certificate. Throws `Malformed`.
 */
export function readCertificateTerms(der: Uint8Array): CertificateTerms {
  if (der.length > CERTIFICATE_BYTES_MAX) new DerReader(der).fail()
  const extensions = readExtensions(der)
  const basic = extensions.get(OID.basicConstraints)
  const usage = extensions.get(OID.keyUsage)
  const list = extensions.get(OID.tnAuthList)
  const { isAuthority, pathLength } = basic === undefined ? NO_AUTHORITY : readBasicConstraints(basic.value)
  const bits = usage === undefined ? undefined : readKeyUsage(usage.value)
  return {
    isAuthority,
    pathLength,
    signs: bits === undefined || (bits & USE_SIGN) !== 0,
    certifies: bits === undefined || (bits & USE_CERTIFY) !== 0,
    tnAuthList: list === undefined ? undefined : readTnAuthList(list.value),
    isConstrained: extensions.has(OID.claimConstraints) || extensions.has(OID.enhancedClaimConstraints),
    unknown: [...extensions].filter(([oid, { critical }]) => critical && !KNOWN.has(oid)).map(([oid]) => oid),
  }
}

type Extension = { readonly critical: boolean; readonly value: Uint8Array }

/** The way down: Certificate, TBSCertificate, [3], Extensions. */
function readExtensions(der: Uint8Array): ReadonlyMap<string, Extension> {
  const file = new DerReader(der)
  const certificate = file.enter(DER.sequence)
  file.expectEnd()
  const body = certificate.enter(DER.sequence)
  const extensions = new Map<string, Extension>()
  for (let elements = 0; !body.isAtEnd; elements++) {
    if (elements > BODY_ELEMENTS_MAX) body.fail()
    if (body.nextTag !== DER.context + 3) {
      body.take()
      continue
    }
    const list = body.enter(DER.context + 3).enter(DER.sequence)
    while (!list.isAtEnd) {
      if (extensions.size >= EXTENSIONS_MAX) list.fail()
      const extension = list.enter(DER.sequence)
      const oid = extension.takeOid()
      const flag = extension.takeIf(DER.boolean)
      if (flag !== undefined && (flag.end - flag.start !== 1 || der[flag.start] !== 0xff)) extension.fail()
      const { start, end } = extension.take(DER.octetString)
      extension.expectEnd()
      if (extensions.has(oid)) list.fail()
      extensions.set(oid, { critical: flag !== undefined, value: der.subarray(start, end) })
    }
  }
  return extensions
}

function readBasicConstraints(value: Uint8Array): { isAuthority: boolean; pathLength: number | undefined } {
  const file = new DerReader(value)
  const constraints = file.enter(DER.sequence)
  file.expectEnd()
  const flag = constraints.takeIf(DER.boolean)
  const isAuthority = flag !== undefined && value[flag.start] === 0xff
  const pathLength = constraints.isAtEnd ? undefined : constraints.takeNumber()
  constraints.expectEnd()
  return { isAuthority, pathLength }
}

/** The first octet of the bit string: all uses that matter here are in it. */
function readKeyUsage(value: Uint8Array): number {
  const file = new DerReader(value)
  const { start, end } = file.take(DER.bitString)
  file.expectEnd()
  if (end - start < 2) return 0
  return value[start + 1]!
}

const OID = {
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  tnAuthList: '1.3.6.1.5.5.7.1.26',
  claimConstraints: '1.3.6.1.5.5.7.1.27',
  enhancedClaimConstraints: '1.3.6.1.5.5.7.1.33',
} as const

/** Extensions that a reader who knows them need not stop at. Name and policy constraints are not among them. */
const KNOWN: ReadonlySet<string> = new Set([
  ...Object.values(OID),
  '2.5.29.14', // subject key identifier
  '2.5.29.17', // subject alternative name
  '2.5.29.18', // issuer alternative name
  '2.5.29.31', // where the revocation list is
  '2.5.29.32', // certificate policies
  '2.5.29.35', // authority key identifier
  '2.5.29.37', // extended key usage
])

const NO_AUTHORITY = { isAuthority: false, pathLength: undefined }
const USE_SIGN = 0x80
const USE_CERTIFY = 0x04
/** A certificate of a service provider is under 2 KiB. */
const CERTIFICATE_BYTES_MAX = 32_768
const EXTENSIONS_MAX = 64
const BODY_ELEMENTS_MAX = 16
