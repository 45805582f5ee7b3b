import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { openLedger } from '#edge/store/sqlite-ledger.ts'
import { checkLedger } from './ledger-check.ts'

test('a ledger is verified, and one whose check dies is not called verified', { timeout: 60_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-ledger-check-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const url = `sqlite:${join(folder, 'recourse.db')}`
  await (await openLedger(url, {})).close()
  const alarms: unknown[] = []
  const good = checkLedger(url, Date.now, (cause) => alarms.push(cause))
  t.after(() => good.close())
  assert.equal(good.state().state, 'looking')
  while (good.state().state === 'looking') await setTimeout(20)
  assert.equal(good.state().state, 'verified')
  assert.equal(alarms.length, 0)

  const died = checkLedger(`sqlite:${join(folder, 'not-there.db')}`, Date.now, (cause) => alarms.push(cause))
  t.after(() => died.close())
  while (died.state().state === 'looking') await setTimeout(20)
  assert.equal(died.state().state, 'stopped')
  assert.match(died.state().words, /stopped before its end/)
  assert.equal(alarms.length, 1)
})
