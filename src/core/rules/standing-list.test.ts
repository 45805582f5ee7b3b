import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CallFacts } from '#core/call/facts.ts'
import { parseAllocations } from './allocations.ts'
import { parseCalledLists } from './called-list.ts'
import { LIST_ENTRIES_MAX } from './number-list.ts'
import { parseStandingList, stands } from './standing-list.ts'
import { callFacts } from '../../../test/call-facts.ts'

const NOON_MS = Date.parse('2026-11-22T12:00:00Z')

const CASES: [title: string, text: string, facts: Partial<CallFacts>, expected: boolean][] = [
  ['a bare number', '+12125550117', {}, true],
  ['its neighbour', '+12125550118', {}, false],
  ['with a header in another order', 'reason,until,number\ncase 7,,+12125550117', {}, true],
  ['leading digits', '+1212555*', {}, true],
  ['a number that goes on', '+1212555011', {}, false],
  ['a column of another name', 'expires,number\n2026-11-21,+12125550117', {}, false],
  ['a minute from now, in small letters', '+12125550117,,2026-11-22t12:01:00z', {}, true],
  ['a part of a second from now', '+12125550117,,2026-11-22T12:00:00.001Z', {}, true],
  ['leading digits of others', '+1212556*', {}, false],
  ['C asked and A given', '+12125550117,C', { attestation: 'A' }, true],
  ['A asked and C given', '+12125550117,A', { attestation: 'C' }, false],
  ['in small letters', '+12125550117,a', { attestation: 'A' }, true],
  ['a day that lasts', '+12125550117,,2026-11-22', {}, true],
  ['a day that is over', '+12125550117,,2026-11-21', {}, false],
  ['a minute from now', '+12125550117,,2026-11-22T12:01:00Z', {}, true],
  ['a minute ago', '+12125550117,,2026-11-22T11:59:00Z', {}, false],
  ['a minute from now elsewhere', '+12125550117,,2026-11-22T07:01:00-05:00', {}, true],
  ['the last of two lines', '+12125550117,,2026-11-21\n+12125550117', {}, true],
  ['the last of two lines, the other way', '+12125550117\n+12125550117,,2026-11-21', {}, false],
  ['an entry that is over beside leading digits that are not', '+12125550117,,2026-11-21\n+1212*', {}, true],
]

for (const [title, text, facts, expected] of CASES) {
  test(`standing, ${title}: ${expected ? 'counts' : 'does not count'}`, () => {
    const { list, faults } = parseStandingList(text, { name: 'cleared.csv' })
    assert.deepEqual(faults, [])
    assert.equal(stands(list, callFacts(facts)), expected)
    assert.equal(stands(structuredClone(list), callFacts(facts)), expected)
  })
}

test('each line that is wrong is told with its place', () => {
  const text = [
    'number,attestation,until',
    'bob1,,',
    '+12125550117,D,',
    '+12125550117,A,2026-02-31',
    '+12125550117,A,2026-11-22 12:00',
    '+12125550117,A,2026-11-22T12:00:00',
    '+12125550117,A,never',
    '+12125550117,A,x2026-11-22',
    '+12125550117,A,2026-11-22x',
    '+12125550117,A,x2026-11-22T12:00:00Z',
    '+12125550117,A,2026-11-22T12:00:00Zx',
  ].join('\n')
  const { faults } = parseStandingList(text, { name: 'x' })
  const time = 'a day such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z'
  assert.deepEqual(
    faults.map(({ line, column, found, expected }) => [line, column, found, expected]),
    [
      [2, 1, '"bob1"', 'a number such as +12125550117, or leading digits such as +1212555*'],
      [3, 14, '"D"', 'A, B or C, the least that the entry asks for'],
      [4, 16, '"2026-02-31"', time],
      [5, 16, '"2026-11-22 12:00"', time],
      [6, 16, '"2026-11-22T12:00:00"', time],
      [7, 16, '"never"', time],
      [8, 16, '"x2026-11-22"', time],
      [9, 16, '"2026-11-22x"', time],
      [10, 16, '"x2026-11-22T12:00:00Z"', time],
      [11, 16, '"2026-11-22T12:00:00Zx"', time],
    ],
  )
  const [header, ...others] = parseStandingList('reason,until\nx,\n', { name: 'x' }).faults
  assert.deepEqual(others, [])
  assert.equal(header?.expected, 'a header row that names the column number, or none')
})

test('an entry ends at its time and not before', () => {
  fc.assert(
    fc.property(fc.integer({ min: -100, max: 100 }), (secondsFromNow) => {
      const until = new Date(NOON_MS + secondsFromNow * 1000).toISOString()
      const { list } = parseStandingList(`+12125550117,,${until}`, { name: 'x' })
      assert.equal(stands(list, callFacts({})), secondsFromNow > 0)
    }),
  )
})

test('a list of any form has a most of entries, and is refused at the line of the first beyond', () => {
  const forms: [name: string, text: string, faultsOf: (text: string, limit?: number) => readonly unknown[]][] = [
    [
      'standing',
      '+12125550117\n+12125550118\n+1213*\n',
      (text, limit) => parseStandingList(text, { name: 'l', limit }).faults,
    ],
    ['called', '+1415,+1212\n+1415,withheld\n+1416,+1212\n', (text, limit) => parseCalledLists(text, { limit }).faults],
    [
      'allocations',
      'npa,nxx\n212,555\n212,556\n213,\n',
      (text, limit) => parseAllocations(text, { name: 'l', limit }).faults,
    ],
  ]
  assert.equal(LIST_ENTRIES_MAX, 5_000_000)
  for (const [name, text, faultsOf] of forms) {
    const line = text.startsWith('npa') ? 4 : 3
    const fault = { line, column: 1, found: 'one entry too many', expected: 'at most 2 of them' }
    assert.deepEqual(faultsOf(text, 2), [fault], name)
    assert.deepEqual([faultsOf(text, 3), faultsOf(text)], [[], []], name)
  }
})
