import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import type { DialPlan } from '#core/call/number.ts'
import { describeOffice } from '#edge/http/accounts/office-app.ts'
import { PROBLEM_URN } from '#edge/http/problem.ts'
import { openTestCases } from '../../../../test/cases.ts'
import { openTestOffice } from '../../../../test/office.ts'
import { caseRoutes } from './case-routes.ts'
import { DESCRIPTIONS } from './descriptions.ts'
import { exportRoutes } from './export-routes.ts'
import { POST_MAIL } from './mail-routes.ts'

const CLAIM = {
  numbers: ['+12125550117', '+12125550118'],
  claimant: { name: 'Ann Lee', organisation: 'Acme Clinic', tel: '+12125550100' },
  purpose: 'appointment reminders',
}
const LIFT = { outcome: 'lift', reason: 'the clinic’s own reminders' }
const UNKNOWN = 'A'.repeat(22)

/** The inside on real stores, with a case worker and an auditor signed in. */
async function open(t: TestContext, searchedMax?: number, plan?: DialPlan) {
  const cases = openTestCases(undefined, undefined, searchedMax)
  const parts = { office: cases.office, blocks: cases.blocks, operator: 'Northwire', plan, now: () => cases.now }
  const office = openTestOffice({ routes: [...caseRoutes(parts), ...exportRoutes(parts)] })
  t.after(() => {
    cases.close()
    office.close()
  })
  const { session } = await office.staff('ann', 'case-worker')
  const auditor = (await office.staff('olga', 'auditor')).session
  const post = (path: string, json: unknown, headers: Readonly<Record<string, string>> = {}) =>
    office.ask('POST', path, { session, json, headers: { ...BROWSER, ...headers } })
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    office.ask('GET', path, { session, headers })
  const file = async (claim: unknown = CLAIM): Promise<string> => {
    const response = await post('/v1/cases', { way: 'telephone', claim })
    assert.equal(response.status, 201, await response.clone().text())
    return ((await response.json()) as { case: string }).case
  }
  return { cases, office, session, auditor, post, get, file }
}

test('a case is opened for somebody who phoned, proved, decided in short, corrected, and each step is an event', async (t) => {
  const { post, get, file, cases } = await open(t)
  const id = await file()
  const queue = await json(await get('/v1/cases?open=true&number=%2B12125550117'))
  assert.deepEqual(
    queue.cases.map((one) => one.case),
    [id],
  )
  const shown = await get(`/v1/cases/${id}`)
  const etag = shown.headers.get('etag')!
  assert.match(etag, /^"\d+-[\w-]+"$/)
  assert.equal((await get(`/v1/cases/${id}`, { 'if-none-match': etag })).status, 304)

  const preview = await json(await post(`/v1/cases/${id}/decision/preview`, { decision: LIFT }))
  assert.deepEqual(preview.unproven, CLAIM.numbers)
  assert.equal(preview.standing.length, 2)
  await refused(post(`/v1/cases/${id}/decision`, { decision: LIFT }), 428, 'no-match-said')
  await refused(post(`/v1/cases/${id}/decision`, { decision: LIFT }, { 'if-match': etag }), 400, 'bad-field')

  const proof = { way: 'letter', detail: 'signed by the owner, page 2' }
  const proved = await json(await post(`/v1/cases/${id}/proofs`, proof, { 'if-match': etag }))
  await refused(post(`/v1/cases/${id}/decision`, { decision: LIFT }, { 'if-match': etag }), 412, 'changed')
  const seen = { 'if-match': `"${String(proved.seq)}"` }
  assert.equal((await post(`/v1/cases/${id}/decision`, { decision: LIFT }, seen)).status, 200)
  const lifted = await json(await get(`/v1/cases/${id}`))
  assert.equal(lifted.status, 'lifted')
  const decided = lifted.events.find(({ kind }) => kind === 'decided')
  const correction = { event: decided!.seq, reason: 'the wrong clinic' }
  assert.equal((await post(`/v1/cases/${id}/corrections`, correction, { 'if-match': '*' })).status, 200)
  assert.notEqual((await json(await get(`/v1/cases/${id}`))).status, 'lifted')
  assert.equal(cases.store.liftsOn('+12125550117', cases.now).length, 0, 'the gates no longer spare it')
  assert.deepEqual(cases.alarms, [])
})

test('numbers without a plus are read by the dial plan wherever a person writes one, and by none without it', async (t) => {
  const { post, get, file } = await open(t, undefined, { country: 1, national: 10, international: '011' })
  const id = await file({ ...CLAIM, numbers: ['(212) 555-0117'] })
  const preview = async (scope: unknown) => {
    const decision = { ...LIFT, lifts: [{ scope }] }
    return (await json(await post(`/v1/cases/${id}/decision/preview`, { decision }))).standing
  }
  const range = await preview({ kind: 'range', first: '(212) 555-0100', last: '212.555.0199' })
  assert.deepEqual((range[0] as { scope: unknown }).scope, {
    kind: 'range',
    first: '+12125550100',
    last: '+12125550199',
  })
  const [block] = await preview({ kind: 'block', prefix: '(212) 555' })
  assert.deepEqual((block as { scope: unknown }).scope, { kind: 'block', prefix: '+1212555' })
  const found = await json(await get('/v1/cases?number=(212)%20555-0117'))
  assert.deepEqual(
    found.cases.map((one) => one.case),
    [id],
  )
  const without = await open(t)
  const plain = { decision: { ...LIFT, lifts: [{ scope: { kind: 'block', prefix: '(212) 555' } }] } }
  const place = `/v1/cases/${await without.file()}/decision/preview`
  await refused(without.post(place, plain), 400, 'bad-field')
  await refused(without.get('/v1/cases?number=(212)%20555-0117'), 400, 'bad-field')
})

test('a request under the same key is done once; another body under it is refused', async (t) => {
  const { post, get, file } = await open(t)
  const id = await file()
  const key = { 'idempotency-key': 'note-1' }
  const first = await json(await post(`/v1/cases/${id}/notes`, { text: 'asked the carrier' }, key))
  const [again, beside] = await Promise.all([
    post(`/v1/cases/${id}/notes`, { text: 'asked the carrier' }, key),
    post(`/v1/cases/${id}/notes`, { text: 'asked the carrier' }, key),
  ])
  assert.deepEqual([await json(again), await json(beside)], [first, first])
  await refused(post(`/v1/cases/${id}/notes`, { text: 'other' }, key), 422, 'key-reused')
  const opening = { way: 'letter', claim: CLAIM }
  const one = await json(await post('/v1/cases', opening, { 'idempotency-key': 'open-1' }))
  const two = await json(await post('/v1/cases', opening, { 'idempotency-key': 'open-1' }))
  assert.equal(one.case, two.case)
  const { events } = await json(await get(`/v1/cases/${id}`))
  assert.equal(events.filter(({ words }) => words.startsWith('note')).length, 1)
})

test('a case is opened once for a key also when the request itself is forgotten, and the key with another body is refused then too', async (t) => {
  const { post, cases, office } = await open(t)
  const key = { 'idempotency-key': 'open-1' }
  const opening = { way: 'letter', claim: CLAIM }
  const first = await json(await post('/v1/cases', opening, key))
  cases.now += 2 * 86_400_000
  office.restart()
  assert.equal((await json(await post('/v1/cases', opening, key))).case, first.case)
  cases.now += 2 * 86_400_000
  office.restart()
  await refused(post('/v1/cases', { ...opening, way: 'telephone' }, key), 422, 'key-reused')
  await refused(post('/v1/cases', { ...opening, claim: { ...CLAIM, purpose: 'other' } }, key), 422, 'key-reused')
  const other = await json(await post('/v1/cases', { ...opening, way: 'telephone' }, { 'idempotency-key': 'open-2' }))
  assert.notEqual(other.case, first.case)
  assert.equal(cases.store.cases({}, undefined, 10, cases.now).cases.length, 2)
})

test('what cannot be done is a problem with a stable type and the place of the fault', async (t) => {
  const { post, get, file } = await open(t)
  const id = await file()
  const cases: [what: string, response: Promise<Response>, status: number, kind: string, pointer?: string][] = [
    ['no such case', get(`/v1/cases/${UNKNOWN}`), 404, 'not-found'],
    ['no id at all', get('/v1/cases/../x'), 404, 'not-found'],
    ['a step on no case', post(`/v1/cases/${UNKNOWN}/notes`, { text: 'x' }), 404, 'not-found'],
    ['a note without words', post(`/v1/cases/${id}/notes`, { text: ' ' }), 400, 'bad-field', '/text'],
    ['an unknown key', post(`/v1/cases/${id}/notes`, { text: 'x', extra: 1 }), 400, 'bad-field', '/extra'],
    [
      'a claim without a name',
      post('/v1/cases', { way: 'mail', claim: { ...CLAIM, claimant: {} } }),
      400,
      'bad-field',
      '/claim/claimant/name',
    ],
    [
      'a decision without evidence',
      post(
        `/v1/cases/${id}/decision`,
        { decision: { outcome: 'uphold', reason: 'r', next: 'n' } },
        { 'if-match': '*' },
      ),
      400,
      'bad-field',
      '/decision/evidence',
    ],
    ['an unknown parameter', get('/v1/cases?stat=open'), 400, 'bad-field', '/stat'],
    ['a parameter twice', get('/v1/cases?status=open&status=lifted'), 400, 'bad-field', '/status'],
    ['a page too long', get('/v1/cases?limit=101'), 400, 'bad-field', '/limit'],
    ['no identity', get('/v1/subscribers/blocked-calls?number=%2B14155550163'), 400, 'bad-field', '/identity'],
    [
      'words in the identity',
      get('/v1/subscribers/blocked-calls?number=%2B14155550163&identity=Jane+Roe'),
      400,
      'bad-field',
      '/identity',
    ],
    ['a file of another case', get(`/v1/cases/${id}/evidence/${UNKNOWN}`), 404, 'not-found'],
  ]
  for (const [what, response, status, kind, pointer] of cases) {
    const problem = await refused(response, status, kind, what)
    if (pointer !== undefined) assert.equal(problem['pointer'], pointer, what)
  }
})

test('many cases of one campaign are decided in one request, each by itself', async (t) => {
  const { post, get, file } = await open(t)
  const one = await file()
  const two = await file({ ...CLAIM, numbers: ['+12125550150'] })
  const decision = { outcome: 'uphold', reason: 'one campaign', evidence: ['the calls'], next: 'write to us' }
  const { results } = await json(
    await post('/v1/cases/decisions', { cases: [{ case: one }, { case: UNKNOWN }, { case: two, seq: 99 }], decision }),
  )
  assert.equal(results[0]!.case, one)
  assert.ok(results[0]!.seq > 1)
  assert.equal(results[1]!.problem.type, `${PROBLEM_URN}not-found`)
  assert.equal(results[2]!.problem.type, `${PROBLEM_URN}changed`)
  assert.equal((await json(await get(`/v1/cases/${one}`))).status, 'upheld')
  assert.equal((await json(await get(`/v1/cases/${two}`))).status, 'open')
})

test('an auditor reads and exports, but changes nothing', async (t) => {
  const { office, auditor, file } = await open(t)
  const id = await file()
  for (const path of ['/v1/cases', `/v1/cases/${id}`, `/v1/cases/${id}/evidence`, '/v1/figures', '/v1/blocks'])
    assert.equal((await office.ask('GET', path, { session: auditor })).status, 200, path)
  const note = office.ask('POST', `/v1/cases/${id}/notes`, { session: auditor, json: { text: 'x' }, headers: BROWSER })
  await refused(note, 403, 'not-allowed')
})

test('exports are handed over to be saved, never shown, and the audit trail hears of the list', async (t) => {
  const { get, file, office, cases } = await open(t)
  const id = await file()
  const page = await get(`/v1/cases/${id}/file`)
  assert.equal(page.headers.get('content-disposition')?.startsWith('attachment;'), true)
  assert.match(page.headers.get('content-security-policy') ?? '', /sandbox/)
  assert.match(await page.text(), /Acme Clinic/)
  const record = await json(await get(`/v1/cases/${id}/file?form=json&reader=inside`))
  assert.equal(record.case, id)
  const asked = '/v1/subscribers/blocked-calls?number=%2B14155550163&identity=portal'
  const csv = await get(asked, { accept: 'text/csv' })
  assert.match(await csv.text(), /^"date","time \(UTC\)","calling number","program"\r\n$/)
  assert.deepEqual((await json(await get(asked))).calls, [])
  const { months } = await json(await get('/v1/figures?from=2026-11&to=2026-11'))
  assert.equal(months[0]!.received, 1)
  const figures = await get('/v1/figures?from=2026-11&to=2026-11', { accept: 'text/csv' })
  assert.equal(figures.headers.get('content-type'), 'text/csv; charset=utf-8')
  assert.match(figures.headers.get('content-disposition') ?? '', /^attachment;.*figures\.csv/)
  assert.match(await figures.text(), /^"month","received",.*\r\n"2026-11","1",/)
  assert.deepEqual(cases.alarms, [])
  assert.deepEqual(office.alarms, [])
})

test('a queue goes on behind its pages, and no case stands on two of them', async (t) => {
  const { get, file } = await open(t)
  const filed = new Set<string>()
  for (let count = 0; count < 5; count++) filed.add(await file({ ...CLAIM, numbers: [`+1212555010${count}`] }))
  const seen: string[] = []
  for (let after: string | undefined = ''; after !== undefined;) {
    const place: string = after === '' ? '' : `&after=${encodeURIComponent(after)}`
    const page = await json(await get(`/v1/cases?limit=2${place}`))
    seen.push(...page.cases.map((one) => one.case))
    after = page.after
    assert.ok(seen.length <= filed.size)
  }
  assert.deepEqual(new Set(seen), filed)
  assert.equal(seen.length, filed.size)
})

test('a case is found by words of its claimant, whatever their capitals, page by page', async (t) => {
  const { get, file, cases } = await open(t, 2)
  const wanted = await file()
  for (let count = 0; count < 4; count++)
    await file({ ...CLAIM, claimant: { name: 'Cy Roe', tel: '+12125550100' }, purpose: 'surveys' })
  const find = async (text: string): Promise<{ found: string[]; pages: number }> => {
    const found: string[] = []
    let pages = 0
    for (let after: string | undefined = ''; after !== undefined; pages++) {
      const place: string = after === '' ? '' : `&after=${encodeURIComponent(after)}`
      const page = await json(await get(`/v1/cases?order=newest&text=${encodeURIComponent(text)}${place}`))
      found.push(...page.cases.map((one) => one.case))
      after = page.after
      assert.ok(pages < 5)
    }
    return { found, pages }
  }
  for (const text of ['acme', 'ANN  LEE', 'ｒｅｍｉｎｄｅｒｓ', 'Clinic'])
    assert.deepEqual(await find(text), { found: [wanted], pages: 3 }, text)
  assert.equal((await find('+12125550100')).found.length, 5)
  for (const text of ['acme lee', '%', '_']) assert.deepEqual((await find(text)).found, [], text)
  await refused(get('/v1/cases?text=%20'), 400, 'bad-field')
  assert.equal(cases.store.rebuildViews(), 5)
  assert.deepEqual((await find('acme')).found, [wanted])
})

test('the private link of a claimant is told to who opens a case for somebody, that once, and to nobody who reads', async (t) => {
  const { post, get } = await open(t)
  const claim = { ...CLAIM, claimant: { ...CLAIM.claimant, email: 'ann@acme.example' } }
  const opened = (await (await post('/v1/cases', { way: 'telephone', claim })).json()) as {
    case: string
    token: string
  }
  const { token } = opened
  assert.match(token, /^[\w-]{22}$/)
  const id = opened.case
  const places = [`/v1/cases`, `/v1/cases/${id}`, `/v1/cases/${id}/similar`, `/v1/cases/${id}/evidence`, '/v1/audit']
  for (const reader of ['inside', 'claimant'])
    for (const form of ['html', 'json']) places.push(`/v1/cases/${id}/file?reader=${reader}&form=${form}`)
  let seen = 0
  for (const place of places) {
    const answer = await get(place)
    const text = await answer.text()
    assert.ok(!text.includes(token), place)
    if (answer.status === 200 && text.includes(id)) seen++
  }
  assert.ok(seen >= 5, `${seen} answers told of this case at all`)
})

test('docs/openapi-cases.json is what the inside describes', () => {
  const committed: unknown = JSON.parse(
    readFileSync(new URL('../../../../docs/openapi-cases.json', import.meta.url), 'utf8'),
  )
  const described = describeOffice([...Object.values(DESCRIPTIONS), POST_MAIL])
  assert.ok(Object.keys(described.paths ?? {}).length >= 20)
  assert.deepEqual(committed, JSON.parse(JSON.stringify(described)))
})

/** What these answers hold, each some of it. */
type Answered = {
  readonly case: string
  readonly seq: number
  readonly status: string
  readonly unproven: readonly string[]
  readonly standing: readonly unknown[]
  readonly after: string | undefined
  readonly calls: readonly unknown[]
  readonly cases: readonly { readonly case: string }[]
  readonly events: readonly { readonly seq: number; readonly kind: string; readonly words: string }[]
  readonly months: readonly { readonly received: number }[]
  readonly results: readonly {
    readonly case: string
    readonly seq: number
    readonly problem: { readonly type: string }
  }[]
}

async function json(response: Response): Promise<Answered> {
  assert.ok(response.ok, `${response.status} ${await response.clone().text()}`)
  return (await response.json()) as Answered
}

async function refused(asked: Promise<Response>, status: number, kind: string, what = kind) {
  const response = await asked
  assert.equal(response.status, status, `${what}: ${await response.clone().text()}`)
  const problem = (await response.json()) as Record<string, unknown>
  assert.equal(problem['type'], `${PROBLEM_URN}${kind}`, what)
  return problem
}

/** What a browser on our own page sends. */
const BROWSER = { 'sec-fetch-site': 'same-origin', origin: 'https://office.northwire.example' }
