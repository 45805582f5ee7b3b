import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isSample, markAsSample } from './sample-mark.ts'
import { openForWriting } from './schema.ts'

test('a store is a sample when it was marked, and for good', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-sample-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const url = `sqlite:${join(folder, 'recourse.db')}`
  openForWriting(join(folder, 'recourse.db'), 'off').close()
  assert.equal(isSample(url), false)
  markAsSample(url)
  markAsSample(url)
  assert.equal(isSample(url), true)
})
