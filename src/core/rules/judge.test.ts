// One thing: what a policy says of a call. A table with a firing case and a near miss for each kind, then what orders them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CallFacts } from '#core/call/facts.ts'
import { parseNumber } from '#core/call/number.ts'
import { parseAllocations } from './allocations.ts'
import { standingsBelow, type Standing } from './attestation.ts'
import { NO_CALLED_LISTS, parseCalledLists } from './called-list.ts'
import { formatGround, formatNumber, formatPublicGround, formatWindow } from './ground.ts'
import { FLAWS, type Flaw } from './invalid.ts'
import { judge } from './judge.ts'
import { KINDS } from './kinds.ts'
import { parseEntries, type NumberList } from './number-list.ts'
import {
  NO_RULE,
  allowBy,
  numberRules,
  type ListRule,
  type Mode,
  type Policy,
  type Rule,
  type VolumeRule,
} from './policy.ts'
import { isRegistered } from './registered.ts'
import { parseStandingList, type StandingList } from './standing-list.ts'
import { openTally } from './tally.ts'
import type { Cause, Verdict } from './verdict.ts'
import { NOT_LOOKED, NO_SCORES } from '#core/call/verification.ts'

const CALLER = '+12125550117'
const CALLED = '+14155550163'
const NOW = 1_795_000_000_000
const BLOCKS = { mode: 'enforce', cause: 'analytics', program: 'opt-out' } as const

test('a policy without rules lets every call go on', () => {
  assert.equal(verdictOn([]), NO_RULE)
})

type Case = [title: string, rule: Rule, facts: string | FactsOptions, fires: boolean]

const SIGNED_B = { kind: 'verified', attestation: 'B', signer: '709J', originId: '' } as const
const FAILED = { kind: 'failed', why: 'the signature is not that of the certificate' } as const
const UNVERIFIED = { kind: 'unverified', why: 'the certificate did not come in time' } as const

const CASES: Case[] = [
  ['deny, listed', deny([CALLER]), CALLER, true],
  ['deny, the next number', deny([CALLER]), '+12125550118', false],
  ['deny, by leading digits', deny(['+1212555*']), CALLER, true],
  ['deny, leading digits that differ', deny(['+1212556*']), CALLER, false],
  ['deny, other digits of the same value', deny(['12125550117']), CALLER, false],
  ['deny, other digits', deny(['12125550117']), '12125550117', true],
  ['deny, a withheld caller', deny([CALLER]), 'anonymous', false],
  ['deny, a caller that is no number', deny([CALLER]), 'alice', false],
  ['deny, nobody listed', deny([]), CALLER, false],
  ['do-not-originate, listed', doNotOriginate(['+18005550100']), '+18005550100', true],
  ['do-not-originate, the next number', doNotOriginate(['+18005550100']), '+18005550101', false],
  ['do-not-originate, by leading digits', doNotOriginate(['+1800555*']), '+18005550100', true],
  ['do-not-originate, next to leading digits', doNotOriginate(['+1800555*']), '+18005560100', false],
  ['called-list, refused', calledList(`${CALLED},${CALLER}`), CALLER, true],
  ['called-list, another caller', calledList(`${CALLED},${CALLER}`), '+12125550118', false],
  ['called-list, another called party', calledList(`+14155550164,${CALLER}`), CALLER, false],
  ['called-list, withheld callers refused', calledList(`${CALLED},withheld`), 'anonymous', true],
  ['called-list, withheld refused, number given', calledList(`${CALLED},withheld`), CALLER, false],
  ['called-list, no lists yet', { ...calledListRule(), lists: NO_CALLED_LISTS }, CALLER, false],
  ['invalid, an area code N11', invalid(), '+14115550117', true],
  ['invalid, an area code that can be', invalid(), '+14125552117', false],
  ['invalid, fictional, excepted', invalid(['fictional']), CALLER, false],
  ['invalid, fictional', invalid(), CALLER, true],
  ['invalid, an exception for something else', invalid(['name']), CALLER, true],
  ['invalid, a withheld caller', invalid(), 'anonymous', false],
  ['invalid, a short code', invalid(), '72345', false],
  ['unallocated, a free exchange', unallocatedRule('npa,nxx,status\n212,555,AS\n212,556,UA\n'), '+12125560117', true],
  ['unallocated, one that was given out', unallocatedRule('npa,nxx,status\n212,555,AS\n'), CALLER, false],
  ['unallocated, not in the file', unallocatedRule('npa,nxx,status\n212,555,AS\n'), '+12125570117', true],
  ['unallocated, an area the file does not name', unallocatedRule('npa,nxx\n212,555\n'), '+14155570117', false],
  ['attestation, signed C under B', attestation(standingsBelow('B')), { attestation: 'C' }, true],
  ['attestation, signed B under B', attestation(standingsBelow('B')), { attestation: 'B' }, false],
  ['attestation, not signed under C', attestation(standingsBelow('C')), { attestation: 'none' }, true],
  ['attestation, passed without a letter', attestation(standingsBelow('A')), { attestation: 'passed' }, false],
  ['attestation, unverified', attestation(standingsBelow('A')), { verification: UNVERIFIED }, false],
  ['attestation, unverified, as the rule says', attestation(['unverified']), { verification: UNVERIFIED }, true],
  [
    'attestation, the gate knows better than the peer',
    attestation(standingsBelow('A')),
    { attestation: 'A', verification: SIGNED_B },
    true,
  ],
  ['attestation, a wrong signature', attestation(standingsBelow('C')), { verification: FAILED }, true],
  ['verification, a wrong signature', verificationRule(), { attestation: 'A', verification: FAILED }, true],
  ['verification, wrong as the peer says', verificationRule(), { attestation: 'failed' }, true],
  ['verification, one that could not be checked', verificationRule(), { verification: UNVERIFIED }, false],
  [
    'verification, right although the peer says wrong',
    verificationRule(),
    { attestation: 'failed', verification: SIGNED_B },
    false,
  ],
  ['verification, none', verificationRule(), {}, false],
  ['score, at the limit', scoreRule(80), { scores: new Map([['score', 80]]) }, true],
  ['score, just below it', scoreRule(80), { scores: new Map([['score', 79.9]]) }, false],
  ['score, of another rule', scoreRule(80), { scores: new Map([['other', 100]]) }, false],
  ['score, no opinion', scoreRule(1), {}, false],
]

for (const [title, rule, given, fires] of CASES) {
  test(`${title}: ${fires ? 'blocked' : 'goes on'}`, () => {
    const verdict = verdictOn([rule], typeof given === 'string' ? { calling: given } : given)

    assert.equal(verdict.kind, fires ? 'block' : 'allow')
    if (verdict.kind !== 'block') return
    assert.deepEqual(verdict.rule, { id: rule.id, number: rule.number })
    assert.equal(verdict.cause, causeOf(rule))
    assert.equal(verdict.optOut, false)
    assert.equal(verdict.grounds.length, 1)
    assert.equal(verdict.grounds[0].rule, rule.id)
  })
}

/** Kinds that fire on the calls before one, with their cases in tests of their own. */
const COUNTING: readonly string[] = ['volume', 'distinct', 'sequential', 'short', 'unanswered', 'spoofing']

test('there is a firing and a near-miss case for each kind of rule', () => {
  const kinds = Object.keys(KINDS).filter((kind) => !COUNTING.includes(kind))
  assert.ok(kinds.length >= 7)
  for (const kind of kinds) {
    const outcomes = CASES.filter(([, rule]) => rule.kind === kind).map(([, , , fires]) => fires)
    assert.ok(outcomes.includes(true) && outcomes.includes(false), kind)
  }
})

test('each kind blocks on an authority of its own where a policy names none', () => {
  const authorities = Object.entries(KINDS).map(([kind, { cause }]) => [kind, cause] as const)
  assert.deepEqual(
    authorities.filter(([, cause]) => cause !== 'analytics'),
    ['called-list', 'do-not-originate', 'invalid', 'unallocated'].map((kind) => [
      kind,
      kind === 'called-list' ? 'called-party' : kind,
    ]),
  )
  assert.ok(authorities.length > 10)
})

test('calls up to the limit go on, the next one is blocked with the figures, and blocked calls count', () => {
  const policy = policyOf([volume({ limit: 300 })])
  const tally = openTally(policy, 1)
  const verdicts = Array.from({ length: 303 }, (_, index) => judge(factsOf({}), policy, tally, NOW + index))

  assert.deepEqual(
    verdicts.slice(0, 300).filter((verdict) => verdict !== NO_RULE),
    [],
  )
  assert.deepEqual(
    verdicts.slice(300).map((verdict) => {
      return verdict.kind === 'block' ? verdict.grounds.map((ground) => ({ ...ground, calls: [] })) : []
    }),
    [301, 302, 303].map((count) => [
      {
        kind: 'volume',
        rule: 'volume',
        cause: 'analytics',
        of: 'number',
        subject: CALLER,
        count,
        exact: true,
        limit: 300,
        perMs: 600_000,
        calls: [],
      },
    ]),
  )
})

const VOLUME_CASES: [title: string, rule: Partial<VolumeRule>, callers: string[], fires: boolean][] = [
  ['another number does not add to a number', {}, ['+12125550117', '+12125550118', '+12125550119'], false],
  ['the numbers of a thousands block add up', { of: 'block' }, ['+12125550117', '+12125550999', '+12125550000'], true],
  ['the next block is another one', { of: 'block' }, ['+12125550117', '+12125551117', '+12125552117'], false],
  [
    'a shorter prefix takes more in',
    { of: 'block', prefix: 7 },
    ['+12125550117', '+12125551117', '+12125552117'],
    true,
  ],
  ['a prefix ends where it says', { of: 'block', prefix: 7 }, ['+12125550117', '+12125560117', '+12125570117'], false],
  [
    'a number without so many digits has no block',
    { of: 'block', prefix: 11 },
    ['+4930123456', '+4930123456', '+4930123456'],
    false,
  ],
  ['a longer number is in another block', { of: 'block' }, ['+12125550117', '+121255501177', '+1212555011777'], false],
  ['other digits are counted too', {}, ['2125550117', '2125550117', '2125550117'], true],
  ['other digits are not E.164', {}, ['12125550117', '+12125550117', '12125550117'], false],
  ['extensions are shared by many and not counted', {}, ['100100', '100100', '100100'], false],
  ['withheld callers are many and not counted', {}, ['anonymous', 'anonymous', 'anonymous'], false],
  ['what is no number is not counted', {}, ['alice', 'alice', 'alice'], false],
]

for (const [title, rule, callers, fires] of VOLUME_CASES) {
  test(`volume: ${title}`, () => {
    const policy = policyOf([volume({ limit: 2, ...rule })])
    const tally = openTally(policy, 1)

    const verdicts = callers.map((calling) => judge(factsOf({ calling }), policy, tally, NOW).kind)

    assert.deepEqual(verdicts, ['allow', 'allow', fires ? 'block' : 'allow'])
  })
}

test('the count falls as the window slides', () => {
  const policy = policyOf([volume({ limit: 4 })])
  const tally = openTally(policy, 1)
  const at = (minute: number) => judge(factsOf({}), policy, tally, NOW + minute * 60_000).kind

  assert.deepEqual([0, 0, 0, 0].map(at), ['allow', 'allow', 'allow', 'allow'])
  assert.equal(at(9), 'block')
  assert.equal(at(11), 'block', 'five calls, nine tenths of whose window is still in view')
  assert.equal(at(19), 'allow')
  assert.equal(at(60), 'allow')
})

test('an exempt call is never judged: not blocked, not counted, and no shadow rule sees it', () => {
  const rules = [volume({ limit: 1, mode: 'shadow' }), deny([CALLER])]
  const policy: Policy = { ...policyOf(rules), exemptions: [exemption([CALLER])] }
  const tally = openTally(policy, 1)

  const verdicts = [1, 2, 3].map(() => judge(factsOf({}), policy, tally, NOW))

  assert.deepEqual(verdicts[2], { kind: 'allow', why: 'exempt', by: 'exempt.csv', shadows: [] })
  assert.equal(tally.counters[0]?.tables[0]?.used, 0)
  assert.equal(judge(factsOf({}), policyOf(rules), tally, NOW).kind, 'block', 'the same call without the exemption')
})

const EXEMPT: [
  title: string,
  facts: Partial<Record<'calling' | 'called', string>> & { emergency?: boolean },
  exempt: boolean,
][] = [
  ['to 911', { called: '911' }, true],
  ['to 112', { called: '112' }, true],
  ['to an emergency service URN, as the facts say', { called: 'x', emergency: true }, true],
  ['to 933, which only tests', { called: '933' }, false],
  ['to a number that ends in 911', { called: '+12125550911' }, false],
  ['to a listed number', { called: '+13125550100' }, true],
  ['from a listed number', { calling: '+13125550100' }, true],
  ['from its neighbour', { calling: '+13125550101' }, false],
]

for (const [title, facts, isExempt] of EXEMPT) {
  test(`a call ${title} is ${isExempt ? 'exempt' : 'judged'}`, () => {
    const policy: Policy = { ...policyOf([deny(['+1*', '2*'])]), exemptions: [exemption(['+13125550100'])] }
    const verdict = judge(factsOf(facts), policy, openTally(policy, 1), NOW)
    assert.equal(verdict.kind === 'allow' && verdict.why === 'exempt', isExempt)
    if (isExempt) assert.match('by' in verdict ? verdict.by : '', /^(emergency|exempt\.csv)$/)
    if (!isExempt) assert.equal(verdict.kind, 'block')
  })
}

test('the first enforced rule that has something to say decides', () => {
  const allow = allowRule([CALLER])
  const block = deny([CALLER])

  assert.deepEqual(verdictOn([allow, block]), { kind: 'allow', why: 'allowed', by: 'allow', shadows: [] })
  assert.equal(verdictOn([block, allow]).kind, 'block')
  assert.equal(verdictOn([allow, block], { calling: '+12125550118' }), NO_RULE)
})

test('an allowed caller is not counted by the rules behind, and is by those before', () => {
  for (const [rules, counted] of [
    [[allowRule([CALLER]), volume({})], 0],
    [[volume({}), allowRule([CALLER])], 1],
  ] as const) {
    const policy = policyOf(rules)
    const tally = openTally(policy, 1)
    assert.equal(judge(factsOf({}), policy, tally, NOW).kind, 'allow')
    assert.equal(tally.counters[0]?.tables[0]?.used, counted)
  }
})

test('a volume rule counts calls that a rule before it has blocked, and adds its ground only to the same cause', () => {
  for (const [first, grounds] of [
    [deny([CALLER]), ['listed', 'volume']],
    [doNotOriginate([CALLER]), ['listed']],
  ] as const) {
    const policy = policyOf([first, volume({ limit: 1 })])
    const tally = openTally(policy, 1)
    judge(factsOf({}), policy, tally, NOW)
    const verdict = judge(factsOf({}), policy, tally, NOW)
    assert.equal(verdict.kind, 'block')
    assert.deepEqual(
      verdict.grounds.map((ground) => ground.kind),
      grounds,
    )
    assert.equal(tally.counters[0]?.tables[0]?.used, 1)
  }
})

test('behind a block, an allow rule still ends the counting', () => {
  const policy = policyOf([doNotOriginate([CALLER]), allowRule([CALLER]), volume({})])
  const tally = openTally(policy, 1)
  assert.equal(judge(factsOf({}), policy, tally, NOW).kind, 'block')
  assert.equal(tally.counters[0]?.tables[0]?.used, 0)
})

test('a shadow rule blocks nothing, and its hits are told with figures', () => {
  const shadow = volume({ limit: 1, mode: 'shadow' })
  const policy = policyOf([shadow])
  const tally = openTally(policy, 1)

  assert.equal(judge(factsOf({}), policy, tally, NOW), NO_RULE)
  const verdict = judge(factsOf({}), policy, tally, NOW)

  assert.equal(verdict.kind, 'allow')
  assert.deepEqual(
    verdict.shadows.map(({ rule, would, ground }) => [rule.id, would, ground?.kind]),
    [['volume', 'block', 'volume']],
  )
  assert.equal(NO_RULE.shadows.length, 0, 'the shared verdict stays as it was')
})

test('shadow hits stand beside a block and beside an allow', () => {
  const shadow = { ...deny([CALLER]), id: 'trial', number: 9, mode: 'shadow' } as Rule
  const hit = ['trial']
  for (const rules of [
    [shadow, deny([CALLER])],
    [deny([CALLER]), shadow],
    [shadow, allowRule([CALLER])],
  ]) {
    const verdict = verdictOn(rules)
    assert.deepEqual(
      verdict.shadows.map(({ rule }) => rule.id),
      hit,
    )
  }
  assert.deepEqual(verdictOn([allowRule([CALLER]), shadow]).shadows, [], 'behind an allow, nothing is asked')
})

test('an allow rule in shadow mode only says that it would have allowed', () => {
  const verdict = verdictOn([{ ...allowRule([CALLER]), mode: 'shadow' }, deny([CALLER])])
  assert.equal(verdict.kind, 'block')
  assert.deepEqual(verdict.shadows, [
    { rule: { id: 'allow', number: 3 }, would: 'allow', why: 'shadow', ground: undefined },
  ])
})

test('a call that nothing is said about is answered by one shared, frozen verdict', () => {
  assert.ok(Object.isFrozen(NO_RULE) && Object.isFrozen(NO_RULE.shadows))
  const rules = [allowRule(['+13125550100']), deny(['+13125550101']), calledList(`${CALLED},+13125550102`), volume({})]
  const policy = policyOf(rules)
  const tally = openTally(policy, 1)
  assert.equal(judge(factsOf({}), policy, tally, NOW), judge(factsOf({}), policy, tally, NOW))
})

const UNWANTED = 'this network has found calls from this number to be unwanted'
const WRONG_SIGNATURE = 'the signature that came with the call does not fit it'

test('grounds read as words for the operator, and for the calling side without list names and limits', () => {
  const policy = policyOf([volume({ of: 'block', limit: 1 })])
  const tally = openTally(policy, 1)
  judge(factsOf({}), policy, tally, NOW)
  const rows: [verdict: Verdict, operator: string, outside: string][] = [
    [
      judge(factsOf({}), policy, tally, NOW),
      '2 calls in 10 min from block +1 212 555 0xxx, limit 1',
      'several calls in 10 min from block +1 212 555 0xxx',
    ],
    [verdictOn([deny(['+1212555*'])]), '+1212555* stands on deny.csv', UNWANTED],
    [
      verdictOn([doNotOriginate([CALLER])]),
      '+1 212 555 0117 stands on dno.csv',
      'this number is not used to place calls',
    ],
    [
      verdictOn([calledList(`${CALLED},${CALLER}`)]),
      'the called party takes no calls from this number',
      'the called party takes no calls from this number',
    ],
    [
      verdictOn([calledList(`${CALLED},withheld`)], { calling: 'anonymous' }),
      'the called party takes no calls from people who withhold their number',
      'the called party takes no calls from people who withhold their number',
    ],
    [
      verdictOn([scoreRule(80)], { scores: new Map([['score', 87.5]]) }),
      'an outside service rated the call 87.5 of 100, limit 80',
      UNWANTED,
    ],
    [
      verdictOn([unallocatedRule('npa,nxx\n212,556\n')]),
      '+1212555 is given to nobody by allocations.csv',
      'this number is not assigned to anybody',
    ],
    [verdictOn([invalid()]), '+1 212 555 0117 is a number for stories only', 'this is not a valid telephone number'],
    [
      verdictOn([attestation(['C'])], { attestation: 'C' }),
      "the call's attestation is C",
      'no provider vouched for the caller of this call as this network asks it',
    ],
    [
      verdictOn([verificationRule()], { verification: FAILED }),
      "the call's signature is wrong: the signature is not that of the certificate",
      WRONG_SIGNATURE,
    ],
    [
      verdictOn([verificationRule()], { attestation: 'failed' }),
      "the call's signature is wrong: peer edge says so",
      WRONG_SIGNATURE,
    ],
    [
      verdictOn([{ ...deny([CALLER]), cause: 'ordered' } as Rule]),
      '+1 212 555 0117 stands on deny.csv',
      'a government order requires this network to block calls from this number',
    ],
  ]
  for (const [verdict, operator, outside] of rows) {
    assert.equal(verdict.kind, 'block')
    assert.equal(formatGround(verdict.grounds[0]), operator)
    assert.equal(formatPublicGround(verdict.grounds[0]), outside)
    assert.deepEqual(JSON.parse(JSON.stringify(verdict.grounds)), verdict.grounds, 'the ledger keeps it as JSON')
  }
})

const FLAWED: [number: string, flaw: Flaw, words: string][] = [
  ['', 'name', 'the caller gives no telephone number'],
  ['000', 'zeros', '000 is nothing but zeros'],
  ['+12', 'length', '+12 has a number of digits that no number has'],
  ['+99912345678', 'country-code', '+99912345678 begins with no country code'],
  ['+11125552117', 'area-code', '+1 112 555 2117 has an area code that cannot be'],
  ['+12120552117', 'exchange', '+1 212 055 2117 has an exchange that cannot be'],
  ['+12125550117', 'fictional', '+1 212 555 0117 is a number for stories only'],
]
test('what is wrong with a number is told to the operator in words, and outside only that it is not valid', () => {
  for (const [number, flaw, words] of FLAWED) {
    const ground = { kind: 'invalid', rule: 'invalid', cause: 'invalid', number, flaw } as const
    assert.equal(formatGround(ground), words)
    assert.equal(formatPublicGround(ground), 'this is not a valid telephone number')
  }
  assert.deepEqual(FLAWED.map(([, flaw]) => flaw).sort(), [...FLAWS].sort())
})

test('a rule with a treatment sends the call there, and says all that a block says', () => {
  const rule = { ...deny([CALLER]), treatment: 'announce' } as Rule
  const blocked = verdictOn([deny([CALLER])])
  assert.deepEqual(verdictOn([rule]), { ...blocked, kind: 'treat', treatment: 'announce' })
  assert.equal(verdictOn([rule], { calling: '+12125550118' }).kind, 'allow')
  assert.ok(!('treatment' in blocked))
})

test('a count that the counter cannot exceed is told as such', () => {
  const full = {
    kind: 'volume',
    rule: 'v',
    cause: 'analytics',
    of: 'number',
    subject: '+4930123456',
    count: 65_535,
    exact: true,
    limit: 60_000,
    perMs: 86_400_000,
    calls: [],
  } as const
  assert.equal(formatGround(full), '65,535 or more calls in 1 d from +4930123456, limit 60,000')
  const guess = { ...full, count: 412, exact: false }
  assert.equal(formatGround(guess), 'about 412 calls in 1 d from +4930123456, limit 60,000')
})

test('windows and numbers are shown as people write them', () => {
  assert.deepEqual([0, 600_000, 3_600_000, 90_000, 1_500, 172_800_000].map(formatWindow), [
    '0 ms',
    '10 min',
    '1 h',
    '90 s',
    '1500 ms',
    '2 d',
  ])
  for (const number of ['+121255501177', '0+12125550117', '+1212555011']) assert.equal(formatNumber(number), number)
  assert.deepEqual(['+12125550117', '+12125550xxx', '+4930123456', '911'].map(formatNumber), [
    '+1 212 555 0117',
    '+1 212 555 0xxx',
    '+4930123456',
    '911',
  ])
})

test('rules take the numbers that the store has given to their ids', () => {
  const policy = numberRules(policyOf([deny([CALLER]), volume({})]), (id) => (id === 'deny' ? 7 : 12))
  assert.deepEqual(
    policy.rules.map(({ id, number }) => [id, number]),
    [
      ['deny', 7],
      ['volume', 12],
    ],
  )
})

test('a cleared number meets no analytics behind its entry, which say what they would have done and count', () => {
  const policy = policyOf([standingRule(CALLER), volume({ limit: 1 })])
  const tally = openTally(policy, 1)

  judge(factsOf({}), policy, tally, NOW)
  const verdict = judge(factsOf({}), policy, tally, NOW)

  assert.equal(verdict.kind, 'allow')
  assert.deepEqual([verdict.why, verdict.by], ['allowed', 'cleared'])
  assert.deepEqual(
    verdict.shadows.map(({ rule, would, why, ground }) => [rule.id, would, why, ground?.kind]),
    [['volume', 'block', 'standing', 'volume']],
  )
})

const STANDING_CASES: [title: string, rules: Rule[], facts: FactsOptions, blockedBy: string | undefined][] = [
  ['analytics before it', [deny([CALLER]), standingRule(CALLER)], {}, 'deny'],
  ['analytics behind it', [standingRule(CALLER), deny([CALLER])], {}, undefined],
  ['another number', [standingRule('+12125550118'), deny([CALLER])], {}, 'deny'],
  ['leading digits', [standingRule('+1212555*'), deny([CALLER])], {}, undefined],
  ['do-not-originate behind it', [standingRule(CALLER), doNotOriginate([CALLER])], {}, 'dno'],
  ['the called party behind it', [standingRule(CALLER), calledList(`${CALLED},${CALLER}`)], {}, 'called'],
  ['an invalid number behind it', [standingRule(CALLER), invalid()], {}, 'invalid'],
  ['an unallocated number behind it', [standingRule(CALLER), unallocatedRule('npa,nxx\n212,556\n')], {}, 'unallocated'],
  ['an order behind it', [standingRule(CALLER), { ...deny([CALLER]), cause: 'ordered' } as Rule], {}, 'deny'],
  ['an attestation that the call has', [standingRule(`${CALLER},A`), deny([CALLER])], { attestation: 'A' }, undefined],
  ['an attestation that the call has not', [standingRule(`${CALLER},A`), deny([CALLER])], { attestation: 'B' }, 'deny'],
  ['a time to come', [standingRule(`${CALLER},,2026-11-18T11:06:41Z`), deny([CALLER])], {}, undefined],
  ['a time that has come', [standingRule(`${CALLER},,2026-11-18T11:06:40Z`), deny([CALLER])], {}, 'deny'],
  ['shadow mode', [{ ...standingRule(CALLER), mode: 'shadow' }, deny([CALLER])], {}, 'deny'],
]

for (const [title, rules, facts, blockedBy] of STANDING_CASES) {
  test(`a cleared number and ${title}: ${blockedBy ?? 'it goes on'}`, () => {
    const verdict = verdictOn(rules, { atMs: Date.parse('2026-11-18T11:06:40Z'), ...facts })
    assert.equal(verdict.kind === 'block' ? verdict.rule.id : undefined, blockedBy)
  })
}

test('a registered caller is skipped by a rule that says so, and held to a higher limit by another', () => {
  const list = standingListOf(`${CALLER},A`)
  const skipping = { ...deny([CALLER]), registered: { kind: 'skip', list } } as Rule
  const signed = { attestation: 'A' } as const

  assert.equal(verdictOn([skipping], signed).kind, 'allow')
  assert.deepEqual(
    verdictOn([skipping], signed).shadows.map(({ why }) => why),
    ['registered'],
  )
  assert.equal(verdictOn([skipping]).kind, 'block', 'the entry asks for an attestation')
  assert.equal(verdictOn([skipping, { ...deny([CALLER]), id: 'deny-2' }], signed).kind, 'block', 'no free pass')

  const scored = { ...scoreRule(80), registered: { kind: 'limit', list, limit: 95 } } as Rule
  const at = (score: number) => ({ scores: new Map([['score', score]]) })
  assert.equal(verdictOn([scored], { ...signed, ...at(94) }).kind, 'allow')
  assert.equal(verdictOn([scored], { ...signed, ...at(95) }).kind, 'block')
  assert.equal(verdictOn([scored], at(94)).kind, 'block')

  const policy = policyOf([volume({ limit: 2, registered: { kind: 'limit', list, limit: 4 } })])
  for (const [facts, passing] of [
    [signed, 4],
    [{}, 2],
  ] as const) {
    const tally = openTally(policy, 1)
    const verdicts = Array.from({ length: 6 }, () => judge(factsOf(facts), policy, tally, NOW))
    assert.equal(verdicts.filter(({ kind }) => kind === 'allow').length, passing)
    const last = verdicts.at(-1)
    assert.ok(last?.kind === 'block' && last.grounds[0].kind === 'volume')
    assert.equal(last.grounds[0].limit, passing, 'the ground names the limit that was crossed')
  }
})

test('a caller is registered with a policy where some rule of it knows him, whatever he calls with', () => {
  const list = standingListOf(`${CALLER},A`)
  const signed = factsOf({ attestation: 'A' })
  for (const [rules, isKnown] of [
    [[deny([CALLER]), { ...deny([]), registered: { kind: 'skip', list } } as Rule], true],
    [[volume({ registered: { kind: 'limit', list, limit: 9 } })], true],
    [[deny([CALLER]), allowRule([CALLER]), standingRule(CALLER)], false],
    [[{ ...deny([]), registered: undefined } as Rule], false],
    [[], false],
  ] as const) {
    assert.equal(isRegistered(policyOf(rules), signed), isKnown)
    assert.equal(isRegistered(policyOf(rules), factsOf({})), false, 'the entry asks for an attestation')
  }
})

test('who has opted out is spared analytics that are not at network level, and nothing else', () => {
  const optOut = listOf('opt-out.csv', [CALLED])
  const on = (rule: Rule, called: string) => {
    const policy: Policy = { ...policyOf([rule]), optOut }
    return judge(factsOf({ called }), policy, openTally(policy, 1), NOW)
  }

  const spared = on(deny([CALLER]), CALLED)
  assert.equal(spared.kind, 'allow')
  assert.deepEqual(
    spared.shadows.map(({ why, would }) => [why, would]),
    [['opt-out', 'block']],
  )
  for (const [rule, called, optedOut] of [
    [deny([CALLER]), '+14155550164', false],
    [{ ...deny([CALLER]), program: 'network' } as Rule, CALLED, true],
    [{ ...deny([CALLER]), cause: 'ordered' } as Rule, CALLED, true],
    [doNotOriginate([CALLER]), CALLED, true],
    [calledList(`${CALLED},${CALLER}`), CALLED, true],
  ] as const) {
    const verdict = on(rule, called)
    assert.ok(verdict.kind === 'block', rule.id)
    assert.equal(verdict.optOut, optedOut, rule.id)
  }
})

test('a rule sees the calls of its peers, trunks and tenants only, and counts no others', () => {
  const scope = { peers: ['edge', 'west'], trunks: ['t1'], tenants: ['acme'] }
  for (const [facts, applies] of [
    [{ peer: 'edge', trunk: 't1', tenant: 'acme' }, true],
    [{ peer: 'west', trunk: 't1', tenant: 'acme' }, true],
    [{ peer: 'east', trunk: 't1', tenant: 'acme' }, false],
    [{ peer: 'edge', trunk: 't2', tenant: 'acme' }, false],
    [{ peer: 'edge', trunk: '', tenant: 'acme' }, false],
    [{ peer: 'edge', trunk: 't1', tenant: 'zeta' }, false],
    [{ peer: 'edge', trunk: 't1' }, false],
  ] as const) {
    assert.equal(verdictOn([{ ...deny([CALLER]), scope }], facts).kind, applies ? 'block' : 'allow')
    assert.equal(
      verdictOn([{ ...allowRule([CALLER]), scope }, deny([CALLER])], facts).kind,
      applies ? 'allow' : 'block',
    )
    const policy = policyOf([volume({ limit: 1, scope })])
    const tally = openTally(policy, 1)
    judge(factsOf(facts), policy, tally, NOW)
    assert.equal(judge(factsOf(facts), policy, tally, NOW).kind, applies ? 'block' : 'allow')
  }
  assert.equal(
    verdictOn([{ ...deny([CALLER]), scope: { peers: undefined, trunks: ['t1'] } }], { trunk: 't1' }).kind,
    'block',
  )
})

test('a sample is a share of calls, the same ones each time, and says of the others what it would have done', () => {
  const rule = { ...deny(['+1*']), sample: 0.1 } as Rule
  const verdicts = Array.from({ length: 5000 }, (_, index) => {
    const facts = { calling: `+1212556${String(index).padStart(4, '0')}` }
    const verdict = verdictOn([rule], facts)
    assert.equal(
      verdictOn([rule], { ...facts, atMs: NOW + 86_400_000 }).kind,
      verdict.kind,
      'trying again does not help',
    )
    return verdict
  })
  const blocked = verdicts.filter(({ kind }) => kind === 'block').length
  assert.ok(blocked > 400 && blocked < 600, `${blocked} of 5000`)
  for (const verdict of verdicts) {
    if (verdict.kind === 'allow')
      assert.deepEqual(
        verdict.shadows.map(({ why }) => why),
        ['sample'],
      )
  }
  const all = { ...rule, sample: 1 } as Rule
  assert.ok(verdicts.every((_, index) => verdictOn([all], { calling: `+1212556${1000 + index}` }).kind === 'block'))
})

test('which calls a sample takes depends on the secret of the gate', () => {
  const rule = { ...deny(['+1*']), sample: 0.5 } as Rule
  const facts = Array.from({ length: 200 }, (_, index) => factsOf({ calling: `+12125560${100 + index}` }))
  const takenBy = (sampleSeed: number | undefined) => {
    const policy = { ...policyOf([rule]), sampleSeed }
    return facts.map((call) => judge(call, policy, openTally(policy, 1), NOW).kind).join()
  }
  assert.equal(takenBy(7), takenBy(7))
  assert.equal(takenBy(undefined), takenBy(0), 'a replay takes the same ones each time')
  assert.equal(new Set([0, 1, 2, 7, 0x8000_0000].map((seed) => takenBy(seed))).size, 5)
})

const ANY_RULE = fc.constantFrom<Rule>(
  deny([CALLER]),
  { ...deny([CALLER]), id: 'ordered', cause: 'ordered' } as Rule,
  { ...deny([CALLER]), id: 'sampled', sample: 0.5 } as Rule,
  doNotOriginate([CALLER]),
  calledList(`${CALLED},${CALLER}`),
  invalid(),
  unallocatedRule('npa,nxx\n212,556\n'),
  attestation(standingsBelow('C')),
  allowRule([CALLER]),
  standingRule(CALLER),
  { ...deny([CALLER]), id: 'elsewhere', scope: { peers: ['west'], trunks: undefined } } as Rule,
)
const ANY_RULES = fc
  .array(fc.tuple(ANY_RULE, fc.boolean()), { maxLength: 8 })
  .map((rules) => rules.map(([rule, isShadow]): Rule => (isShadow ? { ...rule, mode: 'shadow' } : rule)))

test('whatever the rules, shadow ones change no verdict, and taking them out changes only what is noted', () => {
  const outcomes = new Set<string>()
  fc.assert(
    fc.property(ANY_RULES, (rules) => {
      const verdict = verdictOn(rules)
      const without = verdictOn(rules.filter(({ mode }) => mode === 'enforce'))
      const bare = { ...verdict, shadows: [] }
      assert.deepEqual(bare, { ...without, shadows: [] })
      outcomes.add(verdict.kind === 'allow' ? verdict.why : verdict.cause)
    }),
    { numRuns: 1000 },
  )
  assert.ok(outcomes.size >= 6, [...outcomes].join())
})

test('whatever the rules, the first enforced rule that may act decides, by a model', () => {
  let blocks = 0
  fc.assert(
    fc.property(ANY_RULES, (rules) => {
      const verdict = verdictOn(rules)
      let cleared = false
      let expected: string | undefined
      for (const rule of rules) {
        if (rule.mode === 'shadow' || rule.id === 'elsewhere') continue
        if (rule.kind === 'allow') break
        if (rule.kind === 'standing') cleared = true
        else if (rule.cause === 'analytics' && cleared) continue
        else if (rule.sample !== undefined && verdictOn([rule]).kind === 'allow') continue
        else {
          expected = rule.id
          break
        }
      }
      if (expected !== undefined) blocks++
      assert.equal(verdict.kind === 'block' ? verdict.rule.id : undefined, expected)
    }),
    { numRuns: 1000 },
  )
  assert.ok(blocks > 200, `only ${blocks} blocks`)
})

test('whatever the rules, an exempt call goes on and nothing is noted of it', () => {
  let wouldBlock = 0
  fc.assert(
    fc.property(ANY_RULES, (rules) => {
      const policy: Policy = { ...policyOf(rules), exemptions: [exemption([CALLER])] }
      const verdict = judge(factsOf({}), policy, openTally(policy, 1), NOW)
      assert.deepEqual(verdict, { kind: 'allow', why: 'exempt', by: 'exempt.csv', shadows: [] })
      const emergency = verdictOn(rules, { called: '911' })
      assert.deepEqual(emergency, { kind: 'allow', why: 'exempt', by: 'emergency', shadows: [] })
      if (verdictOn(rules).kind === 'block') wouldBlock++
    }),
    { numRuns: 500 },
  )
  assert.ok(wouldBlock > 50, `only ${wouldBlock} of them matter`)
})

test('whatever the rules, a cleared number is never spared a cause that is no analytics', () => {
  let blocks = 0
  fc.assert(
    fc.property(ANY_RULES, (rules) => {
      const others = rules.filter(
        (rule) => !('cause' in rule && rule.cause === 'analytics') && rule.kind !== 'standing',
      )
      const verdict = verdictOn([standingRule(CALLER), ...others])
      const without = verdictOn(others)
      if (without.kind === 'block') blocks++
      assert.equal(verdict.kind, without.kind)
      if (without.kind === 'block') assert.deepEqual(verdict, without)
    }),
    { numRuns: 500 },
  )
  assert.ok(blocks > 50, `only ${blocks} blocks`)
})

test('a policy that was sent to another thread judges the same, over the same memory of its lists', () => {
  const allot = (bytes: number) => new SharedArrayBuffer(bytes)
  const listed = parseEntries([CALLER, '+1312*'], { name: 'deny.csv', blocks: true, allot }).list
  const called = parseCalledLists(`${CALLED},+12125550118`, { allot }).lists
  const denied = { ...(deny([]) as ListRule<'deny'>), list: listed }
  const policy: Policy = {
    ...policyOf([allowRule(['+12125550119']), denied, { ...calledListRule(), lists: called }, volume({ limit: 1 })]),
    exemptions: [exemption(['+13125550100'])],
  }
  const sent = structuredClone(policy)

  const [, sentDeny] = sent.rules
  assert.ok(sentDeny?.kind === 'deny')
  const free = listed.numbers.slots.indexOf(0)
  listed.numbers.slots[free] = 7
  assert.equal(sentDeny.list.numbers.slots[free], 7, 'what is written here is read there')
  listed.numbers.slots[free] = 0
  const tallies = [openTally(policy, 1), openTally(sent, 1)] as const
  const kinds = new Set<string>()
  for (const calling of [CALLER, '+12125550118', '+12125550119', '+13125550100', '+13125550101', '+14', 'anonymous']) {
    for (const round of [0, 1]) {
      const verdict = judge(factsOf({ calling }), policy, tallies[0], NOW + round)
      assert.deepEqual(judge(factsOf({ calling }), sent, tallies[1], NOW + round), verdict)
      kinds.add(verdict.kind === 'allow' ? verdict.why : verdict.rule.id)
    }
  }
  assert.deepEqual([...kinds].sort(), ['allowed', 'called', 'deny', 'exempt', 'no-rule'])
})

function verdictOn(rules: readonly Rule[], facts: FactsOptions = {}): Verdict {
  const policy = policyOf(rules)
  return judge(factsOf(facts), policy, openTally(policy, 1), NOW)
}

function policyOf(rules: readonly Rule[]): Policy {
  return { version: 'test', exemptions: [], rules }
}

type FactsOptions = Partial<Omit<CallFacts, 'calling' | 'called'>> & {
  readonly calling?: string
  readonly called?: string
}

function factsOf({ calling = CALLER, called = CALLED, ...others }: FactsOptions): CallFacts {
  return {
    atMs: NOW,
    calling: parseNumber(calling),
    called: parseNumber(called),
    peer: 'edge',
    trunk: '',
    attestation: 'none',
    emergency: false,
    forwarded: false,
    verification: NOT_LOOKED,
    scores: NO_SCORES,
    ...others,
  }
}

function listOf(name: string, entries: readonly string[]): NumberList {
  const { list, faults } = parseEntries(entries, { name, blocks: false })
  assert.deepEqual(faults, [])
  return list
}

function deny(entries: readonly string[]): Rule {
  const list = listOf('deny.csv', entries)
  return { kind: 'deny', id: 'deny', number: 1, mode: 'enforce', cause: 'analytics', program: 'none', list }
}

function doNotOriginate(entries: readonly string[]): Rule {
  const list = listOf('dno.csv', entries)
  const cause = 'do-not-originate'
  return { kind: 'do-not-originate', id: 'dno', number: 2, mode: 'enforce', cause, program: 'none', list }
}

function allowRule(entries: readonly string[]): Rule {
  const verdict = allowBy('allowed', 'allow')
  return { kind: 'allow', id: 'allow', number: 3, mode: 'enforce', list: listOf('allow.csv', entries), verdict }
}

function calledListRule() {
  const mode: Mode = 'enforce'
  return { kind: 'called-list', id: 'called', number: 4, mode, cause: 'called-party', program: 'none' } as const
}

function calledList(text: string): Rule {
  const { lists, faults } = parseCalledLists(text)
  assert.deepEqual(faults, [])
  return { ...calledListRule(), lists }
}

function invalid(except: readonly Flaw[] = []): Rule {
  const options = { cause: 'invalid', program: 'none', except, isNorthAmerican: false } as const
  return { ...BLOCKS, kind: 'invalid', id: 'invalid', number: 6, ...options }
}

function unallocatedRule(text: string): Rule {
  const { allocations, faults } = parseAllocations(text, { name: 'allocations.csv' })
  assert.deepEqual(faults, [])
  const options = { cause: 'unallocated', program: 'none', allocations } as const
  return { ...BLOCKS, kind: 'unallocated', id: 'unallocated', number: 7, ...options }
}

function attestation(standings: readonly Standing[]): Rule {
  return { ...BLOCKS, kind: 'attestation', id: 'attestation', number: 8, standings }
}

function scoreRule(limit: number): Rule {
  const breaker = { failures: 20, perMs: 10_000, openMs: 30_000 }
  const service = { url: 'http://127.0.0.1:1/', withinMs: 50, cacheMs: 0, breaker }
  return { ...BLOCKS, kind: 'score', id: 'score', number: 12, limit, service }
}

function verificationRule(): Rule {
  return { ...BLOCKS, kind: 'verification', id: 'verification', number: 9 }
}

function standingRule(text: string): Rule {
  const verdict = allowBy('allowed', 'cleared')
  return { kind: 'standing', id: 'cleared', number: 10, mode: 'enforce', list: standingListOf(text), verdict }
}

function standingListOf(text: string): StandingList {
  const { list, faults } = parseStandingList(text, { name: 'cleared.csv' })
  assert.deepEqual(faults, [])
  return list
}

function volume(options: Partial<VolumeRule>): VolumeRule {
  const defaults = { id: 'volume', number: 5, mode: 'enforce', cause: 'analytics', program: 'opt-out' } as const
  const counted = { of: 'number', prefix: undefined, limit: 300, perMs: 600_000, capacity: 100, counter: 0 } as const
  return { kind: 'volume', ...defaults, ...counted, ...options }
}

function exemption(entries: readonly string[]) {
  return { list: listOf('exempt.csv', entries), verdict: allowBy('exempt', 'exempt.csv') }
}

function causeOf(rule: Rule): Cause | undefined {
  return 'cause' in rule ? rule.cause : undefined
}
