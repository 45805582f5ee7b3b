import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { type TestContext, test } from 'node:test'
import { HEP_TYPES, formatHep } from '#codec/hep/hep.ts'
import { encodeText } from '#codec/sip/text.ts'
import type { Outcome } from '#edge/http/outcome.ts'
import { NoInlet, outcomeFigures, watchOutcomes } from './outcomes.ts'

const GATE = { address: '192.0.2.1', port: 5060 }
const SWITCH = { address: '192.0.2.9', port: 5080 }
const PHONE = { address: '192.0.2.77', port: 5070 }

/** A message between two, as a tap tells it. */
type Passed = readonly [from: typeof GATE, to: typeof GATE, start: string, toTag?: string, branch?: string]

const INVITE = 'INVITE sip:+14155550163@b SIP/2.0'
const BEGUN: Passed = [PHONE, SWITCH, INVITE]
const CONNECTED: readonly Passed[] = [
  [PHONE, SWITCH, 'SIP/2.0 200 OK', 'b'],
  [PHONE, SWITCH, 'BYE sip:b@b SIP/2.0', 'b'],
]

const CASES: readonly (readonly [title: string, passed: readonly Passed[], told: number, peers?: number])[] = [
  ['a call that is answered is told', [BEGUN, ...CONNECTED], 1],
  [
    'though the gate let it go on',
    [BEGUN, [SWITCH, GATE, INVITE, '', 'G'], [GATE, SWITCH, 'SIP/2.0 404 Not Found', 'g', 'G'], ...CONNECTED],
    1,
  ],
  [
    'not where the gate sent it to an announcement',
    [BEGUN, [GATE, SWITCH, 'SIP/2.0 302 Moved', 'g', 'G'], ...CONNECTED],
    0,
  ],
  ['but where it lets it go on by 302', [BEGUN, [GATE, SWITCH, 'SIP/2.0 302 Moved', 'g', 'G'], ...CONNECTED], 1, 302],
  ['or where the 302 is another’s', [BEGUN, [PHONE, SWITCH, 'SIP/2.0 302 Moved', 'g', 'G'], ...CONNECTED], 1],
]

for (const [title, passed, count, continueStatus = 404] of CASES) {
  test(title, async (t) => {
    const { send, told } = await watch(t, continueStatus)
    for (const message of passed) await send(message)
    // The last call of all says that what came before has been taken.
    for (const message of [BEGUN, ...CONNECTED]) await send(message, 'last')
    await until(() => told.length > count || (told.length === count && told.at(-1)?.called === LAST))
    assert.deepEqual(
      told.map(({ called }) => called),
      [...Array.from({ length: count }, () => CALLED), LAST],
    )
  })
}

test('what is told has numbers, length and end; what cannot be read is counted', async (t) => {
  const { send, told, seen } = await watch(t)
  await send([PHONE, SWITCH, 'NONSENSE'])
  for (const message of [BEGUN, ...CONNECTED]) await send(message)
  await until(() => told.length === 1)
  const { endedAtMs, ...outcome } = told[0]!
  assert.deepEqual(outcome, { calling: '+12125550117', called: CALLED, answered: true, durationMs: 2000 })
  assert.ok(Math.abs(Date.now() - endedAtMs) < 60_000, 'by our clock, whatever that of the tap says')
  const { unread, answered, counted, received } = seen.figures()
  assert.deepEqual({ unread, answered, counted, received }, { unread: 1, answered: 1, counted: 1, received: 4 })
})

test('a port that is taken is told, and nothing stays open', async (t) => {
  const { port } = await watch(t)
  const listen = [0, port].map((one) => ({ transport: 'udp' as const, address: '127.0.0.1', port: one }))
  const config = { listen, from: ['127.0.0.1'], password: undefined }
  await assert.rejects(
    watchOutcomes(config, [], GATES([])),
    (error) => error instanceof NoInlet && error.endpoint === listen[1],
  )
})

test('without a place for copies there is nothing, and its figures are zero', async () => {
  const seen = await watchOutcomes(undefined, [], GATES([]))
  const figures = outcomeFigures(seen.figures)
  assert.ok(figures.length >= 15 && figures.every(({ read }) => read() === 0))
  assert.deepEqual(seen.local, [])
  await seen.close()
})

const CALLED = '+14155550163'
const LAST = '+14155550199'

function GATES(told: Outcome[], continueStatus = 404) {
  const peers = [{ name: 'edge', from: [SWITCH.address], continueStatus, tenant: '' }]
  return { terms: { dialPlan: undefined, peers }, noteOutcome: (outcome: Outcome) => told.push(outcome) > 0 }
}

async function watch(t: TestContext, continueStatus?: number) {
  const told: Outcome[] = []
  const config = {
    listen: [{ transport: 'udp' as const, address: '127.0.0.1', port: 0 }],
    from: ['127.0.0.1'],
    password: undefined,
  }
  const seen = await watchOutcomes(config, [`udp:${GATE.address}:${GATE.port}`], GATES(told, continueStatus))
  const port = Number(seen.local[0]!.split(':').at(-1))
  const socket = createSocket('udp4')
  t.after(async () => {
    socket.close()
    await seen.close()
  })
  let passedS = 0
  const send = async ([from, to, start, toTag = '', branch = 'A']: Passed, callId = 'c'): Promise<void> => {
    const cseq = start.startsWith('BYE') ? '2 BYE' : '1 INVITE'
    const target = callId === 'last' ? start.replace(CALLED, LAST) : start
    const payload = encodeText(
      `${target}\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK${branch}\r\nFrom: <sip:+12125550117@a>;tag=a\r\n` +
        `To: <sip:b@b>${toTag && `;tag=${toTag}`}\r\nCall-ID: ${callId}\r\nCSeq: ${cseq}\r\nContent-Length: 0\r\n\r\n`,
    )
    const addresses = { source: from.address, sourcePort: from.port, destination: to.address, destinationPort: to.port }
    const octets = formatHep({
      ...addresses,
      protocol: 17,
      // A tap whose clock is years slow, with two seconds between messages.
      atMs: 1_000_000_000_000 + 2000 * passedS++,
      type: HEP_TYPES.sip,
      captureId: 1,
      password: undefined,
      node: undefined,
      correlationId: undefined,
      payload,
    })
    await new Promise((sent) => socket.send(octets, port, '127.0.0.1', sent))
  }
  return { told, seen, send, port }
}

async function until(ask: () => boolean): Promise<void> {
  for (const endMs = Date.now() + 10_000; Date.now() < endMs;) {
    if (ask()) return
    await new Promise((next) => setTimeout(next, 5))
  }
  assert.fail('waited in vain')
}
