import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNumber } from '#core/call/number.ts'
import { blockDigits, makeBlockDigits } from './block-digits.ts'

test('the block of a number is as wide as the rule says, else its country, else a thousand numbers', () => {
  const blocks = makeBlockDigits(
    new Map([
      ['1', 7],
      ['44', 9],
      ['4', 5],
      ['599', 6],
    ]),
  )
  for (const [number, prefix, expected] of [
    ['+12125550117', undefined, 7],
    ['+12125550117', 10, 10],
    ['+442079460123', undefined, 9],
    ['+4930123456', undefined, 5],
    ['+59991234567', undefined, 6],
    ['+59891234567', undefined, 8],
    ['+123', undefined, 7],
    ['2125550117', undefined, 7],
    ['12125550117', undefined, 8],
    ['12', undefined, -1],
  ] as const) {
    assert.equal(blockDigits({ prefix, blocks }, parseNumber(number)), expected, number)
  }
  assert.equal(blockDigits({}, parseNumber('+12125550117')), 8)
})
