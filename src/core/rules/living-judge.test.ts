import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNumber } from '#core/call/number.ts'
import { isVerification, readVerification } from '#core/call/verification-number.ts'
import type { NewStanding, StandingFact } from '#core/redress/standing.ts'
import { callFacts } from '../../../test/call-facts.ts'
import { LIVING_CALLED_LISTS, NO_CALLED_LISTS } from './called-list.ts'
import { VERIFICATION } from './exemption.ts'
import { judge } from './judge.ts'
import { NO_LIVING, makeLiving, type Living } from './living.ts'
import { parseEntries } from './number-list.ts'
import { NO_RULE, type Policy, type Rule, type VolumeRule } from './policy.ts'
import { isRegistered } from './registered.ts'
import { openTally } from './tally.ts'
import type { Cause, Program } from './verdict.ts'

const CALLER = '+12125550117'
const CALLED = '+14155550163'
const NOW = Date.UTC(2026, 10, 22, 12)
const SCOPE = { kind: 'number', number: CALLER } as const
const LIFT = { kind: 'lift', scope: SCOPE, attestation: undefined, rule: undefined } as const
const ACCEPTS = { kind: 'accepts', called: CALLED, calling: CALLER } as const
const OPTED_OUT = { kind: 'opted-out', called: CALLED } as const
const REGISTERED = { kind: 'registered', scope: SCOPE, registration: 'r1' } as const

const RULES: [title: string, rule: Rule, sparedBy: readonly StandingFact[]][] = [
  ['analytics', deny('analytics'), [LIFT, ACCEPTS, OPTED_OUT]],
  ['analytics at network level, from which nobody opts out', deny('analytics', 'network'), [LIFT, ACCEPTS]],
  [
    'analytics that spare registered callers',
    { ...deny('analytics'), registered: { kind: 'skip', list: undefined } },
    [LIFT, ACCEPTS, OPTED_OUT, REGISTERED],
  ],
  ['another rule than the one that is lifted', { ...deny('analytics'), id: 'another' }, [LIFT, ACCEPTS, OPTED_OUT]],
  ['do-not-originate', { ...deny('do-not-originate'), kind: 'do-not-originate' }, []],
  ['a government order', deny('ordered'), []],
  ['an invalid number', { ...common('invalid'), kind: 'invalid', except: [], isNorthAmerican: true }, []],
  ['the called party’s own list', { ...calledList(), cause: 'called-party' }, []],
]
for (const [title, rule, sparing] of RULES) {
  test(`before ${title} counts what may count, and nothing else`, () => {
    for (const fact of [LIFT, ACCEPTS, OPTED_OUT, REGISTERED, { ...LIFT, rule: 'deny' }]) {
      const refusal = { kind: 'refuses', called: CALLED, calling: CALLER } as const
      const verdict = judgeBy([rule], living(fact, refusal))
      const isOfAll = sparing.some((one) => one.kind === fact.kind)
      const isSpared = isOfAll && !('rule' in fact && fact.rule !== undefined && fact.rule !== rule.id)
      assert.equal(verdict.kind, isSpared ? 'allow' : 'block', `${fact.kind} ${'rule' in fact ? fact.rule : ''}`)
    }
  })
}

test('the verdict names the entry that spared the caller, and the rule says what it would have done', () => {
  for (const [fact, by, why] of [
    [LIFT, 'lift:1', 'lift'],
    [ACCEPTS, 'accepted:1', 'accepted'],
    [OPTED_OUT, '', 'opt-out'],
  ] as const) {
    const verdict = judgeBy([deny('analytics')], living(fact))
    assert.ok(verdict.kind === 'allow')
    assert.equal(verdict.by, by)
    assert.equal(verdict.why, by === '' ? 'no-rule' : 'allowed')
    assert.deepEqual(
      verdict.shadows.map((hit) => [hit.rule.id, hit.would, hit.why, hit.ground?.kind]),
      [['deny', 'block', why, 'listed']],
    )
  }
  assert.equal(judgeBy([], living(LIFT)), NO_RULE, 'a call that no rule minds is spared nothing')
})

test('a lift of one rule leaves the others to block, which are then the only ground', () => {
  const verdict = judgeBy(
    [deny('analytics'), { ...deny('analytics'), id: 'another' }],
    living({ ...LIFT, rule: 'deny' }),
  )
  assert.ok(verdict.kind === 'block')
  assert.equal(verdict.rule.id, 'another')
  assert.equal(verdict.grounds.length, 1)
})

test('a rule that counts goes on counting a number that is lifted', () => {
  const policy = policyOf([volume({ limit: 2 })])
  const tally = openTally(policy, 1)
  const call = callFacts({ atMs: NOW })
  const lifted = Array.from({ length: 4 }, () => judge(call, policy, tally, NOW, living(LIFT)).kind)
  assert.deepEqual(lifted, ['allow', 'allow', 'allow', 'allow'])
  assert.equal(judge(call, policy, tally, NOW, NO_LIVING).kind, 'block')
})

test('a registered caller has the limit that the rule gives such callers, without a list of the policy', () => {
  for (const [facts, passing] of [
    [living(REGISTERED), 4],
    [NO_LIVING, 2],
  ] as const) {
    const policy = policyOf([volume({ limit: 2, registered: { kind: 'limit', list: undefined, limit: 4 } })])
    const tally = openTally(policy, 1)
    const verdicts = Array.from({ length: 6 }, () => judge(callFacts({ atMs: NOW }), policy, tally, NOW, facts).kind)
    assert.equal(verdicts.filter((kind) => kind === 'allow').length, passing)
    assert.equal(isRegistered(policy, callFacts({ atMs: NOW }), facts), passing === 4)
  }
})

test('only a rule that goes by what subscribers say refuses their callers', () => {
  const refusals = living({ kind: 'refuses', called: CALLED, calling: CALLER })
  const file = { ...calledList(), lists: NO_CALLED_LISTS }
  assert.equal(judgeBy([calledList()], refusals).kind, 'block')
  assert.equal(judgeBy([file], refusals).kind, 'allow')
  assert.equal(judgeBy([calledList()], NO_LIVING).kind, 'allow')
})

test('a block says that the called party has opted out of analytics, whoever he told', () => {
  for (const [facts, optOut] of [
    [living(OPTED_OUT), true],
    [NO_LIVING, false],
  ] as const) {
    const verdict = judgeBy([deny('ordered')], facts)
    assert.ok(verdict.kind === 'block')
    assert.equal(verdict.optOut, optOut)
  }
})

test('a call to a verification number is exempt, with a code behind it or without; the next number is not', () => {
  const plan = { country: 1, national: 10, international: '011' }
  const one = parseNumber('+18005550142')
  const range = parseNumber('+1800555014')
  for (const [verification, called, read] of [
    [one, '+18005550142', '+18005550142'],
    [one, '+180055501424711', '+180055501424711'],
    [one, '180055501424711', '+180055501424711'],
    [one, '80055501424711', '+180055501424711'],
    [one, '8005550142', '+18005550142'],
    [range, '8005550149', '+18005550149'],
    [one, '+18005550143', undefined],
    [one, '8005550143', undefined],
    [one, '+1800555014', undefined],
    [one, '911', undefined],
    [range, '8005550150', undefined],
  ] as const) {
    const party = readVerification(verification, parseNumber(called, plan), plan)
    assert.equal(isVerification(verification, party), read !== undefined, called)
    if (read === undefined) continue
    assert.deepEqual(party, parseNumber(read))
    const policy = { ...policyOf([deny('do-not-originate')]), verification }
    const call = callFacts({ atMs: NOW, called: party })
    assert.equal(judge(call, policy, openTally(policy, 1), NOW), VERIFICATION)
  }
})

function judgeBy(rules: readonly Rule[], facts: Living) {
  const policy = policyOf(rules)
  return judge(
    callFacts({ atMs: NOW, called: parseNumber(CALLED), calling: parseNumber(CALLER) }),
    policy,
    openTally(policy, 1),
    NOW,
    facts,
  )
}

function living(...facts: StandingFact[]): Living {
  const common: Omit<NewStanding, keyof StandingFact> = { from: 0, until: undefined, origin: 'case' }
  const changes = facts.map((fact, index) => ({ standing: { id: index + 1, ...common, ...fact }, endedAt: undefined }))
  const { living, unusable } = makeLiving(changes, { nowMs: NOW, seed: 1 })
  assert.equal(unusable, 0)
  return living
}

function policyOf(rules: readonly Rule[]): Policy {
  return { version: 'test', exemptions: [], rules }
}

function common<Of extends Cause>(cause: Of, program: Program = 'opt-out') {
  return { id: 'deny', number: 1, mode: 'enforce', cause, program } as const
}

function deny(cause: Cause, program?: Program) {
  const { list, faults } = parseEntries([CALLER], { name: 'deny.csv', blocks: true })
  assert.deepEqual(faults, [])
  return { ...common(cause, program), kind: 'deny', list } as const
}

function calledList() {
  return { ...common('called-party'), kind: 'called-list', lists: LIVING_CALLED_LISTS } as const
}

function volume(options: Partial<VolumeRule>): VolumeRule {
  const counted = { of: 'number', prefix: undefined, limit: 300, perMs: 600_000, capacity: 100, counter: 0 } as const
  return { ...common('analytics'), kind: 'volume', ...counted, ...options }
}
