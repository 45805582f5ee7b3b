// The desk from the command line, on the store of a gate that runs: every command of docs/cases.md, from a real block to what
// is handed out. One command of a kind is a process of its own; the others run here, by the same code, for the time it saves.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Command, CommanderError } from 'commander'
import { parseCsv } from '#core/ledger/csv.ts'
import { caseCommands } from '../../src/main/case.ts'
import { EXIT, Stop } from '../../src/main/exit.ts'
import { openCases } from '../../src/main/open-cases.ts'
import { Caller, formatInvite, statusOf } from '../peers/caller.ts'
import { until } from '../peers/peer.ts'
import { COMMAND, Recourse } from '../peers/recourse.ts'

const CALLING = '+12125550117'
const CALLED = '+14155550163'
const POLICY = { rules: [{ id: 'deny', deny: ['+1212555*'], program: 'opt-out' }] }
const DESK = {
  desk: 'https://redress.northwire.example',
  deskMore: { tls: 'none' },
  verification: '+12125559900',
} as const

test('somebody phones about a blocked call: the case is opened, proved, lifted, corrected and handed out', async (t) => {
  const gate = await Recourse.start(t, { policy: POLICY, ...DESK })
  const call = await callerOf(t, gate)
  assert.equal(await call(), 603)
  const [block] = gate.ledger()
  const who = ['--name', 'Ann Lee', '--tel', '+12125550100', '--purpose', 'appointment reminders']
  const filing = ['open', '--way', 'telephone', ...who, '--number', CALLING, '--receipt', block!.receipt, '--by', 'Bo']
  const opened = runProcess(gate, [...filing, '--json'])
  assert.equal(opened.status, 0, opened.stderr)
  const { case: id, token } = JSON.parse(opened.stdout) as { case: string; token: string }

  const ran = new Set<string>()
  const cases = async (...words: string[]) => {
    ran.add(words[0]!)
    return runHere(gate, words)
  }
  const done = async (...words: string[]) => {
    const { status, stdout, stderr } = await cases(...words, '--json')
    assert.equal(status, 0, `${words.join(' ')}: ${stderr}`)
    return JSON.parse(stdout) as Shown
  }
  const by = ['--by', 'Bo']
  for (const [filter, isThere] of [
    [['--open'], true],
    [['--overdue'], false],
    [['--open', '--assigned', ''], true],
    [['--number', CALLING], true],
    [['--text', 'ANN  lee'], true],
    [['--text', 'reminders'], true],
    [['--text', 'Ann Leeds'], false],
  ] as const)
    assert.equal((await cases('list', ...filter)).stdout.includes(id), isThere, filter.join(' '))
  const evidence = (await cases('evidence', id)).stdout
  assert.match(evidence, /block at .* from \+12125550117 to \+14155550163/)
  assert.match(evidence, /today it would be blocked by deny/)

  await done('assign', id, 'bo@northwire.example', ...by)
  assert.match((await cases('list', '--assigned', 'bo@northwire.example')).stdout, new RegExp(id))
  await done('told', id, ...by)
  await done('message', id, 'we look into it until Friday', ...by)
  await done('ask', id, 'Who dials for you?', ...by)
  assert.equal((await done('show', id)).status, 'waiting-for-claimant')
  assert.match((await cases('ask', id, 'Who dials for you?', ...by)).stdout, /^nothing new: .*asked already/)
  await done('answer', id, 'our own dialler', ...by)
  assert.equal((await done('show', id)).status, 'open')
  assert.match((await cases('challenge', id, CALLING)).stdout, /^call \+12125559900\d* from \+12125550117 until /)
  assert.equal((await cases('challenge', id, '+12125550118')).status, 2, 'no number of the case')
  const letter = await handIn(gate, token, 'signed by the owner')
  const [file] = (await done('show', id)).evidence
  assert.match((await cases('show', id)).stdout, new RegExp(`^file +${file!.id} {2}letter\\.txt, text/plain`, 'm'))
  const path = join(gate.directory, 'letter.txt')
  assert.match((await cases('attachment', id, file!.id, path)).stdout, /open it with care/)
  assert.equal(readFileSync(path, 'utf8'), letter)
  assert.equal((await cases('attachment', id, file!.id, path)).status, 3, 'nothing is written over')

  const lift = ['decide', id, 'lift', '--reason', 'the clinic’s own reminders', ...by]
  const unproven = await cases(...lift)
  assert.equal(unproven.status, 2, 'no proof, no lift')
  assert.match(unproven.stderr, /nothing was done/)
  for (const [words, said] of [
    [[...lift, '--expires', '2020-01-01'], /^--expires: expected a time between/],
    [[...lift, '--number', '212-555-0117'], /^--number: expected a number with its country code/],
    [[...lift, '--block', 'none'], /^--block: expected at least six leading digits/],
    [[...lift, '--rule', 'nope'], /^--rule: the policy in force has no rule nope/],
    [['decide', id, 'uphold', '--reason', 'x', ...by], /^--evidence: .*\n--next: /],
  ] as const) {
    const ended = await cases(...words)
    assert.equal(ended.status, 2, words.join(' '))
    assert.match(ended.stderr, said, 'it names what was typed')
  }
  const note = await done('note', id, 'asked the carrier', ...by)
  const late = await cases('note', id, 'late', '--seen', String(note.seq - 1))
  assert.equal(late.status, 2, 'the case has gone on')
  await done('prove', id, '--way', 'letter', '--detail', 'signed by the owner, page 2', ...by)
  assert.match((await cases(...lift, '--dry-run')).stdout, /the gates hear of 1 entry/)
  assert.equal(await call(), 603, 'a dry run changes nothing')
  await done(...lift, '--expires', new Date(Date.now() + 365 * 86_400_000).toISOString().slice(0, 10))
  await until('a call that goes on', async () => (await call()) !== 603 || undefined)

  const { events, status } = await done('show', id)
  assert.ok(['lifted', 'verified'].includes(status), status)
  const decided = events.find(({ kind }) => kind === 'decided')
  await done('correct', id, String(decided!.seq), '--reason', 'the wrong clinic', ...by)
  await until('a call that is blocked again', async () => (await call()) === 603 || undefined)

  const uphold = ['--reason', 'one campaign', '--evidence', '412 calls in 10 min', '--next', 'register your numbers']
  await done('decide', id, 'uphold', ...uphold, ...by)
  await done('reopen', id, '--reason', 'the numbers were sold', ...by)
  await done('decide', id, 'partly', '--reason', 'only what is signed', '--next', 'sign the rest', '--attestation', 'A')
  assert.equal((await done('show', id)).status, 'partly-lifted')

  const others: string[] = []
  for (const number of ['+12125550150', '+12125550151', '+12125550152'])
    others.push((await done('open', ...who, '--number', number, ...by)).case)
  await done('withdraw', others[2]!, '--reason', 'she said so on the telephone', ...by)
  const many = await cases('decide', ...others, 'uphold', ...uphold, ...by)
  assert.equal(many.status, 2, 'one of them is withdrawn')
  assert.match(many.stderr, new RegExp(`^${others[2]}: .*withdrawn.*\n1 of 3 cases were not decided$`))
  for (const other of others.slice(0, 2)) {
    assert.match(many.stdout, new RegExp(`^${other} decided: event \\d+$`, 'm'))
    assert.equal((await done('show', other)).status, 'upheld')
  }
  const wish = ['--wants', 'unblock', '--caller', CALLING]
  const request = (await done('open', '--name', 'Cy', '--tel', CALLED, '--number', CALLED, ...wish)).case
  await done('decide', request, 'grant', '--reason', 'known by the portal', ...by)
  assert.equal((await done('show', request)).status, 'granted')

  const proved = (await done('open', ...who, '--number', '+12125550160', ...by)).case
  const dial = /^call (\S+) from/.exec((await cases('challenge', proved, '+12125550160')).stdout)![1]!
  const dialled = async (level: string) => {
    const target = `sip:127.0.0.1:${gate.port}`
    const words = [COMMAND, 'call', target, '--from', '+12125550160', '--to', dial, '--attest', level]
    const placed = spawnSync(process.execPath, words, { encoding: 'utf8', timeout: 60_000 })
    assert.equal(placed.status, 0, placed.stderr)
    return until('what the call shows', async () => (await done('show', proved)).proofs.at(-1))
  }
  assert.equal((await dialled('C')).strength, 'hint')
  await until('a proof', async () => (await dialled('A')).strength === 'full' || undefined)
  assert.equal((await cases('decide', proved, 'lift', '--reason', 'hers', ...by)).status, 0, 'and a lift asks no more')

  const page = await cases('file', id)
  assert.match(page.stdout, /^<!doctype html>/)
  assert.match(page.stdout, /\+1415xxxxxxx/)
  assert.doesNotMatch(page.stdout, /\+14155550163|asked the carrier/)
  assert.match((await cases('file', id, '--inside')).stdout, /asked the carrier/)
  const list = await cases('export', CALLED, '--identity', 'portal', ...by)
  const rows = [...parseCsv(list.stdout)]
  assert.ok(rows.length >= 3, 'a head and two blocks at least')
  assert.ok(rows.slice(1).every((row) => row[2] === CALLING && row[3] === 'opt-out'))
  assert.match(gate.command('audit', 'list', '--json', '--config', 'recourse.yaml'), /"identity":"portal"/)
  assert.match((await cases('figures')).stdout, /5 cases/)
  assert.equal((await cases('rebuild')).status, 0)
  assert.match((await cases('list', '--text', 'ann lee', '--number', CALLING)).stdout, new RegExp(id))
  const listed = (await cases('list', '--json')).stdout
  assert.match((await cases('rebuild', '--json')).stdout, /^\{"cases":[1-9]/)
  assert.equal((await cases('list', '--json')).stdout, listed)
  for (const command of commandsOf('docs/cases.md')) assert.ok(command === 'open' || ran.has(command), command)

  gate.verifyLedger()
  await gate.stop()
  const whole = JSON.parse((await cases('file', id, '--json')).stdout) as {
    blocks: { entry: { checkpoint: string } }[]
  }
  const { checkpoint } = whole.blocks[0]!.entry
  const verify = (line: string) => {
    writeFileSync(join(gate.directory, 'proof.jsonl'), `${line}\n`)
    return runProcess(gate, ['verify', '--checkpoints', 'proof.jsonl'], 'ledger')
  }
  assert.match(verify(checkpoint).stdout, /all as recorded/)
  assert.equal(verify(checkpoint.replace(/"hash":"./, '"hash":"x')).status, 1, 'another ledger')
})

test('what cannot be done ends with one clear line and the right code', async (t) => {
  const gate = await Recourse.start(t, { policy: POLICY })
  const asProcess = runProcess(gate, ['show', 'x'])
  assert.match(asProcess.stderr, /^recourse: x is no case/)
  assert.equal(asProcess.status, 2)
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
    [['ask', 'A'.repeat(22), ' '], 2, /the text has no words, expected 1 to 4000 characters/],
    [['note', 'A'.repeat(22), 'x'.repeat(4_001)], 2, /the text has 4001 characters/],
    [['export', CALLED, '--identity', 'said +14155550163'], 2, /say how you know the subscriber, by one of portal/],
    [['list', '--text', ' '], 2, /--text: write 1 to 100 characters/],
    [['decide', 'lift', '--reason', 'x'], 2, /lift which case/],
    [['decide', unknown, unknown.replace('A', 'B'), 'lift', '--reason', 'x', '--seen', '3'], 2, /one case only/],
    [['figures', '--from', 'May'], 2, /write a month like/],
    [['list', '--store', 'sqlite:./nope.db'], 2, /nope\.db/],
  ]
  for (const [words, code, said] of table) {
    const ended = await runHere(gate, words)
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

/** A command as somebody types it. */
function runProcess(gate: Recourse, words: readonly string[], verb = 'case') {
  return spawnSync(process.execPath, [COMMAND, verb, ...words, '--config', 'recourse.yaml'], {
    cwd: gate.directory,
    encoding: 'utf8',
    timeout: 60_000,
  })
}

/** The same, in this process. */
async function runHere(gate: Recourse, words: readonly string[]) {
  let stdout = ''
  let stderr = ''
  let status: number = EXIT.ok
  const program = new Command('recourse').exitOverride().configureOutput({
    writeErr: (text) => {
      stderr += text
    },
  })
  const out = (text: string) => void (stdout += text)
  const err = (text: string) => void (stderr += text)
  caseCommands(program, openCases, { out, err })
  try {
    const config = ['--config', join(gate.directory, 'recourse.yaml')]
    await program.parseAsync(['case', ...words, ...config], { from: 'user' })
  } catch (error) {
    if (error instanceof Stop) {
      stderr += error.message
      status = error.exitCode
    } else if (error instanceof CommanderError) status = EXIT.unusable
    else throw error
  }
  return { stdout, stderr, status }
}

type Shown = {
  case: string
  seq: number
  status: string
  events: { seq: number; kind: string }[]
  evidence: { id: string }[]
  proofs: { strength: string }[]
}

/** What the claimant hands in on her status page. */
async function handIn(gate: Recourse, token: string, text: string): Promise<string> {
  const body = new FormData()
  body.set('file', new Blob([text], { type: 'text/plain' }), 'letter.txt')
  const url = `http://127.0.0.1:${gate.deskPort}/v1/claims/${token}/evidence`
  const answer = await fetch(url, { method: 'POST', body })
  assert.equal(answer.status, 201, await answer.text())
  return text
}

/** The commands that a guide shows. */
function commandsOf(guide: string): Set<string> {
  const shown = readFileSync(guide, 'utf8').matchAll(/(?:^|`)(?:npx )?recourse case (\w+)/gm)
  const commands = new Set(Array.from(shown, ([, command]) => command!))
  assert.ok(commands.size >= 12, [...commands].join(' '))
  return commands
}
