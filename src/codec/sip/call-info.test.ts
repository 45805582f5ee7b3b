import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type CallInfo, formatCallInfo, parseCallInfo } from './call-info.ts'
import { LIST_VALUES_MAX } from './limits.ts'
import type { MalformedCode } from './malformed.ts'

const info = (uri: string, parameters: [string, string | undefined][] = []): CallInfo => {
  const map = new Map(parameters)
  return { uri, purpose: map.get('purpose'), parameters: map }
}

const VALUES: [title: string, text: string, values: CallInfo[]][] = [
  ['a URI alone', '<https://a.example/x>', [info('https://a.example/x')]],
  [
    'a signed card',
    '<https://a.example/j/1>;purpose=jwscard',
    [info('https://a.example/j/1', [['purpose', 'jwscard']])],
  ],
  ['a comma and a semicolon inside the URI', '<https://a.example/x;y,z>', [info('https://a.example/x;y,z')]],
  [
    'two values',
    '<a:b> ;purpose=icon , <c:d>;purpose=info',
    [info('a:b', [['purpose', 'icon']]), info('c:d', [['purpose', 'info']])],
  ],
  ['a quoted purpose', '<a:b>;purpose="x y"', [info('a:b', [['purpose', 'x y']])]],
  ['something that is no URI, as sent', '<not a uri>', [info('not a uri')]],
]

for (const [title, text, values] of VALUES) {
  test(`a Call-Info field may hold ${title}`, () => {
    assert.deepEqual(parseCallInfo(text), values)
  })
}

const BROKEN: [title: string, text: string, code: MalformedCode][] = [
  ['nothing', '', 'angle-bracket'],
  ['no brackets', 'https://a.example/x;purpose=jwscard', 'angle-bracket'],
  ['an open bracket', '<https://a.example/x', 'angle-bracket'],
  ['purpose twice', '<a:b>;purpose=x;Purpose=y', 'parameter'],
  ['a comma at the end', '<a:b>,', 'angle-bracket'],
  ['something behind', '<a:b> x', 'trailing'],
]

for (const [title, text, code] of BROKEN) {
  test(`a Call-Info field with ${title} is malformed`, () => {
    assert.throws(() => parseCallInfo(text), { name: 'Malformed', code })
  })
}

test(`a field may list ${LIST_VALUES_MAX} values and not one more`, () => {
  const most = Array.from({ length: LIST_VALUES_MAX }, () => '<a:b>').join()

  assert.equal(parseCallInfo(most).length, LIST_VALUES_MAX)
  assert.throws(() => parseCallInfo(`${most},<a:b>`), { code: 'too-long' })
})

const token = fc.stringMatching(/^[a-z0-9\-.!%*_+`'~]{1,12}$/)
const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => !/[\u0000-\u001f\u007f]/.test(value))
const anyInfo = fc
  .tuple(
    fc.webUrl({ withQueryParameters: true }),
    fc.uniqueArray(fc.tuple(fc.oneof(token, fc.constant('purpose')), fc.oneof(token, text)), {
      selector: ([name]) => name,
      maxLength: 4,
    }),
  )
  .map(([uri, parameters]) => info(uri, parameters))

test('a Call-Info value written in canonical form reads back as itself, alone and in a list', () => {
  fc.assert(
    fc.property(anyInfo, anyInfo, (one, other) => {
      assert.deepEqual(parseCallInfo(formatCallInfo(one)), [one])
      assert.deepEqual(parseCallInfo(`${formatCallInfo(one)}, ${formatCallInfo(other)}`), [one, other])
    }),
    { numRuns: 200 },
  )
})

test('a Call-Info value that would leave its place is not written', () => {
  for (const uri of ['a:b> ,<c:d', 'a:b\r\nX: y', 'a:b c', 'a:\0', 'ab', ''])
    assert.throws(() => formatCallInfo(info(uri)), { name: 'Error' })
})
