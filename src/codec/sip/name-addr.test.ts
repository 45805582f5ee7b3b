import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LIST_VALUES_MAX } from './limits.ts'
import type { MalformedCode } from './malformed.ts'
import { type NameAddr, NameAddrView, formatNameAddr, parseNameAddr, parseNameAddrs } from './name-addr.ts'
import { encodeText } from './text.ts'

const address = (displayName: string | undefined, uri: string, parameters: [string, string | undefined][] = []) => ({
  displayName,
  uri,
  parameters: new Map(parameters),
})

const VALUES: [title: string, text: string, value: NameAddr][] = [
  ['a bare URI', 'sip:a@b', address(undefined, 'sip:a@b')],
  ['a bare URI whose parameters are the field’s', 'sip:a@b;tag=x', address(undefined, 'sip:a@b', [['tag', 'x']])],
  [
    'a bracketed URI that keeps its own',
    '<sip:a@b;lr?c=d>;tag=x',
    address(undefined, 'sip:a@b;lr?c=d', [['tag', 'x']]),
  ],
  ['a comma inside brackets', '<sip:a,b@c>', address(undefined, 'sip:a,b@c')],
  ['a quoted name', '"A, <B>; \\"C\\"" <sip:a@b>', address('A, <B>; "C"', 'sip:a@b')],
  ['no space before the bracket', '"A"<sip:a@b>', address('A', 'sip:a@b')],
  ['words', 'Mr  Watson\t<sip:a@b>', address('Mr Watson', 'sip:a@b')],
  ['words with a percent sign', '%Z%45 <sip:a@b>', address('%Z%45', 'sip:a@b')],
  ['an empty quoted name', '"" <sip:a@b>', address('', 'sip:a@b')],
  ['a name over a fold', '"A\r\n B"\r\n <sip:a@b>', address('A B', 'sip:a@b')],
  ['a name beyond ASCII', '"Zoë" <sip:a@b>', address('Zoë', 'sip:a@b')],
  ['an escaped NUL in the name', '"a\\\0b" <sip:a@b>', address('a\0b', 'sip:a@b')],
  ['a tel URI', '<tel:+12125550117>', address(undefined, 'tel:+12125550117')],
  ['space round the parameters', '<sip:a@b> ; tag = x', address(undefined, 'sip:a@b', [['tag', 'x']])],
]

for (const [title, text, value] of VALUES) {
  test(`a name-addr may be ${title}`, () => {
    assert.deepEqual(parseNameAddr(text), value)
  })
}

test('Contact and P-Asserted-Identity are lists', () => {
  assert.deepEqual(parseNameAddrs('"A" <sip:a@b>;q=1, tel:+1;x , <sip:c@d>'), [
    address('A', 'sip:a@b', [['q', '1']]),
    address(undefined, 'tel:+1', [['x', undefined]]),
    address(undefined, 'sip:c@d'),
  ])
})

const BROKEN: [title: string, text: string, code: MalformedCode][] = [
  ['nothing', '', 'uri'],
  ['a name alone', '"A"', 'angle-bracket'],
  ['an open quote', '"A <sip:a@b>', 'quoted-string'],
  ['an open bracket', '<sip:a@b', 'angle-bracket'],
  ['a space before the URI in brackets', '< sip:a@b>', 'uri'],
  ['a comma in an unquoted name', 'Bell, Alexander <sip:a@b>', 'uri'],
  ['a question mark in a bare URI', 'sip:a@b?c=d', 'uri'],
  ['a NUL in an unquoted name', 'A\0 <sip:a@b>', 'uri'],
  ['letters beyond ASCII in an unquoted name', 'Zoë <sip:a@b>', 'uri'],
  ['a second URI behind', '<sip:a@b> <sip:c@d>', 'trailing'],
  ['a second value', '<sip:a@b>, <sip:c@d>', 'trailing'],
  ['tag twice', '<sip:a@b>;tag=x;tag=y', 'parameter'],
]

for (const [title, text, code] of BROKEN) {
  test(`a From or To with ${title} is malformed`, () => {
    assert.throws(() => parseNameAddr(text), { name: 'Malformed', code })
    const bytes = encodeText(text)
    assert.throws(() => new NameAddrView().read(bytes, 0, bytes.length), { name: 'Malformed', code })
  })
}

test('faults in the URI count from the start of the field', () => {
  assert.throws(() => parseNameAddr('"A" <sip:@b>'), { code: 'uri', at: 9 })
})

test(`a field may list ${LIST_VALUES_MAX} addresses and not one more`, () => {
  const most = Array.from({ length: LIST_VALUES_MAX }, () => '<sip:a@b>').join()

  assert.equal(parseNameAddrs(most).length, LIST_VALUES_MAX)
  assert.throws(() => parseNameAddrs(`${most},<sip:a@b>`), { code: 'too-long' })
})

const PLAIN = { noNullPrototype: true }
const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => !/[\u0000-\u001f\u007f]/.test(value))
const token = fc.stringMatching(/^[a-z0-9\-.!%*_+`'~]{1,12}$/)
const anyAddress: fc.Arbitrary<NameAddr> = fc.record(
  {
    displayName: fc.option(text, { nil: undefined }),
    uri: fc.constantFrom('sip:a@b', 'sips:+1212;x=1@b:5061;lr?c=d', 'tel:+12125550117', 'urn:service:sos'),
    parameters: fc
      .uniqueArray(fc.tuple(token, fc.option(fc.oneof(token, text), { nil: undefined })), {
        selector: ([name]) => name,
        maxLength: 4,
      })
      .map((entries) => new Map(entries)),
  },
  PLAIN,
)

test('a name-addr written in canonical form reads back as itself, alone and in a list', () => {
  fc.assert(
    fc.property(anyAddress, anyAddress, (one, other) => {
      assert.deepEqual(parseNameAddr(formatNameAddr(one)), one)
      assert.deepEqual(parseNameAddrs(`${formatNameAddr(one)}, ${formatNameAddr(other)}`), [one, other])
    }),
    { numRuns: 300 },
  )
})

test('a name-addr that would leave its place is not written', () => {
  const bad: NameAddr[] = [
    address('A\r\nX: y', 'sip:a@b'),
    address('A', 'sip:a@b>\r\nX: y'),
    address('A', 'sip:a@b> , <sip:c@d'),
    address('A', 'not a uri'),
    address('A', 'sip:a@b', [['x y', '1']]),
  ]
  for (const value of bad) assert.throws(() => formatNameAddr(value), { name: 'Error' })
})

test('a view finds the tag and forgets the field before', () => {
  const view = new NameAddrView()
  const first = encodeText('"A" <sip:a@b>;x=1;TAG=abc')
  view.read(first, 0, first.length)
  assert.deepEqual([view.displayName(first), first.subarray(view.tagStart, view.tagEnd)], ['A', encodeText('abc')])

  const second = encodeText('sip:a@b;tagg=1')
  view.read(second, 0, second.length)

  assert.deepEqual([view.displayName(second), view.tagStart], [undefined, -1])
})
