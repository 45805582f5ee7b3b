import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Memory, TRANSACTION_MS } from './memory.ts'
import { SipHash } from './siphash.ts'
import { formatTransaction, parseTransaction } from './transaction.ts'

const KEY = Uint8Array.from({ length: 16 }, (_, index) => index)
const INPUT = Uint8Array.from({ length: 64 }, (_, index) => index)

/** From the reference implementation of SipHash-2-4: outputs for inputs 00, 00 01, … under the key 00 01 … 0f. */
const REFERENCE: readonly (readonly [length: number, hash: string])[] = [
  [0, '726fdb47dd0e0e31'],
  [1, '74f839c593dc67fd'],
  [2, '0d6c8009d9a94f5a'],
  [3, '85676696d7fb7e2d'],
  [4, 'cf2794e0277187b7'],
  [7, 'ab0200f58b01d137'],
  [8, '93f5f5799a932462'],
  [15, 'a129ca6149be45e5'],
]

for (const [length, expected] of REFERENCE) {
  test(`SipHash-2-4 of ${length} octets is the reference value`, () => {
    const hash = new SipHash(KEY).octets(INPUT, 0, length).finish()

    assert.equal(formatTransaction(hash), expected)
  })
}

test('SipHash-1-3 is what the authors call so', () => {
  assert.equal(formatTransaction(new SipHash(KEY, '1-3').finish()), 'abac0158050fc4dc')
})

test('SipHash of any length and in both kinds is what the definition gives', () => {
  const kinds = [
    ['2-4', 2, 4],
    ['1-3', 1, 3],
  ] as const
  for (const [kind, rounds, lastRounds] of kinds) {
    const hash = new SipHash(KEY, kind)
    for (const length of [5, 63, 504, 505, 511, 512, 513, 519, 520, 1024, 1432]) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 37 + length) & 255)
      const digits = formatTransaction(hash.start().octets(bytes, 0, length).finish())
      assert.equal(digits, defined(bytes, rounds, lastRounds), `${kind} of ${length} octets`)
    }
  }
})

test('SipHash absorbs the same octets in any pieces', () => {
  const hash = new SipHash(KEY)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
      const at = Math.min(cut, bytes.length)
      const whole = formatTransaction(hash.start().octets(bytes, 0, bytes.length).finish())
      const pieces = formatTransaction(hash.start().octets(bytes, 0, at).octets(bytes, at, bytes.length).finish())
      assert.equal(pieces, whole)
    }),
  )
})

test('a transaction reads back from its sixteen digits', () => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), (high, low) => {
      assert.deepEqual(parseTransaction(formatTransaction({ high, low })), { high, low })
    }),
  )
})

test('the memory agrees with a plain model over any sequence of keeps, finds and time', () => {
  const step = fc.record({ key: fc.nat(12), value: fc.nat(1000), passMs: fc.constantFrom(0, 1, 5, 40) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const memory = new Memory<number>(6, 50)
      let model: { key: number; value: number; at: number }[] = []
      let now = 1_000
      let evicted = 0
      for (const { key, value, passMs } of steps) {
        now += passMs
        // Hashes that share their low bits collide in the table on purpose.
        memory.keep(key, key % 3, now, value)
        const live = model.find((entry) => entry.key === key && now - entry.at <= 50)
        if (live !== undefined) live.value = value
        else {
          model = model.filter((entry) => entry.key !== key)
          model.push({ key, value, at: now })
        }
        for (const { key: held, value: expected, at } of model) {
          const found = memory.find(held, held % 3, now)
          if (found === undefined && now - at <= 50) evicted++
          else if (now - at <= 50) assert.equal(found, expected)
        }
        model = model.filter((entry) => memory.find(entry.key, entry.key % 3, now) !== undefined)
      }
      assert.ok(memory.size <= 6)
      assert.ok(memory.evicted >= evicted)
    }),
  )
})

test('an entry thrown out before its time is counted, one whose time is up is not', () => {
  const memory = new Memory<string>(2, 100)
  memory.keep(1, 1, 0, 'a')
  memory.keep(2, 2, 0, 'b')
  memory.keep(3, 3, 50, 'c')
  assert.equal(memory.evicted, 1)
  assert.equal(memory.find(1, 1, 50), undefined)

  memory.keep(4, 4, 500, 'd')
  assert.equal(memory.evicted, 1)
  assert.equal(memory.find(3, 3, 500), undefined)
  assert.equal(memory.find(4, 4, 500), 'd')
})

test('a transaction is remembered for 64·T1, T1 being 500 ms, and not a millisecond longer', () => {
  assert.equal(TRANSACTION_MS, 64 * 500)
  const memory = new Memory<string>(2, TRANSACTION_MS)
  memory.keep(1, 1, 1_000, 'a')

  assert.equal(memory.find(1, 1, 1_000 + 32_000), 'a')
  assert.equal(memory.find(1, 1, 1_000 + 32_001), undefined)
})

test('a value kept anew takes the time of the one before it, and its turn to be thrown out', () => {
  const memory = new Memory<string>(2, 100)
  memory.keep(1, 1, 0, 'a')
  memory.keep(2, 2, 10, 'b')
  memory.keep(1, 1, 50, 'A')

  assert.equal(memory.find(1, 1, 100), 'A')
  assert.equal(memory.find(1, 1, 101), undefined)

  memory.keep(3, 3, 60, 'c')
  assert.deepEqual([memory.find(1, 1, 60), memory.find(2, 2, 60), memory.evicted], [undefined, 'b', 1])
})

test('a value kept after its time is up begins a time of its own', () => {
  const memory = new Memory<string>(2, 100)
  memory.keep(1, 1, 0, 'a')
  memory.keep(1, 1, 101, 'b')

  assert.deepEqual([memory.find(1, 1, 201), memory.find(1, 1, 202), memory.evicted], ['b', undefined, 0])
})

/** SipHash under KEY as its paper defines it, in whole 64-bit numbers. */
function defined(bytes: Uint8Array, rounds: number, lastRounds: number): string {
  const word = (from: Uint8Array, at: number) =>
    new DataView(from.buffer, from.byteOffset + at, 8).getBigUint64(0, true)
  const [k0, k1] = [word(KEY, 0), word(KEY, 8)]
  const masks = [0x736f6d6570736575n, 0x646f72616e646f6dn, 0x6c7967656e657261n, 0x7465646279746573n]
  let [a, b, c, d] = masks.map((mask, index) => mask ^ (index % 2 === 0 ? k0 : k1)) as [bigint, bigint, bigint, bigint]
  const whole = (value: bigint) => BigInt.asUintN(64, value)
  const turned = (value: bigint, by: bigint) => whole(value << by) | (value >> (64n - by))
  const mix = (times: number) => {
    for (let round = 0; round < times; round++) {
      a = whole(a + b)
      b = turned(b, 13n) ^ a
      a = turned(a, 32n)
      c = whole(c + d)
      d = turned(d, 16n) ^ c
      a = whole(a + d)
      d = turned(d, 21n) ^ a
      c = whole(c + b)
      b = turned(b, 17n) ^ c
      c = turned(c, 32n)
    }
  }
  const padded = new Uint8Array(Math.floor(bytes.length / 8) * 8 + 8)
  padded.set(bytes)
  padded[padded.length - 1] = bytes.length & 255
  for (let at = 0; at < padded.length; at += 8) {
    d ^= word(padded, at)
    mix(rounds)
    a ^= word(padded, at)
  }
  c ^= 0xffn
  mix(lastRounds)
  return (a ^ b ^ c ^ d).toString(16).padStart(16, '0')
}
