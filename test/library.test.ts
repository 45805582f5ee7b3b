import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as limits from '#codec/sip/limits.ts'
import { readBlocks } from './guide.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

const PROGRAMS = readdirSync(join(ROOT, 'examples/library')).filter((name) => name.endsWith('.ts'))
const SHOWN = new Map<string, string>([
  ['why-blocked.ts', 'README.md'],
  ['mock-blocker.ts', 'docs/mock-blocker.md'],
])
const WITH = new Map([
  ['read-message.ts', 'examples/captures/blocked.sip'],
  ['why-blocked.ts', 'examples/captures/blocked.sip'],
])

test('there are programs to look at', () => {
  assert.ok(PROGRAMS.length >= 4, PROGRAMS.join())
})

for (const name of PROGRAMS) {
  const page = SHOWN.get(name) ?? 'docs/sip.md'

  test(`examples/library/${name} runs, and ${page} shows the whole of it`, () => {
    const program = join('examples/library', name)
    const shown = readBlocks(read(page)).filter((block) => block.language === 'ts')

    const run = spawnSync(process.execPath, [program, ...(WITH.has(name) ? [WITH.get(name)!] : [])], {
      cwd: ROOT,
      encoding: 'utf8',
    })

    assert.deepEqual([run.status, run.stderr], [0, ''])
    assert.notEqual(run.stdout, '')
    assert.ok(
      shown.some((block) => block.text.trim() === read(program).trim()),
      `${page} shows another text`,
    )
    assert.ok(read(page).includes(`$ npx node ${program}`), `${page} does not run it`)
  })
}

test('docs/sip.md lists every limit with its number', () => {
  const page = read('docs/sip.md')
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)].map(([, name, limit]) => [name, Number(limit)])

  assert.ok(rows.length >= 5)
  assert.deepEqual(Object.fromEntries(rows), { ...limits })
})
