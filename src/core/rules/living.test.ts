import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseParty } from '#core/call/party.ts'
import type { LiftScope } from '#core/redress/decision.ts'
import type { Standing, StandingFact } from '#core/redress/standing.ts'
import { callFacts } from '../../../test/call-facts.ts'
import {
  NO_LIVING,
  acceptanceFor,
  changeLiving,
  isKnown,
  isOptedOut,
  isRefused,
  liftFor,
  makeLiving,
  mergeLiving,
  type Living,
  type StandingChange,
} from './living.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const TERMS = { nowMs: NOW, seed: 4711 }
const CALLER = '+12125550117'
const CALLED = '+14155550163'

type LiftOptions = {
  readonly scope?: LiftScope
  readonly attestation?: 'A' | 'B' | 'C'
  readonly rule?: string
  readonly from?: number
  readonly until?: number
}
type Call = { readonly calling?: string; readonly atMs?: number; readonly attestation?: 'A' | 'B' | 'C' | 'none' }

const NUMBER: LiftScope = { kind: 'number', number: CALLER }
const BLOCK: LiftScope = { kind: 'block', prefix: '+1212555' }
const RANGE: LiftScope = { kind: 'range', first: '+12125550099', last: '+12125551203' }

const LIFTS: [title: string, lift: LiftOptions, call: Call, isSpared: boolean][] = [
  ['its number', {}, {}, true],
  ['the next number', {}, { calling: '+12125550118' }, false],
  ['the same digits without a plus', {}, { calling: '12125550117' }, false],
  ['a withheld number', {}, { calling: 'withheld' }, false],
  ['a number of the block', { scope: BLOCK }, {}, true],
  ['a number of the next block', { scope: BLOCK }, { calling: '+12125560117' }, false],
  ['the first of a range', { scope: RANGE }, { calling: '+12125550099' }, true],
  ['the one before a range', { scope: RANGE }, { calling: '+12125550098' }, false],
  ['within a range', { scope: RANGE }, { calling: '+12125550999' }, true],
  ['the last of a range', { scope: RANGE }, { calling: '+12125551203' }, true],
  ['the one behind a range', { scope: RANGE }, { calling: '+12125551204' }, false],
  ['a longer number that begins like the range', { scope: RANGE }, { calling: '+121255509991' }, false],
  ['the attestation asked for', { attestation: 'B' }, { attestation: 'A' }, true],
  ['less attestation than asked for', { attestation: 'A' }, { attestation: 'B' }, false],
  ['no attestation where one is asked for', { attestation: 'C' }, { attestation: 'none' }, false],
  ['the rule named', { rule: 'volume' }, {}, true],
  ['another rule', { rule: 'other' }, {}, false],
  ['from its time on', { from: NOW }, {}, true],
  ['before its time', { from: NOW + 1 }, {}, false],
  ['until its end', { until: NOW + 1 }, {}, true],
  ['at its end', { until: NOW }, {}, false],
]
for (const [title, options, call, isSpared] of LIFTS) {
  test(`a lift ${isSpared ? 'spares' : 'does not spare'} ${title}, as entry and as change`, () => {
    const changes = [added(7, { kind: 'lift', scope: NUMBER, attestation: undefined, rule: undefined, ...options })]
    for (const living of [makeLiving(changes, TERMS).living, changeLiving(NO_LIVING, changes, TERMS).living]) {
      assert.equal(liftFor(living, 'volume', facts(call)), isSpared ? 7 : 0)
    }
  })
}

test('each kind of entry is found for what it is, and is nothing else', () => {
  const entries: [StandingFact, (living: Living) => boolean][] = [
    [
      { kind: 'lift', scope: NUMBER, attestation: undefined, rule: undefined },
      (living) => liftFor(living, 'r', facts()) > 0,
    ],
    [{ kind: 'registered', scope: NUMBER, registration: 'r1' }, (living) => isKnown(living, facts())],
    [{ kind: 'refuses', called: CALLED, calling: CALLER }, (living) => isRefused(living, facts())],
    [{ kind: 'accepts', called: CALLED, calling: CALLER }, (living) => acceptanceFor(living, facts()) > 0],
    [{ kind: 'opted-out', called: CALLED }, (living) => isOptedOut(living, facts())],
  ]
  for (const [fact] of entries) {
    const { living } = makeLiving([added(1, fact)], TERMS)
    assert.deepEqual(
      entries.map(([, asks]) => asks(living)),
      entries.map(([other]) => other === fact),
      fact.kind,
    )
  }
})

test('a subscriber refuses one caller, or all who withhold their number, and no other', () => {
  const one = makeLiving([added(1, { kind: 'refuses', called: CALLED, calling: CALLER })], TERMS).living
  const withheld = makeLiving([added(1, { kind: 'refuses', called: CALLED, calling: 'withheld' })], TERMS).living
  for (const [living, calling, called, refused] of [
    [one, CALLER, CALLED, true],
    [one, '+12125550118', CALLED, false],
    [one, CALLER, '+14155550164', false],
    [one, 'withheld', CALLED, false],
    [withheld, 'withheld', CALLED, true],
    [withheld, CALLER, CALLED, false],
  ] as const) {
    const call = callFacts({ atMs: NOW, calling: parseParty(calling), called: parseParty(called) })
    assert.equal(isRefused(living, call), refused, `${calling} to ${called}`)
  }
})

test('what cannot be used is counted and changes nothing', () => {
  const scopes: LiftScope[] = [
    { kind: 'number', number: '2125550117' },
    { kind: 'number', number: '' },
    { kind: 'block', prefix: '1212' },
    { kind: 'range', first: '+12125550117', last: '+12125550116' },
    { kind: 'range', first: '+12125550117', last: '+121255501170' },
    { kind: 'range', first: '+12125550000', last: '+12125560000' },
  ]
  const bad = [
    ...scopes.map((scope): StandingFact => ({ kind: 'registered', scope, registration: 'r1' })),
    { kind: 'refuses', called: CALLED, calling: '911' },
    { kind: 'opted-out', called: 'alice' },
  ] satisfies StandingFact[]
  const changes = bad.map((fact, index) => added(index + 1, fact))
  for (const { living, unusable } of [makeLiving(changes, TERMS), changeLiving(NO_LIVING, changes, TERMS)]) {
    assert.equal(unusable, 8)
    assert.equal(living.size, 0)
  }
})

test('whatever is added and ended, in whatever portions, the tables say what a list of all entries says', () => {
  let [spared, refused] = [0, 0]
  fc.assert(
    fc.property(fc.array(stepArbitrary, { minLength: 1, maxLength: 40 }), (steps) => {
      const held = new Map<number, Standing>()
      let living = NO_LIVING
      let nowMs = NOW
      for (const { facts: added, ends, portionMs, merges } of steps) {
        nowMs += portionMs
        const changes: StandingChange[] = added.map((fact) => change(++ids, fact, nowMs))
        const ending = [...held.values()].filter((_, index) => ends.includes(index))
        changes.push(...ending.map((standing) => ({ standing, endedAt: nowMs })))
        for (const { standing } of changes) held.set(standing.id, standing)
        for (const { id } of ending) held.delete(id)
        ;({ living } = changeLiving(living, changes, { nowMs, seed: 1 }))
        if (merges) living = mergeLiving(living, { nowMs, seed: 1 })
        for (const calling of NUMBERS) {
          const call = callFacts({ atMs: nowMs, calling: parseParty(calling), called: parseParty(CALLED) })
          const of = (kind: Standing['kind']) =>
            [...held.values()].filter((one) => one.kind === kind && holds(one, calling, nowMs))
          assert.equal(liftFor(living, 'volume', call) > 0, of('lift').length > 0)
          assert.equal(isKnown(living, call), of('registered').length > 0)
          assert.equal(isRefused(living, call), of('refuses').length > 0)
          spared += of('lift').length
          refused += of('refuses').length
        }
        const lasting = [...held.values()].filter(({ until = Infinity }) => until > nowMs)
        assert.ok(living.size >= lasting.length && living.size <= held.size, `${living.size} entries`)
      }
    }),
    { numRuns: 300, seed: 11 },
  )
  assert.ok(spared > 1000 && refused > 1000, `${spared} spared, ${refused} refused`)
})

let ids = 0
const NUMBERS = ['+12125550117', '+12125550118', '+12125550210', '+442071838750']
const scopeArbitrary: fc.Arbitrary<LiftScope> = fc.oneof(
  fc.constantFrom(...NUMBERS).map((number): LiftScope => ({ kind: 'number', number })),
  fc.constantFrom('+1212555', '+12125550', '+44').map((prefix): LiftScope => ({ kind: 'block', prefix })),
  fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 300 })).map(([low, span]): LiftScope => ({
    kind: 'range',
    first: `+${12125550000 + low}`,
    last: `+${12125550000 + low + span}`,
  })),
)
const factArbitrary: fc.Arbitrary<StandingFact> = fc.oneof(
  scopeArbitrary.map((scope): StandingFact => ({ kind: 'lift', scope, attestation: undefined, rule: undefined })),
  scopeArbitrary.map((scope): StandingFact => ({ kind: 'registered', scope, registration: 'r' })),
  fc.constantFrom(...NUMBERS).map((calling): StandingFact => ({ kind: 'refuses', called: CALLED, calling })),
)
const stepArbitrary = fc.record({
  facts: fc.array(factArbitrary, { maxLength: 4 }),
  ends: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
  portionMs: fc.constantFrom(0, 1, 500),
  merges: fc.boolean(),
})

function change(id: number, fact: StandingFact, from: number): StandingChange {
  return {
    standing: { id, from, until: id % 3 === 0 ? from + 800 : undefined, origin: 'case', ...fact },
    endedAt: undefined,
  }
}

/** What a list says that is walked through: digits compared as text. */
function holds(standing: Standing, calling: string, atMs: number): boolean {
  if (atMs < standing.from || atMs >= (standing.until ?? Infinity)) return false
  if (standing.kind === 'refuses') return standing.calling === calling
  if (standing.kind !== 'lift' && standing.kind !== 'registered') return false
  const { scope } = standing
  if (scope.kind === 'number') return scope.number === calling
  if (scope.kind === 'block') return calling.startsWith(scope.prefix)
  return calling.length === scope.first.length && calling >= scope.first && calling <= scope.last
}

function added(id: number, fact: StandingFact & { from?: number; until?: number }): StandingChange {
  return { standing: { id, from: 0, until: undefined, origin: 'case', ...fact }, endedAt: undefined }
}

function facts({ calling = CALLER, atMs = NOW, attestation = 'none' }: Call = {}) {
  return callFacts({ atMs, calling: parseParty(calling), called: parseParty(CALLED), attestation })
}
