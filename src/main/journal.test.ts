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
  assert.deepEqual(readJournal(url, { number: '+12125550199' }, 10), [ROWS[2]])
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

function journal(...words: readonly string[]) {
  const command = new URL('../../bin/recourse.js', import.meta.url).pathname
  return spawnSync(process.execPath, [command, 'journal', ...words], { encoding: 'utf8' })
}
