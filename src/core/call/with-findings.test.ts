import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Attestation, CallFacts } from './facts.ts'
import { parseNumber } from './number.ts'
import { NOT_LOOKED, NO_SCORES, type Verification } from './verification.ts'
import { withFindings } from './with-findings.ts'

const FACTS: CallFacts = {
  atMs: 1,
  calling: parseNumber('+12125550117'),
  called: parseNumber('+14155550163'),
  peer: 'edge',
  trunk: '',
  attestation: 'B',
  emergency: false,
  forwarded: false,
  verification: NOT_LOOKED,
  scores: NO_SCORES,
}
const VERIFIED: Verification = { kind: 'verified', attestation: 'C', signer: '709J', originId: 'x' }

const CASES: [verification: Verification, attestation: Attestation][] = [
  [VERIFIED, 'C'],
  [{ kind: 'failed', why: 'signature' }, 'failed'],
  [{ kind: 'unverified', why: 'late' }, 'B'],
  [NOT_LOOKED, 'B'],
]
for (const [verification, attestation] of CASES) {
  test(`a call whose token is ${verification.kind} has the attestation ${attestation}`, () => {
    const scores = new Map([['score', 7]])
    assert.deepEqual(withFindings(FACTS, { verification, scores }), { ...FACTS, verification, scores, attestation })
    assert.equal(FACTS.attestation, 'B', 'the facts before stay as they were')
  })
}
