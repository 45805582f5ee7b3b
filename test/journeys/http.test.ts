import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import test from 'node:test'
import { parseKey } from '#codec/jcard/key.ts'
import { verifyCard } from '#codec/jcard/verify.ts'
import { Caller, fieldOf, formatInvite, idOf, statusOf } from '../peers/caller.ts'
import { startKamailio } from '../peers/kamailio.ts'
import { missing } from '../peers/peer.ts'
import { freePort } from '../peers/port.ts'
import { Recourse } from '../peers/recourse.ts'
import { answerCalls, callsFrom, placeCalls } from '../peers/sipp.ts'
import { foundAuthority } from '../tls-certificates.ts'

const EXAMPLE = new URL('../../examples/kamailio/kamailio-http.cfg', import.meta.url).pathname
const skip = missing('kamailio', 'sipp') || missingModule()
const TOKEN = 't'.repeat(40)
const BUSY = '+12125550117'
const QUIET = '+12125550142'
const CALLED = '+14155550163'

type Verdict = {
  verdict: string
  status: number
  headers: string[]
  receipt?: string
  recorded: boolean
  reason?: string
}

async function ask(gate: Recourse, question: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${gate.apiPort}/v1/screen`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ called: CALLED, ...question }),
  })
}

async function verdictOf(gate: Recourse, question: object): Promise<Verdict> {
  const response = await ask(gate, question)
  assert.equal(response.status, 200, await response.clone().text())
  return (await response.json()) as Verdict
}

test('calls asked about by SIP and over HTTP count together, and a block of either stands in one ledger', async (t) => {
  const gate = await Recourse.start(t, { limit: 2, token: TOKEN })
  const caller = await Caller.open(gate.port)
  t.after(() => caller.close())
  const bySip = async (callId: string): Promise<Buffer> => {
    const answer = await caller.ask(
      formatInvite({
        calling: BUSY,
        called: CALLED,
        callId,
        branch: `z9hG4bK-${callId}`,
        fromTag: 'f',
        port: caller.port,
      }),
    )
    assert.ok(answer !== undefined)
    return answer
  }

  assert.equal(statusOf(await bySip('one')), 404)
  assert.deepEqual(await verdictOf(gate, { callId: 'two', calling: BUSY }), {
    verdict: 'continue',
    status: 404,
    phrase: 'Not Found',
    headers: [],
    recorded: false,
  })
  const third = await verdictOf(gate, { callId: 'three', calling: BUSY, branch: 'a' })
  assert.deepEqual([third.verdict, third.status, third.recorded], ['block', 603, true])
  assert.match(third.headers[0]!, new RegExp(`^Reason: SIP;cause=603;text="v=analytics1;.*id=${third.receipt}"`))
  assert.deepEqual(await verdictOf(gate, { callId: 'three', calling: BUSY, branch: 'a' }), third, 'asked again')
  const branch = await verdictOf(gate, { callId: 'three', calling: BUSY, branch: 'b' })
  assert.equal(branch.verdict, 'block', 'another branch of the same call')
  assert.notEqual(branch.receipt, third.receipt)
  const fourth = await bySip('four')
  assert.equal(statusOf(fourth), 603)
  assert.equal((await verdictOf(gate, { callId: 'five', calling: QUIET })).verdict, 'continue')

  const metrics = await gate.metrics()
  assert.equal(metrics.get('recourse_http_screens_total'), 5)
  assert.equal(metrics.get('recourse_http_screen_repeats_total'), 1)
  assert.equal(metrics.get('recourse_gate_repeats_total'), 1)
  const rows = gate.ledger()
  assert.deepEqual(
    rows.map(({ receipt }) => receipt),
    [third.receipt, branch.receipt, idOf(fourth)],
  )
  assert.deepEqual(new Set(rows.map(({ calling }) => calling)), new Set([BUSY]))
  gate.verifyLedger()
})

test('a gate that was killed answers a question that it had answered with the same block', async (t) => {
  const gate = await Recourse.start(t, { deny: [BUSY], token: TOKEN })
  const question = { callId: 'one', calling: BUSY, branch: 'a' }
  const before = await verdictOf(gate, question)
  assert.equal(before.verdict, 'block')
  await gate.kill()
  await gate.restart()
  assert.deepEqual(await verdictOf(gate, question), before)
  assert.equal(gate.ledger().length, 1)
})

test('the card of a 608 can be fetched at once, and is the one that a caller accepts', async (t) => {
  const minted = foundAuthority('Test authority').mint({ name: 'redress.northwire.example' })
  const desk = 'https://redress.northwire.example'
  const gate = await Recourse.start(t, {
    token: TOKEN,
    desk,
    files: { 'card.pem': minted.certificate, 'card-key.pem': minted.key },
    policy: { notices: 'rfc', rules: [{ id: 'deny', deny: [BUSY] }] },
  })
  const blocked = await verdictOf(gate, { callId: 'one', calling: BUSY, fields: ['Feature-Caps: *;+sip.608'] })
  assert.equal(blocked.status, 608, JSON.stringify(blocked))
  const path = /^Call-Info: <https:\/\/redress\.northwire\.example(\/j\/[\w-]{64})>\s*;purpose=jwscard$/.exec(
    blocked.headers[0]!,
  )?.[1]
  assert.ok(path !== undefined, blocked.headers[0]!)
  const at = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${gate.deskPort}${path}`)
  const response = await at(path)
  assert.equal(response.headers.get('content-type'), 'application/jose')
  const certificate = await (await at('/card.pem')).text()
  assert.equal(certificate, minted.certificate)
  const key = await parseKey(certificate)
  const check = await verifyCard(await response.text(), key, Date.now() / 1000)
  assert.deepEqual([check.faults, check.certificateUri], [[], `${desk}/card.pem`])
  const dummy = await verifyCard(await (await at(`/j/${'A'.repeat(64)}`)).text(), key, Date.now() / 1000)
  assert.deepEqual(dummy.faults, ['issued-at'])
})

test('outcomes that are posted feed the rule that goes by them', async (t) => {
  const short = { of: 'number', share: 50, least: 3, per: '10m', under: '6s' }
  const gate = await Recourse.start(t, { token: TOKEN, policy: { rules: [{ id: 'short', short }] } })
  const post = async (calling: string, seconds: number): Promise<unknown> => {
    const ended = { calling, called: CALLED, answered: true, seconds, endedAt: new Date().toISOString() }
    const response = await fetch(`http://127.0.0.1:${gate.apiPort}/v1/outcomes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify([ended, ended, ended, ended]),
    })
    return response.json()
  }
  assert.deepEqual(await post(BUSY, 2), { taken: 4, counted: 4 })
  assert.deepEqual(await post(QUIET, 60), { taken: 4, counted: 4 })
  assert.equal((await verdictOf(gate, { callId: 'one', calling: BUSY })).verdict, 'block')
  assert.equal((await verdictOf(gate, { callId: 'two', calling: QUIET })).verdict, 'continue')
})

test('a score of an outside service blocks, and its silence blocks nobody', async (t) => {
  const asked: string[] = []
  const service = createServer((request, response) => {
    request.on('data', (piece) => {
      const body = String(piece)
      asked.push(body)
      if (body.includes(BUSY)) response.end('{"score": 95}')
      else if (body.includes(QUIET)) response.end('{"score": 10}')
    })
  })
  const port = await freePort()
  await new Promise<void>((listening) => service.listen(port, '127.0.0.1', listening))
  t.after(() => {
    service.closeAllConnections()
    service.close()
  })
  const score = { url: `http://127.0.0.1:${port}/`, limit: 80, within: '400ms' }
  const gate = await Recourse.start(t, { token: TOKEN, policy: { rules: [{ id: 'outside', score }] } })
  assert.equal((await verdictOf(gate, { callId: 'one', calling: BUSY })).verdict, 'block')
  assert.equal((await verdictOf(gate, { callId: 'two', calling: QUIET })).verdict, 'continue')
  assert.equal((await verdictOf(gate, { callId: 'three', calling: '+12125550199' })).verdict, 'continue')
  assert.equal(asked.length, 3)
})

test('Kamailio asks over HTTP, routes on on continue, and answers a block as the gate says', { skip }, async (t) => {
  const gate = await Recourse.start(t, { limit: 2, token: TOKEN })
  const path = await startPath(t, gate)

  const allowed = await placeCalls(t, { scenario: 'uac-expect-connected', rows: callsFrom(BUSY, 2), to: path })
  const blocked = await placeCalls(t, {
    scenario: 'uac-expect-network-blocked-by-proxy',
    rows: callsFrom(BUSY, 3),
    to: path,
  })
  const other = await placeCalls(t, { scenario: 'uac-expect-connected', rows: callsFrom(QUIET, 1), to: path })

  for (const run of [allowed, blocked, other]) assert.equal(run.ending.code, 0, run.errors)
  assert.equal(gate.ledger().length, 3)
})

test('Kamailio gives the caller the Reason of the gate to the octet', { skip }, async (t) => {
  const gate = await Recourse.start(t, { deny: [BUSY], token: TOKEN })
  const kamailio = await startPath(t, gate)
  const caller = await Caller.open(kamailio)
  t.after(() => caller.close())
  const invite = formatInvite({
    calling: BUSY,
    called: CALLED,
    callId: 'one',
    branch: 'z9hG4bK-one',
    fromTag: 'f',
    port: caller.port,
  })
  let answer = await caller.ask(invite)
  // 100 Trying comes first, while the gate is asked.
  while (answer !== undefined && statusOf(answer) < 200) answer = await caller.ask(invite)
  assert.ok(answer !== undefined)
  const [row] = gate.ledger()
  assert.equal(statusOf(answer), 603)
  assert.match(fieldOf(answer, 'Reason'), new RegExp(`;id=${row!.receipt}";location=RLN$`))
  assert.equal(gate.ledger().length, 1)
})

for (const [title, token, port] of [
  ['a token that is no peer’s', 'x'.repeat(40), undefined],
  ['a gate that is not there', TOKEN, freePort],
] as const) {
  test(`${title} stops no call`, { skip }, async (t) => {
    const gate = await Recourse.start(t, { deny: [QUIET], token: TOKEN })
    const path = await startPath(t, gate, token, await port?.())
    const run = await placeCalls(t, { scenario: 'uac-expect-connected', rows: callsFrom(QUIET, 1), to: path })
    assert.equal(run.ending.code, 0, run.errors)
    assert.equal(gate.ledger().length, 0)
  })
}

/** Kamailio without the module that asks over HTTP does not take the example; where everything must be there, it must too. */
function missingModule(): string | false {
  const { status, stderr } = spawnSync('kamailio', ['-c', '-f', EXAMPLE], { encoding: 'utf8' })
  if (status === 0) return false
  if (process.env['CI'] === 'true') throw new Error(stderr)
  return 'Kamailio has no http_client'
}

/** Starts a callee, and a Kamailio that asks the gate over HTTP; answers Kamailio's port. */
async function startPath(t: test.TestContext, gate: Recourse, token = TOKEN, apiPort = gate.apiPort): Promise<number> {
  const callee = await answerCalls(t, 'uas-answer')
  const port = await freePort()
  await startKamailio(t, EXAMPLE, port, {
    LISTEN: `udp:127.0.0.1:${port}`,
    GATE: `"http://127.0.0.1:${apiPort}/v1/screen"`,
    TOKEN: token,
    DESTINATION: `"sip:127.0.0.1:${callee.port}"`,
  })
  return port
}
