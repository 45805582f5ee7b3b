import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import type { ReceivedCall } from '#core/probe/received.ts'
import { type Scenario, fillAnswer, findById, numberToDial } from '#core/probe/scenario.ts'
import { SCENARIOS } from '#core/probe/scenarios.ts'
import { type Owner, Peer, missing, temporaryDirectory, until } from '../peers/peer.ts'
import { freePort } from '../peers/port.ts'
import { COMMAND } from '../peers/recourse.ts'
import { placeCalls } from '../peers/sipp.ts'
import { capture, dissect } from '../peers/tshark.ts'

const skip = missing('sipp', 'tshark', 'dumpcap')
/** Legal all the same: what tshark cannot read. */
const COMPLAINTS = new Map([['retry-after-comment', /Invalid retry_after value/]])
const CALLER = '+12125550117'

// docs/mock-blocker.md tells of these runs.
test(
  'SIPp dials every scenario over UDP: each answer is in its record, and tshark reads the legal ones without a complaint',
  { skip },
  async (t) => {
    const blocker = await startBlocker(t)
    const sippPort = await freePort()
    const captured = await capture(t, [blocker.port])
    const dialled = SCENARIOS.filter(({ transport }) => transport === 'any')

    const run = await placeCalls(t, {
      scenario: 'uac-mock-blocker',
      rows: dialled.map((scenario) => [CALLER, numberToDial(scenario), 'run-1']),
      to: blocker.port,
      port: sippPort,
      callsPerSecond: 40,
    })
    await captured.stop()

    assert.equal(run.ending.code, 0, run.errors)
    const calls = await blocker.record(dialled.length)
    assert.deepEqual(new Set(calls.map(({ scenario }) => scenario)), new Set(dialled.map(({ id }) => id)))
    for (const call of calls) {
      assert.ok(call.acknowledgedMs !== undefined, String(call.scenario))
      assert.equal(call.token, 'run-1')
    }
    const answers = dissect(captured.file, [blocker.port]).filter(({ status }) => status >= 200)
    let [legal, illegal] = [0, 0]
    for (const { callId, payload, complaints } of answers) {
      const call = calls.find((each) => each.callId === callId)!
      const scenario = findById(SCENARIOS, call.scenario!)!
      assert.equal(payload.toString('latin1'), call.sent.at(-1)!.octets, scenario.id)
      for (const line of fillAnswer(scenario.answer, `${blocker.url}/card/${scenario.answer.card}`).lines)
        assert.ok(payload.toString().includes(`\r\n${line}\r\n`), scenario.id)
      if (!scenario.isLegal) illegal++
      else {
        legal++
        const known = COMPLAINTS.get(scenario.id)
        if (known === undefined) assert.deepEqual(complaints, [], scenario.id)
        else assert.match(complaints.join(), known)
      }
    }
    assert.ok(legal >= 60 && illegal >= 2, `${legal} legal, ${illegal} not`)
    t.diagnostic(`${answers.length} answers, ${legal} legal and without a complaint`)
  },
)

test('SIPp dials over TCP too, the longest answer among them', { skip }, async (t) => {
  const blocker = await startBlocker(t)
  const dialled = [...SCENARIOS.slice(0, 5), findById(SCENARIOS, 'longest')!, findById(SCENARIOS, 'folded')!]
  const run = await placeCalls(t, {
    scenario: 'uac-mock-blocker',
    rows: dialled.map((scenario: Scenario) => [CALLER, numberToDial(scenario), 'run-2']),
    to: blocker.port,
    more: ['-t', 't1'],
  })
  assert.equal(run.ending.code, 0, run.errors)
  const calls = await blocker.record(dialled.length)
  assert.deepEqual(new Set(calls.map(({ transport }) => transport)), new Set(['tcp']))
  const longest = calls.find(({ scenario }) => scenario === 'longest')!
  assert.ok(longest.sent[0]!.octets.length > 8_000)
  assert.ok(run.messages.some(({ bytes }) => bytes.toString('latin1') === longest.sent[0]!.octets))
  const shown = (await (await fetch(`${blocker.url}/v1/probe/run-2`)).json()) as { calls: ReceivedCall[] }
  assert.deepEqual(new Set(shown.calls.map(({ callId }) => callId)), new Set(calls.map(({ callId }) => callId)))
})

async function startBlocker(t: Owner) {
  const file = join(temporaryDirectory(t), 'calls.ndjson')
  const [port, httpPort] = [await freePort(), await freePort()]
  const blocker = new Peer(process.execPath, [
    COMMAND,
    'answer',
    '--listen',
    `127.0.0.1:${port}`,
    '--http',
    `127.0.0.1:${httpPort}`,
    '--record',
    file,
  ])
  t.after(() => blocker.stop('SIGTERM'))
  await blocker.says(/Ctrl-C ends it/)
  return {
    port,
    url: `http://127.0.0.1:${httpPort}`,
    record: (count: number): Promise<ReceivedCall[]> =>
      until(`${count} calls in the record`, () => {
        const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
        return lines.length < count ? undefined : lines.map((line) => JSON.parse(line) as ReceivedCall)
      }),
  }
}
