import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { ipv4, link, pcapFile, udp } from '#codec/capture/build-capture.ts'
import { noteOf } from '#edge/store/contract-samples.ts'
import { openForWriting } from '#edge/store/schema.ts'
import { endStanding, insertStanding } from '#edge/store/standing-store.ts'
import { openLedger } from '#edge/store/sqlite-ledger.ts'

const AT = Date.UTC(2026, 10, 22, 12)
const POLICY = 'rules:\n  - { id: volume-number, volume: { of: number, limit: 2, per: 10m } }\n'
const CALLS = [0, 1, 2, 3].map((minute) => ({ ...call(minute), calling: '+12125550117' }))
const CSV = `calldate,src,dst\n${CALLS.map(({ at, calling, called }) => `${at},${calling},${called}\n`).join('')}`

test('calls of the past are judged by a policy that is not in force: NDJSON, CSV, gzip, standard input', (t) => {
  const folder = folderOf(t)
  const files: [name: string, octets: string | Buffer][] = [
    ['calls.ndjson', ndjson(CALLS)],
    ['calls.csv', CSV],
    ['calls-crlf.csv', CSV.replaceAll('\n', '\r\n')],
    ['calls.ndjson.gz', gzipSync(ndjson(CALLS))],
  ]
  for (const [name, octets] of files) {
    writeFileSync(join(folder, name), octets)
    const { status, stdout } = replay(folder, '--from', name)
    assert.equal(status, 1, name)
    assert.match(stdout, /^4 calls from 2026-11-22 12:00:00/, name)
    assert.match(stdout, /newly blocked 2 calls from 1 number, 0 of them registered/, name)
    assert.match(
      stdout,
      /\+1 212 555 0117 +no +\+2 +-0 +volume-number +3 calls in 10 min from \+1 212 555 0117, limit 2/,
      name,
    )
  }
  assert.equal(replay(folder, '--from', '-', { input: ndjson(CALLS) }).status, 1)
  assert.equal(replay(folder, '--from', 'calls.csv', '--against', 'policy.yaml').status, 0, 'nothing changes')
})

test('how calls ended counts for rules that go by that, where the file says it', (t) => {
  const folder = folderOf(t)
  const rules = 'rules:\n  - { id: u, unanswered: { of: number, share: 50, least: 3, per: 1h } }\n'
  writeFileSync(join(folder, 'policy.yaml'), rules)
  for (const [answered, status] of [
    [false, 1],
    [true, 0],
  ] as const) {
    const calls = CALLS.map((call) => ({ ...call, answered, seconds: answered ? 60 : 0 }))
    writeFileSync(join(folder, 'calls.ndjson'), ndjson(calls))
    const replayed = replay(folder, '--from', 'calls.ndjson', '--against', 'none')
    assert.equal(replayed.status, status, replayed.stderr)
    assert.equal(/newly blocked 1 call from 1 number/.test(replayed.stdout), !answered, replayed.stdout)
  }
})

test('a rule for one tenant sees the calls of that tenant: as a file has them, and as the peer of a capture says', (t) => {
  const folder = folderOf(t)
  writeFileSync(join(folder, 'policy.yaml'), 'rules:\n  - { id: a, deny: ["+12125550117"], tenants: [acme] }\n')
  writeFileSync(
    join(folder, 'recourse.yaml'),
    `operator: { name: Northwire, contact: { url: "https://redress.northwire.example/" } }
gate:
  peers:
    - { name: edge, from: [127.0.0.1], continue: 404, tenant: [{ header: X-Tenant }] }
`,
  )
  const tenants = ['acme', 'globex', undefined]
  writeFileSync(
    join(folder, 'calls.ndjson'),
    ndjson(CALLS.slice(0, 3).map((call, at) => ({ ...call, tenant: tenants[at] }))),
  )
  writeFileSync(
    join(folder, 'calls.pcap'),
    pcapFile(
      tenants.map((tenant, index) => ({
        bytes: link(1, ipv4(17, [127, 0, 0, 1], [127, 0, 0, 1], udp(5060, 5060, Buffer.from(invite(index, tenant))))),
        seconds: AT / 1000 + index,
      })),
    ),
  )
  for (const file of ['calls.ndjson', 'calls.pcap']) {
    const { stdout, stderr } = replay(folder, '--from', file, '--against', 'none')
    assert.match(stdout, /^3 calls from .*\n.*\nnewly blocked 1 call from 1 number/, `${file}: ${stdout}${stderr}`)
  }
})

test('calls of the journal meet what desk and registry said when they came, unless that is left out', async (t) => {
  const folder = folderOf(t)
  const path = join(folder, 'recourse.db')
  const ledger = await openLedger(`sqlite:${path}`)
  for (const minute of CALLS.keys()) {
    const row = { ...CALLS[0]!, at: AT + minute * 60_000, peer: 'edge', trunk: '', attestation: 'A' }
    ledger.note(noteOf({ ...row, verdict: 'allow', rule: '' }))
  }
  await ledger.close()
  const db = openForWriting(path, 'off')
  const scope = { kind: 'number', number: '+12125550117' } as const
  const lift = {
    kind: 'lift',
    scope,
    attestation: undefined,
    rule: undefined,
    until: undefined,
    origin: 'case',
  } as const
  // From the third call on, and ended before the fourth came.
  endStanding(db, insertStanding(db, { ...lift, from: AT + 2 * 60_000 }), AT + 3 * 60_000)
  db.close()

  const blocked = (...words: string[]) => {
    const { stdout } = replay(folder, '--from', 'journal', '--against', 'none', ...words)
    return Number(/newly blocked (\d+) call/.exec(stdout)?.[1])
  }
  assert.equal(blocked(), 1)
  assert.equal(blocked('--without-standing'), 2)
})

test('the journal is replayed without its shadow rows, and compared with what was decided', async (t) => {
  const folder = folderOf(t)
  const ledger = await openLedger(`sqlite:${join(folder, 'recourse.db')}`)
  for (const [index, at] of CALLS.keys()
    .map((minute) => AT + minute * 60_000)
    .toArray()
    .entries()) {
    const row = { ...CALLS[0]!, at, peer: 'edge', trunk: '', attestation: 'A' }
    ledger.note(noteOf({ ...row, verdict: 'shadow', rule: 'other' }))
    ledger.note(
      noteOf({ ...row, ...(index === 1 ? { verdict: 'block', rule: 'old' } : { verdict: 'allow', rule: '' }) }),
    )
  }
  await ledger.close()

  const { status, stdout, stderr } = replay(folder, '--from', 'journal', '--against', 'recorded', '--json')

  assert.equal(status, 1, stderr)
  const [number, last] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual(number, {
    number: '+12125550117',
    registered: false,
    calls: 3,
    newlyBlocked: 2,
    noLongerBlocked: 1,
    rules: { old: 1, 'volume-number': 2 },
    why: '',
  })
  assert.deepEqual(last!['summary'], {
    calls: 4,
    from: '2026-11-22T12:00:00.000Z',
    to: '2026-11-22T12:03:00.000Z',
    blockedNow: 1,
    blockedThen: 2,
    newlyBlocked: 2,
    noLongerBlocked: 1,
    numbers: 1,
    unnamed: 0,
  })
})

test('the policy in force is the one that the store has, whatever the configuration says since', (t) => {
  const folder = folderOf(t)
  writeFileSync(join(folder, 'calls.ndjson'), ndjson(CALLS))
  assert.match(replay(folder, '--from', 'calls.ndjson').stdout, /newly blocked 2 calls/, 'without a store: the file')

  const applied = recourse(folder, 'policy', 'apply', 'policy.yaml')
  assert.equal(applied.status, 0, applied.stderr)
  const same = replay(folder, '--from', 'calls.ndjson')
  assert.equal(same.status, 0, same.stderr)
  assert.match(same.stdout, /blocked now 2 \(50 %\).*\nnewly blocked 0 calls/)

  const strict = POLICY.replace('limit: 2', 'limit: 1')
  writeFileSync(join(folder, 'strict.yaml'), strict)
  assert.match(replay(folder, '--policy', 'strict.yaml', '--from', 'calls.ndjson').stdout, /newly blocked 1 call /)
  assert.equal(recourse(folder, 'policy', 'apply', 'strict.yaml').status, 0)
  const versions: [words: string[], status: number, figures: RegExp][] = [
    [['--policy', '2'], 0, /newly blocked 0 calls/],
    [['--policy', '2', '--against', '1'], 1, /newly blocked 1 call /],
    [['--policy', '1'], 0, /no longer blocked 1 call\n/],
  ]
  for (const [words, status, figures] of versions) {
    const replayed = replay(folder, ...words, '--from', 'calls.ndjson')
    assert.match(replayed.stdout, figures, words.join(' '))
    assert.equal(replayed.status, status, words.join(' '))
  }
  const unknown = replay(folder, '--policy', '9', '--from', 'calls.ndjson')
  assert.deepEqual([unknown.status, /there is no policy 9/.test(unknown.stderr)], [2, true], unknown.stderr)
})

const BAD: [what: string, file: string, content: string, message: RegExp][] = [
  [
    'a line that is no JSON',
    'a.ndjson',
    `${ndjson(CALLS)}{"at":\n`,
    /a\.ndjson:5: found "\{\\"at\\":", expected a JSON object such as/,
  ],
  ['a list', 'a.ndjson', `${ndjson(CALLS)}[1]\n`, /a\.ndjson:5: /],
  [
    'a call without a time',
    'a.ndjson',
    '{"calling":"+12125550117","called":"911"}\n',
    /:1: found no at, expected a time/,
  ],
  [
    'calls out of order',
    'a.ndjson',
    ndjson(CALLS.toReversed()),
    /a\.ndjson:3: found 2026-11-22T12:01:00.000Z after .* of line 1, expected calls in order of time/,
  ],
  [
    'columns without a name',
    'a.csv',
    '2026-11-22T12:00:00Z,+12125550117,+14155550163\n',
    /a\.csv:1: found a first line without at and calling and called/,
  ],
  [
    'a wrong number column',
    'a.csv',
    'at,calling,called,attest\n2026-11-22T12:00:00Z,+1,+1,Z\n',
    /a\.csv:2: found attestation "Z"/,
  ],
  ['no calls', 'a.ndjson', '\n', /a\.ndjson holds no calls to replay/],
  ['no capture', 'a.pcap', 'nonsense', /a\.pcap is not a capture/],
]

for (const [what, file, content, message] of BAD) {
  test(`a replay of a file with ${what} is refused with its place`, (t) => {
    const folder = folderOf(t)
    writeFileSync(join(folder, file), content)
    const { status, stderr, stdout } = replay(folder, '--from', file)
    assert.equal(status, 2)
    assert.match(stderr, message)
    assert.equal(stdout, '')
  })
}

test('a policy that cannot be loaded, a file that is not there, a limit that is none: told before anything is read', (t) => {
  const folder = folderOf(t)
  writeFileSync(join(folder, 'bad.yaml'), 'rules:\n  - { id: v, volumme: { of: number, limit: 2, per: 10m } }\n')
  const policy = replay(folder, '--from', 'journal', '--policy', 'bad.yaml')
  assert.deepEqual([policy.status, /bad\.yaml:2:.*volumme.*volume/.test(policy.stderr)], [2, true], policy.stderr)
  const missing = replay(folder, '--from', 'nothing.ndjson')
  assert.deepEqual([missing.status, /nothing\.ndjson does not exist/.test(missing.stderr)], [2, true], missing.stderr)
  const limit = replay(folder, '--from', 'journal', '--limit', 'many')
  assert.deepEqual([limit.status, /--limit many is no number of rows/.test(limit.stderr)], [2, true], limit.stderr)
})

test('a policy file that is not there is named itself, whatever the configuration has as its policy', (t) => {
  const folder = folderOf(t)
  writeFileSync(join(folder, 'calls.ndjson'), ndjson(CALLS))
  writeFileSync(
    join(folder, 'recourse.yaml'),
    `operator: { contact: { tel: "+18005550142" } }\npolicy: "file:policy.yaml"\n`,
  )
  for (const words of [
    ['--policy', 'missing.yaml'],
    ['--policy', 'policy.yaml', '--against', 'missing.yaml'],
  ]) {
    const { status, stderr, stdout } = replay(folder, '--from', 'calls.ndjson', ...words)
    assert.deepEqual([status, stdout], [2, ''])
    assert.match(stderr, /^(?:recourse: )?missing\.yaml does not exist: expected a policy file/m)
    assert.doesNotMatch(stderr, /recourse\.yaml/)
  }
})

test('a whole configuration is taken as the policy in it: under policy, or in the file that stands there', (t) => {
  const folder = folderOf(t)
  writeFileSync(join(folder, 'calls.ndjson'), ndjson(CALLS))
  writeFileSync(join(folder, 'deny.csv'), '+12125550117\n')
  const deny = 'policy:\n  rules:\n    - { id: listed, deny: "file:deny.csv" }\n'
  const cases: [title: string, text: string, status: number, said: RegExp][] = [
    ['under policy', `log: { level: info }\n${deny}`, 1, /newly blocked 4 calls/],
    ['in the file that stands there', 'policy: "file:policy.yaml"\n', 1, /newly blocked 2 calls/],
    ['a policy as ever', deny.replace('policy:\n', ''), 1, /newly blocked 4 calls/],
    ['a fault in it, at its line', `\n${deny.replace('id: listed', 'idd: listed')}`, 2, /other\.yaml:4:9: .*"idd"/],
    ['a file that is not there', '\npolicy: "file:gone.yaml"\n', 2, /other\.yaml:2:9: found the file gone\.yaml/],
    ['a list where the mapping belongs', 'policy: [1]\n', 2, /other\.yaml:1:1: found the unknown key "policy"/],
  ]
  for (const [title, text, status, said] of cases) {
    writeFileSync(join(folder, 'other.yaml'), text)
    const replayed = replay(folder, '--from', 'calls.ndjson', '--policy', 'other.yaml', '--against', 'none')
    assert.equal(replayed.status, status, `${title}: ${replayed.stderr}`)
    assert.match(replayed.stdout + replayed.stderr, said, title)
  }
})

test('a policy that is named stands in for the one that RECOURSE_POLICY names', (t) => {
  const folder = folderOf(t)
  writeFileSync(join(folder, 'calls.ndjson'), ndjson(CALLS))
  writeFileSync(join(folder, 'never.yaml'), 'rules: []\n')
  const replayed = replay(folder, '--from', 'calls.ndjson', { env: { RECOURSE_POLICY: 'file:never.yaml' } })
  assert.match(replayed.stdout, /blocked now 0 .*, with policy.yaml 2 /, replayed.stderr)
})

function invite(index: number, tenant: string | undefined): string {
  return [
    'INVITE sip:+14155550163@10.0.0.2 SIP/2.0',
    `Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK${index}`,
    `From: <sip:+12125550117@10.0.0.1>;tag=${index}`,
    'To: <sip:+14155550163@10.0.0.2>',
    `Call-ID: ${index}@10.0.0.1`,
    'CSeq: 1 INVITE',
    'Max-Forwards: 70',
    'Contact: <sip:10.0.0.1>',
    ...(tenant === undefined ? [] : [`X-Tenant: ${tenant}`]),
    'Content-Length: 0\r\n\r\n',
  ].join('\r\n')
}

function call(minute: number) {
  return { at: new Date(AT + minute * 60_000).toISOString(), calling: '', called: '+14155550163' }
}

function ndjson(calls: readonly object[]): string {
  return calls.map((call) => `${JSON.stringify(call)}\n`).join('')
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-replay-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'policy.yaml'), POLICY)
  writeFileSync(
    join(folder, 'recourse.yaml'),
    'operator: { name: Northwire, contact: { url: "https://redress.northwire.example/" } }\n',
  )
  return folder
}

function recourse(folder: string, ...words: readonly string[]) {
  return spawnSync(process.execPath, [COMMAND, ...words], { cwd: folder, encoding: 'utf8' })
}

function replay(
  folder: string,
  ...words: readonly (string | { input?: string; env?: Readonly<Record<string, string>> })[]
) {
  const said = words.filter((word) => typeof word === 'string')
  const { input, env } = words.findLast((word) => typeof word !== 'string') ?? {}
  const policy = said.includes('--policy') ? [] : ['--policy', 'policy.yaml']
  return spawnSync(process.execPath, [COMMAND, 'replay', ...policy, ...said], {
    cwd: folder,
    encoding: 'utf8',
    ...(input !== undefined && { input }),
    ...(env !== undefined && { env: { ...process.env, ...env } }),
  })
}

const COMMAND = new URL('../../bin/recourse.js', import.meta.url).pathname
