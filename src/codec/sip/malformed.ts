/**
 * Thrown when a peer's bytes break the grammar; caught once per edge, never a fault of ours.
 *
 * `at` is the offset of the first byte (or character of a field value) that does not fit; `cite` names the rule it breaks.
 */
export class Malformed extends Error {
  readonly code: MalformedCode
  readonly at: number
  readonly cite: string

  constructor(code: MalformedCode, at: number, cite: string) {
    super(`${MALFORMED[code]} (${code} at ${at}, ${cite})`)
    this.name = 'Malformed'
    this.code = code
    this.at = at
    this.cite = cite
  }
}

/** Every way bytes can be malformed, in words. `docs/errors.md` lists the same codes; a test compares the two. */
export const MALFORMED = {
  'start-line': 'the start line is neither a request line nor a status line',
  version: 'the SIP version is not 2.0',
  'line-end': 'a header line does not end in CRLF, or the blank line after the header fields is missing',
  nul: 'a NUL octet stands where no escape allows it',
  'field-name': 'a header line has no colon or a bad field name, or a folded line comes before any header field',
  'too-long': 'the message, a header line or the number of header fields is over the limit',
  'content-length': 'Content-Length is not one number that fits the message',
  token: 'a token was expected',
  'quoted-string': 'a quoted string is not closed or not quoted',
  'angle-bracket': 'an angle bracket is not closed',
  parameter: 'a parameter is empty, broken or repeated',
  number: 'a number was expected, or it is out of range',
  uri: 'the URI does not follow its grammar',
  'host-port': 'the host or port does not follow its grammar',
  trailing: 'something follows the end of the value',
  missing: 'a required header field is missing',
  doubled: 'a header field that may stand once stands twice',
  'cseq-method': 'the method in CSeq differs from the method of the request',
  card: 'the card is not a compact JWS of a jCard',
  certificate: 'the certificate is not DER of the shape it must have',
  hep: 'the packet is not HEPv3, or a length in it points outside it',
  capture: 'the file is not a capture, or a record of it contradicts its own length',
} as const

export type MalformedCode = keyof typeof MALFORMED
