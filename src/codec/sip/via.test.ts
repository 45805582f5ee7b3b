import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { MalformedCode } from './malformed.ts'
import { encodeText } from './text.ts'
import { type Via, ViaView, formatVia, parseVia } from './via.ts'

const via = (host: string, port?: number, parameters: [string, string | undefined][] = [], transport = 'UDP'): Via => ({
  transport,
  host,
  port,
  parameters: new Map(parameters),
})

const VALUES: [title: string, text: string, values: Via[]][] = [
  ['a host', 'SIP/2.0/UDP a.example', [via('a.example')]],
  ['a port', 'SIP/2.0/TCP a.example:5070;branch=z9hG4bK1', [via('a.example', 5070, [['branch', 'z9hG4bK1']], 'TCP')]],
  [
    'space round everything',
    'SIP /\t2.0 /\r\n UDP  a.example : 5070 ; branch = x',
    [via('a.example', 5070, [['branch', 'x']])],
  ],
  ['two values', 'SIP/2.0/UDP a, SIP/2.0/TLS b;lr', [via('a'), via('b', undefined, [['lr', undefined]], 'TLS')]],
  ['an unknown transport', 'SIP/2.0/UNKNOWN a', [via('a', undefined, [], 'UNKNOWN')]],
  ['IPv6', 'SIP/2.0/UDP [2001:db8::9:1]:5060', [via('[2001:db8::9:1]', 5060)]],
  [
    'received without brackets',
    'SIP/2.0/UDP [::1];received=2001:db8::9:255;branch=x',
    [
      via('[::1]', undefined, [
        ['received', '2001:db8::9:255'],
        ['branch', 'x'],
      ]),
    ],
  ],
  [
    'received in brackets',
    'SIP/2.0/UDP [::1];received=[2001:db8::9:255]',
    [via('[::1]', undefined, [['received', '[2001:db8::9:255]']])],
  ],
  ['an underscore in the host', 'SIP/2.0/UDP my_container', [via('my_container')]],
  ['a quoted parameter', 'SIP/2.0/UDP a;x="b;c,d"', [via('a', undefined, [['x', 'b;c,d']])]],
]

for (const [title, text, values] of VALUES) {
  test(`a Via field may hold ${title}`, () => {
    assert.deepEqual(parseVia(text), values)
  })
}

const BROKEN: [title: string, text: string, code: MalformedCode][] = [
  ['nothing', '', 'token'],
  ['no transport', 'SIP/2.0 a.example', 'token'],
  ['no host', 'SIP/2.0/UDP ', 'host-port'],
  ['no space before the host', 'SIP/2.0/UDP[::1]', 'host-port'],
  ['a port of 65536', 'SIP/2.0/UDP a:65536', 'host-port'],
  ['an empty port', 'SIP/2.0/UDP a:', 'host-port'],
  ['IPv6 without brackets', 'SIP/2.0/UDP 2001:db8::1', 'host-port'],
  ['an open bracket', 'SIP/2.0/UDP [::1', 'host-port'],
  ['an empty bracket', 'SIP/2.0/UDP []', 'host-port'],
  ['branch twice', 'SIP/2.0/UDP a;branch=x;branch=y', 'parameter'],
  ['rport twice', 'SIP/2.0/UDP a;rport;x;RPORT=1', 'parameter'],
  ['received twice', 'SIP/2.0/UDP a;received=x;received=y', 'parameter'],
  ['a comma at the end', 'SIP/2.0/UDP a,', 'token'],
  ['something behind', 'SIP/2.0/UDP a b', 'trailing'],
]

for (const [title, text, code] of BROKEN) {
  test(`a Via field with ${title} is malformed`, () => {
    assert.throws(() => parseVia(text), { name: 'Malformed', code })
    const bytes = encodeText(text)
    assert.throws(() => new ViaView().read(bytes, 0, bytes.length), { name: 'Malformed' })
  })
}

const PLAIN = { noNullPrototype: true }
const token = fc.stringMatching(/^[A-Za-z0-9\-.!%*_+`'~]{1,12}$/)
const text = fc.string({ unit: 'binary', maxLength: 10 }).filter((value) => !/[\u0000-\u001f\u007f]/.test(value))
const anyVia: fc.Arbitrary<Via> = fc.record(
  {
    transport: token,
    host: fc.oneof(fc.stringMatching(/^[a-z0-9.-]{1,12}$/), fc.constantFrom('[::1]', '[2001:db8::9:1]')),
    port: fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined }),
    parameters: fc
      .uniqueArray(
        fc.tuple(
          token.map((name) => name.toLowerCase()),
          fc.option(fc.oneof(token, text, fc.ipV6()), { nil: undefined }),
        ),
        { selector: ([name]) => name, maxLength: 5 },
      )
      .map((entries) => new Map(entries)),
  },
  PLAIN,
)

test('a Via value written in canonical form reads back as itself, alone and in a list', () => {
  fc.assert(
    fc.property(anyVia, anyVia, (one, other) => {
      assert.deepEqual(parseVia(formatVia(one)), [one])
      assert.deepEqual(parseVia(`${formatVia(one)}, ${formatVia(other)}`), [one, other])
    }),
    { numRuns: 300 },
  )
})

test('a Via value that would leave its place is not written', () => {
  for (const bad of ['a b', 'a\r\nX: y', 'a;b', 'a,b', ''])
    for (const value of [via(bad), via('a', 1, [], bad), via('a', 1, [[bad, 'x']])])
      assert.throws(() => formatVia(value), { name: 'Error' })
})

test('a view reads the first value of a field and forgets the field before', () => {
  const view = new ViaView()
  const first = encodeText('SIP/2.0/UDP a:1;rport=5 ;received=x;branch=y')
  const text = (start: number, end: number) => new TextDecoder().decode(first.subarray(start, end))
  view.read(first, 0, first.length)
  assert.deepEqual([view.port, view.valueEnd], [1, first.length])
  assert.equal(text(0, view.rportNameEnd), 'SIP/2.0/UDP a:1;rport')
  assert.equal(text(view.rportNameEnd, view.rportEnd), '=5')
  assert.equal(text(view.receivedStart, view.receivedEnd), ' ;received=x')

  const second = encodeText('SIP/2.0/UDP b ;rport , SIP/2.0/UDP c;branch=z')
  view.read(second, 0, second.length)

  assert.deepEqual([view.port, view.branchStart], [-1, -1])
  assert.equal(view.rportEnd, 'SIP/2.0/UDP b ;rport'.length)
  assert.deepEqual(
    [view.rportNameEnd, view.receivedStart, view.receivedEnd, view.valueEnd],
    Array.from({ length: 4 }, () => view.rportEnd),
  )

  assert.throws(() => view.read(encodeText('SIP/2.0/'), 0, 8))
  assert.equal(view.port, -1, 'a field that cannot be read leaves no port behind')
})
