import { X509Certificate } from 'node:crypto'

/**
 * Reads the certificates of a PEM text (RFC 7468), in their order; other blocks and words between them are passed over.
 * Throws an `Error` in one sentence where a block is no certificate, or where there are too many.
 */
export function parseCertificates(text: string, max = CERTIFICATES_MAX): X509Certificate[] {
  const certificates: X509Certificate[] = []
  let at = text.indexOf(BEGIN)
  while (at >= 0) {
    const end = text.indexOf(END, at)
    if (end < 0) throw new Error('a certificate does not end')
    if (certificates.length >= max) throw new Error(`there are more than ${max} certificates`)
    const block = text.slice(at, end + END.length)
    try {
      certificates.push(new X509Certificate(block))
    } catch (cause) {
      throw new Error(`certificate ${certificates.length + 1} cannot be read`, { cause })
    }
    at = text.indexOf(BEGIN, end)
  }
  return certificates
}

const BEGIN = '-----BEGIN CERTIFICATE-----'
const END = '-----END CERTIFICATE-----'
/** The signer's, those between, and the root; nobody has more. */
const CERTIFICATES_MAX = 8
