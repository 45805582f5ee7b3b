import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countryOfCallingCode, parseCountry } from './country.ts'

test('a country is named by its two letters', () => {
  assert.deepEqual(['DE', 'us', 'Gb'].map(parseCountry), ['DE', 'US', 'GB'])
  assert.deepEqual(['XX', '', 'USA', '49', 'D E'].map(parseCountry), [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

test('a calling code leads to its country, a shared one to the one it is mostly used for, another to none', () => {
  assert.deepEqual([1, 44, 49, 7, 39].map(countryOfCallingCode), ['US', 'GB', 'DE', 'RU', 'IT'])
  assert.deepEqual([999, 10, 0].map(countryOfCallingCode), [undefined, undefined, undefined])
})
