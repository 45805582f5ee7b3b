import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reachableFamilies } from './addresses.ts'

test('a gate is reached over the families of its addresses that are not of this machine alone; [::] takes both', () => {
  const cases = [
    [['127.0.0.1', '::1'], []],
    [['0.0.0.0'], ['IPv4']],
    [['192.0.2.1', '::1'], ['IPv4']],
    [['2001:db8::1'], ['IPv6']],
    [
      ['127.0.0.1', '::'],
      ['IPv4', 'IPv6'],
    ],
    [['0:0:0:0:0:0:0:0'], ['IPv4', 'IPv6']],
  ] as const
  for (const [addresses, families] of cases) {
    const endpoints = addresses.map((address) => ({ address, port: 5060 }))
    assert.deepEqual(reachableFamilies(endpoints), families, addresses.join())
  }
})
