import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import {
  CompactSign,
  type CryptoKey,
  calculateJwkThumbprint,
  compactVerify,
  decodeProtectedHeader,
  exportJWK,
  importJWK,
  importPKCS8,
  type JWK,
} from 'jose'
import { FEED_HEADER_TYPE } from '#core/registry/feed.ts'
import { writePrivateFile } from './private-file.ts'
import { StoreError } from './store-error.ts'

/** What signs the pages of a feed. */
export type FeedSigner = {
  /** Signs a payload as a compact JWS (RFC 7515 §3.1) by ES256. */
  readonly sign: (payload: string) => Promise<string>
  /** The public key as a JWK set (RFC 7517 §5), and its name in it: its thumbprint (RFC 7638). */
  readonly keys: string
  readonly key: string
}

/** Keys that a source signs by, by their names. */
export type FeedKeys = ReadonlyMap<string, CryptoKey>

/** Reads the key that signs the feed, or makes it (ECDSA on P-256, PKCS #8 in PEM, mode 0600) if there is none. */
export async function openFeedSigner(path: string): Promise<FeedSigner> {
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writePrivateFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  }
  let pem: string
  try {
    pem = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new StoreError('key', `${path}: the key that signs the feed cannot be read; check its owner and mode`, cause)
  }
  let key: CryptoKey
  try {
    key = await importPKCS8(pem, 'ES256')
  } catch (cause) {
    throw new StoreError(
      'key',
      `${path}: this is no private key on P-256 in PEM (PKCS #8); restore it, or move it away to have a new one made`,
      cause,
    )
  }
  const publicJwk = createPublicKey(pem).export({ format: 'jwk' }) as JWK
  const kid = await calculateJwkThumbprint(publicJwk)
  return {
    sign: (payload) =>
      new CompactSign(new TextEncoder().encode(payload))
        .setProtectedHeader({ alg: 'ES256', typ: FEED_HEADER_TYPE, kid })
        .sign(key),
    keys: `${JSON.stringify({ keys: [{ ...publicJwk, kid, alg: 'ES256', use: 'sig' }] })}\n`,
    key: kid,
  }
}

/** Reads a JWK set with the public keys on P-256 that a source signs by. Throws an `Error` that says what is wrong. */
export async function readFeedKeys(text: string): Promise<FeedKeys> {
  let set: unknown
  try {
    set = JSON.parse(text)
  } catch (cause) {
    throw new Error('this is no JSON', { cause })
  }
  const keys = (set as { keys?: unknown } | undefined)?.keys
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > KEYS_MAX)
    throw new Error(`this is no JWK set: expected "keys" with 1 to ${KEYS_MAX} of them`)
  const read = new Map<string, CryptoKey>()
  for (const given of keys as JWK[]) {
    if (given?.kty !== 'EC' || given.crv !== 'P-256' || given.d !== undefined)
      throw new Error('a key of the set is no public key on P-256')
    const { kty, crv, x = '', y = '' } = given
    // Only what makes the key: `alg`, `use` and others of the file say nothing that we go by.
    const key = (await importJWK({ kty, crv, x, y }, 'ES256')) as CryptoKey
    read.set(await calculateJwkThumbprint(await exportJWK(key)), key)
  }
  return read
}

/** The payload of a signed page; words that say why it is not believed. Only ES256, and only keys that were pinned. */
export async function verifyFeedPage(jws: string, keys: FeedKeys): Promise<Uint8Array | string> {
  if (!COMPACT.test(jws)) return 'it is no compact JWS'
  try {
    const { kid, typ } = decodeProtectedHeader(jws)
    if (typ !== FEED_HEADER_TYPE) return `its header has not the type ${FEED_HEADER_TYPE}`
    const key = keys.get(kid ?? '')
    if (key === undefined) return 'it is signed by a key that is not pinned'
    const { payload } = await compactVerify(jws, key, { algorithms: ['ES256'] })
    return payload
  } catch {
    return 'its signature is not good'
  }
}

const KEYS_MAX = 8
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/
