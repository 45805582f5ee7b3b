// The calling side over HTTP, on a real store that calls were taken into: what is read, what is done, and what is refused.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import test, { type TestContext } from 'node:test'
import { startMockBlocker } from '#edge/prober/mock-blocker.ts'
import { createSharedProbes } from '#edge/http/desk/shared-probe.ts'
import { noHttpFigures } from '#edge/http/figures.ts'
import { readAudit } from '#edge/store/audit.ts'
import { sampleAttempt, sampleRefusal } from '#edge/store/monitor-samples.ts'
import { openMonitorStore } from '#edge/store/monitor-store.ts'
import { openTestOffice } from '../../test/office.ts'
import type { CallingConfig } from '#main/config/calling.ts'
import { openCallingRoom } from './calling-room.ts'

const NOW = Date.now()
const HOUR = 3_600_000
const NUMBER = '+12125550117'
const NOTICE = [
  'SIP/2.0 603 Network Blocked',
  'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1',
  'From: <sip:+12125550117@a.example>;tag=1',
  'To: <sip:+13125550188@b.example>;tag=2',
  'Call-ID: one@a.example',
  'CSeq: 1 INVITE',
  'Reason: SIP;cause=603;text="v=analytics1;url=https://redress.blocker-1.example/r/Kc9vN2x0RrmJ3p6t1wQ8Zg;id=Kc9vN2x0RrmJ3p6t1wQ8Zg"',
  'Content-Length: 0',
  '',
  '',
].join('\r\n')

/** A clinic whose calls one network refuses, and people who look at it. */
async function open(t: TestContext, wishes: { to?: readonly string[]; publicUrl?: string; isEmpty?: boolean } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-calling-'))
  const path = join(folder, 'recourse.db')
  const store = openMonitorStore(`sqlite:${path}`, { durability: 'off', now: () => NOW })
  const taken = [3, 2, 1].map((hours) => {
    const refusal = sampleRefusal({ from: NUMBER, answer: new TextEncoder().encode(NOTICE) })
    const end = { kind: 'refused', refusal } as const
    return sampleAttempt(1, { key: `call ${hours}`, at: NOW - hours * HOUR, from: NUMBER, to: refusal.to, end })
  })
  const answered = [4, 5].map((hours) =>
    sampleAttempt(2, {
      key: `answered ${hours}`,
      at: NOW - hours * HOUR,
      from: NUMBER,
      carrier: taken[0]!.carrier,
      end: { kind: 'answered', durationMs: 60_000 },
    }),
  )
  if (wishes.isEmpty !== true) store.take([...taken, ...answered], [])
  store.close()
  const calling: CallingConfig = {
    disputes: { reach: new Map(), isPrivateAllowed: false, authorities: undefined },
    probes: { to: wishes.to ?? [] },
  }
  const config = {
    calling,
    store: { kind: 'sqlite', path },
    operator: { name: 'Clinic', contact: { email: 'ann@clinic.example.com' } },
    desk: wishes.publicUrl === undefined ? undefined : { public: wishes.publicUrl },
    mail: undefined,
  } as unknown as ReturnType<Parameters<typeof openCallingRoom>[0]['config']>
  const alarms: unknown[] = []
  const room = openCallingRoom({ config: () => config, now: () => NOW, alarm: (cause) => alarms.push(cause) })
  const office = openTestOffice({ routes: room.routes })
  t.after(async () => {
    await room.close()
    office.close()
    rmSync(folder, { recursive: true })
    assert.deepEqual(alarms, [])
  })
  const { session } = await office.staff('ann', 'admin')
  const worker = (await office.staff('carl', 'case-worker')).session
  const auditor = (await office.staff('olga', 'auditor')).session
  const get = async (place: string, as = session, headers: Readonly<Record<string, string>> = {}) =>
    office.ask('GET', place, { session: as, headers })
  const post = async (place: string, json: unknown, as = session, headers: Readonly<Record<string, string>> = {}) =>
    office.ask('POST', place, { session: as, json, headers: { ...BROWSER, ...headers } })
  const audit = () => {
    const db = new DatabaseSync(path, { readOnly: true })
    const rows = readAudit(db, {}, 100)
    db.close()
    return rows
  }
  return { room, office, session, worker, auditor, get, post, audit }
}

test('the summary says which numbers are blocked, by whom, since when and what share, also as CSV', async (t) => {
  const { get } = await open(t)
  const summary = await json(await get('/v1/calling/summary'))
  assert.equal(summary.words, '1 of your numbers is blocked by 1 network.')
  assert.deepEqual(summary.numbers, [
    {
      number: NUMBER,
      since: iso(NOW - 3 * HOUR),
      last: iso(NOW - HOUR),
      calls: 3,
      recent: { hits: 3, of: 5 },
      by: [{ group: 1, blocker: 'redress.blocker-1.example', state: 'new', standing: 'proven' }],
    },
  ])
  const csv = await get('/v1/calling/summary', undefined, { accept: 'text/csv' })
  assert.match(await csv.text(), /^"number","since".*\r\n.*12125550117.*"3","3","5"/)
})

test('where nothing was ever seen, each page says so', async (t) => {
  const { get } = await open(t, { isEmpty: true })
  assert.match((await json(await get('/v1/calling/summary'))).words, /No call of yours/)
  assert.equal((await json(await get('/v1/calling/groups'))).isEmpty, true)
  assert.equal((await json(await get('/v1/calling/observations'))).isEmpty, true)
  const silence = await json(await get('/v1/calling/silence'))
  assert.deepEqual([silence.looked, silence.findings], [0, []])
})

test('a group is listed, looked into, and said to be resolved, which the audit trail has', async (t) => {
  const { get, post, audit } = await open(t)
  const { groups } = await json(await get('/v1/calling/groups?state=new&number=%2B12125550117'))
  assert.deepEqual(
    groups.map(({ id, state, calls }: Found) => [id, state, calls]),
    [[1, 'new', 3]],
  )
  assert.deepEqual((await json(await get('/v1/calling/groups?blocker=other.example'))).groups, [])
  const group = await json(await get('/v1/calling/groups/1'))
  assert.deepEqual([group.ownNumbers.length, group.observations.length, group.looked], [1, 3, 3])
  const marked = await post('/v1/calling/groups/1/marks', { kind: 'resolved', note: 'their mail of Monday' })
  assert.equal((await json(marked)).state, 'resolved')
  assert.deepEqual((await json(await get('/v1/calling/groups'))).groups, [], 'what is resolved is quiet')
  assert.equal((await json(await get('/v1/calling/groups?all=true'))).groups.length, 1)
  assert.deepEqual(audit().map(({ action, subject }) => [action, subject])[0], ['group-marked', 'group 1'])
  await refused(post('/v1/calling/groups/9/marks', { kind: 'resolved' }), 404, 'not-found')
  await refused(post('/v1/calling/groups/1/marks', { kind: 'gone' }), 400, 'bad-field')
  await refused(post('/v1/calling/groups/1/marks', { kind: 'resolved', note: 'a\u202eb' }), 400, 'bad-field')
})

test('refused calls come by pages and as CSV, and one of them has its answer explained field by field', async (t) => {
  const { get } = await open(t)
  const first = await json(await get('/v1/calling/observations?limit=2'))
  assert.equal(first.observations.length, 2)
  const second = await json(await get(`/v1/calling/observations?limit=2&after=${first.after}`))
  assert.equal(second.observations.length, 1)
  const csv = await (await get('/v1/calling/observations', undefined, { accept: 'text/csv' })).text()
  assert.equal(csv.trim().split('\r\n').length, 4)
  const file = await json(await get(`/v1/calling/observations/${first.observations[0].id}`))
  assert.deepEqual([file.answer, file.ruling.cite.startsWith('ATIS-1000099')], [NOTICE, true])
  const parts = new Map(file.parts.map(({ part, means }: { part: string; means: string }) => [part, means]))
  assert.ok(parts.has('status line') && parts.has('url'), [...parts.keys()].join())
  assert.ok(file.missing.every(({ cite }: { cite: string }) => cite !== ''))
  await refused(get('/v1/calling/observations/999'), 404, 'not-found')
  await refused(get('/v1/calling/observations?since=yesterday'), 400, 'bad-field')
})

test('a dispute is opened, drafted, filed by hand, answered and closed, each step once and as it was seen', async (t) => {
  const { get, post, audit } = await open(t)
  const { dispute: id } = await json(await post('/v1/calling/disputes', { group: 1, purpose: 'We remind patients.' }))
  await refused(post('/v1/calling/disputes', { group: 1 }), 409, 'conflict')
  await refused(post('/v1/calling/disputes', { numbers: [] }), 400, 'bad-field')
  await refused(post('/v1/calling/disputes', { group: 7 }), 400, 'bad-field')
  const place = `/v1/calling/disputes/${id}`
  const read = await get(place)
  const etag = read.headers.get('etag')!
  const file = await json(read)
  assert.deepEqual([file.status, file.numbers, file.who.email], ['draft', [NUMBER], 'ann@clinic.example.com'])
  assert.equal((await json(await get('/v1/calling/summary'))).disputes.ours, 1)
  const draft = await json(await post(`${place}/draft`, { name: 'Ann Lee' }))
  assert.match(draft.text, /Calling numbers:[\s\S]*Ann Lee/)
  await refused(post(`${place}/draft`, { email: 'a\r\nBcc: x' }), 400, 'bad-field')
  // A page on this machine is not asked on a browser's word.
  const checked = await json(await post(`${place}/check`, { to: 'http://127.0.0.1:9/r/x' }))
  assert.equal(checked.speaks, false)
  const filing = { to: 'http://127.0.0.1:9/r/x', host: '127.0.0.1:9' }
  await refused(post(`${place}/filing`, filing), 409, 'conflict')
  assert.equal((await json(await get(place))).status, 'draft')
  const key = { 'idempotency-key': 'once', 'if-match': etag }
  const filed = { way: 'form', to: 'https://redress.blocker-1.example/', reference: 'F-17' }
  assert.equal((await post(`${place}/filed`, filed, undefined, key)).status, 200)
  assert.equal((await post(`${place}/filed`, filed, undefined, key)).status, 200, 'sent again it is done once')
  await refused(post(`${place}/notes`, { text: 'x' }, undefined, { 'if-match': etag }), 412, 'changed')
  assert.equal((await post(`${place}/heard`, { text: 'a person called back' })).status, 200)
  assert.equal((await post(`${place}/outcome`, { outcome: 'lifted', text: 'they say it works' })).status, 200)
  assert.equal((await post(`${place}/poll`, {})).status, 200)
  const lifted = await json(await get(place))
  assert.equal(lifted.status, 'lifted')
  assert.deepEqual(
    lifted.events.map(({ kind }: { kind: string }) => kind),
    ['opened', 'filed', 'acknowledged', 'answered'],
  )
  assert.equal((await json(await get('/v1/calling/groups/1'))).state, 'resolved', 'a lift is known in groups')
  assert.equal((await post(`${place}/closing`, { text: 'done' })).status, 200)
  assert.deepEqual((await json(await get('/v1/calling/disputes'))).disputes, [])
  const all = await json(await get('/v1/calling/disputes?open=false'))
  assert.deepEqual(
    all.disputes.map(({ status }: Found) => status),
    ['closed'],
  )
  assert.match(
    await (await get('/v1/calling/disputes?open=false', undefined, { accept: 'text/csv' })).text(),
    /"closed"/,
  )
  assert.ok(audit().some(({ action, subject }) => action === 'dispute-filed' && subject === `dispute ${id}`))
})

test('a call is placed again from a number of the dispute, where that is let, and what it shows is noted', async (t) => {
  const { get, post, worker, auditor } = await open(t, { to: ['198.51.100.0/24'] })
  const blocker = await startMockBlocker()
  t.after(() => blocker.close())
  const { dispute: id } = await json(await post('/v1/calling/disputes', { group: 1, purpose: 'We remind patients.' }))
  const place = `/v1/calling/disputes/${id}`
  const via = `sip:${blocker.address}`
  const again = (more: object, who?: string) => post(`${place}/retest`, { via, ...more }, who)
  assert.deepEqual((await json(await get(place))).paths, ['198.51.100.0/24'])
  await refused(again({ via: 'nonsense' }), 400, 'bad-field')
  await refused(again({ via: 'sip:192.0.2.7' }), 403, 'not-allowed')
  await refused(again({ from: '+12125550999' }), 400, 'bad-field')
  await refused(again({ to: 'sip:x@y' }), 400, 'bad-field')
  await refused(again({ passes: [200] }), 400, 'bad-field')
  await refused(again({}, auditor), 403, 'not-allowed')
  await refused(post('/v1/calling/disputes/none/retest', { via }), 404, 'not-found')
  assert.equal(blocker.received().length, 0, 'nothing was called')
  assert.deepEqual((await json(await get(place))).events.length, 1, 'and nothing noted')

  const BLOCKS = '+12125550101'
  const blocked = await json(await again({ to: BLOCKS }))
  assert.deepEqual([blocked.result, blocked.from, blocked.to], ['blocked', NUMBER, BLOCKS])
  assert.match(blocked.words, /^603 /)
  const unclear = await json(await again({ to: '+12125559999' }, worker))
  assert.equal(unclear.result, 'unclear')
  const passed = await json(await again({ to: '+12125559999', passes: [Number.parseInt(unclear.words, 10)] }))
  assert.equal(passed.result, 'goes-through')
  const { events, seq } = await json(await get(place))
  assert.deepEqual(
    events.map(({ kind }: { kind: string }) => kind),
    ['opened', 'retested', 'retested', 'retested'],
  )
  assert.equal(seq, passed.seq)
  assert.equal(blocker.received().length, 3)
})

test('a number is proved only where the dispute was filed by API, and only a number of it', async (t) => {
  const { post } = await open(t)
  const { dispute: id } = await json(await post('/v1/calling/disputes', { group: 1 }))
  await refused(post(`/v1/calling/disputes/${id}/proof`, { number: '+12125550999' }), 400, 'bad-field')
  await refused(post(`/v1/calling/disputes/${id}/proof`, {}), 409, 'conflict')
  await refused(post('/v1/calling/disputes/none/proof', {}), 404, 'not-found')
})

test('who only reads changes nothing, and who works on cases starts no probes', async (t) => {
  const { get, post, worker, auditor } = await open(t)
  assert.equal((await get('/v1/calling/summary', auditor)).status, 200)
  assert.equal((await get('/v1/probes', auditor)).status, 200)
  await refused(post('/v1/calling/disputes', { group: 1 }, auditor), 403, 'not-allowed')
  await refused(post('/v1/probes', PROBE, auditor), 403, 'not-allowed')
  await refused(get('/v1/probes', worker), 403, 'not-allowed')
  assert.equal((await post('/v1/calling/disputes', { group: 1 }, worker)).status, 201)
})

test('a probe goes to this machine, where the configuration lets it, and elsewhere only where an administrator says so', async (t) => {
  const { post, get } = await open(t, { to: ['198.51.100.0/24'] })
  const start = (more: object) => post('/v1/probes', { ...PROBE, ...more })
  await refused(start({ via: 'sip:192.0.2.7' }), 400, 'bad-field')
  await refused(start({ via: 'nonsense' }), 400, 'bad-field')
  await refused(start({ via: 'sip:127.0.0.1', scenarios: ['no-such'] }), 400, 'bad-field')
  await refused(start({ via: 'sip:127.0.0.1', farEnd: '/etc/passwd' }), 400, 'bad-field')
  await refused(start({ via: 'sip:127.0.0.1', farEnd: 'http://192.0.2.7:8070' }), 400, 'bad-field')
  await refused(start({ via: 'sip:127.0.0.1', farEnd: 'file:///etc/passwd' }), 400, 'bad-field')
  assert.deepEqual((await json(await get('/v1/probes'))).probes, [], 'nothing was begun')
  const { to, mayElsewhere } = await json(await get('/v1/probe-options'))
  assert.deepEqual([to, mayElsewhere], [['198.51.100.0/24'], true])
})

test('a probe runs through a real path, its report is read and shared, and the link ends when somebody ends it', async (t) => {
  const { room, post, get, audit, office, session } = await open(t, { publicUrl: 'https://redress.clinic.example' })
  const blocker = await startMockBlocker()
  t.after(() => blocker.close())
  const { probe: id } = await json(await post('/v1/probes', { ...PROBE, via: `sip:${blocker.address}` }))
  const done = await until(
    async () => json(await get(`/v1/probes/${id}`)),
    ({ state }) => state !== 'running',
  )
  assert.deepEqual([done.state, done.grade, done.placed, done.total], ['done', 'A', 3, 3], JSON.stringify(done))
  assert.equal(done.report.scenarios.filter(({ state }: Found) => state === 'intact').length, 3)
  assert.match(await (await get(`/v1/probes/${id}/report`)).text(), /^<!doctype html>/)
  assert.equal((await json(await get(`/v1/probes/${id}/report?form=json`))).format, 'recourse-probe-1')
  const { url, id: link } = await json(await post(`/v1/probes/${id}/links`, { days: 7 }))
  const shared = createSharedProbes({
    page: room.sharedPage,
    isProxy: () => false,
    figures: noHttpFigures(),
    now: () => NOW,
  })
  const open_ = async (place: string) => shared.request(place)
  const page = await open_(new URL(url).pathname)
  assert.equal(page.status, 200)
  assert.match(page.headers.get('content-security-policy')!, /default-src 'none'; style-src 'sha256-/)
  assert.equal((await open_(`/probe/${'A'.repeat(43)}`)).status, 404)
  const ended = await office.ask('DELETE', `/v1/probes/${id}/links/${link}`, { session, headers: BROWSER })
  assert.equal(ended.status, 204)
  assert.equal((await open_(new URL(url).pathname)).status, 404)
  assert.deepEqual(
    audit()
      .map(({ action }) => action)
      .filter((action) => action.startsWith('probe')),
    ['probe-unshared', 'probe-shared', 'probe-started'],
  )
  await refused(post(`/v1/probes/${id}/cancel`, {}), 409, 'conflict')
  await refused(post(`/v1/probes/${id}/links`, { days: 900 }), 400, 'bad-field')
})

test('a probe is ended before its time after the call under way, and one where nothing listens says so', async (t) => {
  const { post, get } = await open(t)
  const blocker = await startMockBlocker()
  t.after(() => blocker.close())
  const scenarios = (await json(await get('/v1/probe-options'))).scenarios.map(({ id }: { id: string }) => id)
  const { probe: id } = await json(await post('/v1/probes', { ...PROBE, via: `sip:${blocker.address}`, scenarios }))
  await until(
    async () => json(await get(`/v1/probes/${id}`)),
    ({ placed }) => placed > 0,
  )
  assert.equal((await post(`/v1/probes/${id}/cancel`, {})).status, 200)
  const over = await until(
    async () => json(await get(`/v1/probes/${id}`)),
    ({ state }) => state !== 'running',
  )
  assert.equal(over.state, 'cancelled')
  assert.ok(over.placed < over.total, `${over.placed} of ${over.total}`)
  const nobody = await json(await post('/v1/probes', { ...PROBE, via: 'sip:127.0.0.1:9;transport=tcp' }))
  const failed = await until(
    async () => json(await get(`/v1/probes/${nobody.probe}`)),
    ({ state }) => state !== 'running',
  )
  assert.deepEqual([failed.state, failed.report], ['failed', undefined])
  assert.match(failed.why, /nothing listens/)
})

type Found = Readonly<Record<string, unknown>>

// oxlint-disable-next-line typescript/no-explicit-any -- what comes over HTTP is compared with literals
async function json(response: Response): Promise<any> {
  const text = await response.text()
  assert.ok(response.ok, `${response.status} ${text}`)
  return JSON.parse(text)
}

async function refused(asked: Promise<Response>, status: number, kind: string): Promise<void> {
  const response = await asked
  const text = await response.text()
  assert.deepEqual([response.status, text.includes(`"urn:recourse:problem:${kind}"`)], [status, true], text)
}

async function until<Value>(ask: () => Promise<Value>, isSo: (value: Value) => boolean): Promise<Value> {
  for (let tries = 0; tries < 600; tries++) {
    const value = await ask()
    if (isSo(value)) return value
    await new Promise((next) => setTimeout(next, 50))
  }
  return assert.fail('it never came to that')
}

function iso(at: number): string {
  return new Date(at).toISOString()
}

const PROBE = { via: 'sip:127.0.0.1:5070', from: NUMBER, scenarios: ['sip', 'q850', 'url'] }
const BROWSER = { 'sec-fetch-site': 'same-origin', origin: 'https://office.northwire.example' }
