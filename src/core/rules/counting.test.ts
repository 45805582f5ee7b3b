// One thing: each kind of rule that counts, at its limit and a call below it, and against a model that remembers everything.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { STIR_REASONS, type StirReason } from '#codec/stir/reasons.ts'
import type { CallFacts } from '#core/call/facts.ts'
import { parseNumber } from '#core/call/number.ts'
import { NOT_LOOKED, NO_SCORES, type Verification } from '#core/call/verification.ts'
import { formatGround, formatPublicGround, formatTelling, publicGrounds } from './ground.ts'
import { judge } from './judge.ts'
import { KINDS } from './kinds.ts'
import { noteOutcome, type Outcome } from './outcomes.ts'
import type {
  CountingRule,
  DistinctRule,
  Policy,
  SequentialRule,
  ShortRule,
  SpoofingRule,
  UnansweredRule,
  VolumeRule,
} from './policy.ts'
import { COUNT_MAX } from './sliding-counter.ts'
import { learn } from './spoofing.ts'
import { parseStandingList } from './standing-list.ts'
import { openTally, type MemoryTally } from './tally.ts'
import type { Ground } from './verdict.ts'

const CALLER = '+12125550117'
const CALLED = '+14155550163'
const NOW = 1_795_000_000_000
const MINUTE = 60_000
const DAY = 86_400_000

/** Something that happens: a call, or the end of one; `times` over, at a minute after the start. */
type Event = Partial<Record<'calling' | 'called' | 'peer' | 'trunk', string>> & {
  readonly attestation?: CallFacts['attestation']
  readonly verification?: Verification
  readonly ended?: Partial<Omit<Outcome, 'atMs' | 'calling'>>
  readonly times?: number
  readonly minute?: number
}

const to = (...called: number[]): Event[] => called.map((number) => ({ called: `+1415555${number}` }))
const ended = (times: number, seconds: number, answered = true): Event => ({ ended: { answered, seconds }, times })
const signedBy = (signer: string, attestation: 'A' | 'B' | 'C' = 'A'): Verification => {
  return { kind: 'verified', attestation, signer, originId: 'x' }
}
const SIGNED: Event = { verification: signedBy('709J'), times: 3 }
const unverified = (why: StirReason): Event => ({ verification: { kind: 'unverified', why } })
const trunked = (why: StirReason): Event => ({ ...unverified(why), attestation: 'A', trunk: 't1' })
const TRUNKED: Event = { attestation: 'A', trunk: 't1', times: 3 }

/** What happens before the last call, that call, and whether it is blocked. None before it is. */
const CASES: [title: string, rule: CountingRule, before: Event[], last: Event, fires: boolean][] = [
  ['one more call than the limit', volume(), [{ times: 3 }], {}, true],
  ['as many calls as the limit', volume(), [{ times: 2 }], {}, false],

  ['one more number than the limit', distinct(), to(1001, 1005, 1009), { called: '+14155551013' }, true],
  ['as many numbers as the limit', distinct(), to(1001, 1005), { called: '+14155551013' }, false],
  ['the same numbers again and again', distinct(), [...to(1001, 1005, 1009), ...to(1001, 1005)], to(1009)[0]!, false],
  ['a number again after one too many', distinct(), to(1001, 1005, 1009), to(1001)[0]!, false],
  ['another caller calls the fourth number', distinct(), to(1, 2, 3), { calling: '+12125550118' }, false],
  [
    'another caller of the block does',
    distinct({ of: 'block' }),
    to(1001, 1002, 1003),
    { calling: '+12125550118' },
    true,
  ],
  ['names called are no numbers', distinct(), [...to(1001, 1002, 1003)], { called: 'alice' }, false],
  ['withheld callers are many', distinct(), to(1, 2, 3).map(withheld), withheld(to(4)[0]!), false],
  ['the window is over', distinct(), to(1001, 1002, 1003), { called: '+14155551004', minute: 25 }, false],

  ['a run upwards', sequential(), to(1001, 1002, 1003), to(1004)[0]!, true],
  ['a run downwards', sequential(), to(1009, 1008, 1007), to(1006)[0]!, true],
  ['a run as long as the limit', sequential(), to(1001, 1002), to(1003)[0]!, false],
  ['a step too wide', sequential(), to(1001, 1002, 1003), to(1005)[0]!, false],
  ['a wider step that the rule takes', sequential({ step: 2 }), to(1001, 1003, 1004), to(1006)[0]!, true],
  ['up and down again', sequential(), to(1001, 1002, 1001, 1002, 1001), to(1002)[0]!, false],
  ['the same number again', sequential(), to(1001, 1002, 1003, 1003, 1003), to(1003)[0]!, false],
  ['other numbers in between', sequential(), to(1001, 7000, 1002, 3000, 1003, 5000), to(1004)[0]!, true],
  ['two runs at once', sequential(), to(1001, 7009, 1002, 7008, 1003, 7007), to(7006)[0]!, true],
  ['numbers of no order', sequential(), to(1001, 1050, 1003, 1100, 1020), to(1004)[0]!, false],
  ['a run of several callers', sequential(), to(1, 2, 3), { called: '+14155554', calling: '+12125550118' }, false],
  [
    'a run of a block',
    sequential({ of: 'block' }),
    to(1001, 1002, 1003),
    { called: '+14155551004', calling: '+12125550118' },
    true,
  ],
  ['local numbers do', sequential(), ['5551001', '5551002', '5551003'].map(called), called('5551004'), true],
  ['withheld callers follow none', sequential(), to(1001, 1002, 1003).map(withheld), withheld(to(1004)[0]!), false],
  ['a local caller', volume(), [{ calling: '5550117', times: 3 }], { calling: '5550117' }, true],
  ['short codes follow no order', sequential(), ['101', '102', '103'].map(called), called('104'), false],
  [
    'a run that pauses for the window',
    sequential(),
    to(1001, 1002, 1003),
    { called: '+14155551004', minute: 25 },
    false,
  ],

  ['mostly short', short(), [ended(4, 2), ended(1, 60)], {}, true],
  ['a share as large as the limit', short(), [ended(3, 2), ended(1, 60)], {}, false],
  ['too few to say', short(), [ended(3, 2)], {}, false],
  ['just as long as short is not', short(), [ended(5, 6)], {}, false],
  ['calls nobody answered are not short', short(), [ended(5, 0, false)], {}, false],
  ['unanswered calls do not thin out short ones', short(), [ended(4, 2), ended(9, 0, false)], {}, true],
  [
    'told when the window was over',
    short(),
    [{ ...ended(5, 2), ended: { seconds: 2, ageMs: 10 * MINUTE } }],
    {},
    false,
  ],
  ['told late, but in the window', short(), [{ ...ended(5, 2), ended: { seconds: 2, ageMs: 9 * MINUTE } }], {}, true],
  ['another number was short', short(), [ended(5, 2)], { calling: '+12125550118' }, false],
  ['a number of the block was', short({ of: 'block' }), [ended(5, 2)], { calling: '+12125550118' }, true],
  ['short calls of long ago', short(), [ended(5, 2)], { minute: 25 }, false],

  ['mostly unanswered', unanswered(), [ended(4, 0, false), ended(1, 60)], {}, true],
  ['answered often enough', unanswered(), [ended(3, 0, false), ended(1, 60)], {}, false],
  ['too few to say, unanswered', unanswered(), [ended(3, 0, false)], {}, false],
  ['answered, however shortly', unanswered(), [ended(5, 0, true)], {}, false],

  ['a signed number comes unsigned', spoofing(), [SIGNED], {}, true],
  ['too few signed calls', spoofing(), [{ ...SIGNED, times: 2 }], {}, false],
  ['signed by the same provider', spoofing(), [SIGNED], { verification: signedBy('709J') }, false],
  ['the same provider with less attestation', spoofing(), [SIGNED], { verification: signedBy('709J', 'B') }, false],
  ['signed by another provider', spoofing(), [SIGNED], { verification: signedBy('123X') }, true],
  ['a signature that is wrong', spoofing(), [SIGNED], { verification: { kind: 'failed', why: 'x' } }, true],
  [
    'a signature that could not be checked',
    spoofing(),
    [SIGNED],
    { verification: { kind: 'unverified', why: 'late' } },
    false,
  ],
  ['a token of a kind that attests nothing', spoofing(), [SIGNED], unverified('no-attestation'), true],
  ['a certificate at a host that is not listed', spoofing(), [SIGNED], unverified('not-fetched'), true],
  ['whole numbers and a token without any', spoofing(), [SIGNED], unverified('number-form'), true],
  [
    'a called number that is not whole',
    spoofing(),
    [SIGNED],
    { ...unverified('number-form'), called: '5550163' },
    false,
  ],
  ['junk beside the word of the usual trunk', spoofing(), [TRUNKED], trunked('not-fetched'), false],
  ['junk beside no word of the trunk', spoofing(), [TRUNKED], { ...unverified('not-fetched'), trunk: 't1' }, true],
  ['another number unsigned', spoofing(), [SIGNED], { calling: '+12125550118' }, false],
  ['a number that was never more than B', spoofing(), [{ verification: signedBy('709J', 'B'), times: 9 }], {}, false],
  ['not signed for longer than remembered', spoofing(), [SIGNED], { minute: 31 * 24 * 60 }, false],
  ['the usual trunk', spoofing(), [TRUNKED], { attestation: 'A', trunk: 't1' }, false],
  ['the usual trunk, signed wrongly', spoofing(), [TRUNKED], { attestation: 'failed', trunk: 't1' }, true],
  ['a number by trunk that was never more than B', spoofing(), [{ ...TRUNKED, attestation: 'B' }], {}, false],
  ['unsigned again and again', spoofing(), [SIGNED, { times: 7 }], {}, true],
  ['a number of seven digits', spoofing(), [{ ...SIGNED, calling: '5550117' }], { calling: '5550117' }, true],
  ['an extension', spoofing(), [{ ...SIGNED, calling: '555011' }], { calling: '555011' }, false],
  ['another trunk', spoofing(), [TRUNKED], { attestation: 'A', trunk: 't2' }, true],
  ['another peer', spoofing(), [TRUNKED], { attestation: 'A', trunk: 't1', peer: 'west' }, true],
  ['another trunk with less attestation', spoofing(), [TRUNKED], { attestation: 'C', trunk: 't2' }, true],
  ['the usual trunk with less attestation', spoofing(), [TRUNKED], { attestation: 'C', trunk: 't1' }, false],
  ['the usual trunk, unsigned', spoofing(), [TRUNKED], { trunk: 't1' }, true],
  [
    'a verified signature where only trunks were known',
    spoofing(),
    [TRUNKED],
    { verification: signedBy('709J') },
    false,
  ],
]

for (const [title, rule, before, last, fires] of CASES) {
  test(`${rule.kind}, ${title}: ${fires ? 'blocked' : 'goes on'}`, () => {
    const world = openWorld(rule)
    for (const event of before) for (let time = 0; time < (event.times ?? 1); time++) world.happens(event)
    const verdict = world.happens(last)

    assert.equal(verdict?.kind, fires ? 'block' : 'allow')
    if (verdict?.kind !== 'block') return
    assert.deepEqual([verdict.cause, verdict.grounds.length], ['analytics', 1])
    const [ground] = verdict.grounds
    assert.deepEqual([ground.kind, ground.rule], [rule.kind, rule.id])
    assert.deepEqual(JSON.parse(JSON.stringify(ground)), ground, 'the ledger keeps it as JSON')
  })
}

test('there is a firing and a near-miss case for each kind that counts', () => {
  const kinds = Object.keys(KINDS).filter((kind) => CASES.some(([, rule]) => rule.kind === kind))
  assert.equal(kinds.length, 6)
  for (const kind of kinds) {
    const outcomes = CASES.filter(([, rule]) => rule.kind === kind).map(([, , , , fires]) => fires)
    assert.ok(outcomes.includes(true) && outcomes.includes(false), kind)
  }
})

test('of all reasons why a signature was not checked, only those that the caller did not choose leave him alone', () => {
  const reasons = Object.keys(STIR_REASONS) as StirReason[]
  const blocked = reasons.filter((why) => {
    const { happens } = openWorld(spoofing())
    for (let time = 0; time < 3; time++) happens({ verification: signedBy('709J') })
    return STIR_REASONS[why].kind === 'unverified' && happens(unverified(why))?.kind === 'block'
  })
  assert.deepEqual(blocked.toSorted(), [
    'certificate',
    'chain',
    'compact-form',
    'no-attestation',
    'not-fetched',
    'number-form',
  ])
})

test('a number that moved to another provider is his after as many signed calls, and the old one is not believed', () => {
  const { happens } = openWorld(spoofing())
  const from = (signer: string) => happens({ verification: signedBy(signer) })?.kind
  assert.deepEqual(
    [1, 2, 3].map(() => from('old')),
    ['allow', 'allow', 'allow'],
  )
  assert.deepEqual(
    [1, 2, 3].map(() => from('new')),
    ['block', 'block', 'block'],
  )
  assert.equal(from('new'), 'allow')
  assert.equal(from('old'), 'block')
  assert.equal(happens({})?.kind, 'block', 'unsigned, it is as wrong as ever')
})

test('two providers that both sign a number all along are both normal, a third is not', () => {
  const { happens } = openWorld(spoofing())
  const from = (signer: string) => happens({ verification: signedBy(signer) })?.kind
  for (const signer of ['one', 'one', 'one', 'two', 'one', 'two', 'one', 'two']) from(signer)
  assert.deepEqual(['one', 'two', 'one', 'two'].map(from), ['allow', 'allow', 'allow', 'allow'])
  assert.equal(from('three'), 'block')
  assert.deepEqual(['one', 'two'].map(from), ['allow', 'block'], 'the third unlearns the second, one for one')
  assert.deepEqual(['two', 'one'].map(from), ['allow', 'allow'])
})

test('a caller who is told of his first block cannot tell the limit from it', () => {
  const ground = (count: number) => {
    const figure = { of: 'number', subject: CALLER, count, exact: true, limit: count - 1, perMs: 600_000, calls: [] }
    return JSON.parse(JSON.stringify({ kind: 'volume', rule: 'v', cause: 'analytics', ...figure })) as Ground
  }
  const words = new Map<string, number>()
  for (let count = 2; count < 20_000; count++) {
    const said = formatPublicGround(ground(count))
    assert.doesNotMatch(said.replace('10 min', '').replace('+1 212 555 0117', ''), /[0-9]/)
    words.set(said, (words.get(said) ?? 0) + 1)
  }
  assert.deepEqual([...words.values()], [18, 80, 900, 9000, 10_000])
  assert.match(formatPublicGround(ground(301)), /^hundreds of calls in 10 min from/)
  assert.match(formatGround(ground(301)), /^301 calls in 10 min .*, limit 300$/, 'the operator sees it all')
})

test('an outcome says whether a rule counts it', () => {
  const outcome = { calling: parseNumber(CALLER), answered: false, seconds: 0, atMs: NOW }
  for (const [rule, given, isCounted] of [
    [unanswered(), outcome, true],
    [short(), outcome, false],
    [short(), { ...outcome, answered: true }, true],
    [short(), { ...outcome, answered: true, calling: parseNumber('anonymous') }, false],
    [volume(), outcome, false],
  ] as const) {
    const policy = policyOf(rule)
    assert.equal(noteOutcome(openTally(policy, 1), policy, given), isCounted, rule.kind)
  }
})

test('a gate knows from its journal who signs a number', () => {
  const { tally, policy, happens } = openWorld(spoofing())
  const past = { calling: parseNumber(CALLER), peer: 'edge', trunk: 't1', atMs: NOW - DAY }
  for (const attestation of ['A', 'A', 'B', 'none', 'A'] as const) learn(tally, policy, { ...past, attestation })
  learn(tally, policy, { ...past, calling: parseNumber('anonymous'), attestation: 'A' })

  assert.equal(happens({ attestation: 'A', trunk: 't1' })?.kind, 'allow')
  const verdict = happens({ trunk: 't1' })
  assert.ok(verdict?.kind === 'block')
  const other = openWorld(spoofing())
  for (const attestation of ['B', 'C', 'passed', 'none', 'failed'] as const) {
    for (const _ of [1, 2, 3]) learn(other.tally, other.policy, { ...past, attestation })
  }
  assert.equal(other.happens({})?.kind, 'allow', 'what was not signed A teaches nothing')
  assert.equal(verdict.grounds[0].kind === 'spoofing' && verdict.grounds[0].count, 3)
})

const WORDS: [rule: CountingRule, before: Event[], last: Event, operator: string, outside: string][] = [
  [
    volume(),
    [{ times: 3 }],
    {},
    '4 calls in 10 min from +1 212 555 0117, limit 3',
    'several calls in 10 min from +1 212 555 0117',
  ],
  [
    distinct({ of: 'block' }),
    to(1001, 1002, 1003),
    to(1004)[0]!,
    '4 different numbers called in 10 min from block +1 212 555 0xxx, limit 3',
    'several different numbers called in 10 min from block +1 212 555 0xxx',
  ],
  [
    sequential({ step: 2 }),
    to(1001, 1003, 1004),
    to(1006)[0]!,
    '4 calls in 10 min from +1 212 555 0117 to numbers one after the other, at most 2 apart, limit 3',
    'several calls in 10 min from +1 212 555 0117 to numbers one after the other',
  ],
  [
    short(),
    [ended(4, 2), ended(1, 60)],
    {},
    '4 of 5 answered calls in 10 min from +1 212 555 0117 were over in less than 6 s, 80 %, limit 75 %',
    'most answered calls in 10 min from +1 212 555 0117 were over at once',
  ],
  [
    unanswered(),
    [ended(9, 0, false), ended(1, 60)],
    {},
    '9 of 10 calls in 10 min from +1 212 555 0117 were not answered, 90 %, limit 75 %',
    'most calls in 10 min from +1 212 555 0117 were not answered',
  ],
  [
    sequential({ step: 12 }),
    to(1001, 1011, 1021),
    to(1031)[0]!,
    '4 calls in 10 min from +1 212 555 0117 to numbers one after the other, at most 12 apart, limit 3',
    'several calls in 10 min from +1 212 555 0117 to numbers one after the other',
  ],
  [
    spoofing(),
    [SIGNED],
    { trunk: 't9' },
    '+1 212 555 0117 is normally signed by another provider (at least 3 calls, remembered for 30 d) and came unsigned by way of edge/t9',
    'calls from this number normally come signed by its own provider, and this one did not',
  ],
  [
    spoofing(),
    [SIGNED],
    { verification: { kind: 'failed', why: 'x' } },
    '+1 212 555 0117 is normally signed by another provider (at least 3 calls, remembered for 30 d) and came unsigned by way of edge',
    'calls from this number normally come signed by its own provider, and this one did not',
  ],
  [
    spoofing(),
    [SIGNED],
    { verification: signedBy('123X') },
    '+1 212 555 0117 is normally signed by another provider (at least 3 calls, remembered for 30 d) and came by way of 123X',
    'calls from this number normally come signed by its own provider, and this one did not',
  ],
]

for (const [rule, before, last, operator, outside] of WORDS) {
  test(`the grounds of ${rule.kind} in words: ${operator}`, () => {
    const ground = groundOf(rule, before, last)
    assert.equal(formatGround(ground), operator)
    assert.equal(formatPublicGround(ground), outside)
  })
}

test('a ground tells the latest calls behind it, oldest first, and not the blocked call itself', () => {
  const { happens } = openWorld(volume({ limit: 6 }))
  for (const [minute, calling] of [CALLER, '+12125550118', CALLER, '+12125551117', CALLER].entries()) {
    happens({ calling, called: `+1415555100${minute}`, minute })
  }
  for (const minute of [5, 6, 7]) happens({ called: `+1415555100${minute}`, minute })
  const ground = blockedGround(happens({ called: '+14155551008', minute: 8 }))

  assert.ok(ground.kind === 'volume')
  assert.deepEqual(
    ground.calls,
    [2, 4, 5, 6, 7].map((minute) => ({
      at: NOW + minute * MINUTE,
      calling: CALLER,
      called: `+1415555100${minute}`,
    })),
  )
  assert.equal(formatTelling(ground)[0], '2026-11-18T11:08:40.000Z from +1 212 555 0117 to +1 415 555 1002')
  const older = JSON.parse('{"kind":"volume","count":1,"subject":"","perMs":1}') as Ground
  assert.deepEqual(
    [formatTelling(older), publicGrounds([older], CALLER)[0]?.calls],
    [[], []],
    'an older entry has none',
  )
})

test('a registered caller is held to his own limit by every rule that has one', () => {
  const { list } = parseStandingList(CALLER, { name: 'registered.csv' })
  const registered = { kind: 'limit', list, limit: 5 } as const
  for (const rule of [volume({ registered }), distinct({ registered }), sequential({ registered })]) {
    const { happens } = openWorld(rule)
    const verdicts = to(1001, 1002, 1003, 1004, 1005, 1006).map(happens)
    assert.deepEqual(
      verdicts.map((verdict) => verdict?.kind),
      ['allow', 'allow', 'allow', 'allow', 'allow', 'block'],
    )
    const ground = blockedGround(verdicts.at(-1))
    assert.deepEqual('limit' in ground && ground.limit, 5)
  }
})

test('of a number that was less than normally signed, the ledger tells how often', () => {
  const ground = { ...groundOf(spoofing(), [SIGNED], {}), count: 2 } as Ground
  assert.match(formatGround(ground), /by another provider \(2 calls, remembered/)
})

const from = (calling: string, called: number): Event[] => [{ calling, called: `+1415555${called}` }]
const RUN = ['1001', '1002', '1003']
const RUN_AND_NEAR = ['1008', ...RUN]
const TELLING: [title: string, rule: CountingRule, before: Event[], last: Event, told: string[]][] = [
  [
    'each number once',
    distinct(),
    [...to(1001, 1002, 1002, 1003), ...to(1004)],
    to(1005)[0]!,
    ['1001', '1002', '1003', '1004'],
  ],
  [
    'the number called now is not among them',
    distinct(),
    to(1005, 1001, 1002, 1003, 1004),
    to(1005)[0]!,
    ['1001', '1002', '1003', '1004'],
  ],
  [
    'those of the block and no others',
    volume({ of: 'block', prefix: 9 }),
    [...to(1001, 1002), ...from('+12125550118', 1003), ...from('+12125550250', 1004)],
    to(1005)[0]!,
    ['1001', '1002', '1003'],
  ],
  ['as far as the run could reach', sequential(), to(1008, 1009, 1001, 1002, 1003), to(1004)[0]!, RUN_AND_NEAR],
  ['the number that it stands at is not among them', sequential(), to(1001, 1002, 1003, 1004), to(1004)[0]!, RUN],
  [
    'of that number alone',
    spoofing(),
    [SIGNED, SIGNED, ...from('+12125550118', 1001), SIGNED],
    {},
    ['0163', '0163', '0163'],
  ],
  ['only the run', sequential(), to(1001, 7000, 1002, 1003), to(1004)[0]!, ['1001', '1002', '1003']],
]

for (const [title, rule, before, last, told] of TELLING) {
  test(`the calls behind ${rule.kind}: ${title}`, () => {
    const { happens } = openWorld(rule)
    for (const event of before) happens(event)
    const ground = blockedGround(happens(last))
    assert.ok('calls' in ground)
    assert.deepEqual(
      ground.calls.map(({ called }) => called.slice(-4)),
      told,
    )
  })
}

test('the calling side sees its own calls only, and of the numbers it called no more than the area', () => {
  const digits = fc.string({
    unit: fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'),
    minLength: 7,
    maxLength: 7,
  })
  let seen = 0
  fc.assert(
    fc.property(fc.array(digits, { minLength: 4, maxLength: 9 }), digits, (called, other) => {
      const { happens } = openWorld(volume({ of: 'block' }))
      happens({ calling: '+12125550118', called: `+1917${other}` })
      for (const number of called) happens({ called: `+1415${number}` })
      const ground = blockedGround(happens({}))
      assert.ok('calls' in ground && ground.calls.length > 0)
      const outside = publicGrounds([ground], CALLER)
      const text = JSON.stringify(outside)
      assert.ok(!text.includes('917') || called.some((number) => number.includes('917')), text)
      assert.equal(outside[0]!.calls.length, ground.calls.filter(({ calling }) => calling === CALLER).length)
      for (const call of outside[0]!.calls) {
        seen++
        assert.equal(call.called, '+1415xxxxxxx')
        assert.deepEqual(Object.keys(call), ['at', 'called'])
      }
      assert.deepEqual(publicGrounds([ground], '+12125550199')[0]!.calls, [])
    }),
    { numRuns: 50 },
  )
  assert.ok(seen > 100)
})

test('against a set of all that was called: distinct numbers are exact in the first window, never too many later', () => {
  let exact = 0
  const steps = fc.record({ gap: fc.integer({ min: 0, max: 3 * MINUTE }), called: fc.integer({ min: 1, max: 12 }) })
  fc.assert(
    fc.property(fc.array(steps, { minLength: 1, maxLength: 80, size: 'max' }), (calls) => {
      const rule = distinct({ limit: 60_000 })
      const tally = openTally(policyOf(rule), 1)
      const past: { at: number; called: number }[] = []
      let nowMs = NOW
      for (const { gap, called } of calls) {
        nowMs += gap
        past.push({ at: nowMs, called })
        const figure = tally.countDistinct(0, 12125550117, called, nowMs)
        const within = (ms: number) =>
          new Set(past.filter(({ at }) => at > nowMs - ms).map(({ called }) => called)).size
        if (nowMs - NOW < 10 * MINUTE - 1000) {
          assert.equal(figure, new Set(past.map(({ called }) => called)).size)
          assert.ok(tally.wasExact(0))
          exact++
        }
        assert.ok(figure >= 1 && figure <= within(20 * MINUTE + 1000), `${figure} of ${within(20 * MINUTE)}`)
      }
    }),
    { numRuns: 200 },
  )
  assert.ok(exact > 100)
})

test('against every call remembered: a run is as long as the calls that go on one way, whatever lies between', () => {
  let longest = 0
  const noise = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 60, size: 'max' })
  fc.assert(
    fc.property(noise, fc.boolean(), fc.integer({ min: 1, max: 5 }), (between, isDown, step) => {
      const tally = openTally(policyOf(sequential({ step })), 1)
      let nowMs = NOW
      const dial = (called: number) => tally.countRun(0, 12125550117, called, nowMs++)
      for (const [index, others] of between.entries()) {
        const figure = dial(14155550000 + index * step * (isDown ? -1 : 1))
        assert.equal(figure, index + 1)
        longest = Math.max(longest, figure)
        // Numbers far apart from each other and from the run. Two right behind its first call would take its place.
        for (let other = 0; other < (index === 0 ? Math.min(1, others) : others); other++) {
          assert.equal(dial(19000000000 + ((index * 10 + other) % 97) * 1000), 1)
        }
      }
    }),
    { numRuns: 100 },
  )
  assert.ok(longest > 20)
})

test('against every outcome remembered: a share is exact in the first window, and a share of the last two windows later', () => {
  let exact = 0
  const step = fc.record({ gap: fc.integer({ min: 0, max: 3 * MINUTE }), isHit: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }), (steps) => {
      const tally = openTally(policyOf(unanswered()), 1)
      const past: { at: number; isHit: boolean }[] = []
      let nowMs = NOW
      for (const { gap, isHit } of steps) {
        nowMs += past.length === 0 ? 0 : gap
        past.push({ at: nowMs, isHit })
        tally.countEnded(0, 12125550117, isHit, nowMs)
        const { count, hits } = tally.ended(0, 12125550117, nowMs)
        if (nowMs - NOW < 10 * MINUTE - 1000) {
          assert.deepEqual([count, hits], [past.length, past.filter(({ isHit }) => isHit).length])
          exact++
        }
        const recent = past.filter(({ at }) => at > nowMs - 20 * MINUTE - 1000)
        assert.ok(hits <= count && count >= 1 && count <= recent.length)
        assert.ok(hits <= recent.filter(({ isHit }) => isHit).length)
      }
      assert.deepEqual(tally.ended(0, 12125550117, nowMs + 20 * MINUTE), { count: 0, hits: 0 })
    }),
    { numRuns: 200 },
  )
  assert.ok(exact > 100)
})

/** A window of 4096 ms, whose ticks are milliseconds: so figures across windows are known to the call. */
const TICKS = 4096
/** Many numbers do the same, and none is taken for another. */
const KEYS = Array.from({ length: 60 }, (_, index) => 12125550100 + index)

test('distinct numbers across windows: what is called again moves over, and the rest of the window before counts by its share', () => {
  const tally = openTally(policyOf(distinct({ perMs: TICKS })), 1)
  const steps: [atMs: number, called: number, figure: number, exact: boolean][] = [
    ...[1, 2, 3, 4].map((called): [number, number, number, boolean] => [0, called, called, true]),
    [TICKS + 1024, 5, 1 + 3, false],
    [TICKS + 1024, 1, 2 + 2, false],
    [TICKS + 2048, 2, 3 + 1, false],
    [2 * TICKS - 1, 3, 4 + 0, false],
    [2 * TICKS, 9, 1 + 4, false],
    [2 * TICKS, 9, 1 + 4, false],
    [4 * TICKS, 9, 1, true],
    [5 * TICKS, 8, 1 + 1, false],
    [6 * TICKS, 8, 1, true],
  ]
  for (const [atMs, called, figure, exact] of steps) {
    for (const key of KEYS) {
      assert.equal(tally.countDistinct(0, key, called, NOW + atMs), figure, `${called} at ${atMs}`)
      assert.equal(tally.wasExact(0), exact, `${called} at ${atMs}`)
    }
  }
})

test('a run across windows counts what the window before still has of it, and is over after two', () => {
  const tally = openTally(policyOf(sequential({ perMs: TICKS })), 1)
  const steps: [atMs: number, called: number, figure: number, exact: boolean][] = [
    [0, 100, 1, true],
    [0, 101, 2, true],
    [TICKS - 1, 102, 3, true],
    [TICKS + 1024, 103, 1 + 2, false],
    [TICKS + 1024, 103, 1 + 2, false],
    [TICKS + 2048, 104, 2 + 1, false],
    [2 * TICKS - 1, 105, 3 + 0, false],
    [2 * TICKS, 106, 1 + 3, false],
    [2 * TICKS, 105, 1, true],
    [4 * TICKS, 107, 1, true],
    [5 * TICKS, 108, 1 + 1, false],
    [6 * TICKS + 1, 109, 1 + 0, false],
    [8 * TICKS, 109, 1, true],
  ]
  for (const [atMs, called, figure, exact] of steps) {
    for (const key of KEYS) {
      assert.equal(tally.countRun(0, key, 14155550000 + called, NOW + atMs), figure, `${called} at ${atMs}`)
      assert.equal(tally.wasExact(0), exact, `${called} at ${atMs}`)
    }
  }
})

const REPLACED: [title: string, steps: [atMs: number, called: number, figure: number][]][] = [
  [
    'the shorter',
    [
      [0, 100, 1],
      [0, 101, 2],
      [0, 500, 1],
      [0, 900, 1],
      [0, 102, 3],
      [0, 901, 2],
      [0, 501, 1],
    ],
  ],
  [
    'the shorter, the other way round',
    [
      [0, 500, 1],
      [0, 100, 1],
      [0, 101, 2],
      [0, 900, 1],
      [0, 102, 3],
      [0, 501, 1],
    ],
  ],
  [
    'the one that did not begin last',
    [
      [0, 100, 1],
      [0, 500, 1],
      [0, 900, 1],
      [0, 501, 2],
      [0, 101, 1],
    ],
  ],
  [
    'the one that did not go on last',
    [
      [0, 100, 1],
      [0, 500, 1],
      [0, 501, 2],
      [0, 101, 2],
      [0, 900, 1],
      [0, 102, 3],
      [0, 502, 1],
    ],
  ],
  [
    'the one that is over, however long it was',
    [
      ...[100, 101, 102].map((called, index): [number, number, number] => [0, called, index + 1]),
      ...[500, 501, 502, 503].map((called, index): [number, number, number] => [TICKS + 2048, called, index + 1]),
      [3 * TICKS, 900, 1],
      [3 * TICKS, 504, 1 + 2],
    ],
  ],
  [
    'none, where a run of one goes the other way',
    [
      [0, 100, 1],
      [0, 99, 2],
      [0, 98, 3],
      [0, 99, 1],
    ],
  ],
]
for (const [title, steps] of REPLACED) {
  test(`a call that goes on with neither of two runs takes the place of ${title}`, () => {
    const tally = openTally(policyOf(sequential({ perMs: TICKS })), 1)
    for (const [index, [atMs, called, figure]] of steps.entries()) {
      for (const key of KEYS) {
        assert.equal(tally.countRun(0, key, 14155550000 + called, NOW + atMs), figure, `step ${index}`)
      }
    }
  })
}

test('beyond the most that can be counted a share stays what it was', () => {
  const tally = openTally(policyOf(unanswered()), 1)
  for (let call = 0; call < COUNT_MAX; call++) tally.countEnded(0, KEYS[0]!, call % 3 === 0, NOW)
  assert.deepEqual(tally.ended(0, KEYS[0]!, NOW), { count: 65_535, hits: 21_845 })
  for (let call = 0; call < 10; call++) tally.countEnded(0, KEYS[0]!, true, NOW)
  assert.deepEqual(tally.ended(0, KEYS[0]!, NOW), { count: 65_535, hits: 21_845 })
})

test('shares across windows: calls and hits of the window before count by the same share', () => {
  const tally = openTally(policyOf({ ...unanswered(), perMs: TICKS }), 1)
  const end = (atMs: number, ...hits: boolean[]) => {
    for (const isHit of hits) for (const key of KEYS) tally.countEnded(0, key, isHit, NOW + atMs)
  }
  const ended = (atMs: number) => {
    const [first, ...others] = KEYS.map((key) => {
      const { count, hits } = tally.ended(0, key, NOW + atMs)
      return [count, hits, tally.wasExact(0)]
    })
    for (const other of others) assert.deepEqual(other, first)
    return first
  }
  assert.deepEqual(ended(0), [0, 0, true])
  end(0, true, true, true, false)
  assert.deepEqual(ended(TICKS - 1), [4, 3, true])
  assert.deepEqual(ended(TICKS), [4, 3, false])
  assert.deepEqual(ended(TICKS + 1024), [3, 2, false])
  assert.deepEqual(ended(2 * TICKS - 1), [0, 0, false])
  assert.deepEqual(ended(2 * TICKS), [0, 0, true])
  end(TICKS + 2048, true)
  assert.deepEqual(ended(TICKS + 2048), [1 + 2, 1 + 1, false])
  end(2 * TICKS, true, false)
  assert.deepEqual(ended(2 * TICKS), [2 + 1, 1 + 1, false])
  end(4 * TICKS, false)
  assert.deepEqual(ended(4 * TICKS), [1, 0, true])
  end(5 * TICKS, true)
  assert.deepEqual(ended(5 * TICKS), [1 + 1, 1 + 0, false])
})

test('a pair for which there is no room is not counted, and said to be', () => {
  const rule = distinct({ limit: 60_000, pairs: 1 })
  const tally = openTally(policyOf(rule), 1)
  const figures = Array.from({ length: 100 }, (_, called) => tally.countDistinct(0, 12125550117, called + 1, NOW))
  assert.equal(figures.at(-1), 32, 'as many as there are slots')
  assert.equal(tally.evictions, 68)
  assert.equal(tally.countDistinct(0, 12125550117, 1, NOW), 32, 'those that are remembered count once')
})

function openWorld(rule: CountingRule) {
  const policy = policyOf(rule)
  const tally = openTally(policy, 1)
  let minute = 0
  return { tally, policy, happens: (event: Event) => happen(event, policy, tally, (minute = event.minute ?? minute)) }
}

function happen(event: Event, policy: Policy, tally: MemoryTally, minute: number) {
  const atMs = NOW + minute * MINUTE
  const calling = parseNumber(event.calling ?? CALLER)
  if (event.ended !== undefined) {
    noteOutcome(tally, policy, { calling, answered: true, seconds: 60, ...event.ended, atMs })
    return undefined
  }
  const facts: CallFacts = {
    atMs,
    calling,
    called: parseNumber(event.called ?? CALLED),
    peer: event.peer ?? 'edge',
    trunk: event.trunk ?? '',
    attestation: event.attestation ?? 'none',
    emergency: false,
    forwarded: false,
    verification: event.verification ?? NOT_LOOKED,
    scores: NO_SCORES,
  }
  return judge(facts, policy, tally, atMs)
}

function groundOf(rule: CountingRule, before: readonly Event[], last: Event): Ground {
  const { happens } = openWorld(rule)
  for (const event of before) for (let time = 0; time < (event.times ?? 1); time++) happens(event)
  return blockedGround(happens(last))
}

function blockedGround(verdict: ReturnType<typeof happen>): Ground {
  assert.ok(verdict?.kind === 'block')
  return verdict.grounds[0]
}

function withheld(event: Event): Event {
  return { ...event, calling: 'anonymous' }
}

function called(number: string): Event {
  return { called: number }
}

function policyOf(rule: CountingRule): Policy {
  return { version: 'test', exemptions: [], rules: [rule] }
}

function common() {
  const rule = { id: 'r', number: 1, mode: 'enforce', cause: 'analytics', program: 'opt-out' } as const
  return { ...rule, perMs: 10 * MINUTE, capacity: 100, counter: 0 }
}

function counted() {
  return { ...common(), of: 'number', prefix: undefined, limit: 3 } as const
}

function volume(options: Partial<VolumeRule> = {}): VolumeRule {
  return { kind: 'volume', ...counted(), ...options }
}

function distinct(options: Partial<DistinctRule> = {}): DistinctRule {
  return { kind: 'distinct', ...counted(), pairs: 1000, ...options }
}

function sequential(options: Partial<SequentialRule> = {}): SequentialRule {
  return { kind: 'sequential', ...counted(), step: 1, ...options }
}

function short(options: Partial<ShortRule> = {}): ShortRule {
  return { kind: 'short', ...counted(), underMs: 6000, share: 75, least: 4, ...options }
}

function unanswered(): UnansweredRule {
  return { kind: 'unanswered', ...counted(), share: 75, least: 4 }
}

function spoofing(): SpoofingRule {
  return { kind: 'spoofing', ...common(), perMs: 30 * DAY, after: 3 }
}
