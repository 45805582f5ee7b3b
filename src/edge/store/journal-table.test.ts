import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { JournalRow } from '#core/ledger/ledger.ts'
import { noteOf } from './contract-samples.ts'
import { JournalTable, erasedKeys } from './journal-table.ts'
import { JournalPacker } from './packed.ts'
import { JOURNAL_AS_NUMBERS } from './schema-journal.ts'

const ROW: JournalRow = {
  at: Date.UTC(2026, 10, 22, 12),
  calling: '+12125550117',
  called: '+14155550163',
  peer: 'edge',
  trunk: '',
  attestation: 'A',
  verdict: 'allow',
  rule: '',
}
/** Every kind of party, and words that differ in one place each. */
const ROWS: readonly JournalRow[] = [
  ROW,
  { ...ROW, at: ROW.at + 1, calling: 'withheld', called: '911' },
  { ...ROW, at: ROW.at + 2, calling: '', called: '0012' },
  { ...ROW, calling: '+999999999999999', called: '000000000000000' },
  { ...ROW, calling: '+1', called: '0', peer: 'west' },
  { ...ROW, trunk: 'tg-1' },
  { ...ROW, attestation: 'none' },
  { ...ROW, verdict: 'shadow', rule: 'volume' },
]

test('a journal of texts becomes one of numbers, and reads the same', () => {
  const db = new DatabaseSync(':memory:')
  db.exec(
    `CREATE TABLE journal (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, calling TEXT NOT NULL, called TEXT NOT NULL,
       peer TEXT NOT NULL, trunk TEXT NOT NULL, attestation TEXT NOT NULL, verdict TEXT NOT NULL, rule TEXT NOT NULL) STRICT`,
  )
  for (const row of ROWS) db.prepare(`INSERT INTO journal VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)`).run(...valuesOf(row))
  db.exec(JOURNAL_AS_NUMBERS)

  assert.deepEqual(rowsOf(db), ROWS)

  new JournalTable(db).insert(packed(ROWS))
  assert.deepEqual(rowsOf(db), [...ROWS, ...ROWS])
})

test('rows are written many at a time, with the rest one by one, and words are kept once', () => {
  const db = empty()
  const rows = Array.from({ length: 71 }, (_, at): JournalRow => ({ ...ROW, at, trunk: `tg-${at % 3}` }))

  for (let batch = 0; batch < 2; batch++) new JournalTable(db).insert(packed(rows))

  assert.deepEqual(rowsOf(db), [...rows, ...rows])
  assert.equal(Number(db.prepare('SELECT count(*) AS count FROM journal_words').get()!['count']), 3)
})

test('words that no row has any more are forgotten once there are many, and no others', () => {
  const db = empty()
  const table = new JournalTable(db)
  const words = () => Number(db.prepare('SELECT count(*) AS count FROM journal_words').get()!['count'])
  table.insert(packed(Array.from({ length: 4_095 }, (_, at): JournalRow => ({ ...ROW, at, trunk: `tg-${at}` }))))
  db.exec('DELETE FROM journal_row WHERE at > 9')
  table.forgetWords()
  assert.equal(words(), 4_095, 'not many yet')

  table.insert(packed([{ ...ROW, trunk: 'one more' }]))
  table.forgetWords()

  assert.equal(words(), 11)
  assert.equal(rowsOf(db).length, 11)
})

test('a number is erased in each form in which a peer may have sent it', () => {
  assert.deepEqual(erasedKeys('+13035550142'), [13_035_550_142, -113_035_550_142, -13_035_550_142])
})

function empty(): DatabaseSync {
  const db = new DatabaseSync(':memory:')
  db.exec('CREATE TABLE journal (id, at, calling, called, peer, trunk, attestation, verdict, rule)')
  db.exec(JOURNAL_AS_NUMBERS)
  return db
}

function packed(rows: readonly JournalRow[]) {
  const packer = new JournalPacker()
  for (const row of rows) packer.add(noteOf(row))
  return packer.take()
}

function rowsOf(db: DatabaseSync): unknown[] {
  const columns = 'at, calling, called, peer, trunk, attestation, verdict, rule'
  return db
    .prepare(`SELECT ${columns} FROM journal ORDER BY id`)
    .all()
    .map((row) => ({ ...row }))
}

function valuesOf({ at, calling, called, peer, trunk, attestation, verdict, rule }: JournalRow) {
  return [at, calling, called, peer, trunk, attestation, verdict, rule]
}
