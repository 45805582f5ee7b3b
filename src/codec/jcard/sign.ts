import { CompactSign, type CryptoKey, type JWK } from 'jose'
import { type CardContact, writeCard } from './jcard.ts'

/**
 * Signs the card a 608 points to: a compact JWS by ES256 with the header and claims of RFC 8688 §3.2.
 *
 * The time is that of the 608 itself, so a card goes stale within a minute and is signed when it is asked for.
 */
export async function signCard(
  card: { readonly name: string; readonly contact: CardContact },
  {
    key,
    certificateUri,
    issuedAtS,
  }: {
    /** A private P-256 key. */
    readonly key: CryptoKey | JWK
    /** The https URI of the key's certificate (x5u). */
    readonly certificateUri: string
    readonly issuedAtS: number
  },
): Promise<string> {
  if (!certificateUri.startsWith('https://')) throw new Error('the certificate URI of a card must be https')
  if (!Number.isInteger(issuedAtS)) throw new Error('the time of a card must be whole seconds')
  const payload = JSON.stringify({ iat: issuedAtS, jcard: writeCard(card) })
  return new CompactSign(new TextEncoder().encode(payload))
    .setProtectedHeader({ alg: 'ES256', typ: 'vcard+json', x5u: certificateUri })
    .sign(key)
}
