import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { countryDigits } from '#core/call/country-code.ts'
import { parseNumber } from '#core/call/number.ts'
import { parseParty } from '#core/call/party.ts'
import { FLAWS, flawOf, type Flaw } from './invalid.ts'

/** Each number, what is wrong with it, and one beside it with which nothing is. */
const FLAWED: [number: string, flaw: Flaw, sound: string][] = [
  ['+11125552117', 'area-code', '+12125552117'],
  ['+10125552117', 'area-code', '+13125552117'],
  ['+12115552117', 'area-code', '+12105552117'],
  ['+19115552117', 'area-code', '+19105552117'],
  ['+12925552117', 'area-code', '+12825552117'],
  ['+13705552117', 'area-code', '+13605552117'],
  ['+13755552117', 'area-code', '+13855552117'],
  ['+19605552117', 'area-code', '+19505552117'],
  ['+12121552117', 'exchange', '+12122552117'],
  ['+12120552117', 'exchange', '+12123552117'],
  ['+12124112117', 'exchange', '+18004112117'],
  ['+12129112117', 'exchange', '+12129122117'],
  ['+12125550100', 'fictional', '+12125550099'],
  ['+12125550199', 'fictional', '+12125550200'],
  ['+18005550199', 'fictional', '+18005550142'],
  ['+1212555211', 'length', '+12125552117'],
  ['+121255521170', 'length', '+12125552118'],
  ['+10000000000', 'zeros', '+12002000000'],
  ['+99912345678', 'country-code', '+99812345678'],
  ['+21012345678', 'country-code', '+21112345678'],
  ['+2831234567', 'country-code', '+2911234567'],
  ['+99', 'country-code', '+6831234'],
  ['+683123', 'length', '+6834567'],
  ['+4412', 'length', '+442079460123'],
  ['000000000', 'zeros', '000000001'],
  ['alice', 'name', 'anonymous'],
  ['+0441234567', 'name', '0441234567'],
  ['+1234567890123456', 'name', '+449876543210987'],
]

for (const [number, flaw, sound] of FLAWED) {
  test(`${number} cannot be, by its ${flaw}; ${sound} can`, () => {
    assert.equal(flawOf(parseNumber(number), false), flaw)
    assert.equal(flawOf(parseNumber(sound), false), undefined)
  })
}

test('there is a number for each flaw', () => {
  assert.deepEqual([...new Set(FLAWED.map(([, flaw]) => flaw))].sort(), [...FLAWS].sort())
})

test('ten digits without a country code are looked at only where they are known to be North American', () => {
  for (const [digits, flaw] of [
    ['1112223333', 'area-code'],
    ['11112223333', 'area-code'],
    ['2121552117', 'exchange'],
    ['2125552117', undefined],
    ['12125552117', undefined],
    ['21255521170', undefined],
    ['5552117', undefined],
    ['411', undefined],
    ['000', undefined],
  ] as const) {
    assert.equal(flawOf(parseNumber(digits), true), flaw, digits)
    assert.equal(flawOf(parseNumber(digits), false), undefined, digits)
  }
})

test('country codes are one, two or three digits, and none begins with another', () => {
  const codes = Array.from({ length: 999 }, (_, index) => String(index + 1)).filter(
    (code) => countryDigits(parseParty(`+${code.padEnd(9, '5')}`)) === code.length,
  )
  assert.ok(codes.length > 200 && codes.length < 250, `${codes.length} codes`)
  for (const code of ['1', '7', '44', '49', '212', '383', '599', '692', '870', '979', '998'])
    assert.ok(codes.includes(code))
  for (const code of ['0', '28', '210', '214', '384', '422', '699', '801', '899', '999'])
    assert.ok(!codes.includes(code))
  for (const code of codes) {
    assert.ok(!codes.some((other) => other !== code && other.startsWith(code)), code)
  }
})

test('a number of the North American plan is sound exactly when a pattern says so', () => {
  const pattern = /^1(?!.11)[2-9][0-8][0-9](?<!37.|96.)(?!.11)[2-9][0-9]{6}$/
  let sound = 0
  const geographic = fc.integer({ min: 101, max: 499 })
  fc.assert(
    fc.property(geographic, fc.integer({ min: 0, max: 9_999_999 }), (area, rest) => {
      const digits = `1${area}${String(rest).padStart(7, '0')}`
      const isFictional = /5550[1][0-9]{2}$/.test(digits)
      const expected = pattern.test(digits) && !isFictional
      if (expected) sound++
      assert.equal(flawOf(parseNumber(`+${digits}`), false) === undefined, expected, digits)
    }),
    { numRuns: 3000 },
  )
  assert.ok(sound > 500, `only ${sound} sound`)
})
