import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Command } from 'commander'
import type { Attempt } from '#core/observe/attempt.ts'
import { parseCsv } from '#core/ledger/csv.ts'
import { sampleAttempt, sampleRefusal } from '#edge/store/monitor-samples.ts'
import { openMonitorStore } from '#edge/store/monitor-store.ts'
import { directoryCommands } from './directory.ts'
import { EXIT, Stop } from './exit.ts'
import { groupCommands } from './groups.ts'
import { observationCommands } from './observations.ts'

test('groups are listed with what wants somebody first, told whole, and added up', async (t) => {
  const { run, store } = freshStore(t)
  store.take([...blocked('old', 20, 6 * DAY_MS), ...answers(400, 6 * DAY_MS)], [])
  store.take([...blocked('rise', 40, HOUR_MS), ...answers(60, HOUR_MS)], [])
  store.take([person('mine', 2 * HOUR_MS)], [])
  const list = await run('groups list')
  const [head, , first, second] = list.out.split('\n')
  assert.equal(head, '2 groups: 1 escalating, 1 new; 61 refused calls, 2 blockers')
  assert.match(first!, /^#1 +escalating +\+12125550xxx +603\+ +proven +60 +2 +39\.6 % .* redress\.blocker-1\.example$/)
  assert.match(second!, /^#2 +new +\+12125550xxx +607 +person +1 +1 .* carrier-1$/)

  const shown = await run('groups show 1')
  assert.match(shown.out, /^share +39\.6 % of attempts in the last day, 4\.8 % in the week before$/m)
  assert.match(shown.out, /^numbers +2 numbers: \+12125550111 \(40\), \+12125550112 \(20\)$/m)
  assert.match((await run('groups list --by number')).out, /^\+12125550111 +41 calls +2 groups/)
  assert.match((await run('groups list --by reason')).out, /^603\+ +60 calls/)
  assert.match((await run('groups list --by block --json')).out, /^\{"name":"\+12125550","groups":2,"calls":61/)
  for (const [filter, count] of [
    ['--standing person', 1],
    ['--state escalating', 1],
    ['--number +12125550112', 1],
    ['--number "+1 (212) 555-0111"', 2],
    ['--blocker REDRESS.blocker-1.example', 1],
    ['--carrier carrier-1', 2],
    ['--since 90m', 1],
    ['--state resolved', 0],
  ] as const)
    assert.equal((await run(`groups list --json ${filter}`)).out.split('\n').length - 1, count, filter)
})

test('what was resolved comes back only by a later call, and what is ignored keeps still', async (t) => {
  const { run, store } = freshStore(t)
  store.take([...blocked('old', 20, 6 * DAY_MS), ...answers(400, 6 * DAY_MS)], [])
  const resolved = await run('groups resolve 1 --from 5d --note "lifted, says their mail" --by "Ann Lee"')
  assert.equal(resolved.out, 'group #1 is now resolved\n')
  assert.match((await run('groups list')).err, /--all shows those too/)
  assert.match((await run('groups list --all')).out, /#1 +resolved/)
  assert.match((await run('groups show 1')).out, /^said +resolved by Ann Lee, .*, from .*: lifted, says their mail$/m)
  store.take(blocked('again', 1, HOUR_MS), [])
  assert.match((await run('groups show #1')).out, /^group #1 +regressed: refused again /)
  assert.equal((await run('groups ignore 1')).out, 'group #1 is now ignored until it escalates\n')
  assert.match((await run('groups reopen 1 --json')).out, /^\{"id":1,"state":"ongoing"/)
})

test('refused calls are listed, told whole with their answer, and exported so that no spreadsheet runs them', async (t) => {
  const { run, store } = freshStore(t)
  store.take([...blocked('=cmd', 3, HOUR_MS), person('mine', 2 * HOUR_MS)], [])
  const list = await run('observations list --limit 2')
  assert.equal(list.out.split('\n').length, 4)
  const place = /--after (\S+)/.exec(list.err)![1]!
  assert.equal((await run(`observations list --json --after ${place}`)).out.split('\n').length - 1, 2)
  const shown = await run('observations show 1')
  assert.match(shown.out, /^standing +proven: by the standards a network did this$/m)
  assert.match(
    shown.out,
    /^contest +https:\/\/redress\.blocker-1\.example\/r\/\S+ \(unsigned: anybody on the path may have written it\)$/m,
  )
  assert.match((await run('observations show 1 --answer')).out, /^SIP\/2\.0 603 Network Blocked\nVia: /)
  const file = JSON.parse((await run('observations show 1 --json')).out) as { refusal: { class: string }; at: string }
  assert.equal(file.refusal.class, '603+')
  assert.match(file.at, /^20\d\d-.*Z$/)
  await assert.rejects(
    run('observations erase +13125550188'),
    /this would take what is personal out of 4 refused calls for good; add --yes to do it/,
  )
  assert.equal(store.observation(1)!.to, '+13125550188')
  await assert.rejects(run('observations erase 13125550188 --yes'), /has no country code: write it with \+/)
  await assert.rejects(run('observations erase --yes'), /say what to erase: a number, or --older-than 90d/)
  const erased = await run('observations erase +13125550188 --yes')
  assert.equal(erased.out, 'erased of 4 refused calls\n')
  assert.match(erased.err, /recourse disputes erase \+13125550188/)
  await assert.rejects(run('observations show 1 --answer'), /has no answer: its source was a record, or it was erased/)
  assert.match((await run('observations show 1')).out, /^call +\+12125550111 to a number erased, /m)
  for (const verb of ['observations export', 'groups export --all']) {
    const { out } = await run(verb)
    const cells = [...parseCsv(out)].flat()
    assert.ok(cells.length > 20 && cells.some((cell) => cell?.startsWith('+1212')), verb)
    assert.doesNotMatch(out, /(?:^|,)"[=+@-]/m, verb)
  }
})

test('refused calls that are old are erased at one word, and the younger ones and all counts stay', async (t) => {
  const { run, store } = freshStore(t)
  store.take([...blocked('old', 2, 100 * DAY_MS), ...blocked('young', 1, HOUR_MS)], [])
  const erased = await run('observations erase --older-than 90d --yes --json')
  assert.deepEqual(JSON.parse(erased.out), { calls: 2, isScrubbed: true })
  assert.equal(store.observations({}, undefined, 9).rows.length, 1)
  assert.equal(
    store.groups({}, Date.now()).reduce((sum, { calls }) => sum + calls, 0),
    3,
  )
})

test('names, states and times that are none are told, with the nearest that there is', async (t) => {
  const { run, store } = freshStore(t)
  store.take(blocked('one', 2, HOUR_MS), [])
  for (const [line, expected] of [
    [
      'groups list --blocker redres.blocker-1.example',
      /no call of this blocker was seen; did you mean redress\.blocker-1\.example\?$/,
    ],
    ['observations list --carrier carier-1', /did you mean carrier-1\?$/],
    ['observations list --carrier zzzzzzzzzz', /there is carrier-1$/],
    ['observations list --number +12125550113', /did you mean \+1212555011[12]\?$/],
    ['observations list --number ann', /write a number as calls carry it/],
    ['observations list --standing provn', /write one of proven, .*; did you mean proven\?$/],
    ['groups list --state regresed', /did you mean regressed\?$/],
    ['groups list --by bloker', /did you mean (blocker|block)\?$/],
    ['groups list --since noon', /this is no time/],
    ['groups list --limit 0', /write a number from 1 to/],
    ['groups show 99', /no group 99 in this store/],
    ['groups show x', /is no group: write its number/],
    ['groups resolve 1 99', /no group 99/],
    ['observations show 99', /no observation 99/],
    ['observations list --after x', /write the place that the list before told/],
    ['directory show redress.bloker-1.example', /did you mean redress\.blocker-1\.example\?$/],
  ] as const)
    await assert.rejects(
      run(line),
      (error) => error instanceof Stop && error.exitCode === EXIT.unusable && expected.test(error.message),
      line,
    )
  assert.match((await run('groups list')).out, /^1 group: 1 new/, 'nothing was marked')
})

test('an empty store says where calls come from, and one that is not there is not made', async (t) => {
  const { run, path } = freshStore(t)
  for (const line of [
    'groups list',
    'groups export',
    'groups silent',
    'observations list',
    'observations export',
    'directory list',
  ])
    assert.match((await run(line)).err, /^no data yet: point recourse monitor at a capture/, line)
  for (const line of ['groups list', 'groups resolve 1', 'observations list', 'directory list'])
    await assert.rejects(run(line, `${path}-none`), /there is no store at .*-none; no data yet/, line)
})

test('silence is told as a suspicion with its figures, and thin data as thin', async (t) => {
  const { run, store } = freshStore(t)
  for (let day = 0; day < 10; day++) {
    store.take([...busy(day, day === 0 ? 50 : 5, 80, 'north'), ...busy(day, 1, 4, 'south')], [])
  }
  const found = await run('groups silent')
  assert.match(
    found.out,
    /^calls from \+12125550111 through north: perhaps blocked silently, a suspicion and no fact: .* 50 of 80/,
  )
  assert.equal(found.out.split('\n').length - 1, 1)
  assert.equal(found.err, '2 pairs of carrier and own number: 1 suspected, 0 as ever, 1 with too few calls to say\n')
  assert.match((await run('groups silent --all')).out, /through south: too few calls to say anything/)
})

test('the directory shows signed contacts apart from those that anybody may have written', async (t) => {
  const { run, store } = freshStore(t)
  store.take(blocked('one', 2, HOUR_MS), [])
  store.noteSigned('redress.blocker-1.example', [{ kind: 'tel', value: '+18005550142', isSigned: true }], Date.now())
  const shown = await run('directory show redress.blocker-1.example')
  assert.match(shown.out, /^signed +\+18005550142 \(phone\)/m)
  assert.match(
    shown.out,
    /^unsigned +https:\/\/redress\.blocker-1\.example\/r\/… \(form\), in 2 notices, .*anybody on the path may have written it$/m,
  )
  assert.match((await run('directory show hiya')).out, /read in 2026-\d\d at developer\.hiya\.com/)
  assert.equal((await run('directory list --seen --json')).out.split('\n').length - 1, 1)
})

test('a contact of a verified card and one of a notice look different wherever one is shown', async (t) => {
  const { run, store } = freshStore(t)
  const blocker = 'redress.blocker-1.example'
  store.take(blocked('one', 1, HOUR_MS), [])
  const url = `https://${blocker}/r/Kc9vN2x0RrmJ3p6t1wQ8Zg`
  const told = { kind: 'url', value: url, isSigned: false }
  const shown = async () => ({
    words: (await run('observations show 1')).out,
    contacts: (JSON.parse((await run('observations show 1 --json')).out) as { contacts: unknown }).contacts,
    row: (await run(`directory list --seen`)).out,
    entry: JSON.parse((await run(`directory show ${blocker} --json`)).out) as Record<'signed' | 'unsigned', unknown[]>,
  })
  const before = await shown()
  assert.doesNotMatch(before.words, /^signed/m)
  assert.deepEqual(before.contacts, [told])
  assert.match(before.row, / unsigned /)
  assert.deepEqual([before.entry.signed.length, before.entry.unsigned.length], [0, 1])
  store.noteSigned(blocker, [{ kind: 'url', value: url, isSigned: true }], Date.now())
  const after = await shown()
  assert.match(after.words, /^signed +https:\S+ \(in a card of this blocker that was verified\)$/m)
  assert.match(
    after.words,
    /^contest +https:\S+ \(unsigned: /m,
    'what the notice said stays what anybody may have written',
  )
  assert.deepEqual(after.contacts, [{ ...told, isSigned: true }, told])
  assert.match(after.row, / signed /)
  assert.deepEqual([after.entry.signed.length, after.entry.unsigned.length], [1, 1])
})

/** What the guide shows, docs/groups.md, is tried here: its store has calls that no guide could wait for. */
test('the commands of the guide do what it says', async (t) => {
  const { run, store } = freshStore(t)
  store.take(
    Array.from({ length: 3_000 }, (_, at) => sampleAttempt(at, { at: Date.now() - at * 60_000 })),
    [],
  )
  for (const line of [
    'groups list',
    'groups list --by blocker',
    'groups show 1',
    'groups resolve 1 --from 24h --note "lifted"',
    'groups ignore 2 --note "their own list"',
    'groups reopen 2',
    'groups silent --all',
    'observations list --since 24h --standing proven',
    'observations show 1',
    'observations export --since 28d',
    'groups export --all',
    'directory list',
    'directory list --json',
    'directory show redress.blocker-1.example',
  ])
    assert.notEqual((await run(line)).out, '', line)
})

function freshStore(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-groups-'))
  const path = join(folder, 'recourse.db')
  const store = openMonitorStore(`sqlite:${path}`)
  t.after(() => {
    store.close()
    rmSync(folder, { recursive: true })
  })
  const run = async (line: string, from = path): Promise<{ out: string; err: string }> => {
    const said = { out: '', err: '' }
    const to = { out: (text: string) => void (said.out += text), err: (text: string) => void (said.err += text) }
    const program = new Command('recourse').exitOverride()
    observationCommands(program, to)
    groupCommands(program, to)
    directoryCommands(program, undefined, to)
    const words = Array.from(line.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, plain]) => quoted ?? plain!)
    await program.parseAsync([...words, '--store', `sqlite:${from}`], { from: 'user' })
    return said
  }
  return { store, path, run }
}

function blocked(name: string, count: number, agoMs: number): Attempt[] {
  return Array.from({ length: count }, (_, at) => ({
    ...call(`${name} ${at}`, agoMs),
    from: name === 'old' ? '+12125550112' : '+12125550111',
    end: { kind: 'refused', refusal: sampleRefusal() },
  }))
}

function person(name: string, agoMs: number): Attempt {
  const refusal = sampleRefusal({ class: '607', status: 607, standing: 'person', blocker: 'carrier-1' })
  return { ...call(name, agoMs), end: { kind: 'refused', refusal } }
}

function answers(count: number, agoMs: number): Attempt[] {
  return Array.from({ length: count }, (_, at) => call(`answered ${agoMs} ${at}`, agoMs))
}

function busy(day: number, count: number, of: number, carrier: string): Attempt[] {
  const refusal = sampleRefusal({ status: 486, class: 'other', standing: 'fault', blocker: carrier })
  return Array.from({ length: of }, (_, at) => ({
    ...call(`${carrier} ${day} ${at}`, day * DAY_MS + 60_000),
    carrier,
    end: at < count ? { kind: 'refused', refusal } : { kind: 'answered', durationMs: 9_000 },
  }))
}

function call(key: string, agoMs: number): Attempt {
  return {
    key,
    at: Date.now() - agoMs,
    source: 'capture trunk.pcap',
    evidence: 'wire',
    from: '+12125550111',
    to: '+13125550188',
    carrier: 'carrier-1',
    ringMs: undefined,
    setupMs: 800,
    end: { kind: 'answered', durationMs: 30_000 },
  }
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
