import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignerTable, signerBytes, type Signing } from './signer-table.ts'

/** 4096 ms make one tick a millisecond. */
const WITHIN_MS = 4096
const AFTER = 3
const KEY = 12125550117
const [FIRST, SECOND, THIRD] = [2, 4, 6]

/** A call: when, through whom (0 is nobody), whether with attestation A; what it is taken for, how many were signed before. */
type Step = [atMs: number, provider: number, isSigned: boolean, signing: Signing, signed: number]

const known = (provider = FIRST): Step[] => [0, 1, 2].map((count) => [0, provider, true, 'normal', count])
const signed = (atMs: number, provider: number, signing: Signing): Step => [atMs, provider, true, signing, AFTER]

const STORIES: [title: string, steps: Step[]][] = [
  [
    'a number nobody has signed is no news',
    [
      [0, 0, false, 'normal', 0],
      [0, FIRST, false, 'normal', 0],
    ],
  ],
  ['nobody instead of its provider', [...known(), [0, 0, false, 'unsigned', AFTER], [0, FIRST, true, 'normal', AFTER]]],
  ['a number is known for as long as the window', [...known(), [WITHIN_MS, 0, false, 'unsigned', AFTER]]],
  ['and no longer', [...known(), [WITHIN_MS + 1, 0, false, 'normal', AFTER]]],
  ['each signed call keeps it known', [...known(), signed(3000, FIRST, 'normal'), [6000, 0, false, 'unsigned', AFTER]]],
  [
    'those of a second provider do as well, from his second one on',
    [...known(), ...[2000, 3000].map((atMs) => signed(atMs, SECOND, 'elsewhere')), [6000, 0, false, 'unsigned', AFTER]],
  ],
  [
    'calls that are not signed teach nothing',
    [
      ...known(),
      ...[1, 2, 3, 4].map((): Step => [0, SECOND, false, 'elsewhere', AFTER]),
      signed(0, SECOND, 'elsewhere'),
      signed(0, SECOND, 'elsewhere'),
      signed(0, SECOND, 'elsewhere'),
      signed(0, SECOND, 'normal'),
    ],
  ],
  [
    'a number that was ported is the second one’s, and the first one begins again',
    [
      ...known(),
      ...[1, 2, 3].map(() => signed(0, SECOND, 'elsewhere')),
      signed(0, SECOND, 'normal'),
      ...[1, 2, 3].map(() => signed(0, FIRST, 'elsewhere')),
      signed(0, SECOND, 'elsewhere'),
      signed(0, FIRST, 'normal'),
    ],
  ],
  [
    'a number that was hardly known is his who signs more',
    [
      [0, FIRST, true, 'normal', 0],
      [0, FIRST, true, 'normal', 1],
      ...[1, 2, 3].map((): Step => [0, SECOND, true, 'normal', 2]),
      signed(0, SECOND, 'normal'),
      [0, 0, false, 'unsigned', AFTER],
      signed(0, FIRST, 'elsewhere'),
    ],
  ],
  [
    'two that take turns are both normal',
    [
      ...known(),
      signed(0, SECOND, 'elsewhere'),
      signed(0, FIRST, 'normal'),
      signed(0, SECOND, 'elsewhere'),
      signed(0, SECOND, 'elsewhere'),
      signed(0, SECOND, 'normal'),
      signed(0, FIRST, 'normal'),
    ],
  ],
  [
    'who signed once gives way to the next',
    [
      ...known(),
      signed(0, SECOND, 'elsewhere'),
      ...[1, 2, 3].map(() => signed(0, THIRD, 'elsewhere')),
      signed(0, THIRD, 'normal'),
    ],
  ],
  [
    'who signed twice gives way one by one',
    [
      ...known(),
      ...[1, 2].map(() => signed(0, SECOND, 'elsewhere')),
      ...[1, 2, 3, 4].map(() => signed(0, THIRD, 'elsewhere')),
      signed(0, THIRD, 'normal'),
    ],
  ],
  [
    'what was forgotten is learned anew, the second provider too',
    [
      ...known(),
      ...[1, 2].map(() => signed(0, SECOND, 'elsewhere')),
      [WITHIN_MS + 1, FIRST, true, 'normal', AFTER],
      [WITHIN_MS + 1, 0, false, 'normal', 1],
      [WITHIN_MS + 1, FIRST, true, 'normal', 1],
      [WITHIN_MS + 1, FIRST, true, 'normal', 2],
      ...[1, 2, 3].map(() => signed(WITHIN_MS + 1, SECOND, 'elsewhere')),
      signed(WITHIN_MS + 1, SECOND, 'normal'),
    ],
  ],
  [
    'a verified signer is believed where only a trunk was known, and not the other way round',
    [...known(), [0, 7, false, 'normal', AFTER], [0, 9, true, 'normal', AFTER]],
  ],
  ['a trunk is not believed where a signer was known', [...known(7), [0, FIRST, false, 'elsewhere', AFTER]]],
]

for (const [title, steps] of STORIES) {
  test(`${title}: so for every number, whatever is known of others`, () => {
    const numbers = 40
    const table = new SignerTable(WITHIN_MS, AFTER, numbers, new ArrayBuffer(signerBytes(numbers)), 1)
    for (const [index, [atMs, provider, isSigned, signing, signed]] of steps.entries()) {
      for (let key = KEY; key < KEY + numbers; key++) {
        const found = table.meet(key, { provider, isSigned }, 1_795_000_000_000 + atMs)
        assert.deepEqual([found, table.signed], [signing, signed], `step ${index} of ${key}`)
      }
    }
    assert.equal(table.table.evictions, 0)
  })
}
