import { type KeyObject, KeyObject as Keys, createHmac, sign } from 'node:crypto'
import { decodeBase64url, encodeBase64url } from '#codec/stir/base64url.ts'
import { type Claims, formatSigned } from '#codec/stir/sign.ts'

// The library registers its parts by decorators and asks for a polyfill of theirs, of which it uses nothing.
Object.assign(Reflect, {
  getMetadata: () => undefined,
  getOwnMetadata: () => undefined,
  hasOwnMetadata: () => false,
  defineMetadata: () => undefined,
  metadata: () => () => undefined,
})
const x509 = await import('@peculiar/x509')

/** A certificate with its key, as an authority of a test hands it out. */
export type Minted = {
  readonly pem: string
  readonly key: KeyObject
  readonly subject: string
  readonly keys: CryptoKeyPair
}

export type Minting = {
  readonly subject: string
  /** Who signs it; itself if not said. */
  readonly issuer?: Minted
  readonly authority?: { readonly pathLength?: number }
  readonly from?: string
  readonly until?: string
  readonly curve?: 'P-256' | 'P-384'
  readonly hash?: 'SHA-256' | 'SHA-384'
  /** DER of a TNAuthorizationList. */
  readonly tnAuthList?: Uint8Array
  /** `false` leaves out the use of the key, or gives one that may not sign. */
  readonly usage?: 'sign' | 'certify' | 'encipher' | 'unsaid'
  readonly critical?: string
  readonly constrained?: boolean
  readonly hosts?: readonly string[]
}

/** Makes a certificate with the key of its issuer. */
export async function mint(minting: Minting): Promise<Minted> {
  const { subject, issuer, authority, curve = 'P-256', hash = 'SHA-256' } = minting
  const algorithm = { name: 'ECDSA', namedCurve: curve, hash }
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: curve }, true, ['sign', 'verify'])
  const usage = minting.usage ?? (authority === undefined ? 'sign' : 'certify')
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: Math.floor(Math.random() * 2 ** 40)
      .toString(16)
      .padStart(12, '1'),
    subject,
    issuer: issuer?.subject ?? subject,
    notBefore: new Date(minting.from ?? '2020-01-01T00:00:00Z'),
    notAfter: new Date(minting.until ?? '2120-01-01T00:00:00Z'),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(authority !== undefined, authority?.pathLength, true),
      ...(usage === 'unsaid' ? [] : [new x509.KeyUsagesExtension(USAGES[usage], true)]),
      ...(minting.tnAuthList === undefined
        ? []
        : [new x509.Extension('1.3.6.1.5.5.7.1.26', false, buffer(minting.tnAuthList))]),
      ...(minting.critical === undefined ? [] : [new x509.Extension(minting.critical, true, buffer(der(0x30)))]),
      ...(minting.constrained === true ? [new x509.Extension('1.3.6.1.5.5.7.1.27', false, buffer(der(0x30)))] : []),
      ...(minting.hosts === undefined
        ? []
        : [new x509.SubjectAlternativeNameExtension(minting.hosts.map((value) => ({ type: 'dns' as const, value })))]),
    ],
  })
  return { pem: `${certificate.toString('pem')}\n`, key: Keys.from(keys.privateKey), subject, keys }
}

/** One element of DER with the contents after one another. */
export function der(tag: number, ...contents: readonly (Uint8Array | string)[]): Uint8Array {
  const body = Buffer.concat(contents.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
  const length =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Uint8Array.from([tag, ...length]), body])
}

/** The list of a service provider: its code. */
export function providerList(code: string): Uint8Array {
  return der(0x30, der(0xa0, der(0x16, code)))
}

/** The list of a range of numbers. */
export function rangeList(start: string, count: number): Uint8Array {
  const octets = count < 128 ? [count] : [count >> 8, count & 255]
  return der(0x30, der(0xa1, der(0x30, der(0x16, start), der(0x02, Uint8Array.from(octets)))))
}

export function oneList(number: string): Uint8Array {
  return der(0x30, der(0xa2, der(0x16, number)))
}

/** Signs a token by ES256, or as badly as `how` says. */
export function signToken(
  key: KeyObject,
  header: Claims,
  payload: Claims,
  how: 'es256' | 'der' | 'secret' | 'none' = 'es256',
): string {
  const signed = formatSigned(header, payload)
  return `${signed}.${encodeBase64url(signOctets(key, signed, how))}`
}

/** Signs a text, and answers r and s. */
export function signText(key: KeyObject, text: string): Uint8Array {
  return signOctets(key, text, 'es256')
}

/** Writes the value of an Identity field. */
export function identityOf(token: string, info: string, ppt = 'shaken'): string {
  return `${token};info=<${info}>;alg=ES256;ppt=${ppt}`
}

/** A token with other octets for its signature. */
export function withSignature(token: string, change: (signature: Uint8Array) => Uint8Array): string {
  const dot = token.lastIndexOf('.')
  return `${token.slice(0, dot + 1)}${encodeBase64url(change(decodeBase64url(token.slice(dot + 1))!))}`
}

function signOctets(key: KeyObject, text: string, how: 'es256' | 'der' | 'secret' | 'none'): Uint8Array {
  if (how === 'none') return new Uint8Array(0)
  if (how === 'secret') return createHmac('sha256', 'shared secret').update(text).digest()
  return sign('sha256', Buffer.from(text), { key, dsaEncoding: how === 'der' ? 'der' : 'ieee-p1363' })
}

function buffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}

const { digitalSignature, keyCertSign, keyEncipherment } = x509.KeyUsageFlags
const USAGES = { sign: digitalSignature, certify: keyCertSign, encipher: keyEncipherment }
