import { OpenAPIHono, type RouteConfig } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Accounts } from '#core/account/accounts.ts'
import type { DialPlan } from '#core/call/number.ts'
import { answerTagged } from '#edge/http/etag.ts'
import type { HttpFigures } from '#edge/http/figures.ts'
import { PROBLEMS, Refused, problemResponse } from '#edge/http/problem.ts'
import { RateLimit } from '#edge/http/rate-limit.ts'
import { accountRoutes } from './account-routes.ts'
import { askingNetwork } from './ask.ts'
import {
  type Identify,
  type InsideEnv,
  type InsideRoute,
  type OpenRoute,
  mountInside,
  mountOpen,
  openRoute,
  placeOf,
  refuseStranger,
} from './guard.ts'
import { Once } from './once.ts'
import { homeRoute, localPath, openPages, problemPage, selfPages } from './page-routes.ts'
import { SESSION_COOKIE, readCookie } from './session-cookie.ts'
import { sessionRoutes, signInRoute } from './session-routes.ts'

/** What the inside is made of; `main` brings it together. */
export type OfficeParts = {
  readonly accounts: Accounts
  /** The routes of cases, of the registry and whatever else is inside: each has its permission. */
  readonly routes: readonly InsideRoute[]
  /** What strangers may have beside the pages of accounts: files of the console. */
  readonly open?: readonly OpenRoute[]
  /** Where browsers reach it: `https://office.northwire.example`, without a slash at its end. */
  readonly public: string
  readonly isProxy: (address: string) => boolean
  /** Whether the data here are made up; they are not, if not said. */
  readonly isSample?: boolean
  readonly dialPlan?: DialPlan | undefined
  readonly figures: HttpFigures
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Told of faults of our own. */
  readonly alarm: (cause: unknown) => void
}

/**
 * The inside: accounts and all that is handed in, behind the guard. What is not registered answers strangers like what is:
 * 401. Every refusal is a problem of RFC 9457, or a page where a browser asked for one.
 */
export function createOfficeApp(parts: OfficeParts): OpenAPIHono<InsideEnv> {
  const { accounts, figures, now } = parts
  const origin = new URL(parts.public).origin
  const identify = identifyBy(accounts)
  const rate = new RateLimit(OFFICE_PER_SECOND, OFFICE_PER_CLIENT, OFFICE_CLIENTS_MAX)
  const inside = insideRoutes(parts)
  const app = new OpenAPIHono<InsideEnv>()
  const once = new Once(now, figures)

  app.use('*', async (context, next) => {
    context.set('once', once)
    if (!rate.takes(askingNetwork(context, parts.isProxy), now())) {
      throw new Refused('too-many', 'expected fewer requests a second', { headers: { 'retry-after': '1' } })
    }
    await next()
  })
  let description: string | undefined
  const describe = openRoute(DESCRIPTION, (context) => {
    description ??= JSON.stringify(describeOffice(inside.map(({ route }) => route)))
    return answerTagged(context.req.raw, description, { 'content-type': 'application/json' })
  })
  const routeParts = { accounts, origin, isProxy: parts.isProxy, isSample: parts.isSample ?? false }
  const open = [signInRoute(routeParts), ...openPages(routeParts), ...(parts.open ?? []), describe]
  mountOpen(app, open, origin)
  mountInside(app, inside, { identify, origin })

  // A wrong method is told to who is signed in, and to everybody where strangers may come.
  const isOpen = new Set(open.map(({ route }) => placeOf(route)))
  for (const [place, methods] of methodsByPlace([...open, ...inside].map(({ route }) => route))) {
    app.all(place, async (context) => {
      const shown = isOpen.has(place) ? 'nothing' : await identify(context.req.raw)
      if (typeof shown === 'string' && !isOpen.has(place)) throw refuseStranger(shown)
      const allow = [...methods].join(', ')
      throw new Refused('wrong-method', `expected ${allow}`, { headers: { allow } })
    })
  }
  app.notFound(async (context) => {
    const shown = await identify(context.req.raw)
    const why = typeof shown === 'string' ? refuseStranger(shown) : NOTHING_HERE
    return await answerRefused(context, why, figures)
  })
  app.onError((error, context) => {
    if (error instanceof Refused) return answerRefused(context, error, figures)
    figures.refused++
    parts.alarm(error)
    return problemResponse({ kind: 'fault', detail: 'the request was not dealt with; asking again may help' })
  })
  return app
}

/** Every route of the inside that is behind the guard: those of accounts, and those that were handed in. */
export function insideRoutes(
  parts: Pick<OfficeParts, 'accounts' | 'routes' | 'public' | 'isProxy' | 'isSample' | 'dialPlan'>,
): InsideRoute[] {
  const { accounts, isProxy, isSample = false, dialPlan } = parts
  const routeParts = { accounts, origin: new URL(parts.public).origin, isProxy, isSample, dialPlan }
  const own = [...sessionRoutes(routeParts), ...accountRoutes(routeParts), ...selfPages(routeParts)]
  const hasHome = parts.routes.some(({ route }) => route.path === '/')
  return [...own, ...(hasHome ? [] : [homeRoute()]), ...parts.routes]
}

/** The description of the inside's API, OpenAPI 3.1: pages are left out. */
export function describeOffice(routes: readonly RouteConfig[]): ReturnType<OpenAPIHono['getOpenAPI31Document']> {
  const app = new OpenAPIHono()
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'accessToken', { type: 'http', scheme: 'bearer' })
  for (const route of routes) if (route.path.startsWith('/v1/')) app.openAPIRegistry.registerPath(route)
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Recourse, inside',
      version: '1',
      description: 'What a provider’s own people and programs ask of a Recourse desk.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:8082' }],
  })
}

/** Reads the token or cookie of a request: a token goes before, and then no cookie counts. */
export function identifyBy(accounts: Accounts): Identify {
  return (request) => {
    const authorization = request.headers.get('authorization')
    if (authorization === null) return accounts.identify({ session: sessionIn(request), token: undefined })
    const token = BEARER.exec(authorization)?.[1]
    return token === undefined ? 'wrong-token' : accounts.identify({ session: undefined, token })
  }
}

function sessionIn(request: Request): string | undefined {
  return readCookie(request, SESSION_COOKIE)
}

async function answerRefused(context: Context<InsideEnv>, refused: Refused, figures: HttpFigures): Promise<Response> {
  const { kind, detail } = refused.problem
  const status = PROBLEMS[kind][0]
  figures.refused++
  if (status === 401) figures.unauthorized++
  const { path, method } = context.req
  const accept = context.req.header('accept') ?? ''
  if (path.startsWith('/v1/') || !accept.includes('text/html')) return problemResponse(refused.problem)
  if (kind === 'signed-out' && method === 'GET') {
    const to = localPath(path + new URL(context.req.url).search.replaceAll('+', '%20'))
    return goTo(`/sign-in?to=${encodeURIComponent(to)}`)
  }
  if (kind === 'owes' && method === 'GET') return goTo('/account')
  return await problemPage(kind, `${detail}.`)
}

function goTo(location: string): Response {
  return new Response(undefined, { status: 303, headers: { location, 'cache-control': 'no-store' } })
}

function methodsByPlace(routes: readonly RouteConfig[]): Map<string, Set<string>> {
  const places = new Map<string, Set<string>>()
  for (const route of routes) {
    const methods = places.get(placeOf(route)) ?? new Set()
    methods.add(route.method.toUpperCase())
    places.set(placeOf(route), methods)
  }
  return places
}

const NOTHING_HERE = new Refused('not-found', 'expected one of the places that /openapi.json names')
const DESCRIPTION: RouteConfig = {
  method: 'get',
  path: '/openapi.json',
  summary: 'This description',
  responses: { 200: { description: 'OpenAPI 3.1.' } },
}
/** RFC 6750 §2.1. */
const BEARER = /^Bearer ([A-Za-z0-9\-._~+/]{1,512}={0,4})$/i
/** For everybody, and for one address (of IPv6, one /64): people and their programs, no public. */
export const OFFICE_PER_SECOND = 1_000
export const OFFICE_PER_CLIENT = 200
const OFFICE_CLIENTS_MAX = 10_000
