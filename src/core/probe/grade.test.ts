import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Comparison, Finding, FindingKind } from './compare.ts'
import { GRADES, POINTS, RULES, gradePath } from './grade.ts'
import { type Scenario, findById } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'

const KINDS = Object.keys(POINTS) as FindingKind[]

test('a path that changes nothing has 100 points, an A, and every rule kept', () => {
  const { grade, points, why, deductions, verdicts } = gradePath(SCENARIOS.map((scenario) => compared(scenario, [])))
  assert.deepEqual([grade, points, why, deductions], ['A', 100, '', []])
  assert.deepEqual(new Set(verdicts.map(({ verdict }) => verdict)), new Set(['kept']))
  assert.ok(verdicts.every(({ looked }) => looked > 0) && verdicts.length === RULES.length)
})

test('one kind of damage costs its points once, whole by a good form, half by odd ones, a quarter by broken ones', () => {
  for (const kind of KINDS) {
    const lost = (...ids: string[]): number =>
      100 - gradePath([intact('busy'), ...ids.map((id) => compared(known(id), [kind]))]).points
    const { points } = POINTS[kind]
    assert.equal(lost('sip'), points, kind)
    assert.equal(lost('sip', 'q850', 'folded', 'http-url'), points, kind)
    assert.equal(lost('folded', 'http-url'), Math.ceil(points / 2), kind)
    assert.equal(lost('http-url', 'no-location'), Math.ceil(points / 4), kind)
  }
  assert.ok(KINDS.length >= 19)
})

test('a deduction shows the worst scenario first seen, and names each once', () => {
  const { deductions } = gradePath([
    compared(known('http-url'), ['reason-cut']),
    compared(known('folded'), ['reason-cut', 'phrase-case']),
    compared(known('sip'), ['reason-cut']),
  ])
  assert.deepEqual(
    deductions.map(({ kind, scenarios, sent }) => [kind, scenarios, sent]),
    [
      ['reason-cut', ['http-url', 'folded', 'sip'], 'sent sip'],
      ['phrase-case', ['folded'], 'sent folded'],
    ],
  )
})

test('bands meet without a gap: a grade begins at its points and not one below', () => {
  const grades = GRADES.map(({ grade }) => grade)
  assert.deepEqual(grades, ['A', 'B', 'C', 'D', 'F'])
  assert.equal(GRADES.at(-1)!.from, 0)
  for (const [at, { from }] of GRADES.entries()) if (at > 0) assert.ok(from < GRADES[at - 1]!.from)
  const graded = (kinds: FindingKind[]): string => {
    const { grade, points } = gradePath([compared(known('sip'), kinds)])
    return `${points} ${grade}`
  }
  assert.equal(graded(['phrase-case']), '95 A')
  assert.equal(graded(['phrase-case', 'reason-form']), '90 B')
  assert.equal(graded(['retry-after-changed', 'provisional-lost']), '80 B')
  assert.equal(graded(['reason-doubled']), '70 C')
  assert.equal(graded(['phrase-changed']), '55 D')
  assert.equal(graded(['reason-stripped']), '40 F')
  assert.equal(graded(KINDS), '0 F')
})

test('each rule is broken by what it names and by nothing else', () => {
  let broken = 0
  for (const rule of RULES) {
    const scenario = SCENARIOS.find((each) => rule.concerns(each))!
    for (const kind of KINDS) {
      const verdict = gradePath([compared(scenario, [kind])]).verdicts.find(({ id }) => id === rule.id)!
      assert.equal(verdict.verdict, rule.breaks.includes(kind) ? 'broken' : 'kept', `${rule.id} ${kind}`)
      if (verdict.verdict === 'broken') assert.deepEqual([verdict.brokenBy, ++broken > 0], [[scenario.id], true])
    }
    const others = SCENARIOS.filter((each) => !rule.concerns(each)).map((each) => compared(each, []))
    if (others.length > 0)
      assert.equal(gradePath(others).verdicts.find(({ id }) => id === rule.id)!.verdict, 'not tested', rule.id)
  }
  assert.ok(broken >= 30)
})

test('every kind of damage breaks a rule, but those that are lawful', () => {
  const free = KINDS.filter((kind) => !RULES.some(({ breaks }) => breaks.includes(kind)))
  assert.deepEqual(free, ['reason-added', 'reason-form'])
})

test('without a far end nothing is said of another attempt', () => {
  const blind: Comparison = { ...intact('sip'), against: 'scenario' }
  const seen = (comparison: Comparison): string =>
    gradePath([comparison]).verdicts.find(({ id }) => id === 'end-of-search')!.verdict
  assert.deepEqual([seen(blind), seen(intact('sip'))], ['not tested', 'kept'])
})

test('a path that nothing is known of has no grade, and is told why', () => {
  const apart: Comparison = { ...intact('sip'), state: 'apart', why: 'x' }
  const unanswered: Comparison = { ...compared(known('sip'), ['answer-lost']), arrived: '' }
  const refused = (id: string): Comparison => ({
    ...compared(known(id), ['status-changed']),
    against: 'scenario',
    arrived: '404 Not Found',
  })
  for (const [comparisons, why] of [
    [[], /no scenario was measured/],
    [[apart, apart], /no scenario was measured/],
    [[unanswered, unanswered], /no call was answered at all/],
    [[refused('sip'), refused('busy'), refused('unwanted')], /every call was answered 404/],
  ] as const) {
    const { grade, points, why: said, deductions, verdicts } = gradePath(comparisons)
    assert.deepEqual([grade, points, deductions], [undefined, 0, []])
    assert.match(said, why)
    assert.deepEqual(new Set(verdicts.map(({ verdict }) => verdict)), new Set(['not tested']))
  }
  const withFarEnd = [refused('sip'), refused('busy')].map((each) => ({ ...each, against: 'far-end' as const }))
  assert.equal(gradePath(withFarEnd).grade, 'F', 'the far end was reached: the path changes every status')
  const allBusy = ['sip', 'busy'].map((id) => ({ ...refused(id), arrived: '486 Busy Here' }))
  assert.equal(gradePath(allBusy).grade, 'F', 'one status that a scenario has may be the path turning all into it')
  assert.equal(gradePath([unanswered, intact('busy')]).grade, 'F')
})

test('more damage never makes a better grade', () => {
  fc.assert(
    fc.property(fc.subarray(SCENARIOS.slice()), fc.subarray(KINDS), fc.constantFrom(...KINDS), (some, kinds, more) => {
      fc.pre(some.length > 0)
      const before = gradePath(some.map((scenario) => compared(scenario, kinds)))
      const after = gradePath(some.map((scenario) => compared(scenario, [...kinds, more])))
      assert.ok(after.points <= before.points && after.points >= 0)
    }),
    { numRuns: 100 },
  )
})

function known(id: string): Scenario {
  return findById(SCENARIOS, id)!
}

function intact(id: string): Comparison {
  return compared(known(id), [])
}

function compared(scenario: Scenario, kinds: readonly FindingKind[]): Comparison {
  const findings = kinds.map((kind): Finding => ({
    kind,
    part: 'reason',
    sent: `sent ${scenario.id}`,
    arrived: 'other',
    note: '',
  }))
  return {
    scenario,
    dialled: '1',
    state: findings.length === 0 ? 'intact' : 'changed',
    why: '',
    against: 'far-end',
    arrivals: 1,
    findings,
    parts: [],
    arrived: `${scenario.answer.status} x`,
    server: '',
    afterMs: 1,
  }
}
