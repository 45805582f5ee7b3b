import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nameInput, showTime, visible } from './words.ts'

const CODES: [name: string, text: string, shown: string][] = [
  ['an escape sequence', '\u001b[31mred\u001b]0;title\u0007', '\\u001b[31mred\\u001b]0;title\\u0007'],
  ['the same in one octet', '\u009b31m', '\\u009b31m'],
  ['line ends and tabs', 'a\r\n\tb', 'a\\u000d\\u000a\\u0009b'],
  [
    'a change of direction',
    '\u202egnp.exe\u202c \u2066x\u2069 \u061c',
    '\\u202egnp.exe\\u202c \\u2066x\\u2069 \\u061c',
  ],
  ['what cannot be seen', 'a\u200bb\u00adc\ufeffd\u2028', 'a\\u200bb\\u00adc\\ufeffd\\u2028'],
  ['tags outside the basic plane', 'x\u{e0041}', 'x\\u{e0041}'],
  ['half a pair', '\ud800x', '\\ud800x'],
  ['letters of any script', 'Zoë Müller 電話 🙂', 'Zoë Müller 電話 🙂'],
]

for (const [name, text, shown] of CODES) {
  test(`on a terminal: ${name}`, () => {
    assert.equal(visible(text), shown)
  })
}

test('no text leaves a control or format character on the terminal', () => {
  let changed = 0
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const shown = visible(text)
      if (shown !== text) changed++
      assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
    }),
    { numRuns: 2_000 },
  )
  const octets = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code))
  assert.doesNotMatch(visible(octets), /[\p{Cc}\p{Cf}]/u)
  assert.match(octets, /[\p{Cc}\p{Cf}]/u, 'the check can fail')
  assert.ok(changed > 10, `only ${changed} texts had something to show`)
})

test('an input is named so that it fits a line', () => {
  assert.equal(nameInput('-'), 'standard input')
  assert.equal(nameInput('a\nb.pcap'), 'a\\u000ab.pcap')
  assert.equal(nameInput('calls.pcap does not exist', 'calls.pcap'), 'calls.pcap does not exist')
  const long = 'x'.repeat(5_000)
  assert.ok(nameInput(`${long} does not exist`, long).length < 300)
  assert.match(nameInput(`${long} does not exist`, long), /^x{100}…x{100} does not exist$/)
})

test('a time is shown with its zone', () => {
  assert.equal(showTime(Date.UTC(2026, 10, 22, 12, 0, 0, 7)), '2026-11-22 12:00:00.007 UTC')
})
