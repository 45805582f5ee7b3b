import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  ARGON2_COST,
  HASHES_AT_A_TIME_MAX,
  HASHES_PER_NETWORK,
  HASHES_WAITING_MAX,
  createPasswordHasher,
} from './password-hash.ts'
import { TOTP_STEP_MS, codeAt, formatBase32, formatOtpUri, stepOf } from './totp.ts'

const CHEAP = { memoryKib: 64, passes: 1, parallelism: 1 }

test('codes are those of RFC 6238, appendix B, and RFC 4226, appendix D', () => {
  const secret = Buffer.from('12345678901234567890')
  const totp: readonly (readonly [seconds: number, code: string])[] = [
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ]
  for (const [seconds, code] of totp) assert.equal(codeAt(secret, Math.floor(seconds / 30), 8), code)
  const hotp = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489']
  for (const [step, code] of hotp.entries()) assert.equal(codeAt(secret, step), code)
})

test('a code is good one step early or late, not two, and only once', () => {
  const secret = Buffer.from('12345678901234567890')
  const now = 1_000 * TOTP_STEP_MS + 5
  for (const [step, isGood] of [
    [998, false],
    [999, true],
    [1_000, true],
    [1_001, true],
    [1_002, false],
  ] as const) {
    assert.equal(stepOf(secret, codeAt(secret, step), now, -1), isGood ? step : undefined, `${step}`)
    assert.equal(stepOf(secret, codeAt(secret, step), now, step), undefined, `${step} again`)
  }
  assert.equal(stepOf(secret, '000000', now, -1), undefined)
})

test('base32 is that of RFC 4648, and the link names whose code it is', () => {
  for (const [text, coded] of [
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ] as const)
    assert.equal(formatBase32(Buffer.from(text)), coded)
  const uri = formatOtpUri('North & Wire', 'ann@northwire.example', Buffer.from('foobar'))
  assert.equal(
    uri,
    'otpauth://totp/North%20%26%20Wire:ann%40northwire.example?secret=MZXW6YTBOI&issuer=North%20%26%20Wire',
  )
})

test('a password is known again by its hash, however its letters are composed, and no other is', async () => {
  const hasher = createPasswordHasher(CHEAP)
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (password) => {
      const hash = await hasher.hash(password, 'a')
      assert.ok(typeof hash === 'string' && hash.startsWith('$argon2id$v=19$m=64,t=1,p=1$'))
      const same = await hasher.verify(password, hash, 'a')
      assert.deepEqual(same, { kind: 'verified', isRight: true, isDated: false })
      const other = await hasher.verify(`${password}x`, hash, 'a')
      assert.deepEqual(other, { kind: 'verified', isRight: false, isDated: false })
    }),
    { numRuns: 25 },
  )
  const composed = await hasher.hash('caf\u00e9', 'a')
  assert.ok(typeof composed === 'string')
  const decomposed = await hasher.verify('cafe\u0301', composed, 'a')
  assert.ok(decomposed.kind === 'verified' && decomposed.isRight)
})

test('a hash of another cost is known, and said to be dated; no hash is never right', async () => {
  const hash = await createPasswordHasher(CHEAP).hash('a long row of words', 'a')
  assert.ok(typeof hash === 'string')
  const hasher = createPasswordHasher({ ...CHEAP, passes: 2 })
  assert.deepEqual(await hasher.verify('a long row of words', hash, 'a'), {
    kind: 'verified',
    isRight: true,
    isDated: true,
  })
  assert.deepEqual(await hasher.verify('a long row of words', undefined, 'a'), {
    kind: 'verified',
    isRight: false,
    isDated: false,
  })
  await assert.rejects(hasher.verify('a long row of words', '$2b$12$abcdefghijklmnopqrstuv', 'a'), /unknown kind/)
  assert.deepEqual(ARGON2_COST, { memoryKib: 19_456, passes: 2, parallelism: 1 })
})

test('no more than two hashes run, a few wait, and the rest is told so at once', async () => {
  const hasher = createPasswordHasher(CHEAP, HASHES_AT_A_TIME_MAX)
  const wanted = HASHES_AT_A_TIME_MAX + HASHES_WAITING_MAX + 7
  const results = await Promise.all(
    Array.from({ length: wanted }, (_, index) => hasher.verify('x', undefined, `network ${index}`)),
  )
  const crowded = results.filter(({ kind }) => kind === 'crowded')
  assert.equal(crowded.length, 7)
  assert.deepEqual(crowded[0], { kind: 'crowded', of: 'all' })
  const alike = await Promise.all(
    Array.from({ length: HASHES_PER_NETWORK + 3 }, () => hasher.verify('x', undefined, 'b')),
  )
  assert.equal(alike.filter(({ kind }) => kind === 'crowded').length, 3)
  // The places are free again.
  const { kind } = await hasher.verify('x', undefined, 'b')
  assert.equal(kind, 'verified')
})
