import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coversProtected, isBlockable, isEmergencyNumber, isEmergencyUrn } from './emergency.ts'
import { parseNumber } from './number.ts'

const NUMBERS: [number: string, emergency: boolean, blockable: boolean][] = [
  ['911', true, false],
  ['112', true, false],
  ['+1911', true, false],
  ['1911', true, false],
  ['+911', true, false],
  ['9-1-1', true, false],
  ['933', false, false],
  ['0911', false, true],
  ['9110', false, true],
  ['912', false, true],
  ['+12125550911', false, true],
  ['+9112345678', false, true],
  ['anonymous', false, true],
  ['alice', false, true],
]

for (const [number, emergency, blockable] of NUMBERS) {
  test(`${number} is ${emergency ? '' : 'not '}an emergency call and may ${blockable ? '' : 'not '}be listed to block`, () => {
    const party = parseNumber(number)
    assert.deepEqual([isEmergencyNumber(party), isBlockable(party)], [emergency, blockable])
  })
}

const URNS: [urn: string, emergency: boolean][] = [
  ['urn:service:sos', true],
  ['urn:service:sos.police', true],
  ['URN:Service:SOS.fire', true],
  ['urn:service:sosx', false],
  ['urn:service:so', false],
  ['urn:service:counseling', false],
  ['sip:sos@x.example', false],
]

for (const [urn, emergency] of URNS) {
  test(`${urn} is ${emergency ? '' : 'not '}an emergency service`, () => {
    const bytes = new TextEncoder().encode(`<${urn}>`)
    assert.equal(isEmergencyUrn(bytes, 1, bytes.length - 1), emergency)
  })
}

test('a prefix that would cover an emergency number is known', () => {
  assert.deepEqual(['9', '91', '911', '933', '11', '92', '9112', '2'].map(coversProtected), [
    true,
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ])
})
