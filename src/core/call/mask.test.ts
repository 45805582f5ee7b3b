import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { maskNumber } from './mask.ts'
import { formatParty, type Party } from './party.ts'

const MASKED: [number: string, masked: string][] = [
  ['+14155550163', '+1415xxxxxxx'],
  ['+1415555', '+1xxxxxx'],
  ['+79161234567', '+7xxxxxxxxxx'],
  ['+442079460123', '+44xxxxxxxxxx'],
  ['+4930123456', '+49xxxxxxxx'],
  ['+35312345678', '+353xxxxxxxx'],
  ['+8613812345678', '+86xxxxxxxxxxx'],
  ['+85212345678', '+852xxxxxxxx'],
  ['+35', '+35'],
  ['911', 'xxx'],
  ['4155550163', 'xxxxxxxxxx'],
  ['withheld', 'withheld'],
  ['', ''],
]

for (const [number, masked] of MASKED) {
  test(`the number ${JSON.stringify(number)} is shown to the calling side as ${JSON.stringify(masked)}`, () => {
    assert.equal(maskNumber(number), masked)
  })
}

test('of no number are more digits shown than country code and area, nor is its length changed', () => {
  let seen = 0
  const party = fc.record({ digits: fc.integer({ min: 1, max: 999_999_999_999_999 }), isGlobal: fc.boolean() })
  fc.assert(
    fc.property(party, ({ digits, isGlobal }) => {
      const count = String(digits).length
      const number = formatParty({ kind: isGlobal ? 'e164' : 'digits', digits, count } satisfies Party)
      const masked = maskNumber(number)
      const most = !isGlobal ? 0 : digits >= 1e10 && digits < 2e10 ? 4 : 3
      assert.match(masked, isGlobal ? /^\+[0-9]+x*$/ : /^x+$/)
      assert.ok((masked.match(/[0-9]/g)?.length ?? 0) <= most)
      assert.equal(masked.length, number.length)
      assert.ok(number.startsWith(masked.replaceAll('x', '')))
      seen++
    }),
    { numRuns: 2000 },
  )
  assert.ok(seen >= 2000)
})
