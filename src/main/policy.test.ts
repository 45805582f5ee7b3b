import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Command, CommanderError } from 'commander'
import { openPolicyStore } from '#edge/store/policy-store.ts'
import { auditCommands } from './audit.ts'
import { Stop } from './exit.ts'
import { listCommands } from './list.ts'
import { policyCommands } from './policy.ts'

test('a policy is applied, told, listed and shown', async (t) => {
  const { run, file } = desk(t)

  const applied = await run('policy', 'apply', file('policy.yaml'), '--by', 'Ann Lee', '--note', 'the first')
  const changed = await run('policy', 'apply', file('policy.yaml', policy({ limit: 200, mode: 'shadow' })))

  assert.equal(applied.code, 0)
  assert.match(applied.out, /^policy 1 is in force\n  rule dno added: do-not-originate file:dno\.csv; asked first\n/)
  assert.equal(
    changed.out,
    'policy 2 is in force, 1 was before\n  rule volume changed: volume.limit 300 → 200; mode unsaid → shadow\n',
  )
  const { out } = await run('policy', 'list')
  assert.match(
    out,
    /\n2 {7}applied {2}\d{4}-.* UTC .*policy\.yaml\n1 {7}replaced .* UTC Ann Lee {10}the first · .*policy\.yaml\n$/,
  )
  assert.equal((await run('policy', 'show')).out, policy({ limit: 200, mode: 'shadow' }))
  assert.equal((await run('policy', 'show', '1')).out, policy({}))
  const listed = (await run('policy', 'list', '--json')).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    listed.map(({ version, state, steps }) => [version, state, steps[0].note]),
    [
      [2, 'applied', ''],
      [1, 'replaced', 'the first'],
    ],
  )
})

test('which policy was in force at a time can be shown', async (t) => {
  const { run, file } = desk(t)
  await run('policy', 'apply', file('policy.yaml'))
  await run('policy', 'apply', file('policy.yaml', policy({ limit: 200 })))

  assert.equal(
    (await run('policy', 'show', '--at', new Date(Date.now() + 1000).toISOString())).out,
    policy({ limit: 200 }),
  )
  assert.match(
    (await run('policy', 'show', '--at', '2020-01-01')).stop,
    /no policy of this store was in force at 2020-01-01/,
  )
  assert.match((await run('policy', 'show', '--at', 'noon')).stop, /--at noon is no time/)
})

test('a policy is taken back with one command, and its successor can come again', async (t) => {
  const { run, file } = desk(t)
  for (const limit of [300, 200, 100]) await run('policy', 'apply', file('policy.yaml', policy({ limit })))

  assert.match((await run('policy', 'back', '--note', 'too strict')).out, /^policy 2 is in force, 3 was before\n/)
  assert.match((await run('policy', 'back')).out, /^policy 1 is in force, 2 was before\n/)
  assert.match(
    (await run('policy', 'back')).stop,
    /policy 1 is the first that was in force: there is none to go back to/,
  )
  assert.match((await run('policy', 'apply', '3')).out, /^policy 3 is in force, 1 was before\n/)
  assert.match((await run('policy', 'back', '1')).out, /^policy 1 is in force, 3 was before\n/)
  assert.match((await run('policy', 'back', '9')).stop, /there is no policy 9/)
})

test('a policy that is wrong is refused with its place, and the old one stays', async (t) => {
  const { run, file, inForce } = desk(t)
  await run('policy', 'apply', file('policy.yaml'))
  const wrong: [name: string, text: string, expected: RegExp][] = [
    ['yaml.yaml', 'rules: [\n', /^.*yaml\.yaml:\d+:\d+: found broken YAML/],
    ['key.yaml', 'ruels: []\n', /^.*key\.yaml:1:1: found the unknown key "ruels".*did you mean rules\?/],
    ['limit.yaml', policy({ limit: 0 }), /^.*limit\.yaml:3:\d+: found 0, expected a number of calls/],
    [
      'list.yaml',
      'rules:\n  - { id: x, deny: "file:none.csv" }\n',
      /^.*list\.yaml:2:\d+: found the file .*none\.csv, which cannot be read/,
    ],
    [
      'emergency.yaml',
      'rules:\n  - { id: x, deny: ["911"] }\n',
      /^.*emergency\.yaml:2:\d+: found "911", expected no emergency number/,
    ],
  ]
  for (const [name, text, expected] of wrong) {
    const { stop, code } = await run('policy', 'apply', file(name, text))
    assert.match(stop, expected)
    assert.equal(code, 2)
  }
  assert.match((await run('policy', 'apply', file('none/none.yaml', undefined))).stop, /found no file that can be read/)
  assert.equal(inForce(), 1)
})

test('a dry run tells the same and changes nothing', async (t) => {
  const { run, file, inForce, list } = desk(t)
  await run('policy', 'apply', file('policy.yaml'))

  const apply = await run('policy', 'apply', file('policy.yaml', policy({ limit: 1 })), '--dry-run')
  const put = await run('list', 'put', 'dno', list('new.csv', 100), '--dry-run')

  assert.match(apply.out, /^this would come into force\n  rule volume changed: volume\.limit 300 → 1\n$/)
  assert.match(put.out, /^this would wait for a second person\n  list dno\.csv: 90 added/)
  assert.deepEqual([apply.code, put.code, inForce()], [0, 1, 1])
  assert.equal((await run('policy', 'list', '--json')).out.trim().split('\n').length, 1)
})

test('policies are compared by number or file, and the exit code says whether they differ', async (t) => {
  const { run, file } = desk(t)
  await run('policy', 'apply', file('policy.yaml'))
  await run('policy', 'apply', file('policy.yaml', policy({ limit: 200 })))

  const cases: [words: string[], code: number, expected: RegExp][] = [
    [['1', '2'], 1, /^rule volume changed: volume\.limit 300 → 200\n$/],
    [['1'], 1, /^rule volume changed: volume\.limit 300 → 200\n$/],
    [['2'], 0, /^no difference\n$/],
    [['2', '1'], 1, /200 → 300/],
    [[file('other.yaml', `${policy({ limit: 200 })}form: Q.850\n`)], 1, /^form unsaid → Q\.850\n$/],
    [['1', file('other.yaml')], 1, /300 → 200\nform unsaid → Q\.850\n$/],
    [[], 0, /^no difference\n$/],
    [[file('moved.yaml', moved({ limit: 200 }))], 1, /^rules are asked in another order: volume, dno\n$/],
  ]
  for (const [words, code, expected] of cases) {
    const outcome = await run('policy', 'diff', ...words)
    assert.match(outcome.out, expected, words.join(' '))
    assert.equal(outcome.code, code, words.join(' '))
  }
  assert.deepEqual(JSON.parse((await run('policy', 'diff', '1', '2', '--json')).out), {
    rules: [{ id: 'volume', change: 'changed', words: 'volume.limit 300 → 200' }],
    settings: [],
    lists: [],
  })
})

test('a list is put, compared and taken back, and other lists stay', async (t) => {
  const { run, file, list } = desk(t)
  await run('policy', 'apply', file('policy.yaml'))

  assert.equal((await run('list', 'names')).out, 'dno.csv\n')
  const compared = await run('list', 'diff', 'dno.csv', list('new.csv', 12))
  assert.deepEqual(
    [compared.code, compared.out],
    [1, 'list dno.csv: 2 added (+12125550010, +12125550011); 10 → 12 entries\n'],
  )
  const put = await run('list', 'put', 'dno', list('new.csv', 12), '--json')
  assert.deepEqual(JSON.parse(put.out).policy, 2)
  assert.equal((await run('list', 'show', 'dno')).out, numbers(12))
  const back = await run('list', 'back', 'dno')
  assert.match(back.out, /^policy 1 is in force, 2 was before\n  list dno\.csv: 2 removed/)
  assert.equal((await run('list', 'show', 'dno')).out, numbers(10))
  assert.match((await run('list', 'back', 'dno')).stop, /list dno\.csv has never been another one/)
  assert.match(
    (await run('list', 'put', 'other', list('new.csv', 1))).stop,
    /policy 1 has no list other: it has dno\.csv/,
  )
})

test('a list that is wrong, empty or ten times as long does not come into force by one person', async (t) => {
  const { run, file, list, inForce } = desk(t)
  await run('policy', 'apply', file('policy.yaml'), '--by', 'ann')

  const wrong = await run('list', 'put', 'dno', file('wrong.csv', 'name,street\nBob,Main St\n'))
  const worse = await run('list', 'put', 'dno', file('worse.csv', 'number\n+12125550117\nabc\n'))
  const empty = await run('list', 'put', 'dno', file('empty.csv', ''), '--by', 'ann')
  const large = await run('list', 'put', 'dno', list('large.csv', 100), '--by', 'ann')

  assert.match(wrong.stop, /^.*wrong\.csv:1:1: found "name"/)
  assert.match(worse.stop, /^.*worse\.csv:3:1: found "abc", expected a number/)
  assert.deepEqual([wrong.code, worse.code, empty.code, large.code], [2, 2, 1, 1])
  assert.match(empty.out, /because list dno\.csv would be empty/)
  assert.match(
    large.out,
    /because list dno\.csv would change by 90 of 10 entries\n.*recourse policy approve 3 --by NAME/,
  )
  assert.equal(inForce(), 1)

  assert.match((await run('policy', 'approve', '3', '--by', 'ann')).stop, /policy 3 was staged by ann: somebody else/)
  assert.match((await run('policy', 'approve', '3', '--by', 'ANN')).stop, /policy 3 was staged by ANN: somebody else/)
  assert.match((await run('policy', 'apply', '3', '--by', 'ben')).stop, /policy 3 waits for a second person/)
  assert.equal(inForce(), 1)
  assert.match((await run('policy', 'approve', '3', '--by', 'ben')).out, /^policy 3 is in force, 1 was before\n/)
  assert.equal(inForce(), 3)
  assert.match(
    (await run('policy', 'approve', '2', '--by', 'ben')).stop,
    /policy 2 was staged as a change of policy 1, but policy 3 is in force/,
  )
  assert.match((await run('policy', 'approve', '3', '--by', 'ben')).stop, /policy 3 does not wait for approval/)
  assert.match((await run('policy', 'back')).out, /^policy 1 is in force/, 'taking back needs no second person')
})

test('the guard is the one of the policy in force', async (t) => {
  const { run, file, list } = desk(t)
  await run('policy', 'apply', file('policy.yaml', `${policy({})}guard: none\n`))

  assert.equal((await run('list', 'put', 'dno', list('large.csv', 100))).code, 0)
  await run('policy', 'apply', file('policy.yaml', `${policy({})}guard: 10%\n`), '--keep-lists')
  assert.equal((await run('list', 'put', 'dno', list('more.csv', 121))).code, 1)
  assert.equal((await run('list', 'put', 'dno', list('more.csv', 110))).code, 0)
})

test('a policy file is applied with the lists beside it, or with those in force', async (t) => {
  const { run, file, list } = desk(t)
  await run('policy', 'apply', file('policy.yaml'))
  await run('list', 'put', 'dno', list('new.csv', 15))

  const kept = await run('policy', 'apply', file('policy.yaml', policy({ limit: 250 })), '--keep-lists')
  assert.equal((await run('list', 'show', 'dno')).out, numbers(15))
  const whole = await run('policy', 'apply', file('policy.yaml', policy({ limit: 250 })))

  assert.doesNotMatch(kept.out, /list/)
  assert.match(whole.out, /list dno\.csv: 5 removed/)
  assert.equal((await run('list', 'show', 'dno')).out, numbers(10))
})

test('the audit trail tells who changed what and why, without a telephone number', async (t) => {
  const { run, file, list } = desk(t)
  await run('policy', 'apply', file('policy.yaml'), '--by', 'Ann Lee', '--note', 'go')
  await run('list', 'put', 'dno', list('new.csv', 11), '--by', 'ben')
  await run('policy', 'back', '--by', 'ann')

  const { out } = await run('audit', 'list')
  const json = (await run('audit', 'list', '--json')).out

  assert.match(out, /policy 1: an earlier policy came into force again, by ann \(.+\)\n/)
  assert.match(out, /policy 2: a list was uploaded, by ben \(.+\)\n/)
  assert.match(out, /policy 1: a policy came into force, by Ann Lee \(.+\): go\n$/)
  assert.doesNotMatch(json, /2125550/)
  assert.deepEqual(
    json
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).action),
    ['policy-taken-back', 'list-put', 'policy-applied'],
  )
  assert.match((await run('audit', 'list', '--action', 'list-put')).out, /^.*uploaded.*\n$/)
  assert.match((await run('audit', 'list', '--action', 'sleep')).stop, /--action sleep: write one of policy-applied/)
  assert.equal((await run('audit', 'list', '--since', '2099-01-01')).err, 'no changes\n')
})

const MISUSES: [words: string[], expected: RegExp][] = [
  [['policy', 'back'], /no policy is in force yet: start the gate/],
  [['policy', 'show'], /no policy is in force yet/],
  [['policy', 'show', 'x'], /x is no version/],
  [['policy', 'show', '4'], /there is no policy 4: recourse policy list/],
  [['policy', 'approve', 'x'], /x is no version/],
  [['policy', 'list', '--limit', '0'], /--limit 0: write a number/],
  [['list', 'put', 'a', 'b'], /no policy is in force yet/],
  [['audit', 'list', '--since', 'x'], /--since x is no time/],
]
for (const [words, expected] of MISUSES) {
  test(`what cannot be done is told in one line: ${words.join(' ')}`, async (t) => {
    const { run, open } = desk(t)
    open()

    const { stop, code } = await run(...words)

    assert.match(stop, expected)
    assert.equal(stop.includes('\n'), false)
    assert.equal(code, 2)
  })
}

/** A folder with a configuration, a policy of two rules and a list of ten numbers. */
function desk(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'recourse-policy-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const config = join(directory, 'recourse.yaml')
  const url = `sqlite:${join(directory, 'recourse.db')}`
  const file = (name: string, text?: string): string => {
    if (text !== undefined) writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  file('recourse.yaml', 'operator: { contact: { tel: "+18005550142" } }\npolicy: "file:policy.yaml"\n')
  file('policy.yaml', policy({}))
  file('dno.csv', numbers(10))
  const open = () => openPolicyStore(url).close()
  return {
    file,
    open,
    list: (name: string, count: number) => file(name, numbers(count)),
    inForce: () => {
      const store = openPolicyStore(url)
      const version = store.inForce()?.version
      store.close()
      return version
    },
    run: (...words: string[]) => runCommand([...words, '--config', config]),
  }
}

async function runCommand(words: string[]) {
  const written = { out: '', err: '' }
  const to = {
    out: (text: string) => void (written.out += text),
    err: (text: string) => void (written.err += text),
  }
  const program = new Command('recourse').exitOverride().configureOutput({ writeOut: to.out, writeErr: to.err })
  for (const add of [policyCommands, listCommands, auditCommands]) add(program, to)
  let stop = ''
  let code = 0
  try {
    await program.parseAsync(words, { from: 'user' })
    code = Number(process.exitCode ?? 0)
  } catch (error) {
    if (error instanceof CommanderError) code = error.exitCode
    else if (error instanceof Stop) ({ message: stop, exitCode: code } = error)
    else throw error
  } finally {
    process.exitCode = 0
  }
  return { ...written, stop, code }
}

function policy({ limit = 300, mode }: { limit?: number; mode?: string }): string {
  return `rules:\n${DNO}${volume(limit, mode)}`
}

function moved({ limit = 300 }: { limit?: number }): string {
  return `rules:\n${volume(limit)}${DNO}`
}

function volume(limit: number, mode?: string): string {
  return `  - { id: volume, volume: { of: number, limit: ${limit}, per: 10m }${mode === undefined ? '' : `, mode: ${mode}`} }\n`
}

function numbers(count: number): string {
  return Array.from({ length: count }, (_, at) => `+1212555${String(at).padStart(4, '0')}\n`).join('')
}

const DNO = '  - { id: dno, do-not-originate: "file:dno.csv" }\n'
