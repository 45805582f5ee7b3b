import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { sampleBlock } from './contract-samples.ts'
import { openLedgerReader } from './ledger-reader.ts'
import { IDS_BY_RECEIPT, idsByNumber, RELEASED } from './rows.ts'
import { STRETCH_ROWS } from './schema.ts'
import { openLedger } from './sqlite-ledger.ts'

test('a transaction that another writer of the store has recorded is told as its row, also after a restart', async (t) => {
  const url = `sqlite:${join(temporary(t), 'recourse.db')}`
  const [gate, other] = [await openLedger(url), await openLedger(url, { chain: 'other' })]
  const block = sampleBlock(1)
  await gate.record(block)

  const told = await other.record(block)
  const own = await other.record(sampleBlock(2))
  await other.close()
  const again = await openLedger(url, { chain: 'other' })
  const toldAgain = await again.record(block)

  for (const { chain, seq, earlier } of [told, toldAgain]) {
    assert.deepEqual([chain, seq], ['gate', 1])
    assert.deepEqual(earlier, { answer: block.personal.answer, receipt: block.personal.receipt })
  }
  assert.deepEqual([own.chain, own.seq, own.earlier], ['other', 1, undefined])
  await Promise.all([gate.close(), again.close()])
})

test('receipts and numbers are found in every stretch of a chain, and no row is read for it in vain', async (t) => {
  const path = join(temporary(t), 'recourse.db')
  const ledger = await openLedger(`sqlite:${path}`)
  const placed = [7, STRETCH_ROWS - 1, STRETCH_ROWS, STRETCH_ROWS + 500]
  const calling = '+13035550199'
  await Promise.all(
    Array.from({ length: STRETCH_ROWS + 900 }, (_, number) =>
      ledger.record(sampleBlock(number, placed.includes(number) ? { calling } : {})),
    ),
  )

  const reader = openLedgerReader(`sqlite:${path}`)
  for (const number of placed) {
    const { receipt } = sampleBlock(number).personal
    assert.equal(reader.find(receipt)?.personal?.receipt, receipt)
  }
  assert.equal(reader.find(sampleBlock(STRETCH_ROWS + 900).personal.receipt), undefined)
  const listed = (filter: { calling?: string; number?: string }) =>
    reader.list(filter, 'oldest', 10).map(({ open }) => open.seq - 1)
  assert.deepEqual(listed({ calling }), placed)
  assert.deepEqual(listed({ number: calling }), placed)
  assert.deepEqual(listed({ calling: '+13035550198' }), [])
  reader.close()
  await ledger.close()

  const db = new DatabaseSync(path)
  const plan = (sql: string, ...values: string[]) =>
    db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...values)
      .map(({ detail }) => String(detail))
      .join('\n')
  assert.match(plan(IDS_BY_RECEIPT, '', ''), /SEARCH entry USING .*INDEX entry_receipt \(<expr>=\? AND <expr>=\?\)/)
  assert.match(
    plan(idsByNumber('called'), ''),
    /SEARCH personal USING .*INDEX personal_called \(<expr>=\? AND called=\?\)/,
  )
  assert.match(plan(`SELECT ${RELEASED} FROM entry WHERE id = 1`), /SEARCH later USING .*INDEX entry_released/)
  db.close()
})

function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'recourse-recent-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return directory
}
