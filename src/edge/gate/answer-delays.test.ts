import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeOctets, encodeText } from '#codec/sip/text.ts'
import { NOT_LOOKED, NO_SCORES } from '#core/call/verification.ts'
import { DELAY_BOUNDS_MS } from '#core/transaction/answer-delays.ts'
import { BLOCKED, CALLER, NOW, gateWith, invite, request, statuses } from '../../../test/gate.ts'
import type { Gate } from './answer.ts'
import type { Findings } from './inquiry.ts'

test('an allowed call is counted as answered at once, and not again when it is asked again', () => {
  const { say, gate } = gateWith()
  say(invite({ from: CALLER }))
  assert.deepEqual(delays(gate), [0.01])
  assert.deepEqual(statuses(say(invite({ from: CALLER }))), [404])
  assert.deepEqual(delays(gate), [0.01])
})

test('a block is counted when its notice leaves, not before, and one that is late when it is continued', async () => {
  const time = { nowMs: NOW }
  const { say, gate, commit } = gateWith({ time })
  say(invite({ from: BLOCKED }))
  time.nowMs += 40
  assert.deepEqual(delays(gate), [])
  await commit()
  assert.deepEqual(delays(gate), [40])
  say(invite({ from: BLOCKED, callId: 'late', branch: 'late' }))
  time.nowMs += 200
  await gate.drain(0)
  assert.deepEqual(delays(gate), [40, 200])
})

test('of a call that is held all the time counts until its answer, also where it is blocked afterwards', async () => {
  const time = { nowMs: NOW }
  let found: ((findings: Findings) => void) | undefined
  const inquiry = { ask: () => new Promise<Findings>((resolve) => (found = resolve)) }
  const { say, gate, commit } = gateWith({ time, parts: { inquiry } })
  const find = async (): Promise<void> => {
    found?.({ verification: NOT_LOOKED, scores: NO_SCORES })
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  say(invite({ from: CALLER }))
  time.nowMs += 50
  await find()
  assert.deepEqual(delays(gate), [50])
  say(invite({ from: BLOCKED, callId: 'held', branch: 'held' }))
  time.nowMs += 60
  await find()
  time.nowMs += 20
  await commit()
  assert.deepEqual(delays(gate), [50, 80])
})

test('what is no answer to a call that waited for it is not counted', async () => {
  const { say, gate } = gateWith({ parts: { inquiry: { ask: () => new Promise<Findings>(() => undefined) } } })
  assert.deepEqual(statuses(say(encodeText(request('OPTIONS')))), [200])
  const call = decodeOctets(invite({ from: CALLER }))
  assert.deepEqual(statuses(say(encodeText(call.replace('CSeq: 1 INVITE', 'CSeq: 1 OPTIONS')))), [400])
  say(encodeText(call))
  const cancel = call.replace('INVITE sip', 'CANCEL sip').replace('CSeq: 1 INVITE', 'CSeq: 1 CANCEL')
  assert.deepEqual(statuses(say(encodeText(cancel))), [200, 487])
  assert.deepEqual(delays(gate), [])
})

/** The end of the step that each delay lies in. */
function delays({ delays }: Gate): number[] {
  return [...delays.counts].flatMap((count, step) => Array.from({ length: count }, () => DELAY_BOUNDS_MS[step]!))
}
