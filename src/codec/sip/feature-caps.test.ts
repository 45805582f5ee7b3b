import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type FeatureCaps, formatFeatureCaps, parseFeatureCaps } from './feature-caps.ts'
import { LIST_VALUES_MAX } from './limits.ts'
import type { MalformedCode } from './malformed.ts'

const VALUES: [title: string, text: string, values: [string, string | undefined][][]][] = [
  ['608 understood', '*;+sip.608', [[['+sip.608', undefined]]]],
  ['a value in quotes', '*;+g.3gpp.atcf="<tel:+1>"', [[['+g.3gpp.atcf', '<tel:+1>']]]],
  ['names in capitals', '* ; +SIP.608', [[['+sip.608', undefined]]]],
  ['two values', '*;+a,*;+b="1"', [[['+a', undefined]], [['+b', '1']]]],
  ['no indicator', '*', [[]]],
]

for (const [title, text, values] of VALUES) {
  test(`a Feature-Caps field may hold ${title}`, () => {
    assert.deepEqual(
      parseFeatureCaps(text),
      values.map((entries) => new Map(entries)),
    )
  })
}

const BROKEN: [title: string, text: string, code: MalformedCode][] = [
  ['nothing', '', 'token'],
  ['no star', '+sip.608', 'token'],
  ['two stars', '**;+sip.608', 'token'],
  ['an indicator twice', '*;+sip.608;+SIP.608', 'parameter'],
  ['something behind', '*;+sip.608 x', 'trailing'],
]

for (const [title, text, code] of BROKEN) {
  test(`a Feature-Caps field with ${title} is malformed`, () => {
    assert.throws(() => parseFeatureCaps(text), { name: 'Malformed', code })
  })
}

test(`a field may list ${LIST_VALUES_MAX} values and not one more`, () => {
  const most = Array.from({ length: LIST_VALUES_MAX }, () => '*').join()

  assert.equal(parseFeatureCaps(most).length, LIST_VALUES_MAX)
  assert.throws(() => parseFeatureCaps(`${most},*`), { code: 'too-long' })
})

const name = fc.stringMatching(/^\+[a-z0-9\-.!%_]{1,12}$/)
const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => !/[\u0000-\u001f\u007f]/.test(value))
const anyCaps: fc.Arbitrary<FeatureCaps> = fc
  .uniqueArray(fc.tuple(name, fc.option(text, { nil: undefined })), { selector: ([name]) => name, maxLength: 5 })
  .map((entries) => new Map(entries))

test('a Feature-Caps value written in canonical form reads back as itself', () => {
  fc.assert(
    fc.property(anyCaps, (caps) => {
      assert.deepEqual(parseFeatureCaps(formatFeatureCaps(caps)), [caps])
    }),
  )
})

test('a Feature-Caps value that would leave its place is not written', () => {
  for (const bad of [new Map([['+a b', undefined]]), new Map([['+a', '\r\nX: y']])])
    assert.throws(() => formatFeatureCaps(bad), { name: 'Error' })
})
