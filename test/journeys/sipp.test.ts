import assert from 'node:assert/strict'
import test from 'node:test'
import { fieldOf, idOf, statusOf } from '../peers/caller.ts'
import { missing } from '../peers/peer.ts'
import { CONTACT, Recourse, figure } from '../peers/recourse.ts'
import { CALLED, type SippRun, callsFrom, placeCalls } from '../peers/sipp.ts'

const skip = missing('sipp')

const LIMIT = 3
const MANY = 300
const DESK = 'https://desk.northwire.example'
const BUSY = '+12125550117'
const QUIET = '+12125550142'
const LISTED = '+18005550199'

test(
  'a number that crosses the threshold is blocked from the next call on, with its receipt in the notice and in the ledger',
  {
    skip,
  },
  async (t) => {
    const gate = await Recourse.start(t, { limit: LIMIT, desk: DESK })

    const below = await placeCalls(t, {
      scenario: 'uac-expect-continue-404',
      rows: callsFrom(BUSY, LIMIT),
      to: gate.port,
    })
    const above = await placeCalls(t, {
      scenario: 'uac-expect-network-blocked',
      rows: callsFrom(BUSY, 5),
      to: gate.port,
    })
    const other = await placeCalls(t, { scenario: 'uac-expect-continue-404', rows: callsFrom(QUIET, 2), to: gate.port })

    for (const run of [below, above, other]) assert.equal(run.ending.code, 0, run.errors)
    const answers = answersOf(above)
    const ledger = gate.ledger()
    assert.equal(answers.length, 5)
    assert.deepEqual(
      answers.map((answer) => idOf(answer)),
      ledger.map((row) => row.receipt),
    )
    for (const answer of answers) {
      const id = idOf(answer)!
      const text = `v=analytics1;url=${DESK}/r/${id};tel=${CONTACT.tel};email=${CONTACT.email};id=${id}`
      assert.equal(fieldOf(answer, 'Reason'), `SIP;cause=603;text="${text}";location=RLN`)
    }
    for (const row of ledger) {
      assert.equal(row.entry, 'block')
      assert.equal(row.rule, 'volume-number')
      assert.equal(row.calling, BUSY)
      assert.equal(row.called, CALLED)
    }
    const metrics = await gate.metrics()
    assert.equal(figure(metrics, 'calls'), LIMIT + 5 + 2)
    assert.equal(figure(metrics, 'continued'), LIMIT + 2)
    assert.equal(figure(metrics, 'blocked'), 5)
  },
)

test(
  'without a desk the notice names the contact page, and the receipt stands in the id alone',
  { skip },
  async (t) => {
    const gate = await Recourse.start(t, { limit: 1 })

    await placeCalls(t, { scenario: 'uac-expect-continue-404', rows: callsFrom(BUSY, 1), to: gate.port })
    const run = await placeCalls(t, { scenario: 'uac-expect-network-blocked', rows: callsFrom(BUSY, 1), to: gate.port })

    assert.equal(run.ending.code, 0, run.errors)
    const [answer] = answersOf(run)
    const id = gate.ledger()[0]!.receipt
    const text = `v=analytics1;url=${CONTACT.url};tel=${CONTACT.tel};email=${CONTACT.email};id=${id}`
    assert.equal(fieldOf(answer!, 'Reason'), `SIP;cause=603;text="${text}";location=RLN`)
  },
)

test(
  'many calls of a denied number are each blocked, recorded and counted, and no two share a receipt',
  {
    skip,
  },
  async (t) => {
    const gate = await Recourse.start(t, { deny: [LISTED] })
    const many = { rows: callsFrom(LISTED, MANY), callsPerSecond: 200 }

    const run = await placeCalls(t, { scenario: 'uac-expect-network-blocked', to: gate.port, ...many })

    assert.equal(run.ending.code, 0, run.errors)
    const heard = answersOf(run).map((answer) => idOf(answer))
    const ledger = gate.ledger()
    assert.equal(new Set(heard).size, MANY)
    assert.deepEqual(new Set(heard), new Set(ledger.map((row) => row.receipt)))
    assert.equal(ledger.length, MANY)
    for (const row of ledger) assert.deepEqual([row.rule, row.calling, row.released], ['deny', LISTED, false])
    assert.equal(figure(await gate.metrics(), 'blocked'), MANY)
  },
)

test(
  'a number on the do-not-originate list is told a plain 603 Decline, and every one of its calls is in the ledger',
  {
    skip,
  },
  async (t) => {
    const gate = await Recourse.start(t, { doNotOriginate: [LISTED] })

    const run = await placeCalls(t, { scenario: 'uac-expect-decline', rows: callsFrom(LISTED, 4), to: gate.port })

    assert.equal(run.ending.code, 0, run.errors)
    assert.equal(answersOf(run).length, 4)
    assert.deepEqual(
      gate.ledger().map((row) => [row.rule, row.calling]),
      Array.from({ length: 4 }, () => ['dno', LISTED]),
    )
    assert.equal(figure(await gate.metrics(), 'blocked'), 4)
  },
)

test('a retransmitted INVITE gets the same octets again and counts once', { skip }, async (t) => {
  const gate = await Recourse.start(t, { limit: 1 })
  await placeCalls(t, { scenario: 'uac-expect-continue-404', rows: callsFrom(BUSY, 1), to: gate.port })

  const run = await placeCalls(t, {
    scenario: 'uac-retransmit',
    rows: callsFrom(BUSY, 3),
    to: gate.port,
    more: ['-nr'],
  })

  assert.equal(run.ending.code, 0, run.errors)
  const byCall = Map.groupBy(answersOf(run), (answer) => fieldOf(answer, 'Call-ID'))
  assert.equal(byCall.size, 3)
  for (const answers of byCall.values()) {
    assert.equal(answers.length, 4)
    for (const again of answers) assert.deepEqual(again, answers[0])
  }
  assert.equal(gate.ledger().length, 3)
  const metrics = await gate.metrics()
  assert.equal(figure(metrics, 'blocked'), 3)
  assert.equal(figure(metrics, 'retransmissions'), 9)
  assert.equal(figure(metrics, 'calls'), 4)
})

test('a new branch of a blocked call gets the same verdict, and the call counts once', { skip }, async (t) => {
  const gate = await Recourse.start(t, { limit: 1 })
  await placeCalls(t, { scenario: 'uac-expect-continue-404', rows: callsFrom(BUSY, 1), to: gate.port })

  const run = await placeCalls(t, {
    scenario: 'uac-new-branch',
    rows: callsFrom(BUSY, 2),
    to: gate.port,
    more: ['-nr'],
  })

  assert.equal(run.ending.code, 0, run.errors)
  const ids = answersOf(run).map((answer) => idOf(answer))
  assert.equal(ids.length, 4)
  const recorded = new Set(gate.ledger().map((row) => row.receipt))
  for (const id of ids) assert.ok(recorded.has(id!), `${id} is not in the ledger`)
  assert.equal(figure(await gate.metrics(), 'calls'), 3)
})

test('an unlisted address hears nothing and is counted', { skip }, async (t) => {
  const gate = await Recourse.start(t)
  const from = { rows: callsFrom(QUIET, 3), to: gate.port, more: ['-nr'] }

  const stranger = await placeCalls(t, { scenario: 'uac-expect-silence', from: '127.0.0.2', ...from })

  assert.equal(stranger.ending.code, 0, stranger.errors)
  assert.equal(answersOf(stranger).length, 0)
  const metrics = await gate.metrics()
  assert.equal(figure(metrics, 'strangers'), 3)
  assert.equal(figure(metrics, 'calls'), 0)

  const listed = await placeCalls(t, { scenario: 'uac-expect-silence', ...from })
  assert.equal(listed.ending.code, 1, 'a listed peer must not pass for a stranger')
})

test('OPTIONS is answered with 200', { skip }, async (t) => {
  const gate = await Recourse.start(t)

  const run = await placeCalls(t, { scenario: 'uac-options', rows: [['-', '-']], to: gate.port })

  assert.equal(run.ending.code, 0, run.errors)
  assert.deepEqual(answersOf(run).map(statusOf), [200])
})

const WRONG_EXPECTATIONS = [
  ['uac-expect-network-blocked', QUIET],
  ['uac-expect-network-blocked', LISTED],
  ['uac-expect-decline', QUIET],
  ['uac-expect-continue-404', LISTED],
] as const

for (const [scenario, calling] of WRONG_EXPECTATIONS)
  test(`${scenario} fails for ${calling}, whose answer is another`, { skip }, async (t) => {
    const gate = await Recourse.start(t, { doNotOriginate: [LISTED] })

    const run = await placeCalls(t, { scenario, rows: callsFrom(calling, 1), to: gate.port })

    assert.equal(run.ending.code, 1)
    assert.equal(answersOf(run).length, 1)
  })

/** The final answers a SIPp run heard. */
function answersOf(run: SippRun): Buffer[] {
  return run.messages.filter((message) => !message.sent).map((message) => message.bytes)
}
