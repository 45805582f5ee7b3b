import { type KeyObject, X509Certificate, generateKeyPairSync, sign } from 'node:crypto'

/** A certificate with its key, both PEM. */
export type Minted = { readonly certificate: string; readonly key: string }

/** An authority of a test's own: it mints what the test says, sound or not. */
export type Authority = Minted & { mint(wishes: Wishes): Minted }

export type Wishes = {
  readonly name: string
  readonly dns?: readonly string[]
  readonly uris?: readonly string[]
  readonly addresses?: readonly string[]
  /** Milliseconds since 1970; from a day ago to a year ahead where not said. */
  readonly from?: number
  readonly until?: number
}

/** Makes an authority with a certificate signed by itself (RFC 5280); P-256 throughout. */
export function foundAuthority(name: string): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  let serial = 1
  const mint = (subject: string, key: KeyObject, extensions: Buffer, from?: number, until?: number): string => {
    const signed = sequence(
      element(0xa0, element(2, Buffer.of(2))),
      element(2, Buffer.of(++serial)),
      ECDSA_SHA256,
      nameOf(name),
      sequence(timeOf(from ?? Date.now() - DAY_MS), timeOf(until ?? Date.now() + YEAR_MS)),
      nameOf(subject),
      key.export({ type: 'spki', format: 'der' }),
      element(0xa3, sequence(extensions)),
    )
    const signature = sign('sha256', signed, privateKey)
    const der = sequence(signed, ECDSA_SHA256, element(3, Buffer.concat([Buffer.of(0), signature])))
    return new X509Certificate(der).toString()
  }
  const isAuthority = sequence(
    BASIC_CONSTRAINTS,
    element(1, Buffer.of(0xff)),
    element(4, sequence(element(1, Buffer.of(0xff)))),
  )
  return {
    certificate: mint(name, publicKey, isAuthority),
    key: pemOf(privateKey),
    mint({ name: subject, dns = [], uris = [], addresses = [], from, until }) {
      const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const names = [
        ...dns.map((value) => element(0x82, Buffer.from(value, 'latin1'))),
        ...uris.map((value) => element(0x86, Buffer.from(value, 'latin1'))),
        ...addresses.map((value) => element(0x87, Buffer.from(value.split('.').map(Number)))),
      ]
      const isLeaf = sequence(BASIC_CONSTRAINTS, element(4, sequence()))
      const named = names.length === 0 ? [] : [sequence(ALTERNATIVE_NAME, element(4, sequence(...names)))]
      const certificate = mint(subject, leaf.publicKey, Buffer.concat([isLeaf, ...named]), from, until)
      return { certificate, key: pemOf(leaf.privateKey) }
    },
  }
}

function pemOf(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' })
}

function nameOf(name: string): Buffer {
  return sequence(element(0x31, sequence(COMMON_NAME, element(12, Buffer.from(name)))))
}

function timeOf(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\..*|[-:T]/g, '')
  return element(24, Buffer.from(`${digits}Z`))
}

function sequence(...parts: Buffer[]): Buffer {
  return element(0x30, ...parts)
}

/** One value of DER: tag, length, contents. */
function element(tag: number, ...parts: Buffer[]): Buffer {
  const contents = Buffer.concat(parts)
  const { length } = contents
  const short = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.of(tag, ...short), contents])
}

const ECDSA_SHA256 = sequence(element(6, Buffer.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2)))
const COMMON_NAME = element(6, Buffer.of(0x55, 4, 3))
const BASIC_CONSTRAINTS = element(6, Buffer.of(0x55, 0x1d, 0x13))
const ALTERNATIVE_NAME = element(6, Buffer.of(0x55, 0x1d, 0x11))
const DAY_MS = 86_400_000
const YEAR_MS = 365 * DAY_MS
