import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeOctets, decodeText, encodeOctets, encodeText, unfold } from './text.ts'

test('octets read as UTF-8 exactly as the platform reads them, short or long', () => {
  const platform = new TextDecoder('utf-8', { ignoreBOM: true })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 120 }), fc.string({ maxLength: 120 }).map(encodeText)), (bytes) => {
      assert.equal(decodeText(bytes, 0, bytes.length), platform.decode(bytes))
      const middle = bytes.length >> 1
      assert.equal(decodeText(bytes, middle, bytes.length), platform.decode(bytes.subarray(middle)))
    }),
  )
})

test('octets come back from characters 0-255, whatever their number', () => {
  for (const length of [0, 1, 4095, 4096, 4097, 20_000]) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 31) & 255)
    assert.deepEqual(encodeOctets(decodeOctets(bytes)), bytes)
  }
})

const FOLDS: [text: string, unfolded: string][] = [
  ['a', 'a'],
  ['a\r\n b', 'a b'],
  ['a \t\r\n\t b', 'a b'],
  ['a\r\n \r\n b', 'a b'],
  ['a\r\n b\r\n c', 'a b c'],
  ['a  b\r\n c', 'a  b c'],
]

for (const [text, unfolded] of FOLDS) {
  test(`${JSON.stringify(text)} unfolds to ${JSON.stringify(unfolded)}`, () => {
    assert.equal(unfold(text), unfolded)
  })
}

test('unfolding leaves no line end behind and agrees with a regular expression', () => {
  const piece = fc.constantFrom('a', ' ', '\t', '\r\n ', '\r\n\t', '"', '\\')
  let folds = 0
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const text = pieces.join('')
      if (text.includes('\r\n')) folds++
      assert.equal(unfold(text), text.replace(/[ \t]*(?:\r\n[ \t]+)+/g, ' '))
    }),
  )
  assert.ok(folds > 20, `only ${folds} folded texts`)
})
