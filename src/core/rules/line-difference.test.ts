import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { diffLines, formatUnified } from './line-difference.ts'

test('a difference puts both texts together again, and is as short as it can be', () => {
  const line = fc.constantFrom('a', 'b', 'c', '')
  let looked = 0
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.array(line, { maxLength: 12 }), (old, young) => {
      looked++
      const lines = diffLines(old.map((text) => `${text}\n`).join(''), young.map((text) => `${text}\n`).join(''))
      const side = (not: string): string[] => lines.filter(({ kind }) => kind !== not).map(({ text }) => text)
      assert.deepEqual(side('added'), old)
      assert.deepEqual(side('removed'), young)
      assert.equal(lines.filter(({ kind }) => kind === 'same').length, longestCommon(old, young))
      for (const { kind, old: x, young: y, text } of lines) {
        if (kind !== 'added') assert.equal(old[x! - 1], text)
        if (kind !== 'removed') assert.equal(young[y! - 1], text)
      }
    }),
  )
  assert.ok(looked >= 100)
})

test('the unified form shows what changed with three lines around it', () => {
  const before = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`).join('\n')
  const after = before.replace('line 10\n', 'line ten\nline ten and a half\n')
  assert.equal(
    formatUnified(diffLines(before, after)),
    '@@ -7,7 +7,8 @@\n line 7\n line 8\n line 9\n-line 10\n+line ten\n+line ten and a half\n line 11\n line 12\n line 13\n',
  )
  assert.equal(formatUnified(diffLines(before, before)), '')
  assert.equal(formatUnified(diffLines('', 'a\n')), '@@ -1,0 +1,1 @@\n+a\n')
})

test('texts with nothing in common are one out and one in, however long they are', () => {
  const text = (word: string): string => Array.from({ length: 3_000 }, (_, index) => `${word} ${index}`).join('\n')
  const lines = diffLines(text('old'), text('new'))
  assert.deepEqual([lines.length, lines[0]?.kind, lines.at(-1)?.kind], [6_000, 'removed', 'added'])
})

function longestCommon(old: readonly string[], young: readonly string[]): number {
  const row = Array.from({ length: young.length + 1 }, () => 0)
  for (const a of old) {
    let corner = 0
    for (const [index, b] of young.entries()) {
      const above = row[index + 1]!
      row[index + 1] = a === b ? corner + 1 : Math.max(above, row[index]!)
      corner = above
    }
  }
  return row.at(-1)!
}
