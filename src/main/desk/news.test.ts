import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Case, CaseTerms } from '#core/redress/case.ts'
import { readCase } from '#core/redress/case.ts'
import type { CaseEvent, CaseEventContent } from '#core/redress/case-event.ts'
import type { Claim } from '#core/redress/claim.ts'
import { openForWriting, parseStoreUrl } from '#edge/store/schema.ts'
import { foundAuthority } from '../../../test/tls-certificates.ts'
import { type News, openNews } from './news.ts'

const SECRET = 'a secret of the claimant'
const OWN = { name: 'tickets', secret: 'a secret of the operator' }

test('the operator hears of everything that happens to a case, a claimant of what he may read', async (t) => {
  const { receiver, claimants, record, news } = await newsroom(t)
  record({ kind: 'updated', data: { what: 'note', text: 'looks like a clinic' } })
  record({ kind: 'asked', data: { question: 'What are these calls for?' } })

  await until(() => receiver.got.length === 2 && claimants.got.length === 1)

  assert.deepEqual(receiver.got.map(({ body }): string => JSON.parse(body).event).toSorted(), ['asked', 'updated'])
  const [told] = claimants.got
  assert.deepEqual(JSON.parse(told!.body), {
    recourse: 1,
    id: 'case1-3',
    type: 'case',
    case: 'case1',
    at: '2026-11-22T12:00:00.000Z',
    event: 'asked',
    status: 'waiting-for-claimant',
  })
  assert.equal(told!.headers['recourse-event'], 'case1-3')
  assertSigned(told!, SECRET)
  assertSigned(receiver.got[0]!, OWN.secret)
  assert.doesNotMatch(receiver.got[0]!.body + told!.body, /clinic/)
  await until(() => news.figures().told === 3)
})

test('what happened before it began is not told, and what was under way goes on after a restart', async (t) => {
  const { receiver, record, restart, news } = await newsroom(t)
  receiver.status = 503
  record({ kind: 'asked', data: { question: 'Why?' } })
  await until(() => receiver.got.length === 1)
  await news.close()
  receiver.status = 204
  const again = restart()

  await until(() => again.figures().waiting === 0 && receiver.got.length > 1)

  const ids = receiver.got.map(({ headers }) => headers['recourse-event'])
  assert.deepEqual([...new Set(ids)], ['case1-2'], 'the case was opened before, and each try has the same id')
})

test('a claimant’s receiver on an address that is not public is never connected to', async (t) => {
  const { claimants, record, troubles, news } = await newsroom(t, false)
  record({ kind: 'asked', data: { question: 'Why?' } })

  record({ kind: 'asked', data: { question: 'And since when?' } })
  await until(() => news.figures().retried >= 1)

  assert.equal(claimants.connections, 0)
  await until(() => news.figures().waiting === 2)
  const said = troubles.filter(([hook]) => hook.includes('claimant'))
  assert.deepEqual(said, [
    [
      'case case1, the claimant\u2019s receiver hooks.clinic.example',
      'the name leads to an address that is not public',
    ],
  ])
})

test('a receiver that fails again and again is told of once, and anew when something else is wrong or it went well', async (t) => {
  const { receiver, record, troubles, news } = await newsroom(t)
  const of = () => troubles.filter(([hook]) => hook === `webhook ${OWN.name}`)
  receiver.status = 503
  record({ kind: 'asked', data: { question: 'One?' } })
  await until(() => of().length === 1)
  record({ kind: 'asked', data: { question: 'Two?' } })
  await until(() => receiver.got.length >= 2 && news.figures().retried >= 2)
  assert.equal(of().length, 1)
  receiver.status = 500
  record({ kind: 'asked', data: { question: 'Three?' } })
  await until(() => of().length === 2)
})

test('a claimant’s receiver that hangs holds up nobody else', async (t) => {
  const { receiver, claimants, record } = await newsroom(t)
  claimants.isSilent = true
  for (let question = 0; question < 30; question++) record({ kind: 'asked', data: { question: `${question}?` } })

  await until(() => receiver.got.length === 30)

  assert.ok(claimants.got.length <= 2, 'of one case one event is under way at a time')
})

test('an event that nobody took within a day is given up', async (t) => {
  const { receiver, claimants, record, news } = await newsroom(t, true, Date.UTC(2026, 10, 23, 13))
  receiver.status = 500
  claimants.status = 500
  record({ kind: 'asked', data: { question: 'Why?' } })

  await until(() => news.figures().givenUp === 2)

  await until(() => news.figures().waiting === 0)
})

type Heard = { readonly body: string; readonly headers: IncomingMessage['headers'] }
type Receiver = { readonly port: number; readonly got: Heard[]; status: number; connections: number; isSilent: boolean }

async function newsroom(t: TestContext, isReachable = true, nowMs = AT + 1_000) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-news-'))
  const store = `sqlite:${join(folder, 'news.db')}`
  const db = openForWriting(parseStoreUrl(store), 'full')
  t.after(() => {
    db.close()
    rmSync(folder, { recursive: true })
  })
  const authority = foundAuthority('Hooks')
  const receiver = await receive(t)
  const claimants = await receive(t, authority.mint({ name: 'hook', dns: ['hooks.clinic.example'] }))
  const webhook = { url: 'https://hooks.clinic.example/recourse', secret: SECRET }
  const events: CaseEvent[] = []
  const record = (content: CaseEventContent): void => {
    const seq = events.length + 1
    events.push({ case: 'case1', seq, at: AT, actor: { kind: 'desk' }, ...content })
    if (seq === 1) db.prepare("INSERT INTO desk_case (number, id, opened) VALUES (1, 'case1', ?)").run(AT)
    db.prepare(
      `INSERT INTO case_event ("case", seq, at, actor, name, kind, data) VALUES (1, ?, ?, 'desk', '', ?, ?)`,
    ).run(seq, AT, content.kind, JSON.stringify(content.data))
  }
  record({ kind: 'opened', data: { way: 'telephone', claim: { ...CLAIM, webhook }, request: undefined, blocks: [] } })
  const troubles: [string, string][] = []
  const start = (): News => {
    const news = openNews({
      store,
      webhooks: [{ ...OWN, url: `http://127.0.0.1:${receiver.port}/` }],
      read: () => ({ found: standing(events), events }),
      onTrouble: (hook, why) => troubles.push([hook, why]),
      now: () => (nowMs += 1_000),
      reach: {
        resolve: () => Promise.resolve(['127.0.0.1']),
        allowAddresses: isReachable ? ['127.0.0.1'] : [],
        trust: [authority.certificate],
        port: claimants.port,
      },
    })
    t.after(() => news.close().catch(() => undefined))
    return news
  }
  return { receiver, claimants, record, troubles, restart: start, news: start() }
}

async function receive(t: TestContext, tls?: { key: string; certificate: string }): Promise<Receiver> {
  const heard: Receiver = { port: 0, got: [], status: 204, connections: 0, isSilent: false }
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      heard.got.push({ body, headers: request.headers })
      if (!heard.isSilent) response.writeHead(heard.status).end()
    })
  }
  const server =
    tls === undefined ? createHttpServer(answer) : createServer({ key: tls.key, cert: tls.certificate }, answer)
  server.on('connection', () => heard.connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return Object.assign(heard, { port: (server.address() as AddressInfo).port })
}

function assertSigned({ body, headers }: Heard, secret: string): void {
  const [, seconds, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['recourse-signature']))!
  assert.equal(signature, createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex'))
}

function standing(events: readonly CaseEvent[]): Case {
  return readCase(events, AT, TERMS)!
}

const AT = Date.UTC(2026, 10, 22, 12)
const DAY_MS = 86_400_000
const TERMS: CaseTerms = {
  statusWithinMs: DAY_MS,
  decideWithinMs: 3 * DAY_MS,
  answerWithinMs: 14 * DAY_MS,
  confirmWithinMs: 7 * DAY_MS,
  listWithinDays: 3,
  calendar: { timeZone: 'UTC', weekend: [], isHoliday: () => false },
}
const CLAIM: Claim = {
  receipts: [],
  numbers: ['+12125550117'],
  calls: [],
  claimant: { name: 'Ann', email: 'ann@clinic.example', organisation: undefined, tel: undefined, acts: 'for-itself' },
  purpose: 'appointments',
  changed: '',
  webhook: undefined,
}

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) {
    if (isSo()) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.fail('it did not come to that')
}
