import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseDate } from './date.ts'

test('a date is read as it is written for the wire, to the second', () => {
  assert.equal(parseDate('Sat, 13 Nov 2010 23:29:00 GMT'), 1_289_690_940)
  assert.equal(parseDate(' sat, 13 nov 2010 23:29:00 gmt '), 1_289_690_940)
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
      assert.equal(parseDate(date.toUTCString()), Math.floor(date.getTime() / 1000))
    }),
    { numRuns: 300 },
  )
})

for (const text of [
  '',
  'Sat, 13 Nov 2010 23:29:00',
  'Sat, 13 Nov 2010 23:29:00 EST',
  'Sat, 13 Nov 2010 23:29:00 +0000',
  '13 Nov 2010 23:29:00 GMT',
  'Sat, 31 Feb 2010 23:29:00 GMT',
  'Sat, 13 Nov 2010 24:00:00 GMT',
  'Sat, 13 Nov 2010 23:60:00 GMT',
  'Sat, 13 Nov 10 23:29:00 GMT',
  '2010-11-13T23:29:00Z',
])
  test(`${JSON.stringify(text)} is no date of a message`, () => {
    assert.throws(() => parseDate(text), { name: 'Malformed', code: 'number' })
  })
