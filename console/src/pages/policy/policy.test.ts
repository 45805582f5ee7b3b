import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { count, paged } from './policy-words.ts'
import { hiddenIn, readTokens } from './yaml-tokens.ts'

const LINES: readonly (readonly [line: string, kinds: string])[] = [
  ['rules:', 'key:rules mark::'],
  ['  - id: watch', 'plain:   mark:- plain:  key:id mark:: plain:  plain:watch'],
  ['limit: 3 # three', 'key:limit mark:: plain:  number:3 plain:  comment:# three'],
  ['per: 10m', 'key:per mark:: plain:  number:10m'],
  ['deny: "file:deny.csv"', 'key:deny mark:: plain:  file:"file:deny.csv"'],
  ['allow: file:allow.csv', 'key:allow mark:: plain:  file:file:allow.csv'],
  ["[\"+1\", 'it''s']", "mark:[ text:\"+1\" mark:, plain:  text:'it''s' mark:]"],
  ['mode: shadow', 'key:mode mark:: plain:  word:shadow'],
  ['url: http://a#b', 'key:url mark:: plain:  plain:http mark:: plain://a plain:# plain:b'],
  ['note: "never ends', 'key:note mark:: plain:  text:"never ends'],
]

for (const [line, kinds] of LINES) {
  test(`a line of YAML is coloured: ${line}`, () => {
    assert.equal(
      readTokens(line)
        .map(({ kind, text }) => `${kind}:${text}`)
        .join(' '),
      kinds,
    )
  })
}

test('whatever is typed, the colours leave every character where it is', () => {
  let looked = 0
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.stringMatching(/^[ a-z:#"'{}[\],\-0-9]*$/), (any, like) => {
      looked++
      for (const line of [any, like])
        assert.equal(
          readTokens(line)
            .map(({ text }) => text)
            .join(''),
          line,
        )
    }),
  )
  assert.ok(looked >= 100)
})

test('characters that are not seen are named with their line; tabs and umlauts are no such thing but tabs', () => {
  assert.deepEqual(hiddenIn('a: b\n# \u202eabc\u202c\nc: d\u200b\n'), [
    { line: 2, names: ['right-to-left override', 'end of direction'] },
    { line: 3, names: ['space of no width'] },
  ])
  assert.deepEqual(hiddenIn('name: Müller – 北京\n'), [])
})

test('pages of lists go on at a text, and counts are grouped', () => {
  assert.deepEqual(paged({ rows: [1], after: 50 }), { rows: [1], after: '50' })
  assert.equal(paged<{ after?: number }>({}).after, undefined)
  assert.equal(count(1_234_567), '1,234,567')
})
