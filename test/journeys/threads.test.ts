import assert from 'node:assert/strict'
import test from 'node:test'
import { Caller, formatInvite, statusOf } from '../peers/caller.ts'
import { until } from '../peers/peer.ts'
import { Recourse, figure } from '../peers/recourse.ts'

const BUSY = '+12125550117'
const LIMIT = 150
const CALLERS = 32
const CALLS_EACH = 12

for (const [kind, wishes] of [
  ['two threads, one datagram at a time', { threads: 2 }],
  ['three threads, datagrams in batches', { threads: 3, udp: 'batch' }],
] as const) {
  test(`${kind}: exactly as many calls of one number go on as the limit says, whichever thread takes them`, async (t) => {
    const gate = await Recourse.start(t, { limit: LIMIT, ...wishes })
    const callers = await Promise.all(Array.from({ length: CALLERS }, () => Caller.open(gate.port)))
    t.after(() => callers.forEach((caller) => caller.close()))

    // Each caller waits for its answer: what overload would shed on a slow machine is another test's business.
    const answers = await Promise.all(callers.map((caller, from) => callInTurn(caller, from)))

    const statuses = Map.groupBy(answers.flat(), (status) => status)
    const all = CALLERS * CALLS_EACH
    // On a machine that is busy otherwise the gate may shed a few calls, which are not judged.
    const shed = await until('the figures of all threads', async () => {
      const metrics = await gate.metrics()
      const shed = figure(metrics, 'overloaded')
      return figure(metrics, 'calls') + shed === all ? { shed } : undefined
    }).then(({ shed }) => shed)
    assert.ok(shed < all / 4, `${shed} calls of ${all} were shed`)
    assert.deepEqual(
      [...statuses].map(([status, { length }]) => [status, length]).toSorted(([a = 0], [b = 0]) => a - b),
      [
        [404, LIMIT + shed],
        [603, all - LIMIT - shed],
      ],
    )
    assert.equal(gate.ledger().length, all - LIMIT - shed)
    gate.verifyLedger()
  })

  test(`${kind}: a call that is placed again from another port on another branch is not counted twice`, async (t) => {
    const gate = await Recourse.start(t, { limit: 1, ...wishes })
    const callers = await Promise.all(Array.from({ length: CALLERS }, () => Caller.open(gate.port)))
    t.after(() => callers.forEach((caller) => caller.close()))

    const statuses: number[] = []
    for (const [branch, caller] of callers.entries()) {
      const call = { calling: BUSY, called: CALLED, callId: 'same@x', fromTag: 'same', port: caller.port }
      const answer = await caller.ask(formatInvite({ ...call, branch: `z9hG4bK-${branch}` }), ANSWER_MS)
      statuses.push(answer === undefined ? 0 : statusOf(answer))
    }

    assert.deepEqual(new Set(statuses), new Set([404]))
  })
}

for (const [kind, wishes] of [
  ['two threads', { threads: 2 }],
  ['two threads that take batches', { threads: 2, udp: 'batch' }],
] as const) {
  test(`${kind}: told to end under load, a gate answers every block that stays in its ledger`, async (t) => {
    const gate = await Recourse.start(t, { limit: 1, ...wishes })
    const callers = await Promise.all(Array.from({ length: CALLERS }, () => Caller.open(gate.port)))
    t.after(() => callers.forEach((caller) => caller.close()))
    const first = callers[0]!
    const warm = formatInvite({
      calling: BUSY,
      called: CALLED,
      callId: 'w@x',
      branch: 'z9hG4bK-w',
      fromTag: 'w',
      port: first.port,
    })
    await first.ask(warm, ANSWER_MS)

    const asked = callers.flatMap((caller, from) =>
      Array.from({ length: CALLS_EACH }, (_, call) => {
        const id = `${from}-${call}`
        const names = { callId: `${id}@x`, branch: `z9hG4bK-${id}`, fromTag: id }
        return caller.ask(formatInvite({ calling: BUSY, called: CALLED, ...names, port: caller.port }), END_MS)
      }),
    )
    await Promise.race(asked)
    const ending = await gate.stop()

    const blocked = (await Promise.all(asked)).filter(
      (answer) => answer !== undefined && statusOf(answer) === 603,
    ).length
    const standing = gate.ledger().filter(({ entry, released }) => entry === 'block' && !released).length
    assert.equal(ending?.code, 0)
    assert.ok(blocked > 0)
    assert.equal(standing, blocked)
  })
}

async function callInTurn(caller: Caller, from: number): Promise<number[]> {
  const statuses: number[] = []
  for (let call = 0; call < CALLS_EACH; call++) {
    const id = `${from}-${call}`
    const names = { callId: `${id}@x`, branch: `z9hG4bK-${id}`, fromTag: id }
    const answer = await caller.ask(
      formatInvite({ calling: BUSY, called: CALLED, ...names, port: caller.port }),
      ANSWER_MS,
    )
    statuses.push(answer === undefined ? 0 : statusOf(answer))
  }
  return statuses
}

const CALLED = '+14155550100'
const ANSWER_MS = 10_000
/** What is not answered by then was not accepted. */
const END_MS = 6_000
