import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Command } from 'commander'
import { EXIT, Stop } from './exit.ts'
import { registryCommands } from './registry.ts'

const CLINIC = {
  legalName: 'Main Street Clinic',
  contact: 'Ann Lee',
  email: 'ann@clinic.example',
  site: 'https://clinic.example',
  purpose: 'Reminders of appointments',
  callsPerDay: 250,
  provider: 'Northwire',
}

test('a list with lines that cannot be used is refused whole with each of them named, or taken without them', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-registry-command-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = (name: string): string => join(folder, name)
  writeFileSync(path('recourse.yaml'), 'store: sqlite:./recourse.db\n')
  writeFileSync(path('clinic.json'), JSON.stringify(CLINIC))
  writeFileSync(path('numbers.csv'), 'number,last,label\n+12125550117,,Desk\nnonsense,,x\n+12125550118,+1,y\n')
  writeFileSync(path('more.csv'), '+12125550119\nmore nonsense\n')
  const run = async (...words: readonly string[]) => {
    let [out, err, status] = ['', '', EXIT.ok as number]
    const program = new Command('recourse').exitOverride()
    registryCommands(program, { out: (text) => void (out += text), err: (text) => void (err += text) })
    const before = process.exitCode
    try {
      await program.parseAsync(['registry', ...words, '--config', path('recourse.yaml')], { from: 'user' })
      if (process.exitCode !== before) status = Number(process.exitCode)
    } catch (error) {
      if (!(error instanceof Stop)) throw error
      err += error.message
      status = error.exitCode
    } finally {
      process.exitCode = before
    }
    return { out, err, status }
  }

  writeFileSync(path('empty.csv'), '\n')
  const empty = await run('open', path('clinic.json'), '--numbers', path('empty.csv'))
  assert.deepEqual([empty.status, /empty\.csv: this file is empty/.test(empty.err)], [EXIT.unusable, true], empty.err)
  const none = await run('open', path('empty.csv'))
  assert.deepEqual([none.status, /empty\.csv: this is no JSON/.test(none.err)], [EXIT.unusable, true], none.err)
  const wrong = await run('list', '--number', '212x')
  assert.deepEqual([wrong.status, /--number 212x: write a number/.test(wrong.err)], [EXIT.unusable, true], wrong.err)
  assert.equal((await run('list', '--number', '+1 (212) 555-0117')).status, EXIT.ok)
  const open = ['open', path('clinic.json'), '--numbers', path('numbers.csv')]
  const refused = await run(...open)
  assert.equal(refused.status, EXIT.unusable)
  assert.match(
    refused.err,
    /numbers\.csv line 3: found nonsense, expected .*\n.*numbers\.csv line 4: found .*\n.*--skip-faulty/,
  )
  assert.equal((await run('list')).out, '', 'nothing was opened')

  const opened = await run(...open, '--skip-faulty', '--json')
  assert.equal(opened.status, EXIT.found, opened.err)
  assert.equal((opened.err.match(/: left out$/gm) ?? []).length, 2)
  const { id } = JSON.parse(opened.out) as { id: string }

  const more = await run('add', id, path('more.csv'))
  assert.equal(more.status, EXIT.unusable)
  assert.match(more.err, /more\.csv line 2: found more nonsense.*\nnothing was done/)
  assert.match((await run('add', id, path('more.csv'), '--skip-faulty')).out, /1 line added/)
  assert.match((await run('remove', id, '+12125550119')).out, /1 line taken off/)
  const gone = await run('remove', id, '+12125550119')
  assert.deepEqual([gone.status, /is no line of this registration/.test(gone.err)], [EXIT.unusable, true])
  assert.match((await run('withdraw', id, '--reason', 'closed')).out, /withdrawn/)
  assert.match((await run('list')).out, /withdrawn/)
})
