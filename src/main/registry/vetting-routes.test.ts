import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ITEMS } from '#core/registry/vetting.ts'
import { describeOffice } from '#edge/http/accounts/office-app.ts'
import { VETTING_DESCRIPTIONS } from '#edge/http/registry/vetting-descriptions.ts'
import { vettingRoutes } from '#edge/http/registry/vetting.ts'
import { openRegistryStore } from '#edge/store/registry-store.ts'
import { openTestOffice } from '../../../test/office.ts'
import { makeRegistry } from './make-registry.ts'

const BROWSER = { origin: 'https://office.northwire.example', 'sec-fetch-site': 'same-origin' }
const PLACE = '/v1/registry/registrations'
const PLAN = { country: 1, national: 10, international: '011' }

test('of two people who look at one registration, the second decides nothing before she has read what the first did', async (t) => {
  const { ask, open, ann, bea } = await openVetting(t)
  const id = await open()
  for (const item of ITEMS)
    await done(ask(ann, `${PLACE}/${id}/checklist`, { item, outcome: 'passed', reason: 'seen' }))
  const [byAnn, byBea] = await Promise.all([ann, bea].map((who) => tagOf(ask(who, `${PLACE}/${id}`))))
  assert.equal(byAnn, byBea)

  const refusal = { reasons: ['no such business'], next: 'send the entry of the register' }
  const [approved, refusing] = await Promise.all([
    ask(ann, `${PLACE}/${id}/approve`, { reason: 'all seen' }, byAnn),
    ask(bea, `${PLACE}/${id}/refuse`, refusal, byBea),
  ])
  assert.equal(approved.status, 200)
  const { status, type, detail } = await problem(refusing)
  assert.deepEqual([status, type], [412, 'changed'])
  assert.match(detail, /has come to event \d+ meanwhile: read it again/)
  const now = await ask(bea, `${PLACE}/${id}`)
  assert.equal(((await now.clone().json()) as { status: string }).status, 'approved', 'nothing was done over it')
  assert.equal((await ask(bea, `${PLACE}/${id}/refuse`, refusal, await tagOf(now))).status, 200, 'she has read it')
})

test('each step of vetting heeds If-Match, and those that decide are not taken without it', async (t) => {
  const { ask, open, ann } = await openVetting(t)
  const id = await open()
  const other = await open()
  const steps: readonly (readonly [place: string, body: object, decides: boolean])[] = [
    ['numbers', { numbers: ['+12125550119'] }, false],
    ['removals', { numbers: ['+12125550119'] }, false],
    ['checklist', { item: 'identity', outcome: 'passed', reason: 'seen' }, false],
    ['ask', { question: 'Who dials?' }, false],
    ['notes', { text: 'phoned' }, false],
    ['proofs', { way: 'letter', detail: 'signed' }, false],
    ['approve', { reason: 'all seen' }, true],
    ['refuse', { reasons: ['no'], next: 'write' }, true],
    ['suspend', { reason: 'complaints' }, true],
    ['disputes', { number: '+12125550117', other, keeps: true, reason: 'ported' }, true],
    ['corrections', { seq: 2, reason: 'wrong' }, true],
    ['withdraw', { reason: 'asked for' }, false],
  ]
  const count = async () => ((await (await ask(ann, `${PLACE}/${id}`)).json()) as { seq: number }).seq
  const before = await count()
  for (const [place, body, decides] of steps) {
    const path = `${PLACE}/${id}/${place}`
    for (const stale of ['"1"', '"99-abc"', 'yesterday']) {
      const { status, type } = await problem(await ask(ann, path, body, stale))
      assert.deepEqual([status, type], [412, 'changed'], `${place} ${stale}`)
    }
    if (!decides) continue
    const blind = await problem(await ask(ann, path, body))
    assert.deepEqual([blind.status, blind.type], [428, 'no-match-said'], place)
    assert.match(blind.detail, /of the registration/)
    const { type } = await problem(await ask(ann, path, body, '*'))
    assert.notEqual(type, 'no-match-said', `${place}: it does not matter to her`)
  }
  assert.ok(steps.length >= 12)
  const after = await count()
  assert.equal(
    after - before,
    1,
    'only what was asked for with * came through, and only to be refused has it come far enough',
  )
  assert.equal((await ask(ann, `${PLACE}/${id}/notes`, { text: 'phoned' }, `"${after}"`)).status, 200)
  assert.equal((await ask(ann, `${PLACE}/${id}/notes`, { text: 'phoned again' })).status, 200, 'a note needs none')
})

test('a parameter of the queue that is misspelt, twice or wrong is named with what was meant', async (t) => {
  const { ask, open, ann } = await openVetting(t)
  await open()
  const found = async (query: string) => {
    const answer = await ask(ann, `${PLACE}?${query}`)
    assert.equal(answer.status, 200, await answer.clone().text())
    return ((await answer.json()) as { registrations: unknown[] }).registrations.length
  }
  for (const [query, pointer, words] of [
    ['statsu=waiting', '/statsu', /did you mean status\?/],
    ['disputes=true', '/disputes', /did you mean disputed\?/],
    ['colour=red', '/colour', /expected one of status, disputed, number, after, limit/],
    ['status=waiting&status=approved', '/status', /twice/],
    ['disputed=yes', '/disputed', /true or false/],
    ['limit=0', '/limit', /1 to 200/],
    ['limit=201', '/limit', /1 to 200/],
    ['limit=1e2', '/limit', /1 to 200/],
    ['number=none', '/number', /country code/],
  ] as const) {
    const { status, ...problemOf } = await problem(await ask(ann, `${PLACE}?${query}`))
    assert.deepEqual([status, problemOf.type, problemOf.pointer], [400, 'bad-field', pointer], query)
    assert.match(problemOf.detail, words, query)
  }
  for (const query of [
    'status=waiting',
    'number=%2B12125550117',
    'number=+1%20(212)%20555-0117',
    'number=(212)%20555-0117',
    'limit=200',
    'disputed=false',
  ])
    assert.equal(await found(query), 1, query)
  assert.equal(await found('number=%2B12125550118'), 0)
  assert.equal(await found('disputed=true'), 0)
})

test('a step under the same key is taken once, also after it has moved the tag that it named; another body under it is refused', async (t) => {
  const { ask, open, ann, bea } = await openVetting(t)
  const id = await open()
  const events = async () => ((await (await ask(ann, `${PLACE}/${id}`)).json()) as { seq: number }).seq
  const before = await events()
  const tag = await tagOf(ask(ann, `${PLACE}/${id}`))
  const first = await ask(ann, `${PLACE}/${id}/notes`, { text: 'phoned' }, tag, 'one')
  const again = await ask(ann, `${PLACE}/${id}/notes`, { text: 'phoned' }, tag, 'one')
  assert.deepEqual([first.status, again.status], [200, 200])
  assert.equal(await again.text(), await first.text())
  assert.equal(again.headers.get('etag'), first.headers.get('etag'))
  assert.equal(await events(), before + 1)
  const { status, type } = await problem(await ask(ann, `${PLACE}/${id}/notes`, { text: 'wrote' }, undefined, 'one'))
  assert.deepEqual([status, type], [422, 'key-reused'])
  assert.equal((await ask(bea, `${PLACE}/${id}/notes`, { text: 'phoned' }, undefined, 'one')).status, 200)
  assert.equal(await events(), before + 2, 'the key of somebody else is another one')
  const lines = { numbers: ['+12125550119'] }
  const reports = [1, 2].map(() => ask(ann, `${PLACE}/${id}/numbers`, lines, undefined, 'lines'))
  for (const report of await Promise.all(reports))
    assert.equal(((await report.json()) as { added: number }).added, 1, 'and not told that they were there')
})

test('a registration is opened once for a key, also over a restart; with another body the key is refused then too', async (t) => {
  const { ask, ann, bea, office, store } = await openVetting(t)
  const count = () => store.list({}, undefined, 100).registrations.length
  const post = (json: object, key: string, who = ann) => ask(who, PLACE, json, undefined, key)
  const idOf = async (answering: Promise<Response>) => {
    const answer = await answering
    assert.equal(answer.status, 201, await answer.clone().text())
    return ((await answer.json()) as { id: string }).id
  }
  const id = await idOf(post(CLINIC, 'one'))
  assert.equal(await idOf(post(CLINIC, 'one')), id)
  office.restart()
  assert.equal(await idOf(post(CLINIC, 'one')), id)
  assert.equal(count(), 1)
  for (const other of [{ way: 'letter' }, { numbers: ['+12125550118'] }, { contact: 'Bob' }]) {
    const seen = await problem(await post({ ...CLINIC, ...other }, 'one'))
    office.restart()
    const forgotten = await problem(await post({ ...CLINIC, ...other }, 'one'))
    assert.deepEqual([seen.type, forgotten.type], ['key-reused', 'key-reused'], JSON.stringify(other))
  }
  assert.equal(count(), 1)
  assert.notEqual(await idOf(post(CLINIC, 'two')), id)
  assert.notEqual(await idOf(post(CLINIC, 'one', bea)), id)
  assert.equal(count(), 3)
})

test('the private link of a holder is in nothing that the inside answers, neither to who reads nor to who opens', async (t) => {
  const { ask, open, ann, registry } = await openVetting(t)
  const { way: _, numbers, callsPerDay, ...fields } = CLINIC
  const visitor = { address: '192.0.2.7', work: undefined, waited: true, once: 'a key that nobody guesses' }
  const application = {
    way: 'api',
    fields: { ...fields, callsPerDay: String(callsPerDay) },
    numbers: numbers.join('\n'),
    faultyLines: 'leave-out',
  } as const
  const opened = await registry.open(application, visitor)
  assert.ok(opened.kind === 'opened')
  const hash = createHash('sha256').update(opened.token).digest('hex')
  const places = [PLACE, `${PLACE}/${opened.id}`, '/v1/registry/numbers/%2B12125550117', '/v1/registry/sources']
  let told = 0
  for (const place of places) {
    const text = await (await ask(ann, place)).text()
    assert.ok(!text.includes(opened.token) && !text.includes(hash), place)
    if (text.includes(opened.id)) told++
  }
  assert.ok(told >= 2, `${told} answers told of it at all`)
  const made = await ask(ann, PLACE, { ...CLINIC, email: 'bob@clinic.example' })
  assert.deepEqual(Object.keys((await made.json()) as object).toSorted(), ['id', 'report'])
  const note = await (await ask(ann, `${PLACE}/${await open()}/notes`, { text: 'phoned' })).text()
  assert.ok(!note.includes('token'))
})

test('lines that cannot be used are left out and named, or keep all from being done where that was asked for', async (t) => {
  const { ask, ann, open } = await openVetting(t)
  const numbers = ['+12125550160', 'Pharmacy', '', '(212) 555-0161,Front desk', '12']
  const refused = await problem(await ask(ann, PLACE, { ...CLINIC, numbers, faultyLines: 'refuse' }))
  assert.deepEqual([refused.status, refused.type, refused.pointer], [400, 'bad-field', '/numbers'])
  assert.match(refused.detail, /^line 2, Pharmacy: expected .*; line 5, 12: expected /)
  const many = Array.from({ length: 9 }, () => 'x')
  assert.match(
    (await problem(await ask(ann, PLACE, { ...CLINIC, numbers: many, faultyLines: 'refuse' }))).detail,
    /; and 4 more$/,
  )
  const queue = (await (await ask(ann, PLACE)).json()) as { registrations: unknown[] }
  assert.equal(queue.registrations.length, 0, 'nothing was opened')

  const id = await open()
  const place = `${PLACE}/${id}/numbers`
  const none = await problem(await ask(ann, place, { numbers, faultyLines: 'refuse' }, '*'))
  assert.deepEqual([none.type, none.pointer], ['bad-field', '/numbers'])
  const added = (await (await ask(ann, place, { numbers }, '*')).json()) as {
    added: number
    faults: { line: number }[]
  }
  assert.equal(added.added, 2)
  assert.deepEqual(
    added.faults.map(({ line }) => line),
    [2, 5],
  )
})

test('the telephone of who registers is read by the dial plan, and what is none is told at its field', async (t) => {
  const { ask, ann } = await openVetting(t)
  const wrong = await problem(await ask(ann, PLACE, { ...CLINIC, tel: '555-01' }))
  assert.deepEqual([wrong.type, wrong.pointer], ['bad-field', '/tel'])
  const right = await ask(ann, PLACE, { ...CLINIC, tel: '212 555 0170' })
  assert.equal(right.status, 201, await right.clone().text())
  const { id } = (await right.json()) as { id: string }
  assert.match(await (await ask(ann, `${PLACE}/${id}`)).text(), /"tel":"\+12125550170"/)
})

test('docs/openapi-vetting.json is what the inside of the registry describes, If-Match with it', () => {
  const path = new URL('../../../docs/openapi-vetting.json', import.meta.url)
  const committed = JSON.parse(readFileSync(path, 'utf8')) as {
    paths: Record<string, { post?: { parameters?: { name: string; required?: boolean }[] } }>
  }
  const described: unknown = JSON.parse(JSON.stringify(describeOffice(Object.values(VETTING_DESCRIPTIONS))))
  assert.deepEqual(committed, described, 'node src/edge/http/registry/describe-vetting.ts > docs/openapi-vetting.json')
  const matched = Object.entries(committed.paths).flatMap(([path, { post }]) =>
    (post?.parameters ?? []).flatMap(({ name, required }) => (name === 'If-Match' ? [[path, required === true]] : [])),
  )
  assert.equal(matched.length, 12)
  assert.equal(matched.filter(([, required]) => required).length, 5)
})

/** The inside on a real store, with two people who vet. */
async function openVetting(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-vetting-'))
  const store = openRegistryStore(`sqlite:${join(folder, 'recourse.db')}`)
  const { registry, vetting } = makeRegistry({
    store,
    terms: {
      public: 'https://desk.example',
      operator: 'Northwire',
      termMs: 365 * DAY_MS,
      proofMs: 365 * DAY_MS,
      confirmWithinMs: 2 * DAY_MS,
    },
    plan: PLAN,
    now: () => Date.parse('2026-11-22T12:00:00Z'),
    assignDial: () => undefined,
    keepEvidence: async () => assert.fail('nobody hands in a file'),
    removeEvidence: () => undefined,
    readEvidence: async () => undefined,
    alarm: (cause) => assert.fail(String(cause)),
  })
  const office = openTestOffice({ routes: [...vettingRoutes(vetting, PLAN)] })
  t.after(() => {
    office.close()
    store.close()
    rmSync(folder, { recursive: true })
  })
  const ann = (await office.staff('ann', 'vetting')).session
  const bea = (await office.staff('bea', 'vetting')).session
  const ask = (session: string, path: string, json?: object, match?: string, key?: string) =>
    office.ask(json === undefined ? 'GET' : 'POST', path, {
      session,
      ...(json !== undefined && { json }),
      headers: {
        ...BROWSER,
        ...(match !== undefined && { 'if-match': match }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
    })
  return {
    ask,
    office,
    store,
    registry,
    ann,
    bea,
    open: async (): Promise<string> => {
      const answer = await ask(ann, PLACE, CLINIC)
      assert.equal(answer.status, 201, await answer.clone().text())
      return ((await answer.json()) as { id: string }).id
    },
  }
}

async function tagOf(answering: Response | Promise<Response>): Promise<string> {
  const tag = (await answering).headers.get('etag')
  assert.match(tag ?? '', /^"\d+-[\w-]+"$/)
  return tag!
}

async function done(answering: Promise<Response>): Promise<void> {
  const answer = await answering
  assert.equal(answer.status, 200, await answer.text())
}

type Problem = { readonly status: number; readonly type: string; readonly detail: string; readonly pointer?: string }

async function problem(answer: Response): Promise<Problem> {
  const { type = '', detail = '', pointer } = (await answer.json()) as Partial<Problem>
  return { status: answer.status, type: type.replace(/^.*:/, ''), detail, ...(pointer !== undefined && { pointer }) }
}

const CLINIC = {
  way: 'telephone',
  legalName: 'Main Street Clinic',
  contact: 'Ann Lee',
  email: 'ann@clinic.example',
  site: 'https://clinic.example',
  purpose: 'Reminders of appointments',
  callsPerDay: 250,
  provider: 'Northwire',
  numbers: ['+12125550117'],
}
const DAY_MS = 86_400_000
