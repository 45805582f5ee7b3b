import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Command } from 'commander'
import type { ReceivedCall } from '#core/probe/received.ts'
import { answerCommand, eventTeller } from './answer.ts'
import { Stop } from './exit.ts'

const CALL: ReceivedCall = {
  token: undefined,
  from: '+12125550117',
  dialled: '+12125550101',
  scenario: 'sip',
  chosenBy: 'number',
  atMs: 0,
  transport: 'udp',
  source: '127.0.0.1:5060',
  branch: 'z9hG4bK1',
  callId: '1@a.example',
  repeats: 0,
  fields: [],
  sent: [],
  acknowledgedMs: undefined,
  cancelledMs: undefined,
}

for (const [words, expected] of [
  [['--listen', '0.0.0.0:0'], /^--listen 0\.0\.0\.0 can be reached by others, .*--allow-remote/],
  [['--listen', '127.0.0.1:0', '--http', '[::]:0'], /^--http :: can be reached by others/],
  [['--listen', '127.0.0.1'], /^--listen 127\.0\.0\.1 is no address and port: expected/],
  [['--listen', 'localhost:5070'], /^--listen localhost:5070 is no address and port/],
  [['--http', '127.0.0.1:70000'], /^--http 127\.0\.0\.1:70000 is no address and port/],
  [['--allow-remote', '10.0.0.0/99'], /^--allow-remote 10\.0\.0\.0\/99 is no network/],
  [['--tls-port', '5061'], /^--tls-port, --certificate and --key belong together/],
  [['--tls-port', '5061', '--certificate', 'no-such', '--key', 'no-such'], /^--certificate no-such cannot be read/],
  [['--tls-port', 'x', '--certificate', 'a', '--key', 'b'], /^--tls-port x is no port/],
  [['--tls-port', '1', '--certificate', 'package.json', '--key', 'package.json'], /no PEM that fits together/],
  [['--card-base', 'https://a b'], /^--card-base https:\/\/a b is no URL/],
  [['--card-base', 'https://a.example/>;x'], /is no URL/],
  [['--record', join('no-such-folder', '\u001b[31m')], /^--record no-such-folder\/\\u001b\[31m cannot be written/],
] as const)
  test(`recourse answer ${words.join(' ').replaceAll('\u001b', '')} is refused with what to do`, async () => {
    await assert.rejects(
      run(words),
      (error) => error instanceof Stop && expected.test(error.message) && error.exitCode > 0,
    )
  })

test('a port that is taken is told with what to do', async () => {
  const { startMockBlocker } = await import('#edge/prober/mock-blocker.ts')
  await using blocker = await startMockBlocker()
  await assert.rejects(run(['--listen', blocker.address, '--http', '127.0.0.1:0']), {
    name: 'Stop',
    message: `cannot listen on ${blocker.address} (EADDRINUSE); another program has it: choose another port`,
  })
})

test('the file of the record is there before anything listens', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-answer-'))
  try {
    const file = join(folder, 'calls.ndjson')
    await assert.rejects(
      run(['--record', file, '--listen', '192.0.2.1:5070', '--allow-remote', '192.0.2.0/24', '--http', '127.0.0.1:0']),
      {
        message: /^cannot listen on 192\.0\.2\.1:5070 \(EADDRNOTAVAIL\); this machine has no such address/,
      },
    )
    assert.ok(existsSync(file))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('what happens is told in words, and nothing of a caller reaches the terminal raw', () => {
  const tell = eventTeller((text) => `*${text}*`)
  assert.equal(
    tell({ kind: 'call', call: CALL }),
    '1@a.example  *+12125550117 calls +12125550101 (udp 127.0.0.1:5060): sip, 603+ with a SIP Reason: url and id*\n',
  )
  assert.equal(
    tell({ kind: 'sent', call: CALL, status: 603, phrase: 'Network Blocked', time: 1 }),
    '1@a.example    603 Network Blocked\n',
  )
  assert.match(tell({ kind: 'sent', call: CALL, status: 603, phrase: 'Network Blocked', time: 3 }), /sent 3 times now/)
  for (const kind of ['repeated', 'acknowledged', 'cancelled', 'unacknowledged'] as const)
    assert.match(tell({ kind, call: CALL }), /[a-z]\n$/)
  assert.equal(tell({ kind: 'ended', call: CALL }), '')
  const lost = { ...CALL, scenario: undefined }
  assert.match(tell({ kind: 'call', call: { ...lost, chosenBy: undefined } }), /no scenario has that number/)
  assert.match(tell({ kind: 'call', call: { ...lost, chosenBy: 'field' } }), /X-Recourse-Scenario names no scenario/)
  const hostile = { ...CALL, from: '\u001b]0;x', dialled: '\u202e', token: '\r\n', callId: '\u0007' }
  for (const kind of ['call', 'acknowledged'] as const)
    assert.doesNotMatch(tell({ kind, call: hostile }).slice(0, -1), /[\p{Cc}\p{Cf}]/u)
})

test('a source that is not answered is told of once, and of many no more than a hundred', () => {
  const tell = eventTeller(String)
  const told = Array.from({ length: 300 }, (_, at) => tell({ kind: 'refused', address: `192.0.2.${at % 150}` }))
  assert.equal(told[0], '192.0.2.0 is not answered: --allow-remote 192.0.2.0 would change that\n')
  assert.equal(told.filter((line) => line !== '').length, 100)
})

function run(words: readonly string[]): Promise<unknown> {
  const program = new Command().exitOverride()
  answerCommand(program)
  return program.parseAsync(['answer', ...words], { from: 'user' })
}
