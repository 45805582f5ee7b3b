import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { JSON_DEPTH_MAX, readJson } from './json.ts'
import { Refused } from './problem.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Texts that a JSON parser must refuse (RFC 8259), and those that two parsers may read differently. */
const REFUSED: readonly (readonly [title: string, body: string | Uint8Array, pointer?: string])[] = [
  ['nothing', ''],
  ['only space', ' \n'],
  ['two values', '{} {}'],
  ['a comma at the end of a list', '[1,]'],
  ['a comma at the end of an object', '{"a":1,}'],
  ['no comma', '[1 2]'],
  ['no colon', '{"a" 1}'],
  ['an open list', '[1'],
  ['an open object', '{"a":1', ''],
  ['an open string', '"a'],
  ['single quotes', "{'a':1}"],
  ['a name without quotes', '{a:1}'],
  ['a comment', '{} // no'],
  ['NaN', 'NaN'],
  ['Infinity', '-Infinity'],
  ['a plus', '+1'],
  ['a leading zero', '01'],
  ['a bare point', '1.'],
  ['a point first', '.5'],
  ['an empty exponent', '1e'],
  ['hexadecimal', '0x10'],
  ['a control character in a string', '"a\u0001"'],
  ['a line feed in a string', '"a\nb"'],
  ['an unknown escape', '"\\x41"'],
  ['a short escape', '"\\u12"'],
  ['a word in capitals', 'True'],
  ['a form feed as space', '[\u000c1]'],
  ['a no-break space', '[\u00a01]'],
  ['a byte order mark', '\ufeff{}'],
  ['octets that are no UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
  ['an overlong octet pair', Uint8Array.of(0x22, 0xc0, 0xaf, 0x22)],
  ['a surrogate in UTF-8', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)],
  ['half a surrogate pair', '{"a":"\\ud83d"}', '/a'],
  ['halves in the wrong order', '"\\udc00\\ud800"'],
  ['a name with half a pair', '{"\\ud800":1}'],
  ['a name twice', '{"a":1,"b":{"c":1,"c":2}}', '/b'],
  ['a name twice by an escape', '{"a":1,"\\u0061":2}'],
  ['the prototype', '{"a":{"__proto__":{"polluted":true}}}', '/a'],
  ['the prototype by an escape', '{"__proto\\u005f_":1}'],
  ['a number beyond a double', '{"a":[1,1e400]}', '/a/1'],
  ['nine levels', '['.repeat(JSON_DEPTH_MAX + 1) + ']'.repeat(JSON_DEPTH_MAX + 1), '/0/0/0/0/0/0/0/0'],
  ['levels without end', '['.repeat(60_000)],
]

for (const [title, body, pointer] of REFUSED) {
  test(`JSON with ${title} is refused`, () => {
    assert.throws(
      () => readJson(typeof body === 'string' ? encode(body) : body),
      (error) => {
        assert.ok(error instanceof Refused, String(error))
        assert.equal(error.problem.kind, 'bad-json')
        if (pointer !== undefined) assert.equal(error.problem.pointer, pointer)
        return true
      },
    )
    assert.equal(({} as { polluted?: unknown }).polluted, undefined)
  })
}

test('what is nearly refused is read', () => {
  const near: [string, unknown][] = [
    ['\t[1 , -0.5e-3]\r\n', [1, -0.0005]],
    ['{"a":{"c":1},"b":{"c":2}}', { a: { c: 1 }, b: { c: 2 } }],
    ['"\\ud83d\\ude00"', '😀'],
    ['{"__proto":1}', { __proto: 1 }],
    ['1e308', 1e308],
    ['[true,false]', [true, false]],
    ['['.repeat(JSON_DEPTH_MAX) + ']'.repeat(JSON_DEPTH_MAX), [[[[[[[[]]]]]]]]],
  ]
  for (const [text, value] of near) assert.equal(JSON.stringify(readJson(encode(text))), JSON.stringify(value), text)
})

test('whatever JSON.stringify writes is read to the same', () => {
  const json = fc.json({ maxDepth: 5 })
  fc.assert(
    fc.property(json, (text) => {
      const plain: unknown = JSON.parse(text)
      if (/__proto__|\\u[dD]/.test(text) || !text.isWellFormed()) return
      assert.equal(JSON.stringify(readJson(encode(text))), JSON.stringify(plain))
    }),
    { numRuns: 300 },
  )
})

test('any text at all is read or refused, and nothing else', () => {
  let read = 0
  const part = fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '1', 'true', ' ', '\\', '"', '\u0000', 'é')
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const text = parts.join('')
      let ours: unknown
      try {
        ours = readJson(encode(text))
        read++
      } catch (error) {
        assert.ok(error instanceof Refused)
        return
      }
      assert.equal(JSON.stringify(ours), JSON.stringify(JSON.parse(text)))
    }),
    { numRuns: 2000 },
  )
  assert.ok(read > 20, `${read} texts were read`)
})
