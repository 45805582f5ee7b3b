import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oursOf } from './ours.ts'

const numbers = oursOf({ numbers: ['+1212555', '+442079460123', '4711'], from: [] })!
const addresses = oursOf({ numbers: [], from: ['192.0.2.0/24', '2001:db8::/32'] })!
const both = oursOf({ numbers: ['+1212555'], from: ['192.0.2.10'] })!

const CASES: readonly (readonly [
  title: string,
  isOurs: typeof numbers,
  from: string,
  sender: string,
  ours: boolean,
])[] = [
  ['a number that begins as ours do', numbers, '+12125550117', '198.51.100.20', true],
  ['the same without a plus', numbers, '12125550117', '', true],
  ['the same as it is dialled at home', numbers, '2125550117', '', true],
  ['a number next to ours', numbers, '+12125560117', '192.0.2.10', false],
  ['Morocco, whose code is our area code', numbers, '+2125550117', '', false],
  ['a number that is only the front of ours', numbers, '+121255', '', false],
  ['a whole number of ours', numbers, '+442079460123', '', true],
  ['its neighbour', numbers, '+442079460124', '', false],
  ['a short number inside the house', numbers, '4711', '', true],
  ['no number', numbers, 'sip:anonymous@anonymous.invalid', '', false],
  ['nothing', numbers, '', '', false],
  ['an own address, whatever the number', addresses, '+14155550100', '192.0.2.77', true],
  ['an own address of the other family', addresses, '+14155550100', '2001:db8::1', true],
  ['the address of a stranger', addresses, '+12125550117', '192.0.3.77', false],
  ['nobody knows from where', addresses, '+14155550100', '', true],
  ['a call that is passed on from our address', both, '+14155550100', '192.0.2.10', true],
  ['our number, forged, from a strange address', both, '+12125550117', '198.51.100.20', false],
  ['our number in a record, which has no address', both, '+12125550117', '', true],
  ['a strange number in a record', both, '+14155550100', '', false],
]

test('which calls are ours goes by addresses where these are known, else by numbers however they are written', () => {
  for (const [title, isOurs, from, sender, ours] of CASES) assert.equal(isOurs(from, sender), ours, title)
})

test('without a word about it there is no one to ask', () => assert.equal(oursOf(undefined), undefined))
