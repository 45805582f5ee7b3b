import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { aessiv } from '@noble/ciphers/aes.js'
import fc from 'fast-check'
import { formatParty, OTHER, parseParty, WITHHELD, type Party } from '#core/call/party.ts'
import { formatTransaction, parseTransaction } from '#core/transaction/transaction.ts'
import { createAesSiv } from './aes-siv.ts'
import { createReceiptRing, type ReceiptFacts } from './receipt.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

const RFC_5297 = [
  {
    name: 'A.1, deterministic',
    key: 'fffefdfc fbfaf9f8 f7f6f5f4 f3f2f1f0 f0f1f2f3 f4f5f6f7 f8f9fafb fcfdfeff',
    associated: ['10111213 14151617 18191a1b 1c1d1e1f 20212223 24252627'],
    plaintext: '11223344 55667788 99aabbcc ddee',
    sealed: '85632d07 c6e8f37f 950acd32 0a2ecc93 40c02b96 90c4dc04 daef7f6a fe5c',
  },
  {
    name: 'A.2, nonce-based',
    key: '7f7e7d7c 7b7a7978 77767574 73727170 40414243 44454647 48494a4b 4c4d4e4f',
    associated: [
      '00112233 44556677 8899aabb ccddeeff deaddada deaddada ffeeddcc bbaa9988 77665544 33221100',
      '10203040 50607080 90a0',
      '09f91102 9d74e35b d84156c5 635688c0',
    ],
    plaintext:
      '74686973 20697320 736f6d65 20706c61 696e7465 78742074 6f20656e 63727970 74207573 696e6720 5349562d 414553',
    sealed:
      '7bdb6e3b 432667eb 06f4d14b ff2fbd0f cb900f2f ddbe4043 26601965 c889bf17 dba77ceb 094fa663 b7a3f748 ba8af829 ea64ad54 4a272e9c 485b62a3 fd5c0d',
  },
]

for (const { name, key, associated, plaintext, sealed } of RFC_5297) {
  test(`RFC 5297 ${name}: seals and opens as the appendix says`, () => {
    const siv = createAesSiv(hex(key))
    const prepared = siv.prepare(associated.map(hex))
    const written = Buffer.alloc(hex(sealed).length + 3)

    siv.seal(prepared, hex(plaintext), written, 2)

    assert.equal(written.subarray(2, -1).toString('hex'), hex(sealed).toString('hex'))
    assert.deepEqual(Buffer.from(siv.open(prepared, hex(sealed)) ?? []), hex(plaintext))
    assert.equal(siv.open(siv.prepare([]), hex(sealed)), undefined, 'other associated data must not open it')
  })
}

test('AES-SIV gives what @noble/ciphers gives, for any key, associated data and text', () => {
  const octets = (max: number) => fc.uint8Array({ maxLength: max })
  let compared = 0
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(
      key,
      fc.array(octets(40), { maxLength: 4 }),
      octets(200),
      octets(40),
      (key, associated, text, other) => {
        const siv = createAesSiv(key)
        const prepared = siv.prepare(associated)
        // The cipher objects are kept: a text before must not change what comes after it.
        for (const plaintext of [other, text]) {
          const written = new Uint8Array(plaintext.length + 16)
          siv.seal(prepared, plaintext, written, 0)
          assert.deepEqual(written, Uint8Array.from(aessiv(key, ...associated).encrypt(plaintext)))
          assert.deepEqual(Uint8Array.from(siv.open(prepared, written)!), plaintext)
          compared++
        }
      },
    ),
    { numRuns: 300 },
  )
  assert.equal(compared, 600)
})

test('a key of another length is refused', () => {
  assert.throws(() => createAesSiv(new Uint8Array(16)), /32 octets, not 16/)
})

const vectors = JSON.parse(
  readFileSync(new URL('../../../vectors/receipt/version-1.json', import.meta.url), 'utf8'),
) as {
  keys: Record<string, string>
  valid: { title: string; slot: number; facts: WrittenFacts; id: string }[]
  invalid: { title: string; id: string }[]
}
type WrittenFacts = { atMs: number; calling: string; called: string; rule: number; transaction: string }
const keys = new Map(Object.entries(vectors.keys).map(([slot, key]) => [Number(slot), hex(key)]))

const readFacts = ({ atMs, calling, called, rule, transaction }: WrittenFacts): ReceiptFacts => ({
  atMs,
  calling: parseParty(calling),
  called: parseParty(called),
  rule,
  transaction: parseTransaction(transaction),
})

test('the vectors hold enough to prove something', () => {
  assert.ok(vectors.valid.length >= 5 && vectors.invalid.length >= 12)
})

for (const { title, slot, facts, id } of vectors.valid) {
  test(`vector: ${title}`, () => {
    const ring = createReceiptRing(keys, slot)

    assert.equal(ring.seal(readFacts(facts)), id)
    assert.deepEqual(ring.open(id), readFacts(facts))
    assert.match(id, /^[A-Za-z0-9_-]{64}$/)
    assert.deepEqual(decodeWithNoble(id), facts)
  })
}

for (const { title, id } of vectors.invalid) {
  test(`vector: an id does not open: ${title}`, () => {
    assert.equal(createReceiptRing(keys, 3).open(id), undefined)
  })
}

/** A second reading of the layout, with another cipher and plain arithmetic on one big number. */
function decodeWithNoble(id: string): WrittenFacts {
  const octets = Buffer.from(id, 'base64url')
  const slot = octets[0]! & 31
  const opened = aessiv(keys.get(slot)!, octets.subarray(0, 1), Buffer.from('recourse receipt')).decrypt(
    octets.subarray(1),
  )
  const bits = BigInt(`0x${Buffer.from(opened).toString('hex')}`)
  const take = (from: number, count: number) => (bits >> BigInt(248 - from - count)) & ((1n << BigInt(count)) - 1n)
  const party = (at: number, count: bigint) => {
    const digits = take(at + 6, 50)
      .toString()
      .padStart(Number(count), '0')
    return [`+${digits}`, digits, '', 'withheld'][Number(take(at, 6))]!
  }
  return {
    atMs: Number(take(0, 48)),
    calling: party(48, take(160, 4)),
    called: party(104, take(164, 4)),
    rule: Number(take(168, 16)),
    transaction: take(184, 64).toString(16).padStart(16, '0'),
  }
}

const party: fc.Arbitrary<Party> = fc.oneof(
  fc.bigInt({ min: 1n, max: 10n ** 15n - 1n }).map((digits) => parseParty(`+${digits}`)),
  fc.stringMatching(/^[0-9]{1,15}$/).map(parseParty),
  fc.constantFrom(OTHER, WITHHELD),
)
const word = fc.nat({ max: 0xffffffff })
const facts: fc.Arbitrary<ReceiptFacts> = fc.record(
  {
    atMs: fc.nat({ max: 2 ** 48 - 1 }),
    calling: party,
    called: party,
    rule: fc.nat({ max: 65_535 }),
    transaction: fc.record({ high: word, low: word }, { noNullPrototype: true }),
  },
  { noNullPrototype: true },
)

test('a receipt opens to exactly the facts it was sealed with, also after the ring has moved on', () => {
  const before = createReceiptRing(keys, 0)
  const after = createReceiptRing(keys, 31)
  let opened = 0
  fc.assert(
    fc.property(facts, (facts) => {
      const id = before.seal(facts)
      assert.deepEqual(after.open(id), facts)
      assert.equal(before.seal(after.open(id)!), id)
      assert.notEqual(after.seal(facts), id)
      opened++
    }),
    { numRuns: 2_000 },
  )
  assert.equal(opened, 2_000)
})

test('a receipt whose key was deleted is as unknown as a forged one', () => {
  const id = createReceiptRing(keys, 0).seal(readFacts(vectors.valid[0]!.facts))
  const without = new Map(keys)
  without.delete(0)

  assert.equal(createReceiptRing(without, 3).open(id), undefined)
  assert.notEqual(createReceiptRing(keys, 3).open(id), undefined)
})

/** Each of these texts is sealed with the right key, so that only the meaning of the text is wrong. */
const UNWRITTEN: [name: string, at: number, octets: number[]][] = [
  ['a kind that does not exist', 6, [4 << 2]],
  ['the highest kind', 13, [0xff]],
  ['an E.164 number of no digits', 20, [0x0b]],
  ['more digits counted than an E.164 number has', 20, [0xcb]],
  ['fewer digits counted than the number has', 20, [0xab]],
  ['a withheld caller with digits', 6, [3 << 2]],
]

for (const [name, at, octets] of UNWRITTEN) {
  test(`sealed with the right key but never written by seal: ${name}`, () => {
    const siv = createAesSiv(keys.get(3)!)
    const prepared = siv.prepare([Uint8Array.of(0x23), Buffer.from('recourse receipt')])
    const good = Buffer.from(siv.open(prepared, Buffer.from(vectors.valid[0]!.id, 'base64url').subarray(1))!)
    const reseal = (text: Uint8Array) => {
      const frame = Buffer.alloc(48, 0x23)
      siv.seal(prepared, text, frame, 1)
      return frame.toString('base64url')
    }
    assert.equal(reseal(good), vectors.valid[0]!.id, 'the control must open')

    const changed = Buffer.from(good)
    changed.set(octets, at)

    assert.equal(createReceiptRing(keys, 3).open(reseal(changed)), undefined)
  })
}

const BROKEN: [name: string, change: Partial<ReceiptFacts>][] = [
  ['a time before 1970', { atMs: -1 }],
  ['a time beyond 48 bits', { atMs: 2 ** 48 }],
  ['a rule number beyond 16 bits', { rule: 65_536 }],
  ['a party whose count does not fit its digits', { calling: { kind: 'e164', digits: 12, count: 3 } }],
  ['sixteen digits', { called: { kind: 'digits', digits: 10 ** 15, count: 15 } }],
  ['a number that is no integer', { called: { kind: 'digits', digits: 1.5, count: 1 } }],
]

for (const [name, change] of BROKEN) {
  test(`seal refuses what it could not open again: ${name}`, () => {
    const ring = createReceiptRing(keys, 3)
    assert.throws(() => ring.seal({ ...readFacts(vectors.valid[0]!.facts), ...change }), RangeError)
  })
}

const RINGS: [name: string, slots: number[], current: number][] = [
  ['no key in the current slot', [0], 1],
  ['a slot beyond 31', [32], 32],
  ['a negative slot', [-1], -1],
]

for (const [name, slots, current] of RINGS) {
  test(`a ring is refused: ${name}`, () => {
    const keys = new Map(slots.map((slot) => [slot, new Uint8Array(32)]))
    assert.throws(() => createReceiptRing(keys, current), RangeError)
  })
}

test('of 1,000,000 random and mutated ids none opens, while the untouched ones do', (t) => {
  const ring = createReceiptRing(keys, 3)
  const good = vectors.valid.map(({ id }) => id)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const strange = `${alphabet}+/=. \n\0\u00e9`
  const random = xorshift(20261122)
  const spell = (letters: string) => letters[random() % letters.length]!
  const seen = { tried: 0, accepted: 0, controls: 0 }
  const attempt = (id: string) => {
    if (good.includes(id)) return
    seen.tried++
    if (ring.open(id) !== undefined) seen.accepted++
  }

  while (seen.tried < 1_000_000) {
    const id = good[random() % good.length]!
    const at = random() % 64
    // Half of the random ones carry a header octet that a key answers to, so that the cipher has to refuse them.
    const header = random() % 2 === 0 ? 'I' : spell(alphabet)
    attempt(header + Array.from({ length: 63 }, () => spell(alphabet)).join(''))
    for (let i = 0; i < 6; i++) attempt(id.slice(0, at) + spell(strange) + id.slice(at + 1))
    attempt(id.slice(0, at) + good[random() % good.length]!.slice(at))
    attempt(id.slice(0, at) + id.slice(at + 1))
    attempt(id.slice(0, at) + spell(strange) + id.slice(at))
    if (seen.tried % 1_000 === 0 && ring.open(id) !== undefined) seen.controls++
  }

  t.diagnostic(`${seen.tried} ids tried, ${seen.accepted} accepted, ${seen.controls} untouched ids opened`)
  assert.ok(seen.tried >= 1_000_000)
  assert.equal(seen.accepted, 0)
  assert.ok(seen.controls > 50, 'the untouched ids must open, or the search proves nothing')
})

/** Small and seeded, so that a find can be repeated. */
function xorshift(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

test('the facts in words survive as well', () => {
  const { calling, called, transaction } = createReceiptRing(keys, 3).open(vectors.valid[1]!.id)!
  assert.deepEqual(
    [formatParty(calling), formatParty(called), formatTransaction(transaction)],
    ['+999999999999999', '00112', 'ffffffffffffffff'],
  )
})
