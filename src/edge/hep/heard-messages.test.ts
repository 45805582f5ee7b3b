import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { HeardMessages } from './heard-messages.ts'

test('a message is known again within the span, and not after it', () => {
  const heard = new HeardMessages(500, 8)
  const asked: [fingerprint: number, nowMs: number, isRepeated: boolean][] = [
    [0, 0, false],
    [0, 499, true],
    [2 ** 53 - 2, 499, false],
    [0, 500, false],
    [2 ** 53 - 2, 998, true],
    [0, 999, true],
    [0, 1_000, false],
    [2 ** 53 - 2, 10_000, false],
  ]
  for (const [fingerprint, nowMs, isRepeated] of asked)
    assert.equal(heard.isRepeated(fingerprint, nowMs), isRepeated, `${fingerprint} at ${nowMs}`)
})

test('beyond the capacity the oldest is not known again, and the newest half always is', () => {
  const heard = new HeardMessages(500, 8)
  for (let fingerprint = 0; fingerprint < 20; fingerprint++) assert.ok(!heard.isRepeated(fingerprint, 0))
  for (let fingerprint = 16; fingerprint < 20; fingerprint++) assert.ok(heard.isRepeated(fingerprint, 1))
  assert.ok(!heard.isRepeated(0, 1))
})

test('fingerprints that share their low bits are told apart', () => {
  const heard = new HeardMessages(500, 8)
  const alike = [3, 3 + 2 ** 32, 3 + 2 ** 33]
  assert.deepEqual(
    [...alike, ...alike].map((fingerprint) => heard.isRepeated(fingerprint, 0)),
    [false, false, false, true, true, true],
  )
})

test('while there is room, it answers as a list of all that was heard would', () => {
  const messages = fc.array(fc.tuple(fc.nat(9), fc.nat(250)), { minLength: 20, maxLength: 300 })
  let repeated = 0
  fc.assert(
    fc.property(messages, (steps) => {
      const heard = new HeardMessages(500, 1_024)
      const listed = new Map<number, number>()
      let nowMs = 0
      for (const [fingerprint, laterMs] of steps) {
        nowMs += laterMs
        const isRepeated = nowMs - (listed.get(fingerprint) ?? -Infinity) < 500
        if (isRepeated) repeated++
        else listed.set(fingerprint, nowMs)
        assert.equal(heard.isRepeated(fingerprint, nowMs), isRepeated)
      }
    }),
  )
  assert.ok(repeated > 100)
})

test('a capacity that is no power of two is our own fault', () => {
  for (const capacity of [0, 2, 6, 1.5, Number.NaN])
    assert.throws(() => new HeardMessages(500, capacity), /power of two/)
})
