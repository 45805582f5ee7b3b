import { createHash } from 'node:crypto'
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { Malformed } from '#codec/sip/malformed.ts'
import { Message } from '#codec/sip/message.ts'
import { RequestView } from '#codec/sip/request.ts'
import { decodeOctets } from '#codec/sip/text.ts'
import { parseFormBody, parseJsonBody, readBody, typeOf } from './body.ts'
import { type ConnectionEnv, remoteOf } from './connection.ts'
import { answerTagged } from './etag.ts'
import type { HttpFigures } from './figures.ts'
import { type NoteOutcome, outcomesAnswerSchema, outcomesSchema, readOutcomes } from './outcome.ts'
import { PROBLEMS, type ProblemKind, Refused, problemSchema, refuseTheRest } from './problem.ts'
import { Repeats } from './repeats.ts'
import {
  type NotScreened,
  FORM,
  type Screen,
  type ScreenAnswer,
  formatScreenAnswer,
  screenAnswerSchema,
} from './screen-answer.ts'
import { SCREEN_LISTS, screenSchema, writeInvite } from './screen-question.ts'

/** What the API is made of; `main` brings it together. */
export type ApiParts = {
  /** The name of the peer whose token a value of Authorization holds; undefined for nobody's. */
  readonly peerOf: (authorization: string) => string | undefined
  readonly screen: Screen
  readonly noteOutcome: NoteOutcome
  readonly figures: HttpFigures
  /** A steady clock, milliseconds. */
  readonly clock: () => number
  /** Told of faults of our own. */
  readonly alarm: (cause: unknown) => void
}

/**
 * The API for switches: `POST /v1/screen` asks about a call, `POST /v1/outcomes` tells what became of some,
 * `GET /openapi.json` describes both. Every refusal is a problem of RFC 9457.
 */
export function createApi(parts: ApiParts): OpenAPIHono<ConnectionEnv> {
  const { figures, alarm } = parts
  const app = new OpenAPIHono<ConnectionEnv>()
  const screened = new Repeats<Promise<ScreenAnswer | NotScreened>>(SCREENED_MAX, SAME_QUESTION_MS)
  const posted = new Repeats<Posted>(POSTED_MAX, SAME_POST_MS)

  app.post(screenRoute.path, async (context) => {
    const peer = askingPeer(context, parts.peerOf)
    const request = context.req.raw
    const type = typeOf(request, SCREEN_TYPES)
    const invite = readInvite(type, await readBody(request))
    const key = `${peer} ${nameOf(invite)}`
    const nowMs = parts.clock()
    let answered = screened.find(key, nowMs)
    if (answered === undefined) {
      answered = parts.screen(invite, peer, remoteOf(context))
      screened.keep(key, nowMs, answered)
    } else figures.screenRepeats++
    const answer = await answered
    if (answer.verdict === 'none')
      throw new Refused('not-screened', `the gate answers it ${answer.status} ${answer.phrase}`)
    figures.screens++
    if (answer.reason !== undefined) figures.screenUndecided++
    const { type: answerType, body } = formatScreenAnswer(answer, request.headers.get('accept') ?? '')
    return new Response(body, { headers: { 'content-type': answerType, 'cache-control': 'no-store', vary: 'accept' } })
  })

  app.post(outcomesRoute.path, async (context) => {
    const peer = askingPeer(context, parts.peerOf)
    const request = context.req.raw
    typeOf(request, ['application/json'])
    const octets = await readBody(request)
    const given = idempotencyKeyOf(request)
    const key = given === undefined ? undefined : `${peer} ${given}`
    const nowMs = parts.clock()
    const digest = createHash('sha256').update(octets).digest('base64')
    const before = key === undefined ? undefined : posted.find(key, nowMs)
    if (before !== undefined && before.digest !== digest) {
      throw new Refused('key-reused', 'expected the same body as before, or another Idempotency-Key')
    }
    if (before !== undefined) {
      figures.outcomeRepeats++
      return context.json(before.answer)
    }
    const outcomes = readOutcomes(parseJsonBody(outcomesSchema, octets))
    const counted = outcomes.filter((outcome) => parts.noteOutcome(outcome, peer)).length
    figures.outcomes += outcomes.length
    const answer = { taken: outcomes.length, counted }
    if (key !== undefined) posted.keep(key, nowMs, { digest, answer })
    return context.json(answer)
  })

  let description: string | undefined
  app.get('/openapi.json', (context) => {
    description ??= JSON.stringify(apiDescription())
    return answerTagged(context.req.raw, description, { 'content-type': 'application/json' })
  })
  const places = new Map([
    [screenRoute.path, 'POST'],
    [outcomesRoute.path, 'POST'],
    ['/openapi.json', 'GET'],
  ])
  refuseTheRest(app, places, figures, alarm)
  return app
}

/** The description of the API, OpenAPI 3.1, from the schemas that it checks with. */
export function apiDescription(): ReturnType<OpenAPIHono['getOpenAPI31Document']> {
  const app = new OpenAPIHono()
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  app.openAPIRegistry.registerPath(screenRoute)
  app.openAPIRegistry.registerPath(outcomesRoute)
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Recourse',
      version: '1',
      description: 'What a switch asks a Recourse gate over HTTP, and tells it.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:8081' }],
  })
}

/** The peer whose token the request shows. */
function askingPeer(context: Context<ConnectionEnv>, peerOf: ApiParts['peerOf']): string {
  const authorization = context.req.raw.headers.get('authorization')
  const peer = authorization === null ? undefined : peerOf(authorization)
  if (peer !== undefined) return peer
  const headers = { 'www-authenticate': 'Bearer realm="recourse"' }
  if (authorization === null)
    throw new Refused('no-token', 'expected Authorization: Bearer and the token of a peer', { headers })
  throw new Refused('wrong-token', 'expected the token of a peer in gate.peers', { headers })
}

/** The INVITE that a body is, or stands for. */
function readInvite(type: (typeof SCREEN_TYPES)[number], octets: Uint8Array): Uint8Array {
  if (type === 'message/sip') return octets
  if (type === FORM) return writeInvite(parseFormBody(screenSchema, octets, SCREEN_LISTS))
  return writeInvite(parseJsonBody(screenSchema, octets))
}

/** What names the transaction of an INVITE within a peer; throws `Refused` for octets that are none. */
function nameOf(octets: Uint8Array): string {
  const message = new Message()
  const view = new RequestView()
  message.read(octets)
  const fault = message.kind === 'request' ? view.read(message) : new Malformed('start-line', 0, 'RFC 3261 §7.1')
  if (fault !== undefined) throw new Refused('bad-sip', fault.message)
  if (!message.isMethod('INVITE')) throw new Refused('not-screened', 'expected an INVITE')
  const { via, viaField, callIdField, cseq, from } = view
  const text = (start: number, end: number): string => (start < 0 ? '' : decodeOctets(octets, start, end))
  const branch = via.branchStart < 0 ? message.value(viaField) : text(via.branchStart, via.branchEnd)
  return JSON.stringify([message.value(callIdField), branch, cseq.number, text(from.tagStart, from.tagEnd)])
}

/** RFC 9457 has no word for it; the draft on Idempotency-Key leaves its form to the server: any visible characters. */
function idempotencyKeyOf(request: Request): string | undefined {
  const key = request.headers.get('idempotency-key') ?? undefined
  if (key === undefined || /^[!-~]{1,128}$/.test(key)) return key
  throw new Refused('bad-field', 'expected an Idempotency-Key of up to 128 visible characters')
}

type Posted = { readonly digest: string; readonly answer: z.output<typeof outcomesAnswerSchema> }

const SCREEN_TYPES = ['application/json', FORM, 'message/sip'] as const

const JSON_BODY = 'application/json'
const security = [{ token: [] }]

const screenRoute = createRoute({
  method: 'post',
  path: '/v1/screen',
  summary: 'Ask about a call',
  description:
    'Judges a call as if its INVITE had been sent to the gate: by the same rules, counted in the same counters, recorded in the same ledger before the answer leaves. Idempotent by Call-ID and branch. Whatever is not 200 with `block` or `treat` means: continue the call.',
  security,
  request: {
    body: {
      required: true,
      content: {
        [JSON_BODY]: { schema: screenSchema },
        [FORM]: { schema: screenSchema },
        'message/sip': { schema: { type: 'string', description: 'The INVITE as it came, to the octet.' } },
      },
    },
  },
  responses: {
    200: {
      description: 'The verdict. Ask for `text/plain` to get lines of name=value, or for a form.',
      content: {
        [JSON_BODY]: { schema: screenAnswerSchema },
        'text/plain': {
          schema: { type: 'string', example: 'verdict=continue\nstatus=404\nphrase=Not Found\nrecorded=false\n' },
        },
        [FORM]: { schema: { type: 'string' } },
      },
    },
    ...problemsOf([
      'bad-json',
      'bad-form',
      'bad-field',
      'bad-sip',
      'no-token',
      'wrong-token',
      'too-large',
      'wrong-type',
      'not-screened',
      'fault',
    ]),
  },
})

const outcomesRoute = createRoute({
  method: 'post',
  path: '/v1/outcomes',
  summary: 'Tell what became of calls',
  description:
    'Feeds the rules that count short and unanswered calls. A post with an Idempotency-Key that came before is not counted again.',
  security,
  request: {
    headers: z.object({
      'Idempotency-Key': z
        .string()
        .optional()
        .openapi({ description: 'Any name for this post, up to 128 visible characters.' }),
    }),
    body: { required: true, content: { [JSON_BODY]: { schema: outcomesSchema } } },
  },
  responses: {
    200: { description: 'Taken.', content: { [JSON_BODY]: { schema: outcomesAnswerSchema } } },
    ...problemsOf([
      'bad-json',
      'bad-field',
      'no-token',
      'wrong-token',
      'too-large',
      'wrong-type',
      'key-reused',
      'fault',
    ]),
  },
})

/** The refusals of a route, by status. */
function problemsOf(kinds: readonly ProblemKind[]) {
  const statuses = new Map<number, string[]>()
  for (const kind of kinds) {
    const [status, title] = PROBLEMS[kind]
    statuses.set(status, [...(statuses.get(status) ?? []), `\`${kind}\`: ${title}.`])
  }
  return Object.fromEntries(
    Array.from(statuses, ([status, titles]) => [
      status,
      { description: titles.join(' '), content: { 'application/problem+json': { schema: problemSchema } } },
    ]),
  )
}

/** As long as a SIP transaction is remembered: 64·T1. */
const SAME_QUESTION_MS = 32_000
/** Questions remembered with their answers; older ones are still known to the gate. */
const SCREENED_MAX = 20_000
/** How long, and how many, posts of outcomes are remembered by their key. */
const SAME_POST_MS = 86_400_000
const POSTED_MAX = 10_000
