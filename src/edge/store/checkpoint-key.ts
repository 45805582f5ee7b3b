import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
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

/** The public keys of all that ever signed here, in PEM: what a key that was replaced has signed goes on to verify. */
export function keptKeysBeside(path: string): string {
  return `${path}.public`
}

/** What a key in PEM is called: SHA-256 of its public half, the first 16 hexadecimal digits. Throws where it is none. */
export function nameOfPem(pem: string): string {
  return nameKey(createPublicKey(pem))
}

/** Opens the signing key, and adds its public half to the kept ones before it signs anything. */
export function openKeptSigningKey(path: string): ReturnType<typeof openSigningKey> {
  const key = openSigningKey(path)
  const kept = keptKeysBeside(path)
  try {
    if (!splitPems(readIfThere(kept) ?? '').includes(key.publicPem.trim())) appendKept(kept, key.publicPem)
  } catch (cause) {
    throw new StoreError(
      'key',
      `${kept}: the public keys of checkpoints cannot be kept there (${(cause as Error).message})`,
      cause,
    )
  }
  return key
}

/** The keys in a text, one PEM block each; half a block is none. */
export function splitPems(text: string): string[] {
  return text.match(PEM_BLOCK) ?? []
}

/** Checks signatures against these public keys (PEM; a private key will do as well); `count` says how many there are. */
export function createVerifier(pems: Iterable<string>): { readonly verify: Verifier; readonly count: number } {
  const keys = new Map<string, KeyObject>()
  for (const pem of pems) {
    const key = createPublicKey(pem)
    keys.set(nameKey(key), key)
  }
  return {
    verify: (name, octets, signature) => {
      const key = keys.get(name)
      return key !== undefined && verify('sha256', octets, { key, dsaEncoding: 'ieee-p1363' }, signature)
    },
    count: keys.size,
  }
}

function nameKey(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)
}

function readKey(path: string): KeyObject | undefined {
  let pem: string | undefined
  try {
    pem = readIfThere(path)
  } catch (cause) {
    throw new StoreError(
      'key',
      `${path}: the key that signs checkpoints cannot be read; check its owner and mode`,
      cause,
    )
  }
  if (pem === undefined) return undefined
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

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw cause
  }
}

function appendKept(path: string, pem: string): void {
  const file = openSync(path, 'a', 0o644)
  try {
    writeSync(file, pem)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function createKey(path: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  writePrivateFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  return privateKey
}

const PEM_BLOCK = /-----BEGIN [A-Z ]+-----[^-]*-----END [A-Z ]+-----/g
