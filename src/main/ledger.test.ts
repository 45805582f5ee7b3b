import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { Command, CommanderError } from 'commander'
import { parseExport } from '#core/ledger/export.ts'
import { sampleBlock, SAMPLE_START_MS } from '#edge/store/contract-samples.ts'
import { openLedgerReader } from '#edge/store/ledger-reader.ts'
import { samplePolicy } from '#edge/store/contract-policy.ts'
import { openPolicyReader, openPolicyStore } from '#edge/store/policy-store.ts'
import { openLedger } from '#edge/store/sqlite-ledger.ts'
import { readBlocks } from '../../test/guide.ts'
import { Stop } from './exit.ts'
import { ledgerCommands } from './ledger.ts'
import { parseTime } from './ledger-time.ts'

const BLOCKS = 30
const GROUNDS =
  '[{"kind":"volume","rule":"volume-block","cause":"analytics","of":"block","subject":"+12125550xxx","count":412,"exact":true,"limit":300,"perMs":600000,"calls":[{"at":1795000000000,"calling":"+12125550117","called":"+14155550163"}]}]'

suite('recourse ledger', () => {
  let folder: string
  let url: string
  let checkpoints: string
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'recourse-ledger-'))
    url = `sqlite:${join(folder, 'recourse.db')}`
    checkpoints = join(folder, 'checkpoints.jsonl')
    const ledger = await openLedger(url, { checkpointFile: checkpoints })
    for (let number = 0; number < BLOCKS; number++) {
      const hostile = { displayName: '=cmd|\u001b[2J\u202e\u009b31m', grounds: GROUNDS }
      const recorded = await ledger.record(sampleBlock(number, number === 7 ? hostile : {}))
      if (number === 9) await ledger.release(recorded, recorded.seq + SAMPLE_START_MS, 'late')
    }
    await ledger.close()
  })
  after(() => rmSync(folder, { recursive: true }))

  const run = (...words: string[]) => runLedger(url, words)
  const receipt = (number: number) => sampleBlock(number).personal.receipt

  test('verify says at how much it looked, and that all is as recorded', async () => {
    const { out, code } = await run('verify', '--checkpoints', checkpoints)

    assert.match(
      out,
      /^looked at 31 entries \(30 blocks, 1 released, 0 erased\) in 1 chain and 2 checkpoints of 1 key: all as recorded\n$/,
    )
    assert.equal(code, 0)
    const { out: json } = await run('verify', '--json')
    assert.deepEqual(pick(JSON.parse(json), ['ok', 'entries', 'unsealed']), { ok: true, entries: 31, unsealed: 0 })
  })

  test('after the checkpoint key was replaced all still verifies, with the kept keys or with both named', async () => {
    const store = join(folder, 'rotated.db')
    const key = `${store}.checkpoint-key.pem`
    const record = async (number: number) => {
      const ledger = await openLedger(`sqlite:${store}`)
      await ledger.record(sampleBlock(number))
      await ledger.close()
    }
    await record(1)
    const old = join(folder, 'old.pem')
    renameSync(key, old)
    await record(2)
    const look = (...words: string[]) => runLedger(`sqlite:${store}`, ['verify', ...words])

    assert.match((await look()).out, /and 2 checkpoints of 2 keys: all as recorded\n$/)
    assert.match((await look('--key', old, '--key', key)).out, /of 2 keys: all as recorded\n$/)
    const both = join(folder, 'both.pem')
    writeFileSync(both, readFileSync(key, 'utf8') + readFileSync(old, 'utf8'))
    assert.match((await look('--key', both)).out, /of 2 keys: all as recorded\n$/)
    for (const one of [old, key]) {
      const { out, code } = await look('--key', one)
      assert.match(out, /of 1 key\nnot as recorded: .*: a checkpoint is not signed by a key it was checked with/)
      assert.equal(code, 1)
    }
    // A key that never signed for a writer is not kept, whatever the store itself says of it.
    rmSync(`${key}.public`)
    assert.equal((await look()).code, 1)
  })

  test('verify reads the checkpoint file that the configuration names, unless another is', async () => {
    // In the tests the file itself stands for the configuration that names it.
    assert.match((await run('verify', '--config', checkpoints)).out, /and 2 checkpoints of/)
    assert.match((await run('verify')).out, /and 1 checkpoint of/)
    const { out, err, code } = await run('verify', '--config', join(folder, 'gone.jsonl'))
    assert.match(err, /gone\.jsonl: the configuration names this checkpoint file, but it is not there/)
    assert.match(out, /and 1 checkpoint of .*all as recorded/)
    assert.equal(code, 0)
  })

  test('half a checkpoint is told and left out, also once another was written behind it', async () => {
    const path = join(folder, 'half.jsonl')
    const store = `sqlite:${join(folder, 'half.db')}`
    const whole = readFileSync(checkpoints, 'utf8')
    assert.equal(whole.split('\n').length, 2)
    for (const length of [1, 4, 40, 150, whole.length - 3]) {
      writeFileSync(path, whole + whole.slice(0, length))
      const { out, err, code } = await run('verify', '--checkpoints', path)
      assert.match(err, /half\.jsonl: line 2 is half a checkpoint/)
      assert.deepEqual([/and 2 checkpoints of/.test(out), code], [true, 0])
    }
    writeFileSync(path, whole.slice(0, 40))
    const ledger = await openLedger(store, { checkpointFile: path })
    await ledger.record(sampleBlock(1))
    await ledger.close()

    const { out, err } = await runLedger(store, ['verify', '--checkpoints', path])

    assert.match(err, /half\.jsonl: line 1 is half a checkpoint/)
    assert.match(out, /and 2 checkpoints of 1 key: all as recorded/)
  })

  test('an empty ledger is a finding where checkpoints were signed, and none where nothing was', async () => {
    const path = join(folder, 'empty.db')
    const store = `sqlite:${path}`
    await (await openLedger(store)).close()
    const { out: news, code: fresh } = await runLedger(store, ['verify'])
    assert.match(news, /^looked at 0 entries .*all as recorded\n$/)
    assert.equal(fresh, 0)
    const ledger = await openLedger(store)
    await ledger.record(sampleBlock(1))
    await ledger.close()
    new DatabaseSync(path).exec(
      'DELETE FROM checkpoint; DELETE FROM personal; DELETE FROM entry; DELETE FROM chain; DELETE FROM checkpoint_key',
    )

    const { out, code } = await runLedger(store, ['verify'])

    assert.match(out, /not as recorded: .*: nothing is there, but checkpoints were signed\n$/)
    assert.equal(code, 1)
    assert.equal(JSON.parse((await runLedger(store, ['verify', '--json'])).out).fault.kind, 'emptied')
  })

  test('verify names the first bad entry and ends with 1', async () => {
    const broken = join(folder, 'broken.db')
    new DatabaseSync(join(folder, 'recourse.db')).exec(`VACUUM INTO '${broken}'`)
    new DatabaseSync(broken).exec(`UPDATE personal SET called = '911' WHERE receipt = '${receipt(4)}'`)

    const { out, code } = await runLedger(`sqlite:${broken}`, ['verify'])

    assert.match(
      out,
      /not as recorded: chain "gate", entry 5: the personal columns or the salt are not what was recorded/,
    )
    assert.equal(code, 1)
  })

  test('list shows the newest first, and says where to go on', async () => {
    const first = await run('list', '--limit', '20')
    const lines = first.out.trimEnd().split('\n')
    assert.match(lines[0]!, /^when +entry +calling +called +notice +cause +rule +receipt$/)
    assert.match(lines[1]!, new RegExp(`^2026-11-22 12:00:00.029 UTC +block .*${receipt(29)}$`))
    assert.equal(lines.length, 21)

    const cursor = /--after (\S+)/.exec(first.err)![1]!
    const rest = await run('list', '--after', cursor)

    assert.equal(rest.out.trimEnd().split('\n').length, 12)
    assert.match(rest.out, /released\*/)
    assert.doesNotMatch(first.out + rest.out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  })

  test('list filters by number, rule, time and kind', async () => {
    const count = async (...words: string[]) => (await run('list', '--json', ...words)).out.split('\n').length - 1

    const counts = [
      await count('--number', '+1 (212) 555-0003'),
      await count('--called', '+12125550003'),
      await count('--calling', '+12125550003'),
      await count('--rule', 'volume-block'),
      await count('--rule', 'volume-block', '--program', 'network'),
      await count(
        '--since',
        '2026-11-22T12:00:00.010Z',
        '--until',
        '2026-11-22T13:00:00.020+01:00',
        '--entry',
        'block',
      ),
      await count('--entry', 'released'),
      await count('--until', '2026-11-22'),
    ]

    assert.deepEqual(counts, [1, 0, 1, 15, 0, 10, 1, 0])
    assert.deepEqual(
      [
        await count('--number', '+1 (212) 555-000*'),
        await count('--number', '+1415555*'),
        await count('--trunk', 'tg-1'),
        await count('--peer', 'edge', '--trunk', 'tg-2'),
      ],
      [10, 30, 6, 0],
    )
    const receiptOfTrunk = sampleBlock(5).personal.receipt
    assert.match((await run('show', receiptOfTrunk)).out, /asked by +edge, trunk tg-1\n/)
  })

  test('show tells one block in words, with what was asked and answered, and nothing a terminal would obey', async () => {
    const { out } = await run('show', receipt(7))

    assert.match(out, /because +412 calls in 10 min from block \+1 212 555 0xxx, limit 300\n/)
    assert.match(out, /\n +2026-11-18T11:06:40\.000Z from \+1 212 555 0117 to \+1 415 555 0163\n/)
    assert.match(out, /calling +\+12125550007 "=cmd\|\\u001b\[2J\\u202e\\u009b31m"/)
    assert.match(out, /asked:\n {2}INVITE sip:\+14155550049@gate\.example SIP\/2\.0\n/)
    assert.match(out, /\\u0000\\u001b\[31m/)
    assert.match(out, /answered:\n {2}SIP\/2\.0 603 Network Blocked\n/)
    assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    assert.match((await run('show', receipt(9))).out, /RELEASED: recorded, but not enforced/)
    const { out: json } = await run('show', receipt(7), '--json')
    assert.equal(JSON.parse(json).request, sampleBlock(7).personal.request)
    assert.doesNotMatch(json, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  })

  test('the CSV export is safe for a spreadsheet, and reads back as exactly what the ledger holds', async () => {
    const { out, err } = await run('export')

    const reader = openLedgerReader(url)
    const kept = reader.list({}, 'oldest', 100).map(({ open, hash, personal }) => ({ open, hash, personal }))
    reader.close()
    assert.equal(kept.length, 31)
    assert.deepEqual([...parseExport(out)], kept)
    assert.match(err, /^31 entries$/m)
    for (const cell of out.match(/"(?:[^"]|"")*"/g)!) assert.doesNotMatch(cell, /^"[=+\-@\t\r\n]/)
    const { out: json } = await run('export', '--json', '--number', '+12125550001')
    assert.equal(JSON.parse(json).callId, '1@pc33.example')
  })

  test('erase does nothing without --yes, and then what it said', async () => {
    const asked = await run('erase', '--receipt', receipt(20))
    assert.match(asked.stop, /would erase the personal data of 1 blocks for good; add --yes/)
    assert.equal(asked.code, 2)

    const { out } = await run('erase', '--receipt', receipt(20), '--yes')

    assert.match(out, /^looked at 1 blocks, erased the personal data of 1 and 0 journal rows; the chain says so\n$/)
    assert.match((await run('show', receipt(20))).out, /The personal columns of this entry were erased/)
    assert.match((await run('verify', '--checkpoints', checkpoints)).out, /1 erased.*all as recorded/)
    assert.match((await run('erase', '--older-than', '2026-11-01')).stop, /of 0 blocks/)
    const trail = openPolicyReader(url)
    const [{ action, detail } = { action: '', detail: {} }, ...more] = trail.audit({}, 10)
    trail.close()
    assert.deepEqual([action, detail, more], ['personal-data-erased', { by: 'receipt', blocks: 1, journal: 0 }, []])
  })

  test('an erasure by number names the kept lists that still hold it, and says nothing where none does', async () => {
    const store = join(folder, 'lists.db')
    const ledger = await openLedger(`sqlite:${store}`)
    await ledger.record(sampleBlock(1))
    await ledger.close()
    const policies = openPolicyStore(`sqlite:${store}`)
    for (const text of [samplePolicy(1), samplePolicy(2), { ...samplePolicy(1), yaml: 'rules: []\n' }])
      policies.change({
        of: text,
        step: 'applied',
        base: policies.inForce()?.version,
        by: { name: 'ann', account: 'ops' },
        note: '',
        origin: undefined,
        action: 'policy-applied',
        detail: {},
        atMs: 1000,
      })
    policies.close()
    const erase = (...words: string[]) => runLedger(`sqlite:${store}`, ['erase', '--yes', ...words])

    const held = await erase('--number', '+12125550001')
    assert.match(
      held.out,
      /\nnot erased: the number still stands in .*\n {2}list\.csv: of policy 1, 3\nput a list without it/,
    )
    const json = JSON.parse((await erase('--number', '+12125550002', '--json')).out) as { lists: unknown }
    assert.deepEqual(json.lists, [{ list: 'list.csv', versions: [2] }])
    assert.doesNotMatch((await erase('--number', '+12125550003')).out, /not erased/)
  })

  test('a list for a number without its country code says why it found nothing', async () => {
    assert.match((await run('list', '--number', '12125550117')).err, /no entries; 12125550117 was looked for without/)
    assert.doesNotMatch((await run('list', '--number', '+12125550118')).err, /was looked for without/)
  })

  test('every command of docs/ledger.md does what the guide says', async () => {
    const guide = readFileSync(new URL('../../docs/ledger.md', import.meta.url), 'utf8')
    const blocks = readBlocks(guide).filter(({ mark }) => mark === 'run by: src/main/ledger.test.ts')
    const commands = blocks.flatMap(({ text }) => text.trimEnd().split('\n'))
    let ran = 0
    for (const command of commands) {
      const [, words] = /^npx recourse ledger (.*?)(?: > \S+)?$/.exec(command) ?? []
      const placed = words!.split(' ').map((word) => {
        if (/^[\w-]{64}$/.test(word)) return receipt(12)
        if (/^'.*'$/.test(word)) return word.slice(1, -1)
        return word.endsWith('.jsonl') || word.endsWith('.pem') ? join(folder, word) : word
      })
      const { stop, code } = await run(...placed)
      assert.deepEqual([stop, code], ['', 0], command)
      ran++
    }
    assert.ok(ran >= 11, `${ran} commands`)
  })

  const MISTAKES: [name: string, words: string[], said: RegExp, code: number][] = [
    [
      'a receipt cut short',
      ['show', 'IHWtwKae'],
      /^this is no receipt: a receipt has 64 characters .* this has 8; copy it whole/,
      2,
    ],
    [
      'a receipt nobody gave',
      ['show', 'A'.repeat(64)],
      /^no block with this receipt in .*recourse\.db: check the receipt/,
      2,
    ],
    ['a date in words', ['list', '--since', 'yesterday'], /^--since yesterday: this is no time; write 2026-11-22/, 2],
    ['a day that does not exist', ['list', '--until', '2026-02-30'], /^--until 2026-02-30: this is no time/, 2],
    ['a time without a zone', ['list', '--since', '2026-11-22T12:00'], /this is no time/, 2],
    [
      'a block in words',
      ['list', '--number', 'bob*'],
      /^--number bob\*: write the first digits with the country code/,
      2,
    ],
    ['a number in words', ['list', '--number', 'bob'], /^--number bob: this is no number; write \+12125550117/, 2],
    ['a limit of none', ['list', '--limit', '0'], /^--limit 0: write a number from 1/, 2],
    ['a cursor of another kind', ['list', '--after', 'x'], /^--after x: this is no cursor/, 2],
    [
      'a kind that does not exist',
      ['list', '--entry', 'blocks'],
      /^--entry blocks: write one of block, released, erasure/,
      2,
    ],
    ['nothing to erase', ['erase', '--yes'], /^say what to erase: one of --receipt, --number, --older-than$/, 2],
    ['two things to erase', ['erase', '--number', '911', '--older-than', '1d'], /^say what to erase/, 2],
    [
      'no checkpoint file',
      ['verify', '--checkpoints', 'none.jsonl'],
      /^none\.jsonl: this checkpoint file cannot be read/,
      2,
    ],
  ]
  for (const [name, words, said, code] of MISTAKES) {
    test(`a mistake gets one line that says what to do: ${name}`, async () => {
      const { stop, out, code: ended } = await run(...words)

      assert.match(stop, said)
      assert.deepEqual([stop.includes('\n'), out, ended], [false, '', code])
    })
  }

  test('files that are not what they are said to be are told', async () => {
    const text = join(folder, 'text.txt')
    writeFileSync(text, 'hello\n')

    assert.match((await run('verify', '--checkpoints', text)).stop, /text\.txt: line 1 is no checkpoint/)
    assert.match((await run('verify', '--key', text)).stop, /text\.txt: this is no key in PEM/)
    const { stop, code } = await runLedger(`sqlite:${folder}/none.db`, ['list'])
    assert.match(stop, /^no ledger at .*none\.db: name it with --store or --config/)
    assert.equal(code, 3)
    assert.equal(readFileSync(text, 'utf8'), 'hello\n')
  })

  test('every verb has help with an example', async () => {
    for (const verb of ['verify', 'list', 'show', 'export', 'erase']) {
      const { out, code } = await run(verb, '--help')
      assert.match(out, new RegExp(`Example:\\n {2}\\$ npx recourse ledger ${verb}`), verb)
      assert.equal(code, 0)
    }
  })
})

const TIMES: [text: string, time: number | undefined][] = [
  ['2026-11-22', Date.UTC(2026, 10, 22)],
  ['2026-11-22T12:00Z', Date.UTC(2026, 10, 22, 12)],
  ['2026-11-22T12:00:00.5+02:00', Date.UTC(2026, 10, 22, 10, 0, 0, 500)],
  ['90m', -90 * 60_000],
  ['2w', -14 * 86_400_000],
  ['2026-11-31', undefined],
  ['2026-13-01', undefined],
  ['2026-11-22T25:00Z', undefined],
  ['22.11.2026', undefined],
  ['-1d', undefined],
  ['', undefined],
]
for (const [text, time] of TIMES) {
  test(`a time as people write it: "${text}"`, () => assert.equal(parseTime(text, 0), time))
}

/** Runs one command in this process, with what it wrote and how it ended. */
async function runLedger(store: string, words: string[]) {
  const written = { out: '', err: '' }
  const to = {
    out: (text: string) => void (written.out += text),
    err: (text: string) => void (written.err += text),
  }
  const program = new Command('recourse').exitOverride().configureOutput({ writeOut: to.out, writeErr: to.err })
  ledgerCommands(
    program,
    (options) => Promise.resolve(options.store ?? store),
    (options) => Promise.resolve(options.config),
    to,
  )
  let stop = ''
  let code = 0
  try {
    await program.parseAsync(['ledger', ...words], { from: 'user' })
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

function pick(record: Record<string, unknown>, names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, record[name]]))
}
