import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COMPACT_FORMS, FIELD, FIELD_NAMES, fieldOf, findField, longName } from './field.ts'
import { encodeText } from './text.ts'

function find(name: string): number {
  const bytes = encodeText(`::${name}::`)
  return findField(bytes, 2, bytes.length - 2)
}

test('every field is found by its name in any case, in octets and in text', () => {
  assert.equal(Object.keys(FIELD).length, FIELD_NAMES.length)
  for (const [id, name] of FIELD_NAMES.entries()) {
    if (id === FIELD.other) continue
    for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) {
      assert.equal(find(spelling), id, spelling)
      assert.equal(fieldOf(spelling), id, spelling)
    }
  }
})

test('every compact form stands for its long name', () => {
  assert.equal(COMPACT_FORMS.size, 20)
  for (const [compact, long] of COMPACT_FORMS) {
    assert.equal(find(compact), find(long), compact)
    assert.equal(find(compact.toUpperCase()), fieldOf(long), compact)
    assert.equal(longName(compact.toUpperCase()), long)
  }
})

test('names that only resemble a field are other fields', () => {
  const near = FIELD_NAMES.slice(1).flatMap((name) => [`${name}x`, name.slice(1), `x${name}`, name.replace('-', '_')])
  const odd = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'C%6Fntact', 'z', 'Vi\u0001']
  let looked = 0
  for (const name of [...near, ...odd]) {
    if (name === '' || FIELD_NAMES.includes(name) || COMPACT_FORMS.has(name.toLowerCase())) continue
    looked++
    assert.equal(find(name), FIELD.other, name)
    assert.equal(fieldOf(name), FIELD.other, name)
  }
  assert.ok(looked > 60, `${looked} names`)
})
