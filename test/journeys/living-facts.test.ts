import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { NewStanding, StandingFact } from '#core/redress/standing.ts'
import { openForWriting } from '#edge/store/schema.ts'
import { endStanding, insertStanding } from '#edge/store/standing-store.ts'
import { Caller, formatInvite, statusOf } from '../peers/caller.ts'
import { until } from '../peers/peer.ts'
import { Recourse, figure } from '../peers/recourse.ts'

const LIFTED = '+12125550117'
const NEIGHBOUR = '+12125550118'
const NEVER_CALLS = '+12125550188'
const CALLED = '+14155550163'
const VERIFICATION = '+18005550142'
const POLICY = {
  rules: [
    { id: 'called-list', 'called-list': true },
    { id: 'dno', 'do-not-originate': [NEVER_CALLS] },
    { id: 'deny', deny: ['+1212555*'] },
    { id: 'weak', attestation: { below: 'C' }, registered: 'skip' },
  ],
}

test('a lift lets a blocked number through at every gate of the store, for as long as it lasts, and nobody else', async (t) => {
  const { gates, store } = await twoGates(t)
  for (const gate of gates) {
    assert.equal(await gate.call(LIFTED), 603)
    assert.equal(await gate.call(NEVER_CALLS), 603)
  }

  const [lift] = store.add(
    lifted(LIFTED),
    lifted(NEVER_CALLS),
    lifted('+12125550119', { rule: 'another' }),
    lifted('+12125550120', { attestation: 'A' }),
    { ...lifted('+12125550121'), from: Date.now() + 3_600_000 },
  )
  for (const gate of gates) {
    await within(() => gate.goesOn(LIFTED))
    for (const [calling, expected] of [
      [NEIGHBOUR, 603],
      [NEVER_CALLS, 603],
      ['+12125550119', 603],
      ['+12125550120', 603],
      ['+12125550120;verstat=TN-Validation-Passed-A', 404],
      ['+12125550121', 603],
    ] as const) {
      assert.equal(await gate.call(calling), expected, calling)
    }
  }

  store.end(lift!)
  for (const gate of gates) await within(async () => (await gate.call(LIFTED)) === 603)

  store.add({ ...lifted(LIFTED), until: Date.now() + 1500 })
  for (const gate of gates) await within(() => gate.goesOn(LIFTED))
  for (const gate of gates) await within(async () => (await gate.call(LIFTED)) === 603)
  const rows = await Promise.all(gates.map(({ recourse }) => recourse.metrics()))
  for (const metrics of rows) {
    assert.equal(metrics.get('recourse_standing_changes_total'), 7)
    assert.ok(metrics.get('recourse_standing_look_age_seconds')! < 5)
  }
  gates[0]!.recourse.verifyLedger()
})

test('what subscribers and the registry say holds from the first call on after a restart, and ends when it is ended', async (t) => {
  const { gates, store } = await twoGates(t, 2)
  const [gate] = gates
  const from = Date.now()
  const ids = store.add(
    fact({ kind: 'refuses', called: CALLED, calling: '+13125550100' }),
    fact({ kind: 'accepts', called: CALLED, calling: LIFTED }),
    fact({ kind: 'opted-out', called: '+14155550164' }),
    fact({
      kind: 'registered',
      scope: { kind: 'range', first: '+13125550110', last: '+13125550119' },
      registration: 'r1',
    }),
  )
  await gate!.recourse.stop()
  await gate!.recourse.restart()
  assert.ok(Date.now() > from)
  const signed = ';verstat=TN-Validation-Passed-C'
  for (const [calling, called, expected] of [
    [`+13125550100${signed}`, CALLED, 607],
    [`+13125550100${signed}`, '+14155550165', 404],
    [LIFTED, CALLED, 404],
    [LIFTED, '+14155550165', 603],
    [NEIGHBOUR, CALLED, 603],
    [NEIGHBOUR, '+14155550164', 404],
    ['+13125550115', CALLED, 404],
    ['+13125550120', CALLED, 603],
  ] as const) {
    assert.equal(await gate!.call(calling, called), expected, `${calling} to ${called}`)
  }
  assert.equal((await gate!.recourse.metrics()).get('recourse_standing_entries'), 4)
  for (const id of ids) store.end(id)
  await within(async () => (await gate!.call('+13125550115', CALLED)) === 603)
  assert.equal(await gate!.call(`+13125550100${signed}`, CALLED), 404)
})

test('a blocked caller reaches a verification number, and the journal says what was verified of him', async (t) => {
  const { gates } = await twoGates(t)
  const [gate] = gates
  assert.equal(await gate!.call(LIFTED), 603)
  for (const [calling, called, more] of [
    [LIFTED, `${VERIFICATION}4711`, 'P-Attestation-Indicator: A\r\n'],
    [`${NEIGHBOUR};verstat=TN-Validation-Passed-A`, `${VERIFICATION}4712`, ''],
    [NEVER_CALLS, '80055501424713', ''],
  ] as const) {
    assert.equal(await gate!.call(calling, called, more), 404, called)
  }
  assert.equal(await gate!.call(LIFTED, '+18005550143'), 603, 'the next number')
  await within(async () => journalOf(gate!.recourse).length >= 5)
  const rows = journalOf(gate!.recourse).filter(({ rule }) => rule === 'verification')
  assert.deepEqual(
    rows.map(({ calling, called, attestation, verdict }) => [calling, called, attestation, verdict]),
    [
      [LIFTED, `${VERIFICATION}4711`, 'none', 'exempt'],
      [NEIGHBOUR, `${VERIFICATION}4712`, 'A', 'exempt'],
      [NEVER_CALLS, `${VERIFICATION}4713`, 'none', 'exempt'],
    ],
  )
  assert.equal(figure(await gate!.recourse.metrics(), 'verifications'), 3)
})

type Gate = {
  readonly recourse: Recourse
  call(calling: string, called?: string, more?: string): Promise<number>
  goesOn(calling: string): Promise<boolean>
}

/** Two processes at one store, the second with threads of its own. */
async function twoGates(t: TestContext, threads = 1) {
  const wishes = {
    policy: POLICY,
    desk: 'https://redress.northwire.example',
    verification: VERIFICATION,
    gate: () => ({ dialPlan: { country: 1, national: 10, international: '011' } }),
  }
  const first = await Recourse.start(t, { ...wishes, threads })
  const second = await Recourse.start(t, { ...wishes, beside: first, threads: 2 })
  const gates = await Promise.all([first, second].map((recourse) => gateOf(t, recourse)))
  const db = openForWriting(join(first.directory, 'recourse.db'), 'full')
  t.after(() => db.close())
  const store = {
    add(...entries: NewStanding[]): number[] {
      db.exec('BEGIN IMMEDIATE')
      const ids = entries.map((entry) => insertStanding(db, entry))
      db.exec('COMMIT')
      return ids
    },
    end(id: number): void {
      db.exec('BEGIN IMMEDIATE')
      assert.ok(endStanding(db, id, Date.now()))
      db.exec('COMMIT')
    },
  }
  return { gates, store }
}

let calls = 0

async function gateOf(t: TestContext, recourse: Recourse): Promise<Gate> {
  const caller = await Caller.open(recourse.port)
  t.after(() => caller.close())
  const call = async (calling: string, called = CALLED, more = ''): Promise<number> => {
    const id = ++calls
    const { port } = caller
    const invite = { calling, called, callId: `c${id}`, branch: `z9hG4bK-${id}`, fromTag: 'f', port, more }
    return statusOf((await caller.ask(formatInvite(invite)))!)
  }
  return { recourse, call, goesOn: async (calling) => (await call(calling)) === 404 }
}

function lifted(number: string, more: { attestation?: 'A'; rule?: string } = {}): NewStanding {
  const { attestation, rule } = more
  return fact({ kind: 'lift', scope: { kind: 'number', number }, attestation, rule })
}

function fact(what: StandingFact): NewStanding {
  return { from: Date.now(), until: undefined, origin: 'case', ...what }
}

type JournalRow = { calling: string; called: string; attestation: string; verdict: string; rule: string }

function journalOf(recourse: Recourse): JournalRow[] {
  const text = recourse.command('journal', '--json', '--config', join(recourse.directory, 'recourse.yaml'))
  // Newest first.
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as JournalRow)
    .reverse()
}

/** Far longer than what is promised: the machine may be busy with other tests. */
async function within(holds: () => Promise<boolean>): Promise<void> {
  await until('a change at the gate', async () => (await holds()) || undefined)
}
