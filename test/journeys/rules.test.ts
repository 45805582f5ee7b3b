import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { RULE_KEYS } from '#main/config/rules.ts'
import { Caller, fieldOf, formatInvite, statusOf } from '../peers/caller.ts'
import { until } from '../peers/peer.ts'
import { Recourse } from '../peers/recourse.ts'
import { identityOf, mint, providerList, signToken } from '../stir-authority.ts'

/** A call as a row says it: who calls with which parameters, whom, and header lines of its own. */
type Placed = { readonly calling: string; readonly called?: string; readonly more?: string }

/** How calls of the caller ended that went on: as many, each so long, 0 for not answered. */
type Outcomes = { readonly times: number; readonly seconds: number }

/** A policy with one call that it blocks and one, as near to it as can be, that goes on. */
type Row = {
  /** The kind of rule that is shown, or what else of a policy is. */
  readonly shows: string
  readonly rules: readonly Readonly<Record<string, unknown>>[]
  /** What else the policy says, and the files it names. */
  readonly policy?: Readonly<Record<string, unknown>>
  readonly files?: Readonly<Record<string, string>>
  /** How signed calls are verified. */
  readonly stir?: Readonly<Record<string, unknown>>
  /** Calls placed before, all of which go on. */
  readonly before?: readonly Placed[]
  /** How calls ended before that, as the switch tells over HTTP: at the limit, so that the call to be blocked goes on. */
  readonly nearly?: readonly Outcomes[]
  /** How calls ended after those. */
  readonly outcomes?: readonly Outcomes[]
  readonly blocked: Placed
  readonly goesOn: Placed
  /** What the caller whose call is blocked is told. */
  readonly told: Told
}

type Told = { readonly line: string; readonly reason: RegExp }

const NETWORK_BLOCKED: Told = { line: 'SIP/2.0 603 Network Blocked', reason: /v=analytics1/ }
const DECLINED: Told = { line: 'SIP/2.0 603 Decline', reason: /^$/ }
const UNWANTED: Told = { line: 'SIP/2.0 607 Unwanted', reason: /^$/ }

const CALLER = '+12124442117'
const CALLED = '+14154440163'
const TOKEN = 'a-token-of-the-peer-for-its-own-use-only'
const DENY_ALL = { id: 'deny', deny: ['+1212*'] }
const ATTESTED = (letter: string) => `P-Attestation-Indicator: ${letter}\r\n`

const ROOT = await mint({ subject: 'CN=Root', authority: {} })
const SIGNER = await mint({ subject: 'CN=Signer', issuer: ROOT, tnAuthList: providerList('709J') })
/** An Identity of the signer, whose certificate lies where nothing is fetched from. */
const SIGNED = (calling: string) => {
  const x5u = 'https://elsewhere.example/a.pem'
  const claims = {
    attest: 'A',
    dest: { tn: [CALLED.slice(1)] },
    iat: Math.floor(Date.now() / 1000),
    orig: { tn: calling.slice(1) },
    origid: 'a',
  }
  const header = { alg: 'ES256', ppt: 'shaken', typ: 'passport', x5u }
  return `Identity: ${identityOf(signToken(SIGNER.key, header, claims), x5u)}\r\n`
}

/** A row for each kind of rule; a new kind needs one, or the last test fails. */
const ROWS: readonly Row[] = [
  {
    shows: 'called-list',
    rules: [{ id: 'called', 'called-list': 'file:list.csv' }],
    files: { 'list.csv': `called,calling\n${CALLED},${CALLER}\n` },
    blocked: { calling: CALLER },
    goesOn: { calling: CALLER, called: '+14154440164' },
    told: UNWANTED,
  },
  {
    shows: 'do-not-originate',
    rules: [{ id: 'dno', 'do-not-originate': 'file:list.csv' }],
    files: { 'list.csv': 'number,why\n+1800444*,inbound only\n' },
    blocked: { calling: '+18004440100' },
    goesOn: { calling: '+18004450100' },
    told: DECLINED,
  },
  {
    shows: 'deny',
    rules: [{ id: 'deny', deny: [CALLER] }],
    blocked: { calling: CALLER },
    goesOn: { calling: '+12124442118' },
    told: NETWORK_BLOCKED,
  },
  {
    shows: 'allow',
    rules: [{ id: 'allow', allow: [CALLER] }, DENY_ALL],
    blocked: { calling: '+12124442118' },
    goesOn: { calling: CALLER },
    told: NETWORK_BLOCKED,
  },
  {
    shows: 'standing',
    rules: [{ id: 'cleared', standing: 'file:list.csv' }, DENY_ALL],
    files: { 'list.csv': `number,attestation,until,reason\n${CALLER},A,2100-01-01,case 4711\n` },
    blocked: { calling: CALLER, more: ATTESTED('B') },
    goesOn: { calling: CALLER, more: ATTESTED('A') },
    told: NETWORK_BLOCKED,
  },
  {
    shows: 'invalid',
    rules: [{ id: 'invalid', invalid: true }],
    blocked: { calling: '+12114442117' },
    goesOn: { calling: CALLER },
    told: DECLINED,
  },
  {
    shows: 'unallocated',
    rules: [{ id: 'unallocated', unallocated: 'file:list.csv' }],
    files: { 'list.csv': 'npa,nxx,x,status\n212,444,,AS\n212,444,3,AV\n' },
    blocked: { calling: '+12124443117' },
    goesOn: { calling: CALLER },
    told: DECLINED,
  },
  {
    shows: 'attestation',
    rules: [{ id: 'attestation', attestation: { below: 'B' } }],
    blocked: { calling: CALLER, more: ATTESTED('C') },
    goesOn: { calling: CALLER, more: ATTESTED('B') },
    told: NETWORK_BLOCKED,
  },
  {
    shows: 'verification',
    rules: [{ id: 'verification', verification: 'failed' }],
    blocked: { calling: `${CALLER};verstat=TN-Validation-Failed` },
    goesOn: { calling: `${CALLER};verstat=No-TN-Validation` },
    told: NETWORK_BLOCKED,
  },
  {
    shows: 'verification by this gate',
    rules: [{ id: 'verification', verification: 'failed' }],
    stir: { roots: 'roots.pem', hosts: ['cert.example'], maxAge: '10m' },
    files: { 'roots.pem': ROOT.pem },
    // Signed when they are placed: in a long run that may be a long time after this file was read.
    blocked: {
      calling: CALLER,
      get more() {
        return SIGNED('+12124442118')
      },
    },
    goesOn: {
      calling: CALLER,
      get more() {
        return SIGNED(CALLER)
      },
    },
    told: NETWORK_BLOCKED,
  },
  {
    shows: 'volume',
    rules: [{ id: 'volume', volume: { of: 'block', limit: 2, per: '10m' } }],
    policy: { blocks: { 1: 7 } },
    before: [{ calling: '+12124441001' }, { calling: '+12124452002' }, { calling: '+12124442002' }],
    blocked: { calling: '+12124443003' },
    goesOn: { calling: '+12124453003' },
    told: NETWORK_BLOCKED,
  },
  {
    shows: 'distinct',
    rules: [{ id: 'distinct', distinct: { of: 'number', limit: 2, per: '10m' } }],
    before: [{ calling: CALLER }, { calling: CALLER, called: '+14154440264' }, { calling: CALLER }],
    blocked: { calling: CALLER, called: '+14154440365' },
    goesOn: { calling: '+12124442118', called: '+14154440365' },
    told: NETWORK_BLOCKED,
  },
  {
    shows: 'sequential',
    rules: [{ id: 'sequential', sequential: { of: 'number', limit: 2, per: '10m', step: 2 } }],
    before: [
      { calling: CALLER, called: '+14154440163' },
      { calling: CALLER, called: '+14154449000' },
      { calling: CALLER, called: '+14154440165' },
    ],
    blocked: { calling: CALLER, called: '+14154440166' },
    goesOn: { calling: CALLER, called: '+14154440169' },
    told: NETWORK_BLOCKED,
  },
  {
    shows: 'short',
    rules: [{ id: 'short', short: { of: 'number', under: '6s', share: 80, least: 10, per: '1h' } }],
    nearly: [
      { times: 8, seconds: 2.5 },
      { times: 2, seconds: 60 },
    ],
    outcomes: [{ times: 1, seconds: 2.5 }],
    blocked: { calling: CALLER },
    goesOn: { calling: '+12124442118' },
    told: NETWORK_BLOCKED,
  },
  {
    shows: 'unanswered',
    rules: [{ id: 'unanswered', unanswered: { of: 'block', share: 80, least: 10, per: '1h' } }],
    nearly: [
      { times: 8, seconds: 0 },
      { times: 2, seconds: 60 },
    ],
    outcomes: [{ times: 1, seconds: 0 }],
    blocked: { calling: '+12124442999' },
    goesOn: { calling: '+12124443117' },
    told: NETWORK_BLOCKED,
  },
  {
    shows: 'spoofing',
    rules: [{ id: 'spoofing', spoofing: { after: 2, within: '30d' } }],
    before: [
      { calling: `${CALLER};otg=t1`, more: ATTESTED('A') },
      { calling: `${CALLER};otg=t1`, more: ATTESTED('A') },
    ],
    blocked: { calling: `${CALLER};otg=t2`, more: ATTESTED('A') },
    goesOn: { calling: `${CALLER};otg=t1`, more: ATTESTED('A') },
    told: NETWORK_BLOCKED,
  },
  {
    shows: 'opt-out',
    rules: [DENY_ALL],
    policy: { 'opt-out': 'file:list.csv' },
    files: { 'list.csv': `${CALLED}\n` },
    blocked: { calling: CALLER, called: '+14154440164' },
    goesOn: { calling: CALLER },
    told: NETWORK_BLOCKED,
  },
  {
    shows: 'registered',
    rules: [{ id: 'volume', volume: { of: 'number', limit: 1, per: '10m' }, registered: { limit: 2 } }],
    policy: { registered: 'file:list.csv' },
    files: { 'list.csv': `${CALLER}\n` },
    before: [{ calling: CALLER }, { calling: '+12124442118' }],
    blocked: { calling: '+12124442118' },
    goesOn: { calling: CALLER },
    told: NETWORK_BLOCKED,
  },
  {
    shows: 'trunks',
    rules: [{ ...DENY_ALL, trunks: ['t1'] }],
    blocked: { calling: `${CALLER};otg=t1` },
    goesOn: { calling: `${CALLER};otg=t2` },
    told: NETWORK_BLOCKED,
  },
]

for (const row of ROWS) {
  const { shows, rules, policy = {}, files = {}, stir, before = [], nearly, outcomes = [], blocked, goesOn, told } = row
  test(`${shows}: one call is told ${told.line.slice(8)}, the one next to it goes on`, async (t) => {
    const gate = await Recourse.start(t, { policy: { ...policy, rules }, files, token: TOKEN, ...(stir && { stir }) })
    const place = await placing(t, gate)

    for (const call of before) assert.equal(statusOf(await place(call)), 404, JSON.stringify(call))
    if (nearly !== undefined) {
      await tell(gate, nearly)
      assert.equal(statusOf(await place(blocked)), 404, 'the same call at the limit')
    }
    await tell(gate, outcomes)
    const refusal = await place(blocked)
    const other = await place(goesOn)

    assert.equal(refusal.toString('latin1').split('\r\n')[0], told.line)
    assert.match(fieldOf(refusal, 'Reason'), told.reason)
    assert.equal(statusOf(other), 404)
    const rows = gate.ledger()
    assert.equal(rows.length, 1, 'one block, one row')
    assert.equal(rows[0]?.rule, rules.at(-1)?.['id'])
  })
}

test('what a policy holds back is in the journal, and a block beside an opt-out says so in the ledger', async (t) => {
  const rules = [
    { id: 'dno', 'do-not-originate': ['+18004440100'] },
    { id: 'cleared', standing: 'file:cleared.csv' },
    { id: 'trial', deny: ['+1313*'], mode: 'shadow' },
    { id: 'deny', deny: ['+1212*'] },
  ]
  const files = { 'opt-out.csv': `${CALLED}\n`, 'cleared.csv': '+12124442119\n' }
  const gate = await Recourse.start(t, { policy: { 'opt-out': 'file:opt-out.csv', rules }, files })
  const place = await placing(t, gate)

  assert.equal(statusOf(await place({ calling: '+18004440100' })), 603)
  assert.equal(statusOf(await place({ calling: CALLER })), 404)
  assert.equal(statusOf(await place({ calling: '+13134442117' })), 404)
  assert.equal(statusOf(await place({ calling: '+12124442119', called: '+14154440164' })), 404)
  await gate.stop()

  const entries = gate.ledger() as unknown as { rule: string; optOut: boolean }[]
  assert.deepEqual(
    entries.map(({ rule, optOut }) => [rule, optOut]),
    [['dno', true]],
  )
  const journal = gate.command('journal', '--verdict', 'shadow', '--json').split('\n').filter(Boolean)
  const shadows = journal.map((line) => JSON.parse(line) as { calling: string; rule: string })
  assert.deepEqual(shadows.map(({ calling, rule }) => `${calling} ${rule}`).sort(), [
    '+12124442117 deny',
    '+12124442119 deny',
    '+13134442117 trial',
  ])
})

test('there is a row for each kind of rule', () => {
  const shown = new Set(ROWS.map(({ shows }) => shows))
  assert.ok(RULE_KEYS.length >= 10)
  assert.deepEqual(
    RULE_KEYS.filter((kind) => !shown.has(kind) && !SHOWN_ELSEWHERE.has(kind)),
    [],
  )
  for (const [kind, [file, title]] of SHOWN_ELSEWHERE) {
    assert.ok(readFileSync(new URL(file, import.meta.url), 'utf8').includes(`test('${title}'`), kind)
  }
})

test('a gate that is started again knows from its journal who signs a number', async (t) => {
  const gate = await Recourse.start(t, { policy: { rules: [{ id: 'spoofing', spoofing: { after: 2 } }] } })
  const signed = { calling: `${CALLER};otg=t1`, more: ATTESTED('A') }
  const place = await placing(t, gate)
  for (const call of [signed, signed]) assert.equal(statusOf(await place(call)), 404)
  await gate.stop()
  await gate.restart()

  assert.equal(statusOf(await place(signed)), 404)
  assert.equal(statusOf(await place({ calling: `${CALLER};otg=t1` })), 603)
})

for (const threads of [1, 2]) {
  test(`a rule that comes while the gate runs knows from the journal who signs a number, with ${threads} of its threads`, async (t) => {
    const file = (after: number) => JSON.stringify({ rules: [{ id: 'spoofing', spoofing: { after } }] })
    const files = { 'two.yaml': file(2), 'three.yaml': file(3) }
    const gate = await Recourse.start(t, { policy: { rules: [] }, files, threads })
    const signed = { calling: `${CALLER};otg=t1`, more: ATTESTED('A') }
    const unsigned = { calling: `${CALLER};otg=t1` }
    const place = await placing(t, gate)
    for (const call of [signed, signed]) assert.equal(statusOf(await place(call)), 404)
    await until('the rows of both', () => gate.command('journal', '--json').split('\n').filter(Boolean).length === 2)

    gate.command('policy', 'apply', 'three.yaml')
    await gate.peer.says(
      /"rules":\["spoofing"\],"calls":2,.*learned from the journal[^]*"policy":2,"msg":"judging by another policy"/,
    )
    assert.equal(statusOf(await place(unsigned)), 404, 'two signed calls are not yet three')
    gate.command('policy', 'apply', 'two.yaml')
    await gate.peer.says(/"policy":3,"msg":"judging by another policy"/)

    await until('every gate to judge by it', async () => statusOf(await place(unsigned)) === 603)
    assert.equal(statusOf(await place({ calling: '+12124442119;otg=t1' })), 404)
    assert.equal(statusOf(await place(signed)), 404)
  })
}

/** Tells the gate how calls of the caller ended, as a switch does. */
async function tell(gate: Recourse, outcomes: readonly Outcomes[]): Promise<void> {
  if (outcomes.length === 0) return
  const endedAt = new Date().toISOString()
  const list = outcomes.flatMap(({ times, seconds }) => {
    return Array.from({ length: times }, () => {
      return { calling: CALLER, called: CALLED, answered: seconds > 0, seconds, endedAt }
    })
  })
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
  const url = `http://127.0.0.1:${gate.apiPort}/v1/outcomes`
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(list) })
  assert.deepEqual([answer.status, await answer.json()], [200, { taken: list.length, counted: list.length }])
}

/** Kinds that need more around them than a row has: the test of each, which has a firing call and a near-miss too. */
const SHOWN_ELSEWHERE: ReadonlyMap<string, readonly [file: string, title: string]> = new Map([
  ['score', ['http.test.ts', 'a score of an outside service blocks, and its silence blocks nobody']],
])

/** Places calls one after another, each a call of its own. */
async function placing(t: test.TestContext, gate: Recourse): Promise<(call: Placed) => Promise<Buffer>> {
  const caller = await Caller.open(gate.port)
  t.after(() => caller.close())
  let number = 0
  return async ({ calling, called = CALLED, more = '' }) => {
    const id = `rules-${++number}`
    const call = { calling, called, more, callId: id, branch: `z9hG4bK${id}`, fromTag: id, port: caller.port }
    const answer = await caller.ask(formatInvite(call))
    assert.ok(answer !== undefined, `no answer to ${JSON.stringify(call)}`)
    return answer
  }
}
