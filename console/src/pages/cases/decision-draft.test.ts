import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DecisionDraft, NO_DRAFT, daysFrom, decisionOf } from './decision-draft.ts'

test('a decision that is filled in is what the API takes; one that is not says what is missing', () => {
  const lift = { outcome: 'lift', reason: ' wanted ' } as const
  const cases: readonly (readonly [Partial<DecisionDraft>, unknown])[] = [
    [{}, 'Choose what becomes of it.'],
    [{ outcome: 'lift' }, 'Write the reason: the claimant reads it.'],
    [lift, { outcome: 'lift', reason: 'wanted' }],
    [
      { ...lift, until: '2027-01-01T00:00:00.000Z', attestation: 'B', rule: 'volume' },
      { outcome: 'lift', until: '2027-01-01T00:00:00.000Z', attestation: 'B', rule: 'volume', reason: 'wanted' },
    ],
    [{ ...lift, scope: 'some' }, 'Choose the numbers that are lifted.'],
    [
      { ...lift, scope: 'some', some: ['+12125550117'], attestation: 'A' },
      {
        outcome: 'lift',
        lifts: [{ scope: { kind: 'number', number: '+12125550117' }, attestation: 'A' }],
        reason: 'wanted',
      },
    ],
    [
      { ...lift, scope: 'block', prefix: '+1 (212) 555' },
      { outcome: 'lift', lifts: [{ scope: { kind: 'block', prefix: '+1212555' } }], reason: 'wanted' },
    ],
    [{ ...lift, scope: 'range', first: '+12125550100' }, 'Write the first and the last number that is lifted.'],
    [{ ...lift, outcome: 'partly' }, 'Write what the claimant can do now.'],
    [{ ...lift, outcome: 'uphold', next: 'stop' }, 'Name what it rests on, a line each.'],
    [
      { ...lift, outcome: 'uphold', next: 'stop', evidence: ' a\n\nb ', scope: 'some', until: 'x' },
      { outcome: 'uphold', reason: 'wanted', evidence: ['a', 'b'], next: 'stop' },
    ],
    [
      { ...lift, outcome: 'grant' },
      { outcome: 'grant', reason: 'wanted' },
    ],
  ]
  for (const [draft, expected] of cases) {
    const found = decisionOf({ ...NO_DRAFT, ...draft })
    assert.deepEqual('missing' in found ? found.missing : found.decision, expected)
  }
  assert.equal(daysFrom(Date.UTC(2026, 10, 23, 4, 20), 30), '2026-12-23T05:00:00.000Z')
})
