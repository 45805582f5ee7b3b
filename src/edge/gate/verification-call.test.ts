import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Verification } from '#core/call/verification.ts'
import { NO_SCORES } from '#core/call/verification.ts'
import { parseNumber } from '#core/call/number.ts'
import { BLOCKED, CALLER, gateWith, invite, policyOf, statuses } from '../../../test/gate.ts'
import type { Peer } from './peers.ts'

const NUMBER = '+18005550142'
const SIGNED = 'Identity: eyJ\r\n'
const CLAIMS_A = 'P-Attestation-Indicator: A\r\n'
const VERIFIED_B: Verification = { kind: 'verified', attestation: 'B', signer: '709J', originId: '' }
const LATE: Verification = { kind: 'unverified', why: 'late' }
const FAILED: Verification = { kind: 'failed', why: 'signature' }

const CASES: [
  title: string,
  from: string,
  extra: string,
  found: Verification | undefined,
  peer: Partial<Peer>,
  told: string,
][] = [
  ['what the gate verified', BLOCKED, SIGNED, VERIFIED_B, {}, 'B'],
  ['what the gate verified, not what is claimed', BLOCKED, SIGNED + CLAIMS_A, VERIFIED_B, {}, 'B'],
  ['that the signature is wrong', BLOCKED, SIGNED + CLAIMS_A, FAILED, {}, 'failed'],
  [
    'nothing, where a signature could not be verified and is only claimed',
    BLOCKED,
    SIGNED + CLAIMS_A,
    LATE,
    {},
    'none',
  ],
  ['nothing, where there is only a claim', BLOCKED, CLAIMS_A, undefined, {}, 'none'],
  ['what the peer has verified', `${BLOCKED};verstat=TN-Validation-Passed-A`, CLAIMS_A, undefined, {}, 'A'],
  [
    'nothing of a peer that is not believed',
    `${BLOCKED};verstat=TN-Validation-Passed-A`,
    '',
    undefined,
    { verstat: 'ignore' },
    'none',
  ],
]
for (const [title, from, extra, found, peer, told] of CASES) {
  test(`of a call that proves a number the journal says ${title}`, async () => {
    const asked: string[] = []
    const policy = { ...policyOf(1000, false), verification: parseNumber(NUMBER) }
    const inquiry = {
      ask: (_facts: unknown, identities: readonly string[]) => {
        asked.push(...identities)
        return found === undefined ? undefined : Promise.resolve({ verification: found, scores: NO_SCORES })
      },
    }
    const { gate, say, sent, journal } = gateWith({ peer, parts: { policy, inquiry } })

    say(invite({ from, to: `${NUMBER}4711`, extra }))
    await new Promise((resolve) => setImmediate(resolve))

    assert.deepEqual(statuses(sent), [404], 'the caller is under a block')
    assert.equal(asked.length, extra.includes('Identity') ? 1 : 0, 'the signature was asked about')
    assert.deepEqual(
      journal.map(({ called, attestation, verdict, rule }) => [called, attestation, verdict, rule]),
      [[`${NUMBER}4711`, told, 'exempt', 'verification']],
    )
    assert.equal(gate.figures.verifications, 1)
  })
}

test('other calls keep what is claimed, and are judged', () => {
  const policy = { ...policyOf(1000, false), verification: parseNumber(NUMBER) }
  const { gate, say, journal } = gateWith({ parts: { policy } })
  say(invite({ from: CALLER, to: '+18005550143', extra: CLAIMS_A }))
  assert.deepEqual(
    journal.map(({ attestation, verdict, rule }) => [attestation, verdict, rule]),
    [['A', 'allow', '']],
  )
  assert.equal(gate.figures.verifications, 0)
})

test('an exempt call to any other number waits for no signature', () => {
  const policy = { ...policyOf(1000, false), verification: parseNumber(NUMBER) }
  const inquiry = { ask: () => assert.fail('asked about an emergency call') }
  const { say } = gateWith({ parts: { policy, inquiry } })
  assert.deepEqual(statuses(say(invite({ from: BLOCKED, to: '911', extra: SIGNED }))), [404])
})
