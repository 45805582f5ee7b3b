import assert from 'node:assert/strict'
import { type Socket, createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { BusyGate, BusyGateReport } from './busy-gate-thread.ts'
import { formatInvite, statusOf } from './peers/caller.ts'
import { detectBatch } from '#edge/gate/udp-batch.ts'

/** Each call that is judged costs the gate twice as much. */
const CALL_MS = 0.1
/** Of what comes a quarter is more than can be taken, however fast the machine is, and the buffer is full all the while. */
const FLOOD_TIMES = 4 / 3
const AHEAD = 200
const BURST_EVERY_MS = 5
const WARM_CALLS = 5_000
const EMERGENCIES = 4
/** So that they do not all meet the same full buffer. */
const APART_MS = 170
const SIP_T1_MS = 500
const GIVE_UP_MS = 64 * SIP_T1_MS

for (const kind of ['dgram', 'batch'] as const) {
  const skip = kind === 'batch' ? detectBatch() : undefined
  test(
    `an emergency call is answered while more comes than can be taken and the newest calls are not judged: ${kind}`,
    { skip: skip ?? false },
    async (t) => {
      const taken = new Int32Array(new SharedArrayBuffer(4))
      const thread = new Worker(new URL('./busy-gate-thread.ts', import.meta.url), {
        workerData: { kind, callMs: CALL_MS, taken } satisfies BusyGate,
      })
      t.after(() => thread.terminate())
      const [port] = (await once(thread, 'message')) as [number]
      const flood = await startFlood(t, port, taken)
      const peer = await open(t)
      // From here on the gate is behind, and knows.
      while (taken[0]! < WARM_CALLS) await new Promise((later) => setTimeout(later, BURST_EVERY_MS))

      const answers = await Promise.all(
        Array.from({ length: EMERGENCIES }, (_, call) =>
          placeUntilAnswered(peer, port, `911-${call}`, call * APART_MS),
        ),
      )

      thread.postMessage('end', [])
      const [{ figures, emergencies }] = (await once(thread, 'message')) as [BusyGateReport]
      flood.stop()
      t.diagnostic(
        `${flood.sent} sent, ${taken[0]} taken, ${figures['overloaded']} shed, ${figures['unread']} left, asked ${answers.map(({ sent }) => sent).join(' ')} times`,
      )
      assert.deepEqual(
        answers.map(({ status }) => status),
        Array.from({ length: EMERGENCIES }, () => 404),
      )
      assert.deepEqual(
        emergencies,
        Array.from({ length: EMERGENCIES }, () => 'exempt'),
        'judged as what they are, each once',
      )
      // The control: datagrams were lost in the buffer, and of ordinary calls some were answered unjudged or left.
      assert.ok(taken[0]! < flood.sent, `${taken[0]} of ${flood.sent} taken`)
      assert.ok(figures['overloaded']! + figures['unread']! > 100, 'ordinary calls were not shed')
    },
  )
}

/** Ordinary calls, each a new one, in bursts. */
async function startFlood(
  t: TestContext,
  port: number,
  taken: Int32Array,
): Promise<{ readonly sent: number; stop(): void }> {
  const socket = await open(t)
  socket.on('message', () => undefined)
  const flood = { sent: 0, stop: () => clearInterval(timer) }
  const timer = setInterval(() => {
    while (flood.sent < taken[0]! * FLOOD_TIMES + AHEAD)
      socket.send(inviteOf(socket, `flood-${++flood.sent}`, '+14155550163'), port, '127.0.0.1')
  }, BURST_EVERY_MS)
  t.after(() => flood.stop())
  return flood
}

/** As a client does: again after T1, and after twice as long each time, until 64·T1 have gone by. RFC 3261 §17.1.1.2. */
async function placeUntilAnswered(socket: Socket, port: number, callId: string, afterMs: number) {
  const message = inviteOf(socket, callId, '911')
  const answer = Promise.withResolvers<number>()
  socket.on('message', (bytes: Buffer) => {
    if (bytes.includes(`Call-ID: ${callId}\r\n`)) answer.resolve(statusOf(bytes))
  })
  let sent = 0
  const ask = (waitMs: number): void => {
    socket.send(message, port, '127.0.0.1')
    sent++
    timer = setTimeout(() => ask(2 * waitMs), waitMs)
  }
  let timer = setTimeout(() => ask(SIP_T1_MS), afterMs)
  const giveUp = setTimeout(() => answer.resolve(0), afterMs + GIVE_UP_MS)
  const status = await answer.promise
  clearTimeout(timer)
  clearTimeout(giveUp)
  return { status, sent }
}

function inviteOf(socket: Socket, callId: string, called: string): Buffer {
  const { port } = socket.address()
  return formatInvite({ calling: '+12125550117', called, callId, branch: `z9hG4bK-${callId}`, fromTag: callId, port })
}

async function open(t: TestContext): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4_194_304 })
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
  t.after(() => socket.close())
  return socket
}
