import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseParty } from '#core/call/party.ts'
import { createReceiptRing } from '#core/receipt/receipt.ts'
import { receiptOpener } from './receipt-opener.ts'

const key = (fill: number) => new Uint8Array(32).fill(fill)
const OLD = { keys: new Map([[0, key(1)]]), currentSlot: 0 }
const NEW = {
  keys: new Map([
    [0, key(1)],
    [1, key(2)],
  ]),
  currentSlot: 1,
}
const FACTS = {
  atMs: 1_795_000_000_000,
  calling: parseParty('+12125550117'),
  called: parseParty('+14155550163'),
  rule: 1,
  transaction: { high: 1, low: 2 },
}

test('a receipt of a key that came a moment ago opens before anybody tells of the key', () => {
  const receipt = createReceiptRing(NEW.keys, NEW.currentSlot).seal(FACTS)
  let looks = 0
  const ring = receiptOpener(
    () => OLD,
    () => {
      looks++
      return NEW
    },
    () => 0,
  )

  assert.deepEqual(ring().open(receipt), FACTS)
  assert.deepEqual(ring().open(createReceiptRing(OLD.keys, 0).seal(FACTS)), FACTS)
  assert.equal(looks, 1)
})

test('a key that is not known is looked for once a second at most, one that is known never', () => {
  let nowMs = 0
  let looks = 0
  const read = () => {
    looks++
    return OLD
  }
  const ring = receiptOpener(
    () => OLD,
    read,
    () => nowMs,
  )
  const strange = (slot: number): string =>
    createReceiptRing(new Map([[slot, key(9)]]), slot).seal({ ...FACTS, rule: slot })
  const opened = Array.from({ length: 100 }, (_, index) => ring().open(strange(1 + (index % 20))))

  assert.equal(opened.filter((one) => one !== undefined).length, 0)
  assert.equal(looks, 1)
  nowMs = 1_000
  ring().open(strange(5))
  assert.equal(looks, 2)

  // A forged one of a key that is known takes the way of a real one: no look that its time could tell of.
  nowMs = 5_000
  for (const forged of [strange(0), 'A'.repeat(64), 'x']) assert.equal(ring().open(forged), undefined)
  assert.equal(looks, 2)
})

test('keys that went are forgotten as soon as the gate says so', () => {
  const receipt = createReceiptRing(OLD.keys, 0).seal(FACTS)
  let told = OLD
  const ring = receiptOpener(
    () => told,
    () => undefined,
    () => 0,
  )
  assert.deepEqual(ring().open(receipt), FACTS)
  told = { keys: new Map([[1, key(2)]]), currentSlot: 1 }
  assert.equal(ring().open(receipt), undefined)
})
