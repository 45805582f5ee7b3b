import { Refused } from '#edge/http/problem.ts'

/**
 * Refuses an unsafe request that a browser did not send from one of our own pages. A browser says where a request comes
 * from (Origin, RFC 6454; Sec-Fetch-Site, Fetch Metadata §2.4), and a page cannot forge either; a cookie without them comes
 * from something that is no browser, and is refused as well.
 */
export function checkOrigin(request: Request, origin: string): void {
  if (request.method === 'GET' || request.method === 'HEAD') return
  const site = request.headers.get('sec-fetch-site') ?? undefined
  const from = request.headers.get('origin') ?? undefined
  const isOurs =
    from === undefined ? site === 'same-origin' : from === origin && (site ?? 'same-origin') === 'same-origin'
  if (isOurs) return
  throw new Refused('cross-site', `expected a request from a page of ${origin}`)
}

/** The same where no cookie is needed: what is no browser (a script that signs in) says nothing of where it comes from. */
export function checkOpenOrigin(request: Request, origin: string): void {
  if (request.headers.has('sec-fetch-site') || request.headers.has('origin')) checkOrigin(request, origin)
}
