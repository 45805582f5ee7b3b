import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PolicyText } from '#core/ledger/policy-text.ts'
import { countsOf, differenceInWords, diffPolicies, guardAgainst } from './policy-difference.ts'

type Lists = Record<string, string>
const RULE = 'rules:\n  - { id: r, '
const EXEMPT = 'exempt: [emergency, "file:psap.csv"]\n'
const PSAPS = numbers(100)
const TERMS = many(100, (index) => `+1212555${1000 + index},A,2027-01-31,x`)
const GIVEN = `npa,nxx,x,status,company\n${many(100, (index) => `212,${200 + index},1,AS,x`)}`
const PAIRS = many(100, (index) => `+14155550163,+1212555${1000 + index}`)

const CASES: [
  what: string,
  before: [yaml: string, lists: Lists],
  after: [yaml: string, lists: Lists],
  guarded: RegExp | undefined,
][] = [
  [
    'an exempt list of another name',
    [EXEMPT, { 'psap.csv': PSAPS }],
    [renamed(), { 'psap2.csv': numbers(1) }],
    /psap2\.csv would change by 99 of 100/,
  ],
  [
    'an exempt list that only has another name',
    [EXEMPT, { 'psap.csv': PSAPS }],
    [renamed(), { 'psap2.csv': PSAPS }],
    undefined,
  ],
  [
    'no exempt list any more',
    [EXEMPT, { 'psap.csv': PSAPS }],
    ['{}\n', {}],
    /psap\.csv would exempt nobody any more, with 100 entries/,
  ],
  [
    'an exempt list of one entry that goes',
    [EXEMPT, { 'psap.csv': numbers(1) }],
    ['{}\n', {}],
    /exempt nobody any more, with 1 entry/,
  ],
  ['no exempt list any more, and no guard', [`${EXEMPT}guard: none\n`, { 'psap.csv': PSAPS }], ['{}\n', {}], undefined],
  [
    'an exempt list that becomes an allow list',
    [EXEMPT, { 'psap.csv': PSAPS }],
    [`${RULE}allow: "file:psap.csv" }\n`, { 'psap.csv': PSAPS }],
    /psap\.csv would exempt nobody any more/,
  ],
  [
    'a few of few exempt numbers',
    [EXEMPT, { 'psap.csv': numbers(10) }],
    [EXEMPT, { 'psap.csv': numbers(4) }],
    /change by 6 of 10/,
  ],
  [
    'half of few exempt numbers',
    [EXEMPT, { 'psap.csv': numbers(10) }],
    [EXEMPT, { 'psap.csv': numbers(5) }],
    undefined,
  ],
  [
    'one more exempt list',
    [EXEMPT, { 'psap.csv': PSAPS }],
    [two(), { 'psap.csv': PSAPS, 'psap2.csv': numbers(1) }],
    undefined,
  ],
  [
    'one of two exempt lists',
    [two(), { 'psap.csv': PSAPS, 'psap2.csv': numbers(3) }],
    [EXEMPT, { 'psap.csv': PSAPS }],
    /psap2\.csv would exempt nobody/,
  ],
  ['a rule with its deny list', [rule('deny'), { 'l.csv': PSAPS }], ['{}\n', {}], undefined],
  [
    'a rule with its allow list',
    [rule('allow'), { 'l.csv': PSAPS }],
    ['{}\n', {}],
    /l\.csv would spare nobody any more/,
  ],
  [
    'a few of few denied numbers',
    [rule('deny'), { 'l.csv': numbers(10) }],
    [rule('deny'), { 'l.csv': numbers(4) }],
    undefined,
  ],
  [
    'another status of nearly all digits',
    [rule('unallocated'), { 'l.csv': GIVEN }],
    [rule('unallocated'), { 'l.csv': GIVEN.replaceAll(',AS,', ',AV,').replace(',AV,', ',AS,') }],
    /l\.csv would change by 198 of 100/,
  ],
  [
    'another company of all digits',
    [rule('unallocated'), { 'l.csv': GIVEN }],
    [rule('unallocated'), { 'l.csv': GIVEN.replaceAll(',x\n', ',y\n') }],
    undefined,
  ],
  ...(['standing', 'registered'] as const).flatMap((key): typeof CASES => {
    const yaml = key === 'standing' ? rule(key) : 'registered: "file:l.csv"\n'
    return [
      [
        `no terms any more behind ${key}`,
        [yaml, { 'l.csv': TERMS }],
        [yaml, { 'l.csv': numbers(100) }],
        /change by 200 of 100/,
      ],
      [
        `other reasons behind ${key}`,
        [yaml, { 'l.csv': TERMS }],
        [yaml, { 'l.csv': TERMS.replaceAll(',x', ',y') }],
        undefined,
      ],
    ]
  }),
  [
    'other callers whom the same subscriber refuses',
    [rule('called-list'), { 'l.csv': PAIRS }],
    [rule('called-list'), { 'l.csv': PAIRS.replaceAll('+1212', '+1213') }],
    /l\.csv would change by 200 of 100/,
  ],
  [
    'the same callers in another order',
    [rule('called-list'), { 'l.csv': PAIRS }],
    [rule('called-list'), { 'l.csv': turned(PAIRS) }],
    undefined,
  ],
]

for (const [what, before, after, guarded] of CASES) {
  test(`a change asks for a second person or does not: ${what}`, () => {
    const inForce = policyOf(before)
    const difference = diffPolicies(inForce, policyOf(after))
    const reasons = guardAgainst(inForce, difference)
    if (guarded === undefined) assert.deepEqual(reasons, [])
    else {
      assert.equal(reasons.length, 1, reasons.join('; '))
      assert.match(reasons[0]!, guarded)
    }
    assert.ok(differenceInWords(difference).length > 0, 'the change is told')
    assert.doesNotMatch(JSON.stringify(countsOf(difference)), /1212555/)
  })
}

function policyOf([yaml, lists]: readonly [string, Lists]): PolicyText {
  return { yaml, lists: new Map(Object.entries(lists)) }
}

function rule(key: string): string {
  return `${RULE}${key}: "file:l.csv" }\n`
}

function renamed(): string {
  return EXEMPT.replace('psap', 'psap2')
}

function two(): string {
  return EXEMPT.replace(']', ', "file:psap2.csv"]')
}

function numbers(count: number): string {
  return many(count, (index) => `+1212555${1000 + index}`)
}

function turned(text: string): string {
  return `${text.trim().split('\n').toReversed().join('\n')}\n`
}

function many(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => `${line(index)}\n`).join('')
}
