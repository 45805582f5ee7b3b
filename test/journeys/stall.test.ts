import assert from 'node:assert/strict'
import test from 'node:test'
import { type Call, Caller, formatInvite, statusOf } from '../peers/caller.ts'
import { missing, until } from '../peers/peer.ts'
import { Recourse, figure } from '../peers/recourse.ts'
import { trace } from '../peers/strace.ts'

const skip = missing('strace')
const DENIED = '+18005550199'
const CALLS = 5

test(
  'calls whose rows come too late continue, and still do after a restart: one released row each',
  {
    skip,
  },
  async (t) => {
    const gate = await Recourse.start(t, { deny: [DENIED], record: '200ms' })
    const caller = await Caller.open(gate.port)
    t.after(() => caller.close())
    const invites = Array.from({ length: CALLS }, (_, number) => formatInvite(callNumber(number, DENIED, caller.port)))

    const stall = await trace(t, gate.pid, ['fdatasync', 'fsync'], 'inject=fdatasync,fsync:delay_enter=1500000')
    const first = await Promise.all(invites.map((invite) => caller.ask(invite)))
    const allowed = await caller.ask(formatInvite(callNumber(CALLS, '+12125550117', caller.port)))
    const syncs = await stall.stop()

    assert.ok(syncs.length > 0, 'there was a sync to stall')
    for (const answer of [...first, allowed]) assert.equal(answer === undefined ? 0 : statusOf(answer), 404)
    assert.equal(figure(await gate.metrics(), 'late'), CALLS)
    const blocks = () => gate.ledger().filter((row) => row.entry === 'block')
    const released = () => blocks().filter((row) => row.released).length
    await until('the release of every late row', () => released() === CALLS || undefined)

    await gate.kill()
    await gate.restart()
    const again = await Promise.all(invites.map((invite) => caller.ask(invite)))

    assert.deepEqual(again.map(String), first.map(String))
    assert.equal(blocks().length, CALLS)
  },
)

test('the same calls are blocked where nothing stalls', { skip }, async (t) => {
  const gate = await Recourse.start(t, { deny: [DENIED], record: '5s' })
  const caller = await Caller.open(gate.port)
  t.after(() => caller.close())

  const answer = await caller.ask(formatInvite(callNumber(0, DENIED, caller.port)))

  assert.equal(answer === undefined ? 0 : statusOf(answer), 603)
})

function callNumber(number: number, calling: string, port: number): Call {
  const callId = `stall-${process.pid}-${number}@127.0.0.1`
  const branch = `z9hG4bK-stall-${process.pid}-${number}`
  return { calling, called: '+14155550100', callId, branch, fromTag: `tag-${number}`, port }
}
