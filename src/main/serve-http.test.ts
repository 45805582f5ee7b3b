import assert from 'node:assert/strict'
import test from 'node:test'
import type { Party } from '#core/call/party.ts'
import { writeInvite } from '#edge/http/screen-question.ts'
import { BLOCKED, CALLER, NOW, type Setting, gateWith } from '../../test/gate.ts'
import { SCREENS_WAITING_MAX, openHttpDoors, screenBy } from './serve-http.ts'

const CALLED = '+14155550163'
const FROM = { address: '192.0.2.9', port: 40_000 }
const PEERS = ['pbx', 'other'].map((name) => ({ name, from: [], continueStatus: 404, tenant: 'acme' }))

/** A gate over a ledger that records when it is told to, asked as the API asks it. */
function screenWith(setting: Setting = {}) {
  const made = gateWith(setting)
  const limits = { recordWithinMs: 60_000, transactions: 1024, pending: 100, inquiries: 100 }
  const screen = screenBy(made.gate, { gate: { peers: PEERS, limits } } as unknown as Parameters<typeof screenBy>[1])
  const ask = (calling: string, callId = 'one', peer = 'pbx', branch = 'a') =>
    screen(writeInvite({ callId, calling, called: CALLED, branch }), peer, FROM)
  return { ...made, screen, ask }
}

test('an allowed call continues at once by the peer’s status, and is in the journal', async () => {
  const { ask, journal } = screenWith()
  assert.deepEqual(await ask(CALLER), {
    verdict: 'continue',
    status: 404,
    phrase: 'Not Found',
    headers: [],
    receipt: undefined,
    reason: undefined,
  })
  assert.deepEqual(
    journal.map(({ peer, verdict }) => [peer, verdict]),
    [['pbx', 'allow']],
  )
})

test('a block is answered only after its entry is recorded, with its Reason and its receipt', async () => {
  const { ask, commit, recorded } = screenWith()
  let isAnswered = false
  const asked = ask(BLOCKED).then((answer) => {
    isAnswered = true
    return answer
  })
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(isAnswered, false)
  await commit()
  const answer = await asked
  assert.ok(answer.verdict === 'block')
  assert.equal(answer.status, 603)
  assert.equal(answer.receipt, recorded[0]!.personal.receipt)
  assert.deepEqual(
    answer.headers.map(([name]) => name),
    ['Reason'],
  )
  assert.match(recorded[0]!.personal.request, /^INVITE sip:\+14155550163@http\.invalid SIP\/2\.0\r\n/)
})

test('a block that the ledger refuses continues, and says why', async () => {
  const { ask, fail, alarms } = screenWith()
  const asked = ask(BLOCKED)
  await fail(new Error('full'))
  const answer = await asked
  assert.ok(answer.verdict === 'continue')
  assert.deepEqual([answer.status, answer.reason], [404, 'unrecorded'])
  assert.deepEqual(alarms, ['unrecorded'])
})

test('a block that waits behind too many continues, and so does a fault of the rules', async () => {
  const shed = screenWith({ pending: 1 })
  const first = shed.ask(BLOCKED)
  const answer = await shed.ask(BLOCKED, 'two')
  assert.ok(answer.verdict === 'continue' && answer.reason === 'shed')
  await shed.commit()
  assert.equal((await first).verdict, 'block')
  const broken = screenWith({ breakRules: true })
  const other = await broken.ask(CALLER)
  assert.ok(other.verdict === 'continue' && other.reason === 'fault')
})

test('an answer that a row in the ledger gave before is given again, with its receipt', async () => {
  const { ask, repeat } = screenWith()
  const asked = ask(BLOCKED)
  await repeat('SIP/2.0 603 Network Blocked\r\nReason: SIP;cause=603;text="before"\r\nContent-Length: 0\r\n\r\n')
  const answer = await asked
  assert.ok(answer.verdict === 'block')
  assert.deepEqual([answer.receipt, answer.headers], ['first', [['Reason', 'SIP;cause=603;text="before"']]])
})

test('another peer, or one that asks by SIP, never meets the transactions of a peer that asks over HTTP', async () => {
  const { ask, commit, gate, way, sent } = screenWith()
  const first = ask(BLOCKED)
  await commit()
  const second = ask(BLOCKED, 'one', 'other')
  await commit()
  gate.receive(
    writeInvite({ callId: 'one', calling: BLOCKED, called: CALLED, branch: 'a' }),
    { address: '127.0.0.2', port: 5060 },
    way,
  )
  await commit()
  const [one, two] = [await first, await second]
  assert.ok(one.verdict === 'block' && two.verdict === 'block')
  assert.notEqual(one.receipt, two.receipt)
  assert.equal(sent.length, 1)
  assert.equal(gate.figures.retransmissions, 0)
  assert.equal(gate.figures.blocked, 3)
})

test('in an overload that does not end a question is answered unjudged at once, where a datagram would be left', async () => {
  const time = { nowMs: NOW }
  const { ask, gate, way, sent } = screenWith({ time, parts: { pauses: () => 7 } })
  for (let call = 0; call < 500; call++) await ask(CALLER, `flood-${call}`)
  time.nowMs += 309
  await ask(CALLER, 'second')
  const answer = await ask(BLOCKED, 'third')
  assert.ok(answer.verdict === 'continue')
  assert.deepEqual([answer.status, answer.reason], [404, 'shed'])
  gate.receive(
    writeInvite({ callId: 'fourth', calling: CALLER, called: CALLED }),
    { address: '127.0.0.1', port: 1 },
    way,
  )
  assert.deepEqual([gate.figures.unread, sent.length], [1, 0])
})

test('a request that the gate refuses for its form is no verdict, and a closed gate is not waited for without end', async (t) => {
  const { screen, gate } = screenWith()
  const bare = Buffer.from(writeInvite({ callId: 'one', calling: CALLER, called: CALLED }))
    .toString()
    .replace('branch=z9hG4bK-http-', 'branch=z9hG4bK')
  const answer = await screen(Buffer.from(bare), 'pbx', FROM)
  assert.deepEqual([answer.verdict, answer.status], ['none', 400])

  t.mock.timers.enable({ apis: ['setTimeout'] })
  gate.close()
  const late = screen(writeInvite({ callId: 'two', calling: CALLER, called: CALLED }), 'pbx', FROM)
  t.mock.timers.tick(65_001)
  const given = await late
  assert.ok(given.verdict === 'continue' && given.reason === 'late')
})

test('more questions than may wait are told to continue, and as many may wait again afterwards', async () => {
  const { ask, commit, gate } = screenWith({ pending: SCREENS_WAITING_MAX + 10 })
  const asked = Array.from({ length: SCREENS_WAITING_MAX + 1 }, (_, index) => ask(BLOCKED, `c${index}`))
  const last = await asked.at(-1)!
  assert.ok(last.verdict === 'continue' && last.reason === 'shed')
  assert.equal(gate.waiting, SCREENS_WAITING_MAX)
  await commit()
  await Promise.all(asked)
  const next = ask(BLOCKED, 'next')
  await commit()
  assert.equal((await next).verdict, 'block')
})

test('in a peer test the second call is a block by the trial’s status, without a receipt, and told again the same', async () => {
  const party = (digits: number): Party => ({ kind: 'e164', digits, count: 11 })
  const tried: string[] = []
  const { ask, recorded, gate } = screenWith({
    parts: {
      trial: { peer: 'pbx', allow: party(14_155_550_101), block: party(14_155_550_163), status: 607, untilMs: NOW + 1 },
      tried: ({ call }) => void tried.push(call),
    },
  })
  const refused = {
    verdict: 'block',
    status: 607,
    phrase: 'Unwanted',
    headers: [],
    receipt: undefined,
    reason: undefined,
  }
  assert.deepEqual(await ask(CALLER), refused)
  assert.deepEqual(await ask(CALLER), refused)
  assert.deepEqual([tried, gate.figures.retransmissions, recorded.length], [['block'], 1, 0])
  const other = await ask(CALLER, 'one', 'other')
  assert.equal(other.verdict, 'continue', 'another peer is not under test')
})

test('a peer that is no longer there is told to continue', async () => {
  const answer = await screenWith().ask(CALLER, 'one', 'gone')
  assert.ok(answer.verdict === 'continue' && answer.reason === 'fault')
})

test('a token that a reload takes away opens nothing any more, and the one in its place does', async (t) => {
  const [old, young] = ['o'.repeat(40), 'y'.repeat(40)]
  const { gate } = gateWith()
  const limits = { recordWithinMs: 60_000, transactions: 1024, pending: 100, inquiries: 100 }
  const withToken = (token: string) =>
    ({
      gate: { peers: PEERS, limits },
      receipts: { keepMs: 86_400_000, rotateMs: 86_400_000 },
      api: {
        listen: { address: '127.0.0.1', port: 0 },
        tls: { kind: 'none' },
        tokens: new Map([[token, 'pbx']]),
      },
      desk: undefined,
    }) as unknown as Parameters<typeof openHttpDoors>[0]
  const doors = await openHttpDoors(withToken(old), {
    gate,
    receiptKeys: () => ({ keys: new Map([[0, new Uint8Array(32)]]), currentSlot: 0 }),
    secret: new Uint8Array(32),
    noteOutcome: () => true,
    alarm: (_, cause) => assert.fail(String(cause)),
    tell: (message) => assert.fail(message),
  })
  t.after(() => doors.close(0))
  const url = /http:\S+/.exec(doors.open[0]!)![0]
  const ask = async (token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ callId: token, calling: CALLER, called: CALLED })
    return (await fetch(url, { method: 'POST', headers, body })).status
  }
  assert.deepEqual([await ask(old), await ask(young)], [200, 401])
  await doors.adopt(withToken(young))
  assert.deepEqual([await ask(old), await ask(young)], [401, 200])
})
