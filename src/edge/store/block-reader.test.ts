import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseParty, partyKey } from '#core/call/party.ts'
import { openBlockReader } from './block-reader.ts'
import { openLedger } from './sqlite-ledger.ts'

test('of many calls those next to the block are counted, and it is said between which times', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-block-reader-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const url = `sqlite:${join(folder, 'recourse.db')}`
  const ledger = await openLedger(url, {})
  const [calling, called] = [parseParty('+12125550117'), parseParty('+14155550163')]
  for (let at = START_MS; at < START_MS + 100; at++)
    ledger.note({ at, calling, called, peer: 'edge', trunk: '', attestation: 'C', verdict: 'allow', rule: '' })
  await ledger.close()
  const reader = openBlockReader(url)
  t.after(() => reader.close())
  const key = partyKey(calling)
  const at = START_MS + 60
  const span = { from: START_MS + 10, at, to: START_MS + 90 }
  const timesOf = (limit: number) => {
    const { calls, from, to } = reader.callsAbout(key, key, span, limit)
    const times = calls.map((call) => call.at - START_MS)
    return { first: times[0], last: times.at(-1), count: times.length, from: from - START_MS, to: to - START_MS }
  }
  const whole = timesOf(1_000)
  assert.deepEqual([whole.from, whole.to], [10, 90], 'nothing is cut')
  assert.ok(whole.count >= 80 && whole.count <= 82, `${whole.count} calls`)
  assert.deepEqual(timesOf(20), { first: 41, last: 80, count: 40, from: 41, to: 80 })
  assert.equal(reader.callsAbout(key + 1, key + 1, span, 20).calls.length, 0)
})

const START_MS = Date.UTC(2026, 9, 1)
