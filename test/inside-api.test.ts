import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { type InsideRoute, insideRoute } from '#edge/http/accounts/guard.ts'
import { emptyInsideRoutes } from './inside-routes.ts'
import { type TestOffice, openTestOffice } from './office.ts'

// What holds of every place of the inside's API, whichever room it belongs to.

test('every POST of the inside honours an Idempotency-Key, or stands here with the reason why not', async (t) => {
  const office = openTestOffice({ routes: emptyInsideRoutes() })
  t.after(() => office.close())
  const { honouring, others } = await walkPosts(office)
  assert.ok(honouring.length >= 45, `saw ${honouring.length} that honour it`)
  assert.deepEqual(others.toSorted(), [...WITHOUT_KEY.keys()].toSorted())
  for (const reason of WITHOUT_KEY.values()) assert.ok(reason.length > 20)
})

test('a POST that takes no notice of the key is found by the same walk', async (t) => {
  const planted = insideRoute(
    'settings',
    { method: 'post', path: '/v1/planted', responses: {} },
    () => new Response('{}'),
  )
  const office = openTestOffice({ routes: [planted] })
  t.after(() => office.close())
  assert.ok((await walkPosts(office)).others.includes('/v1/planted'))
})

test('every place of the inside’s API stands in a description in docs/, and says there that it takes a key if it does', (t) => {
  const office = openTestOffice({ routes: emptyInsideRoutes() })
  t.after(() => office.close())
  const described = readDescriptions()
  const api = office.inside.filter(({ route }) => route.path.startsWith('/v1/'))
  assert.ok(api.length >= 120, `saw ${api.length} places`)
  const missing = api.map(nameOf).filter((name) => !described.has(name))
  assert.deepEqual(missing, [])
  for (const route of api) {
    const isKeyed = described.get(nameOf(route))!.includes('idempotency-key')
    const takesKey = route.route.method === 'post' && !WITHOUT_KEY.has(route.route.path)
    assert.equal(isKeyed, takesKey, nameOf(route))
  }
  assert.ok(!described.has('GET /v1/planted'))
})

/** Sends each POST a key that no key can be: who looks at it says so, whatever else is asked. */
async function walkPosts(office: TestOffice): Promise<{ honouring: string[]; others: string[] }> {
  const found = { honouring: [] as string[], others: [] as string[] }
  const { session } = await office.staff('ann', 'admin')
  for (const { route } of office.inside) {
    if (route.method !== 'post' || !route.path.startsWith('/v1/')) continue
    const type = Object.keys(route.request?.body?.content ?? {})[0]
    const answer = await office.ask('POST', route.path.replaceAll(/\{\w+\}/g, ID), {
      session,
      headers: { 'idempotency-key': 'two words', ...(type !== undefined && { 'content-type': type }) },
      ...(type !== undefined && { body: type === 'application/json' ? '{}' : '' }),
    })
    const isHeeded = answer.status === 400 && (await answer.text()).includes('expected an Idempotency-Key')
    ;(isHeeded ? found.honouring : found.others).push(route.path)
  }
  return found
}

/** All that the files describe, as `POST /v1/cases`, with the names of its header fields. */
function readDescriptions(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  for (const file of readdirSync('docs').filter((name) => /^openapi-[a-z]+\.json$/.test(name))) {
    const { paths } = JSON.parse(readFileSync(`docs/${file}`, 'utf8')) as {
      paths: Record<string, Record<string, { parameters?: { name: string; in: string }[] }>>
    }
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, { parameters = [] }] of Object.entries(methods)) {
        const fields = parameters.filter((one) => one.in === 'header').map(({ name }) => name.toLowerCase())
        found.set(`${method.toUpperCase()} ${path}`, fields)
      }
    }
  }
  return found
}

function nameOf({ route }: InsideRoute): string {
  return `${route.method.toUpperCase()} ${route.path}`
}

/** An id that nothing has. */
const ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const WITHOUT_KEY: ReadonlyMap<string, string> = new Map([
  ['/v1/mail', 'a message is known by its Message-ID: posted again, it is dealt with once'],
  ['/v1/policy/checks', 'it records nothing: asked again, it looks again'],
  [
    '/v1/session/second-factor',
    'what it offers takes the place of what was offered before, and counts for nothing yet',
  ],
  [
    '/v1/session/recovery-codes',
    'new codes take the place of those of a lost answer; the password goes along each time',
  ],
])
