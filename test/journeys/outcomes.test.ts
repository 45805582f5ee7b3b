import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { startKamailio } from '../peers/kamailio.ts'
import { missing, until } from '../peers/peer.ts'
import { freePort, freePorts } from '../peers/port.ts'
import { Recourse } from '../peers/recourse.ts'
import { answerCalls, callsFrom, placeCalls } from '../peers/sipp.ts'

const skip = missing('kamailio', 'sipp')
const EXAMPLE = new URL('../../examples/kamailio/kamailio.cfg', import.meta.url).pathname
const HASTY = '+12125550117'
const STEADY = '+12125550142'
const CONNECTED = 'uac-expect-connected'
const BLOCKED = 'uac-expect-network-blocked-by-proxy'
const UNAVAILABLE = 'uac-expect-unavailable'

test('short calls that a Kamailio copies have the next one blocked, and longer ones do not', { skip }, async (t) => {
  const rules = [{ id: 'short', short: { of: 'number', under: '1s', share: 80, least: 4, per: '1h' } }]
  const { gate, kamailio, seen } = await startPath(t, { rules, callee: 'uas-answer' })

  const short = await placeCalls(t, { scenario: CONNECTED, rows: callsFrom(HASTY, 4), to: kamailio })
  const long = await placeCalls(t, {
    scenario: CONNECTED,
    rows: callsFrom(STEADY, 4),
    to: kamailio,
    more: ['-d', '1500'],
  })
  await seen('answered', 8)
  const blocked = await placeCalls(t, { scenario: BLOCKED, rows: callsFrom(HASTY, 1), to: kamailio })
  const goesOn = await placeCalls(t, { scenario: CONNECTED, rows: callsFrom(STEADY, 1), to: kamailio })

  for (const run of [short, long, blocked, goesOn]) assert.equal(run.ending.code, 0, run.errors)
  assert.deepEqual(
    gate.ledger().map(({ rule, calling }) => [rule, calling]),
    [['short', HASTY]],
  )
  const metrics = await seen('answered', 9)
  assert.equal(metrics.get('recourse_outcomes_counted_total'), 9)
  for (const name of ['strangers', 'denied', 'malformed', 'unread', 'forgotten', 'unended'])
    assert.equal(metrics.get(`recourse_outcomes_${name}_total`), 0, name)
})

test('calls that nobody answers are counted once each, and blocks of the gate itself are not', { skip }, async (t) => {
  const rules = [
    { id: 'deny', deny: [STEADY] },
    { id: 'unanswered', unanswered: { of: 'number', share: 80, least: 4, per: '1h' } },
  ]
  const { gate, kamailio, seen } = await startPath(t, { rules, callee: 'uas-unavailable' })

  const unanswered = await placeCalls(t, { scenario: UNAVAILABLE, rows: callsFrom(HASTY, 4), to: kamailio })
  const denied = await placeCalls(t, { scenario: BLOCKED, rows: callsFrom(STEADY, 4), to: kamailio })
  const inTime = await placeCalls(t, { scenario: UNAVAILABLE, rows: callsFrom('+12125550143', 1), to: kamailio })
  const metrics = await seen('unanswered', 5)
  const blocked = await placeCalls(t, { scenario: BLOCKED, rows: callsFrom(HASTY, 1), to: kamailio })
  const goesOn = await placeCalls(t, { scenario: UNAVAILABLE, rows: callsFrom('+12125550143', 1), to: kamailio })

  for (const run of [unanswered, denied, inTime, blocked, goesOn]) assert.equal(run.ending.code, 0, run.errors)
  assert.equal(metrics.get('recourse_outcomes_counted_total'), 5)
  assert.deepEqual(
    gate.ledger().map(({ rule }) => rule),
    ['deny', 'deny', 'deny', 'deny', 'unanswered'],
  )
})

type PathWishes = { readonly rules: readonly object[]; readonly callee: string }

/** A gate that takes copies, a Kamailio that asks it and copies everything to it, and the destination behind. */
async function startPath(t: TestContext, { rules, callee: scenario }: PathWishes) {
  const [copies, port] = await freePorts(2)
  const outcomes = { hep: [`udp:127.0.0.1:${copies}`, `tcp:127.0.0.1:${await freePort()}`] }
  const gate = await Recourse.start(t, { policy: { rules }, gate: () => ({ outcomes }) })
  const callee = await answerCalls(t, scenario)
  await startKamailio(t, EXAMPLE, port!, {
    LISTEN: `udp:127.0.0.1:${port}`,
    GATE: `"sip:127.0.0.1:${gate.port}"`,
    DESTINATION: `"sip:127.0.0.1:${callee.port}"`,
    OUTCOMES: `"sip:127.0.0.1:${copies}"`,
  })
  const seen = async (name: string, count: number): Promise<Map<string, number>> => {
    let metrics = new Map<string, number>()
    await until(
      `${count} calls that are ${name}`,
      async () => {
        metrics = await gate.metrics()
        return metrics.get(`recourse_outcomes_${name}_total`) === count || undefined
      },
      SEEN_MS,
    ).catch((error: unknown) => {
      throw new Error(JSON.stringify([...metrics].filter(([key]) => key.includes('outcomes'))), { cause: error })
    })
    return metrics
  }
  return { gate, kamailio: port!, seen }
}

/** A call is known to be unanswered after 32 s. */
const SEEN_MS = 60_000
