// The desk beside calls: its thread dies and starts again, its port is flooded, and calls are answered as ever.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Caller, formatInvite, statusOf } from '../peers/caller.ts'
import { until } from '../peers/peer.ts'
import { Recourse } from '../peers/recourse.ts'

const DENIED = '+18005550199'
const CALLED = '+14155550163'
const DESK = {
  desk: 'https://redress.northwire.example',
  deskMore: { tls: 'none' },
  deny: [DENIED],
  limit: 1_000,
} as const

test('the thread of the desk dies three times while calls go on: each call is answered as it should be, the desk is back, and what it took is there', async (t) => {
  const gate = await Recourse.start(t, { ...DESK, environment: { NODE_OPTIONS: `--import=${FAILING}` } })
  const desk = `http://127.0.0.1:${gate.deskPort}`
  const calls = await startCalls(t, gate)
  const accepted: string[] = []
  for (let round = 0; round < 3; round++) {
    const filed = await until('a claim to be taken', async () => {
      const answer = await file(desk, round).catch(() => undefined)
      return answer?.status === 201 ? answer : undefined
    })
    accepted.push(((await filed.json()) as { status: string }).status)
    const before = calls.answered()
    writeFileSync(join(gate.directory, 'fail-desk'), '')
    await until('the end of the thread', async () => (await pageOf(desk)) === undefined || undefined)
    await until('the desk to answer again', async () => (await pageOf(desk))?.status === 200 || undefined)
    await until('calls to go on beside it', () => calls.answered() >= before + 20 || undefined)
    for (const status of accepted) {
      const shown = await fetch(status.replace(DESK.desk, desk), { headers: { accept: 'application/json' } })
      assert.equal(shown.status, 200, 'a claim that was accepted is still there')
    }
  }
  const { placed, wrong } = await calls.end()
  t.diagnostic(`${placed} calls, ${accepted.length} deaths of the desk`)
  assert.deepEqual(wrong, [])
  assert.ok(placed >= 60)
  assert.match(gate.peer.output, /the desk fails, as the test wishes/)
  gate.verifyLedger()
})

test('a desk whose port is taken while it is away tries again until it has it', async (t) => {
  const gate = await Recourse.start(t, { ...DESK, environment: { NODE_OPTIONS: `--import=${FAILING}` } })
  const desk = `http://127.0.0.1:${gate.deskPort}`
  const calls = await startCalls(t, gate)
  writeFileSync(join(gate.directory, 'fail-desk'), '')
  const squatter = createServer((socket) => socket.destroy())
  t.after(() => squatter.close())
  await until(
    'the port',
    () =>
      new Promise<true | undefined>((resolve) => {
        squatter.once('error', () => resolve(undefined))
        squatter.listen(gate.deskPort, '127.0.0.1', () => resolve(true))
      }),
  )
  await until('an alarm that says why', () => /EADDRINUSE/.test(gate.peer.output) || undefined)
  await new Promise((resolve) => squatter.close(resolve))
  await until('the desk to answer again', async () => (await pageOf(desk))?.status === 200 || undefined)
  assert.deepEqual((await calls.end()).wrong, [])
})

test('a flood at the port of the desk beside calls: calls are answered as ever, and what the desk sheds says so and is counted', async (t) => {
  const gate = await Recourse.start(t, DESK)
  const desk = `http://127.0.0.1:${gate.deskPort}`
  const calls = await startCalls(t, gate)
  const answers = new Map<string, number>()
  const flood = async (lane: number): Promise<void> => {
    for (let at = 0; at < REQUESTS / LANES; at++) {
      const answer = await (at % 4 === 3 ? file(desk, lane * 1_000 + at) : pageOf(desk)).catch(() => undefined)
      const text = await answer?.text()
      const what = `${at % 4 === 3 ? 'claim' : 'page'} ${answer?.status ?? 'none'}`
      answers.set(what, (answers.get(what) ?? 0) + 1)
      if (answer?.status !== 429) continue
      assert.ok(Number(answer.headers.get('retry-after')) >= 1, 'it says when to come again')
      assert.match(text ?? '', at % 4 === 3 ? /urn:recourse:problem:too-many/ : /Too many requests/)
    }
  }
  await Promise.all(Array.from({ length: LANES }, (_, lane) => flood(lane)))
  const { placed, wrong } = await calls.end()
  const told = [...answers].map(([what, count]) => `${count} ${what}`).join(', ')
  t.diagnostic(`${placed} calls; ${told}`)
  assert.deepEqual(wrong, [])
  assert.ok(placed >= 20)
  assert.equal(
    [...answers.values()].reduce((sum, count) => sum + count, 0),
    REQUESTS,
    'every request is answered or its connection ended',
  )
  for (const what of answers.keys()) assert.match(what, /^(?:page (?:200|429)|claim (?:201|429|428))$/, told)
  const shed = (answers.get('page 429') ?? 0) + (answers.get('claim 429') ?? 0)
  assert.ok(shed > 0, 'a flood that nothing is shed of is none')
  await until('what was shed in the figures', async () => {
    const metrics = await gate.metrics()
    const counted = SHED.reduce((sum, name) => sum + (metrics.get(name) ?? assert.fail(name)), 0)
    return counted === shed || undefined
  })
  await until('a page after the flood', async () => (await pageOf(desk))?.status === 200 || undefined)
  gate.verifyLedger()
})

/** Calls one after the other, half of them denied; what is answered otherwise than it should be is kept. */
async function startCalls(t: TestContext, gate: Recourse) {
  const caller = await Caller.open(gate.port)
  t.after(() => caller.close())
  const wrong: string[] = []
  let placed = 0
  const over = new AbortController()
  const work = (async () => {
    while (!over.signal.aborted) {
      const at = placed++
      const isDenied = at % 2 === 1
      const calling = isDenied ? DENIED : `+1212${String(5_550_000 + at)}`
      const names = { callId: `fails-${at}@127.0.0.1`, branch: `z9hG4bK-fails-${at}`, fromTag: `f${at}` }
      const answer = await caller.ask(formatInvite({ calling, called: CALLED, ...names, port: caller.port }), ANSWER_MS)
      const status = answer === undefined ? 0 : statusOf(answer)
      if (status !== (isDenied ? 603 : 404)) wrong.push(`call ${at} was answered ${status}`)
      await wait(PAUSE_MS)
    }
  })()
  t.after(() => over.abort())
  return {
    answered: () => placed,
    end: async () => {
      over.abort()
      await work
      return { placed, wrong }
    },
  }
}

function file(desk: string, number: number): Promise<Response> {
  return fetch(`${desk}/v1/claims`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      numbers: [`+1312${String(5_000_000 + number)}`],
      claimant: { name: 'Ann Example', email: `ann@clinic${number}.example.com` },
      purpose: 'We remind patients of their appointments.',
    }),
  })
}

function pageOf(desk: string): Promise<Response | undefined> {
  return fetch(`${desk}/`).catch(() => undefined)
}

const FAILING = new URL('../peers/failing-desk.ts', import.meta.url).href
const REQUESTS = 1_600
const LANES = 16
const ANSWER_MS = 8_000
const PAUSE_MS = 10
/** Where the desk counts whom it told to come later. */
const SHED = ['recourse_http_pages_limited_total', 'recourse_desk_limited_address_total'] as const
