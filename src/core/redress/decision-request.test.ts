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
        { scope: { kind: 'number', number: '+12125550117' }, ...terms },
        { scope: { kind: 'number', number: '+12125550118' }, ...terms },
        { scope: { kind: 'number', number: '+12125550119' }, ...terms },
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

test('more numbers than a decision may have lifts become ranges, of one length and no longer than a range may be', () => {
  assert.deepEqual(scopesOf(['+12125550117', '+12125550119', '+12125550117']), [
    { kind: 'number', number: '+12125550117' },
    { kind: 'number', number: '+12125550119' },
  ])
  const run = (first: number, count: number) => Array.from({ length: count }, (_, index) => `+${first + index}`)
  assert.deepEqual(scopesOf([...run(12_125_550_100, 100), '+12125550300']), [
    { kind: 'range', first: '+12125550100', last: '+12125550199' },
    { kind: 'number', number: '+12125550300' },
  ])
  assert.equal(scopesOf(run(9_999_950, 101)).length, 2, 'seven digits and eight are no one range')
  assert.deepEqual(
    scopesOf(run(12_125_000_000, 10_001)).map((scope) => scope.kind),
    ['range', 'number'],
  )
  assert.equal(scopesOf(run(12_125_550_100, 100)).length, 100)
  assert.deepEqual(scopesOf([]), [])
})
