import assert from 'node:assert/strict'
import test from 'node:test'
import { type CallingFacts, needsSomebody, tellCalling } from './calling-words.ts'
import type { GroupState } from './group.ts'

const QUIET: CallingFacts = {
  isEmpty: false,
  numbers: 0,
  blockers: 0,
  states: new Map<GroupState, number>([['resolved', 3]]),
  disputes: { open: 0, overdue: 0, ours: 0 },
}
const states = (...entries: [GroupState, number][]) => new Map(entries)
const CASES: readonly (readonly [title: string, facts: Partial<CallingFacts>, words: string, needs: boolean])[] = [
  ['nothing was ever seen', { isEmpty: true }, 'No call of yours has been seen yet.', false],
  ['all is resolved', {}, 'None of your numbers is known to be blocked.', false],
  [
    'one is blocked by one',
    { numbers: 1, blockers: 1, states: states(['new', 1]) },
    '1 of your numbers is blocked by 1 network.',
    false,
  ],
  [
    'some are, in more groups than there are networks, and some wants somebody',
    {
      numbers: 3,
      blockers: 2,
      states: states(['ongoing', 2], ['regressed', 1], ['escalating', 2]),
      disputes: { open: 4, overdue: 1, ours: 1 },
    },
    '3 of your numbers are blocked by 2 networks in 5 groups. 1 block came back after being resolved; 2 blocks are rising; 1 dispute overdue; 1 dispute waits for you.',
    true,
  ],
  [
    'only callers without a number are',
    { blockers: 1, states: states(['new', 1]) },
    'Calls without a number of yours are blocked by 1 network.',
    false,
  ],
  [
    'a dispute is overdue after all is resolved',
    { disputes: { open: 2, overdue: 2, ours: 0 } },
    'None of your numbers is known to be blocked. 2 disputes overdue.',
    true,
  ],
  [
    'one is ignored',
    { numbers: 0, states: states(['ignored', 1]) },
    'None of your numbers is known to be blocked.',
    false,
  ],
]
for (const [title, given, words, needs] of CASES)
  test(`the first line where ${title}`, () => {
    const facts = { ...QUIET, ...given }
    assert.deepEqual([tellCalling(facts), needsSomebody(facts)], [words, needs])
  })
