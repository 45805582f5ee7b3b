import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameCarriers } from './carriers.ts'

const name = nameCarriers([
  { name: 'northwire', from: ['192.0.2.0/24', '2001:db8:1::/48'] },
  { name: 'eastline', from: ['198.51.100.7', '192.0.2.128/25'] },
])

const CASES: readonly (readonly [address: string, carrier: string])[] = [
  ['192.0.2.1', 'northwire'],
  ['192.0.2.200', 'northwire'],
  ['192.0.3.1', '192.0.3.1'],
  ['198.51.100.7', 'eastline'],
  ['198.51.100.8', '198.51.100.8'],
  ['2001:db8:1::5', 'northwire'],
  ['2001:db8:2::5', '2001:db8:2::5'],
  ['', ''],
  ['no address', 'no address'],
]

test('whoever answers is named by the first carrier that has the address, else by the address', () => {
  for (const turn of ['at first', 'as remembered'])
    for (const [address, carrier] of CASES) assert.equal(name(address), carrier, `${address} ${turn}`)
})

test('addresses without end are not remembered without end, and named all the same', () => {
  for (let host = 0; host < 30_000; host++) {
    const address = `10.${host >> 16}.${(host >> 8) & 255}.${host & 255}`
    assert.equal(name(address), address)
  }
  assert.equal(name('192.0.2.1'), 'northwire')
})
