import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TRANSACTION_MS } from './memory.ts'
import { SharedCalls, sharedCallsBytes } from './shared-calls.ts'

const NOW = Date.UTC(2026, 10, 22, 12)

test('what one gate decided about a call is known to another, for as long as a transaction lasts', () => {
  const buffer = new SharedArrayBuffer(sharedCallsBytes(1000))
  const one = new SharedCalls(buffer, 1000, 7)
  const other = new SharedCalls(buffer, 1000, 7)
  assert.equal(other.find(1, 2, NOW), undefined)

  one.keep(1, 2, NOW, false)
  one.keep(3, 4, NOW, true)

  assert.equal(other.find(1, 2, NOW), 'goes-on')
  assert.equal(other.find(3, 4, NOW + TRANSACTION_MS - 100), 'stopped')
  assert.equal(other.find(3, 4, NOW + TRANSACTION_MS + 100), undefined)
  assert.equal(other.find(2, 1, NOW), undefined)
})

test('a decision may change, and a later one lasts from then on', () => {
  const calls = new SharedCalls(new ArrayBuffer(sharedCallsBytes(1000)), 1000, 7)
  calls.keep(5, 6, NOW, false)
  calls.keep(5, 6, NOW + 20_000, true)
  assert.equal(calls.find(5, 6, NOW + TRANSACTION_MS + 10_000), 'stopped')
})

test('a memory that is full forgets what is oldest and keeps what is new', () => {
  const calls = new SharedCalls(new ArrayBuffer(sharedCallsBytes(100)), 100, 7)
  for (let call = 0; call < 1000; call++) calls.keep(call * 7919, call * 104_729, NOW + call, false)
  assert.equal(calls.find(999 * 7919, 999 * 104_729, NOW + 1000), 'goes-on')
  const kept = Array.from({ length: 1000 }, (_, call) => calls.find(call * 7919, call * 104_729, NOW + 1000)).filter(
    Boolean,
  )
  assert.ok(kept.length >= 100 && kept.length < 200, `${kept.length} kept`)
})

test('the all-zero hash names a call like any other', () => {
  const calls = new SharedCalls(new ArrayBuffer(sharedCallsBytes(100)), 100, 7)
  calls.keep(0, 0, NOW, true)
  assert.equal(calls.find(0, 0, NOW), 'stopped')
})
