import { createHash } from 'node:crypto'

/** The strong entity tag of a body, quoted. RFC 9110 §8.8.3. */
export function tagOf(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url')}"`
}

/** Answers a GET by a body that changes seldom: 304 without it where who asks has it already. RFC 9110 §13.1.2. */
export function answerTagged(request: Request, body: string, headers: Readonly<Record<string, string>>): Response {
  const tag = tagOf(body)
  const known = request.headers.get('if-none-match') ?? ''
  const isKnown = known.trim() === '*' || known.split(',').some((one) => one.trim().replace(/^W\//, '') === tag)
  const { 'content-type': type, ...rest } = headers
  if (isKnown) return new Response(undefined, { status: 304, headers: { ...rest, etag: tag } })
  return new Response(body, { headers: { ...rest, ...(type !== undefined && { 'content-type': type }), etag: tag } })
}
