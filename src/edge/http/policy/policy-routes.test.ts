import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { describeOffice } from '#edge/http/accounts/office-app.ts'
import { PROBLEM_URN } from '#edge/http/problem.ts'
import { openTestOffice } from '../../../../test/office.ts'
import { DESCRIPTIONS } from './descriptions.ts'
import type { DialPlan } from '#core/call/number.ts'
import type { PolicyDesk, PolicyTrialState } from './policy-desk.ts'
import { policyRoutes } from './policy-routes.ts'

const ID = 'A'.repeat(22)
const AT = Date.UTC(2026, 10, 22, 12)
const DRAFT = { yaml: 'rules: []\n' }
const TRIAL: PolicyTrialState = {
  kind: 'trial',
  id: ID,
  state: 'done',
  at: AT,
  by: 'ann',
  days: 7,
  against: 'in-force',
  hash: 'aa',
  read: 2,
  total: 2,
  why: '',
  result: undefined,
}

test('a change names the version that was seen, is done once for its key, and carries who and why', async (t) => {
  const { post, asked } = await open(t)
  await refused(post('/v1/policy/versions', { ...DRAFT, note: 'why' }), 428, 'no-match-said')
  await refused(post('/v1/policy/versions', { ...DRAFT, note: 'why' }, { 'if-match': 'W/"7"' }), 412, 'changed')
  await refused(post('/v1/policy/versions', { ...DRAFT, note: ' ' }, { 'if-match': '"7"' }), 400, 'bad-field', '/note')
  await refused(post('/v1/policy/versions', DRAFT, { 'if-match': '"7"' }), 400, 'bad-field', '/note')
  assert.equal(asked.length, 0, 'nothing was done')
  const headers = { 'if-match': '"7"', 'idempotency-key': 'one' }
  const first = await post('/v1/policy/versions', { ...DRAFT, note: 'fewer calls' }, headers)
  assert.equal(first.status, 201, await first.clone().text())
  assert.equal(first.headers.get('etag'), '"8"')
  const again = await post('/v1/policy/versions', { ...DRAFT, note: 'fewer calls' }, headers)
  assert.deepEqual(await again.json(), await first.json())
  assert.equal(asked.length, 1)
  const [name, draft, change] = asked[0]!
  assert.deepEqual([name, draft], ['apply', { yaml: 'rules: []\n', base: undefined, uploads: [] }])
  const { seen, note, by } = change as { seen: number; note: string; by: { name: string } }
  assert.deepEqual([seen, note, by.name], [7, 'fewer calls', 'ann'])
  await refused(post('/v1/policy/versions', { ...DRAFT, note: 'other' }, headers), 422, 'key-reused')
})

test('a number without a plus is read by the dial plan on its way onto a list or to a judgement, and by none without it', async (t) => {
  const { post, asked } = await open(t, { country: 1, national: 10, international: '011' })
  const entries = '/v1/policy/lists/lists%2Fdno.csv/entries'
  const added = await post(entries, { number: '(212) 555-0117', note: 'asked for' }, { 'if-match': '"7"' })
  assert.equal(added.status, 201, await added.clone().text())
  assert.deepEqual(asked.at(-1)?.slice(0, 3), ['addNumber', 'lists/dno.csv', '+12125550117'])
  await post('/v1/policy/shadow/watch/judgements', { number: '(212) 555-0117', label: 'legitimate' })
  assert.deepEqual(asked.at(-1)?.slice(0, 3), ['judgeShadow', 'watch', '+12125550117'])
  const without = await open(t)
  const refusal = without.post(entries, { number: '(212) 555-0117', note: 'asked for' }, { 'if-match': '"7"' })
  await refused(refusal, 400, 'bad-field', '/number')
})

test('times are RFC 3339, and each thing has its place', async (t) => {
  const { get, post, asked } = await open(t)
  const versions = await get('/v1/policy/versions?limit=1')
  assert.equal(versions.headers.get('etag'), '"7"')
  const { versions: rows } = (await versions.json()) as { versions: { madeAt: string; steps: { at: string }[] }[] }
  assert.deepEqual([rows[0]?.madeAt, rows[0]?.steps[0]?.at], ['2026-11-22T12:00:00.000Z', '2026-11-22T12:00:00.000Z'])
  const trial = await post('/v1/policy/trials', { ...DRAFT, days: 7 })
  assert.deepEqual([trial.status, trial.headers.get('location')], [201, `/v1/policy/trials/${ID}`])
  assert.equal('kind' in ((await trial.json()) as object), false)
  const csv = await get(`/v1/policy/trials/${ID}/numbers?change=newly`, { accept: 'text/csv' })
  assert.match(csv.headers.get('content-disposition')!, /policy-trial-newly\.csv/)
  assert.deepEqual((await csv.text()).split('\r\n').slice(1, 3), [
    `"'+12125550001","Acme; ""=1+1""","2","0","watch","why"`,
    `"'+12125550002","","1","0","watch","'=cmd"`,
  ])
  await post('/v1/policy/shadow/watch/judgements', { number: '(212) 555-0117', label: 'legitimate' }).then((answer) =>
    assert.equal(answer.status, 400),
  )
  const judged = await post('/v1/policy/shadow/watch/judgements', { number: '+1 212 555 0117', label: 'legitimate' })
  assert.equal(judged.status, 200)
  assert.deepEqual(asked.at(-1)?.slice(0, 3), ['judgeShadow', 'watch', '+12125550117'])
  const list = await get('/v1/policy/lists/lists%2Fdno.csv/entries', { accept: 'text/csv' })
  assert.equal(list.status, 200)
  assert.deepEqual(asked.at(-1), ['listText', 'lists/dno.csv'])
})

test('what cannot be is a problem with the place of the fault, and a list comes as text of UTF-8 or not at all', async (t) => {
  const { get, post, ask } = await open(t)
  const cases: [what: string, response: Promise<Response>, status: number, kind: string, pointer?: string][] = [
    ['days of a year', post('/v1/policy/trials', { ...DRAFT, days: 365 }), 400, 'bad-field', '/days'],
    ['no days', get('/v1/policy/shadow?days=0'), 400, 'bad-field', '/days'],
    ['a version by name', get('/v1/policy/versions/latest'), 404, 'not-found'],
    ['no such version', get('/v1/policy/versions/99'), 404, 'not-found'],
    ['a difference to nothing', get('/v1/policy/differences?from=1'), 400, 'bad-field', '/to'],
    ['no such trial', get('/v1/policy/trials/nothing'), 404, 'not-found'],
    ['another change', get(`/v1/policy/trials/${ID}/numbers?change=all`), 400, 'bad-field', '/change'],
    [
      'an upload of another form',
      post('/v1/policy/checks', { ...DRAFT, uploads: ['x'] }),
      400,
      'bad-field',
      '/uploads/0',
    ],
    ['an unknown key', post('/v1/policy/checks', { ...DRAFT, text: '' }), 400, 'bad-field', '/text'],
    [
      'octets that are no text',
      ask('POST', '/v1/policy/lists/dno.csv/uploads', {
        body: '\ufffd',
        headers: { 'content-type': 'application/pdf' },
      }),
      415,
      'wrong-type',
    ],
    [
      'too much',
      ask('POST', '/v1/policy/lists/dno.csv/uploads', {
        body: 'x',
        headers: { 'content-type': 'text/csv', 'content-length': '99999999' },
      }),
      413,
      'too-large',
    ],
  ]
  let looked = 0
  for (const [what, response, status, kind, pointer] of cases) {
    await refused(response, status, kind, pointer, what)
    looked++
  }
  assert.equal(looked, 11)
  const good = await ask('POST', '/v1/policy/lists/dno.csv/uploads', {
    body: '+18005550100\n',
    headers: { 'content-type': 'text/csv' },
  })
  assert.equal(good.status, 201, await good.text())
})

test('docs/openapi-policy.json describes these routes', () => {
  const described = JSON.stringify(describeOffice(Object.values(DESCRIPTIONS)), undefined, 2)
  assert.equal(readFileSync(new URL('../../../../docs/openapi-policy.json', import.meta.url), 'utf8').trim(), described)
  assert.ok(Object.keys(DESCRIPTIONS).length >= 20)
})

/** The routes on a desk that answers the same to everything, with an admin signed in. */
async function open(t: TestContext, plan?: DialPlan) {
  const asked: (readonly [name: string, ...given: unknown[]])[] = []
  const step = { version: 7, at: AT, step: 'applied', base: 6, by: 'ann', note: '', origin: undefined }
  const settled = { kind: 'settled', policy: 8, state: 'applied', before: 7, guarded: [], words: [] }
  const summary = { version: 7, state: 'applied', madeAt: AT, steps: [step], replaced: undefined, lists: [] }
  const number = { calls: 3, noLongerBlocked: 0, rules: ['watch'] }
  const numbers = [
    {
      ...number,
      number: '+12125550001',
      newlyBlocked: 2,
      why: 'why',
      registered: [
        { registration: ID, name: 'Acme' },
        { registration: ID, name: '"=1+1"' },
      ],
    },
    { ...number, number: '+12125550002', newlyBlocked: 1, why: '=cmd', registered: [] },
  ]
  const answers = new Map<string, unknown>([
    ['versions', { inForce: 7, versions: [summary], after: undefined }],
    ['apply', settled],
    ['addNumber', settled],
    ['tryOut', TRIAL],
    ['trialNumbers', { numbers, after: undefined }],
    ['listText', 'number\n'],
    ['check', { kind: 'faulty', faults: [] }],
    [
      'upload',
      {
        kind: 'upload',
        id: ID,
        list: 'dno.csv',
        at: AT,
        by: 'ann',
        until: AT,
        octets: 1,
        entries: 1,
        isNew: false,
        faults: [],
        guarded: [],
      },
    ],
  ])
  const policy = new Proxy({} as PolicyDesk, {
    get:
      (_, name) =>
      (...given: unknown[]) => {
        asked.push([String(name), ...given])
        return Promise.resolve(answers.get(String(name)))
      },
  })
  const office = openTestOffice({ routes: policyRoutes({ policy, plan }) })
  t.after(() => office.close())
  const { session } = await office.staff('ann', 'admin')
  return {
    asked,
    ask: (method: string, path: string, more: Parameters<typeof office.ask>[2] = {}) =>
      office.ask(method, path, { session, ...more }),
    get: (path: string, headers: Readonly<Record<string, string>> = {}) =>
      office.ask('GET', path, { session, headers }),
    post: (path: string, json: unknown, headers: Readonly<Record<string, string>> = {}) =>
      office.ask('POST', path, { session, json, headers }),
  }
}

async function refused(
  response: Promise<Response>,
  status: number,
  kind: string,
  pointer?: string,
  what = kind,
): Promise<void> {
  const answer = await response
  const text = await answer.text()
  assert.equal(answer.status, status, `${what}: ${text}`)
  const problem = JSON.parse(text) as { type: string; pointer?: string }
  assert.equal(problem.type, `${PROBLEM_URN}${kind}`, what)
  if (pointer !== undefined) assert.equal(problem.pointer, pointer, what)
}
