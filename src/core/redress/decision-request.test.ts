import assert from 'node:assert/strict'
import test from 'node:test'
import { scopesOf, writeOutDecision } from './decision-request.ts'
import { parseDecision } from './parse.ts'

const NUMBERS = ['+12125550119', '+12125550117', '+12125550118', '+442079460123']

test('a decision without lifts is for all contested numbers, on its terms', () => {
  const short = { outcome: 'lift', reason: 'a clinic', until: '2026-12-24T00:00:00Z', attestation: 'A', rule: 'volume' }
  const parsed = parseDecision(writeOutDecision(short, NUMBERS), Date.UTC(2026, 10, 22))
  const terms = { until: Date.UTC(2026, 11, 24), attestation: 'A', rule: 'volume' }
  assert.deepEqual(parsed, {
    kind: 'parsed',
    value: {
      outcome: 'lift',
      reason: 'a clinic',
      lifts: [
        { scope: { kind: 'range', first: '+12125550117', last: '+12125550119' }, ...terms },
        { scope: { kind: 'number', number: '+442079460123' }, ...terms },
      ],
    },
  })
})

test('what is written out, or is no lift, stays as it is', () => {
  const cases: unknown[] = [
    { outcome: 'lift', reason: 'x', lifts: [] },
    { outcome: 'uphold', reason: 'x', evidence: ['e'], next: 'n', until: '2026-12-24' },
    { outcome: 'grant', reason: 'x' },
    'lift',
    undefined,
    [1],
  ]
  for (const input of cases) assert.deepEqual(writeOutDecision(input, NUMBERS), input)
})

test('a range holds numbers that follow each other, of one length, and no more than a range may', () => {
  assert.deepEqual(scopesOf(['+12125550117', '+12125550119', '+12125550117']), [
    { kind: 'number', number: '+12125550117' },
    { kind: 'number', number: '+12125550119' },
  ])
  assert.deepEqual(scopesOf(['+9999999', '+10000000']).length, 2)
  const many = Array.from({ length: 10_001 }, (_, index) => `+1212${String(5_000_000 + index)}`)
  assert.deepEqual(
    scopesOf(many).map((scope) => scope.kind),
    ['range', 'number'],
  )
  assert.deepEqual(scopesOf([]), [])
})
