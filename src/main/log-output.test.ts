import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { LogOutput } from './log-output.ts'

test('lines arrive whole and in order', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-log-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = openSync(join(folder, 'log'), 'w')
  const output = new LogOutput(file)

  for (let line = 0; line < 1_000; line++) output.write(`${line}\n`)
  await output.finish(5_000)
  closeSync(file)

  const lines = readFileSync(join(folder, 'log'), 'utf8').trimEnd().split('\n')
  assert.deepEqual(
    lines,
    Array.from({ length: 1_000 }, (_, line) => String(line)),
  )
  assert.equal(output.lost, 0)
})

test('a disk that is full costs lines, which are counted, and nothing else', async (t) => {
  const full = openSync('/dev/full', 'w')
  t.after(() => closeSync(full))
  const output = new LogOutput(full)

  output.write('one\n')
  await output.finish(5_000)
  output.write('two\n')
  await output.finish(5_000)

  assert.equal(output.lost, 2)
})

test('what waits is bounded', async (t) => {
  const nowhere = openSync('/dev/null', 'w')
  t.after(() => closeSync(nowhere))
  const output = new LogOutput(nowhere)

  for (let line = 0; line < 2_000; line++) output.write(`${'x'.repeat(1_023)}\n`)

  assert.ok(output.lost > 900, `${output.lost} lost`)
  await output.finish(5_000)
})
