import { type KeyObject, X509Certificate, createPrivateKey } from 'node:crypto'
import { type SecureContextOptions, createSecureContext } from 'node:tls'

/** A certificate with its key and, where peers show theirs, the authorities these must come from: PEM that fits together. */
export type TlsIdentity = {
  readonly context: SecureContextOptions
  /** Peers must show a certificate. */
  readonly asksPeers: boolean
  /** Milliseconds since 1970. */
  readonly expiresMs: number
}

/** PEM texts. A chain stands in `certificate` with our own first. */
export type TlsFiles = { readonly certificate: string; readonly key: string; readonly clients: string | undefined }

export type TlsReading =
  | { readonly kind: 'ok'; readonly identity: TlsIdentity }
  /** `found … , expected …`, and in which of the files. */
  | { readonly kind: 'refused'; readonly file: keyof TlsFiles; readonly found: string; readonly expected: string }

/** Reads what an endpoint shows of itself and asks of its peers; refuses what could not serve a single handshake. */
export function readTlsIdentity({ certificate, key, clients }: TlsFiles, nowMs: number): TlsReading {
  const [own] = certificatesIn(certificate)
  if (own === undefined) return refuse('certificate', 'no certificate', 'a certificate in PEM, and its chain behind it')
  const secret = privateKeyIn(key)
  if (secret === undefined)
    return refuse('key', 'no private key that can be read', 'a private key in PEM without a password')
  if (!own.checkPrivateKey(secret))
    return refuse('key', 'the key of another certificate', `the private key of ${nameOf(own)}`)
  const untimely = objectToTime(own, nowMs)
  if (untimely !== undefined) return refuse('certificate', untimely, 'one that is valid now')
  if (clients !== undefined) {
    const authorities = certificatesIn(clients)
    if (authorities.length === 0)
      return refuse('clients', 'no certificate', 'the authorities of the peers’ certificates in PEM')
    if (authorities.every((authority) => objectToTime(authority, nowMs) !== undefined))
      return refuse('clients', objectToTime(authorities[0]!, nowMs)!, 'an authority that is valid now')
  }
  const context = { cert: certificate, key, ...(clients === undefined ? {} : { ca: clients }) }
  try {
    createSecureContext(context)
  } catch (error) {
    return refuse(
      'certificate',
      `one that OpenSSL refuses (${messageOf(error)})`,
      'a certificate and chain that it takes',
    )
  }
  return { kind: 'ok', identity: { context, asksPeers: clients !== undefined, expiresMs: own.validToDate.getTime() } }
}

/**
 * The names that a certificate proves: each DNS name and the domain of each SIP URI without a user, in lower case, and
 * each URI as it stands; `alternatives` is Node's text of the certificate's subjectAltName. The subject's common name proves nothing. RFC 5922 §7.1.
 */
export function namesOf(alternatives = ''): string[] {
  const names: string[] = []
  for (const [, kind, quoted, plain = ''] of alternatives.matchAll(ALTERNATIVE)) {
    // Node quotes a value that could be taken for several; no honest name needs it.
    if (quoted !== undefined) continue
    if (kind === 'DNS') names.push(plain.toLowerCase())
    if (kind !== 'URI') continue
    names.push(plain)
    const domain = /^sips?:([A-Za-z0-9.-]+)$/i.exec(plain)?.[1]
    if (domain !== undefined) names.push(domain.toLowerCase())
  }
  return names
}

/** How near the end of a certificate is: whole days left, in the steps at which somebody has to hear of it. */
export type Expiry = 'expired' | '1 day' | '7 days' | '30 days'

/** The step that a certificate has reached; undefined while there is time. */
export function expiryOf(expiresMs: number, nowMs: number): Expiry | undefined {
  const daysLeft = (expiresMs - nowMs) / DAY_MS
  if (daysLeft <= 0) return 'expired'
  if (daysLeft <= 1) return '1 day'
  if (daysLeft <= 7) return '7 days'
  return daysLeft <= 30 ? '30 days' : undefined
}

function refuse(file: keyof TlsFiles, found: string, expected: string): TlsReading {
  return { kind: 'refused', file, found, expected }
}

function certificatesIn(text: string): X509Certificate[] {
  try {
    return Array.from(text.matchAll(CERTIFICATE), ([pem]) => new X509Certificate(pem))
  } catch {
    return []
  }
}

function privateKeyIn(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text)
  } catch {
    return undefined
  }
}

function objectToTime(certificate: X509Certificate, nowMs: number): string | undefined {
  const { validFromDate, validToDate } = certificate
  if (validToDate.getTime() <= nowMs) return `${nameOf(certificate)}, which expired on ${validToDate.toISOString()}`
  if (validFromDate.getTime() > nowMs)
    return `${nameOf(certificate)}, which is valid from ${validFromDate.toISOString()} on`
  return undefined
}

function nameOf({ subject }: X509Certificate): string {
  const name = (subject ?? '').replaceAll('\n', ', ')
  return name === '' ? 'the certificate' : `the certificate of ${name}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0]! : String(error)
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
/** One `KIND:value` of Node's list; the value in quotes where it holds what could end it. */
const ALTERNATIVE = /(?:^|, )([A-Za-z][A-Za-z ]*):(?:("(?:[^"\\]|\\.)*")|([^,"]*))(?=, |$)/g
const DAY_MS = 86_400_000
