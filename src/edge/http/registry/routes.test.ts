import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Hono } from 'hono'
import type { FeedDesk, Registry, RegistrationView } from '#core/registry/registry.ts'
import type { ConnectionEnv } from '#edge/http/connection.ts'
import { Tickets } from '#edge/http/desk/ticket.ts'
import { noHttpFigures } from '#edge/http/figures.ts'
import { Refused, problemResponse } from '#edge/http/problem.ts'
import { registrationDocumentSchema } from './documents.ts'
import { registryRoutes } from './routes.ts'

test('a registration is sent by the form, confirmed by a button and read by its private link', async () => {
  const { app, asked } = makeApp()
  const form = await app.request('/register')
  assert.match(await form.text(), /<form method="post" action="\/register"/)
  const body = new FormData()
  for (const [name, value] of Object.entries(FIELDS)) body.set(name, value)
  body.set('numbers', '+12125550117')
  body.set('file', new File(['number,label\n+12125550118,"=front"\n'], 'list.csv', { type: 'text/csv' }))
  const sent = await app.request('/register', { method: 'POST', body })
  assert.deepEqual([sent.status, sent.headers.get('location')], [303, `/g/${TOKEN}/opened`])
  assert.deepEqual(asked[0], ['open', FIELDS.legalName, 'number,label\n+12125550118,"=front"\n+12125550117'])

  const look = await app.request(`/g/confirm/${TOKEN}`)
  assert.equal(look.status, 200)
  assert.match(await look.text(), /<h1>Confirm your registration<\/h1>/)
  assert.equal(asked.length, 1, 'opening the link confirms nothing')
  const confirmed = await app.request(`/g/confirm/${TOKEN}`, { method: 'POST' })
  assert.equal(confirmed.headers.get('location'), `/g/${TOKEN}`)
  const again = await (await app.request(`/g/confirm/${TOKEN}`)).text()
  assert.match(again, /<h1>Your e-mail address is confirmed<\/h1>/)
  assert.doesNotMatch(again, new RegExp(`"/g/${TOKEN}"`), 'the private link is behind the button alone')

  const page = await (await app.request(`/g/${TOKEN}`)).text()
  assert.match(page, /Your numbers/)
  const data = await app.request(`/g/${TOKEN}`, { headers: { accept: 'application/json' } })
  assert.equal(((await data.json()) as RegistrationView).id, VIEW.id)
})

test('what a stranger typed runs nowhere: it is escaped, and what hides is shown', async () => {
  const { app } = makeApp()
  const page = await (await app.request(`/g/${TOKEN}`)).text()
  assert.doesNotMatch(page, /<img src=x/)
  assert.match(page, /&lt;img src=x/)
  assert.match(page, /\[U\+202E\]/)
  const tags = page.replaceAll(/"[^"]*"/g, '""')
  assert.doesNotMatch(tags, /<script|<[^>]*\son[a-z]+=/i)
})

test('wrong, malformed and foreign links get one answer, by page and by form', async () => {
  const { app } = makeApp()
  const answers = await Promise.all([
    app.request(`/g/${'B'.repeat(22)}`),
    app.request('/g/short'),
    app.request(`/g/${'B'.repeat(22)}/numbers.csv`),
    app.request(`/g/${'B'.repeat(22)}/renew`, { method: 'POST', body: new URLSearchParams({}) }),
    app.request(`/g/confirm/${'B'.repeat(22)}`, { method: 'POST' }),
  ])
  const told = await Promise.all(answers.map(async (answer) => `${answer.status} ${await answer.text()}`))
  assert.equal(new Set(told).size, 1, told.join('\n'))
  assert.match(told[0]!, /^404 /)
})

test('a form from another site, a step that was refused and a list with faults are told as such', async () => {
  const { app } = makeApp()
  const foreign = await app.request(`/g/${TOKEN}/renew`, {
    method: 'POST',
    body: new URLSearchParams({}),
    headers: { origin: 'https://evil.example' },
  })
  assert.equal(foreign.status, 403)
  const refused = await app.request(`/g/${TOKEN}/renew`, { method: 'POST', body: new URLSearchParams({}) })
  assert.equal(refused.status, 422)
  assert.match(await refused.text(), /Only what was approved/)
  const machine = await app.request(`/g/${TOKEN}/renew`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  })
  assert.equal(machine.status, 400)
  assert.match(machine.headers.get('content-type')!, /problem\+json/)
  const list = await app.request(`/g/${TOKEN}/numbers`, { method: 'POST', body: new URLSearchParams({ numbers: 'x' }) })
  const told = await list.text()
  assert.match(told, /<td class="code">x<\/td><td class="said">Expected a number\.<\/td>/)
  assert.match(told, /<textarea id="numbers"[^>]*>x<\/textarea>/, 'the line is there to be set right')
  const data = await app.request(`/g/${TOKEN}/numbers`, {
    method: 'POST',
    body: '{"numbers":["x"]}',
    headers: { 'content-type': 'application/json' },
  })
  assert.deepEqual(await data.json(), { added: 0, there: 0, faults: [{ line: 1, found: 'x', expected: 'a number' }] })
})

test('a machine registers by POST /v1/registrations, and what is wrong is named by its place', async () => {
  const { app, asked } = makeApp()
  const post = (body: object) =>
    app.request('/v1/registrations', {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    })
  const { callsPerDay: _, ...rest } = FIELDS
  const good = await post({ ...rest, callsPerDay: 250, numbers: ['+12125550117', '+12125550118'] })
  assert.equal(good.status, 201)
  assert.equal(good.headers.get('location'), `https://desk.example/g/${TOKEN}`)
  assert.deepEqual(asked.at(-1), ['open', FIELDS.legalName, '+12125550117\n+12125550118'])
  const bad = await post({ ...rest, callsPerDay: 250, legalName: '' })
  assert.deepEqual([bad.status, ((await bad.json()) as { pointer: string }).pointer], [400, '/legalName'])
  assert.equal((await post({ ...rest, callsPerDay: 250, isAdmin: true })).status, 400, 'no field that is not known')
})

test('lines that cannot be used come back with all that was typed and the form’s own key, unless they are left out', async () => {
  const { app, asked, keys } = makeApp()
  const once = 'k'.repeat(22)
  const send = (more: object) => {
    const body = new FormData()
    for (const [name, value] of Object.entries({ ...FIELDS, once, numbers: '+12125550117', ...more }))
      body.set(name, value as string | File)
    return app.request('/register', { method: 'POST', body })
  }
  const file = new File(['number\n+12125550118\n<nonsense>\n'], 'list.csv', { type: 'text/csv' })
  const back = await send({ file })
  assert.equal(back.status, 422)
  const page = await back.text()
  assert.match(page, /<textarea id="numbers"[^>]*>number\n\+12125550118\n&lt;nonsense&gt;\n\+12125550117<\/textarea>/)
  assert.match(
    page,
    /<td class="figure">2<\/td><td class="code">&lt;nonsense&gt;<\/td><td class="said">Expected a number\.<\/td>/,
  )
  assert.match(page, /href="#numbers">One line cannot be used\./)
  for (const value of [once, ...Object.values(FIELDS)]) assert.ok(page.includes(value), value)
  assert.match(page, /name="leave"/)
  const sent = await send({ numbers: '+12125550117\nnonsense', leave: 'yes' })
  assert.equal(sent.status, 303)
  assert.deepEqual(keys, [once, once], 'who presses twice says so')

  const picture = await send({ file: new File([new Uint8Array([0xff, 0xd8, 0xff])], 'list.csv') })
  assert.equal(picture.status, 422)
  assert.match(await picture.text(), /href="#file">This file is no text/)
  assert.equal(asked.length, 2)
})

test('what comes after sending says what is left to do, and leads on once the address is confirmed', async () => {
  const waiting = await makeApp({ status: 'unconfirmed' }).app.request(`/g/${TOKEN}/opened`)
  assert.match(await waiting.text(), /confirm your e-mail address/)
  const confirmed = await makeApp().app.request(`/g/${TOKEN}/opened`)
  assert.deepEqual([confirmed.status, confirmed.headers.get('location')], [303, `/g/${TOKEN}`])
  const wrong = await makeApp().app.request(`/g/${TOKEN}/renew`)
  assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'POST'])
})

test('a machine sends a key to be sure, and the same key with another body is refused', async () => {
  const { app, keys } = makeApp()
  const { callsPerDay: _, ...rest } = FIELDS
  const post = (purpose: string) =>
    app.request('/v1/registrations', {
      method: 'POST',
      body: JSON.stringify({ ...rest, purpose, callsPerDay: 250 }),
      headers: { 'content-type': 'application/json', 'idempotency-key': 'sixteen-or-more-characters' },
    })
  for (const purpose of ['Reminders', 'Reminders']) assert.equal((await post(purpose)).status, 201)
  assert.deepEqual([keys.length, new Set(keys).size], [2, 1])
  assert.equal((await post('Sales')).status, 422)
})

test('docs/openapi-registry.json is what the registry describes, and its document is what the page of a registration answers', async () => {
  const { app } = makeApp({ challenges: [{ number: '+12125550117', dial: '+18005550199', from: 0, until: 1 }] })
  const committed: unknown = JSON.parse(
    readFileSync(new URL('../../../../docs/openapi-registry.json', import.meta.url), 'utf8'),
  )
  const served = (await (await app.request('/v1/registry/openapi.json')).json()) as { paths: object }
  assert.deepEqual(served, committed, 'node src/edge/http/registry/describe.ts > docs/openapi-registry.json')
  assert.equal(Object.keys(served.paths).length, 16)
  const view = await app.request(`/g/${TOKEN}`, { headers: { accept: 'application/json' } })
  const { openedAt, challenges } = registrationDocumentSchema.parse(await view.json())
  assert.deepEqual([openedAt, challenges[0]!.until], ['1970-01-01T00:00:00.001Z', '1970-01-01T00:00:00.001Z'])
})

test('the feed has an entity tag, says 304 to who has it, and 404 for places it has not', async () => {
  const { app } = makeApp()
  const first = await app.request('/v1/registry/feed?after=0')
  assert.equal(await first.text(), 'a.b.c')
  assert.equal(first.headers.get('content-type'), 'application/jose')
  assert.match(first.headers.get('cache-control')!, /max-age=60/)
  const again = await app.request('/v1/registry/feed?after=0', {
    headers: { 'if-none-match': first.headers.get('etag')! },
  })
  assert.deepEqual([again.status, await again.text()], [304, ''])
  const other = await app.request('/v1/registry/feed', { headers: { 'if-none-match': '"other"' } })
  assert.equal(other.status, 200)
  assert.equal((await app.request('/v1/registry/feed?after=9')).status, 404)
  assert.equal((await app.request('/v1/registry/feed?after=-1')).status, 400)
  assert.equal((await app.request('/.well-known/recourse-registry-keys.json')).status, 200)
})

const TOKEN = 'T'.repeat(22)
const FIELDS = {
  legalName: 'Clinic Ltd',
  contact: 'Ann Lee',
  email: 'ann@clinic.example',
  site: 'https://clinic.example',
  purpose: 'Reminders',
  callsPerDay: '250',
  provider: 'Northwire',
}
const VIEW: RegistrationView = {
  id: 'R'.repeat(22),
  status: 'approved',
  openedAt: 1,
  until: 2,
  next: 'You need do nothing.',
  business: { ...FIELDS, legalName: '<img src=x onerror=alert(1)>\u202e', callsPerDay: 250, tel: undefined },
  numbers: [{ numbers: '+12125550117', label: '"><script>', proof: 'proven', until: 2, offeredTo: undefined }],
  counts: { lines: 1, numbers: 1, registered: 1 },
  question: '<b>Why?</b>',
  refusal: undefined,
  challenges: [],
  evidence: [],
  offered: [],
  events: [{ at: 1, words: 'Approved' }],
  may: ['add', 'prove', 'answer', 'renew', 'withdraw', 'change'],
}

function makeApp(changes: Partial<RegistrationView> = {}) {
  const asked: (readonly string[])[] = []
  const keys: (string | undefined)[] = []
  const report = { added: 1, there: 0, faults: [] }
  const unused = async (): Promise<never> => assert.fail('not asked for')
  const registry: Registry = {
    async open({ fields, numbers, faultyLines }, from) {
      asked.push(['open', fields.legalName ?? '', numbers])
      keys.push(from.once)
      const faults = [{ line: 2, found: '<nonsense>', expected: 'a number' }]
      if (numbers.includes('nonsense') && faultyLines === 'refuse')
        return { kind: 'faults', faults: [], report: { added: 0, there: 0, faults } }
      if (fields.legalName === '')
        return { kind: 'faults', faults: [{ field: 'legalName', problem: 'expected the name' }], report }
      return { kind: 'opened', id: VIEW.id, token: TOKEN, report }
    },
    isConfirmed: async (token) => asked.some(([name, given]) => name === 'confirm' && given === token),
    async confirm(token) {
      asked.push(['confirm', token])
      return token === TOKEN ? { kind: 'confirmed', token } : { kind: 'unknown' }
    },
    status: async (token) => (token === TOKEN ? { ...VIEW, ...changes } : undefined),
    numbersCsv: async (token) => (token === TOKEN ? 'number\r\n' : undefined),
    addNumbers: async () => ({
      kind: 'taken',
      report: { added: 0, there: 0, faults: [{ line: 1, found: 'x', expected: 'a number' }] },
    }),
    renew: async (token) =>
      token === TOKEN
        ? { kind: 'refused', field: 'renew', problem: 'only what was approved can be renewed' }
        : { kind: 'unknown' },
    removeNumbers: unused,
    challenge: unused,
    addEvidence: unused,
    answer: unused,
    change: unused,
    offer: unused,
    take: unused,
    withdraw: unused,
    relink: unused,
  }
  const feed: FeedDesk = {
    page: async (after) => (after > 5 ? undefined : { jws: 'a.b.c', tag: '"tag"', goodForS: 60 }),
    keys: () => '{"keys":[]}',
  }
  const app = new Hono<ConnectionEnv>()
  app.onError((error) => {
    if (error instanceof Refused) return problemResponse(error.problem)
    throw error
  })
  const operator = {
    name: 'Northwire',
    contact: { tel: '+18005550142' },
    promise: { statusWithinHours: 24 },
    timeZone: 'UTC',
    isTransparent: false,
  }
  app.route(
    '/',
    registryRoutes({
      registry,
      feed,
      operator,
      publicUrl: 'https://desk.example',
      evidenceBytesMax: 1_000_000,
      isProxy: () => false,
      figures: noHttpFigures(),
      now: () => 0,
      tickets: new Tickets(new Uint8Array(32)),
    }),
  )
  return { app, asked, keys }
}
