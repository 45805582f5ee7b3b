import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BlockingChange, type Standing, judgeStanding, sentenceOfChange } from './verdict.ts'

test('a quiet day is one sentence that nothing needs anybody', () => {
  assert.deepEqual(sayings({}), ['quiet Nothing needs you: 12 calls of 400 blocked within 24 hours, no case is open'])
})

test('what needs a person comes first, each with where to go on', () => {
  const cases: readonly (readonly [Partial<Standing>, string])[] = [
    [{ cases: { ...CASES, open: 3, overdue: 2 } }, 'bad 2 cases are overdue /cases?overdue=true'],
    [{ cases: { ...CASES, open: 3, overdue: 1 } }, 'bad 1 case is overdue /cases?overdue=true'],
    [{ alarms: ['messages cannot leave'] }, 'bad Messages cannot leave'],
    [{ gates: { ...GATES, state: 'troubled', words: 'A gate is in trouble' } }, 'bad A gate is in trouble'],
    [{ gates: { ...GATES, state: 'unknown', words: 'The gates are silent' } }, 'wait The gates are silent'],
    [{ ledger: { ...LEDGER, state: 'broken', words: 'entry 3' } }, 'bad The ledger does not verify: entry 3'],
    [
      { ledger: { ...LEDGER, state: 'stopped', words: 'it stopped' } },
      'wait Nobody knows whether the ledger verifies: it stopped',
    ],
    [
      { change: change(140, 60, { 'volume-block': [120, 40] }) },
      'wait Blocking rose 133 % against the day before, rule volume-block since 14:00 /blocks?from=2026-11-22T14%3A00%3A00.000Z&rule=volume-block',
    ],
  ]
  for (const [part, expected] of cases) {
    const [first, last, ...more] = sayings(part)
    assert.equal(first, expected)
    assert.match(last ?? '', /^quiet Else: /)
    assert.deepEqual(more, [])
  }
})

test('an overdue case is told once, though it also raises an alarm', () => {
  const told = sayings({
    cases: { ...CASES, open: 1, overdue: 1 },
    alarms: ['a case is overdue: somebody has not been answered in time'],
  })
  assert.equal(told.filter((one) => one.includes('overdue')).length, 1)
})

test('answers that come after callers ask again are told, and not those just before, nor of a few calls', () => {
  const told = (most: number, calls: number) =>
    sayings({ delay: { half: 1, most, calls } }).filter((one) => one.includes('waited'))
  assert.deepEqual(told(1_200, 100), [
    'wait One call in 100 waited 1,200 ms or longer for its answer within the last hour; callers ask again after 500 ms',
  ])
  assert.equal(told(500, 100).length, 1)
  assert.deepEqual([...told(499, 100), ...told(1_200, 99)], [])
})

test('a change is told where chance does not make it, and not just below', () => {
  const cases: readonly (readonly [now: number, before: number, told: RegExp | undefined])[] = [
    [20, 0, /rose from nothing to 20 calls/],
    [19, 0, undefined],
    [1_000, 100, /rose 900 % against/],
    [1_001, 100, /rose from 100 to 1,001 calls against/],
    [130, 100, /rose 30 %/],
    [129, 100, undefined],
    [1_250, 1_000, /rose 25 %/],
    [1_249, 1_000, undefined],
    [70, 100, /fell 30 %/],
    [71, 100, undefined],
    [0, 0, undefined],
  ]
  for (const [now, before, told] of cases) {
    const sentence = sentenceOfChange(change(now, before, {}))
    if (told === undefined) assert.equal(sentence, undefined, `${before} to ${now}`)
    else assert.match(sentence?.words ?? '', told)
  }
})

test('the rule named is the one that moved most the same way, none where none did', () => {
  const rules = { falling: [0, 500], small: [20, 10], large: [590, 0] } as const
  assert.match(sentenceOfChange(change(610, 510 - 60, rules))?.words ?? '', /rule large$/)
  assert.doesNotMatch(sentenceOfChange(change(200, 100, { falling: [0, 9] }))?.words ?? '', /rule/)
})

function sayings(part: Partial<Standing>): string[] {
  return judgeStanding({ ...QUIET, ...part }).map(({ tone, words, since, to }) =>
    [tone, words, ...(since === undefined ? [] : [`since ${clock(since)}`]), ...(to === undefined ? [] : [to])].join(
      ' ',
    ),
  )
}

function change(now: number, before: number, rules: Record<string, readonly [number, number]>): BlockingChange {
  const of = Object.entries(rules).map(([name, [now, before]]) => [name, { now, before }] as const)
  return { since: Date.UTC(2026, 10, 22, 14), now, before, rules: new Map(of) }
}

function clock(at: number): string {
  return new Date(at).toISOString().slice(11, 16)
}

const CASES = { open: 0, overdue: 0, ages: [] }
const GATES = { state: 'up', words: 'Every gate is up', listening: [] } as const
const LEDGER = { state: 'verified', checkedAt: 0, entries: 9, words: '9 entries are as recorded' } as const
const QUIET: Standing = {
  cases: CASES,
  gates: GATES,
  alarms: [],
  ledger: LEDGER,
  change: undefined,
  delay: undefined,
  day: { screened: 400, blocked: 12 },
}
