import assert from 'node:assert/strict'
import { type Socket, createSocket } from 'node:dgram'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Command } from 'commander'
import { findById } from '#core/probe/scenario.ts'
import { SCENARIOS } from '#core/probe/scenarios.ts'
import { startMockBlocker } from '#edge/prober/mock-blocker.ts'
import { Stop } from './exit.ts'
import { probeCommand } from './probe.ts'
import { type ProbeRun, runProbe } from './probe-run.ts'

const HERE = 'sip:127.0.0.1:5999'

for (const [words, code, expected] of [
  [['--via', 'tel:+1'], 2, /^tel:\+1 is no target: expected sip:HOST/],
  [['--via', 'sip:192.0.2.1'], 2, /would place 69 calls there, .* add --allow-remote where you may do that$/],
  [['--via', 'sip:192.0.2.1', '--scenarios', 'sip'], 2, /would place 1 call there/],
  [['--via', HERE, '--from', 'Alice'], 2, /^--from Alice is no number: expected digits/],
  [['--via', HERE, '--to', '12x'], 2, /^--to 12x is no number/],
  [['--via', HERE, '--to-prefix', ''], 2, /^--to-prefix {2}is no number/],
  [['--via', HERE, '--scenarios', 'goood'], 2, /^--scenarios goood names no scenario: good, odd, broken, or an id/],
  [['--via', HERE, '--scenarios', 'sip,q851'], 2, /^--scenarios q851 names no scenario/],
  [['--via', HERE, '--number', 'sip'], 2, /^--number {2}is no number/],
  [['--via', HERE, '--number', 'spi=+12125550101'], 2, /names no scenario: expected ID=NUMBER/],
  [['--via', HERE, '--pass', 'E'], 2, /^--pass E is no grade: A, B, C, D or F$/],
  [['--via', HERE, '--timeout', '0'], 2, /^--timeout 0 is no time: expected seconds from 0\.1 to 300$/],
  [['--via', HERE, '--timeout', '10s'], 2, /^--timeout 10s is no time/],
  [['--via', HERE, '--deadline', '1e9'], 2, /^--deadline 1e9 is no time/],
  [['--via', HERE, '--pause', '49'], 2, /^--pause 49 is no time: expected milliseconds from 50 to 60000$/],
  [['--via', HERE, '--ca', 'package.json'], 2, /PEM|are for TLS/],
  [['--via', 'sips:127.0.0.1', '--certificate', 'a'], 2, /^--certificate and --key belong together/],
  [['--via', HERE, '--html', 'no-such\u001b/r.html'], 2, /^--html no-such\\u001b\/r\.html cannot be written/],
  [['--via', HERE, '--far-end', 'http://127.0.0.1:1'], 3, /^--far-end http:\/\/127\.0\.0\.1:1 cannot be read/],
  [['--via', HERE, '--far-end', 'package.json'], 3, /no record of a mock blocker.*: expected the --http door/],
  [['--via', HERE, '--scenarios', 'sip'], 3, /^nothing listens at 127\.0\.0\.1:5999; is the path running/],
  [['--via', HERE, '--scenarios', 'sip', '--local', '192.0.2.1'], 3, /^cannot call 127\.0\.0\.1:5999: /],
] as const)
  test(`recourse probe ${words.join(' ').replaceAll('\u001b', '')} is refused with what to do`, async () => {
    await assert.rejects(
      command(words),
      (error) => error instanceof Stop && expected.test(error.message) && error.exitCode === code,
    )
  })

test('a page that is refused for other words leaves no empty file behind', async (t) => {
  const file = join(folderOf(t), 'report.html')
  await assert.rejects(command(['--via', 'sip:192.0.2.1', '--html', file]), Stop)
  assert.ok(!existsSync(file))
})

test('both ends over HTTP and by file say the same, and the words name numbers as they were asked for', async (t) => {
  const file = join(folderOf(t), 'calls.ndjson')
  await using blocker = await startMockBlocker({
    onEvent: (event) => {
      if (event.kind === 'ended') appendFileSync(file, `${JSON.stringify(event.call)}\n`)
    },
  })
  const over = await run({ port: blocker.port, farEnd: blocker.url, ids: ['sip', 'decline', 'busy'] })
  const by = await run({ port: blocker.port, farEnd: file, ids: ['sip', 'decline', 'busy'], token: 't2' })
  for (const report of [over, by]) {
    assert.deepEqual([report.grade, report.points, report.doubts], ['A', 100, []])
    assert.deepEqual(
      report.comparisons.map(({ arrivals, against, state }) => [arrivals, against, state]),
      [1, 2, 3].map(() => [1, 'far-end', 'intact']),
    )
  }
  assert.equal(blocker.received('t2').length, 3)
})

test('calls of an earlier run and of another token are not this run’s, though they came from the same number', async () => {
  await using blocker = await startMockBlocker()
  const first = await run({ port: blocker.port, farEnd: blocker.url, ids: ['sip'], token: 'same' })
  const other = await run({ port: blocker.port, farEnd: blocker.url, ids: ['sip'], token: 'other' })
  const again = await run({ port: blocker.port, farEnd: blocker.url, ids: ['sip'], token: 'same' })
  assert.equal(blocker.received('+12125550117').length, 3)
  for (const { comparisons, deductions } of [first, other, again])
    assert.deepEqual([comparisons[0]?.arrivals, deductions], [1, []])
})

test('a far end that another blocker is behind knows no call of the run: nothing is measured, and why is said', async () => {
  await using blocker = await startMockBlocker()
  await using stranger = await startMockBlocker()
  const report = await run({ port: blocker.port, farEnd: stranger.url, ids: ['sip', 'busy'] })
  assert.deepEqual([report.grade, report.why], [undefined, 'no scenario was measured'])
  assert.ok(report.comparisons.every(({ why }) => /never came to the far end/.test(why)))
})

test('a far end that is gone after the calls leaves a report of one end, which says so', async () => {
  await using blocker = await startMockBlocker()
  const far = await startMockBlocker()
  const report = await run({
    port: blocker.port,
    farEnd: far.url,
    ids: ['sip', 'busy'],
    onCall: () => far.close(),
  })
  assert.deepEqual([report.grade, report.farEnd], ['A', undefined])
  assert.match(report.doubts.join(), /cannot be read \(ECONNREFUSED\).*; this report is of one end only$/)
})

test('the time of a scenario is no time of the path: a slow answer is waited for beyond --timeout', async () => {
  await using blocker = await startMockBlocker()
  const { comparisons } = await run({ port: blocker.port, ids: ['ringing-first'], timeoutMs: 150 })
  assert.deepEqual([comparisons[0]?.state, comparisons[0]?.findings], ['intact', []])
  assert.ok(comparisons[0]!.afterMs! >= 400)
})

test('a call that the deadline cut short is not measured, and one that got no answer in its time is lost', async (t) => {
  const port = await portThat(t, () => [])
  const late = await run({ port, ids: ['sip', 'q850'], timeoutMs: 5_000, deadlineMs: 300 })
  assert.deepEqual(
    late.comparisons.map(({ state, why }) => [state, why]),
    [1, 2].map(() => ['apart', 'the run was over its --deadline']),
  )
  const lost = await run({ port, ids: ['sip'], timeoutMs: 200 })
  assert.deepEqual(
    lost.comparisons[0]?.findings.map(({ kind, note }) => [kind, note]),
    [['answer-lost', 'no final answer in 0.2 s']],
  )
  assert.match(lost.why, /no call was answered at all/)
})

test('a path that answers nothing is asked three forms and a plain busy, and not all of them', async (t) => {
  const dialled = new Set<string>()
  const port = await portThat(t, (text) => {
    dialled.add(/^INVITE sip:(\S+?)@/.exec(text)?.[1] ?? '')
    return []
  })
  const { comparisons, why } = await run({ port, ids: ['sip', 'q850', 'url', 'tel', 'email'], timeoutMs: 150 })
  assert.deepEqual(
    [...dialled].map((number) => number.slice(-4)),
    ['0101', '0102', '0103', '0199'],
  )
  assert.deepEqual(
    comparisons.map(({ state }) => state),
    ['changed', 'changed', 'changed', 'apart', 'apart'],
  )
  assert.match(comparisons[4]!.why, /the first 3 calls got no answer/)
  assert.match(why, /no call was answered at all/)
})

test('a path that loses notices and answers a plain busy is asked them all: the near-miss', async (t) => {
  const port = await portThat(t, (text) => (text.startsWith('INVITE sip:+12125550199@') ? ['486 Busy Here'] : []))
  const { comparisons, grade } = await run({ port, ids: ['sip', 'q850', 'url', 'tel', 'busy'], timeoutMs: 150 })
  assert.deepEqual(
    comparisons.map(({ state }) => state),
    ['changed', 'changed', 'changed', 'changed', 'intact'],
  )
  assert.equal(grade, 'F')
})

test('a path that takes UDP only is not to blame for a form that is asked over TCP', async (t) => {
  const port = await portThat(t, () => ['486 Busy Here'])
  const { comparisons } = await run({ port, ids: ['longest', 'busy'] })
  assert.deepEqual(
    comparisons.map(({ state, why }) => [state, why]),
    [
      ['apart', 'it is asked over TCP only, and nothing listens there over TCP'],
      ['intact', ''],
    ],
  )
})

test('a run that is stopped places no further call and reports what it has', async () => {
  await using blocker = await startMockBlocker()
  const stopping = new AbortController()
  const report = await run({
    port: blocker.port,
    ids: ['sip', 'q850', 'busy'],
    signal: stopping.signal,
    onCall: (count) => count === 2 && stopping.abort(),
  })
  assert.deepEqual(
    report.comparisons.map(({ state, why }) => [state, why]),
    [
      ['intact', ''],
      ['intact', ''],
      ['apart', 'the run was cancelled'],
    ],
  )
  assert.equal(blocker.received().length, 2)
})

test('the words choose scenarios, numbers, a grade to pass; the page is written, and its writing is told', async (t) => {
  await using blocker = await startMockBlocker()
  const file = join(folderOf(t), 'report.html')
  const told = await output(
    t,
    [
      `--via sip:${blocker.address} --far-end ${blocker.url} --pause 50 --html ${file}`,
      '--scenarios sip,busy decline --to-prefix +44207946 --number busy=+442079460199',
    ].flatMap((line) => line.split(' ')),
  )
  assert.match(told, /^sip\s+intact\ndecline\s+intact\nbusy\s+intact\n/)
  assert.match(told, /\nGrade A, 100 of 100: 3 of 3 notices arrived as they were sent\.\n$/)
  assert.ok(told.includes(`The page to share is in ${file}.`))
  assert.match(readFileSync(file, 'utf8'), /^<!doctype html>/)
  assert.deepEqual(
    blocker.received().map(({ dialled }) => dialled),
    ['+442079460101', '+442079460113', '+442079460199'],
  )
  assert.equal(process.exitCode, 0)
})

type Given = {
  readonly port: number
  readonly ids: readonly string[]
  readonly farEnd?: string
  readonly token?: string
  readonly timeoutMs?: number
  readonly deadlineMs?: number
  readonly signal?: AbortSignal
  readonly onCall?: (count: number) => unknown
}

function run({ port, ids, farEnd, token = 't1', timeoutMs = 3_000, deadlineMs = 30_000, signal, onCall }: Given) {
  const plan: ProbeRun = {
    path: `sip:127.0.0.1:${port}`,
    target: { name: '127.0.0.1', host: '127.0.0.1', port, transport: 'udp' },
    from: '+12125550117',
    scenarios: ids.map((id) => findById(SCENARIOS, id)!),
    numbers: ({ number }) => `+1212555${number}`,
    token,
    startedMs: 0,
    local: undefined,
    farEnd,
    timeoutMs,
    deadlineMs,
    pauseMs: 1,
    ...(signal === undefined ? {} : { signal }),
    onCall: (count) => onCall?.(count),
  }
  return runProbe(plan)
}

function command(words: readonly string[]): Promise<unknown> {
  const program = new Command().exitOverride()
  probeCommand(program)
  return program.parseAsync(['probe', ...words], { from: 'user' })
}

/** What the command prints; its exit code is left in `process.exitCode` until the test is over. */
async function output(t: TestContext, words: readonly string[]): Promise<string> {
  let told = ''
  const { exitCode } = process
  t.after(() => (process.exitCode = exitCode))
  const write = t.mock.method(process.stdout, 'write', (text: string) => (told += text) !== '')
  await command(words).finally(() => write.mock.restore())
  return told
}

/** A path of UDP alone that answers INVITEs with what it is told. */
async function portThat(t: TestContext, answers: (invite: string) => readonly string[]): Promise<number> {
  const socket: Socket = createSocket('udp4')
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
  t.after(() => socket.close())
  socket.on('message', (bytes, from) => {
    const text = bytes.toString('latin1')
    if (!text.startsWith('INVITE')) return
    const copied = text.split('\r\n').filter((line) => /^(?:Via|From|To|Call-ID|CSeq):/.test(line))
    for (const status of answers(text))
      socket.send(
        `SIP/2.0 ${status}\r\n${copied.join('\r\n').replace(/^(To: .*)$/m, '$1;tag=p')}\r\nContent-Length: 0\r\n\r\n`,
        from.port,
        from.address,
      )
  })
  return socket.address().port
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-probe-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}
