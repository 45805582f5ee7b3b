import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import fc from 'fast-check'
import { CASE, BLOCK, DESK_NOW_MS, RECEIPT, TOKEN, deskInMemory } from '../../../../test/desk-in-memory.ts'
import type { Claim } from '#core/redress/claim.ts'
import { formatMoment } from '#core/redress/moment.ts'
import { noHttpFigures } from '#edge/http/figures.ts'
import { deskDescription } from './description.ts'
import { blockDocumentSchema, caseDocumentSchema, challengeSchema, evidenceSchema, filedSchema } from './documents.ts'
import { formatWait, parseLocalTime } from './moment.ts'
import { dropHeading, readLines, readTime, receiptOf } from './lines.ts'
import { visibleText } from './markup.ts'
import { createDeskPages } from './pages.ts'
import { wantsJson } from './parts.ts'
import { formatTelephone, parseTelephone } from './telephone.ts'

const PUBLIC = 'https://redress.northwire.example'
const KEY = { 'idempotency-key': '0b7f6f0e-7f2f-4d52-9d6e-0f3a1c2d4e5f' }
const CLAIM = {
  receipts: [RECEIPT],
  numbers: ['+12125550117'],
  calls: [{ calling: '+12125550118', called: '+14155550163', at: '2026-11-22T06:00:00-05:00' }],
  claimant: { name: 'Ann Example', email: 'ann@clinic.example.com', acts: 'for-a-customer', organisation: 'Clinic' },
  purpose: 'We remind patients of their appointments.',
  webhook: { url: 'https://hooks.clinic.example.com/r', secret: 'a-secret-of-32-characters-at-all' },
}

function openApi(registry?: { readonly hasFeed: boolean }) {
  const desk = deskInMemory()
  desk.views.set(TOKEN, CASE)
  const clock = { ms: DESK_NOW_MS }
  const app = createDeskPages({
    desk,
    explain: undefined,
    card: () => new Response('card'),
    operator: {
      name: 'Northwire',
      contact: { tel: '+18005550142', email: undefined },
      promise: { statusWithinHours: 24 },
      timeZone: 'UTC',
      isTransparent: false,
      registry,
    },
    publicUrl: PUBLIC,
    country: 'US',
    evidenceBytesMax: 1_000,
    secret: new Uint8Array(32),
    isProxy: () => false,
    figures: noHttpFigures(),
    now: () => (clock.ms += 1_000),
    alarm: (cause) => assert.fail(String(cause)),
  })
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    app.request(path, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    })
  const read = async (path: string) => {
    const response = await app.request(path, { headers: { accept: 'application/json' } })
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: (await response.json()) as object,
    }
  }
  return { app, desk, post, read }
}

test('a redress URL answers machines with the block, masked, and where to file', async () => {
  const { read } = openApi()
  const { status, type, body } = await read(`/r/${RECEIPT}`)
  assert.deepEqual([status, type], [200, 'application/json'])
  assert.deepEqual(body, {
    recourse: 1,
    block: {
      receipt: RECEIPT,
      at: '2026-11-22T11:00:00.000Z',
      calling: '+12125550117',
      called: '+1415xxxxxxx',
      category: 'analytics',
      grounds: BLOCK.grounds,
    },
    desk: { name: 'Northwire', promise: { statusWithinHours: 24, charge: 'none' }, contact: { tel: '+18005550142' } },
    links: {
      page: `${PUBLIC}/r/${RECEIPT}`,
      file: { href: `${PUBLIC}/v1/claims`, method: 'POST', schema: `${PUBLIC}/openapi.json#/components/schemas/Claim` },
    },
  })
  blockDocumentSchema.parse(body)
  const known = await read('/.well-known/recourse')
  assert.equal('block' in known.body, false)
  blockDocumentSchema.parse(known.body)
})

test('what tells that a host has a desk names its registry, where there is one, and every page leads there', async () => {
  for (const [registry, expected] of [
    [undefined, undefined],
    [{ hasFeed: false }, ['page', 'register']],
    [{ hasFeed: true }, ['feed', 'keys', 'page', 'register']],
  ] as const) {
    const { app, read } = openApi(registry)
    const known = blockDocumentSchema.parse((await read('/.well-known/recourse')).body)
    assert.deepEqual(known.registry && Object.keys(known.registry).toSorted(), expected)
    assert.equal('registry' in (await read(`/r/${RECEIPT}`)).body, false)
    for (const path of ['/', '/contact', `/r/${RECEIPT}`, '/nothing'])
      assert.equal((await (await app.request(path)).text()).includes('href="/register"'), registry !== undefined, path)
    const lost = await (await app.request('/g/nothing')).text()
    assert.equal(lost.includes('href="/g"'), registry !== undefined, 'who lost the link is told how to get another')
  }
})

test('JSON is for who would rather have it, HTML for everybody else', () => {
  for (const [accept, isJson] of [
    [undefined, false],
    ['*/*', false],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', false],
    ['application/json', true],
    ['application/json, text/html', false],
    ['application/json, text/html;q=0.9', true],
    ['application/json;q=0', false],
    ['application/*, text/html;q=0.2', true],
    ['application/json;q=nonsense', false],
    ['', false],
  ] as const) {
    const request = new Request(PUBLIC, accept === undefined ? {} : { headers: { accept } })
    assert.equal(wantsJson(request), isJson, String(accept))
  }
})

test('a claim is filed once by its key, answers with the private address, and is read back there', async () => {
  const { app, desk, post, read } = openApi()
  const response = await post('/v1/claims', CLAIM, KEY)
  assert.equal(response.status, 201)
  const body = filedSchema.parse(await response.json())
  assert.equal(response.headers.get('location'), body.status)
  assert.match(body.status, /^https:\/\/redress\.northwire\.example\/c\/[\w-]{22}$/)
  const claim = desk.filed[0]!.what as Claim
  assert.equal(claim.calls[0]!.at, Date.UTC(2026, 10, 22, 11))
  assert.deepEqual([desk.filed[0]!.from.way, desk.filed[0]!.from.waited], ['api', false])
  assert.deepEqual([claim.claimant.acts, claim.changed, claim.webhook?.url], ['for-a-customer', '', CLAIM.webhook.url])

  const again = await post('/v1/claims', CLAIM, KEY)
  assert.deepEqual(await again.json(), body)
  assert.equal(desk.filed.length, 1)
  assert.equal((await post('/v1/claims', { ...CLAIM, purpose: 'other' }, KEY)).status, 422)
  assert.equal((await post('/v1/claims', CLAIM)).status, 201)
  assert.equal(desk.filed.length, 2)
  assert.equal((await post('/v1/claims', CLAIM, { 'idempotency-key': 'short' })).status, 400)

  const path = new URL(body.status).pathname
  const view = await read(path)
  caseDocumentSchema.parse(view.body)
  assert.equal((await app.request(path)).headers.get('content-type'), 'text/html; charset=utf-8')
})

test('what is done with a case by its token answers with the case, the file or the number to dial', async () => {
  const { app, desk, post } = openApi()
  desk.views.set(TOKEN, { ...CASE, may: ['answer', 'withdraw', 'add-evidence', 'prove', 'reopen'] })
  const base = `/v1/claims/${TOKEN}`
  for (const [path, body] of [
    [`${base}/answers`, { text: 'Since May.' }],
    [`${base}/withdrawal`, { reason: '' }],
    [`${base}/reopening`, { reason: 'new' }],
  ] as const) {
    const response = await post(path, body)
    assert.equal(response.status, 200, path)
    const document = caseDocumentSchema.parse(await response.json())
    assert.deepEqual(Object.keys(document.links), [
      'page',
      'answers',
      'evidence',
      'withdrawal',
      'challenges',
      'reopening',
    ])
  }
  const challenge = await post(`${base}/challenges`, { number: '+12125550117' })
  assert.equal(challenge.status, 201)
  assert.deepEqual(challengeSchema.parse(await challenge.json()), {
    number: '+12125550117',
    dial: '+18005550199',
    from: '2026-11-22T12:00:00.000Z',
    until: '2026-11-22T12:30:00.000Z',
  })
  const body = new FormData()
  body.set('file', new File(['%PDF-'], 'letter.pdf', { type: 'application/pdf' }))
  const evidence = await app.request(`${base}/evidence`, { method: 'POST', body })
  assert.equal(evidence.status, 201)
  assert.equal(evidenceSchema.parse(await evidence.json()).name, 'letter.pdf')
  for (const token of ['unknownUnknownUnknown0', 'short']) {
    const seen = await post(`/v1/claims/${token}/answers`, { text: 'x' })
    assert.deepEqual(
      [seen.status, await seen.text()],
      [
        404,
        '{"type":"urn:recourse:problem:not-found","title":"There is nothing here","status":404,"detail":"expected the token of a case"}\n',
      ],
    )
  }
})

test('a claim that cannot be taken is refused with the place', async () => {
  const { desk, post } = openApi()
  const without = (name: keyof typeof CLAIM) =>
    Object.fromEntries(Object.entries(CLAIM).filter(([key]) => key !== name))
  const claimant = (changes: object) => ({ ...CLAIM, claimant: { ...CLAIM.claimant, ...changes } })
  const bad: [string, unknown, string | undefined][] = [
    ['extra', { ...CLAIM, extra: 1 }, '/extra'],
    ['no claimant', without('claimant'), '/claimant'],
    ['no purpose', without('purpose'), '/purpose'],
    ['nothing contested', { claimant: CLAIM.claimant, purpose: 'x' }, '/receipts'],
    ['too many', { ...CLAIM, numbers: Array.from({ length: 1_001 }, () => '+12125550117') }, '/numbers'],
    ['a short receipt', { ...CLAIM, receipts: ['x'] }, '/receipts/0'],
    ['a national number', { ...CLAIM, numbers: ['2125550117'] }, '/numbers/0'],
    ['a time without zone', { ...CLAIM, calls: [{ ...CLAIM.calls[0]!, at: '2026-11-22T06:00:00' }] }, '/calls/0/at'],
    ['a line end in the name', claimant({ name: 'Ann\r\nBcc: x@y.example' }), '/claimant/name'],
    ['a line end in the address', claimant({ email: 'a@b.example\r\nBcc: x@y.example' }), '/claimant/email'],
    ['two addresses', claimant({ email: 'a@b.example,c@d.example' }), '/claimant/email'],
    [
      'a webhook without TLS',
      { ...CLAIM, webhook: { ...CLAIM.webhook, url: 'http://hooks.example.com/' } },
      '/webhook/url',
    ],
    ['a webhook inside', { ...CLAIM, webhook: { ...CLAIM.webhook, url: 'https://169.254.169.254/' } }, '/webhook/url'],
    ['a null', { ...CLAIM, changed: JSON.parse('null') as unknown }, '/changed'],
    ['a key twice', '{"purpose":"a","purpose":"b"}', ''],
    ['a prototype', '{"__proto__":{"purpose":"a"}}', ''],
    ['too deep', `{"numbers":${'['.repeat(9)}${']'.repeat(9)}}`, '/numbers/0/0/0/0/0/0/0'],
    ['a number too large', '{"purpose":1e400}', '/purpose'],
    ['half a pair', '{"purpose":"\\ud800"}', '/purpose'],
  ]
  for (const [what, body, pointer] of bad) {
    const response = await post('/v1/claims', body)
    const problem = (await response.json()) as { pointer?: string }
    assert.equal(response.status, 400, what)
    assert.equal(problem.pointer, pointer, `${what}: ${JSON.stringify(problem)}`)
  }
  assert.equal((await post('/v1/claims', JSON.stringify({ ...CLAIM, purpose: 'x'.repeat(70_000) }))).status, 413)
  assert.equal((await post('/v1/claims', CLAIM, { 'content-type': 'text/plain' })).status, 415)
  const token = 'A'.repeat(22)
  assert.equal(
    (await post(`/v1/claims/${token}/withdrawl`, {})).status,
    404,
    'a step that is misspelt is no wrong method',
  )
  assert.equal((await post('/v1/claims', CLAIM, { origin: 'https://evil.example' })).status, 403)
  assert.deepEqual(desk.filed, [])
})

test('docs/openapi-desk.json is what the desk describes, with every name that links point to', async () => {
  const { app } = openApi()
  const committed: unknown = JSON.parse(
    readFileSync(new URL('../../../../docs/openapi-desk.json', import.meta.url), 'utf8'),
  )
  assert.deepEqual(
    JSON.parse(JSON.stringify(deskDescription())),
    committed,
    'see CONTRIBUTING, Add a configuration key',
  )
  const served = (await (await app.request('/openapi.json')).json()) as { components: { schemas: object } }
  for (const name of ['Claim', 'Answer', 'Reason', 'News', 'Number', 'Case'])
    assert.ok(name in served.components.schemas, name)
})

test('numbers as people write them, and as they read them', () => {
  for (const [written, number] of [
    ['(212) 555-0117', '+12125550117'],
    ['+44 20 7946 0018', '+442079460018'],
    ["'+12125550117", '+12125550117'],
    ['212 555 0117 ext. 5', undefined],
    ['555', undefined],
    ['1-800-FLOWERS', undefined],
    ['+12125550117<script>', undefined],
    ['9'.repeat(60), undefined],
    ['', undefined],
  ] as const)
    assert.equal(parseTelephone(written, 'US'), number, written)
  for (const [number, shown] of [
    ['+12125550117', '+1 212 555 0117'],
    ['+1415xxxxxxx', '+1 415 xxx xxxx'],
    ['+442079460018', '+44 20 7946 0018'],
    ['+49xxxxxxxxx', '+49xxxxxxxxx'],
    ['withheld', 'withheld'],
  ] as const)
    assert.equal(formatTelephone(number), shown)
})

test('times on the wall of a zone, also where clocks are changed', () => {
  for (const [day, time, zone, at] of [
    ['2026-07-01', '09:30', 'America/New_York', '2026-07-01T13:30:00Z'],
    ['2026-12-01', '9:30', 'America/New_York', '2026-12-01T14:30:00Z'],
    ['2026-11-01', '01:30', 'America/New_York', '2026-11-01T05:30:00Z'],
    ['2026-03-08', '02:30', 'America/New_York', '2026-03-08T07:30:00Z'],
    ['2026-10-25', '02:30', 'Europe/Berlin', '2026-10-25T00:30:00Z'],
    ['2026-11-22', '13:05', 'Asia/Kolkata', '2026-11-22T07:35:00Z'],
    ['2026-02-30', '12:00', 'UTC', undefined],
    ['2026-11-22', '24:00', 'UTC', undefined],
    ['22.11.2026', '12:00', 'UTC', undefined],
  ] as const)
    assert.equal(
      parseLocalTime(day, time, zone),
      at === undefined ? undefined : Date.parse(at),
      `${day} ${time} ${zone}`,
    )
  assert.equal(readTime('2026-11-22T13:05:09+0100', 'UTC'), Date.UTC(2026, 10, 22, 12, 5, 9))
  assert.equal(readTime('2026-11-22 13:05 UTC', 'Europe/Berlin'), Date.UTC(2026, 10, 22, 13, 5))
  assert.equal(formatMoment(Date.UTC(2026, 10, 22, 12), 'America/New_York'), '22 November 2026, 07:00 EST')
  assert.equal(formatMoment(Date.UTC(2026, 6, 1, 12), 'Europe/Berlin'), '1 July 2026, 14:00 CEST')
  assert.deepEqual([1, 60_000, 60_001, 7_199_000, 86_400_000, 172_800_001].map(formatWait), [
    '1 second',
    '60 seconds',
    '2 minutes',
    '120 minutes',
    '24 hours',
    '3 days',
  ])
})

test('pasted lines: every line that says something is taken, a double, or told of', () => {
  const terms = { country: 'US', timeZone: 'UTC', now: DESK_NOW_MS } as const
  const read = (text: string) => readLines(text, terms)
  assert.deepEqual(read('calling;called;time\n+12125550117;+14155550163;2026-11-22 11:00\n').calls.length, 1)
  assert.deepEqual(read('# a note\n\n212-555-0117\n+12125550117').numbers, ['+12125550117'])
  assert.equal(read('212-555-0117\n+12125550117').doubles, 1)
  assert.equal(read('nonsense').faults.length, 1)
  for (const [line, problem] of [
    ['+12125550117,nobody', /called number/],
    ['+12125550117,+14155550163', /time of the call is missing/],
    ['+12125550117,+14155550163,yesterday', /not written like/],
    ['+12125550117,+14155550163,2026-11-23 11:00', /future/],
    ['A'.repeat(63), /64 characters; this has 63/],
  ] as const)
    assert.match(read(line).faults[0]!.problem, problem)
  for (const hostile of [
    '"'.repeat(200_000),
    '1,'.repeat(100_000),
    '\t '.repeat(100_000),
    `${' '.repeat(900)}"\n`.repeat(200),
    '\n'.repeat(200_000),
  ]) {
    const { count, faults } = read(hostile)
    assert.ok(faults.length === count && count <= 1_001, `${count} lines`)
  }
  assert.equal(receiptOf(` ${PUBLIC}/j/${RECEIPT}/ `), RECEIPT)
  assert.equal(receiptOf(`${RECEIPT}x`), undefined)
  assert.equal(dropHeading('number\n1'), '1')
  assert.equal(dropHeading('212\n1'), '212\n1')
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('+', '1', '2', ',', ';', '"', '\n', 'a', ' ', "'", '#'), maxLength: 60 }),
      (text) => {
        const { receipts, numbers, calls, faults, count, doubles } = read(text)
        assert.equal(receipts.length + numbers.length + calls.length + faults.length + doubles, count)
        assert.ok(doubles >= 0)
      },
    ),
  )
})

test('hidden characters are shown by their codes, and nothing else is changed', () => {
  assert.equal(visibleText('a\u202eb\u0000c\u200dd\r\ne\tf'), 'a[U+202E]b[U+0000]c[U+200D]d\ne[U+0009]f')
  assert.equal(
    visibleText('می\u200cخواهم\u200c \u202ea\u200cb क्\u200dष'),
    'می\u200cخواهم[U+200C] [U+202E]a[U+200C]b क्\u200dष',
  )
  assert.equal(visibleText('Zoë Ångström 漢字 🙂 “x” – y'), 'Zoë Ångström 漢字 🙂 “x” – y')
})
