import assert from 'node:assert/strict'
import test from 'node:test'
import { numberPattern, spellingsOf } from './spelling.ts'

test('a number is found however it is written, and no other that holds its digits', () => {
  const cases: readonly (readonly [number: string, text: string, left: string])[] = [
    ['+12125550117', 'call +12125550117 back', 'call # back'],
    ['+12125550117', 'call (212) 555-0117, or 1-212-555-0117', 'call #, or #'],
    ['+12125550117', 'sip:12125550117@x and 212.555.0117', 'sip:#@x and #'],
    ['+12125550117', '+12125550118, 912125550117, 21255501170', '+12125550118, 912125550117, 21255501170'],
    ['+442079460018', '+44 20 7946 0018 and 442079460018', '# and #'],
    ['+442079460018', '2079460018', '2079460018'],
    [
      'sip:ann@clinic.example',
      'by <sip:Ann@clinic.example>, not sip:ann@clinic.example.org',
      'by <#>, not sip:ann@clinic.example.org',
    ],
    [
      'sip:ann@clinic.example',
      'sip:joann@clinic.example sipXann@clinic.example',
      'sip:joann@clinic.example sipXann@clinic.example',
    ],
    ['911', 'dial 911, not 9112', 'dial #, not 9112'],
  ]
  for (const [number, text, left] of cases) assert.equal(text.replace(numberPattern(number), '#'), left, text)
})

test('the spellings of a number are what calls carry', () => {
  assert.deepEqual(spellingsOf('+12125550117'), ['+12125550117', '12125550117', '2125550117'])
  assert.deepEqual(spellingsOf('+442079460018'), ['+442079460018', '442079460018'])
  assert.deepEqual(spellingsOf('911'), ['911'])
  assert.deepEqual(spellingsOf('sip:ann@clinic.example'), ['sip:ann@clinic.example'])
})
