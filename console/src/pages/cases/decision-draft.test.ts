import assert from 'node:assert/strict'
import { registerHooks } from 'node:module'
import { test } from 'node:test'
import { formatDayHere } from '../../parts/moment-words.ts'
import type { DecisionDraft } from './decision-draft.ts'

// Vite knows where the core is; for Node, the package of the console has none.
registerHooks({
  resolve: (specifier, context, next) =>
    next(
      specifier.startsWith('#core/')
        ? new URL(`../../../../src/${specifier.slice(1)}`, import.meta.url).href
        : specifier,
      context,
    ),
})
const { NO_DRAFT, daysFrom, decisionOf, faultAt, typedScope } = await import('./decision-draft.ts')

const NOW = Date.UTC(2026, 10, 23, 4, 20)
const DAY_MS = 86_400_000
const PLAN = { country: 1, national: 10, international: '011' }
const TERMS = { numbers: ['+12125550117', '+12125550118'], plan: PLAN, now: NOW }
const LIFT = { outcome: 'lift', reason: ' wanted ' } as const

test('a decision that is filled in is what the API takes, with numbers as E.164 however they were typed', () => {
  const cases: readonly (readonly [Partial<DecisionDraft>, unknown])[] = [
    [LIFT, { outcome: 'lift', reason: 'wanted' }],
    [
      { ...LIFT, until: '2027-01-01T00:00:00.000Z', attestation: 'B', rule: 'volume' },
      { outcome: 'lift', until: '2027-01-01T00:00:00.000Z', attestation: 'B', rule: 'volume', reason: 'wanted' },
    ],
    [
      { ...LIFT, scope: 'some', some: ['+12125550117'], attestation: 'A' },
      {
        outcome: 'lift',
        lifts: [{ scope: { kind: 'number', number: '+12125550117' }, attestation: 'A' }],
        reason: 'wanted',
      },
    ],
    ...['+1 (212) 555', '(212) 555', '1 212 555', '011 1 212-555'].map(
      (prefix) =>
        [
          { ...LIFT, scope: 'block', prefix },
          { outcome: 'lift', lifts: [{ scope: { kind: 'block', prefix: '+1212555' } }], reason: 'wanted' },
        ] as const,
    ),
    [
      { ...LIFT, scope: 'range', first: '(212) 555-0100', last: '+1 212 555 0142' },
      {
        outcome: 'lift',
        lifts: [{ scope: { kind: 'range', first: '+12125550100', last: '+12125550142' } }],
        reason: 'wanted',
      },
    ],
    [
      { ...LIFT, outcome: 'uphold', next: 'stop', evidence: ' a\n\nb ', scope: 'some', until: 'x' },
      { outcome: 'uphold', reason: 'wanted', evidence: ['a', 'b'], next: 'stop' },
    ],
    [
      { ...LIFT, outcome: 'grant' },
      { outcome: 'grant', reason: 'wanted' },
    ],
  ]
  for (const [draft, expected] of cases) {
    const found = decisionOf({ ...NO_DRAFT, ...draft }, TERMS)
    assert.deepEqual('decision' in found ? found.decision : found, expected)
  }
  assert.equal(daysFrom(NOW, 30), '2026-12-23T05:00:00.000Z')
})

test('what is missing or wrong is said at its field, in words of the form and with no word of the API', () => {
  const cases: readonly (readonly [Partial<DecisionDraft>, readonly (keyof DecisionDraft)[], RegExp])[] = [
    [{}, ['outcome'], /^Choose what becomes of it\.$/],
    [{ outcome: 'lift' }, ['reason'], /^Write the reason\.$/],
    [{ ...LIFT, scope: 'some' }, ['some'], /Choose the numbers/],
    [{ ...LIFT, scope: 'range', first: '+12125550100' }, ['last'], /Write the last number/],
    [{ ...LIFT, outcome: 'partly' }, ['next'], /what the claimant can do/],
    [{ ...LIFT, outcome: 'uphold', next: 'stop' }, ['evidence'], /a line each/],
    [{ ...LIFT, scope: 'block', prefix: '+1212' }, ['prefix'], /at least six leading digits/],
    [{ ...LIFT, scope: 'block', prefix: '(415) 555' }, ['prefix'], /No contested number of this case/],
    [{ ...LIFT, scope: 'range', first: 'x', last: '+12125550142' }, ['first'], /a whole number/],
    [{ ...LIFT, scope: 'range', first: '2125550142', last: '2125550100' }, ['last'], /not before the first/],
    [{ ...LIFT, scope: 'range', first: '2125550200', last: '2125550299' }, ['last'], /No contested number/],
    [
      { ...LIFT, until: new Date(NOW - DAY_MS).toISOString() },
      ['until'],
      new RegExp(`from today to ${formatDayHere(NOW + 3_660 * DAY_MS)}\\.$`),
    ],
    [{ ...LIFT, reason: 'x'.repeat(4_120) }, ['reason'], /At most 4,000 characters; these are 4,120\./],
    [{ outcome: 'uphold' }, ['reason', 'evidence', 'next'], /^Write the reason\.$/],
  ]
  for (const [draft, fields, words] of cases) {
    const found = decisionOf({ ...NO_DRAFT, ...draft }, TERMS)
    assert.ok('faults' in found, JSON.stringify(draft))
    assert.deepEqual(Object.keys(found.faults).toSorted(), fields.toSorted(), JSON.stringify(draft))
    assert.match(found.faults[fields[0]!]!, words)
    assert.doesNotMatch(Object.values(found.faults).join(' '), /expected|lifts|scope|\dT\d|Z\b/)
  }
})

test('a refusal of the API is said at the field that it is about, and one about no field at none', () => {
  const range = { ...NO_DRAFT, ...LIFT, scope: 'range' } as const
  const pointers: readonly (readonly [string | undefined, DecisionDraft, readonly string[]])[] = [
    ['/decision/lifts/0/rule', range, ['rule']],
    ['/decision/lifts/0/until', { ...range, scope: 'all' }, ['until']],
    ['/decision/lifts/0/scope/first', range, ['first']],
    ['/decision/lifts/0/scope', range, ['last']],
    ['/decision/lifts/0/scope/prefix', { ...range, scope: 'block' }, ['prefix']],
    ['/decision/evidence/3', range, ['evidence']],
    ['/override', range, ['override']],
    // As a step refuses it, without the place of the decision.
    ['/lifts/0/rule', range, ['rule']],
    ['/decision/outcome', range, []],
    [undefined, range, []],
  ]
  for (const [pointer, draft, fields] of pointers)
    assert.deepEqual(Object.keys(faultAt(pointer, draft, NOW) ?? {}), fields, pointer ?? 'none')
})

test('without a plan, numbers want their country code', () => {
  const draft = { ...NO_DRAFT, ...LIFT, scope: 'range', first: '(212) 555-0100', last: '(212) 555-0142' } as const
  assert.equal(typedScope(draft, undefined), undefined)
  assert.deepEqual(typedScope(draft, PLAN), { kind: 'range', first: '+12125550100', last: '+12125550142' })
})
