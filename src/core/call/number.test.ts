import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isWithheldHost, parseLeadingDigits, parseNumber, readNumber, type DialPlan } from './number.ts'
import { OTHER, WITHHELD, formatParty, parseParty, partyKey, type Party } from './party.ts'

const NANP: DialPlan = { country: 1, national: 10, international: '011' }
const GERMANY: DialPlan = { country: 49, national: 11, international: '00' }

const CASES: [title: string, text: string, plan: DialPlan | undefined, expected: string][] = [
  ['a global number', '+12125550117', undefined, '+12125550117'],
  ['visual separators', '+1-(212).555-0117', undefined, '+12125550117'],
  ['user parameters', '+12125550117;npdi=yes;tgrp=a.b;trunk-context=+1', undefined, '+12125550117'],
  ['a password', '+12125550117:secret', undefined, '+12125550117'],
  ['an escaped plus', '%2B12125550117', undefined, '+12125550117'],
  ['an escaped digit', '+1212555011%37', undefined, '+12125550117'],
  ['an escape of an escape', '%252B12125550117', undefined, ''],
  ['an escape that is cut off', '+12125550117%3', undefined, ''],
  ['an escape of letters', '%zz12125550117', undefined, ''],
  ['an escaped semicolon, which ends nothing', '+12125550117%3Bnpdi', undefined, ''],
  ['an escaped NUL', '+12125550117%00', undefined, ''],
  ['fifteen digits', '+123456789012345', undefined, '+123456789012345'],
  ['sixteen digits', '+1234567890123456', undefined, ''],
  ['a global number that starts with 0', '+02125550117', undefined, ''],
  ['a plus alone', '+', undefined, ''],
  ['two pluses', '++12125550117', undefined, ''],
  ['a plus inside', '1+2125550117', undefined, ''],
  ['a plus behind a separator', '(+1)2125550117', undefined, ''],
  ['nothing', '', undefined, ''],
  ['only user parameters', ';npdi', undefined, ''],
  ['a name', 'alice', undefined, ''],
  ['a number in a name', 'alice911', undefined, ''],
  ['a star code', '*67', undefined, ''],
  ['Arabic digits', '+١٢١٢', undefined, ''],
  ['full-width digits', '１２１２５５５０１１７', undefined, ''],
  ['a space', '+1 2125550117', undefined, ''],
  ['digits without a plan', '2125550117', undefined, '2125550117'],
  ['leading zeros', '0049301234', undefined, '0049301234'],
  ['a short code', '911', undefined, '911'],
  ['ten digits under the North American plan', '2125550117', NANP, '+12125550117'],
  ['eleven digits under the plan', '12125550117', NANP, '+12125550117'],
  ['eleven digits of another country code', '22125550117', NANP, '22125550117'],
  ['an area code that starts with 1', '1125550117', NANP, '1125550117'],
  ['an area code that starts with 0', '0125550117', NANP, '0125550117'],
  ['seven digits under the plan', '5550117', NANP, '5550117'],
  ['a short code under the plan', '911', NANP, '911'],
  ['an international prefix', '011493012345678', NANP, '+493012345678'],
  ['an international prefix and fifteen digits', '011123456789012345', NANP, '+123456789012345'],
  ['an international prefix and sixteen digits', '0111234567890123456', NANP, ''],
  ['an international prefix and a zero', '0110301234567', NANP, ''],
  ['an international prefix and an extension', '0115', NANP, '0115'],
  ['a plus wins over the plan', '+0112125550117', NANP, ''],
  ['another plan', '15112345678', GERMANY, '+4915112345678'],
  ['another plan with its country code', '4915112345678', GERMANY, '+4915112345678'],
  ['another international prefix', '0012125550117', GERMANY, '+12125550117'],
  ['anonymous', 'anonymous', undefined, 'withheld'],
  ['anonymous in capitals', 'Anonymous', undefined, 'withheld'],
  ['anonymous with an escape', '%61nonymous', undefined, 'withheld'],
  ['anonymous with parameters', 'anonymous;x=1', undefined, 'withheld'],
  ['unknown', 'unknown', undefined, 'withheld'],
  ['unavailable', 'unavailable', undefined, 'withheld'],
  ['a longer word', 'anonymously', undefined, ''],
  ['a shorter word', 'anonymou', undefined, ''],
]

for (const [title, text, plan, expected] of CASES) {
  test(`${title} (${JSON.stringify(text)}) reads as ${JSON.stringify(expected)}`, () => {
    assert.equal(formatParty(parseNumber(text, plan)), expected)
  })
}

test('a number is read in place, without the bytes around it', () => {
  const bytes = new TextEncoder().encode('<sip:+12125550117@origin.example>')

  const party = readNumber(bytes, 5, 17)

  assert.deepEqual(party, { kind: 'e164', digits: 12125550117, count: 11 })
})

test('leading digits are read by the plan as people write them, and by none only with a plus', () => {
  const cases: readonly (readonly [text: string, plan: DialPlan | undefined, expected: string | undefined])[] = [
    ['+1 (212) 555', undefined, '+1212555'],
    ['(212) 555', undefined, undefined],
    ['(212) 555', NANP, '+1212555'],
    ['1-212-555', NANP, '+1212555'],
    ['2125550142', NANP, '+12125550142'],
    ['011 44 20 7946', NANP, '+44207946'],
    ['0212 555', NANP, undefined],
    ['1112', NANP, undefined],
    ['112', NANP, undefined],
    ['30 1234', GERMANY, '+49301234'],
    ['4930 1234', GERMANY, '+4949301234'],
    ['49 30 1234 56789', GERMANY, '+4930123456789'],
    ['00 1 212 555', GERMANY, '+1212555'],
    ['030 1234', GERMANY, undefined],
    ['+0212', NANP, undefined],
    ['(212) five', NANP, undefined],
    ['', NANP, undefined],
  ]
  for (const [text, plan, expected] of cases) assert.equal(parseLeadingDigits(text, plan), expected, text)
})

test('an escape never reads beyond the end', () => {
  const bytes = new TextEncoder().encode('+1%37')
  assert.equal(readNumber(bytes, 0, 3), OTHER)
  assert.equal(readNumber(bytes, 0, 4), OTHER)
  assert.equal(formatParty(readNumber(bytes, 0, 5)), '+17')
})

test('hosts that name nobody are told from hosts', () => {
  const seen = ['anonymous.invalid', 'Anonymous.Invalid', 'unknown.invalid', 'anonymous.example', 'x.anonymous.invalid']
  assert.deepEqual(
    seen.map((host) => isWithheldHost(new TextEncoder().encode(host), 0, host.length)),
    [true, true, true, false, false],
  )
})

const userPart = fc.oneof(
  fc.string({ unit: fc.constantFrom(...Array.from('+0123456789%-.()23bB;:a ')), maxLength: 24 }),
  fc.stringMatching(/^\+?[0-9]{0,19}(;[a-z=+]{0,6})?$/),
  fc.stringMatching(/^(011|1|)[2-9][0-9]{6,14}$/),
  fc.string({ unit: 'binary', maxLength: 12 }),
)

test('the reader agrees with a second implementation by regular expressions', () => {
  const kinds = new Map<string, number>()
  fc.assert(
    fc.property(userPart, fc.constantFrom(undefined, NANP, GERMANY), (text, plan) => {
      const party = parseNumber(text, plan)
      kinds.set(party.kind, (kinds.get(party.kind) ?? 0) + 1)
      assert.deepEqual(party, byRegularExpression(text, plan))
    }),
    { numRuns: 4000 },
  )
  for (const kind of ['e164', 'digits', 'other']) assert.ok((kinds.get(kind) ?? 0) > 100, `few of kind ${kind}`)
})

test('parties that differ have keys that differ, and parties come back from their text', () => {
  const digits = fc.tuple(fc.boolean(), fc.stringMatching(/^[0-9]{1,15}$/))
  fc.assert(
    fc.property(digits, digits, ([leftPlus, left], [rightPlus, right]) => {
      const one = parseNumber(leftPlus ? `+${left}` : left)
      const other = parseNumber(rightPlus ? `+${right}` : right)
      assert.ok(Number.isSafeInteger(partyKey(one)))
      assert.equal(partyKey(one) === partyKey(other), formatParty(one) === formatParty(other))
      assert.deepEqual(parseParty(formatParty(one)), one)
    }),
    { numRuns: 1000 },
  )
  assert.deepEqual([partyKey(OTHER), partyKey(WITHHELD), partyKey(parseNumber('007'))], [0, -1, -1007])
})

function byRegularExpression(text: string, plan: DialPlan | undefined): Party {
  const [user = ''] = text.split(/[;:]/, 1)
  const broken = /%(?![0-9a-f]{2})/i.test(user)
  const plain = user.replace(/%([0-9a-f]{2})/gi, (_, octet: string) => String.fromCharCode(Number.parseInt(octet, 16)))
  if (!broken && /^(anonymous|unavailable|unknown)$/i.test(plain)) return WITHHELD
  if (broken || !/^\+?[0-9().-]*$/.test(plain)) return OTHER
  const digits = plain.replace(/[^0-9]/g, '')
  if (plain.startsWith('+')) return global(digits)
  if (plan !== undefined) {
    if (digits.startsWith(plan.international) && digits.length >= plan.international.length + 7) {
      return global(digits.slice(plan.international.length))
    }
    const start = plan.country === 1 ? '[2-9]' : '[1-9]'
    const national = new RegExp(`^(?:${plan.country})?(${start}[0-9]{${plan.national - 1}})$`)
    const found = national.exec(digits)
    if (found !== null) return global(`${plan.country}${found[1]}`)
  }
  return /^[0-9]{1,15}$/.test(digits) ? { kind: 'digits', digits: Number(digits), count: digits.length } : OTHER
}

function global(digits: string): Party {
  return /^[1-9][0-9]{0,14}$/.test(digits) ? { kind: 'e164', digits: Number(digits), count: digits.length } : OTHER
}
