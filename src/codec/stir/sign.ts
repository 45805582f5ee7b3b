import { encodeText } from '#codec/sip/text.ts'
import { encodeBase64url } from './base64url.ts'

/** Claims of a token: names with JSON values. */
export type Claims = { readonly [name: string]: unknown }

/**
 * Writes what is signed: header, dot, payload, both in canonical JSON. RFC 8225 §9: names in order at every level, no white
 * space.
 */
export function formatSigned(header: Claims, payload: Claims): string {
  return `${encodeBase64url(encodeText(formatCanonical(header)))}.${encodeBase64url(encodeText(formatCanonical(payload)))}`
}

/**
 * Rebuilds what a token of the compact form was signed over, from what the call itself says. RFC 8225 §7, RFC 8224 §6.2.
 *
 * Numbers are digits alone, `issuedAtS` is the Date of the request. Only for tokens without extension: the claims of the
 * others are nowhere else in the request.
 */
export function rebuildSigned(
  info: string,
  { orig, dest, issuedAtS }: { readonly orig: string; readonly dest: string; readonly issuedAtS: number },
): string {
  const header = { alg: 'ES256', typ: 'passport', x5u: info }
  return formatSigned(header, { dest: { tn: [dest] }, iat: issuedAtS, orig: { tn: orig } })
}

function formatCanonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(formatCanonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  // As JSON has it, a claim without a value is none.
  const names = Object.keys(value)
    .filter((name) => (value as Claims)[name] !== undefined)
    .toSorted()
  return `{${names.map((name) => `${JSON.stringify(name)}:${formatCanonical((value as Claims)[name])}`).join(',')}}`
}
