import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseReason } from '#codec/sip/reason.ts'
import { analyticsPairs, parseAnalyticsText } from './analytics-text.ts'
import { type ReasonValue, readReasonField } from './reason-value.ts'

type Facts = Partial<Omit<ReasonValue, 'analytics'>>

const VALUES: [title: string, field: string, values: Facts[]][] = [
  ['nothing', '', [{ protocol: '', broken: true, raw: '' }]],
  ['a protocol alone', 'SIP', [{ protocol: 'SIP', isSip: true, broken: false, cause: undefined }]],
  [
    'space everywhere',
    ' sip ; CAUSE = 603 ; Text = "a b" ; location = RLN ',
    [{ isSip: true, cause: 603, text: 'a b', location: 'RLN', broken: false }],
  ],
  [
    'two values',
    'Q.850;cause=21, SIP;cause=603',
    [
      { isQ850: true, cause: 21, raw: 'Q.850;cause=21' },
      { isSip: true, cause: 603 },
    ],
  ],
  [
    'a comma and a semicolon inside quotes',
    'SIP;text="a,b;c",Q.850',
    [{ text: 'a,b;c', broken: false }, { isQ850: true }],
  ],
  ['an escaped quote', 'SIP;text="a\\"b;c"', [{ text: 'a"b;c', broken: false, plainStart: false }]],
  ['an empty value between', 'SIP,,Q.850', [{ broken: false }, { broken: true, protocol: '' }, { broken: false }]],
  [
    'an open quote',
    'SIP;cause=603;text="v=analytics1;url=x, Q.850',
    [{ cause: 603, text: undefined, broken: true, plainStart: undefined }],
  ],
  ['a text without quotes', 'SIP;text=abc;location=RLN', [{ text: undefined, broken: true, location: 'RLN' }]],
  [
    'apostrophes for quotes',
    "SIP;text='v=analytics1;url=https://a.example/c'",
    [{ text: undefined, broken: true, outside: ['url'] }],
  ],
  ['a cause in letters', 'SIP;cause=busy', [{ cause: undefined, broken: true }]],
  ['a cause in quotes', 'SIP;cause="603"', [{ cause: undefined, broken: true }]],
  ['a cause of four digits', 'SIP;cause=6030', [{ cause: 6030, broken: false }]],
  ['a parameter twice', 'SIP;text="a";TEXT="b";x=1;X=2', [{ text: 'a', repeated: true, broken: false }]],
  [
    'fields outside the text',
    'SIP;v=analytics1;url="https://a.example";ID=7;lang=en',
    [{ outside: ['v', 'url', 'id'], broken: false }],
  ],
  ['an address in brackets', 'SIP;x=[::1]', [{ broken: false }]],
  ['rubbish behind a quoted text', 'SIP;text="a"b;location=RLN', [{ text: 'a', location: 'RLN', broken: true }]],
  ['an empty parameter', 'SIP;;cause=603', [{ cause: 603, broken: true }]],
  ['an empty location', 'SIP;location=', [{ location: undefined, broken: true }]],
]

for (const [title, field, values] of VALUES) {
  test(`a Reason field with ${title} is read as far as it goes`, () => {
    const read = readReasonField(field)
    assert.equal(read.length, values.length)
    for (const [index, facts] of values.entries())
      for (const [name, fact] of Object.entries(facts))
        assert.deepEqual(read[index]![name as keyof ReasonValue], fact, `${index} ${name}`)
  })
}

test('parameters and values beyond the limits are not read, and say so', () => {
  const parameters = readReasonField(`SIP${';a=1'.repeat(70)};cause=603, Q.850`)
  assert.deepEqual(
    parameters.map(({ protocol, cause, broken }) => [protocol, cause, broken]),
    [
      ['SIP', undefined, true],
      ['Q.850', undefined, false],
    ],
  )
  assert.equal(readReasonField('SIP,'.repeat(1000)).length, 256)
})

test('what the strict reader accepts, the lenient one reads alike and calls sound', () => {
  const token = fc.stringMatching(/^[a-zA-Z0-9!%*_+`'~.-]{1,8}$/)
  const quoted = fc.string({ maxLength: 20 }).map((text) => `"${text.replace(/[\\"]/g, '\\$&')}"`)
  const parameter = fc.oneof(
    fc.integer({ min: 0, max: 999 }).map((cause) => `cause=${cause}`),
    quoted.map((text) => `text=${text}`),
    token.map((text) => `location=${text}`),
    fc.tuple(token, fc.oneof(token, quoted)).map(([name, text]) => `x${name}=${text}`),
  )
  let compared = 0
  fc.assert(
    fc.property(
      fc.array(fc.tuple(token, fc.array(parameter, { maxLength: 4 })), { minLength: 1, maxLength: 3 }),
      (list) => {
        const field = list.map(([protocol, parameters]) => [protocol, ...parameters].join(';')).join(', ')
        const lenient = readReasonField(field)
        const strict = attempt(() => parseReason(field))
        if (strict === undefined) {
          assert.ok(
            lenient.some(({ broken, repeated }) => broken || repeated),
            field,
          )
          return
        }
        compared++
        assert.deepEqual(
          lenient.map(({ protocol, cause, text, location, broken }) => ({ protocol, cause, text, location, broken })),
          strict.map(({ protocol, cause, text, location }) => ({ protocol, cause, text, location, broken: false })),
        )
      },
    ),
    { numRuns: 400 },
  )
  assert.ok(compared > 100, `only ${compared} fields were compared`)
})

test('the protocol is SIP in any case of ASCII letters, and in no other', () => {
  const isSip = (protocol: string) => readReasonField(`${protocol};cause=603`)[0]!.isSip
  assert.deepEqual(['SIP', 'sip', 'sIp'].map(isSip), [true, true, true])
  assert.deepEqual(['\u017fIP', 'S\u0131P', 'SIPS', 'xSIP', 'SI'].map(isSip), [false, false, false, false, false])
})

test('any text is read as some values, without an exception', () => {
  const pieces = fc.constantFrom(
    'SIP',
    ';',
    ',',
    '"',
    '\\',
    '=',
    ' ',
    'text=',
    'cause=',
    'v=analytics1',
    'é',
    '[',
    '\0',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(pieces).map((list) => list.join('')),
      ),
      (field) => {
        assert.ok(readReasonField(field).length > 0)
      },
    ),
    { numRuns: 400 },
  )
})

test('pairs keep order, repeats and first values; oddities are told apart', () => {
  const text = parseAnalyticsText('v=analytics1; URL=https://a.example/?x=1;url=b;lang=en;tel;email= ;')
  assert.deepEqual(
    [text.version, text.url, text.tel, text.email, text.unknownKeys, text.versionFirst],
    ['analytics1', 'https://a.example/?x=1', undefined, undefined, ['lang'], true],
  )
  assert.deepEqual([text.repeated, text.untidy, text.incomplete], [true, true, true])
  assert.deepEqual(
    analyticsPairs(text.raw).map(({ key, value }) => `${key}:${value}`),
    ['v:analytics1', 'url:https://a.example/?x=1', 'url:b', 'lang:en'],
  )
  const clean = parseAnalyticsText('v=analytics1;id=7')
  assert.deepEqual([clean.repeated, clean.untidy, clean.incomplete], [false, false, false])
})

test('a text inside a longer field is read as the same text alone, and its pairs agree with it', () => {
  const pieces = fc.constantFrom('v', 'url', 'id', 'lang', '=', '=', ';', ';', ' ', '\t', 'V', 'analytics1')
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (list) => {
      const raw = list.join('')
      const alone = parseAnalyticsText(raw)
      assert.deepEqual(parseAnalyticsText(`a=b;${raw};c=d`, 4, 4 + raw.length), alone)
      const pairs = analyticsPairs(raw)
      for (const key of ['v', 'url', 'id'] as const)
        assert.equal(pairs.find((pair) => pair.key === key)?.value, alone[key === 'v' ? 'version' : key])
      assert.equal(alone.repeated, new Set(pairs.map(({ key }) => key)).size < pairs.length)
      assert.deepEqual(
        alone.unknownKeys.includes('lang'),
        pairs.some(({ key }) => key === 'lang'),
      )
    }),
    { numRuns: 500 },
  )
})

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
