import { FEED_TYPE } from '#core/registry/feed.ts'
import type { FeedDesk } from '#core/registry/registry.ts'
import { answerTagged } from '#edge/http/etag.ts'
import { Refused } from '#edge/http/problem.ts'

/** `GET /v1/registry/feed?after=…`: the signed page behind a place; 304 where who asks has it already. */
export async function answerFeed(request: Request, feed: FeedDesk): Promise<Response> {
  const asked = new URL(request.url).searchParams.get('after') ?? '0'
  if (!/^\d{1,15}$/.test(asked))
    throw new Refused('bad-field', 'after: expected a place, as the page before gave it in next')
  const page = await feed.page(Number(asked))
  if (page === undefined) throw new Refused('not-found', 'this feed has no such place: begin anew, without after')
  const headers = { 'cache-control': `public, max-age=${page.goodForS}`, etag: page.tag }
  const known = (request.headers.get('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (known.includes(page.tag) || known.includes('*')) return new Response(undefined, { status: 304, headers })
  return new Response(page.jws, { headers: { ...headers, 'content-type': FEED_TYPE } })
}

/** The public keys as a JWK set. Who imports the feed pins them: a key that came by the same way as the feed proves nothing. */
export function answerKeys(request: Request, feed: FeedDesk): Response {
  const keys = feed.keys()
  if (keys === undefined) throw new Refused('not-found', 'this registry publishes no feed')
  const headers = { 'content-type': 'application/jwk-set+json', 'cache-control': 'public, max-age=3600' }
  return answerTagged(request, keys, headers)
}
