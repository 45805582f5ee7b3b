import assert from 'node:assert/strict'
import test from 'node:test'
import { type Call, Caller, formatInvite, idOf } from '../peers/caller.ts'
import { missing } from '../peers/peer.ts'
import { Recourse } from '../peers/recourse.ts'
import { type SystemCall, trace } from '../peers/strace.ts'

const skip = missing('strace')
const CALLS = 120
/** Calls asked at a time, so that several rows share a commit. */
const AT_A_TIME = 12
const WRITES = ['write', 'pwrite64', 'pwritev', 'writev']
const SYNCS = ['fdatasync', 'fsync']
const SENDS = ['sendto', 'sendmsg', 'sendmmsg']

test('each answer with a receipt is sent after the fdatasync of its row has returned', { skip }, async (t) => {
  const { heard, calls } = await traceBlockedCalls(t)

  const { checked, early } = judgeOrder(calls)

  assert.deepEqual(early, [])
  assert.ok(heard.size >= CALLS / 2, `only ${heard.size} of ${CALLS} calls were blocked`)
  assert.deepEqual(new Set(checked), heard, 'the answers that strace saw are those that the caller heard')
  t.diagnostic(`${checked.length} answers, ${calls.filter(isSync).length} syncs`)
})

test('a store that does not wait for the disk is found out by the same check', { skip }, async (t) => {
  const { heard, calls } = await traceBlockedCalls(t, 'durability=off')

  const { checked, early } = judgeOrder(calls)

  assert.ok(heard.size > 0)
  assert.ok(checked.length > 0)
  assert.equal(early.length, checked.length, 'no answer follows a sync where there are none')
})

/** Places calls that are blocked while strace looks on. */
async function traceBlockedCalls(t: test.TestContext, controls?: string) {
  const gate = await Recourse.start(t, controls === undefined ? { limit: 1 } : { limit: 1, controls })
  const caller = await Caller.open(gate.port)
  t.after(() => caller.close())
  await caller.ask(formatInvite(callNumber(0, caller.port)))

  const strace = await trace(t, gate.pid, [...WRITES, ...SYNCS, ...SENDS])
  const heard = new Set<string>()
  const numbers = Array.from({ length: CALLS }, (_, number) => number + 1).values()
  const askInTurn = async () => {
    for (const number of numbers) {
      const answer = await caller.ask(formatInvite(callNumber(number, caller.port)))
      assert.ok(answer !== undefined, `call ${number} was not answered`)
      const id = idOf(answer)
      if (id !== undefined) heard.add(id)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, askInTurn))
  return { heard, calls: await strace.stop() }
}

/**
 * Looks at every answer that left with a receipt: some write of that receipt into a file must have returned, then a sync
 * of that file begun and returned well, and then the send begun. Returns the receipts looked at, and what is wrong.
 */
function judgeOrder(calls: readonly SystemCall[]): { checked: string[]; early: string[] } {
  const writes = calls.filter((call) => WRITES.includes(call.name) && call.result > 0)
  const syncs = calls.filter((call) => isSync(call) && call.result === 0)
  const checked: string[] = []
  const early: string[] = []
  for (const send of calls.filter((call) => SENDS.includes(call.name)))
    for (const [, receipt] of send.args.matchAll(/;id=([A-Za-z0-9_-]{64})/g)) {
      checked.push(receipt!)
      const rows = writes.filter((write) => write.args.includes(receipt!))
      const synced = rows.some((write) =>
        syncs.some(
          (sync) =>
            descriptorOf(sync) === descriptorOf(write) && sync.began > write.returned && sync.returned < send.began,
        ),
      )
      if (rows.length === 0) early.push(`${receipt} was sent and never written`)
      else if (!synced) early.push(`${receipt} was sent before its row was synced`)
    }
  return { checked, early }
}

function isSync(call: SystemCall): boolean {
  return SYNCS.includes(call.name)
}

function descriptorOf(call: SystemCall): number {
  return Number.parseInt(call.args, 10)
}

function callNumber(number: number, port: number): Call {
  const callId = `order-${process.pid}-${number}@127.0.0.1`
  const branch = `z9hG4bK-order-${process.pid}-${number}`
  return { calling: '+12125550117', called: '+14155550100', callId, branch, fromTag: `tag-${number}`, port }
}
