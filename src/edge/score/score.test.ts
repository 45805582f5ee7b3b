import assert from 'node:assert/strict'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type TestContext } from 'node:test'
import type { CallFacts } from '#core/call/facts.ts'
import { parseParty } from '#core/call/party.ts'
import type { ScoreRule } from '#core/rules/policy.ts'
import { Breaker } from './breaker.ts'
import { noScoreFigures } from './figures.ts'
import { SCORE_QUESTIONS_MAX, createScorer } from './scorer.ts'
import { SCORE_ANSWER_BYTES_MAX } from './service.ts'
import { callFacts } from '../../../test/call-facts.ts'

type Answering = (response: ServerResponse, request: IncomingMessage, body: string) => void

const RULE: ScoreRule = {
  kind: 'score',
  id: 'outside',
  number: 1,
  mode: 'enforce',
  cause: 'analytics',
  program: 'opt-out',
  limit: 80,
  service: { url: '', withinMs: 2_000, cacheMs: 600_000, breaker: { failures: 3, perMs: 10_000, openMs: 30_000 } },
}
const FACTS = callFacts({ atMs: 0 })
const from = (calling: string, called = '+14155550163'): CallFacts => ({
  ...FACTS,
  calling: parseParty(calling),
  called: parseParty(called),
})

/** A service that answers as the test says, and a scorer that asks it. */
async function startScorer(t: TestContext, answer: Answering, changes: Partial<ScoreRule['service']> = {}) {
  const asked: { body: string; authorization: string | undefined; connection: number | undefined }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => (body += String(piece)))
    request.on('end', () => {
      asked.push({ body, authorization: request.headers.authorization, connection: request.socket.remotePort })
      answer(response, request, body)
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  let nowMs = 0
  const figures = noScoreFigures()
  const rule = { ...RULE, service: { ...RULE.service, url: `http://127.0.0.1:${port}/score`, ...changes } }
  const scorer = createScorer([rule], { tokens: new Map([['outside', 'secret']]), figures, clock: () => nowMs })
  t.after(() => {
    scorer.close()
    server.closeAllConnections()
    server.close()
  })
  const score = async (facts = FACTS): Promise<number | undefined> => (await scorer.ask(facts))?.get('outside')
  return { scorer, score, asked, figures, pass: (ms: number) => (nowMs += ms) }
}

const say =
  (text: string, status = 200): Answering =>
  (response) =>
    response.writeHead(status).end(text)

test('a service is asked with what is known of the call, and of the called number only the area', async (t) => {
  const { score, asked, figures } = await startScorer(t, say('{"score": 87.5, "why": "complaints"}'))
  assert.equal(await score(), 87.5)
  assert.deepEqual(JSON.parse(asked[0]!.body), {
    calling: '+12125550117',
    calledArea: '+1415xxxxxxx',
    peer: 'edge',
    trunk: '',
    attestation: 'none',
    verification: 'none',
    forwarded: false,
  })
  assert.equal(asked[0]!.authorization, 'Bearer secret')
  assert.equal(figures.asked, 1)
})

test('a score holds for the same caller and area until its time is up', async (t) => {
  let next = 0
  const { score, asked, figures, pass } = await startScorer(t, (response) => response.end(`{"score": ${++next}}`))
  assert.deepEqual([await score(), await score(from('+12125550117', '+14155550199'))], [1, 1])
  assert.equal(await score(from('+12125550117', '+16505550163')), 2, 'another area')
  assert.equal(await score(from('+12125550118')), 3, 'another caller')
  pass(599_999)
  assert.equal(await score(), 1)
  pass(1)
  assert.equal(await score(), 4)
  assert.deepEqual([asked.length, figures.cached], [4, 2])
  assert.equal(new Set(asked.map(({ connection }) => connection)).size, 1, 'one connection for all')
})

test('calls that come while the same is being asked share the answer', async (t) => {
  const waiting: ServerResponse[] = []
  const { score, asked, figures } = await startScorer(t, (response) => waiting.push(response))
  const scores = Promise.all([score(), score(), score()])
  while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve))
  waiting[0]!.end('{"score": 5}')
  assert.deepEqual(await scores, [5, 5, 5])
  assert.deepEqual([asked.length, figures.shared], [1, 2])
})

test('a late answer is no opinion on this call, and one on the next', async (t) => {
  const waiting: ServerResponse[] = []
  const { score, figures, pass } = await startScorer(t, (response) => waiting.push(response), { withinMs: 20 })
  assert.equal(await score(), undefined)
  assert.equal(figures.late, 1)
  const shared = score()
  pass(21)
  waiting[0]!.end('{"score": 99}')
  assert.equal(await shared, 99)
  assert.equal(await score(), 99)
  assert.deepEqual([figures.shared, figures.cached], [1, 1])
})

/** Answers that are none. */
const WRONG: readonly (readonly [title: string, answer: Answering])[] = [
  ['no JSON', say('87')],
  ['broken JSON', say('{"score": ')],
  ['no score', say('{}')],
  ['null', say('null')],
  ['a score in words', say('{"score": "87"}')],
  ['a score above 100', say('{"score": 100.1}')],
  ['a score below 0', say('{"score": -0.1}')],
  ['a score without end', say('{"score": 1e999}')],
  ['an inherited score', say('{"__proto__": {"score": 90}}')],
  ['another status', say('{"score": 87}', 201)],
  ['a fault', say('{"score": 87}', 500)],
  ['a redirect', (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
  ['too much', say(`{"score": 87, "more": "${'x'.repeat(SCORE_ANSWER_BYTES_MAX)}"}`)],
  ['an answer without end', (response) => void response.writeHead(200).write(' '.repeat(SCORE_ANSWER_BYTES_MAX * 4))],
  ['half an answer', (response) => void response.writeHead(200, { 'content-length': 20 }).end('{"score"').destroy()],
  ['a connection that ends', (response) => response.destroy()],
  ['no HTTP', (response) => void response.socket?.end('hello\r\n\r\n')],
]

for (const [title, answer] of WRONG) {
  test(`${title} is no opinion, and counted`, async (t) => {
    const { score, figures } = await startScorer(t, answer)
    assert.equal(await score(), undefined)
    assert.deepEqual([figures.asked, figures.failed, figures.cached], [1, 1, 0])
  })
}

test('an answer that is nearly too long, and scores at both ends, are read', async (t) => {
  const answers = ['{"score": 0}', '{"score": 100}', `{"score": 1}${' '.repeat(SCORE_ANSWER_BYTES_MAX - 12)}`]
  const { score } = await startScorer(t, (response) => response.end(answers.shift()), { cacheMs: 0 })
  assert.deepEqual([await score(), await score(), await score()], [0, 100, 1])
})

test('a service that fails too often is left alone, then tried by one call', async (t) => {
  let status = 500
  const { scorer, score, asked, figures, pass } = await startScorer(
    t,
    (response) => response.writeHead(status).end('{"score": 1}'),
    { cacheMs: 0 },
  )
  for (let index = 0; index < 3; index++) await score()
  assert.equal(scorer.breakers().get('outside'), 'open')
  assert.equal(await score(), undefined)
  assert.deepEqual([asked.length, figures.leftAlone], [3, 1])
  pass(29_999)
  await score()
  assert.equal(asked.length, 3)
  pass(1)
  const [tried, other] = [score(), score(from('+12125550118'))]
  assert.deepEqual([await tried, await other], [undefined, undefined])
  assert.deepEqual([asked.length, scorer.breakers().get('outside')], [4, 'open'], 'the try failed')
  pass(30_000)
  status = 200
  assert.equal(await score(), 1)
  assert.equal(scorer.breakers().get('outside'), 'closed')
  assert.equal(await score(), 1)
})

test('too many questions at a time are not asked', async (t) => {
  const waiting: ServerResponse[] = []
  const { score, figures } = await startScorer(t, (response) => waiting.push(response), { withinMs: 50 })
  const scores = Array.from({ length: SCORE_QUESTIONS_MAX + 5 }, (_, index) => score(from(`+1212555${1000 + index}`)))
  await Promise.all(scores)
  assert.deepEqual([figures.asked, figures.crowded], [SCORE_QUESTIONS_MAX, 5])
})

test('nobody is asked about an emergency call, one of another peer, or where no rule asks', async (t) => {
  const { scorer } = await startScorer(t, say('{"score": 1}'))
  assert.equal(scorer.ask({ ...FACTS, emergency: true }), undefined)
  const options = { tokens: new Map(), figures: noScoreFigures(), clock: () => 0 }
  assert.equal(createScorer([], options).ask(FACTS), undefined)
  const elsewhere = { ...RULE, service: { ...RULE.service, url: 'http://127.0.0.1:1/' } }
  const scoped = createScorer([{ ...elsewhere, scope: { peers: ['other'], trunks: undefined } }], options)
  assert.equal(scoped.ask(FACTS), undefined)
  scoped.close()
})

test('a service that cannot be reached is no opinion, and a scorer may be closed at any time', async (t) => {
  const { score, scorer, figures } = await startScorer(t, say('{"score": 1}'), { url: 'http://127.0.0.1:1/' })
  assert.equal(await score(), undefined)
  assert.equal(figures.failed, 1)
  const { scorer: other, score: ask } = await startScorer(t, () => undefined)
  const scored = ask()
  other.close()
  assert.equal(await scored, undefined)
  scorer.close()
})

test('a breaker opens at the last failure of its window, and not for failures that are further apart', () => {
  const terms = { failures: 3, perMs: 100, openMs: 50 }
  const near = new Breaker(terms)
  for (const at of [0, 50, 99]) near.failed(at)
  assert.equal(near.state, 'open')
  const apart = new Breaker(terms)
  for (const at of [0, 50, 100, 150, 200]) apart.failed(at)
  assert.equal(apart.state, 'closed')
  assert.ok(apart.allows(200))
  assert.ok(!near.allows(148))
  assert.ok(near.allows(149))
  assert.ok(!near.allows(149), 'one tries')
  near.failed(160)
  assert.ok(!near.allows(209))
  assert.ok(near.allows(210))
  near.succeeded()
  assert.equal(near.state, 'closed')
  near.failed(211)
  assert.equal(near.state, 'closed', 'what failed before is forgotten')
})
