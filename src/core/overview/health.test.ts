import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HealthFacts, formatOctets, judgeHealth } from './health.ts'

const WELL: HealthFacts = {
  silentMs: 900,
  faults: [],
  alarms: [],
  ledger: { state: 'verified', checkedAt: 1, entries: 3, words: '3 entries are as recorded' },
  freeBytes: 60e9,
  diskBytes: 100e9,
  limits: 0,
  clockJumpMs: 12,
}

test('a program of which nothing is wrong is well, in one sentence', () => {
  assert.deepEqual(judgeHealth(WELL), {
    verdict: [{ tone: 'good', words: 'Everything is well: calls are screened and recorded.' }],
    isSteady: true,
  })
})

test('each thing that is wrong is a sentence of its own, and what touches calls keeps the good one away', () => {
  const cases: readonly (readonly [change: Partial<HealthFacts>, tone: 'bad' | 'wait', words: RegExp])[] = [
    [{ silentMs: undefined }, 'bad', /have not said how they are/],
    [{ silentMs: 5_001 }, 'bad', /have not said how they are/],
    [
      { faults: ['the ledger is too slow'], alarms: ['the ledger is too slow'] },
      'bad',
      /^Calls are touched: the ledger/,
    ],
    [{ alarms: ['messages cannot leave'] }, 'wait', /^Calls are not touched, but: messages/],
    [{ ledger: { ...WELL.ledger, state: 'broken', words: 'entry 4' } }, 'bad', /does not hold: entry 4/],
    [{ ledger: { ...WELL.ledger, state: 'looking' } }, 'wait', /being verified/],
    [{ freeBytes: 499e6 }, 'bad', /nearly full: 499 MB are left/],
    [{ freeBytes: 9e9 }, 'wait', /9 GB of 100 GB are left/],
    [{ limits: 1 }, 'wait', /^One limit/],
    [{ limits: 2 }, 'wait', /^2 limits/],
    [{ clockJumpMs: -90_000 }, 'wait', /set by -90 s/],
  ]
  for (const [change, tone, words] of cases) {
    const { verdict } = judgeHealth({ ...WELL, ...change })
    const found = verdict.filter((line) => line.tone !== 'good')
    assert.deepEqual([found.length, found[0]?.tone], [1, tone], String(words))
    assert.match(found[0]!.words, words)
    assert.equal(
      verdict.some((line) => line.tone === 'good'),
      tone === 'wait',
      String(words),
    )
  }
})

test('what is just within bounds is not told', () => {
  for (const change of [{ silentMs: 5_000 }, { freeBytes: 10e9 }, { freeBytes: undefined }, { clockJumpMs: 1_999 }])
    assert.equal(judgeHealth({ ...WELL, ...change }).verdict.length, 1, JSON.stringify(change))
})

test('octets are told in the unit that people use', () => {
  for (const [octets, expected] of [
    [0, '0 octets'],
    [999, '999 octets'],
    [2_200_000, '2.2 MB'],
    [512e6, '512 MB'],
    [73e9, '73 GB'],
    [1.94e12, '1.9 TB'],
  ] as const)
    assert.equal(formatOctets(octets), expected)
})
