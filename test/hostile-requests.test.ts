// One thing: what strangers and peers write into requests to have the gate work for them: who is answered and where, which number
// is read, and what a table is asked to remember.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { encodeText } from '#codec/sip/text.ts'
import { openTally } from '#core/rules/tally.ts'
import { BLOCKED, CALLER, PEER, gateWith, invite, policyOf, request, statuses } from './gate.ts'
import { SPELLINGS, spelled } from './spellings.ts'
import type { SpoofedSources } from './spoofed-sources.ts'

test('a million forged sources: nothing is answered, nothing is kept, and the peer’s calls all go on', (t) => {
  const seen = spoof(SOURCES)

  assert.equal(seen.strangers, seen.sources)
  assert.equal(seen.sources, SOURCES)
  assert.equal(seen.answersToStrangers, 0)
  assert.ok(seen.calls >= 1000)
  assert.equal(seen.continued, seen.calls)
  assert.ok(seen.keptMiB <= KEPT_MAX_MIB, `the process keeps ${seen.keptMiB} MiB`)
  t.diagnostic(`keeps ${seen.keptMiB} MiB; grew by ${seen.grewMiB} MiB with what had not been collected yet`)
})

test('a process that keeps every source is found out by the same measure', () => {
  const seen = spoof(SOURCES / 4, '--keep')

  assert.equal(seen.kept, SOURCES / 4)
  assert.ok(seen.keptMiB > KEPT_MAX_MIB, `the process keeps ${seen.keptMiB} MiB`)
})

const VIAS = [
  '192.0.2.66;branch=z9hG4bK-1',
  '192.0.2.66:7777;branch=z9hG4bK-1;received=192.0.2.67',
  '192.0.2.66:7777;branch=z9hG4bK-1;rport=7778',
  '192.0.2.66;branch=z9hG4bK-1;maddr=192.0.2.68',
  '192.0.2.66;maddr=239.255.255.1;ttl=16;branch=z9hG4bK-1',
  '255.255.255.255;branch=z9hG4bK-1;rport',
  '224.0.1.75;branch=z9hG4bK-1',
  '0.0.0.0;branch=z9hG4bK-1',
  '127.0.0.1:5060;branch=z9hG4bK-1;received=127.0.0.1',
  '[2001:db8::66]:7777;branch=z9hG4bK-1',
  '[::ffff:192.0.2.66];branch=z9hG4bK-1;received=2001:db8::67',
  'victim.example:7777;branch=z9hG4bK-1;maddr=victim.example',
  '192.0.2.66:7777;branch=z9hG4bK-1, SIP/2.0/UDP 192.0.2.69;branch=z9hG4bK-2',
]
const REQUESTS: [what: string, request: (via: string) => Uint8Array][] = [
  ['a call that goes on', (via) => invite({ from: CALLER, via })],
  ['a call that is blocked', (via) => invite({ from: BLOCKED, via })],
  ['OPTIONS', (via) => withVia(request('OPTIONS'), via)],
  ['a method that nobody knows', (via) => withVia(request('FLY'), via)],
  [
    'a request that is broken',
    (via) => withVia(request('OPTIONS').replace('Max-Forwards: 70', 'Max-Forwards: x'), via),
  ],
]

for (const [what, write] of REQUESTS)
  test(`wherever the Via of ${what} points, the answer goes to the address it came from, once`, async () => {
    for (const sentBy of VIAS) {
      const { say, sent, commit } = gateWith()
      say(write(`Via: SIP/2.0/UDP ${sentBy}`))
      await commit()

      assert.deepEqual(
        sent.map(({ address }) => address),
        [PEER.address],
        sentBy,
      )
      assert.ok([PEER.port, 5060, 7777].includes(sent[0]!.port), sentBy)
    }
  })

test('a field in any spelling that is one is read, and in a spelling that is none it is another field', async () => {
  for (const { name, isName, line } of SPELLINGS) {
    const { say, sent, commit, recorded } = gateWith()
    say(encodeText(spelled(line('From', `<sip:${BLOCKED}@origin.example>;tag=f`))))
    await commit()

    if (isName) assert.equal(recorded[0]?.personal.calling, BLOCKED, name)
    else assert.equal(recorded.length, 0, name)
    if (!isName) assert.deepEqual(statuses(sent), [400], name)
  }
  assert.ok(SPELLINGS.filter(({ isName }) => isName).length >= 8)
  assert.ok(SPELLINGS.filter(({ isName }) => !isName).length >= 12)
})

test('a second From, in whatever spelling, is refused, before or behind the first', () => {
  const real = `From: <sip:${CALLER}@origin.example>;tag=f`
  for (const { name, isName, line } of SPELLINGS) {
    const other = line('From', `<sip:${BLOCKED}@origin.example>;tag=f`)
    for (const lines of [`${real}\r\n${other}`, `${other}\r\n${real}`]) {
      const { say, journal } = gateWith()
      const answered = statuses(say(encodeText(spelled(lines))))

      if (isName) assert.deepEqual(answered, [400], name)
      // What is no From leaves the one that there is, or makes the message one that nobody can read.
      else if (answered[0] !== 400) assert.equal(journal[0]?.calling, CALLER, name)
    }
  }
})

test('whatever stands where a number should, counting takes no more memory than it was given, and numbers are counted on', () => {
  const policy = policyOf(2, false)
  const tally = openTally(policy, 1)
  const sizes = () => tally.counters.flatMap(({ tables }) => tables.map(({ words }) => words.buffer.byteLength))
  const before = sizes()
  const { say, journal } = gateWith({ volumeLimit: 2, parts: { policy, tally } })
  let answered = 0
  for (let round = 0; round < 12_000; round++) {
    const user = HOSTILE_USERS[round % HOSTILE_USERS.length]!(round)
    const [answer] = say(invite({ from: user, callId: `${round}`, branch: `h${round}` }))
    if (answer !== undefined) answered++
  }

  assert.equal(answered, 12_000)
  assert.deepEqual(sizes(), before)
  assert.ok(tally.evictions > 0, 'more numbers came than there is room for, and it is counted')
  const named = new Set(journal.map(({ calling }) => calling))
  assert.ok(named.size > 1_000)
  for (const calling of named) assert.match(calling, /^(?:|withheld|\+?\d{1,15})$/)
  assert.deepEqual(
    [1, 2, 3].map((call) => statuses(say(invite({ from: '+13125550142', callId: `n${call}`, branch: `n${call}` })))),
    [[404], [404], []],
    'the third call of a number waits for its row',
  )
})

/** Where a number should stand; the argument makes each one another. */
const HOSTILE_USERS: ((number: number) => string)[] = [
  (number) => `+1212${1_000_000 + number}`,
  (number) => `{${number}}+12125550117`,
  (number) => `%0d%0aX-${number}%3a%20y`,
  (number) => `%00${number}`,
  (number) => '9'.repeat(1 + (number % 30_000)),
  (number) => `+1${'%30'.repeat(number % 5_000)}`,
  (number) => ['__proto__', 'constructor', 'toString', 'hasOwnProperty'][number % 4]!,
  (number) => `*${number}#`,
  (number) => `0044${1_000_000 + number}`,
]

function spoof(sources: number, ...words: string[]): SpoofedSources {
  const script = join(import.meta.dirname, 'spoofed-sources.ts')
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--expose-gc', script, String(sources), ...words], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout) as SpoofedSources
}

function withVia(text: string, via: string): Uint8Array {
  return encodeText(text.replace(/^Via: .*$/m, via))
}

const SOURCES = 1_000_000
const KEPT_MAX_MIB = 8
