import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fingerprint } from './fingerprint.ts'

const KEY = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')

test('the same octets have the same fingerprint wherever they lie; a change of any octet or of the length makes another', () => {
  const fingerprint = new Fingerprint(KEY)
  let changed = 0
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 90 }),
      fc.nat(7),
      fc.nat(),
      fc.nat(),
      (octets, before, at, by) => {
        const lying = Buffer.concat([Buffer.alloc(before, 7), octets, Buffer.alloc(3, 7)])
        const own = fingerprint.of(octets, 0, octets.length)
        assert.ok(Number.isSafeInteger(own) && own >= 0)
        assert.equal(fingerprint.of(lying, before, before + octets.length), own)
        const other = Uint8Array.from(octets)
        other[at % octets.length]! ^= 1 + (by % 255)
        assert.notEqual(fingerprint.of(other, 0, other.length), own)
        assert.notEqual(fingerprint.of(octets, 0, octets.length - 1), own)
        changed++
      },
    ),
    { numRuns: 2_000 },
  )
  assert.ok(changed >= 2_000)
})

test('messages that differ in a few digits do not meet among a hundred thousand', () => {
  const fingerprint = new Fingerprint(KEY)
  const seen = new Set<number>()
  for (let call = 0; call < 100_000; call++) {
    const octets = Buffer.from(
      `INVITE sip:+14155550163@gate SIP/2.0\r\nCall-ID: ${call}@192.0.2.1\r\nCSeq: ${call % 7} INVITE`,
    )
    seen.add(fingerprint.of(octets, 0, octets.length))
  }
  assert.equal(seen.size, 100_000)
})

test('under another key the same octets have another fingerprint', () => {
  const octets = Buffer.from('INVITE sip:a@b SIP/2.0')
  const [one, other] = [KEY, Buffer.alloc(16, 9)].map((key) => new Fingerprint(key).of(octets, 0, octets.length))
  assert.notEqual(one, other)
})
