// One thing: every word of `observations`, `groups`, `directory` and `disputes`, in words and as JSON, over one store; and that
// what watches by itself cannot reach what asks, dials or writes to a blocker.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Command } from 'commander'
import { parseCsv } from '#core/ledger/csv.ts'
import { startMockBlocker } from '#edge/prober/mock-blocker.ts'
import { sampleAttempt, sampleRefusal } from '#edge/store/monitor-samples.ts'
import { openMonitorStore } from '#edge/store/monitor-store.ts'
import { directoryCommands } from './directory.ts'
import { disputeCommands } from './disputes.ts'
import { groupCommands } from './groups.ts'
import { observationCommands } from './observations.ts'

/**
 * Each word with what it is given, and what has to stand in each line of its JSON. They run in this order on one store; `ID` is
 * a dispute that is filed by API, `OTHER` one that is not. What has none here is tested where it is said.
 */
const WORDS: readonly (readonly [words: string, keys: readonly string[]])[] = [
  ['observations list', ['id', 'at', 'from', 'to', 'standing', 'blocker']],
  ['observations show 1', ['refusal', 'contacts', 'answer']],
  ['observations export', ['id', 'at', 'from', 'to', 'standing', 'blocker']],
  ['groups list', ['id', 'state', 'blocker', 'calls', 'recentAttempts']],
  ['groups show 1', ['ownNumbers', 'marks']],
  ['groups resolve 1', ['state', 'mark']],
  ['groups ignore 1', ['state', 'mark']],
  ['groups reopen 1', ['state', 'mark']],
  ['groups silent --all', ['kind', 'recent', 'baseline', 'p', 'q', 'test']],
  ['groups export', ['id', 'state', 'blocker', 'calls', 'recentAttempts']],
  ['directory list', ['blocker', 'signed', 'unsigned', 'answer', 'lift']],
  ['directory show redress.blocker-1.example', ['blocker', 'signed', 'unsigned', 'known'].slice(0, 3)],
  ['disputes open --group 1 --again', ['id', 'status', 'numbers', 'calls']],
  ['disputes list --all', ['id', 'status', 'due']],
  ['disputes show ID', ['events']],
  ['disputes draft OTHER', ['subject', 'text', 'form', 'contacts']],
  ['disputes file ID --by api --to DESK/r/x --purpose reminders --allow-private', ['filing', 'filedAt']],
  ['disputes poll ID --allow-private', ['was', 'status']],
  ['disputes answer ID "our dialler" --allow-private', ['status', 'news']],
  ['disputes prove ID --allow-private', ['dispute', 'number', 'dial', 'until']],
  ['disputes file OTHER --by telephone --to +18005550142 --done', ['filing', 'filedAt']],
  ['disputes heard OTHER "they have it"', ['heardAt', 'status']],
  ['disputes outcome OTHER lifted --text "their mail"', ['outcome', 'liftedAt']],
  ['disputes retest OTHER --via VIA --passes 404 --passes 480 --passes 603', ['verifiedAt', 'status']],
  ['disputes note OTHER "asked again"', ['event']],
  ['disputes close OTHER "over"', ['status']],
  ['disputes reopen OTHER "not over"', ['status']],
  ['disputes export --all', ['id', 'events']],
  ['observations erase +13125550188 --yes', ['calls', 'isScrubbed']],
  ['disputes erase --older-than 1d --yes', ['disputes', 'isScrubbed']],
]
/** It fetches by https, with certificates: card.test.ts. */
const ELSEWHERE = ['directory verify']

test('each word tells people in words and programs in one JSON object a line, and none is left out', async (t) => {
  const { run, words, id, other, desk, via } = await clinic(t)
  const known = WORDS.map(([line]) => line.split(' ').slice(0, 2).join(' '))
  assert.deepEqual([...new Set([...known, ...ELSEWHERE])].toSorted(), words.toSorted())
  const fill = (line: string): string =>
    line.replace('ID', id).replace('OTHER', other).replace('DESK', desk).replace('VIA', via)
  for (const [line, keys] of WORDS) {
    const isStep = / (?:outcome|close|reopen|erase) /.test(`${line} `)
    // What can be done once is done in JSON alone.
    if (!isStep) assert.notEqual((await run(fill(line))).out, '', line)
    const { out } = await run(`${fill(line)} --json`)
    const lines = out.split('\n').slice(0, -1)
    assert.ok(lines.length > 0, `${line}: ${out}`)
    for (const one of lines) {
      const found = JSON.parse(one) as Record<string, unknown>
      for (const key of keys) assert.ok(key in found, `${line}: ${key} in ${one}`)
      assert.doesNotMatch(one, /secret-token/, 'what opens a case stands nowhere')
    }
  }
})

test('each export is CSV with a row for each, whole, and no cell of it runs in a spreadsheet', async (t) => {
  const { run } = await clinic(t, '=HYPERLINK("x")')
  for (const [line, rows, cells] of [
    ['observations export', 2, ['2', '603+', 'proven', 'wire', '+12125550117', '=hyperlink("x")']],
    ['groups export --all', 1, ['1', 'new', '603+', 'proven', '2', '+12125550', '=hyperlink("x")']],
    ['disputes export --all', 2, ['draft', '1', '+12125550117', 'file', '=hyperlink("x")']],
  ] as const) {
    const { out, err } = await run(line)
    const [head, ...table] = [...parseCsv(out)]
    assert.equal(table.length, rows, line)
    for (const row of table) assert.equal(row.length, head!.length, line)
    for (const cell of cells) assert.ok(table.flat().includes(cell), `${line}: ${cell} in ${out}`)
    assert.doesNotMatch(out, /(?:^|,)"[=+@-]/m, line)
    assert.match(err, new RegExp(`^${rows} `), line)
    const whole = (await run(`${line} --json`)).out.split('\n').slice(0, -1)
    assert.equal(whole.length, rows, line)
  }
})

test('what watches, tells and erases by itself reaches nothing that asks, dials or writes to a blocker', () => {
  const reached = (from: string): string[] => {
    const known = new Set<string>()
    const open = [resolve(ROOT, from)]
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (known.has(file) || !existsSync(file)) continue
      known.add(file)
      for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(
        /^(?:import|export) (?!type)[^;]*?from '([^']+)'/gm,
      )) {
        if (path.startsWith('#')) open.push(resolve(ROOT, path.slice(1)))
        else if (path.startsWith('.')) open.push(resolve(dirname(file), path))
      }
    }
    return [...known].map((file) => file.slice(ROOT.length + 1)).filter((file) => REACHING.test(file))
  }
  for (const thread of ['main/monitor-thread.ts', 'main/alert-thread.ts', 'main/monitor.ts'])
    assert.deepEqual(reached(thread), [], thread)
  assert.ok(reached('main/disputes.ts').length >= 3, 'control: a person’s words do')
})

const ROOT = resolve(import.meta.dirname, '..')
const REACHING = /^edge\/(?:dispute\/|prober\/|fetch\/guarded-(?:ask|fetch))/

/** A store with a group of two refused calls and two disputes, a desk that speaks the convention, and a way to call. */
async function clinic(t: TestContext, blocker = 'redress.blocker-1.example') {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-calling-'))
  const path = join(folder, 'recourse.db')
  const config = join(folder, 'recourse.yaml')
  writeFileSync(config, 'operator: { name: "Clinic", contact: { email: "ann@clinic.example.com" } }\n')
  const store = openMonitorStore(`sqlite:${path}`)
  const refusal = sampleRefusal({ blocker })
  const [from, to] = ['+12125550117', '+13125550188']
  store.take(
    [3, 5].map((hours) => ({
      ...sampleAttempt(hours, { at: Date.now() - hours * 3_600_000 }),
      key: `${hours}`,
      from,
      to,
      end: { kind: 'refused', refusal },
    })),
    [],
  )
  store.close()
  const program = (out: (text: string) => void, err: (text: string) => void): Command => {
    const made = new Command('recourse').exitOverride()
    const into = { out, err }
    observationCommands(made, into)
    groupCommands(made, into)
    directoryCommands(made, undefined, into)
    disputeCommands(made, into)
    return made
  }
  const run = async (line: string): Promise<{ out: string; err: string }> => {
    const said = { out: '', err: '' }
    const words = Array.from(line.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, plain]) => quoted ?? plain!)
    await program(
      (text) => (said.out += text),
      (text) => (said.err += text),
    ).parseAsync([...words, '--config', config, '--store', `sqlite:${path}`], { from: 'user' })
    return said
  }
  const words = program(
    () => undefined,
    () => undefined,
  ).commands.flatMap((command) => command.commands.map((verb) => `${command.name()} ${verb.name()}`))
  const open = async (): Promise<string> =>
    (JSON.parse((await run('disputes open --group 1 --again --purpose reminders --json')).out) as { id: string }).id
  const desk = await openDesk(t)
  const mock = await startMockBlocker()
  t.after(async () => {
    await mock.close()
    process.exitCode = 0
    rmSync(folder, { recursive: true })
  })
  return { run, words, id: await open(), other: await open(), desk, via: `sip:${mock.address}` }
}

async function openDesk(t: TestContext): Promise<string> {
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    const link = (href: string) => ({ href: `${url}${href}`, method: 'POST' })
    const links = {
      file: link('/v1/claims'),
      answers: link('/c/secret-token/answers'),
      challenges: link('/c/challenges'),
    }
    request.resume().on('end', () => {
      if (path === '/v1/claims')
        return response.end(
          JSON.stringify({ recourse: 1, case: 'C-1', status: `${url}/c/secret-token`, needsConfirmation: false }),
        )
      if (path === '/c/challenges')
        return response.end(JSON.stringify({ dial: '+13125550100', until: '2026-12-01T00:00:00Z' }))
      return response.end(
        JSON.stringify({ recourse: 1, desk: { name: 'Desk' }, case: { status: 'open', next: 'we look' }, links }),
      )
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return url
}
