import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { type Permission, ROLES, type Role } from '#core/account/permission.ts'
import { type InsideRoute, insideRoute } from '#edge/http/accounts/guard.ts'
import { hashOf } from '#main/desk/accounts.ts'
import { FLOORS } from './floors.ts'
import { emptyInsideRoutes } from './inside-routes.ts'
import { type TestOffice, openTestOffice } from './office.ts'
import { routePermissions } from './route-permissions.ts'

// One thing, the walk along every route of the inside as everybody who might knock there, and what it has to find.

test('every route of the inside lets by who may, and refuses everybody else with a code and a sentence', async (t) => {
  const office = openTestOffice({ routes: emptyInsideRoutes() })
  try {
    const seen = await walk(office)
    assert.deepEqual(seen.objections, [])
    const walked = mounted(office).filter((name) => !OPEN.has(name))
    assert.deepEqual(walked.toSorted(), [...routePermissions().keys()].toSorted(), 'each route is written down')
    assert.deepEqual(office.alarms, [])
    assert.ok(seen.routes >= FLOORS['routes of the inside'], `saw ${seen.routes} routes`)
    assert.ok(seen.requests >= FLOORS['requests to routes of the inside'], `saw ${seen.requests} requests`)
    assert.ok(seen.allowed > seen.routes, `saw ${seen.allowed} that were let by`)
    t.diagnostic(`${seen.routes} routes, ${seen.requests} requests, ${seen.allowed} let by, ${seen.refused} refused`)
  } finally {
    office.close()
  }
})

test('a route that is mounted without the guard is found by the same walk, and so is one that lets too many by', async () => {
  const planted: readonly (readonly [plant: (office: TestOffice) => void, expected: RegExp])[] = [
    [
      (office) => void office.app.get('/v1/planted', (context) => context.json({})),
      /GET \/v1\/planted as nobody.* let by/,
    ],
    [(office) => void office.app.post('/planted', (context) => context.text('')), /POST \/planted as nobody.* let by/],
    [(office) => void office.app.get('/v1/planted', () => Response.error()), /GET \/v1\/planted/],
    [
      (office) =>
        void office.app.get('/v1/planted', (context) => context.text('Error\n    at f (file:///x.ts:1:1)', 401)),
      /GET \/v1\/planted.*stack/,
    ],
  ]
  for (const [plant, expected] of planted) {
    const office = openTestOffice({ routes: [] })
    try {
      plant(office)
      const { objections } = await walk(office, '/planted')
      assert.match(objections.join('\n'), expected)
    } finally {
      office.close()
    }
  }
  const routeAt = (permission: InsideRoute['permission'], path: string) =>
    insideRoute(permission, { method: 'get', path, responses: {} }, () => new Response())
  const wrong = routeAt('self', '/v1/planted')
  const changed: readonly (readonly [route: InsideRoute, expected: ReadonlyMap<string, Expected>, RegExp])[] = [
    [wrong, new Map([['GET /v1/planted', 'cases.decide']]), /\/v1\/planted as vetting with a session: let by/],
    [wrong, routePermissions(), /\/v1\/planted as vetting with a session: let by/],
    [routeAt('cases.read', '/v1/blocks'), routePermissions(), /as admin with a token for cases\.read: let by/],
    [routeAt('accounts', '/v1/blocks'), routePermissions(), /as auditor with a session: refused/],
  ]
  for (const [route, expected, objection] of changed) {
    const office = openTestOffice({ routes: [route] })
    try {
      const { objections } = await walk(office, route.route.path, expected)
      assert.match(objections.join('\n'), objection)
    } finally {
      office.close()
    }
  }
  assert.throws(
    () => openTestOffice({ routes: [{ ...wrong, permission: 'accounts' } as InsideRoute].map(unmade) }),
    /has no guard/,
  )
})

type Expected = InsideRoute['permission']
type Seen = { routes: number; requests: number; allowed: number; refused: number; objections: string[] }

/** Somebody who knocks. What she may do is written down here once more, and not taken from the table under test. */
type Knocker = {
  readonly name: string
  readonly headers: () => { readonly session?: string; readonly token?: string }
  readonly role: Role | undefined
  readonly by: 'session' | 'token' | 'nothing'
  /** For a token, what its scopes name. */
  readonly scopes?: ReadonlySet<string>
  readonly owes?: boolean
}

/**
 * Asks for every route, as everybody, by right and wrong methods and bodies; `only` is a part of the paths to look at. Who is to be let
 * by is what `expected` says, never what the route says of itself: to what it does not have nobody is.
 */
async function walk(office: TestOffice, only = '', expected = routePermissions()): Promise<Seen> {
  const seen: Seen = { routes: 0, requests: 0, allowed: 0, refused: 0, objections: [] }
  const knockers = await allKnockers(office)
  const byName = new Map(office.inside.map((route) => [`${route.route.method.toUpperCase()} ${placeIn(route)}`, route]))
  for (const name of mounted(office)) {
    const [method = '', place = ''] = name.split(' ')
    if (!place.includes(only) || OPEN.has(name)) continue
    seen.routes++
    const route = byName.get(name)
    const permission = expected.get(name)
    for (const knocker of knockers) await knock(office, seen, { method, place, route, permission }, knocker)
    await askWrongly(office, seen, method, place, route)
  }
  return seen
}

async function knock(
  office: TestOffice,
  seen: Seen,
  { method, place, route, permission }: Place,
  knocker: Knocker,
): Promise<void> {
  const what = `${method} ${place} as ${knocker.name}`
  const body = bodyOf(route)
  const response = await office.ask(method, place.replaceAll(/:\w+/g, ID), { ...knocker.headers(), ...body })
  const text = await response.text()
  seen.requests++
  const kind = /"type":"urn:recourse:problem:([a-z-]+)"/.exec(text)?.[1]
  const isRefused = kind !== undefined && REFUSALS.has(kind) && [401, 403].includes(response.status)
  const isOwed = permission !== undefined && mayPass(knocker, permission, method)
  if (isRefused) seen.refused++
  else seen.allowed++
  if (isRefused === isOwed)
    seen.objections.push(`${what}: ${isRefused ? `refused (${kind})` : `let by (${response.status})`}`)
  objectToAnswer(seen, what, response, text)
}

/** Another method, and another type of body, as somebody who may. */
async function askWrongly(
  office: TestOffice,
  seen: Seen,
  method: string,
  place: string,
  route: InsideRoute | undefined,
): Promise<void> {
  const path = place.replaceAll(/:\w+/g, ID)
  const here = new Set(mounted(office).flatMap((name) => (name.endsWith(` ${place}`) ? [name.split(' ')[0]!] : [])))
  const other = ['PUT', 'PATCH', 'DELETE', 'POST'].find((method) => !here.has(method))
  const asked: [what: string, expected: number, ask: () => Promise<Response>][] = []
  if (other !== undefined) {
    // Where strangers may come by another method they are told which.
    const expected = [...OPEN].some((name) => name.endsWith(` ${place}`)) ? 405 : 401
    asked.push([`${other} ${place} as nobody`, expected, () => office.ask(other, path)])
    if (!SHADOWED.has(place)) {
      asked.push([
        `${other} ${place} as admin`,
        405,
        () => office.ask(other, path, { session: sessionFor(office, 'admin') }),
      ])
    }
  }
  if (route?.route.request?.body !== undefined) {
    const headers = { 'content-type': 'application/xml' }
    asked.push([
      `${method} ${place} as nobody with a wrong type`,
      401,
      () => office.ask(method, path, { headers, body: '<a/>' }),
    ])
    asked.push([
      `${method} ${place} as admin with a wrong type`,
      415,
      () => office.ask(method, path, { session: sessionFor(office, 'admin'), headers, body: '<a/>' }),
    ])
  }
  for (const [what, expected, ask] of asked) {
    const response = await ask()
    seen.requests++
    if (response.status !== expected) seen.objections.push(`${what}: answered ${response.status}, expected ${expected}`)
    objectToAnswer(seen, what, response, await response.text())
  }
}

/** Every refusal has a code and a sentence, and nothing tells of our insides. */
function objectToAnswer(seen: Seen, what: string, response: Response, text: string): void {
  if (/\n\s+at |node:|\.ts:\d/.test(text)) seen.objections.push(`${what}: answered with a stack`)
  if (response.status >= 500 || response.status === 0) seen.objections.push(`${what}: answered ${response.status}`)
  if (response.status < 400 || response.headers.get('content-type')?.startsWith('text/html') === true) return
  const isProblem = response.headers.get('content-type') === 'application/problem+json'
  const { type, title, detail } = isProblem ? (JSON.parse(text) as Record<string, string>) : {}
  const isWhole = [type, title, detail].every((part) => typeof part === 'string' && part.length > 3)
  if (!isWhole) seen.objections.push(`${what}: ${response.status} without a code and a sentence`)
}

function mayPass({ role, by, scopes, owes }: Knocker, permission: InsideRoute['permission'], method: string): boolean {
  if (role === undefined) return false
  if (permission === 'setup') return by === 'session'
  if (owes === true) return false
  if (permission === 'self') return by === 'session'
  if (!MAY[role].includes(permission)) return false
  if (by === 'token' && !scopes!.has(permission)) return false
  return role !== 'auditor' || method === 'GET'
}

async function allKnockers(office: TestOffice): Promise<Knocker[]> {
  const { store } = office
  for (const role of ROLES) await office.staff(role, role)
  const admin = store.accountNamed('admin')!.id
  store.insertAccount({ id: 'closed', name: 'closed', role: 'admin', password: undefined, madeAt: office.now })
  store.setActive('closed', false)
  store.insertAccount({ id: 'owing', name: 'owing', role: 'admin', password: undefined, madeAt: office.now })
  const token = (account: string, scopes: readonly Permission[], until: number): string => {
    const secret = `rcs_${key()}`
    store.insertToken({ id: key(), hash: hashOf(secret), account, name: key(), scopes, madeAt: 0, until })
    return secret
  }
  const strangers: readonly (readonly [name: string, headers: Knocker['headers']])[] = [
    ['nobody', () => ({})],
    ['somebody with a made-up session', () => ({ session: key() })],
    ['somebody whose session was idle for long', () => ({ session: session(office, admin, -3_600_000, 60_000) })],
    ['somebody whose session is over', () => ({ session: session(office, admin, 0, -1) })],
    ['somebody whose account is closed', () => ({ session: session(office, 'closed') })],
    ['somebody with a made-up token', () => ({ token: `rcs_${key()}` })],
    ['somebody with a token that is over', () => ({ token: token(admin, MAY.admin, office.now) })],
    ['somebody with a token of a closed account', () => ({ token: token('closed', MAY.admin, office.now + 60_000) })],
    ['somebody with a session as a token', () => ({ token: session(office, admin) })],
  ]
  const people = ROLES.flatMap((role): Knocker[] => {
    const id = store.accountNamed(role)!.id
    const until = office.now + 60_000
    const [all, everything] = [token(id, MAY[role], until), token(id, MAY.admin, until)]
    const single = MAY[role].map((scope): Knocker => {
      const secret = token(id, [scope], until)
      const scopes = new Set([scope])
      return {
        name: `${role} with a token for ${scope}`,
        headers: () => ({ token: secret }),
        role,
        by: 'token',
        scopes,
      }
    })
    return [
      { name: `${role} with a session`, headers: () => ({ session: session(office, id) }), role, by: 'session' },
      { name: `${role} with a token`, headers: () => ({ token: all }), role, by: 'token', scopes: new Set(MAY[role]) },
      {
        name: `${role} with a token for more than the role`,
        headers: () => ({ token: everything }),
        role,
        by: 'token',
        scopes: new Set(MAY[role]),
      },
      ...single,
    ]
  })
  return [
    ...strangers.map(([name, headers]): Knocker => ({ name, headers, role: undefined, by: 'nothing' })),
    ...people,
    {
      name: 'admin without a second factor',
      headers: () => ({ session: session(office, 'owing') }),
      role: 'admin',
      by: 'session',
      owes: true,
    },
  ]
}

/** A session of its own for each request: some end it. */
function session(office: TestOffice, account: string, seenAgoMs = 0, forMs = 60_000): string {
  const secret = key()
  const { now } = office
  office.store.insertSession({
    hash: hashOf(secret),
    account,
    way: 'password',
    madeAt: now,
    seenAt: now + seenAgoMs,
    until: now + forMs,
  })
  return secret
}

function sessionFor(office: TestOffice, role: Role): string {
  return session(office, office.store.accountNamed(role)!.id)
}

function bodyOf(route: InsideRoute | undefined) {
  const content = route?.route.request?.body?.content
  if (content === undefined) return {}
  const [type = ''] = Object.keys(content)
  return { body: type === 'application/json' ? '{}' : '', headers: { 'content-type': type } }
}

/** All that the app answers itself, as `GET /v1/accounts`: from its own list of routes, whoever put them there. */
function mounted(office: TestOffice): string[] {
  const routes = office.app.routes.filter(({ method, path }) => method !== 'ALL' && path !== '/*' && path !== '*')
  return [...new Set(routes.map(({ method, path }) => `${method} ${path}`))]
}

function placeIn({ route }: InsideRoute): string {
  return route.path.replaceAll(/\{([^}]+)\}/g, ':$1')
}

function unmade({ permission, route, handler }: InsideRoute): InsideRoute {
  return { permission, route, handler } as InsideRoute
}

function key(): string {
  return randomBytes(16).toString('base64url')
}

type Place = {
  readonly method: string
  readonly place: string
  readonly route: InsideRoute | undefined
  readonly permission: InsideRoute['permission'] | undefined
}

const REFUSALS: ReadonlySet<string> = new Set(['signed-out', 'wrong-access-token', 'not-allowed', 'owes', 'cross-site'])
/** An id that nothing has. */
const ID = 'AAAAAAAAAAAAAAAAAAAAAA'
/** Where strangers may come; whatever else is found there is not. */
const OPEN: ReadonlySet<string> = new Set([
  'POST /v1/session',
  'GET /sign-in',
  'POST /sign-in',
  'GET /welcome/:token',
  'POST /welcome/:token',
  'GET /oidc/start',
  'GET /oidc/callback',
  'GET /openapi.json',
  `GET ${(await import('#edge/http/accounts/page.ts')).OFFICE_STYLE_PATH}`,
  `GET ${(await import('#edge/http/desk/style.ts')).ICON_PATH}`,
])
/** Where a wrong method of one place is a right one of another: `…/invitations` could be the id of an account. */
const SHADOWED: ReadonlySet<string> = new Set(['/v1/accounts/invitations'])
/** What the roles may do, as the guide has it. */
const MAY: { readonly [role in Role]: readonly Permission[] } = {
  admin: [
    'cases.read',
    'cases.work',
    'cases.decide',
    'registry.read',
    'registry.vet',
    'ledger.read',
    'exports',
    'accounts',
    'settings',
    'audit.read',
    'mail',
    'calling.read',
    'calling.dispute',
    'probe',
    'policy.read',
    'policy.change',
  ],
  'case-worker': [
    'cases.read',
    'cases.work',
    'cases.decide',
    'registry.read',
    'ledger.read',
    'exports',
    'mail',
    'calling.read',
    'calling.dispute',
    'policy.read',
  ],
  vetting: ['registry.read', 'registry.vet'],
  auditor: [
    'cases.read',
    'registry.read',
    'ledger.read',
    'exports',
    'audit.read',
    'calling.read',
    'probe',
    'policy.read',
  ],
}
