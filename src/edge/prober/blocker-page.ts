import { type KeyObject, generateKeyPairSync } from 'node:crypto'
import { type Server, type ServerResponse, createServer } from 'node:http'
import { signCard } from '#codec/jcard/sign.ts'
import type { ProbeRecord } from '#core/probe/received.ts'
import { type CardKind, type Scenario, numberToDial } from '#core/probe/scenario.ts'
import { localOf } from './blocker-doors.ts'

/** What the HTTP door shows. */
export type PageParts = {
  readonly isAllowed: (address: string) => boolean
  readonly scenarios: readonly Scenario[]
  readonly record: (name: string) => ProbeRecord
  readonly cards: Cards
}

/** Cards that are signed when they are asked for. */
export type Cards = {
  /** The public key, as a JWK. */
  readonly publicKey: Readonly<Record<string, unknown>>
  sign(kind: CardKind, nowMs: number): Promise<string>
}

/** Makes a key, and another one that forges by. `keyUri` is where a card says that its key is. */
export function makeCards(keyUri: () => string): Cards {
  const [own, other] = [makeKey(), makeKey()]
  return {
    publicKey: { ...own.publicKey.export({ format: 'jwk' }) },
    sign: (kind, nowMs) =>
      signCard(CARD, {
        key: (kind === 'forged' ? other : own).privateKey.export({ format: 'jwk' }),
        certificateUri: keyUri(),
        issuedAtS: Math.floor(nowMs / 1000) - (kind === 'stale' ? STALE_S : 0),
      }),
  }
}

/**
 * Serves `GET /v1/probe/NAME` (what came and was sent in a run), `/v1/scenarios`, `/card/KIND` and `/card/key.jwk`.
 * Rejects where the port is taken.
 */
export async function servePages(
  host: string,
  port: number,
  parts: PageParts,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer({ connectionsCheckingInterval: 1_000 }, (request, response) => {
    if (!parts.isAllowed(plain(request.socket.remoteAddress ?? ''))) request.socket.destroy()
    else if (request.method !== 'GET' && request.method !== 'HEAD')
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
    else
      show(request.url ?? '/', response, parts).catch((cause: unknown) => {
        response.destroy(cause instanceof Error ? cause : undefined)
      })
  })
  server.headersTimeout = REQUEST_MS
  server.requestTimeout = REQUEST_MS
  server.maxConnections = HTTP_CONNECTIONS_MAX
  await listen(server, host, port)
  const at = server.address()
  const bound = typeof at === 'object' && at !== null ? at.port : port
  return {
    url: `http://${localOf(host, bound)}`,
    close() {
      const closed = new Promise<void>((done) => server.close(() => done()))
      server.closeAllConnections()
      return closed
    },
  }
}

async function show(target: string, response: ServerResponse, parts: PageParts): Promise<void> {
  const [, one = '', two, ...more] = target.split('?', 1)[0]!.split('/')
  const name = two === undefined ? undefined : readSegment(two)
  if (more.length === 0 && one === 'card' && name !== undefined) {
    if (name === 'key.jwk') return json(response, 200, parts.cards.publicKey)
    const kind = CARD_KINDS.find((known) => known === name)
    if (kind !== undefined) {
      const body = await parts.cards.sign(kind, Date.now())
      return void response.writeHead(200, { ...HEADERS, 'content-type': 'application/jose' }).end(body)
    }
  }
  if (one === 'v1' && name === 'scenarios' && more.length === 0)
    return json(response, 200, { scenarios: parts.scenarios.map(withNumberToDial) })
  const run = one === 'v1' && name === 'probe' && more.length === 1 ? readSegment(more[0]!) : undefined
  if (run !== undefined && run !== '') {
    const record = parts.record(run)
    if (record.calls.length > 0) return json(response, 200, record)
    return problem(response, 'no call of that run has come: is the token, or the number it calls from, right?')
  }
  problem(response, 'there are /v1/probe/NAME, /v1/scenarios, /card/fresh, /card/stale, /card/forged, /card/key.jwk')
}

/** A scenario with the number of its own that can be dialled. */
export function withNumberToDial(scenario: Scenario): Scenario & { readonly dial: string } {
  return { ...scenario, dial: numberToDial(scenario) }
}

function problem(response: ServerResponse, detail: string): void {
  const body = `${JSON.stringify({ status: 404, title: 'Not Found', detail })}\n`
  response.writeHead(404, { ...HEADERS, 'content-type': 'application/problem+json' }).end(body)
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`)
}

function readSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(port, host, () => {
      server.off('error', failed)
      server.on('error', () => undefined)
      listening()
    })
  })
}

function makeKey(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

const CARD = {
  name: 'Northwire mock blocker',
  contact: {
    url: 'https://redress.northwire.example/c',
    tel: '+18005550142',
    email: 'unblock@northwire.example',
  },
}
const CARD_KINDS: readonly CardKind[] = ['fresh', 'stale', 'forged']
const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
/** RFC 8688 §3.3 lets a card live for 60 seconds. */
const STALE_S = 600
const REQUEST_MS = 10_000
/** Connections of the HTTP door at a time. */
export const HTTP_CONNECTIONS_MAX = 64
