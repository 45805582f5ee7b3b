import { createHmac } from 'node:crypto'

/** The code of a step, as RFC 6238 makes it of RFC 4226 §5.3: HMAC-SHA-1, six digits (eight in the RFC's vectors). */
export function codeAt(secret: Uint8Array, step: number, digits = TOTP_DIGITS): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const number = mac.readUInt32BE(mac.at(-1)! & 0xf) & 0x7f_ff_ff_ff
  return String(number % 10 ** digits).padStart(digits, '0')
}

/**
 * The step whose code this is, one step early or late included (RFC 6238 §5.2); undefined for a wrong code, and for one of
 * `usedStep` or before it: a code is good once.
 */
export function stepOf(secret: Uint8Array, code: string, nowMs: number, usedStep: number): number | undefined {
  const current = Math.floor(nowMs / TOTP_STEP_MS)
  let found: number | undefined
  for (let step = current - DRIFT; step <= current + DRIFT; step++) {
    if (codeAt(secret, Math.max(0, step)) === code && step > usedStep) found = step
  }
  return found
}

/** RFC 4648 §6 without padding. */
export function formatBase32(octets: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const octet of octets) {
    held = (held << 8) | octet
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32[(held >> (bits - 5)) & 31]
    held &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + BASE32[(held << (5 - bits)) & 31]
}

/** What authenticator apps read from a picture or a link. */
export function formatOtpUri(issuer: string, name: string, secret: Uint8Array): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(name)}`
  return `otpauth://totp/${label}?secret=${formatBase32(secret)}&issuer=${encodeURIComponent(issuer)}`
}

const TOTP_DIGITS = 6
export const TOTP_STEP_MS = 30_000
const DRIFT = 1
/** RFC 4226 §4 R6. */
export const TOTP_SECRET_OCTETS = 20
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
