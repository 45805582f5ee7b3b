import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LIST_VALUES_MAX, PARAMETERS_MAX } from './limits.ts'
import { Malformed, type MalformedCode } from './malformed.ts'
import { parseReason } from './reason.ts'
import { formatParameters, formatQuoted, formatToken, scan, splitList, unescapeQuoted } from './scanner.ts'

const QUOTED: [title: string, text: string, value: string][] = [
  ['an empty string', '""', ''],
  ['a semicolon', '"a;b"', 'a;b'],
  ['an escaped quote', String.raw`"a\"b"`, 'a"b'],
  ['an escaped backslash at the end', String.raw`"a\\"`, 'a\\'],
  ['an escaped letter', String.raw`"\a\b"`, 'ab'],
  ['an escaped NUL', '"a\\\0b"', 'a\0b'],
  ['a tab', '"a\tb"', 'a\tb'],
  ['a fold', '"a\r\n b"', 'a b'],
  ['a fold with white space on both sides', '"a \t\r\n \tb"', 'a b'],
  ['UTF-8', '"Zoë 電話"', 'Zoë 電話'],
]

for (const [title, text, value] of QUOTED) {
  test(`a quoted string may hold ${title}`, () => {
    const scanner = scan(`;x=${text};y`, 'test')

    assert.deepEqual(
      [...scanner.parameters()],
      [
        ['x', value],
        ['y', undefined],
      ],
    )
  })
}

const PARAMETERS: [title: string, text: string, parameters: [string, string | undefined][]][] = [
  ['nothing', '', []],
  ['a name alone', ';lr', [['lr', undefined]]],
  ['a name in capitals, kept in lower case', ';TAG=Ab', [['tag', 'Ab']]],
  [
    'white space and folds round every separator',
    ' ; a =\r\n b ;\tc',
    [
      ['a', 'b'],
      ['c', undefined],
    ],
  ],
  [
    'names of object members',
    ';__proto__=1;constructor=2',
    [
      ['__proto__', '1'],
      ['constructor', '2'],
    ],
  ],
  ['an IPv6 address in brackets', ';received=[2001:db8::1]', [['received', '[2001:db8::1]']]],
  ['an IPv6 address without brackets', ';received=2001:db8::9:255', [['received', '2001:db8::9:255']]],
  ['an IPv6 address that starts with colons', ';received=::1', [['received', '::1']]],
  ['every token character', ";-.!%*_+`'~9aZ=-.!%*_+`'~9aZ", [["-.!%*_+`'~9az", "-.!%*_+`'~9aZ"]]],
]

for (const [title, text, parameters] of PARAMETERS) {
  test(`parameters may be ${title}`, () => {
    const scanner = scan(text, 'test')

    assert.deepEqual([...scanner.parameters()], parameters)
    scanner.expectEnd()
  })
}

const BROKEN: [title: string, text: string, code: MalformedCode, at: number][] = [
  ['a semicolon at the end', ';a;', 'parameter', 3],
  ['an empty name', ';;a', 'parameter', 1],
  ['an equals sign without value', ';a=', 'parameter', 3],
  ['an equals sign without name', ';=b', 'parameter', 1],
  ['a name twice, in another case', ';a=1;A=2', 'parameter', 5],
  ['an open quote', ';a="b', 'quoted-string', 3],
  ['a quote closed by an escaped quote', String.raw`;a="b\"`, 'quoted-string', 3],
  ['a bare control character in quotes', ';a="b\u0007"', 'quoted-string', 5],
  ['a bare NUL in quotes', ';a="b\0"', 'quoted-string', 5],
  ['a bare DEL in quotes', ';a="b\u007f"', 'quoted-string', 5],
  ['an open bracket', ';a=[::1', 'host-port', 3],
  ['two values', ';a=b c', 'trailing', 5],
  ['a port behind a host', ';a=host.example:5060', 'trailing', 3],
]

for (const [title, text, code, at] of BROKEN) {
  test(`parameters with ${title} are malformed`, () => {
    const scanner = scan(text, 'test')
    if (code === 'trailing') {
      scanner.parameters()
      assert.throws(() => scanner.expectEnd(), { name: 'Malformed', code })
      return
    }
    assert.throws(() => scanner.parameters(), { name: 'Malformed', code, at, cite: 'test' })
  })
}

test(`a value may have ${PARAMETERS_MAX} parameters, each value of a list anew, and not one more`, () => {
  const most = Array.from({ length: PARAMETERS_MAX }, (_, index) => `;p${index}`).join('')

  assert.deepEqual(
    parseReason(`SIP${most},Q.850${most}`).map((reason) => reason.extensions.size),
    [PARAMETERS_MAX, PARAMETERS_MAX],
  )
  assert.throws(() => parseReason(`SIP${most};one-more`), { code: 'too-long' })
})

test(`a list may have ${LIST_VALUES_MAX} values and not one more`, () => {
  const most = Array.from({ length: LIST_VALUES_MAX }, () => 'SIP').join()

  assert.equal(parseReason(most).length, LIST_VALUES_MAX)
  assert.throws(() => parseReason(`${most},SIP`), { code: 'too-long' })
})

const LISTS: [text: string, pieces: string[]][] = [
  ['', ['']],
  ['a', ['a']],
  [' a , b ', ['a', 'b']],
  ['a,,b,', ['a', '', 'b', '']],
  ['"a,b",c', ['"a,b"', 'c']],
  [String.raw`"a\",b",c`, [String.raw`"a\",b"`, 'c']],
  ['<sip:a,b@c>,d', ['<sip:a,b@c>', 'd']],
  ['"<",a', ['"<"', 'a']],
  ['"a,b', ['"a,b']],
]

for (const [text, pieces] of LISTS) {
  test(`the list ${JSON.stringify(text)} splits at the commas that separate`, () => {
    assert.deepEqual(splitList(text), pieces)
  })
}

/** What a quoted string can carry without escapes beyond the two that need one. */
const printable = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !/[\u0000-\u001f\u007f]/.test(text))

test('text comes back from a quoted string, and through a parameter', () => {
  fc.assert(
    fc.property(printable, (text) => {
      const quoted = formatQuoted(text)
      assert.equal(unescapeQuoted(quoted.slice(1, -1)), text)
      assert.deepEqual([...scan(formatParameters(new Map([['x', text]])), 'test').parameters()], [['x', text]])
    }),
  )
})

test('a control character is not written into a quoted string, a name or a value', () => {
  for (const control of ['\r\nX: y', '\n', '\0', '\u001b[2J', '\t', '\u007f']) {
    assert.throws(() => formatQuoted(control), Error)
    assert.throws(() => formatParameters(new Map([['x', control]])), Error)
    assert.throws(() => formatParameters(new Map([[control, 'x']])), Error)
    assert.throws(() => formatToken(control), Error)
  }
  assert.throws(() => formatToken(''), Error)
  assert.throws(() => formatToken('a b'), Error)
})

test('a fault says where and which rule', () => {
  const fault = new Malformed('parameter', 7, 'RFC 3261 §7.3.1')

  assert.match(fault.message, /^a parameter is empty, broken or repeated \(parameter at 7, RFC 3261 §7\.3\.1\)$/)
})
