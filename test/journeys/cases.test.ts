// The desk from the command line, on the store of a gate that runs: a real block, a case opened for somebody who phoned, a
// letter, a lift that the gate heeds, a correction, and what is handed out.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { parseCsv } from '#core/ledger/csv.ts'
import { Caller, formatInvite, statusOf } from '../peers/caller.ts'
import { until } from '../peers/peer.ts'
import { COMMAND, Recourse } from '../peers/recourse.ts'

const CALLING = '+12125550117'
const CALLED = '+14155550163'
const POLICY = { rules: [{ id: 'deny', deny: ['+1212555*'], program: 'opt-out' }] }

test('somebody phones about a blocked call: the case is opened, proved, lifted, corrected and handed out', async (t) => {
  const gate = await Recourse.start(t, { policy: POLICY })
  const call = await callerOf(t, gate)
  assert.equal(await call(), 603)
  const cases = (...words: string[]) => runCase(gate, words)
  const done = (...words: string[]) => {
    const { status, stdout, stderr } = cases(...words, '--json')
    assert.equal(status, 0, `${words.join(' ')}: ${stderr}`)
    return JSON.parse(stdout) as { case: string; seq: number; status: string; events: { seq: number; kind: string }[] }
  }
  const [block] = gate.ledger()
  const who = ['--name', 'Ann Lee', '--tel', '+12125550100', '--purpose', 'appointment reminders']
  const opened = done('open', ...who, '--receipt', block!.receipt, '--number', CALLING, '--by', 'Bo')
  const id = opened.case
  assert.match(cases('list', '--open').stdout, new RegExp(id))
  const evidence = cases('evidence', id)
  assert.match(evidence.stdout, /block at .* from \+12125550117 to \+14155550163/)
  assert.match(evidence.stdout, /today it would be blocked by deny/)

  const lift = ['decide', id, 'lift', '--reason', 'the clinic’s own reminders', '--by', 'Bo']
  const unproven = cases(...lift)
  assert.equal(unproven.status, 2, 'no proof, no lift')
  assert.match(unproven.stderr, /nothing was done/)
  const note = done('note', id, 'asked the carrier', '--by', 'Bo')
  assert.equal(cases('note', id, 'late', '--seen', String(note.seq - 1)).status, 2, 'the case has gone on')
  done('prove', id, '--way', 'letter', '--detail', 'signed by the owner, page 2', '--by', 'Bo')
  assert.match(cases(...lift, '--dry-run').stdout, /the gates hear of 1 entry/)
  assert.equal(await call(), 603, 'a dry run changes nothing')
  done(...lift)
  await until('a call that goes on', async () => (await call()) !== 603 || undefined)

  const { events, status } = done('show', id)
  assert.ok(['lifted', 'verified'].includes(status), status)
  const decided = events.find(({ kind }) => kind === 'decided')
  done('correct', id, String(decided!.seq), '--reason', 'the wrong clinic', '--by', 'Bo')
  await until('a call that is blocked again', async () => (await call()) === 603 || undefined)

  const page = cases('file', id)
  assert.match(page.stdout, /^<!doctype html>/)
  assert.match(page.stdout, /\+1415xxxxxxx/)
  assert.doesNotMatch(page.stdout, /\+14155550163|asked the carrier/)
  assert.match(cases('file', id, '--inside').stdout, /asked the carrier/)
  const list = cases('export', CALLED, '--identity', 'known by the portal', '--by', 'Bo')
  const rows = [...parseCsv(list.stdout)]
  assert.ok(rows.length >= 3, 'a head and two blocks at least')
  assert.ok(rows.slice(1).every((row) => row[2] === CALLING && row[3] === 'opt-out'))
  assert.match(gate.command('audit', 'list', '--json', '--config', 'recourse.yaml'), /known by the portal/)
  assert.match(cases('figures').stdout, /1 case/)
  gate.verifyLedger()
})

test('what cannot be done ends with one clear line and the right code', async (t) => {
  const gate = await Recourse.start(t, { policy: POLICY })
  const unknown = 'A'.repeat(22)
  const table: [words: string[], code: number, said: RegExp][] = [
    [['show', 'x'], 2, /x is no case/],
    [['show', unknown], 2, /no case A+ in this store: recourse case list/],
    [['note', unknown, 'text'], 2, /no case A+ in this store/],
    [['list', '--status', 'closed'], 2, /--status closed: write one of unconfirmed, open/],
    [['list', '--limit', '0'], 2, /--limit 0: write a number/],
    [['list', '--number', '5550117'], 2, /write a number with its country code/],
    [['open', '--name', 'Ann'], 2, /expected at least one receipt, number or call/],
    [['decide', unknown, 'maybe', '--reason', 'x'], 2, /Allowed choices are lift, partly, uphold, grant/],
    [['export', CALLED, '--identity', 'said +14155550163'], 2, /without a telephone number/],
    [['figures', '--from', 'May'], 2, /write a month like/],
    [['list', '--store', 'sqlite:./nope.db'], 2, /nope\.db/],
  ]
  for (const [words, code, said] of table) {
    const ended = runCase(gate, words)
    assert.match(ended.stderr, said, words.join(' '))
    assert.equal(ended.status, code, words.join(' '))
    assert.equal(ended.stderr.trim().split('\n').length, 1, ended.stderr)
    assert.equal(ended.stdout, '')
  }
})

/** Calls from the same number to the same number, each time anew. */
async function callerOf(t: TestContext, gate: Recourse): Promise<() => Promise<number>> {
  const caller = await Caller.open(gate.port)
  t.after(() => caller.close())
  let calls = 0
  return async () => {
    const id = ++calls
    const { port } = caller
    const invite = { calling: CALLING, called: CALLED, callId: `c${id}`, branch: `z9hG4bK-${id}`, fromTag: 'f', port }
    return statusOf((await caller.ask(formatInvite(invite)))!)
  }
}

function runCase(gate: Recourse, words: readonly string[]) {
  return spawnSync(process.execPath, [COMMAND, 'case', ...words, '--config', 'recourse.yaml'], {
    cwd: gate.directory,
    encoding: 'utf8',
    timeout: 60_000,
  })
}
