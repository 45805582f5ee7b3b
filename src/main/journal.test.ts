import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { JournalRow } from '#core/ledger/ledger.ts'
import { noteOf } from '#edge/store/contract-samples.ts'
import { readJournal } from '#edge/store/journal-reader.ts'
import { openLedger } from '#edge/store/sqlite-ledger.ts'

const AT = Date.UTC(2026, 10, 22, 12)
const CALL: JournalRow = {
  at: AT,
  calling: '+12125550117',
  called: '+14155550163',
  peer: 'edge',
  trunk: '',
  attestation: 'A',
  verdict: 'allow',
  rule: '',
}
const ROWS: readonly JournalRow[] = [
  CALL,
  { ...CALL, verdict: 'shadow', rule: 'volume-block' },
  { ...CALL, at: AT + 60_000, calling: '+12125550199', verdict: 'block', rule: 'deny' },
]

test('recourse journal lists screened calls, newest first, and picks by verdict, rule, number and time', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-journal-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const url = `sqlite:${join(folder, 'recourse.db')}`
  const ledger = await openLedger(url)
  for (const row of ROWS) ledger.note(noteOf(row))
  await ledger.close()

  assert.deepEqual(readJournal(url, {}, 10), ROWS.toReversed())
  assert.deepEqual(readJournal(url, { verdict: 'shadow' }, 10), [ROWS[1]])
  assert.deepEqual(readJournal(url, { rule: 'deny' }, 10), [ROWS[2]])
  assert.deepEqual(readJournal(url, { numbers: ['+12125550199'] }, 10), [ROWS[2]])
  assert.deepEqual(readJournal(url, { sinceMs: AT + 1 }, 10), [ROWS[2]])
  assert.equal(readJournal(url, {}, 2).length, 2)

  const json = journal('--store', url, '--json')
  assert.deepEqual(
    json.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown),
    ROWS.toReversed(),
  )
  const table = journal('--store', url, '--verdict', 'shadow')
  assert.match(table.stdout, /2026-11-22 12:00:00\.000 UTC \+12125550117 +\+14155550163 +edge +A +shadow +volume-block/)
  for (const words of [
    ['--limit', '0'],
    ['--since', 'soon'],
    ['--verdict', 'shaddow'],
  ]) {
    const { status, stderr } = journal('--store', url, ...words)
    assert.equal(status, 2, words.join(' '))
    assert.match(stderr, new RegExp(words[1]!))
  }
  assert.equal(journal('--store', `sqlite:${join(folder, 'none.db')}`).stderr.includes('no ledger at'), true)
})

test('a number is found however it is written, and one that is not found or is none is told', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-journal-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const url = `sqlite:${join(folder, 'recourse.db')}`
  const ledger = await openLedger(url)
  for (const row of ROWS) ledger.note(noteOf(row))
  ledger.note(noteOf({ ...CALL, at: AT + 120_000, calling: '442079460000', called: '911' }))
  await ledger.close()

  const find = (number: string) => journal('--store', url, '--json', '--number', number)
  const cases: [typed: string, rows: number][] = [
    ['+12125550199', 1],
    ['12125550199', 1],
    ['1 (212) 555-0199', 1],
    ['+1.212.555.0199', 1],
    ['442079460000', 1],
    ['911', 1],
    ['12125550198', 0],
    ['+442079460000', 0],
    ['2125550199', 0],
    ['+911', 0],
  ]
  for (const [typed, rows] of cases) {
    const { stdout, stderr, status } = find(typed)
    assert.deepEqual([status, stdout.split('\n').filter(Boolean).length], [0, rows], typed)
    assert.equal(/no calls with/.test(stderr), rows === 0, typed)
    assert.equal(/a country code may be missing/.test(stderr), typed === '2125550199', typed)
  }
  const none = find('bob')
  assert.deepEqual([none.status, none.stdout], [2, ''])
  assert.match(none.stderr, /--number bob is no number: expected \+12125550117/)
})

function journal(...words: readonly string[]) {
  const command = new URL('../../bin/recourse.js', import.meta.url).pathname
  return spawnSync(process.execPath, [command, 'journal', ...words], { encoding: 'utf8' })
}
