import { Malformed } from '#codec/sip/malformed.ts'
import { LIST_VALUES_MAX } from '#codec/sip/limits.ts'
import { type Scanner, formatParameters, scan } from '#codec/sip/scanner.ts'
import { decodeText } from '#codec/sip/text.ts'

/** One value of the Identity field. RFC 8224 §4. */
export type Identity = {
  /** Header, payload and signature with their dots; `..` and the signature in the compact form. RFC 8225 §7. */
  readonly token: string
  /** Where the certificate is, as written between the angle brackets. */
  readonly info: string
  readonly algorithm: string | undefined
  /** Which extension of PASSporT the token follows. */
  readonly ppt: string | undefined
  /** Any further parameters. */
  readonly parameters: ReadonlyMap<string, string | undefined>
}

/**
 * Reads the values of one Identity line, which are separated by commas where a relay has joined lines.
 *
 *     eyJhbGciOi….eyJhdHRlc3Qi….rq3pjT1h…;info=<https://cert.example/a.pem>;alg=ES256;ppt=shaken
 *
 * Throws `Malformed`; what the token holds is for `readPassport`.
 */
export function parseIdentity(text: string): Identity[] {
  const scanner = scan(text, CITE)
  const identities: Identity[] = []
  scanner.skipSpace()
  do {
    if (identities.length >= LIST_VALUES_MAX) scanner.fail('too-long')
    identities.push(takeIdentity(scanner))
  } while (scanner.takesComma())
  scanner.expectEnd()
  return identities
}

/** Writes one value; a token or URI that would leave its place is refused. */
export function formatIdentity({ token, info, algorithm, ppt, parameters }: Identity): string {
  if (!TOKEN.test(token)) throw new Error('the token holds what no token can')
  if (!URI.test(info)) throw new Error(`${JSON.stringify(info)} cannot stand between angle brackets`)
  const named = new Map<string, string | undefined>()
  if (algorithm !== undefined) named.set('alg', algorithm)
  if (ppt !== undefined) named.set('ppt', ppt)
  return `${token};info=<${info}>${formatParameters(named)}${formatParameters(parameters)}`
}

function takeIdentity(scanner: Scanner): Identity {
  const { bytes } = scanner
  const start = scanner.at
  while (scanner.at < scanner.end && isTokenOctet(bytes[scanner.at]!)) scanner.at++
  if (scanner.at === start) scanner.fail('token')
  const token = decodeText(bytes, start, scanner.at)
  const parameters = new Map<string, string | undefined>()
  let info: string | undefined
  for (;;) {
    if (takesInfo(scanner)) {
      if (info !== undefined) scanner.fail('parameter')
      info = takeUri(scanner)
      continue
    }
    if (!scanner.parameter()) break
    const name = decodeText(bytes, scanner.nameStart, scanner.nameEnd).toLowerCase()
    if (parameters.has(name)) scanner.fail('parameter', scanner.nameStart)
    parameters.set(name, scanner.parameterValue())
  }
  if (info === undefined || parameters.has('info')) throw new Malformed('uri', scanner.at - scanner.start, CITE)
  const algorithm = takeNamed(parameters, 'alg')
  const ppt = takeNamed(parameters, 'ppt')
  return { token, info, algorithm, ppt, parameters }
}

/** Takes `;info=` where a URI in angle brackets follows, which the general parameter has no room for. */
function takesInfo(scanner: Scanner): boolean {
  const { bytes, end, at: before } = scanner
  if (scanner.takes(SEMICOLON)) {
    const found = INFO.every((octet, index) => ((bytes[scanner.at + index] ?? 0) | 0x20) === octet)
    if (found && scanner.at + INFO.length < end) {
      scanner.at += INFO.length
      if (scanner.takes(EQUAL) && scanner.at < end && bytes[scanner.at] === LESS_THAN) return true
    }
  }
  scanner.at = before
  return false
}

function takeUri(scanner: Scanner): string {
  const start = scanner.at + 1
  const close = scanner.bytes.indexOf(GREATER_THAN, start)
  if (close < 0 || close >= scanner.end) scanner.fail('angle-bracket')
  const uri = decodeText(scanner.bytes, start, close)
  if (!URI.test(uri)) scanner.fail('uri', start)
  scanner.at = close + 1
  return uri
}

function takeNamed(parameters: Map<string, string | undefined>, name: string): string | undefined {
  const value = parameters.get(name)
  parameters.delete(name)
  return value
}

/** RFC 8224 §4 has the alphabet of base64, tokens in use that of base64url: both, and the dot. */
function isTokenOctet(octet: number): boolean {
  return octet < 128 && TOKEN_OCTETS[octet] === 1
}

const CITE = 'RFC 8224 §4'
const INFO = [0x69, 0x6e, 0x66, 0x6f]
const TOKEN = /^[A-Za-z0-9+/_.=-]+$/
const URI = /^[A-Za-z][A-Za-z0-9+.-]*:[\u0021-\u003b\u003d\u003f-\u007e]+$/
const TOKEN_OCTETS = Uint8Array.from({ length: 128 }, (_, code) => (TOKEN.test(String.fromCharCode(code)) ? 1 : 0))
const SEMICOLON = 0x3b
const EQUAL = 0x3d
const LESS_THAN = 0x3c
const GREATER_THAN = 0x3e
