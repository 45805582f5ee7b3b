import { createHash, randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import type { CountryCode } from 'libphonenumber-js/min'
import type { Desk, Visitor } from '#core/redress/desk.ts'
import { type ConnectionEnv, clientOf, networkOf } from '#edge/http/connection.ts'
import type { HttpFigures } from '#edge/http/figures.ts'
import { Refused } from '#edge/http/problem.ts'
import type { Fetch } from '#edge/http/serve.ts'
import type { DeskOperator } from './page.ts'
import type { Tickets } from './ticket.ts'

/** What the public desk is made of; `main` brings it together. */
export type DeskPagesParts = {
  readonly desk: Desk
  /** Answers `/j/…` and `/card.pem`: the cards of 608 answers. */
  readonly card: Fetch
  /** Answers `/explain`, the page that reads SIP answers in the browser; undefined where it is not built. */
  readonly explain: ((request: Request) => Promise<Response>) | undefined
  readonly operator: DeskOperator
  /** `https://redress.example.net`: no slash at its end. */
  readonly publicUrl: string
  /** Whose numbers are meant where somebody leaves out the country code. */
  readonly country: CountryCode
  /** Octets of one file that is handed in. */
  readonly evidenceBytesMax: number
  /** 32 octets, the same for as long as the store lasts. */
  readonly secret: Uint8Array
  readonly isProxy: (address: string) => boolean
  readonly figures: HttpFigures
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Told of faults of our own. */
  readonly alarm: (cause: unknown) => void
}

export type DeskContext = Context<ConnectionEnv>

/** Who asks with a form. `once` is the form's own key; a ticket whose wait is over is used up. */
export function visitorOf(
  context: DeskContext,
  parts: Pick<DeskPagesParts, 'isProxy' | 'now'>,
  given: {
    readonly way?: 'api'
    readonly once?: string | undefined
    readonly ticket?: string | undefined
    readonly tickets?: Tickets
  },
): Visitor {
  const address = clientOf(context, parts.isProxy)
  const { way = 'page', once, ticket, tickets } = given
  const waited = ticket !== undefined && tickets?.take(ticket, networkOf(address), parts.now()) === true
  const work = context.req.raw.headers.get('recourse-work') ?? undefined
  return { address, work: work !== undefined && work.length <= WORK_MAX ? work : undefined, waited, way, once }
}

/**
 * Refuses what a browser sends from a page of somebody else. Nothing here rests on a cookie: it keeps strangers from having
 * visitors of theirs file under their addresses. What is no browser says nothing of where it comes from.
 */
export function checkSite(request: Request, publicUrl: string): void {
  const origin = request.headers.get('origin')
  const site = request.headers.get('sec-fetch-site') ?? 'same-origin'
  const isOurs =
    (origin === null || origin === new URL(publicUrl).origin || origin === ownOriginOf(request)) &&
    (site === 'same-origin' || site === 'none')
  if (!isOurs) throw new Refused('cross-site', `expected a request from a page of ${publicUrl}`)
}

/** The address by which somebody on this very machine tries the desk; a name that leads here is none. */
function ownOriginOf(request: Request): string | undefined {
  const { hostname, origin } = new URL(request.url)
  return /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/.test(hostname) ? origin : undefined
}

/** What makes the same thing, sent twice, one: a key together with what it came with. */
export function onceOf(key: string, ...content: readonly unknown[]): string {
  return createHash('sha256')
    .update(JSON.stringify([key, ...content]))
    .digest('base64url')
}

/** A key for a form, or a public id: 128 random bits, 22 characters. */
export function newKey(): string {
  return randomBytes(KEY_OCTETS).toString('base64url')
}

/** Whether a text has the form of a key or token: what has not is not looked up. */
export function isKey(text: string): boolean {
  return /^[A-Za-z0-9_-]{22}$/.test(text)
}

/** Whether who asks would rather have JSON than HTML. RFC 9110 §12.5.1; where both are as good, HTML. */
export function wantsJson(request: Request): boolean {
  const accept = request.headers.get('accept') ?? '*/*'
  return qualityOf(accept, 'application/json') > qualityOf(accept, 'text/html')
}

function qualityOf(accept: string, type: string): number {
  let best = { rank: -1, quality: 0 }
  for (const range of accept.split(',', RANGES_MAX)) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const rank = name === type ? 2 : name === `${type.split('/', 1)[0]}/*` ? 1 : name === '*/*' ? 0 : -1
    if (rank <= best.rank) continue
    const written = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1'
    best = { rank, quality: /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.test(written) ? Number(written) : 0 }
  }
  return best.quality
}

const KEY_OCTETS = 16
const RANGES_MAX = 32
/** Characters of the answer to a puzzle. */
const WORK_MAX = 200
