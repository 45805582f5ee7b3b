import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { Message } from '#codec/sip/message.ts'
import { type ApiParts, apiDescription, createApi } from './api.ts'
import { HTTP_BODY_BYTES_MAX } from './body.ts'
import { noHttpFigures } from './figures.ts'
import type { Outcome } from './outcome.ts'
import { PROBLEMS, PROBLEM_URN } from './problem.ts'
import type { NotScreened, ScreenAnswer } from './screen-answer.ts'
import { TOKEN, Tokens } from './tokens.ts'

const TOKEN_A = 'a'.repeat(40)
const TOKEN_B = 'b'.repeat(40)
const CALL = { callId: 'one@switch.example', calling: '+12125550142', called: '+14155550163' }
const BLOCK: ScreenAnswer = {
  verdict: 'block',
  status: 603,
  phrase: 'Network Blocked',
  headers: [
    ['Reason', 'SIP;cause=603;text="v=analytics1;url=https://redress.northwire.example/r/x";location=RLN'],
    ['X-Verdict', 'no'],
  ],
  receipt: 'R'.repeat(64),
  reason: undefined,
}
const CONTINUE: ScreenAnswer = {
  verdict: 'continue',
  status: 404,
  phrase: 'Not Found',
  headers: [],
  receipt: undefined,
  reason: undefined,
}

/** An API in front of a switchboard that remembers what it was asked. */
function startApi(answer: (invite: Message) => Promise<ScreenAnswer | NotScreened> = () => Promise.resolve(BLOCK)) {
  const asked: { invite: string; peer: string; address: string }[] = []
  const outcomes: [Outcome, string][] = []
  const faults: unknown[] = []
  const figures = noHttpFigures()
  const tokens = new Tokens(
    new Map([
      [TOKEN_A, 'edge'],
      [TOKEN_B, 'pbx'],
    ]),
  )
  let nowMs = 1_000_000
  const parts: ApiParts = {
    peerOf: (authorization) => tokens.find(authorization),
    screen: (octets, peer, from) => {
      asked.push({ invite: Buffer.from(octets).toString(), peer, address: from.address })
      const message = new Message()
      message.read(octets)
      return answer(message)
    },
    noteOutcome: (outcome, peer) => {
      outcomes.push([outcome, peer])
      return outcome.answered
    },
    figures,
    clock: () => nowMs,
    alarm: (cause) => faults.push(cause),
  }
  const app = createApi(parts)
  const post = (path: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Response> =>
    Promise.resolve(
      app.request(path, {
        method: 'POST',
        body: body as BodyInit,
        headers: { authorization: `Bearer ${TOKEN_A}`, 'content-type': 'application/json', ...headers },
      }),
    )
  const screen = (body: unknown, headers?: Record<string, string>): Promise<Response> =>
    post('/v1/screen', JSON.stringify(body), headers)
  return { app, post, screen, asked, outcomes, faults, figures, pass: (ms: number) => (nowMs += ms) }
}

async function problemOf(response: Response): Promise<{ kind: string; pointer?: string; detail: string }> {
  assert.equal(response.headers.get('content-type'), 'application/problem+json')
  const body = (await response.json()) as {
    type: string
    title: string
    status: number
    detail: string
    pointer?: string
  }
  assert.equal(body.status, response.status)
  assert.ok(body.type.startsWith(PROBLEM_URN) && body.title.length > 0 && body.detail.length > 0)
  assert.ok(!/\bat .*\.ts|node_modules/.test(JSON.stringify(body)), 'no stack')
  return {
    kind: body.type.slice(PROBLEM_URN.length),
    detail: body.detail,
    ...(body.pointer !== undefined && { pointer: body.pointer }),
  }
}

test('a question about a call becomes an INVITE to the gate, and the verdict comes back ready to set', async () => {
  const { screen, asked, figures } = startApi()
  const response = await screen({
    ...CALL,
    branch: 'z9hG4bK1',
    displayName: 'Acme "Clinic"',
    pai: '+1 (212) 555-0118',
    identity: ['eyJ.e30.x;info=<https://c.example/a.pem>'],
    trunk: 'north-1',
    verstat: 'TN-Validation-Passed-A',
    attestation: 'A',
    userAgent: 'PBX 1',
    sourceAddress: '198.51.100.7',
    fields: ['Diversion: <tel:+12125550100>', 'Feature-Caps: *;+sip.608'],
  })
  assert.equal(response.status, 200)
  assert.deepEqual(await response.json(), {
    verdict: 'block',
    status: 603,
    phrase: 'Network Blocked',
    headers: BLOCK.headers.map((field) => field.join(': ')),
    receipt: BLOCK.receipt,
    recorded: true,
  })
  const [question] = asked
  assert.equal(question?.peer, 'edge')
  const lines = question.invite.split('\r\n')
  assert.deepEqual(lines.slice(0, 7), [
    'INVITE sip:+14155550163@http.invalid SIP/2.0',
    'Via: SIP/2.0/TCP http.invalid;branch=z9hG4bK-http-z9hG4bK1;rport',
    'Max-Forwards: 70',
    'From: "Acme \\"Clinic\\"" <sip:+12125550142@http.invalid;otg=north-1>;tag=http',
    'To: <sip:+14155550163@http.invalid>',
    'Call-ID: one@switch.example',
    'CSeq: 1 INVITE',
  ])
  assert.ok(lines.includes('P-Asserted-Identity: <sip:+12125550118;verstat=TN-Validation-Passed-A@http.invalid>'))
  for (const line of [
    'P-Source-Device: 198.51.100.7',
    'User-Agent: PBX 1',
    'P-Attestation-Indicator: A',
    'Diversion: <tel:+12125550100>',
  ])
    assert.ok(lines.includes(line), line)
  assert.equal(figures.screens, 1)
})

test('URIs, withheld numbers and emergency services go to the gate as they are', async () => {
  const { screen, asked } = startApi()
  const cases: [calling: string, called: string, from: string, uri: string][] = [
    ['anonymous', '911', '<sip:anonymous@anonymous.invalid>', 'sip:911@http.invalid'],
    [
      'sip:+12125550142@origin.example;user=phone',
      'tel:+14155550163',
      '<sip:+12125550142@origin.example;user=phone>',
      'tel:+14155550163',
    ],
    ['*67#', 'urn:service:sos', '<sip:*67%23@http.invalid>', 'urn:service:sos'],
  ]
  for (const [index, [calling, called, from, uri]] of cases.entries()) {
    assert.equal((await screen({ callId: `c${index}`, calling, called })).status, 200)
    const { invite } = asked.at(-1)!
    assert.ok(invite.startsWith(`INVITE ${uri} SIP/2.0\r\n`), invite)
    assert.ok(invite.includes(`From: ${from};tag=http\r\n`), invite)
  }
})

test('a form and the INVITE itself ask the same question', async () => {
  const { post, asked } = startApi()
  const form = 'application/x-www-form-urlencoded'
  const body =
    'callId=one%40switch.example&calling=%2B12125550142&called=%2B14155550163&fields=Priority%3A+normal&fields=X-A%3A+1'
  assert.equal((await post('/v1/screen', body, { 'content-type': form })).status, 200)
  assert.match(asked[0]!.invite, /\r\nPriority: normal\r\nX-A: 1\r\n/)
  const { invite } = asked[0]!
  const sip = invite.replace('one@', 'two@')
  assert.equal((await post('/v1/screen', sip, { 'content-type': 'message/sip' })).status, 200)
  assert.equal(asked[1]!.invite, sip)
})

test('who asks again by Call-ID and branch gets the same answer, also while the first is being made', async () => {
  let release: (answer: ScreenAnswer) => void = () => undefined
  const { screen, asked, figures, pass } = startApi(() => new Promise((resolve) => (release = resolve)))
  const first = screen(CALL)
  const again = screen(CALL)
  while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve))
  release(BLOCK)
  assert.equal(await (await first).text(), await (await again).text())
  assert.equal(asked.length, 1)
  assert.equal(figures.screenRepeats, 1)
  pass(31_999)
  await screen(CALL)
  assert.equal(asked.length, 1)

  const others: [call: object, headers: Record<string, string>][] = [
    [{ ...CALL, branch: 'z9hG4bK2' }, {}],
    [{ ...CALL, callId: 'two@switch.example' }, {}],
    [CALL, { authorization: `Bearer ${TOKEN_B}` }],
  ]
  for (const [index, [call, headers]] of others.entries()) {
    const response = screen(call, headers)
    while (asked.length < index + 2) await new Promise((resolve) => setImmediate(resolve))
    release(CONTINUE)
    assert.match(await (await response).text(), /"continue"/)
  }
  pass(1)
  const late = screen(CALL)
  while (asked.length < 5) await new Promise((resolve) => setImmediate(resolve))
  release(CONTINUE)
  await late
  assert.equal(asked.length, 5, 'half a minute later it is another question')
})

test('lines and forms say the same as JSON, each thing under one name', async () => {
  const { screen } = startApi()
  const text = await screen(CALL, { accept: 'text/plain' })
  assert.equal(text.headers.get('content-type'), 'text/plain; charset=utf-8')
  assert.equal(
    await text.text(),
    `verdict=block\nstatus=603\nphrase=Network Blocked\nrecorded=true\nreceipt=${BLOCK.receipt}\nreason=${BLOCK.headers[0]![1]}\nx-verdict=no\n`,
  )
  const form = new URLSearchParams(await (await screen(CALL, { accept: 'application/x-www-form-urlencoded' })).text())
  assert.deepEqual([form.get('status'), form.get('reason')], ['603', BLOCK.headers[0]![1]])
})

test('a call that nobody could judge continues, and says why; a request that is not screened is a problem', async () => {
  const undecided = startApi(() => Promise.resolve({ ...CONTINUE, reason: 'late' }))
  assert.deepEqual(await (await undecided.screen(CALL)).json(), {
    verdict: 'continue',
    status: 404,
    phrase: 'Not Found',
    headers: [],
    recorded: false,
    reason: 'late',
  })
  assert.equal(undecided.figures.screenUndecided, 1)
  const refused = startApi(() => Promise.resolve({ verdict: 'none', status: 416, phrase: 'Unsupported URI Scheme' }))
  const response = await refused.screen(CALL)
  assert.equal(response.status, 422)
  assert.match((await problemOf(response)).detail, /416/)
  assert.deepEqual([refused.figures.screens, refused.figures.refused], [0, 1])
})

test('a fault of ours is a problem without a word of what went wrong inside, and is told', async () => {
  const { screen, faults } = startApi(() => Promise.reject(new Error('secret inside')))
  const response = await screen(CALL)
  assert.equal(response.status, 500)
  assert.doesNotMatch(JSON.stringify(await problemOf(response)), /secret/)
  assert.equal(faults.length, 1)
})

/** Bodies of POST /v1/screen, what is wrong, and where. */
const BAD: readonly (readonly [title: string, body: unknown, kind: string, pointer: string])[] = [
  ['no Call-ID', { ...CALL, callId: undefined }, 'bad-field', '/callId'],
  ['a Call-ID with a space', { ...CALL, callId: 'a b' }, 'bad-field', '/callId'],
  ['a Call-ID with a line break', { ...CALL, callId: 'a\r\nVia: x' }, 'bad-field', '/callId'],
  ['a branch with a semicolon', { ...CALL, branch: 'a;b' }, 'bad-field', '/branch'],
  ['no number', { ...CALL, calling: '' }, 'bad-field', '/calling'],
  ['a plus that a form has lost', { ...CALL, calling: ' 12125550142' }, 'bad-field', '/calling'],
  ['a number as a number', { ...CALL, calling: 12_125_550_142 }, 'bad-field', '/calling'],
  ['words for a number', { ...CALL, called: 'Jenny' }, 'bad-field', '/called'],
  ['a URI that breaks out', { ...CALL, calling: 'sip:a@b>;tag=x' }, 'bad-field', '/calling'],
  ['a URI with a line break', { ...CALL, called: 'sip:a@b\r\nX: y' }, 'bad-field', '/called'],
  ['a withheld called number', { ...CALL, called: 'anonymous' }, 'bad-field', '/called'],
  ['a display name in two lines', { ...CALL, displayName: 'a\nb' }, 'bad-field', '/displayName'],
  ['an identity that is no list', { ...CALL, identity: 'x' }, 'bad-field', '/identity'],
  ['an identity in two lines', { ...CALL, identity: ['a', 'b\r\nc'] }, 'bad-field', '/identity/1'],
  ['an attestation of its own', { ...CALL, attestation: 'D' }, 'bad-field', '/attestation'],
  ['a source that is no address', { ...CALL, sourceAddress: '1.2.3' }, 'bad-field', '/sourceAddress'],
  ['a second Call-ID', { ...CALL, fields: ['X-A: 1', 'Call-ID: x'] }, 'bad-field', '/fields/1'],
  ['a compact Via', { ...CALL, fields: ['v: SIP/2.0/UDP x'] }, 'bad-field', '/fields/0'],
  ['a header line without a colon', { ...CALL, fields: ['X-A'] }, 'bad-field', '/fields/0'],
  ['a folded header line', { ...CALL, fields: ['X-A: 1\r\n X: 2'] }, 'bad-field', '/fields/0'],
  [
    'too many header lines',
    { ...CALL, fields: Array.from({ length: 33 }, (_, index) => `X-${index}: 1`) },
    'bad-field',
    '/fields',
  ],
  ['an unknown key', { ...CALL, colour: 'red' }, 'bad-field', '/colour'],
  ['a key of the prototype', { ...CALL, constructor: 1 }, 'bad-field', '/constructor'],
  ['a list', [CALL], 'bad-field', ''],
]

for (const [title, body, kind, pointer] of BAD) {
  test(`a question with ${title} is refused at its place, and the gate is not asked`, async () => {
    const { screen, asked } = startApi()
    const response = await screen(body)
    assert.equal(response.status, 400)
    const problem = await problemOf(response)
    assert.deepEqual([problem.kind, problem.pointer], [kind, pointer])
    assert.doesNotMatch(problem.detail, /5550142/)
    assert.equal(asked.length, 0)
  })
}

/** Requests of other shapes: what is sent, and the problem. */
const TYPES: readonly (readonly [title: string, type: string | undefined, accepted: boolean])[] = [
  ['JSON', 'application/json', true],
  ['JSON in UTF-8', 'Application/JSON; charset="utf-8"', true],
  ['JSON in another charset', 'application/json; charset=utf-16', false],
  ['a tab before the parameter', 'application/json\t; charset=utf-8', false],
  ['a tab behind the type', 'application/json\ta', false],
  ['junk behind the subtype', 'application/json garbage', false],
  ['a comma', 'application/json, text/plain', false],
  ['another type', 'text/json', false],
  ['multipart', 'multipart/form-data; boundary=x', false],
  ['no type', '', false],
]

for (const [title, type, accepted] of TYPES) {
  test(`a Content-Type with ${title} is ${accepted ? 'taken' : 'refused'}`, async () => {
    const { screen } = startApi()
    const response = await screen(CALL, { 'content-type': type! })
    assert.equal(response.status, accepted ? 200 : 415)
    if (!accepted) assert.equal((await problemOf(response)).kind, 'wrong-type')
  })
}

test('every place refuses every wrong token, method and type, with a code and without a trace', async () => {
  const { app, figures } = startApi()
  let looked = 0
  for (const [path, method] of [
    ['/v1/screen', 'POST'],
    ['/v1/outcomes', 'POST'],
    ['/openapi.json', 'GET'],
  ] as const) {
    for (const other of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACEX'].filter(
      (other) => other !== method,
    )) {
      const response = await app.request(path, { method: other })
      assert.equal(response.status, 405, `${other} ${path}`)
      assert.equal(response.headers.get('allow'), method)
      assert.equal((await problemOf(response)).kind, 'wrong-method')
      looked++
    }
    if (method === 'GET') continue
    const wrong: [authorization: string | undefined, kind: string][] = [
      [undefined, 'no-token'],
      ['', 'wrong-token'],
      [`Bearer ${'c'.repeat(40)}`, 'wrong-token'],
      [`Bearer ${TOKEN_A}b`, 'wrong-token'],
      [`Bearer ${TOKEN_A.slice(1)}`, 'wrong-token'],
      [`Bearer ${TOKEN_A} ${TOKEN_A}`, 'wrong-token'],
      [`Basic ${TOKEN_A}`, 'wrong-token'],
      [TOKEN_A, 'wrong-token'],
      ['Bearer __proto__', 'wrong-token'],
    ]
    for (const [authorization, kind] of wrong) {
      const headers = { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) }
      const response = await app.request(path, { method, body: '{}', headers })
      assert.equal(response.status, 401)
      assert.match(response.headers.get('www-authenticate')!, /^Bearer /)
      assert.equal((await problemOf(response)).kind, kind, String(authorization))
      looked++
    }
  }
  for (const path of ['/', '/v1', '/v1/screen/', '/V1/SCREEN', '/__proto__', '/v1/../openapi.json/x', '/constructor']) {
    const response = await app.request(path, { method: 'POST' })
    assert.equal(response.status, 404, path)
    assert.equal((await problemOf(response)).kind, 'not-found')
    looked++
  }
  assert.equal(looked, 18 + 18 + 7)
  assert.deepEqual([figures.refused, figures.unauthorized, figures.screens], [looked, 18, 0])
})

test('a body over the limit is refused however its length is told, and one at the limit is read', async () => {
  const { post, screen } = startApi()
  const fill = (length: number): string => {
    const body = JSON.stringify({ ...CALL, fields: [] })
    return `${body}${' '.repeat(length - body.length)}`
  }
  assert.equal((await post('/v1/screen', fill(HTTP_BODY_BYTES_MAX))).status, 200)
  const response = await post('/v1/screen', fill(HTTP_BODY_BYTES_MAX + 1))
  assert.equal(response.status, 413)
  assert.equal((await problemOf(response)).kind, 'too-large')
  const told = await screen(CALL, { 'content-length': String(HTTP_BODY_BYTES_MAX + 1) })
  assert.equal(told.status, 413)
})

test('what is no INVITE is refused with what is wrong', async () => {
  const { post, asked } = startApi()
  const invite =
    'INVITE sip:+14155550163@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=f\r\nTo: <sip:b@b>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\r\n'
  const sip = { 'content-type': 'message/sip' }
  const cases: [octets: string, kind: string, detail: RegExp][] = [
    ['', 'bad-sip', /missing/],
    ['SIP/2.0 200 OK\r\n\r\n', 'bad-sip', /start-line/],
    [invite.replace('SIP/2.0\r\n', 'SIP/3.0\r\n'), 'bad-sip', /version/],
    [invite.replace('Via', 'Vib'), 'bad-sip', /missing/],
    [invite.replaceAll('INVITE', 'OPTIONS'), 'not-screened', /INVITE/],
  ]
  for (const [octets, kind, detail] of cases) {
    const problem = await problemOf(await post('/v1/screen', octets, sip))
    assert.equal(problem.kind, kind, octets)
    assert.match(problem.detail, detail)
  }
  assert.equal(asked.length, 0)
  assert.equal((await post('/v1/screen', invite, sip)).status, 200)
})

test('forms with a name twice, a broken escape or the prototype are refused', async () => {
  const { post } = startApi()
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  for (const body of ['callId=a&callId=b', 'callId=%zz', 'callId=%ff', '__proto__=1'])
    assert.equal((await problemOf(await post('/v1/screen', body, type))).kind, 'bad-form', body)
})

const OUTCOME = {
  calling: '+12125550142',
  called: '+14155550163',
  answered: true,
  seconds: 5.25,
  endedAt: '2026-11-22T12:00:00Z',
}

test('outcomes are taken one by one or in a list, and by their key only once', async () => {
  const { post, outcomes, figures, pass } = startApi()
  const send = (body: unknown, headers?: Record<string, string>): Promise<Response> =>
    post('/v1/outcomes', JSON.stringify(body), headers)
  assert.deepEqual(await (await send(OUTCOME)).json(), { taken: 1, counted: 1 })
  const endedAtMs = Date.UTC(2026, 10, 22, 12)
  const { calling, called } = OUTCOME
  assert.deepEqual(outcomes, [[{ calling, called, answered: true, durationMs: 5250, endedAtMs }, 'edge']])

  const list = [OUTCOME, { ...OUTCOME, answered: false, seconds: 0, endedAt: '2026-11-22T14:00:00+02:00' }]
  const key = { 'idempotency-key': 'batch-1' }
  assert.deepEqual(await (await send(list, key)).json(), { taken: 2, counted: 1 })
  assert.equal(outcomes.at(-1)![0].endedAtMs, endedAtMs)
  assert.deepEqual(await (await send(list, key)).json(), { taken: 2, counted: 1 })
  assert.equal(outcomes.length, 3)
  assert.equal((await problemOf(await send([OUTCOME], key))).kind, 'key-reused')
  assert.equal(
    (await send([OUTCOME], { ...key, authorization: `Bearer ${TOKEN_B}` })).status,
    200,
    'keys of peers are apart',
  )
  pass(86_400_000)
  assert.equal((await send([OUTCOME], key)).status, 200, 'a day later the key is free')
  assert.deepEqual([figures.outcomes, figures.outcomeRepeats], [5, 1])
  assert.equal((await problemOf(await send(OUTCOME, { 'idempotency-key': 'a b' }))).kind, 'bad-field')
})

test('outcomes that cannot be are refused whole, with the place', async () => {
  const { post, outcomes } = startApi()
  const bad: [unknown, string][] = [
    [{ ...OUTCOME, seconds: -1 }, '/seconds'],
    [[OUTCOME, { ...OUTCOME, seconds: 86_401 }], '/1/seconds'],
    [[], ''],
    [Array.from({ length: 1001 }, () => OUTCOME), ''],
    [{ ...OUTCOME, endedAt: 'yesterday' }, '/endedAt'],
    [{ ...OUTCOME, answered: 'yes' }, '/answered'],
    [{ ...OUTCOME, more: 1 }, '/more'],
  ]
  for (const [body, pointer] of bad) {
    const response = await post('/v1/outcomes', JSON.stringify(body))
    assert.equal(response.status, JSON.stringify(body).length > HTTP_BODY_BYTES_MAX ? 413 : 400)
    const problem = await problemOf(response)
    if (pointer !== '') assert.deepEqual([problem.pointer, problem.detail === 'Invalid input'], [pointer, false])
  }
  assert.equal(outcomes.length, 0)
})

test('the description is the one that is kept in docs, and names every problem a route can answer', async () => {
  const { app } = startApi()
  const served: unknown = await (await app.request('/openapi.json')).json()
  assert.deepEqual(served, JSON.parse(JSON.stringify(apiDescription())))
  const kept: unknown = JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8'))
  assert.deepEqual(kept, served, 'make it again: node src/edge/http/describe.ts > docs/openapi.json')
  const text = JSON.stringify(served)
  const sources = ['api', 'body', 'json', 'outcome', 'repeats', 'screen-question'].map((name) =>
    readFileSync(new URL(`./${name}.ts`, import.meta.url), 'utf8'),
  )
  const answered = Object.keys(PROBLEMS).filter((kind) => sources.some((source) => source.includes(`'${kind}'`)))
  assert.ok(answered.length >= 10, answered.join())
  for (const kind of answered) {
    if (['not-found', 'wrong-method', 'too-many'].includes(kind)) continue
    assert.ok(text.includes(`\`${kind}\`:`), kind)
  }
})

test('the description is not sent again to who has it', async () => {
  const { app } = startApi()
  const first = await app.request('/openapi.json')
  assert.equal(first.headers.get('content-type'), 'application/json')
  const tag = first.headers.get('etag')!
  const again = await app.request('/openapi.json', { headers: { 'if-none-match': tag } })
  assert.deepEqual([again.status, await again.text(), again.headers.get('etag')], [304, '', tag])
  assert.equal((await app.request('/openapi.json', { headers: { 'if-none-match': '"x"' } })).status, 200)
})

test('a token is found whole, by its own spelling and nothing else', () => {
  const tokens = new Tokens(new Map([[TOKEN_A, 'edge']]))
  assert.equal(tokens.find(`Bearer ${TOKEN_A}`), 'edge')
  assert.equal(tokens.find(`bearer ${TOKEN_A}`), 'edge')
  for (const text of ['', 'Bearer', `Bearer  ${TOKEN_A}`, `Bearer ${TOKEN_A}\n`, `Bearer ${TOKEN_A.toUpperCase()}`])
    assert.equal(tokens.find(text), undefined, text)
  assert.ok(TOKEN.test('A-z_0~.+/=='))
  assert.ok(!TOKEN.test('a b'))
})
