import { createHash } from 'node:crypto'
import { Hono } from 'hono'
import { type ConnectionEnv, clientOf, networkOf } from '#edge/http/connection.ts'
import type { HttpFigures } from '#edge/http/figures.ts'
import { problemResponse } from '#edge/http/problem.ts'
import { RateLimit } from '#edge/http/rate-limit.ts'

/** What shared reports are shown by. */
export type SharedProbeParts = {
  /** The page that a link shows now, as it was made; undefined for a link that is wrong, ended or over. */
  readonly page: (token: string) => string | undefined
  readonly isProxy: (address: string) => boolean
  readonly figures: HttpFigures
  readonly now: () => number
}

/**
 * Reports of probes behind links that nobody can guess, on the public door. The page is a file of its own: it runs nothing,
 * fetches nothing, is kept by no cache and found by no search, and tells nobody where its reader came from.
 */
export function createSharedProbes({ page, isProxy, figures, now }: SharedProbeParts): Hono<ConnectionEnv> {
  const rate = new RateLimit(LINKS_PER_SECOND, LINKS_PER_CLIENT, CLIENTS_MAX)
  const app = new Hono<ConnectionEnv>()
  app.get('/probe/:token', (context) => {
    if (!rate.takes(networkOf(clientOf(context, isProxy)), now())) {
      figures.pagesLimited++
      return problemResponse({
        kind: 'too-many',
        detail: 'expected fewer requests a second',
        headers: { 'retry-after': '1' },
      })
    }
    const token = context.req.param('token')
    const found = TOKEN.test(token) ? page(token) : undefined
    figures.pages++
    if (found === undefined) return new Response(NOTHING, { status: 404, headers: headersOf(NOTHING) })
    return new Response(found, { headers: headersOf(found) })
  })
  app.all('*', () => new Response(NOTHING, { status: 404, headers: headersOf(NOTHING) }))
  return app
}

/** Whether a request is for a shared report. */
export function isSharedProbe(request: Request): boolean {
  return request.method === 'GET' && new URL(request.url).pathname.startsWith('/probe/')
}

/** Only the styles that stand in the page itself. */
function headersOf(page: string): Record<string, string> {
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1]
  const source = style === undefined ? "'none'" : `'sha256-${createHash('sha256').update(style).digest('base64')}'`
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src ${source}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox`,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-robots-tag': 'noindex, nofollow',
  }
}

const NOTHING = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>There is nothing here</title><style>body{font:1rem/1.55 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}</style></head>
<body><h1>There is nothing here</h1><p>This link is wrong, or over, or was ended. Ask whoever gave it to you.</p></body></html>
`
/** 32 random octets. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/
/** Requests a second, of everybody and of one network, and networks that are remembered. */
const LINKS_PER_SECOND = 50
const LINKS_PER_CLIENT = 5
const CLIENTS_MAX = 10_000
