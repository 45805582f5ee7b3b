import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Signer, Verifier } from '#core/ledger/checkpoint.ts'
import { writePrivateFile } from './private-file.ts'
import { StoreError } from './store-error.ts'

/** Reads the key that signs checkpoints, or makes it (ECDSA on P-256, PKCS #8 in PEM, mode 0600) if there is none. */
export function openSigningKey(path: string): Signer & { readonly publicPem: string } {
  const key = readKey(path) ?? createKey(path)
  const publicKey = createPublicKey(key)
  return {
    key: nameKey(publicKey),
    sign: (octets) => sign('sha256', octets, { key, dsaEncoding: 'ieee-p1363' }),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }),
  }
}

/** Checks signatures against these public keys (PEM; a private key will do as well). */
export function createVerifier(pems: Iterable<string>): Verifier {
  const keys = new Map<string, KeyObject>()
  for (const pem of pems) {
    const key = createPublicKey(pem)
    keys.set(nameKey(key), key)
  }
  return (name, octets, signature) => {
    const key = keys.get(name)
    return key !== undefined && verify('sha256', octets, { key, dsaEncoding: 'ieee-p1363' }, signature)
  }
}

function nameKey(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)
}

function readKey(path: string): KeyObject | undefined {
  let pem: string
  try {
    pem = readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new StoreError(
      'key',
      `${path}: the key that signs checkpoints cannot be read; check its owner and mode`,
      cause,
    )
  }
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key
  } catch (cause) {
    throw new StoreError(
      'key',
      `${path}: this is no private key in PEM; restore it, or move it away to have a new one made`,
      cause,
    )
  }
  throw new StoreError(
    'key',
    `${path}: checkpoints are signed with a P-256 key, this is another kind; move it away to have one made`,
  )
}

function createKey(path: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  writePrivateFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  return privateKey
}
