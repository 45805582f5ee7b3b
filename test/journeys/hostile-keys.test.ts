import assert from 'node:assert/strict'
import test from 'node:test'
import { Caller, formatInvite, statusOf } from '../peers/caller.ts'
import { Recourse, figure } from '../peers/recourse.ts'

const DENIED = '+12125550142'
const CALLS = 1_200
const LIMIT = 3

test('thousands of calls whose every name is another: no figure, no line of the log and no row of the ledger is named by them', async (t) => {
  const gate = await Recourse.start(t, { limit: LIMIT, deny: [DENIED] })
  const caller = await Caller.open(gate.port)
  t.after(() => caller.close())
  let placed = 0
  const place = async (calling: string, id: string, more = ''): Promise<number> => {
    const call = {
      calling,
      called: '+14155550100',
      callId: id,
      branch: `z9hG4bK-${++placed}`,
      fromTag: 't',
      port: caller.port,
      more,
    }
    const answer = await caller.ask(formatInvite(call))
    return answer === undefined ? 0 : statusOf(answer)
  }
  await place('+12125550199', 'first')
  const before = [...(await gate.metrics()).keys()]

  const left = Array.from({ length: CALLS }, (_, number) => number).values()
  const statuses = new Map<number, number>()
  const placeNext = async (): Promise<void> => {
    for (const number of left) {
      const status = await place(
        hostileUser(number),
        `{${number}}-%0d%0a-${number}`,
        `X-Tenant-${number}: ${number}\r\n`,
      )
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: 16 }, placeNext))

  // Two of the six are no user of a URI. RFC 3261 §25.1.
  assert.deepEqual(Object.fromEntries(statuses), { 400: CALLS / 3, 404: (CALLS / 3) * 2 })
  const metrics = await gate.metrics()
  assert.deepEqual(strange([...metrics.keys()], before), [])
  assert.equal(figure(metrics, 'errors'), 0)
  // A number is counted as before, and what is denied has its row.
  const busy: number[] = []
  for (let call = 0; call <= LIMIT; call++) busy.push(await place('+13125550117', `busy-${call}`))
  assert.deepEqual(busy, [404, 404, 404, 603])
  assert.equal(await place(DENIED, 'x<1>"{1}'), 603)
  await gate.stop()
  gate.verifyLedger()
  assert.equal(gate.ledger().length, 2)
  assert.ok(gate.peer.output.length > 100)
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  assert.doesNotMatch(gate.peer.output, /[^\n\u0020-\u00ff]|%0d%0a|__proto__/)
  // The check is not blind.
  assert.deepEqual(strange([...before, 'recourse_calls_total{calling="1"}'], before), [
    'recourse_calls_total{calling="1"}',
  ])
})

/** Figures that were not there before: but the names of Node's own, which come as they are needed. */
function strange(names: readonly string[], before: readonly string[]): string[] {
  const known = new Set(before)
  return names.filter((name) => !known.has(name) && !/^recourse_(?:nodejs|process)_/.test(name))
}

function hostileUser(number: number): string {
  const users = [
    `{${number}}+12125550117`,
    `%0d%0aX-${number}%3a%20y`,
    `+1212${1_000_000 + number}`,
    '9'.repeat(1 + (number % 2_000)),
    number % 2 === 0 ? '__proto__' : 'constructor',
    `*${number}#`,
  ]
  return users[number % users.length]!
}
