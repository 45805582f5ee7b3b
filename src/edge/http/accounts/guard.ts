import type { RouteConfig } from '@hono/zod-openapi'
import type { Context, Hono, MiddlewareHandler } from 'hono'
import type { Shown, Stranger } from '#core/account/accounts.ts'
import { type Permission, type Who, isReadOnly } from '#core/account/permission.ts'
import type { ConnectionEnv } from '#edge/http/connection.ts'
import { Refused } from '#edge/http/problem.ts'
import type { Once } from './once.ts'
import { checkOpenOrigin, checkOrigin } from './origin.ts'

/**
 * What a handler finds in its context: `context.get('who')` is who asks, `context.get('shown')` how she showed it, and
 * `context.get('still')` asks again whether she may: for answers that go on. `context.get('once')` has the answers given before.
 */
export type InsideEnv = ConnectionEnv & {
  readonly Variables: {
    readonly who: Who
    readonly shown: Shown
    readonly still: () => Promise<boolean>
    readonly once: Once
  }
}

/** Says who a request is from; never rejects for what stands in the request. */
export type Identify = (request: Request) => Promise<Shown | Stranger> | Shown | Stranger

/** One place of the inside and who may come there. Made by `insideRoute` only, and mounted by `mountInside` only. */
export type InsideRoute = {
  /** `self`: every person who is signed in, for herself; no token. `setup`: also before her second factor is set up. */
  readonly permission: Permission | 'self' | 'setup'
  readonly route: RouteConfig
  readonly handler: (context: Context<InsideEnv>) => Response | Promise<Response>
  readonly [GUARDED]: true
}

/** A route that cannot be without a permission. The handler reads its body itself; of what type it is was checked. */
export function insideRoute(
  permission: InsideRoute['permission'],
  route: RouteConfig,
  handler: InsideRoute['handler'],
): InsideRoute {
  return { permission, route, handler, [GUARDED]: true }
}

/** One place that strangers may come to: signing in, links of invitation, a style sheet. Others than accounts have none. */
export type OpenRoute = {
  readonly route: RouteConfig
  readonly handler: (context: Context<InsideEnv>) => Response | Promise<Response>
  readonly [OPEN]: true
}

export function openRoute(route: RouteConfig, handler: OpenRoute['handler']): OpenRoute {
  return { route, handler, [OPEN]: true }
}

/** What the guard asks, and where it stands. */
export type GuardParts = {
  readonly identify: Identify
  /** The origin that pages are served from: `https://office.example.net`. */
  readonly origin: string
}

/** Mounts routes, each behind the guard. Throws for one that `insideRoute` did not make: a fault of ours. */
export function mountInside(app: Hono<InsideEnv>, routes: readonly InsideRoute[], parts: GuardParts): void {
  for (const one of routes) {
    const { permission, route, handler } = one
    if (!(GUARDED in one)) throw new Error(`${route.method} ${route.path} has no guard`)
    app.on(route.method.toUpperCase(), placeOf(route), guard(permission, parts), takesType(route), handler)
  }
}

/** Mounts routes that are open; a browser that another site sends is refused there too. */
export function mountOpen(app: Hono<InsideEnv>, routes: readonly OpenRoute[], origin: string): void {
  for (const one of routes) {
    const { route, handler } = one
    if (!(OPEN in one)) throw new Error(`${route.path} was not meant to be open`)
    app.on(
      route.method.toUpperCase(),
      placeOf(route),
      async (context, next) => {
        checkOpenOrigin(context.req.raw, origin)
        await next()
      },
      takesType(route),
      handler,
    )
  }
}

/**
 * Lets by who may: knows the session or token, asks where an unsafe request of a browser came from, and compares the
 * permission. Everything else is a problem with a code and a sentence; nothing of the route has run then.
 */
export function guard(permission: InsideRoute['permission'], parts: GuardParts): MiddlewareHandler<InsideEnv> {
  return async (context, next) => {
    const request = context.req.raw
    const shown = await parts.identify(request)
    if (typeof shown === 'string') throw refuseStranger(shown)
    if (shown.session !== undefined) checkOrigin(request, parts.origin)
    checkPermission(shown, permission, request.method)
    context.set('who', shown.who)
    context.set('shown', shown)
    context.set('still', async () => mayStill(await parts.identify(request), permission))
    await next()
  }
}

function mayStill(shown: Shown | Stranger, permission: InsideRoute['permission']): boolean {
  if (typeof shown === 'string' || permission === 'setup') return typeof shown !== 'string'
  return shown.owes === 'nothing' && (permission === 'self' || shown.may.has(permission))
}

function checkPermission(shown: Shown, permission: InsideRoute['permission'], method: string): void {
  const { who, owes, may, session } = shown
  if (permission === 'self' || permission === 'setup') {
    if (session === undefined) throw new Refused('not-allowed', 'expected a person who signed in, found a token')
    if (permission === 'self' && owes !== 'nothing') throw owing()
    return
  }
  if (owes !== 'nothing') throw owing()
  if (!may.has(permission)) throw refuseScope(shown, permission)
  if (!SAFE_METHODS.has(method) && isReadOnly(who.role)) {
    throw new Refused('not-allowed', `expected a role that may change something, found ${who.role}`)
  }
}

function owing(): Refused {
  return new Refused('owes', 'expected a second factor first: set one up at /account')
}

/** The path of a route as hono writes it: `/v1/cases/{id}` is `/v1/cases/:id`. */
export function placeOf({ path }: Pick<RouteConfig, 'path'>): string {
  return path.replaceAll(/\{([^}]+)\}/g, ':$1')
}

/** How strangers are refused, wherever they knock. */
export function refuseStranger(why: Stranger): Refused {
  const headers = { 'www-authenticate': 'Bearer realm="recourse"' }
  if (why === 'wrong-token') return new Refused('wrong-access-token', 'expected a token that is in force', { headers })
  const found = why === 'nothing' ? 'found neither a session nor a token' : 'the session is over'
  return new Refused('signed-out', `${found}: sign in, or show a token in Authorization: Bearer`, { headers })
}

function refuseScope({ who, session }: Shown, permission: Permission): Refused {
  const whose = session === undefined ? `the token's scopes and the role ${who.role}` : `the role ${who.role}`
  return new Refused('not-allowed', `expected the permission ${permission}, which ${whose} do not give`)
}

/** Refuses a body of another type than the route's description names. */
function takesType(route: RouteConfig): MiddlewareHandler<InsideEnv> {
  const taken = Object.keys(route.request?.body?.content ?? {})
  const isRequired = route.request?.body?.required === true
  return async (context, next) => {
    const type = context.req.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
    if (taken.length > 0 && (type === undefined ? isRequired : !taken.includes(type))) {
      throw new Refused('wrong-type', `expected a Content-Type of ${taken.join(', ')}`)
    }
    await next()
  }
}

const GUARDED: unique symbol = Symbol('guarded')
const OPEN: unique symbol = Symbol('open')
/** RFC 9110 §9.2.1. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
