import { createHash } from 'node:crypto'
import type { Hono } from 'hono'
import { parseJsonBody, readBody, typeOf } from '#edge/http/body.ts'
import type { ConnectionEnv } from '#edge/http/connection.ts'
import { answerTagged } from '#edge/http/etag.ts'
import { Refused } from '#edge/http/problem.ts'
import { Repeats } from '#edge/http/repeats.ts'
import { answerJson, refuseMachine } from './answers.ts'
import { deskDescription } from './description.ts'
import {
  againSchema,
  answerSchema,
  blockDocument,
  caseDocument,
  challengeDocument,
  claimSchema,
  newsSchema,
  numberSchema,
  readPostedClaim,
  reasonSchema,
} from './documents.ts'
import { type DeskContext, type DeskPagesParts, checkSite, isKey, newKey, onceOf, visitorOf } from './parts.ts'
import { readForm } from './read-form.ts'

/** The desk for machines: claims, and what can be done with a case by the token of its private address. */
export function addApiRoutes(app: Hono<ConnectionEnv>, parts: DeskPagesParts): void {
  const { desk, operator, publicUrl } = parts
  const keys = new Repeats<string>(KEYS_MAX, KEY_KEPT_MS)

  app.get('/.well-known/recourse', () =>
    answerJson(blockDocument(undefined, operator, publicUrl), 200, { 'cache-control': 'public, max-age=300' }),
  )

  let description: string | undefined
  app.get('/openapi.json', (context) => {
    description ??= JSON.stringify(deskDescription())
    return answerTagged(context.req.raw, description, { 'content-type': 'application/json' })
  })

  app.post('/v1/claims', async (context) => {
    const octets = await readPosted(context, publicUrl)
    const claim = readPostedClaim(parseJsonBody(claimSchema, octets))
    const once = onceKey(context, octets, keys, parts.now())
    const filed = await desk.file(claim, visitorOf(context, parts, { way: 'api', once }))
    if (filed.kind !== 'filed') return refuseMachine(filed)
    parts.figures.claims++
    const status = `${publicUrl}/c/${filed.token}`
    const body = { recourse: 1, case: filed.case, status, needsConfirmation: filed.needsConfirmation }
    return answerJson(body, 201, { location: status })
  })

  app.post('/v1/claims/:token/answers', async (context) => {
    const octets = await readPosted(context, publicUrl)
    const { text } = parseJsonBody(answerSchema, octets)
    const once = onceKey(context, octets, keys, parts.now())
    const done = await desk.answer(tokenOf(context), text, visitorOf(context, parts, { way: 'api', once }))
    if (done.kind !== 'done') return refuseMachine(done)
    return await answerCase(context)
  })

  app.post('/v1/claims/:token/withdrawal', async (context) => {
    const octets = await readPosted(context, publicUrl)
    const { reason } = parseJsonBody(reasonSchema, octets)
    const once = onceKey(context, octets, keys, parts.now())
    const done = await desk.withdraw(tokenOf(context), reason, visitorOf(context, parts, { way: 'api', once }))
    if (done.kind !== 'done') return refuseMachine(done)
    return await answerCase(context)
  })

  app.post('/v1/claims/:token/confirmation', async (context) => {
    const octets = await readPosted(context, publicUrl)
    parseJsonBody(againSchema, octets)
    const once = onceKey(context, octets, keys, parts.now())
    const done = await desk.resend(tokenOf(context), visitorOf(context, parts, { way: 'api', once }))
    if (done.kind !== 'done') return refuseMachine(done)
    return await answerCase(context)
  })

  app.post('/v1/claims/:token/reopening', async (context) => {
    const octets = await readPosted(context, publicUrl)
    const { reason } = parseJsonBody(newsSchema, octets)
    const once = onceKey(context, octets, keys, parts.now())
    const done = await desk.reopen(tokenOf(context), reason, visitorOf(context, parts, { way: 'api', once }))
    if (done.kind !== 'done') return refuseMachine(done)
    return await answerCase(context)
  })

  app.post('/v1/claims/:token/challenges', async (context) => {
    const octets = await readPosted(context, publicUrl)
    const { number } = parseJsonBody(numberSchema, octets)
    const once = onceKey(context, octets, keys, parts.now())
    const answer = await desk.challenge(tokenOf(context), number, visitorOf(context, parts, { way: 'api', once }))
    if ('dial' in answer) return answerJson(challengeDocument(answer), 201)
    if (answer.kind !== 'done') return refuseMachine(answer)
    return await answerCase(context)
  })

  app.post('/v1/claims/:token/evidence', async (context) => {
    const request = context.req.raw
    checkSite(request, publicUrl)
    const { files } = await readForm(request, parts.evidenceBytesMax + FRAME_BYTES)
    const file = files.get('file')
    if (file === undefined) throw new Refused('bad-field', 'expected a file', { pointer: '/file' })
    const digest = createHash('sha256').update(file.octets).digest()
    const once = onceKey(context, digest, keys, parts.now())
    const added = await desk.addEvidence(tokenOf(context), file, visitorOf(context, parts, { way: 'api', once }))
    if (added.kind === 'added') return answerJson(added.file, 201)
    if (added.kind !== 'done') return refuseMachine(added)
    return await answerCase(context)
  })

  async function answerCase(context: DeskContext): Promise<Response> {
    const token = tokenOf(context)
    const view = await desk.status(token)
    if (view === undefined) return refuseMachine({ kind: 'unknown' })
    return answerJson(caseDocument(view, token, operator, publicUrl))
  }
}

/** Reads a JSON body that no page of somebody else made a browser send. */
async function readPosted(context: DeskContext, publicUrl: string): Promise<Uint8Array> {
  const request = context.req.raw
  checkSite(request, publicUrl)
  typeOf(request, ['application/json'])
  return await readBody(request)
}

/** A token of the right form; any other leads to no case. */
function tokenOf(context: DeskContext): string {
  const token = context.req.param('token') ?? ''
  return isKey(token) ? token : refuseMachine({ kind: 'unknown' })
}

/**
 * The key by which the desk knows what it has taken already: that of the request together with
 * what it holds, so that a key somebody guesses leads to nothing. The same key with something else is refused.
 */
export function onceKey(context: DeskContext, body: Uint8Array, keys: Repeats<string>, nowMs: number): string {
  const key = context.req.raw.headers.get('idempotency-key') ?? undefined
  if (key === undefined) return newKey()
  if (!/^[!-~]{16,128}$/.test(key)) {
    throw new Refused('bad-field', 'expected an Idempotency-Key of 16 to 128 visible characters that nobody can guess')
  }
  const place = `${context.req.path} ${key}`
  const digest = createHash('sha256').update(body).digest('base64url')
  const before = keys.find(place, nowMs)
  if (before !== undefined && before !== digest) {
    throw new Refused('key-reused', 'expected the same body as before, or another Idempotency-Key')
  }
  keys.keep(place, nowMs, digest)
  return onceOf(place, digest)
}

/** How long, and how many, keys are remembered with what they came with. */
export const KEY_KEPT_MS = 86_400_000
export const KEYS_MAX = 10_000
/** What multipart puts around a file. */
export const FRAME_BYTES = 16_384
