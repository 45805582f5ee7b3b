import { z } from '@hono/zod-openapi'
import type { Hono } from 'hono'
import type { ConnectionEnv } from './connection.ts'
import type { HttpFigures } from './figures.ts'

/** What was wrong with a request, as RFC 9457 has it: the kind, what exactly, and where. */
export type Problem = {
  readonly kind: ProblemKind
  /** What was found and what was expected, in a sentence without its full stop. Holds no telephone number. */
  readonly detail: string
  /** Where in the body, as a JSON pointer (RFC 6901); undefined where it is the whole. */
  readonly pointer?: string | undefined
  /** Further header fields of the answer. */
  readonly headers?: Readonly<Record<string, string>>
}

export type ProblemKind = keyof typeof PROBLEMS

/** Every kind of problem with its status and its title, which never change. `docs/errors.md` lists the same; a test compares the two. */
export const PROBLEMS = {
  'bad-json': [400, 'The body is not the JSON that is taken here'],
  'bad-form': [400, 'The body is not a form that is taken here'],
  'bad-field': [400, 'A field of the body is missing, unknown or wrong'],
  'bad-sip': [400, 'The SIP request cannot be read'],
  'no-token': [401, 'A token is needed'],
  'wrong-token': [401, 'No peer has this token'],
  'signed-out': [401, 'Nobody is signed in'],
  'wrong-sign-in': [401, 'The name, the password or the code is wrong'],
  'wrong-access-token': [401, 'No such token is in force'],
  'not-signed': [401, 'The post is not signed by who it is said to be from'],
  'not-allowed': [403, 'This account may not do that'],
  'cross-site': [403, 'The request comes from another site'],
  owes: [403, 'Something has to be done first'],
  'not-found': [404, 'There is nothing here'],
  'wrong-method': [405, 'This is not the way to ask'],
  conflict: [409, 'Something else is so already'],
  changed: [412, 'It has been changed since'],
  'too-large': [413, 'The body is too large'],
  'wrong-type': [415, 'The body is of another type than is taken here'],
  'not-screened': [422, 'Such a request is not screened'],
  'key-reused': [422, 'The idempotency key came with another body before'],
  'no-match-said': [428, 'If-Match is needed'],
  'work-needed': [428, 'A puzzle is to be solved first'],
  'too-many': [429, 'Too many requests'],
  fault: [500, 'A fault of the gate'],
  busy: [503, 'Too much is being asked at the moment'],
  'not-saved': [503, 'Nothing was saved'],
} as const satisfies Record<string, readonly [status: number, title: string]>

export const problemSchema = z
  .strictObject({
    type: z
      .string()
      .openapi({ description: 'A name that stays: see docs/errors.md.', example: 'urn:recourse:problem:bad-field' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    pointer: z.string().optional().openapi({ description: 'Where in the body (RFC 6901).', example: '/calling' }),
  })
  .openapi('Problem')

/** Writes a problem as an answer; `type` is a name that stays, not an address. */
export function problemResponse({ kind, detail, pointer, headers }: Problem): Response {
  const [status, title] = PROBLEMS[kind]
  const body = { type: `${PROBLEM_URN}${kind}`, title, status, detail, ...(pointer !== undefined && { pointer }) }
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { ...headers, 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  })
}

/** Thrown inside a route for what the asking side did wrong; caught once, where the routes begin. */
export class Refused extends Error {
  readonly problem: Problem

  constructor(kind: ProblemKind, detail: string, more: Pick<Problem, 'pointer' | 'headers'> = {}) {
    super(`${kind}: ${detail}`)
    this.name = 'Refused'
    this.problem = { kind, detail, ...more }
  }
}

/** What an app of ours says to everything it has no route for: wrong methods, unknown places and faults, all as problems. */
export function refuseTheRest(
  app: Hono<ConnectionEnv>,
  places: ReadonlyMap<string, string>,
  figures: HttpFigures,
  alarm: (cause: unknown) => void,
): void {
  for (const [path, allow] of places) {
    app.all(path, () => {
      throw new Refused('wrong-method', `expected ${allow}`, { headers: { allow } })
    })
  }
  app.notFound(() => {
    figures.refused++
    return problemResponse({ kind: 'not-found', detail: 'expected one of the places that the guide names' })
  })
  app.onError((error) => {
    figures.refused++
    if (error instanceof Refused) {
      if (PROBLEMS[error.problem.kind][0] === 401) figures.unauthorized++
      return problemResponse(error.problem)
    }
    alarm(error)
    return problemResponse({ kind: 'fault', detail: 'the request was not dealt with; asking again may help' })
  })
}

/** The steps to a place as a JSON pointer. RFC 6901 §3. */
export function formatPointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

export const PROBLEM_URN = 'urn:recourse:problem:'
