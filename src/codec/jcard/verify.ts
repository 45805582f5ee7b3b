import { type CryptoKey, type JWK, base64url, compactVerify, decodeProtectedHeader } from 'jose'
import { type Card, readCard } from './jcard.ts'

/** What became of a fetched card: which faults were found, and the card where one could be read. */
export type CardCheck = {
  /** No fault but of form: the contacts may be used. */
  readonly valid: boolean
  readonly faults: readonly CardFault[]
  /** Read whether or not it is valid; undefined where there is none to read. */
  readonly card: Card | undefined
  /** When the card says it was signed, seconds since 1970. */
  readonly issuedAtS: number | undefined
  /** Where the card says its certificate is. */
  readonly certificateUri: string | undefined
}

/**
 * What can be wrong with a card. RFC 8688 §3.2.
 *
 * - `envelope`: not three parts of base64url with JSON inside; nothing else is looked at then
 * - `algorithm`, `type`, `certificate-uri`: the header
 * - `issued-at`, `jcard`, `contact`: the payload
 * - `signature`: it does not verify with the key
 * - `form`: usable but badly made; alone it leaves the card valid
 */
export type CardFault = (typeof CARD_FAULTS)[number]

export const CARD_FAULTS = [
  'envelope',
  'algorithm',
  'type',
  'certificate-uri',
  'issued-at',
  'jcard',
  'contact',
  'signature',
  'form',
] as const

export type CardKey = CryptoKey | JWK

/**
 * Checks a card that was fetched from the URI in a 608: the envelope, the claims against the clock, and the signature
 * with the key of the certificate (whose own chain is the caller's business); without a key the signature does not verify.
 * It never throws on what was fetched.
 */
export async function verifyCard(body: string, key: CardKey | undefined, nowS: number): Promise<CardCheck> {
  const envelope = readEnvelope(body)
  if (envelope === undefined)
    return { valid: false, faults: ['envelope'], card: undefined, issuedAtS: undefined, certificateUri: undefined }

  const { header, payload } = envelope
  const faults: CardFault[] = []
  const supported = typeof header['alg'] === 'string' && CARD_ALGORITHMS.includes(header['alg'])
  if (!supported) faults.push('algorithm')
  if (header['typ'] !== 'vcard+json') faults.push('type')
  const certificateUri = typeof header['x5u'] === 'string' ? header['x5u'] : undefined
  if (certificateUri === undefined || !HTTPS_URI.test(certificateUri)) faults.push('certificate-uri')

  const issuedAtS = typeof payload['iat'] === 'number' && Number.isFinite(payload['iat']) ? payload['iat'] : undefined
  if (issuedAtS === undefined || nowS - issuedAtS > CARD_AGE_S_MAX || issuedAtS - nowS > CARD_AHEAD_S_MAX)
    faults.push('issued-at')
  const card = readCard(payload['jcard'])
  if (card === undefined) faults.push('jcard')
  else {
    const { fn, url, email, tel, adr } = card.contacts
    if ((url ?? email ?? tel ?? adr) === undefined) faults.push('contact')
    if (!card.versionFirst || fn === undefined) faults.push('form')
  }
  if (supported && (key === undefined || !(await isSignedBy(body, key)))) faults.push('signature')
  return { valid: faults.every((fault) => fault === 'form'), faults, card, issuedAtS, certificateUri }
}

/** Reads the certificate's URI from a card not yet checked, to know what to fetch; undefined where it names none. */
export function readCertificateUri(body: string): string | undefined {
  try {
    const { x5u } = decodeProtectedHeader(body)
    return typeof x5u === 'string' ? x5u : undefined
  } catch {
    return undefined
  }
}

type Claims = { readonly [name: string]: unknown }

function readEnvelope(body: string): { header: Claims; payload: Claims } | undefined {
  if (body.length > CARD_CHARACTERS_MAX || !COMPACT.test(body)) return undefined
  const [protectedHeader = '', claims = ''] = body.split('.')
  const header = readJson(protectedHeader)
  const payload = readJson(claims)
  return header && payload && { header, payload }
}

function readJson(part: string): Claims | undefined {
  try {
    const json: unknown = JSON.parse(STRICT_UTF8.decode(base64url.decode(part)))
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Claims) : undefined
  } catch {
    return undefined
  }
}

/** Whatever the verifier objects to, be it key, header or signature, the card is not to be believed. */
async function isSignedBy(body: string, key: CardKey): Promise<boolean> {
  try {
    await compactVerify(body, key, { algorithms: [...CARD_ALGORITHMS] })
    return true
  } catch {
    return false
  }
}

/** ES256 must be supported and others may be (RFC 8688 §3.2.1); symmetric ones and `none` never. */
export const CARD_ALGORITHMS: readonly string[] = [
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
  'EdDSA',
  'Ed25519',
]
/** RFC 8688 leaves the limits to local policy and hints at a minute. */
export const CARD_AGE_S_MAX = 60
export const CARD_AHEAD_S_MAX = 5
/** A card may be of any length (RFC 8688 §4.1); beyond this nobody means well. */
export const CARD_CHARACTERS_MAX = 65_536
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/
const HTTPS_URI = /^https:\/\/[^\s/?#]+/i
const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true })
