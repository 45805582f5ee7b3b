import { createHmac } from 'node:crypto'
import { Hono } from 'hono'
import type { CardContact } from '#codec/jcard/jcard.ts'
import { parseKey } from '#codec/jcard/key.ts'
import { signCard } from '#codec/jcard/sign.ts'
import { type ConnectionEnv, clientOf, networkOf } from './connection.ts'
import { answerTagged } from './etag.ts'
import type { HttpFigures } from './figures.ts'
import { Refused, refuseTheRest } from './problem.ts'
import { RateLimit } from './rate-limit.ts'

/** What the desk answers with; `main` brings it together. */
export type DeskParts = {
  /** Whom a card names, and what it is signed with; without it there are no cards. */
  readonly card: CardSigner | undefined
  /** When the block of a receipt was, milliseconds since 1970; undefined for what is none, or none any more. */
  readonly openReceipt: (receipt: string) => number | undefined
  /** For how long every receipt can be opened: dummy cards are dated within it. */
  readonly receiptsKeptMs: number
  /** 32 octets, the same for as long as the store lasts: what dates the dummies. */
  readonly secret: Uint8Array
  readonly isProxy: (address: string) => boolean
  readonly figures: HttpFigures
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly alarm: (cause: unknown) => void
}

/** PEM texts: the private key on P-256, and the certificate with its chain. */
export type CardSigner = {
  readonly name: string
  readonly contact: CardContact
  readonly key: string
  readonly certificate: string
  readonly certificateUri: string
}

/**
 * The public desk, as far as it goes: `GET /j/<receipt>`, the card that a 608 points to (RFC 8688 §3.2), and
 * `GET /card.pem`, the certificate of its signature.
 *
 * A card is dated when the 608 was sent, and signed when it is asked for: so one that is asked for later than a minute is
 * stale, as the RFC wants it. What is no receipt gets a dummy (§6): the same words, signed as well, and dated like a block
 * of the past, so that a reference that somebody made up tells nothing, and no 608 but ours ever leads to a fresh card.
 */
export async function createDesk(parts: DeskParts): Promise<Hono<ConnectionEnv>> {
  const { card, figures, isProxy, now } = parts
  const key = card === undefined ? undefined : await parseKey(card.key)
  const app = new Hono<ConnectionEnv>()
  const rate = new RateLimit(CARDS_PER_SECOND, CARDS_PER_CLIENT, CLIENTS_MAX)

  app.get('/j/:reference', async (context) => {
    const nowMs = now()
    if (!rate.takes(networkOf(clientOf(context, isProxy)), nowMs)) {
      figures.cardsLimited++
      throw new Refused('too-many', 'expected fewer requests a second', { headers: { 'retry-after': '1' } })
    }
    if (card === undefined || key === undefined) throw new Refused('not-found', 'this desk has no cards')
    const reference = context.req.param('reference')
    const atMs = parts.openReceipt(reference)
    // Both are worked out for every reference, so that the time it takes tells nothing either.
    const dummyMs = dateDummy(reference, parts.secret, parts.receiptsKeptMs, nowMs)
    if (atMs === undefined) figures.dummyCards++
    else figures.cards++
    const issuedAtS = Math.floor((atMs ?? dummyMs) / 1000)
    const { name, contact, certificateUri } = card
    const body = await signCard({ name, contact }, { key, certificateUri, issuedAtS })
    return new Response(body, { headers: { ...PUBLIC_HEADERS, 'content-type': 'application/jose' } })
  })

  app.get('/card.pem', (context) => {
    if (card === undefined) throw new Refused('not-found', 'this desk has no cards')
    const type = 'application/pem-certificate-chain'
    const headers = { ...PUBLIC_HEADERS, 'cache-control': 'public, max-age=300', 'content-type': type }
    return answerTagged(context.req.raw, card.certificate, headers)
  })

  const places = new Map([
    ['/j/:reference', 'GET'],
    ['/card.pem', 'GET'],
  ])
  refuseTheRest(app, places, figures, parts.alarm)
  return app
}

/**
 * A time in the past for a reference that has none. Each has moments of its own, `windowMs` apart, that only who has the
 * secret knows, and is dated by its latest one: the same whenever it is asked for within a window, and at any time as likely
 * of any age at which receipts can still be opened. Never so late that the card would be fresh.
 */
function dateDummy(reference: string, secret: Uint8Array, keptMs: number, nowMs: number): number {
  const windowMs = Math.max(keptMs - FRESH_MS, FRESH_MS)
  const hash = createHmac('sha256', secret).update(reference).digest()
  const phaseMs = Math.floor((hash.readUInt32BE(0) / 2 ** 32) * windowMs)
  const latestMs = nowMs - FRESH_MS
  return latestMs - ((((latestMs - phaseMs) % windowMs) + windowMs) % windowMs)
}

const PUBLIC_HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex',
}
/** Older than any card that a caller may still take for fresh (RFC 8688 §3.3 leaves it to him; about a minute). */
const FRESH_MS = 3_600_000
/** Cards are signed one by one: so many a second for all who ask, and for one address (of IPv6, one /64). */
export const CARDS_PER_SECOND = 500
export const CARDS_PER_CLIENT = 50
/** Addresses told apart at a time. */
export const CLIENTS_MAX = 10_000
