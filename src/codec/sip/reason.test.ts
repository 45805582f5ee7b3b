import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { MalformedCode } from './malformed.ts'
import { type Reason, formatReason, parseReason } from './reason.ts'

const reason = (protocol: string, parts: Partial<Reason> = {}): Reason => ({
  protocol,
  cause: undefined,
  text: undefined,
  location: undefined,
  extensions: new Map(),
  ...parts,
})

const ANALYTICS = 'v=analytics1;url=https://desk.example/r?a=1,2;tel=+18005550142;email=a@b.example;id=x'

const VALUES: [title: string, text: string, values: Reason[]][] = [
  ['a protocol alone', 'SIP', [reason('SIP')]],
  [
    'cause and text',
    'SIP ;cause=200 ;text="Call completed elsewhere"',
    [reason('SIP', { cause: 200, text: 'Call completed elsewhere' })],
  ],
  [
    'a 603+',
    `SIP;cause=603;text="${ANALYTICS}";location=RLN`,
    [reason('SIP', { cause: 603, text: ANALYTICS, location: 'RLN' })],
  ],
  ['two protocols', 'SIP;cause=603, Q.850;cause=21', [reason('SIP', { cause: 603 }), reason('Q.850', { cause: 21 })]],
  [
    'two values of STIR',
    'STIR;cause=436;text="a",STIR;cause=437',
    [reason('STIR', { cause: 436, text: 'a' }), reason('STIR', { cause: 437 })],
  ],
  [
    'any order and any case of names',
    'sip;LOCATION=ln;TEXT="t";Cause=1',
    [reason('sip', { cause: 1, text: 't', location: 'ln' })],
  ],
  ['escapes in the text', String.raw`SIP;text="a\"b\\c"`, [reason('SIP', { text: 'a"b\\c' })]],
  ['a fold in the text', 'SIP;text="a\r\n b"', [reason('SIP', { text: 'a b' })]],
  [
    'parameters of others',
    'SIP;x;y=1;z="a b";__proto__=2',
    [
      reason('SIP', {
        extensions: new Map([
          ['x', undefined],
          ['y', '1'],
          ['z', 'a b'],
          ['__proto__', '2'],
        ]),
      }),
    ],
  ],
  ['a cause of one digit', 'Q.850;cause=1', [reason('Q.850', { cause: 1 })]],
]

for (const [title, text, values] of VALUES) {
  test(`a Reason field may hold ${title}`, () => {
    assert.deepEqual(parseReason(text), values)
  })
}

const BROKEN: [title: string, text: string, code: MalformedCode][] = [
  ['nothing', '', 'token'],
  ['no protocol', ';cause=603', 'token'],
  ['cause twice', 'SIP;cause=603;cause=603', 'parameter'],
  ['text twice', 'SIP;text="a";TEXT="b"', 'parameter'],
  ['an extension twice', 'SIP;x=1;x=2', 'parameter'],
  ['a cause of letters', 'SIP;cause=sixhundred', 'number'],
  ['a cause without value', 'SIP;cause', 'number'],
  ['a cause in quotes', 'SIP;cause="603"', 'number'],
  ['a cause of four digits', 'SIP;cause=6030', 'number'],
  ['a negative cause', 'SIP;cause=-1', 'number'],
  ['an open quote', 'SIP;text="a', 'quoted-string'],
  ['a text without quotes', 'SIP;text=a', 'quoted-string'],
  ['a text without value', 'SIP;text', 'quoted-string'],
  ['pairs outside the text', 'SIP;text="v=analytics1";url=https://a', 'trailing'],
  ['a comma at the end', 'SIP;cause=603,', 'token'],
  ['a control character in the text', 'SIP;text="\u001b[2J"', 'quoted-string'],
]

for (const [title, text, code] of BROKEN) {
  test(`a Reason field with ${title} is malformed`, () => {
    assert.throws(() => parseReason(text), { name: 'Malformed', code })
  })
}

const PLAIN = { noNullPrototype: true }
const token = fc.stringMatching(/^[a-z0-9\-.!%*_+`'~]{1,12}$/)
const text = fc.string({ unit: 'binary', maxLength: 30 }).filter((value) => !/[\u0000-\u001f\u007f]/.test(value))
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const anyReason: fc.Arbitrary<Reason> = fc.record(
  {
    protocol: token,
    cause: optional(fc.integer({ min: 0, max: 999 })),
    text: optional(text),
    location: optional(token),
    extensions: fc
      .uniqueArray(
        fc.tuple(
          token.filter((name) => !/^(cause|text|location)$/.test(name)),
          optional(fc.oneof(token, text)),
        ),
        { selector: ([name]) => name, maxLength: 4 },
      )
      .map((entries) => new Map(entries)),
  },
  PLAIN,
)

test('a Reason value written in canonical form reads back as itself, alone and in a list', () => {
  fc.assert(
    fc.property(anyReason, anyReason, (one, other) => {
      assert.deepEqual(parseReason(formatReason(one)), [one])
      assert.deepEqual(parseReason(`${formatReason(one)}, ${formatReason(other)}`), [one, other])
    }),
    { numRuns: 300 },
  )
})

test('a Reason value that would leave its place is not written', () => {
  const bad: Reason[] = [
    reason('SIP\r\nX: y'),
    reason(''),
    reason('SIP', { cause: 1000 }),
    reason('SIP', { cause: -1 }),
    reason('SIP', { cause: Number.NaN }),
    reason('SIP', { cause: 1.5 }),
    reason('SIP', { text: 'a\r\nX: y' }),
    reason('SIP', { text: '\0' }),
    reason('SIP', { location: 'R L N' }),
    reason('SIP', { location: 'RLN\r\nX: y' }),
    reason('SIP', { extensions: new Map([['a b', 'c']]) }),
    reason('SIP', { extensions: new Map([['a', '\n']]) }),
  ]
  for (const value of bad) assert.throws(() => formatReason(value), { name: 'Error' })
})
