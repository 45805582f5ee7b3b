import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openEvidenceFiles } from './evidence-files.ts'

const ID = 'A'.repeat(22)
const OTHER = 'B'.repeat(22)
const OCTETS = Buffer.from('%PDF-1.7\u0000 whole')

test('a file is kept whole, for its owner alone, and is gone once it is removed', (t) => {
  const folder = folderOf(t)
  const files = openEvidenceFiles(folder)
  assert.equal(files.read(ID), undefined)
  files.write(ID, OCTETS)
  assert.deepEqual(Buffer.from(files.read(ID)!), OCTETS)
  assert.equal(statSync(join(folder, ID)).mode & 0o777, 0o600)
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  files.remove(OTHER)
  assert.deepEqual(readdirSync(folder), [ID])
  files.remove(ID)
  assert.equal(files.read(ID), undefined)
  assert.deepEqual(readdirSync(folder), [])
})

test('a file that is there is never written over', (t) => {
  const folder = folderOf(t)
  const files = openEvidenceFiles(folder)
  files.write(ID, OCTETS)
  assert.throws(() => files.write(ID, Buffer.from('another')), { code: 'EEXIST' })
  assert.deepEqual(readFileSync(join(folder, ID)), OCTETS)
  files.write(OTHER, Buffer.from('another'))
})

test('a name that is none of ours leads nowhere, for reading, writing and removing', (t) => {
  const folder = folderOf(t)
  const files = openEvidenceFiles(folder)
  files.write(ID, OCTETS)
  for (const name of ['../evidence.key', '..', '', `${ID}.`, `${ID}\n`, `/${'A'.repeat(21)}`, ID.slice(1)]) {
    assert.throws(() => files.write(name, OCTETS), /no name/, name)
    assert.throws(() => files.remove(name), /no name/, name)
    assert.equal(files.read(name), undefined, name)
  }
  assert.deepEqual(readdirSync(folder), [ID])
})

test('a folder that takes nothing leaves nothing behind', (t) => {
  const folder = folderOf(t)
  const files = openEvidenceFiles(folder)
  files.write(ID, OCTETS)
  // Whoever the test runs as: a file stands where the folder was.
  renameSync(folder, `${folder}.before`)
  writeFileSync(folder, '')
  assert.throws(() => files.write(OTHER, OCTETS), { code: 'EEXIST' })
  assert.deepEqual(readdirSync(`${folder}.before`), [ID])
})

function folderOf(t: { after(end: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'recourse-evidence-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return join(directory, 'evidence')
}
