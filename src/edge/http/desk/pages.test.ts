import assert from 'node:assert/strict'
import test from 'node:test'
import {
  BLOCK,
  CASE,
  DESK_NOW_MS,
  RECEIPT,
  TOKEN,
  type DeskInMemory,
  deskInMemory,
} from '../../../../test/desk-in-memory.ts'
import type { CaseView } from '#core/redress/case-view.ts'
import type { Claim } from '#core/redress/claim.ts'
import { BLOCK_CATEGORIES, type Refused } from '#core/redress/desk.ts'
import { noHttpFigures } from '#edge/http/figures.ts'
import type { DeskPagesParts } from './parts.ts'
import { PAGES_PER_CLIENT, createDeskPages } from './pages.ts'
import { STYLE_PATH } from './style.ts'
import { WAIT_MS } from './ticket.ts'

const PUBLIC = 'https://redress.northwire.example'
const JSON_TYPE = { 'content-type': 'application/json' }
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' }
const OTHER = '-_x9'.repeat(16)

const GOOD_FORM = {
  once: 'onceOfAForm_0123456789',
  purpose: 'We remind patients of their appointments.',
  changed: '',
  acts: 'for-itself',
  name: 'Ann Example',
  email: 'ann@clinic.example.com',
}

const GOOD_CLAIM = {
  receipts: [RECEIPT],
  claimant: { name: 'Ann Example', email: 'ann@clinic.example.com' },
  purpose: 'We remind patients of their appointments.',
}

/** Of a message, where that of the case is `TOKEN`. */
const OTHER_KEY = 'linkOfMail_0123456789A'

function openPages(changes: Partial<DeskPagesParts> = {}, desk: DeskInMemory = deskInMemory()) {
  const figures = noHttpFigures()
  const clock = { ms: DESK_NOW_MS }
  const app = createDeskPages({
    desk,
    explain: undefined,
    card: (request) => new Response(`card of ${new URL(request.url).pathname}`),
    operator: {
      name: 'Northwire',
      contact: { tel: '+18005550142', email: 'unblock@northwire.example' },
      promise: { statusWithinHours: 24 },
      timeZone: 'UTC',
      isTransparent: true,
    },
    publicUrl: PUBLIC,
    country: 'US',
    evidenceBytesMax: 1_000_000,
    secret: new Uint8Array(32).fill(5),
    isProxy: () => false,
    figures,
    // Every request in a second of its own, so that no test meets the rate unless it wants to.
    now: () => (clock.ms += 1_000),
    alarm: (cause) => assert.fail(String(cause)),
    ...changes,
  })
  desk.views.set(TOKEN, CASE)
  const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    app.request(path, { method: 'POST', body: new URLSearchParams(fields), headers: { ...FORM_TYPE, ...headers } })
  const postJson = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    app.request(path, { method: 'POST', body: JSON.stringify(body), headers: { ...JSON_TYPE, ...headers } })
  return { app, desk, figures, clock, post, postJson }
}

test('the page of a receipt says what was blocked, what causes it and what to fix, and only then has the form', async () => {
  const { app } = openPages()
  const response = await app.request(`/r/${RECEIPT}`)
  assert.equal(response.status, 200)
  const page = await response.text()
  const order = [
    '+1 212 555 0117',
    '+1 415 xxx xxxx',
    '22 November 2026, 11:00 UTC',
    'hundreds of calls',
    'What usually causes it',
    'What to do first',
    '<form',
    'What are these calls for?',
  ]
  const places = order.map((words) => page.indexOf(words))
  assert.ok(
    places.every((place) => place > 0),
    JSON.stringify(places),
  )
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  )
  assert.equal(response.headers.get('cache-control'), 'no-store')
})

test('each kind of block has words of its own', async () => {
  const desk = deskInMemory()
  const { app } = openPages({}, desk)
  const titles = new Set<string>()
  for (const category of BLOCK_CATEGORIES) {
    desk.blocks.set(RECEIPT, { ...BLOCK, category, grounds: '' })
    const page = await (await app.request(`/r/${RECEIPT}`)).text()
    titles.add(/<h1>(.*)<\/h1>/.exec(page)![1]!)
    const told = page.slice(page.indexOf('<h1>'), page.indexOf('Contest this block'))
    const isOfBehaviour = /pattern|behave|in a short time|not answered|old list/.test(told)
    assert.equal(isOfBehaviour, category === 'analytics', `${category}: what calls did is the cause of one kind alone`)
    assert.doesNotMatch(told, /\bscore|\blimit\b|\.csv/)
    const json = await app.request(`/r/${RECEIPT}`, { headers: { accept: 'application/json' } })
    assert.equal(((await json.json()) as { block: { category: string } }).block.category, category)
  }
  assert.equal(titles.size, BLOCK_CATEGORIES.length)
})

test('a forged, an unknown and an expired receipt look the same, and still can be contested', async () => {
  const { app } = openPages()
  const seen = new Set<string>()
  const references = [OTHER, 'A'.repeat(64), 'short', `${RECEIPT}x`, '%00', 'x'.repeat(5_000)]
  for (const reference of references) {
    const response = await app.request(`/r/${reference}`)
    const page = (await response.text()).replace(/(name="once" value=")[^"]{22}"/, '$1"')
    seen.add(JSON.stringify([response.status, Object.fromEntries(response.headers), page]))
  }
  assert.equal(seen.size, 1)
  assert.match([...seen][0]!, /^\[404/)
  assert.match([...seen][0]!, /name=\\"calling\\".*name=\\"called\\"/)
  for (const reference of references) {
    const response = await app.request(`/r/${reference}`, { headers: { accept: 'application/json' } })
    seen.add(`${response.status} ${await response.text()}`)
  }
  assert.equal(seen.size, 2)
  const known = await app.request(`/r/${RECEIPT}`)
  assert.equal(known.status, 200)
})

test('wrong, used up and misshapen links of cases and messages are one and the same page', async () => {
  const { app, post } = openPages()
  const seen = new Set<string>()
  for (const token of ['unknownUnknownUnknown0', 'short', 'x'.repeat(300), '%0d%0a']) {
    for (const path of [`/c/${token}`, `/c/${token}/filed`, `/c/${token}/blocked`]) {
      const response = await app.request(path)
      seen.add(`${response.status} ${await response.text()}`)
    }
    for (const [path, fields] of [
      [`/c/${token}/answer`, { answer: 'x' }],
      [`/c/${token}/withdraw`, {}],
      [`/confirm/${token}`, {}],
    ] as const) {
      const response = await post(path, { ...fields })
      seen.add(`${response.status} ${await response.text()}`)
    }
  }
  assert.equal(seen.size, 1)
  assert.match([...seen][0]!, /^404/)
})

test('contesting a receipt files one case, sends on, and says what happens now', async () => {
  const { app, desk, post, figures } = openPages()
  const response = await post(`/r/${RECEIPT}`, GOOD_FORM)
  assert.equal(response.status, 303)
  const location = response.headers.get('location')!
  assert.match(location, /^\/c\/[\w-]{22}\/filed$/)
  const filed = desk.filed[0]!.what as Claim
  assert.deepEqual(filed, {
    receipts: [RECEIPT],
    numbers: [],
    calls: [],
    claimant: {
      name: 'Ann Example',
      email: 'ann@clinic.example.com',
      organisation: undefined,
      tel: undefined,
      acts: 'for-itself',
    },
    purpose: GOOD_FORM.purpose,
    changed: '',
    webhook: undefined,
  })
  const page = await (await app.request(location)).text()
  assert.match(page, /confirm your e-mail address/)
  assert.match(page, /within 24 hours/)
  assert.equal(figures.claims, 1)
})

test('a double click and a reload file once; another text files anew', async () => {
  const { desk, post } = openPages()
  const first = await post('/contest', { ...GOOD_FORM, calling: '212 555 0117' })
  const again = await post('/contest', { ...GOOD_FORM, calling: '212 555 0117' })
  assert.equal(again.headers.get('location'), first.headers.get('location'))
  assert.equal(desk.filed.length, 1)
  const other = await post('/contest', { ...GOOD_FORM, calling: '212 555 0118' })
  assert.notEqual(other.headers.get('location'), first.headers.get('location'))
  assert.equal(desk.filed.length, 2)
})

test('without a receipt: number, called number, day and time with their zone', async () => {
  const { desk, post } = openPages()
  const response = await post('/contest', {
    ...GOOD_FORM,
    calling: '(212) 555-0117',
    called: '415-555-0163',
    day: '2026-11-21',
    time: '09:30',
    zone: 'America/New_York',
    acts: 'for-a-customer',
  })
  assert.equal(response.status, 303)
  const { calls, claimant } = desk.filed[0]!.what as Claim
  assert.deepEqual(calls, [{ calling: '+12125550117', called: '+14155550163', at: Date.UTC(2026, 10, 21, 14, 30) }])
  assert.equal(claimant.acts, 'for-a-customer')
})

test('many receipts and numbers go into one case, pasted and from a file, with a word for each line that is none', async () => {
  const { app, desk } = openPages()
  const send = (fields: Record<string, string>, file?: string) => {
    const body = new FormData()
    for (const [name, value] of Object.entries({ ...GOOD_FORM, ...fields })) body.set(name, value)
    if (file !== undefined) body.set('file', new File([file], 'numbers.csv', { type: 'text/csv' }))
    return app.request('/contest', { method: 'POST', body })
  }
  const file = `\ufeffnumber,called,time\r\n"'+1 212 555 0118",+14155550163,2026-11-20 08:00\r\n+12125550119\r\n`
  const good = await send({ more: `${RECEIPT}\n${PUBLIC}/r/${OTHER}\n+12125550119` }, file)
  assert.equal(good.status, 303, await good.text())
  const { receipts, numbers, calls } = desk.filed[0]!.what as Claim
  assert.deepEqual(receipts, [RECEIPT, OTHER])
  assert.deepEqual(numbers, ['+12125550119'])
  assert.deepEqual(calls, [{ calling: '+12125550118', called: '+14155550163', at: Date.UTC(2026, 10, 20, 8) }])

  const bad = await send({ more: '+12125550117\nnonsense' }, '+12125550118\n+12125550119,+14155550163')
  assert.equal(bad.status, 422)
  const page = await bad.text()
  assert.match(page, /2 of 4 lines cannot be read/)
  assert.match(page, /<td class="figure">2<\/td>\s*<td class="code">nonsense<\/td>/)
  assert.match(page, /<td class="figure">4<\/td>[^]*The time of the call is missing/)
  assert.ok(
    page.includes('+12125550117\nnonsense\n+12125550118\n+12125550119,+14155550163</textarea>'),
    'the file is kept',
  )
  assert.equal(desk.filed.length, 1)
  const left = await send({ once: 'anotherForm_0123456789', more: '+12125550117\nnonsense', leave: 'yes' })
  assert.equal(left.status, 303)
  assert.deepEqual((desk.filed[1]!.what as Claim).numbers, ['+12125550117'])
  assert.equal((await send({ more: '' }, '\0\u0001binary')).status, 422)
})

test('what is wrong in a form is said at its top and at its field, and everything typed is still there', async () => {
  const { desk, post } = openPages()
  const typed = {
    once: GOOD_FORM.once,
    calling: 'abc "x"',
    purpose: '\n</textarea><script>alert(1)</script>',
    name: '',
    email: 'no address',
    organisation: 'Ann & Sons',
  }
  const response = await post('/contest', typed)
  assert.equal(response.status, 422)
  const page = await response.text()
  for (const field of ['calling', 'name', 'email']) {
    assert.match(page, new RegExp(`<a href="#${field}">`))
    assert.match(page, new RegExp(`id="${field}"[^>]*aria-describedby="[^"]*${field}-fault"[^>]*aria-invalid="true"`))
    assert.match(page, new RegExp(`id="${field}-fault"`))
  }
  assert.doesNotMatch(page, /href="#purpose"/)
  assert.ok(page.includes('value="abc &quot;x&quot;"'))
  assert.ok(
    page.includes('>\n\n&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;</textarea>'),
    page.slice(page.indexOf('<textarea id="purpose"')).slice(0, 400),
  )
  assert.ok(page.includes('value="Ann &amp; Sons"'))
  assert.ok(page.includes(`name="once" value="${GOOD_FORM.once}"`))
  assert.match(page, /<title>Not sent yet: /)
  assert.equal(desk.filed.length, 0)
})

const REFUSALS: readonly (readonly [
  refused: Refused,
  status: number,
  retryAfter: string | undefined,
  words: RegExp,
])[] = [
  [{ kind: 'limited', of: 'address', retryAfterMs: 60_001 }, 429, '61', /too many requests[^]*in 2 minutes/],
  [{ kind: 'limited', of: 'number', retryAfterMs: 1 }, 429, '1', /about this number/],
  [{ kind: 'full', retryAfterMs: 1_800_000 }, 503, '1800', /queue is full[^]*in 30 minutes/],
  [{ kind: 'unsaved', retryAfterMs: 120_000 }, 503, '120', /Nothing was saved[^]*in 2 minutes/],
  [
    { kind: 'refused', field: 'claimant.email', problem: 'expected another address' },
    422,
    undefined,
    /href="#email">Expected another address\./,
  ],
]

test('what the desk does not save comes back as it was typed, with when to try again', async () => {
  for (const [refused, status, retryAfter, words] of REFUSALS) {
    const desk = deskInMemory()
    const { post, postJson } = openPages({}, desk)
    desk.refuse = refused
    for (const [path, more] of [
      [`/r/${RECEIPT}`, {}],
      ['/contest', { calling: '+12125550117' }],
      ['/subscriber', { wants: 'opt-out', number: '+14155550163' }],
    ] as const) {
      const response = await post(path, { ...GOOD_FORM, ...more })
      assert.equal(response.status, status, `${refused.kind} ${path}`)
      assert.equal(response.headers.get('retry-after') ?? undefined, retryAfter)
      const page = await response.text()
      assert.match(page, words)
      assert.ok(page.includes('value="Ann Example"') && page.includes('value="ann@clinic.example.com"'))
      if (path !== '/subscriber') assert.ok(page.includes(`>${GOOD_FORM.purpose}</textarea>`))
    }
    const answer = await post(`/c/${TOKEN}/withdraw`, { withdrawal: 'my words' })
    assert.equal(answer.status, status)
    assert.ok((await answer.text()).includes('>my words</textarea>'))
    const machine = await postJson('/v1/claims', GOOD_CLAIM)
    assert.equal(machine.status, status === 422 ? 400 : status)
    assert.equal(machine.headers.get('content-type'), 'application/problem+json')
    assert.equal(desk.filed.length + desk.told.length, 0)
  }
  assert.equal(REFUSALS.length, 5)
})

test('a portal’s token that was used already is told where the wish is chosen, for nobody sees a token', async () => {
  const desk = deskInMemory()
  const { post } = openPages({}, desk)
  desk.refuse = { kind: 'refused', field: 'token', problem: 'what the portal gave was used already' }
  const response = await post('/subscriber', { ...GOOD_FORM, wants: 'opt-out', number: '+14155550163', token: 'used' })
  assert.equal(response.status, 422)
  assert.match(await response.text(), /href="#wants">What the portal gave was used already\./)
})

test('where a puzzle is asked for, a person waits instead, and a machine is told the puzzle', async () => {
  const desk = deskInMemory()
  const { clock, post, postJson } = openPages({}, desk)
  desk.refuse = { kind: 'work', puzzle: 'abc', bits: 18 }
  const asked = await post(`/r/${RECEIPT}`, GOOD_FORM)
  assert.equal(asked.status, 429)
  const page = await asked.text()
  assert.match(page, /Please wait 30 seconds/)
  assert.ok(page.includes(`>${GOOD_FORM.purpose}</textarea>`))
  const ticket = /name="ticket" value="([^"]+)"/.exec(page)![1]!
  const early = await post(`/r/${RECEIPT}`, { ...GOOD_FORM, ticket })
  assert.equal(early.status, 429)
  assert.equal(/name="ticket" value="([^"]+)"/.exec(await early.text())![1], ticket, 'who is early waits on, not anew')
  assert.equal(desk.filed.length, 0)
  clock.ms += 2 * WAIT_MS
  const forged = await post(`/r/${RECEIPT}`, {
    ...GOOD_FORM,
    ticket: ticket.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
  })
  assert.equal(forged.status, 429)
  assert.equal((await post(`/r/${RECEIPT}`, { ...GOOD_FORM, ticket })).status, 303)
  assert.equal(desk.filed[0]!.from.waited, true)
  const twice = await post(`/r/${RECEIPT}`, { ...GOOD_FORM, once: 'anotherForm_0123456789', ticket })
  assert.equal(twice.status, 429)

  const machine = await postJson('/v1/claims', GOOD_CLAIM)
  assert.equal(machine.status, 428)
  assert.equal(machine.headers.get('recourse-puzzle'), '18 abc')
  desk.refuse = undefined
  await postJson('/v1/claims', GOOD_CLAIM, { 'recourse-work': '12345' })
  assert.equal(desk.filed.at(-1)!.from.work, '12345')
})

test('a form of another site is refused, one of ours and one without a browser are taken', async () => {
  const { desk, post } = openPages()
  const fields = { ...GOOD_FORM, calling: '+12125550117' }
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `${PUBLIC}.evil.example` },
    { 'sec-fetch-site': 'cross-site' },
    { origin: PUBLIC, 'sec-fetch-site': 'same-site' },
  ] as Record<string, string>[]) {
    for (const path of [
      '/contest',
      `/r/${RECEIPT}`,
      '/subscriber',
      `/confirm/${TOKEN}`,
      `/c/${TOKEN}/withdraw`,
      `/c/${TOKEN}/evidence`,
    ]) {
      const response = await post(path, fields, headers)
      assert.equal(response.status, 403, `${path} ${JSON.stringify(headers)}`)
    }
    const machine = await post(`/v1/claims/${TOKEN}/evidence`, fields, headers)
    assert.equal(machine.status, 403)
  }
  assert.deepEqual(desk.asked, [])
  assert.equal((await post('/contest', fields, { origin: PUBLIC, 'sec-fetch-site': 'same-origin' })).status, 303)
  assert.equal((await post('/contest', fields)).status, 303)
})

test('opening the link of a message confirms nothing; its button does', async () => {
  const { app, desk, post } = openPages()
  const first = await app.request(`/confirm/${TOKEN}`)
  assert.equal(first.status, 200)
  assert.match(await first.text(), new RegExp(`<form method="post" action="/confirm/${TOKEN}">`))
  await app.request(`/confirm/${TOKEN}`, { method: 'HEAD' })
  assert.deepEqual(desk.asked, [])
  const response = await post(`/confirm/${TOKEN}`, {})
  assert.equal(response.headers.get('location'), `/c/${TOKEN}/filed`)
  assert.deepEqual(desk.asked, ['confirm'])
})

test('a link that confirmed already says so, and leads to the case by its button alone', async () => {
  const { app, desk, post } = openPages()
  desk.confirm = (token) => {
    const confirmed = token === OTHER_KEY
    desk.isConfirmed = (again) => Promise.resolve(confirmed && again === OTHER_KEY)
    return Promise.resolve(confirmed ? { kind: 'confirmed', token: TOKEN } : { kind: 'unknown' })
  }
  assert.match(await (await app.request(`/confirm/${OTHER_KEY}`)).text(), /Yes, this is my address/)
  assert.equal((await post(`/confirm/${OTHER_KEY}`, {})).headers.get('location'), `/c/${TOKEN}/filed`)
  const again = await app.request(`/confirm/${OTHER_KEY}`)
  assert.equal(again.status, 200)
  assert.equal(again.headers.get('cache-control'), 'no-store')
  const words = await again.text()
  assert.match(words, /<h1>Your e-mail address is confirmed<\/h1>/)
  assert.match(words, /See how your case stands/)
  assert.doesNotMatch(words, /Yes, this is my address/)
  assert.ok(!words.includes(TOKEN), 'who opens links for others does not learn the private one')
  assert.equal((await post(`/confirm/${OTHER_KEY}`, {})).headers.get('location'), `/c/${TOKEN}`)
  assert.match(await (await app.request(`/confirm/${'B'.repeat(22)}`)).text(), /Yes, this is my address/)
})

test('the page of a case offers what may be done, and does it', async () => {
  const desk = deskInMemory()
  const { app, post } = openPages({}, desk)
  const open: CaseView = {
    ...CASE,
    status: 'waiting-for-claimant',
    question: 'Since when?',
    may: ['answer', 'withdraw', 'add-evidence', 'prove', 'reopen'],
  }
  desk.views.set(TOKEN, open)
  const page = await (await app.request(`/c/${TOKEN}`)).text()
  for (const action of ['answer', 'withdraw', 'evidence', 'prove', 'reopen'])
    assert.ok(page.includes(`action="/c/${TOKEN}/${action}"`), action)
  assert.match(page, /Since when\?/)

  assert.equal((await post(`/c/${TOKEN}/answer`, { answer: ' Since May. ' })).headers.get('location'), `/c/${TOKEN}`)
  assert.equal((await post(`/c/${TOKEN}/reopen`, { reason: 'new papers' })).status, 303)
  assert.equal((await post(`/c/${TOKEN}/withdraw`, {})).status, 303)
  assert.equal((await post(`/c/${TOKEN}/prove`, { number: '+12125550117' })).status, 303)
  const body = new FormData()
  body.set('file', new File(['%PDF-'], 'letter.pdf', { type: 'application/pdf' }))
  assert.equal((await app.request(`/c/${TOKEN}/evidence`, { method: 'POST', body })).status, 303)
  assert.deepEqual(
    desk.told.map(({ what, text }) => [what, text]),
    [
      ['answer', 'Since May.'],
      ['reopen', 'new papers'],
      ['withdraw', ''],
      ['challenge', '+12125550117'],
      ['evidence', 'letter.pdf'],
    ],
  )
  const after = await (await app.request(`/c/${TOKEN}`)).text()
  assert.match(after, /\+1 800 555 0199/)
  assert.match(after, /12:30 UTC/)
  assert.match(after, /letter\.pdf/)
  for (const [action, words] of [
    ['answer', /Write your answer/],
    ['reopen', /Tell us what is new/],
    ['prove', /Choose a number/],
    ['evidence', /Choose a file/],
  ] as const) {
    const empty = await post(`/c/${TOKEN}/${action}`, {})
    assert.equal(empty.status, 422)
    assert.match(await empty.text(), words)
  }
  desk.views.set(TOKEN, { ...CASE, may: [] })
  const closed = await (await app.request(`/c/${TOKEN}`)).text()
  assert.doesNotMatch(closed, /<form/)
})

test('every way that a case can stand has its page', async () => {
  const desk = deskInMemory()
  const { app } = openPages({}, desk)
  const reason = 'Your calls are wanted.'
  const decisions: CaseView['decision'][] = [
    undefined,
    {
      outcome: 'lift',
      reason,
      lifts: [
        { scope: { kind: 'number', number: '+12125550117' }, until: DESK_NOW_MS, attestation: 'A', rule: undefined },
      ],
    },
    {
      outcome: 'partly',
      reason,
      next: 'Sign them.',
      lifts: [
        { scope: { kind: 'block', prefix: '+1212555' }, until: undefined, attestation: undefined, rule: undefined },
        {
          scope: { kind: 'range', first: '+12125550100', last: '+12125550199' },
          until: undefined,
          attestation: undefined,
          rule: undefined,
        },
      ],
    },
    { outcome: 'uphold', reason, evidence: ['most calls were over at once'], next: 'Send a letter.' },
    { outcome: 'grant', reason },
  ]
  const statuses = [
    'unconfirmed',
    'open',
    'waiting-for-claimant',
    'lifted',
    'verified',
    'regressed',
    'partly-lifted',
    'upheld',
    'granted',
    'withdrawn',
    'expired',
  ] as const
  for (const status of statuses) {
    for (const decision of decisions) {
      desk.views.set(TOKEN, {
        ...CASE,
        status,
        decision,
        due: { at: DESK_NOW_MS, what: 'decision', isOverdue: status === 'open' },
      })
      const response = await app.request(`/c/${TOKEN}`)
      assert.equal(response.status, 200)
      const page = await response.text()
      if (decision !== undefined) assert.ok(page.includes(reason))
      assert.equal(page.includes('We are late'), status === 'open')
      assert.doesNotMatch(page, /undefined|\[object/)
    }
  }
  assert.ok(statuses.length * decisions.length === 55)
  desk.views.set(TOKEN, {
    ...CASE,
    status: 'waiting-for-claimant',
    question: 'Who?',
    due: { at: DESK_NOW_MS, what: 'answer', isOverdue: true },
  })
  const asked = await (await app.request(`/c/${TOKEN}`)).text()
  assert.match(asked, /Your answer was due by/)
  assert.doesNotMatch(asked, /We are late/, 'it is not we who are late then')
})

test('who has not found the first message has it sent again, by a button of the page or by a machine', async () => {
  const desk = deskInMemory()
  const { app } = openPages({}, desk)
  desk.views.set(TOKEN, { ...CASE, status: 'unconfirmed', may: ['withdraw', 'resend'] })
  for (const path of [`/c/${TOKEN}`, `/c/${TOKEN}/filed`]) {
    const page = await (await app.request(path)).text()
    assert.match(page, new RegExp(`action="/c/${TOKEN}/resend"[^]*Send the message again`), path)
  }
  const sent = await app.request(`/c/${TOKEN}/resend`, { method: 'POST', body: new URLSearchParams({}) })
  assert.deepEqual([sent.status, sent.headers.get('location')], [303, `/c/${TOKEN}/filed`])
  const read = async () => (await app.request(`/c/${TOKEN}`, { headers: { accept: 'application/json' } })).json()
  const { href } = ((await read()) as { links: { confirmation: { href: string } } }).links.confirmation
  const headers = { 'content-type': 'application/json' }
  const posted = await app.request(new URL(href).pathname, { method: 'POST', headers, body: '{}' })
  assert.equal(posted.status, 200, await posted.text())
  assert.deepEqual(
    desk.told.map(({ what }) => what),
    ['resend', 'resend'],
  )
  desk.views.set(TOKEN, CASE)
  assert.doesNotMatch(await (await app.request(`/c/${TOKEN}`)).text(), /Send the message again/)
})

test('a case whose lift was taken back says at its top that calls are blocked again, on the page and as data', async () => {
  const desk = deskInMemory()
  const { app } = openPages({}, desk)
  const ask = async (takenBack: CaseView['takenBack'], accept: string): Promise<string> => {
    desk.views.set(TOKEN, { ...CASE, takenBack, next: 'Since noon your calls can be blocked again.' })
    return (await app.request(`/c/${TOKEN}`, { headers: { accept } })).text()
  }
  const lift = { at: DESK_NOW_MS, what: 'lift' } as const
  const title = /<title>We took the lift back: calls can be blocked again/
  const page = await ask(lift, 'text/html')
  assert.match(page, title)
  assert.match(page, /<h1>We took the lift back/)
  assert.match(page, /Since noon your calls can be blocked again\./)
  assert.deepEqual(JSON.parse(await ask(lift, 'application/json')).case.takenBack, {
    at: new Date(DESK_NOW_MS).toISOString(),
    what: 'lift',
  })
  assert.doesNotMatch(await ask({ at: DESK_NOW_MS, what: 'uphold' }, 'text/html'), title)
  assert.doesNotMatch(await ask(undefined, 'text/html'), title)
  assert.equal('takenBack' in JSON.parse(await ask(undefined, 'application/json')).case, false)
})

test('a subscriber asks for himself, and reads his list as a page and as a file that no spreadsheet runs', async () => {
  const desk = deskInMemory()
  const { app, post } = openPages({}, desk)
  const link = '/subscriber?token=from-the-portal&wants=block&number=%2B14155550163&caller=%22withheld'
  const form = await (await app.request(link)).text()
  assert.ok(form.includes('name="token" value="from-the-portal"'))
  assert.match(form, /name="wants" value="block" checked/, 'what the token is good for stands in the form')
  assert.match(form, /name="number"[^>]* value="\+14155550163"/)
  assert.match(form, /name="caller"[^>]* value="&quot;withheld"/)
  assert.doesNotMatch(await (await app.request('/subscriber')).text(), /checked|name="token"/)
  assert.equal(
    (
      await post('/subscriber', {
        ...GOOD_FORM,
        wants: 'block',
        number: '415 555 0163',
        caller: 'withheld',
        token: 'from-the-portal',
      })
    ).status,
    303,
  )
  assert.deepEqual(desk.filed[0]!.what, {
    wants: 'block',
    number: '+14155550163',
    caller: 'withheld',
    name: 'Ann Example',
    email: 'ann@clinic.example.com',
    token: 'from-the-portal',
  })
  const missing = await post('/subscriber', { wants: 'unblock', number: '1', name: '', email: '' })
  assert.equal(missing.status, 422)
  const page = await missing.text()
  for (const field of ['number', 'caller', 'name', 'email']) assert.match(page, new RegExp(`href="#${field}"`))
  assert.equal((await post('/subscriber', { ...GOOD_FORM, number: '415 555 0163' })).status, 422, 'nothing chosen')

  desk.views.set(TOKEN, { ...CASE, status: 'granted' })
  assert.ok(!(await (await app.request(`/c/${TOKEN}`)).text()).includes('/blocked'))
  desk.lists.set(TOKEN, [{ at: DESK_NOW_MS, calling: '+12125550117', program: '=HYPERLINK("x")' }])
  assert.ok((await (await app.request(`/c/${TOKEN}`)).text()).includes(`/c/${TOKEN}/blocked`))
  assert.match(await (await app.request(`/c/${TOKEN}/blocked`)).text(), /\+1 212 555 0117/)
  const csv = await app.request(`/c/${TOKEN}/blocked.csv`)
  assert.match(csv.headers.get('content-disposition')!, /^attachment/)
  assert.equal(
    await csv.text(),
    `"time","calling","program"\r\n"2026-11-22T12:00:00.000Z","'+12125550117","'=HYPERLINK(""x"")"\r\n`,
  )
})

test('figures are published where the operator wants it, and a share of few is none', async () => {
  const desk = deskInMemory()
  const { app } = openPages({}, desk)
  assert.equal((await app.request('/transparency')).status, 404)
  const month = {
    month: '2026-10',
    received: 120,
    firstStatusMedianMs: 7_200_000,
    decisionMedianMs: undefined,
    lifted: 75,
    upheld: 25,
    regressed: 2,
  }
  desk.months.push(month, { ...month, month: '2026-11', lifted: 3, upheld: 1 })
  const page = await (await app.request('/transparency')).text()
  assert.match(page, /75 \(75 %\)/)
  assert.doesNotMatch(page, /3 \(75 %\)/)
  const json = (await (await app.request('/transparency', { headers: { accept: 'application/json' } })).json()) as {
    months: unknown[]
  }
  assert.deepEqual(json.months[0], {
    month: '2026-10',
    received: 120,
    firstStatusMedianMs: 7_200_000,
    lifted: 75,
    upheld: 25,
    regressed: 2,
  })
})

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' autofocus onfocus=alert(1) x='",
  '</textarea></title><svg/onload=alert(1)>',
  'javascript:alert(1)',
  '\u202egpj.exe',
  '\u2066hidden\u2069',
  'zero\u200bwidth\ufeff',
  '\u001b]0;owned\u0007\u001b[2J',
  'a\u0000b',
  'tag\u{e0041}',
  '&lt;b&gt;&amp;',
  '${7*7}{{7*7}}',
]

test('hostile strings in every field that is shown are inert, and what is hidden in them is visible', async () => {
  let looked = 0
  for (const hostile of HOSTILE) {
    const desk = deskInMemory()
    desk.blocks.set(RECEIPT, { ...BLOCK, calling: hostile, called: hostile, grounds: hostile })
    const file = { id: 'x', name: hostile, type: hostile, octets: 1, hash: hostile }
    const lift = {
      scope: { kind: 'block', prefix: hostile },
      until: undefined,
      attestation: undefined,
      rule: hostile,
    } as const
    const base: CaseView = {
      ...CASE,
      id: hostile,
      next: hostile,
      numbers: [hostile, `${hostile}2`],
      receipts: [hostile],
      question: hostile,
      events: [{ at: 0, words: hostile }],
      evidence: [file],
      proofs: [{ number: hostile, way: 'call', at: 0, detail: hostile, strength: 'full' }],
      challenges: [{ number: hostile, dial: hostile, from: 0, until: 0 }],
      may: ['answer', 'add-evidence', 'prove', 'withdraw', 'reopen'],
    }
    const operator = {
      name: hostile,
      contact: { tel: hostile, email: hostile },
      promise: { statusWithinHours: 24 },
      timeZone: 'UTC',
      isTransparent: true,
    }
    const { app, post } = openPages({ operator }, desk)
    desk.lists.set(TOKEN, [{ at: 0, calling: hostile, program: hostile }])
    desk.months.push({
      month: hostile,
      received: 1,
      firstStatusMedianMs: 1,
      decisionMedianMs: 1,
      lifted: 1,
      upheld: 1,
      regressed: 1,
    })
    const pages: string[] = []
    const decisions: CaseView['decision'][] = [
      { outcome: 'partly', lifts: [lift], reason: hostile, next: hostile },
      { outcome: 'uphold', reason: hostile, evidence: [hostile], next: hostile },
    ]
    for (const decision of decisions) {
      desk.views.set(TOKEN, { ...base, decision })
      pages.push(await (await app.request(`/c/${TOKEN}`)).text())
    }
    for (const path of [
      '/',
      '/contact',
      '/transparency',
      `/r/${RECEIPT}`,
      `/c/${TOKEN}/filed`,
      `/c/${TOKEN}/blocked`,
      `/subscriber?token=${encodeURIComponent(hostile)}`,
    ]) {
      pages.push(await (await app.request(path)).text())
    }
    const typed = {
      once: hostile,
      ticket: hostile,
      calling: hostile,
      called: hostile,
      day: hostile,
      time: hostile,
      zone: hostile,
      more: hostile,
      purpose: hostile,
      changed: hostile,
      name: hostile,
      organisation: hostile,
      email: hostile,
      tel: hostile,
      wants: hostile,
      number: hostile,
      caller: hostile,
      token: hostile,
      acts: hostile,
      leave: hostile,
    }
    for (const path of ['/contest', `/r/${RECEIPT}`, '/subscriber']) pages.push(await (await post(path, typed)).text())
    for (const page of pages) {
      looked++
      assert.doesNotMatch(page, /<(?:script|img|svg|b)\b/i, hostile)
      assert.doesNotMatch(page, /<[^>"]*(?:"[^"]*"[^>"]*)*\son\w+=/i, hostile)
      assert.doesNotMatch(page, /(?:href|action|src)="\s*javascript:/i, hostile)
      // What somebody typed comes back to him as it was; everything else shows what is hidden.
      const shown = page.replaceAll(/<textarea[^>]*>[^]*?<\/textarea>|value="[^"]*"/g, '')
      assert.doesNotMatch(
        shown,
        /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|\u{e0041}/u,
        hostile,
      )
    }
    if (hostile.includes('\u202e')) assert.ok(pages[0]!.includes('[U+202E]gpj.exe'))
    if (hostile.includes('\u001b')) assert.ok(pages[0]!.includes('[U+001B]]0;owned[U+0007]'))
  }
  assert.ok(looked >= HOSTILE.length * 12, `${looked} pages`)
})

test('every answer forbids scripts, frames and guessing, and lets no private page be kept', async () => {
  const { app, post, postJson } = openPages()
  const answers: [string, Response][] = []
  for (const path of [
    '/',
    '/contest',
    '/contact',
    '/subscriber',
    '/transparency',
    `/r/${RECEIPT}`,
    `/r/${OTHER}`,
    `/c/${TOKEN}`,
    `/c/${TOKEN}/filed`,
    `/confirm/${TOKEN}`,
    '/nothing',
    '/v1/nothing',
    '/j/x',
    '/card.pem',
    '/openapi.json',
    '/.well-known/recourse',
    '/robots.txt',
    STYLE_PATH,
  ]) {
    answers.push([path, await app.request(path)])
  }
  answers.push(['303', await post('/contest', { ...GOOD_FORM, calling: '+12125550117' })])
  answers.push(['422', await post('/contest', {})], ['403', await post('/contest', {}, { origin: 'null' })])
  answers.push(
    ['405', await app.request('/contest', { method: 'DELETE' })],
    ['201', await postJson('/v1/claims', GOOD_CLAIM)],
  )
  answers.push([
    '415',
    await app.request('/contest', { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } }),
  ])
  for (const [what, { headers }] of answers) {
    const policy = headers.get('content-security-policy') ?? ''
    assert.match(
      policy,
      /^default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
      what,
    )
    assert.equal(headers.get('referrer-policy'), 'same-origin', what)
    assert.equal(headers.get('x-content-type-options'), 'nosniff', what)
    assert.equal(headers.get('strict-transport-security'), 'max-age=31536000', what)
    const mayBeKept = [
      '/',
      '/contact',
      '/transparency',
      '/openapi.json',
      '/card.pem',
      '/j/x',
      '/.well-known/recourse',
      '/robots.txt',
      STYLE_PATH,
    ]
    if (!mayBeKept.includes(what)) assert.equal(headers.get('cache-control'), 'no-store', what)
  }
  assert.equal(answers.length, 24)
  const page = await (await app.request('/')).text()
  assert.ok(page.includes(`<link rel="stylesheet" href="${STYLE_PATH}">`))
  assert.doesNotMatch(page, /<script|<style|style="/)
  assert.match((await app.request(STYLE_PATH)).headers.get('cache-control')!, /immutable/)
})

test('what is too large, of another type, twice or no UTF-8 is refused by a page that says what to do', async () => {
  const { app, desk, post } = openPages()
  const cases: [string, RequestInit, number][] = [
    ['/contest', { body: `purpose=${'x'.repeat(300_000)}`, headers: FORM_TYPE }, 413],
    ['/contest', { body: '{}', headers: JSON_TYPE }, 415],
    ['/contest', { body: 'name=a&name=b', headers: FORM_TYPE }, 400],
    ['/contest', { body: 'name=%ff', headers: FORM_TYPE }, 400],
    ['/contest', { body: Array.from({ length: 50 }, (_, n) => `f${n}=1`).join('&'), headers: FORM_TYPE }, 400],
    ['/contest', { body: 'x', headers: { 'content-type': 'multipart/form-data; boundary=y' } }, 400],
  ]
  for (const [path, init, status] of cases) {
    const response = await app.request(path, { method: 'POST', ...init })
    assert.equal(response.status, status)
    assert.match(response.headers.get('content-type')!, /^text\/html/)
    assert.match(await response.text(), /<h1>/)
  }
  const large = { body: new Uint8Array(1_100_000), headers: { 'content-type': 'multipart/form-data; boundary=y' } }
  assert.equal((await app.request(`/c/${TOKEN}/evidence`, { method: 'POST', ...large })).status, 413)
  for (const [field, most] of [
    ['purpose', 4_000],
    ['changed', 4_000],
    ['name', 200],
  ] as const) {
    const long = await post('/contest', { ...GOOD_FORM, calling: '+12125550117', [field]: 'x'.repeat(most + 1) })
    assert.equal(long.status, 422, field)
    assert.match(await long.text(), new RegExp(`href="#${field}"`))
  }
  const many = Array.from({ length: 1_001 }, (_, n) => `+1212555${String(1_000 + n)}`).join('\n')
  const over = await post('/contest', { ...GOOD_FORM, more: many })
  assert.equal(over.status, 422)
  assert.match(await over.text(), /up to 1000 lines/)
  assert.deepEqual(desk.filed, [])
})

test('one address gets so many pages a second, and is told when to come again', async () => {
  const { app, figures } = openPages({ now: () => DESK_NOW_MS })
  for (let count = 0; count < PAGES_PER_CLIENT; count++) assert.equal((await app.request('/')).status, 200)
  const response = await app.request('/')
  assert.equal(response.status, 429)
  assert.equal(response.headers.get('retry-after'), '1')
  assert.match(await response.text(), /Too many requests/)
  assert.equal(
    (await app.request('/v1/claims', { method: 'POST' })).headers.get('content-type'),
    'application/problem+json',
  )
  assert.equal((await app.request('/j/x')).status, 200, 'cards have a limit of their own')
  assert.equal(figures.pagesLimited, 2)
})

test('a fault of ours is told to us, and to people as a page', async () => {
  const alarms: unknown[] = []
  const desk = { ...deskInMemory(), status: () => Promise.reject(new Error('no disk')) }
  const { app } = openPages({ alarm: (cause) => alarms.push(cause) }, desk)
  const response = await app.request(`/c/${TOKEN}`)
  assert.equal(response.status, 500)
  assert.doesNotMatch(await response.text(), /no disk/)
  assert.equal(alarms.length, 1)
})

test('the page that reads SIP answers goes by its own policy, and the front page leads to it; without it neither does', async () => {
  const headers = { 'content-security-policy': "script-src 'sha256-x'" }
  const { app } = openPages({ explain: async () => new Response('reads', { headers }) })
  const page = await app.request('/explain')
  assert.equal(page.headers.get('content-security-policy'), "script-src 'sha256-x'")
  assert.equal(page.headers.get('x-frame-options'), 'DENY')
  assert.match(await (await app.request('/')).text(), /href="\/explain"/)
  const { app: bare } = openPages()
  assert.equal((await bare.request('/explain')).status, 404)
  assert.doesNotMatch(await (await bare.request('/')).text(), /explain/)
})
