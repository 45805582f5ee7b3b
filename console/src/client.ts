// One thing: what a page may ask of the API, typed by the descriptions that the server itself is made of.
import type { z } from 'zod'
import type { Tables } from './api.ts'

/** Asks for something: `get('/v1/cases', { query: { open: 'true' } })` is one page of cases. Throws Problem. */
export async function get<const Path extends PathOf<'get'>>(path: Path, more: Asked<'get', Path> = {}) {
  return (await read(path, more)).value
}

/** Like `get`, with the ETag that a step takes in If-Match; undefined where the answer has none. */
export async function read<const Path extends PathOf<'get'>>(
  path: Path,
  more: Asked<'get', Path> = {},
): Promise<{ readonly value: AnswerOf<'get', Path>; readonly tag: string | undefined }> {
  const response = await ask('get', path, more)
  return { value: (await readJson(response)) as AnswerOf<'get', Path>, tag: response.headers.get('etag') ?? undefined }
}

/**
 * Changes something: `send('post', '/v1/cases/{id}/notes', { params: { id }, body: { text } })`. Each sending has an
 * idempotency key of its own unless `key` names one; `match` is the ETag of what was looked at. Throws Problem.
 */
export async function send<const Verb extends UnsafeVerb, const Path extends PathOf<Verb>>(
  verb: Verb,
  path: Path,
  more: Sent<Verb, Path>,
): Promise<AnswerOf<Verb, Path>> {
  const { key = crypto.randomUUID(), match, body } = more
  const headers = {
    'idempotency-key': key,
    ...(match !== undefined && { 'if-match': match }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  }
  const response = await ask(verb, path, more, { headers, body: body === undefined ? undefined : JSON.stringify(body) })
  return (response.status === 204 ? undefined : await readJson(response)) as AnswerOf<Verb, Path>
}

/** An answer as octets of another type than JSON, for a person to keep: `text/csv`. Throws Problem. */
export async function download<const Path extends PathOf<'get'>>(
  path: Path,
  more: Asked<'get', Path> & { readonly type: string },
): Promise<Blob> {
  return await (await ask('get', path, more, { headers: { accept: more.type } })).blob()
}

/** The address of a place of the API, for links that a browser follows itself. */
export function urlOf<const Path extends PathOf<'get'>>(path: Path, more: Asked<'get', Path> = {}): string {
  return formatUrl(path, more)
}

/** Has `tell` hear when the session ended while pages are open: whether it was for something that somebody did. Until then one is led to the page to sign in. */
export function onSessionEnd(tell: (isAct: boolean) => void): () => void {
  tellSessionEnd = tell
  return () => {
    tellSessionEnd = undefined
  }
}

/** The page to sign in, which leads back to where we are. */
export function signInPlace(): string {
  return `/sign-in?to=${encodeURIComponent(placeHere())}`
}

/** What the API refused, or why it could not be asked: RFC 9457, and `offline` and `unreadable` of our own. */
export class Problem extends Error {
  /** The last part of the problem's type: `not-allowed`, `changed`, `offline`. */
  readonly kind: string
  readonly status: number
  readonly title: string
  /** Where in the body (RFC 6901). */
  readonly pointer: string | undefined
  /** Seconds after which asking again is worth it. */
  readonly retryAfterS: number | undefined

  constructor(found: Omit<Found, 'detail'> & { readonly detail: string }, cause?: unknown) {
    super(found.detail, { cause })
    this.name = 'Problem'
    this.kind = found.kind
    this.status = found.status
    this.title = found.title
    this.pointer = found.pointer
    this.retryAfterS = found.retryAfterS
  }
}

/** The type of a 200 or 201 answer: `Answer<'get', '/v1/cases'>`. */
export type AnswerOf<Verb extends string, Path extends string> = Success<RouteOf<Verb, Path>>
/** The type of a body as it is sent. */
export type BodyOf<Verb extends string, Path extends string> = SentBody<RouteOf<Verb, Path>>
/** Every path that can be asked for by a verb. */
export type PathOf<Verb extends string> = Extract<Route, { readonly method: Verb }>['path']

type Found = {
  readonly kind: string
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly pointer?: string | undefined
  readonly retryAfterS?: number | undefined
}
type Values<Table> = Table extends unknown ? Table[keyof Table] : never
type Route = Extract<Values<Tables>, { readonly method: string; readonly path: string }>
type RouteOf<Verb extends string, Path extends string> = Extract<Route, { readonly method: Verb; readonly path: Path }>
type UnsafeVerb = 'post' | 'put' | 'patch' | 'delete'
type Schema<Answer> = Answer extends {
  readonly content: { readonly 'application/json': { readonly schema: infer Found extends z.ZodType } }
}
  ? z.output<Found>
  : undefined
type Success<One> = One extends { readonly responses: { readonly 200: infer Answer } }
  ? Schema<Answer>
  : One extends { readonly responses: { readonly 201: infer Answer } }
    ? Schema<Answer>
    : undefined
type SentBody<One> = One extends {
  readonly request: {
    readonly body: {
      readonly content: { readonly 'application/json': { readonly schema: infer Found extends z.ZodType } }
    }
  }
}
  ? z.input<Found>
  : undefined
type Query<One> = One extends { readonly request: { readonly query: infer Found extends z.ZodType } }
  ? { readonly [name in keyof z.input<Found>]?: z.input<Found>[name] | undefined }
  : { readonly [name: string]: never }
type Asked<Verb extends string, Path extends string> = {
  /** What stands in braces in the path. */
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Query<RouteOf<Verb, Path>>
  readonly signal?: AbortSignal | undefined
}
/** The same without its types, for what makes an address of it. */
type Place = {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, unknown>> | undefined
  readonly signal?: AbortSignal | undefined
}
type Sent<Verb extends string, Path extends string> = Asked<Verb, Path> & {
  readonly body?: BodyOf<Verb, Path>
  readonly key?: string | undefined
  readonly match?: string | undefined
}

async function ask(
  verb: string,
  path: string,
  more: Place,
  init: { readonly headers?: Record<string, string>; readonly body?: string | undefined } = {},
): Promise<Response> {
  let response: Response
  try {
    response = await fetch(formatUrl(path, more), {
      method: verb.toUpperCase(),
      headers: { accept: 'application/json', ...init.headers },
      credentials: 'same-origin',
      redirect: 'error',
      ...(init.body !== undefined && { body: init.body }),
      ...(more.signal !== undefined && { signal: more.signal }),
    })
  } catch (cause) {
    if (more.signal?.aborted === true) throw cause
    throw new Problem({ ...OFFLINE, detail: 'Recourse did not answer. Is it running, and is the network up?' }, cause)
  }
  if (response.ok) return response
  const problem = await readProblem(response)
  if (problem.kind === 'signed-out') {
    if (tellSessionEnd === undefined) return await leaveTo(signInPlace())
    tellSessionEnd(verb !== 'get')
    throw new Problem({ kind: problem.kind, status: problem.status, ...SESSION_ENDED }, problem)
  }
  if (problem.kind === 'owes') return await leaveTo('/account')
  throw problem
}

async function readProblem(response: Response): Promise<Problem> {
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  const retryAfterS = Number.isFinite(retryAfter) ? retryAfter : undefined
  const { status } = response
  try {
    const found = (await response.json()) as { type: string; title: string; detail: string; pointer?: string }
    const kind = found.type.slice(found.type.lastIndexOf(':') + 1)
    const detail = found.detail.charAt(0).toUpperCase() + found.detail.slice(1)
    return new Problem({ kind, status, title: found.title, detail, pointer: found.pointer, retryAfterS })
  } catch (cause) {
    return new Problem({ ...UNREADABLE, status, retryAfterS, detail: `The answer was ${status} and no more.` }, cause)
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch (cause) {
    throw new Problem({ ...UNREADABLE, status: response.status, detail: 'The answer cannot be read.' }, cause)
  }
}

/** Goes to a page of the server; what waited for an answer never gets one, for its page is gone. */
function leaveTo(place: string): Promise<never> {
  location.assign(place)
  return new Promise(() => undefined)
}

/** Where we are, in the characters that the page to sign in takes for a path of ours. */
function placeHere(): string {
  return (location.pathname + location.search).replaceAll('+', '%20')
}

function formatUrl(path: string, { params = {}, query = {} }: Place): string {
  const place = path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (typeof value === 'string' && value !== '') search.set(name, value)
  }
  return search.size === 0 ? place : `${place}?${search}`
}

const OFFLINE = { kind: 'offline', status: 0, title: 'Recourse cannot be reached' }
const SESSION_ENDED = {
  title: 'Your session ended',
  detail: 'Nothing was done. Sign in again: what you typed is kept in this window.',
}
const UNREADABLE = { kind: 'unreadable', title: 'Something else answered' }
let tellSessionEnd: ((isAct: boolean) => void) | undefined
