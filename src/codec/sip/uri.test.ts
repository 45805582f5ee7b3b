import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PARAMETERS_MAX } from './limits.ts'
import { encodeText } from './text.ts'
import { type SipUri, type TelUri, type Uri, UriView, formatUri, parseUri, unescapeUri } from './uri.ts'

const none: ReadonlyMap<string, string | undefined> = new Map()
const sip = (parts: Partial<SipUri>): Uri => ({
  kind: 'sip',
  scheme: 'sip',
  user: undefined,
  password: undefined,
  host: 'b.example',
  port: undefined,
  parameters: none,
  headers: undefined,
  ...parts,
})
const tel = (parts: Partial<TelUri>): Uri => ({ kind: 'tel', scheme: 'tel', number: '', parameters: none, ...parts })

const URIS: [text: string, uri: Uri][] = [
  ['sip:b.example', sip({})],
  ['SIP:a@b.example', sip({ user: 'a' })],
  ['sips:a@b.example:5061', sip({ scheme: 'sips', user: 'a', port: 5061 })],
  ['sip:a:p%40w@b.example', sip({ user: 'a', password: 'p%40w' })],
  ['sip:a:@b.example', sip({ user: 'a', password: '' })],
  ['sip:a;x=1@b.example;y=2', sip({ user: 'a;x=1', parameters: new Map([['y', '2']]) })],
  ['sip:a%40c@b.example', sip({ user: 'a%40c' })],
  ['sip:b.example;lr', sip({ parameters: new Map([['lr', undefined]]) })],
  [
    'sip:b.example;LR;x=',
    sip({
      parameters: new Map([
        ['lr', undefined],
        ['x', ''],
      ]),
    }),
  ],
  ['sip:b.example;x=1;x=2', sip({ parameters: new Map([['x', '1']]) })],
  ['sip:b.example;__proto__=1', sip({ parameters: new Map([['__proto__', '1']]) })],
  ['sip:b.example?subject=x&to=y', sip({ headers: 'subject=x&to=y' })],
  ['sip:b.example;x?y=z', sip({ parameters: new Map([['x', undefined]]), headers: 'y=z' })],
  ['sip:[2001:db8::1]', sip({ host: '[2001:db8::1]' })],
  ['sip:a@[2001:db8::1]:5070', sip({ user: 'a', host: '[2001:db8::1]', port: 5070 })],
  ['sip:a@[2001:db8::10:5070]', sip({ user: 'a', host: '[2001:db8::10:5070]' })],
  ['sip:a@[::ffff:192.0.2.1]', sip({ user: 'a', host: '[::ffff:192.0.2.1]' })],
  ["sip:-_.!~*'()&=+$,;?/@b.example", sip({ user: "-_.!~*'()&=+$,;?/" })],
  ['sips%3Auser%40example.com@b.example'.replace(/^/, 'sip:'), sip({ user: 'sips%3Auser%40example.com' })],
  ['tel:+1-212-555-0117', tel({ number: '+1-212-555-0117' })],
  ['TEL:911;phone-context=+1', tel({ number: '911', parameters: new Map([['phone-context', '+1']]) })],
  [
    'tel:+12125550117;verstat=TN-Validation-Passed',
    tel({ number: '+12125550117', parameters: new Map([['verstat', 'TN-Validation-Passed']]) }),
  ],
  ['urn:service:sos.police', { kind: 'other', scheme: 'urn', rest: 'service:sos.police' }],
  ['HTTP://x.example/?a=b#c', { kind: 'other', scheme: 'http', rest: '//x.example/?a=b#c' }],
]

for (const [text, uri] of URIS) {
  test(`${text} reads into its parts`, () => {
    assert.deepEqual(parseUri(text), uri)
  })
}

const BROKEN: [title: string, text: string, at: number][] = [
  ['nothing', '', 0],
  ['no scheme', 'b.example', 9],
  ['a scheme alone', 'sip:', 3],
  ['a scheme that starts with a digit', '1sip:a@b', 4],
  ['a scheme with a star', 's*p:a@b', 1],
  ['an empty user', 'sip:@b', 4],
  ['only a password', 'sip::pw@b', 4],
  ['no host', 'sip:a@', 6],
  ['no host but parameters', 'sip:;x=1', 4],
  ['a space', 'sip:a b@c', 5],
  ['an angle bracket', 'sip:a@b>', 7],
  ['a quote', 'sip:"a"@b', 4],
  ['a line end', 'sip:a@b\r\n', 7],
  ['a NUL', 'sip:a\0@b', 5],
  ['letters beyond ASCII', 'sip:zoë@b', 6],
  ['an escape of one digit', 'sip:a%4@b', 5],
  ['an escape without digits in a parameter', 'sip:b;x=%', 8],
  ['an escape of letters in headers', 'sip:b?x=%zz', 8],
  ['an empty port', 'sip:a@b:', 8],
  ['a port of letters', 'sip:a@b:sip', 8],
  ['a port of 65536', 'sip:a@b:65536', 13],
  ['an open IPv6 bracket', 'sip:a@[::1', 10],
  ['an empty IPv6 bracket', 'sip:a@[]', 7],
  ['an IPv6 address without brackets', 'sip:2001:db8::10', 9],
  ['a second at sign', 'sip:a@b@c', 7],
  ['an empty tel', 'tel:', 3],
  ['a tel without number', 'tel:;ext=1', 4],
  ['a tel with a space', 'tel:+1 212', 6],
  ['a tel with a broken escape', 'tel:+1%4', 6],
  ['a space behind another scheme', 'urn:a b', 5],
]

for (const [title, text, at] of BROKEN) {
  test(`a URI with ${title} is malformed`, () => {
    assert.throws(() => parseUri(text), { name: 'Malformed', code: 'uri', at })
  })
}

test('the largest port is read', () => {
  assert.deepEqual(parseUri('sip:b.example:65535'), sip({ port: 65535 }))
})

test(`a URI may have ${PARAMETERS_MAX} parameters and not one more`, () => {
  const most = Array.from({ length: PARAMETERS_MAX }, (_, index) => `;p${index}`).join('')
  const uri = parseUri(`sip:b.example${most}`)

  assert.equal(uri.kind === 'sip' && uri.parameters.size, PARAMETERS_MAX)
  assert.throws(() => parseUri(`sip:b.example${most};q`), { code: 'too-long' })
})

const ESCAPES: [text: string, plain: string][] = [
  ['a', 'a'],
  ['%41', 'A'],
  ['%25%34%31', '%41'],
  ['%zz%4', '%zz%4'],
  ['%C3%AB', 'ë'],
  ['%FF', '\ufffd'],
  ['a%00b', 'a\0b'],
]

for (const [text, plain] of ESCAPES) {
  test(`${text} unescapes once, to ${JSON.stringify(plain)}`, () => {
    assert.equal(unescapeUri(text), plain)
  })
}

const PLAIN = { noNullPrototype: true }
const unreserved = (more: string) => fc.stringMatching(new RegExp(`^(?:[a-z0-9${more}]|%[0-9A-F]{2}){1,10}$`))
const name = unreserved('._~-').map((name) => name.toLowerCase())
const parameters = fc
  .uniqueArray(fc.tuple(name, fc.option(unreserved('/:&+$.'), { nil: undefined })), {
    selector: ([name]) => name,
    maxLength: 4,
  })
  .map((entries): ReadonlyMap<string, string | undefined> => new Map(entries))
const host = fc.oneof(
  fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,10}[a-z0-9])?$/),
  fc.constantFrom('[2001:db8::1]', '192.0.2.1'),
)
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const anyUri: fc.Arbitrary<Uri> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('sip' as const),
      scheme: fc.constantFrom('sip' as const, 'sips' as const),
      user: optional(unreserved('+;?/=.')),
      password: fc.constant(undefined),
      host,
      port: optional(fc.integer({ min: 0, max: 65_535 })),
      parameters,
      headers: optional(fc.stringMatching(/^[a-z]{1,5}=[a-z]{0,5}$/)),
    },
    PLAIN,
  ),
  fc.record(
    {
      kind: fc.constant('tel' as const),
      scheme: fc.constant('tel' as const),
      number: fc.stringMatching(/^\+?[0-9().-]{1,16}$/),
      parameters,
    },
    PLAIN,
  ),
  fc.record(
    {
      kind: fc.constant('other' as const),
      scheme: fc.stringMatching(/^[a-z][a-z0-9+.-]{0,6}$/).filter((scheme) => !/^(sips?|tel)$/.test(scheme)),
      rest: fc.stringMatching(/^[a-zA-Z0-9/?#@:;=&.%]{1,20}$/),
    },
    PLAIN,
  ),
)

test('a URI written in canonical form reads back as itself', () => {
  const kinds = new Map<string, number>()
  fc.assert(
    fc.property(anyUri, (uri) => {
      kinds.set(uri.kind, (kinds.get(uri.kind) ?? 0) + 1)
      assert.deepEqual(parseUri(formatUri(uri)), uri)
    }),
    { numRuns: 500 },
  )
  for (const kind of ['sip', 'tel', 'other']) assert.ok((kinds.get(kind) ?? 0) > 50, `few of kind ${kind}`)
})

test('a URI that would end its angle brackets or its line is not written', () => {
  for (const bad of ['a>', 'a\r\nX: y', 'a b', 'a"', '\0', 'ë']) {
    assert.throws(() => formatUri(sip({ user: bad })), { name: 'Error' })
    assert.throws(() => formatUri(sip({ host: bad })), { name: 'Error' })
    assert.throws(() => formatUri(tel({ number: bad })), { name: 'Error' })
  }
})

test('a view is pointed at one URI after another and keeps nothing of the one before', () => {
  const view = new UriView()
  const first = encodeText('xx sips:a:p@b.example:5061;x?y')
  view.read(first, 3, first.length)
  assert.deepEqual([view.secure, view.port, view.headersStart > 0], [true, 5061, true])

  const second = encodeText('sip:c.example')
  view.read(second, 0, second.length)

  assert.deepEqual([view.secure, view.port, view.userStart, view.headersStart], [false, -1, -1, -1])
  assert.equal(view.parametersStart, view.parametersEnd)
})

test('faults count from where the value starts that holds the URI', () => {
  const bytes = encodeText('xx<sip:@b>')
  assert.throws(() => new UriView().read(bytes, 3, 9, 2), { code: 'uri', at: 5 })
})
