import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { faultOfAddress, peerLines } from './peer-lines.ts'

test('addresses and ranges of both families are taken, and what is none is told', () => {
  const good = [
    '192.0.2.7',
    '192.0.2.0/24',
    '0.0.0.0/0',
    '2001:db8::7',
    '::1',
    '::',
    '2001:db8::/32',
    '1:2:3:4:5:6:7:8',
  ]
  const bad = [
    '192.0.2',
    '192.0.2.256',
    '192.0.2.0/33',
    '192.0.2.7:5060',
    'sbc.example',
    '1::2::3',
    '2001:db8::/129',
    '1:2:3:4:5:6:7',
    '192.0.2.0/24/8',
    '", x: "',
  ]
  for (const text of good) assert.equal(faultOfAddress(text), undefined, text)
  for (const text of bad) assert.match(faultOfAddress(text) ?? '', /192\.0\.2\.0\/24/, text)
})

test('the lines are YAML of the keys that the configuration has', () => {
  const peers = [{ name: 'my-switch', from: '192.0.2.0/24', continue: 404 }]
  assert.deepEqual(parse(peerLines('192.0.2.0/24', ['IPv4'])), { gate: { peers } })
  assert.deepEqual(parse(peerLines('192.0.2.0/24', [])), { gate: { listen: ['udp:0.0.0.0:5060'], peers } })
})

test('where the gate is to listen is of the family of the switch, and takes from nobody who reaches it already', () => {
  const cases = [
    ['2001:db8::7', [], 'udp:[::]:5060'],
    ['2001:db8::/32', ['IPv4'], 'udp:[::]:5060'],
    ['2001:db8::7', ['IPv6'], undefined],
    ['192.0.2.7', ['IPv6'], 'udp:[::]:5060'],
    ['192.0.2.7', ['IPv4', 'IPv6'], undefined],
  ] as const
  for (const [address, reachable, listen] of cases) {
    const gate = {
      ...(listen !== undefined && { listen: [listen] }),
      peers: [{ name: 'my-switch', from: address, continue: 404 }],
    }
    assert.deepEqual(parse(peerLines(address, reachable)), { gate }, `${address} ${reachable.join()}`)
  }
})
