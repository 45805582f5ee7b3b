import { type CryptoKey, type JWK, importJWK, importPKCS8, importSPKI, importX509 } from 'jose'

/**
 * Reads a key from the text of a file: a JWK, or PEM with a certificate, a public or a private key (PKCS #8).
 *
 * Rejects with an `Error` in one sentence where the text is none of them.
 */
export async function parseKey(text: string, algorithm = 'ES256'): Promise<CryptoKey> {
  const label = PEM.exec(text)?.[1]
  if (label === 'CERTIFICATE') return importX509(text.trim(), algorithm)
  if (label === 'PUBLIC KEY') return importSPKI(text.trim(), algorithm)
  if (label === 'PRIVATE KEY') return importPKCS8(text.trim(), algorithm)
  if (label !== undefined) throw new Error(`a PEM "${label}" is not supported; convert it to PKCS #8`)
  const key = await importJWK(parseJwk(text), algorithm)
  if (key instanceof Uint8Array) throw new Error('a symmetric key cannot verify a card')
  return key
}

function parseJwk(text: string): JWK {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new Error('neither PEM nor JSON', { cause })
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error('the JSON is not a JWK')
  return json
}

const PEM = /-----BEGIN ([A-Z0-9 ]+)-----/
