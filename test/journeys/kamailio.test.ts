import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { Caller, fieldOf, formatInvite, idOf, statusOf } from '../peers/caller.ts'
import { Clone, readBlocks, readSteps } from '../guide.ts'
import { startKamailio } from '../peers/kamailio.ts'
import { missing, temporaryDirectory } from '../peers/peer.ts'
import { freePort } from '../peers/port.ts'
import { Recourse } from '../peers/recourse.ts'
import { answerCalls, callsFrom, placeCalls } from '../peers/sipp.ts'
import { type Dissected, capture, dissect } from '../peers/tshark.ts'

const skip = missing('kamailio', 'sipp', 'tshark', 'dumpcap')
const EXAMPLE = new URL('../../examples/kamailio/kamailio.cfg', import.meta.url).pathname
const BUSY = '+12125550117'
const QUIET = '+12125550142'
const CONNECTED = 'uac-expect-connected'
const BLOCKED = 'uac-expect-network-blocked-by-proxy'
/**
 * Commands of docs/kamailio.md that go on until they are stopped, and what they say when they are ready. SIPp keeps what it
 * has to say to its end; a call that comes before it listens is sent again by Kamailio.
 */
const GOES_ON: [command: string, words: string][] = [
  ['npx recourse up', 'screening calls'],
  ['kamailio ', 'Listening on'],
  ['sipp -sf examples/sipp/uas-answer.xml', ''],
]

test(
  'Kamailio asks the gate, routes on on continue, and relays a block unchanged without trying again',
  { skip },
  async (t) => {
    const path = await startPath(t, { limit: 2 })
    const taken = await capture(t, [path.gate.port, path.kamailio, path.callee.port])

    const allowed = await placeCalls(t, { scenario: CONNECTED, rows: callsFrom(BUSY, 2), to: path.kamailio })
    const blocked = await placeCalls(t, { scenario: BLOCKED, rows: callsFrom(BUSY, 3), to: path.kamailio })
    const other = await placeCalls(t, { scenario: CONNECTED, rows: callsFrom(QUIET, 1), to: path.kamailio })
    await taken.stop()

    for (const run of [allowed, blocked, other]) assert.equal(run.ending.code, 0, run.errors)
    const messages = dissect(taken.file, [path.gate.port, path.kamailio, path.callee.port])
    const notices = answersWith(603, messages)
    const sent = notices.filter((message) => message.sourcePort === path.gate.port)
    const arrived = notices.filter((message) => message.destinationPort === blocked.port)
    assert.equal(sent.length, 3)
    assert.equal(arrived.length, 3)
    for (const notice of sent) {
      const relayed = arrived.find((message) => message.callId === notice.callId)
      assert.ok(relayed !== undefined)
      // A proxy takes its own Via off; every other octet is the gate's.
      assert.deepEqual(relayed.payload, withoutFirstVia(notice.payload))
      assert.equal(relayed.phrase, 'Network Blocked')
      assert.equal(fieldOf(relayed.payload, 'Reason'), fieldOf(notice.payload, 'Reason'))
      assert.equal(countInvites(messages, notice.callId, path.gate.port), 1, 'the gate is asked once')
      assert.equal(countInvites(messages, notice.callId, path.callee.port), 0, 'a blocked call goes no further')
    }
    assert.deepEqual(
      sent.map((notice) => idOf(notice.payload)),
      path.gate.ledger().map((row) => row.receipt),
    )
    const answered = answersWith(200, messages).filter((message) => message.payload.includes('CSeq: 1 INVITE'))
    assert.equal(answered.filter((message) => message.sourcePort === path.callee.port).length, 3)
  },
)

test('a block told by 433 or 607 is relayed like any other, and the call goes no further', { skip }, async (t) => {
  const called = ['+14155550163,withheld', `+14155550163,${QUIET}`]
  const path = await startPath(t, { called })
  const taken = await capture(t, [path.kamailio, path.callee.port])
  const caller = await Caller.open(path.kamailio)
  t.after(() => caller.close())
  const statuses: number[] = []

  for (const calling of ['anonymous', QUIET]) {
    const invite = formatInvite({
      calling,
      called: '+14155550163',
      callId: `${calling}-433`,
      branch: `z9hG4bK-${calling}`,
      fromTag: 'f',
      port: caller.port,
    })
    const answer = await caller.ask(invite)
    statuses.push(answer === undefined ? 0 : statusOf(answer))
  }
  await taken.stop()

  assert.deepEqual(statuses, [433, 607])
  const messages = dissect(taken.file, [path.kamailio, path.callee.port])
  assert.ok(messages.length > 0)
  assert.deepEqual(
    messages.filter((message) => message.destinationPort === path.callee.port),
    [],
  )
  assert.equal(path.gate.ledger().length, 2)
})

test('what the destination answers reaches the caller, not the continue code of the gate', { skip }, async (t) => {
  const path = await startPath(t, { callee: 'uas-unavailable' })

  const run = await placeCalls(t, { scenario: 'uac-expect-unavailable', rows: callsFrom(QUIET, 2), to: path.kamailio })

  assert.equal(run.ending.code, 0, run.errors)
})

test('a gate that is silent stops no call', { skip }, async (t) => {
  const silent = createSocket('udp4')
  await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve))
  t.after(() => silent.close())
  const path = await startPath(t, { askAt: silent.address().port })

  const run = await placeCalls(t, { scenario: CONNECTED, rows: callsFrom(QUIET, 1), to: path.kamailio })

  assert.equal(run.ending.code, 0, run.errors)
})

/** The configuration without one of its safeguards, and the scenario that must then fail. */
const WITHOUT = [
  {
    title: 'a Kamailio that remaps 503 changes the answer of the destination',
    taken: /^modparam\("tm", "remap_503_500", 0\)$/m,
    scenario: 'uac-expect-unavailable',
    callee: 'uas-unavailable',
    deny: [],
  },
  {
    title: 'a Kamailio that routes on after a 603 completes a blocked call',
    taken: /^\tif \(t_check_status\("6[^]*?^\t}$/m,
    scenario: 'uac-expect-network-blocked-by-proxy',
    callee: 'uas-answer',
    deny: [QUIET],
  },
] as const

for (const { title, taken, scenario, callee, deny } of WITHOUT)
  test(`${title}, and the scenario notices`, { skip }, async (t) => {
    const configuration = readFileSync(EXAMPLE, 'utf8')
    const worse = join(temporaryDirectory(t), 'kamailio.cfg')
    writeFileSync(worse, configuration.replace(taken, ''))
    assert.notEqual(readFileSync(worse, 'utf8'), configuration, 'the safeguard is in the example')
    const path = await startPath(t, { configuration: worse, callee, deny })

    const run = await placeCalls(t, { scenario, rows: callsFrom(QUIET, 1), to: path.kamailio })

    assert.equal(run.ending.code, 1)
  })

test('the guide does what it says: two calls, the second blocked, and its block in the ledger', { skip }, async (t) => {
  const guide = readBlocks(readFileSync(new URL('../../docs/kamailio.md', import.meta.url), 'utf8'))
  const clone = new Clone()
  let ran = 0
  let printed = ''
  try {
    for (const { block, step } of readSteps(guide)) {
      if (step.kind === 'file') clone.write(step.name, block.text)
      if (step.kind !== 'elsewhere') continue
      const [, words] = GOES_ON.find(([command]) => block.text.startsWith(command)) ?? []
      ran++
      if (words !== undefined) await clone.start(block.text, words)
      else {
        const { exitCode, output } = await clone.run(block.text)
        assert.equal(exitCode, 0, `${block.text}\n${output}`)
        printed = output
      }
    }
  } finally {
    await clone.close()
  }
  assert.equal(ran, 6)
  assert.match(printed, /\+12125550117/)
  t.diagnostic(`${ran} commands`)
})

type Path = { gate: Recourse; kamailio: number; callee: { port: number } }

type PathWishes = {
  limit?: number
  deny?: readonly string[]
  called?: readonly string[]
  callee?: string
  askAt?: number
  configuration?: string
}

/** Starts a gate, a callee, and a Kamailio between them. */
async function startPath(t: test.TestContext, wishes: PathWishes): Promise<Path> {
  const gate = await Recourse.start(t, {
    limit: wishes.limit ?? 3,
    deny: wishes.deny ?? [],
    called: wishes.called ?? [],
  })
  const callee = await answerCalls(t, wishes.callee ?? 'uas-answer')
  const port = await freePort()
  await startKamailio(t, wishes.configuration ?? EXAMPLE, port, {
    LISTEN: `udp:127.0.0.1:${port}`,
    GATE: `"sip:127.0.0.1:${wishes.askAt ?? gate.port}"`,
    DESTINATION: `"sip:127.0.0.1:${callee.port}"`,
  })
  return { gate, kamailio: port, callee }
}

function answersWith(status: number, messages: readonly Dissected[]): Dissected[] {
  return messages.filter((message) => message.status === status)
}

function countInvites(messages: readonly Dissected[], callId: string, to: number): number {
  return messages.filter(
    (message) => message.method === 'INVITE' && message.callId === callId && message.destinationPort === to,
  ).length
}

function withoutFirstVia(answer: Buffer): Buffer {
  const text = answer.toString('latin1')
  return Buffer.from(text.replace(/\r\nVia: [^\r]*/, ''), 'latin1')
}
