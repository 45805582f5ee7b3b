import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTally } from '#core/rules/tally.ts'
import { SharedCalls, sharedCallsBytes } from '#core/transaction/shared-calls.ts'
import { BLOCKED, CALLER, PEER, gateWith, invite, policyOf } from '../../../test/gate.ts'
import type { Way } from './waiting-blocks.ts'

class Heard implements Way {
  readonly statuses: string[] = []
  readonly told: string[] = []

  send(bytes: Uint8Array, length: number): void {
    this.statuses.push(Buffer.from(bytes.subarray(0, length)).toString('latin1', 8, 11))
  }

  tell({ kind }: { kind: string }): void {
    this.told.push(kind)
  }
}

test('who asks again over another connection while a block is recorded hears the answer there too', async () => {
  const { gate, commit, recorded } = gateWith()
  const [first, second, silent] = [new Heard(), new Heard(), new Heard()]
  const invite = inviteFrom(BLOCKED, 'again')
  gate.receive(invite, PEER, first)
  gate.receive(invite, PEER, first)
  gate.receive(invite, PEER, second)
  assert.deepEqual([first.statuses, second.statuses], [[], []])

  await commit()

  assert.deepEqual([first.statuses, second.statuses], [['603'], ['603']])
  assert.deepEqual([first.told, second.told], [['refused'], ['refused']])
  assert.equal(recorded.length, 1)
  gate.receive(invite, PEER, silent)
  assert.deepEqual(
    [first.statuses.length, silent.statuses.length],
    [1, 1],
    'the control: later it is heard where it is asked',
  )
})

test('a call that is held until something is found out about it is answered on every connection it was asked on', async () => {
  let find = (): void => undefined
  const inquiry = {
    ask: (facts: { verification: never; scores: never }) =>
      new Promise<typeof facts>((resolve) => (find = () => resolve(facts))),
  }
  const { gate } = gateWith({ parts: { inquiry: inquiry as never } })
  const [first, second] = [new Heard(), new Heard()]
  gate.receive(inviteFrom(CALLER, 'held'), PEER, first)
  gate.receive(inviteFrom(CALLER, 'held'), PEER, second)

  find()
  await new Promise((resolve) => setImmediate(resolve))

  assert.deepEqual([first.statuses, second.statuses], [['404'], ['404']])
})

test('a block that the gate of another thread made is made again, and the call is not counted again', async () => {
  const buffer = new SharedArrayBuffer(sharedCallsBytes(100))
  const one = gateWith({ volumeLimit: 2, parts: { sharedCalls: new SharedCalls(buffer, 100, 1) } })
  const tally = openTally(policyOf(2, false), 1)
  one.gate.adopt({ tally })
  const other = gateWith({ volumeLimit: 2, parts: { sharedCalls: new SharedCalls(buffer, 100, 1), tally } })
  for (const call of ['a', 'b', 'c']) one.gate.receive(inviteFrom(CALLER, call), PEER, one.way)
  await one.commit()

  other.gate.receive(inviteFrom(CALLER, 'c'), PEER, other.way)
  await other.commit()

  const counts = [...one.recorded, ...other.recorded].map(
    ({ personal }) => (JSON.parse(personal.grounds) as { count: number }[])[0]!.count,
  )
  assert.deepEqual(counts, [3, 3])
  const { calls, repeats } = other.gate.figures
  assert.deepEqual([calls, repeats, other.journal.length], [0, 1, 0])
  one.gate.receive(inviteFrom(CALLER, 'd'), PEER, one.way)
  await one.commit()
  assert.equal((JSON.parse(one.recorded.at(-1)!.personal.grounds) as { count: number }[])[0]!.count, 4)
})

function inviteFrom(calling: string, id: string): Uint8Array {
  return invite({ from: calling, callId: id, branch: id })
}
