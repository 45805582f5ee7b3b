import { type KeyObject, verify } from 'node:crypto'

/**
 * Verifies an ES256 signature (RFC 7518 §3.4: r and s, 32 octets each) on a thread of the pool, so that calls go on
 * meanwhile. Any other length is no signature; r and s out of their range do not verify.
 */
export function verifyEs256(key: KeyObject, signed: string, signature: Uint8Array): Promise<boolean> {
  if (signature.length !== SIGNATURE_BYTES) return Promise.resolve(false)
  return new Promise((resolve) => {
    verify('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }, signature, (error, isGood) =>
      resolve(error === null && isGood),
    )
  })
}

const SIGNATURE_BYTES = 64
