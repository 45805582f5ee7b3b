import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Rule } from '#core/rules/policy.ts'
import { describeConfig } from './describe.ts'
import { formatFault } from './fault.ts'
import { loadConfig, type Loaded } from './load.ts'

const GOOD: [written: string, made: Partial<Rule>, words: string][] = [
  [
    'distinct: { of: number, limit: 60, per: 10m }',
    { kind: 'distinct', of: 'number', limit: 60, perMs: 600_000, capacity: 1_000_000, pairs: 4_000_000, counter: 0 },
    'blocks a number that calls more than 60 different numbers in 10 min',
  ],
  [
    'distinct: { of: block, prefix: 7, limit: 60, per: 1h, numbers: 2000, pairs: 3000 }',
    { kind: 'distinct', of: 'block', prefix: 7, perMs: 3_600_000, capacity: 2000, pairs: 3000 },
    'blocks a block of 7 leading digits that calls more than 60 different numbers in 1 h',
  ],
  [
    'sequential: { of: number, limit: 10, per: 10m }',
    { kind: 'sequential', limit: 10, step: 1 },
    'blocks a number that calls more than 10 numbers one after the other, at most 1 apart, in 10 min',
  ],
  [
    'sequential: { of: block, limit: 10, per: 10m, step: 5 }',
    { kind: 'sequential', of: 'block', step: 5 },
    'blocks a block of a thousand that calls more than 10 numbers one after the other, at most 5 apart, in 10 min',
  ],
  [
    'short: { of: number, under: 6s, share: 80, least: 30, per: 1h }',
    { kind: 'short', underMs: 6000, share: 80, least: 30 },
    'blocks a number with more than 80 % of at least 30 answered calls in 1 h over in less than 6 s',
  ],
  [
    'unanswered: { of: number, share: 90, per: 1h }',
    { kind: 'unanswered', share: 90, least: 50 },
    'blocks a number with more than 90 % of at least 50 calls in 1 h not answered',
  ],
  [
    'spoofing: {}',
    { kind: 'spoofing', after: 20, perMs: 30 * 86_400_000, capacity: 1_000_000, counter: 0 },
    'blocks numbers that another provider signs, known after 20 calls and for 30 d',
  ],
  [
    'spoofing: { after: 5, within: 7d, numbers: 5000 }',
    { kind: 'spoofing', after: 5, perMs: 7 * 86_400_000, capacity: 5000 },
    'blocks numbers that another provider signs, known after 5 calls and for 7 d',
  ],
]

for (const [written, made, words] of GOOD) {
  test(`the rule ${written} loads`, () => {
    const result = load(`{ id: r, ${written} }`)
    assert.ok(result.kind === 'loaded', result.kind === 'refused' ? result.faults.map(formatFault).join() : '')
    const [rule] = result.config.policy.rules
    assert.deepEqual({ ...rule, ...made }, rule)
    assert.equal(describeConfig(result.config).at(-1), `rule r: ${words}`)
  })
}

const BAD: [written: string, faults: string[]][] = [
  [
    'distinct: { of: number, limit: 65535, per: 10m }',
    ['found 65535, expected a number of numbers from 1 to 65534, the most that can be counted'],
  ],
  [
    'distinct: { of: number, prefix: 7, limit: 6, per: 10m }',
    ['found a prefix in rule "r", expected one only with of: block'],
  ],
  ['sequential: { of: number, limit: 6, per: 10m, step: 0 }', ['found 0, expected a number from 1 to 1000']],
  [
    'short: { of: number, share: 100, under: 2m, per: 1h }',
    ['found 100, expected a percentage from 1 to 99, without a sign'],
  ],
  [
    'short: { of: number, share: 80, per: 1h }',
    ['found no under, expected a duration from 1s to 1h, such as 90s, 10m, 24h or 60d'],
  ],
  [
    'unanswered: { of: number, share: 80%, per: 1h }',
    ['found "80%", expected a percentage from 1 to 99, without a sign'],
  ],
  ['spoofing: { after: 1 }', ['found 1, expected a number of calls from 2 to 32767']],
  ['spoofing: { within: 2y }', ['found "2y", expected a duration from 1h to 366d, such as 90s, 10m, 24h or 60d']],
]

for (const [written, faults] of BAD) {
  test(`the rule ${written} is refused at its place`, () => {
    const result = load(`{ id: r, ${written} }`)
    assert.ok(result.kind === 'refused')
    assert.deepEqual(
      result.faults.map(({ message }) => message),
      faults,
    )
    assert.ok(result.faults.every(({ line, column }) => line === 5 && (column ?? 0) > 10))
  })
}

test('each rule that counts has a table of its own, whatever its kind', () => {
  const rules = GOOD.map(([written], index) => `{ id: r${index}, ${written} }`)
  const result = load(rules.join('\n    - '))
  assert.ok(result.kind === 'loaded')
  const counters = result.config.policy.rules.map((rule) => ('counter' in rule ? rule.counter : -1))
  assert.deepEqual(counters, [...GOOD.keys()])
})

function load(rule: string): Loaded {
  const text = `operator: { contact: { tel: "+18005550142" } }\npolicy:\n  exempt: [emergency]\n  rules:\n    - ${rule}\n`
  return loadConfig({ path: 'recourse.yaml', env: {}, readFile: () => text })
}
