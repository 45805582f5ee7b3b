import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const WHOLE = "import { test } from 'node:test'\ntest('one', () => {})\n"
const FILES: [what: string, text: string, status: number][] = [
  ['is whole', WHOLE, 0],
  ['throws behind its first test', `${WHOLE}console.log(LATER)\ntest('two', () => {})\nconst LATER: number = 3\n`, 1],
  ['has a test that fails', `${WHOLE}test('two', () => { throw new Error('no') })\n`, 1],
]

for (const [what, text, status] of FILES) {
  test(`a run of tests ends with ${status} when a file ${what}`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'recourse-whole-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'sample.test.ts')
    writeFileSync(file, text)
    const hook = new URL('./whole-files.ts', import.meta.url).pathname
    const words = ['--import', hook, '--test', '--test-isolation=none', file]
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const run = spawnSync(process.execPath, words, { encoding: 'utf8', env })
    assert.equal(run.status, status, run.stdout)
    assert.equal(run.stderr.includes('not read to its end'), what.startsWith('throws'), run.stderr)
  })
}

test('every script that runs tests is one that notices', () => {
  const file = new URL('../package.json', import.meta.url)
  const { scripts } = JSON.parse(readFileSync(file, 'utf8')) as { scripts: Record<string, string> }
  const running = Object.entries(scripts).filter(([, words]) => words.includes('node') && words.includes('--test'))
  assert.ok(running.length >= 5)
  for (const [name, words] of running) assert.match(words, /--import \.\/test\/whole-files\.ts/, name)
})
