import { decodeBase64url } from './base64url.ts'
import type { Identity } from './identity.ts'
import type { StirReason } from './reasons.ts'
import { type JsonObject, claimOf, parseStrictJson } from './strict-json.ts'

/** A party in a PASSporT: a telephone number in digits, or a URI. RFC 8225 §5.2.1. */
export type Claimant = { readonly kind: 'tn' | 'uri'; readonly value: string }

/** A PASSporT whose claims have the shape they must have; nothing is said yet of signature, time or numbers. */
export type Passport = {
  /** Where the signer's certificate is: https. */
  readonly certificateUri: string
  /** What was signed, in ASCII: header, dot, payload. */
  readonly signed: string
  readonly signature: Uint8Array
  /** When it was signed, seconds since 1970. */
  readonly issuedAtS: number
  readonly orig: Claimant
  readonly dest: readonly Claimant[]
} & (
  | { readonly extension: 'base' }
  | { readonly extension: 'shaken'; readonly attestation: 'A' | 'B' | 'C'; readonly originId: string }
  /** Who sent the call on: the destination of the token before. RFC 8946 §3. */
  | { readonly extension: 'div'; readonly diverted: Claimant }
  /** The priorities that are authorised, such as `ets.0`. RFC 8443 §3. */
  | { readonly extension: 'rph'; readonly priorities: readonly string[] }
)

/** What became of a token. `other`: an extension nobody here knows, which says nothing (RFC 8224 §6.2 step 1). */
export type PassportReading =
  | { readonly kind: 'passport'; readonly passport: Passport }
  | { readonly kind: 'compact' }
  | { readonly kind: 'other'; readonly ppt: string }
  | { readonly kind: 'fault'; readonly reason: StirReason }

/**
 * Reads the token of an Identity value. RFC 8224 §4, RFC 8225 §4 and §5; `shaken` by RFC 8588, `div` by RFC 8946, `rph` by
 * RFC 8443. Strict where leniency could help a forger: one algorithm, one type, one spelling of each octet, each name once.
 */
export function readPassport({ token, info, algorithm, ppt }: Identity): PassportReading {
  if (token.length > TOKEN_CHARACTERS_MAX) return fault('too-long')
  if (algorithm !== undefined && algorithm !== ALGORITHM) return fault('algorithm')
  const parts = token.split('.')
  if (parts.length !== 3) return fault('token')
  const [protectedHeader = '', claims = '', signatureText = ''] = parts
  const signature = decodeBase64url(signatureText)
  if (signature === undefined) return fault('token')
  if (protectedHeader === '' && claims === '') return signature.length === 0 ? fault('token') : { kind: 'compact' }

  const header = readPart(protectedHeader)
  if (header === undefined) return fault('token')
  const wrong = faultOfHeader(header, info, ppt)
  if (wrong !== undefined) return fault(wrong)
  const extension = claimOf(header, 'ppt') as string | undefined
  if (extension !== undefined && !isKnown(extension)) return { kind: 'other', ppt: extension }
  const payload = readPart(claims)
  if (payload === undefined) return fault('token')
  return readClaims(payload, extension ?? 'base', {
    certificateUri: info,
    signed: `${protectedHeader}.${claims}`,
    signature,
  })
}

/** The part of a token's header that must be right whatever the token is for. RFC 8225 §4. */
function faultOfHeader(header: JsonObject, info: string, ppt: string | undefined): StirReason | undefined {
  if (claimOf(header, 'alg') !== ALGORITHM) return 'algorithm'
  if (claimOf(header, 'typ') !== 'passport') return 'type'
  if (Object.hasOwn(header, 'crit')) return 'critical'
  const x5u = claimOf(header, 'x5u')
  if (x5u !== info || !isHttps(info)) return 'certificate-uri'
  const extension = claimOf(header, 'ppt')
  if (extension !== undefined && typeof extension !== 'string') return 'extension'
  // Some equipment leaves ppt out of the field; what it leaves in must be what was signed.
  return ppt !== undefined && ppt !== extension ? 'extension' : undefined
}

function readClaims(
  payload: JsonObject,
  extension: Extension,
  envelope: Pick<Passport, 'certificateUri' | 'signed' | 'signature'>,
): PassportReading {
  const issuedAtS = claimOf(payload, 'iat')
  if (typeof issuedAtS !== 'number' || !Number.isSafeInteger(issuedAtS) || issuedAtS < 0) return fault('issued-at')
  const orig = readClaimant(claimOf(payload, 'orig'))
  if (orig === undefined) return fault('originator')
  const dest = readDestinations(claimOf(payload, 'dest'))
  if (dest === undefined) return fault('destination')
  if (dest.length > DESTINATIONS_MAX) return fault('too-long')
  const common = { ...envelope, issuedAtS, orig, dest }
  if (extension === 'base') return { kind: 'passport', passport: { ...common, extension } }

  if (extension === 'shaken') {
    const attestation = claimOf(payload, 'attest')
    if (attestation !== 'A' && attestation !== 'B' && attestation !== 'C') return fault('attestation')
    const originId = claimOf(payload, 'origid')
    if (typeof originId !== 'string' || !ORIGIN_ID.test(originId)) return fault('origin-id')
    return { kind: 'passport', passport: { ...common, extension, attestation, originId } }
  }
  if (extension === 'div') {
    const diverted = readClaimant(claimOf(payload, 'div'))
    return diverted === undefined
      ? fault('diversion')
      : { kind: 'passport', passport: { ...common, extension, diverted } }
  }
  const priorities = claimOf(claimOf(payload, 'rph'), 'auth')
  if (!isPriorities(priorities)) return fault('priority')
  return { kind: 'passport', passport: { ...common, extension, priorities } }
}

/** One number or one URI, not both. RFC 8225 §5.2.1. */
function readClaimant(json: unknown): Claimant | undefined {
  const tn = claimOf(json, 'tn')
  const uri = claimOf(json, 'uri')
  if (uri === undefined) return readValue('tn', tn)
  return tn === undefined ? readValue('uri', uri) : undefined
}

/** Lists of numbers, of URIs, or one of each; at least one entry in all. RFC 8225 §5.2.1. */
function readDestinations(json: unknown): Claimant[] | undefined {
  const found: Claimant[] = []
  for (const kind of ['tn', 'uri'] as const) {
    const list = claimOf(json, kind)
    if (list === undefined) continue
    if (!Array.isArray(list)) return undefined
    for (const entry of list.slice(0, DESTINATIONS_MAX + 1) as unknown[]) {
      const claimant = readValue(kind, entry)
      if (claimant === undefined) return undefined
      found.push(claimant)
    }
  }
  return found.length > 0 ? found : undefined
}

/** A number is canonical when it is digits alone (RFC 8224 §8.3); the plus that some signers leave on it is taken off. */
function readValue(kind: Claimant['kind'], value: unknown): Claimant | undefined {
  if (typeof value !== 'string') return undefined
  if (kind === 'uri') return value.length > 0 && value.length <= URI_CHARACTERS_MAX ? { kind, value } : undefined
  return NUMBER.test(value) ? { kind, value: value.replace('+', '') } : undefined
}

function isPriorities(json: unknown): json is string[] {
  const isOne = (value: unknown): boolean => typeof value === 'string' && PRIORITY.test(value)
  return Array.isArray(json) && json.length > 0 && json.length <= PRIORITIES_MAX && json.every(isOne)
}

function readPart(text: string): JsonObject | undefined {
  const bytes = decodeBase64url(text)
  if (bytes === undefined) return undefined
  try {
    return parseStrictJson(STRICT_UTF8.decode(bytes))
  } catch {
    return undefined
  }
}

function isHttps(uri: string): boolean {
  return uri.length <= URI_CHARACTERS_MAX && /^https:\/\/[^\s/?#]/i.test(uri)
}

function isKnown(ppt: string): ppt is Extension {
  return ppt === 'shaken' || ppt === 'div' || ppt === 'rph'
}

function fault(reason: StirReason): PassportReading {
  return { kind: 'fault', reason }
}

type Extension = Passport['extension']

const ALGORITHM = 'ES256'
/** Signer's tokens are 500 to 900 characters long. */
export const TOKEN_CHARACTERS_MAX = 6_144
/** Numbers and URIs that one token may name as called. */
export const DESTINATIONS_MAX = 64
const URI_CHARACTERS_MAX = 2_048
const PRIORITIES_MAX = 16
const NUMBER = /^\+?[0-9*#]{1,20}$/
/** A UUID by RFC 8588 §5; signers that put something else there are heard all the same. */
const ORIGIN_ID = /^[\u0021-\u007e]{1,128}$/
const PRIORITY = /^[A-Za-z0-9!%*_+`'~-]{1,64}\.[A-Za-z0-9!%*_+`'~-]{1,64}$/
const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
