import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatAway, formatLength, formatUtc } from './moment-words.ts'
import { readStretches } from './outside-text.ts'
import { groupDigits } from './phone-digits.ts'

test('what would not be seen in a text is named, and what is seen stays as it is', () => {
  const cases: readonly (readonly [text: string, hidden: readonly string[]])[] = [
    ['Acme Clinic', []],
    ['Zoë’s Ärzte 東京 العيادة', []],
    ['a\u202egnp.exe', ['right-to-left override']],
    ['a\u200bb\ufeffc', ['space of no width', 'byte order mark']],
    ['a\r\nb', ['carriage return', 'line end']],
    ['a\u0000\u001b[31m', ['null', 'escape']],
    ['a\u00a0b', ['space that holds together']],
    ['a b', []],
    ['a\u3164b', ['U+3164']],
    ['\ud800', ['U+D800']],
    ['Z\u0335\u0321\u0322\u0323', []],
    ['Z\u0335\u0321\u0322\u0323\u0324\u0325', ['2 more marks']],
  ]
  for (const [text, hidden] of cases) {
    const found = readStretches(text).flatMap(({ hidden }) => (hidden === undefined ? [] : [hidden]))
    assert.deepEqual(found, hidden, JSON.stringify(text))
  }
})

test('nothing of a text is lost or moved, and no control character is left to be shown', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const stretches = readStretches(text)
      assert.equal(stretches.map(({ text }) => text).join(''), text)
      for (const { text, hidden } of stretches) if (hidden === undefined) assert.ok(!UNSEEN.test(text))
    }),
  )
})

test('how far off a moment is, in words that say enough', () => {
  const cases: readonly (readonly [awayMs: number, words: string])[] = [
    [0, 'now'],
    [44_000, 'now'],
    [-46_000, '1 minute ago'],
    [20 * 60_000, 'in 20 minutes'],
    [-80 * 60_000, '80 minutes ago'],
    [95 * 60_000, 'in 2 hours'],
    [24 * 3_600_000, 'in 24 hours'],
    [-47 * 3_600_000, '47 hours ago'],
    [3 * 86_400_000, 'in 3 days'],
    [-59 * 86_400_000, '59 days ago'],
    [90 * 86_400_000, 'in 3 months'],
    [800 * 86_400_000, 'in 2 years'],
  ]
  for (const [away, words] of cases) assert.equal(formatAway(NOW + away, NOW), words, String(away))
  assert.equal(formatUtc(NOW), '22 Nov 2026, 12:00:00 UTC')
})

test('lengths of time are as short as they stay clear', () => {
  for (const [ms, words] of [
    [3.4, '3 ms'],
    [40_000, '40 s'],
    [125_000, '2 min'],
    [3 * 3_600_000, '3 h'],
    [3.5 * 3_600_000, '3 h 30 min'],
    [9 * 86_400_000, '9 days'],
  ] as const)
    assert.equal(formatLength(ms), words)
})

test('a number is grouped by its plan where it is one, and left alone where it is none', () => {
  for (const [number, groups] of [
    ['+12125550117', '+1 212 555 0117'],
    ['+180055501426848', '+1 800 555 0142 6848'],
    ['+112555501426', '+112 555 501 426'],
    ['+493012345678', '+493 012 345 678'],
    ['+4930123456', '+4930 123 456'],
    ['2125550117', undefined],
    ['+1', undefined],
    ['+0123456789', undefined],
    ['anonymous', undefined],
    ['+1212555011<', undefined],
  ] as const)
    assert.equal(groupDigits(number)?.join(' '), groups, number)
})

const UNSEEN = /[\p{Cc}\p{Cf}]/u
const NOW = Date.UTC(2026, 10, 22, 12)
