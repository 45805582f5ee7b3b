import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { insertMail, markGivenUp, markSent } from './mail-store.ts'
import { KEPT_KINDS, type KeptCount, type KeptKind, countKept } from './retention-reader.ts'
import { openForWriting } from './schema.ts'

test('rows are counted by kind, with the oldest of them and how many are past their time', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-kept-'))
  const path = join(folder, 'recourse.db')
  const db = openForWriting(path, 'off')
  t.after(() => {
    db.close()
    rmSync(folder, { recursive: true })
  })
  const count = (kind: KeptKind, before?: number): KeptCount =>
    countKept(`sqlite:${path}`, new Map(before === undefined ? [] : [[kind, before]])).get(kind)!
  const none = { held: 0, oldest: undefined, due: 0 }
  const all = countKept(`sqlite:${path}`, new Map(KEPT_KINDS.map((kind) => [kind, 1_000])))
  assert.deepEqual(
    [...all.values()],
    KEPT_KINDS.map(() => none),
    'a new store has nothing',
  )

  // Of the journal only the ends are looked at, and a gap in it moves no time.
  const journal = db.prepare('INSERT INTO journal_row (id, at, calling, called, words) VALUES (?, ?, 1, 2, 1)')
  for (const [id, at] of [
    [11, 100],
    [12, 100],
    [13, 200],
    [14, 300],
    [18, 400],
    [20, 500],
  ] as const)
    journal.run(id, at)
  assert.deepEqual(count('journal'), { held: 10, oldest: 100, due: 0 })
  for (const [before, due] of [
    [100, 0],
    [101, 2],
    [300, 3],
    [401, 8],
    [501, 10],
  ] as const)
    assert.equal(count('journal', before).due, due, `before ${before}`)

  const mail = { to: 'ann@clinic.example', subject: 'x', text: 'x', thread: 'case 1', purpose: 'alert' } as const
  for (const at of [100, 200, 300, 400]) insertMail(db, mail, at)
  markSent(db, 1, 150, '250 taken')
  markGivenUp(db, 3, 350, 'refused')
  assert.deepEqual(count('mail-done', 151), { held: 2, oldest: 150, due: 1 })
  assert.deepEqual(count('mail-waiting', 200), { held: 2, oldest: 200, due: 0 })

  const standing = db.prepare(
    `INSERT INTO standing ("from", until, kind, number, origin, endedAt, changed) VALUES (0, ?, 'lift', ?, 'x', ?, ?)`,
  )
  standing.run(null, '+12125550117', null, 1)
  standing.run(900, '+12125550118', 700, 2)
  standing.run(100, null, null, 3)
  assert.deepEqual(count('standing', 701), { held: 2, oldest: 700, due: 1 }, 'what says of nobody is erased already')
})
