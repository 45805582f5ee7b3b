import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { diffLists, isSweeping, type EntryForm, type ListDifference } from './list-difference.ts'

const CASES: [what: string, before: string, after: string, form: EntryForm, added: string[], removed: string[]][] = [
  ['the same', '+12125550117\n', '+12125550117\n', 'number', [], []],
  [
    'another order, blanks, notes, comments',
    '+12125550117,a\n+12125550118\n',
    '# new\n+1 212 555 0118,b\n"+1 (212) 555-0117"\n',
    'number',
    [],
    [],
  ],
  ['a header that comes', '+12125550117\n', 'why,number\nx,+12125550117\n', 'number', [], []],
  ['one more', '+12125550117\n', '+12125550117\n+1212555*\n', 'number', ['+1212555*'], []],
  ['one less', 'number\n+12125550117\n+12125550118\n', 'number\n+12125550118\n', 'number', [], ['+12125550117']],
  ['a number twice', '+12125550117\n', '+12125550117\n+12125550117\n', 'number', [], []],
  ['another row', 'a,b\n+1,+2\n', 'a,b\n+1,+3\n', 'row', ['+1,+3'], ['+1,+2']],
  [
    'another pair with the same called number',
    'called,calling\n+1,+2\n',
    'called,calling\n+1,+3\n',
    'called',
    ['+1,+3'],
    ['+1,+2'],
  ],
  ['pairs that are turned round by the header', '+1,+2\n', 'calling,called\n+1,+2\n', 'called', ['+2,+1'], ['+1,+2']],
  ['pairs in the other order of columns', '+1,+2\n', 'calling,called\n+2,+1\n', 'called', [], []],
  [
    'terms that go, and another reason',
    'number,attestation,until,reason\n+1,A,2027-01-31,x\n+2,B,,y\n',
    'number,attestation,until,reason\n+1,,,x\n+2,B,,z\n',
    'terms',
    ['+1'],
    ['+1,A,2027-01-31'],
  ],
  [
    'terms without a header',
    '+1,A,2027-01-31,x\n',
    '+1,A,2027-02-28,x\n',
    'terms',
    ['+1,A,2027-02-28'],
    ['+1,A,2027-01-31'],
  ],
  ['the same terms with and without a header', '+1,A,,x\n', 'number,reason,attestation\n+1,y,A\n', 'terms', [], []],
  [
    'another status of the same digits, and another company',
    'npa,nxx,x,status,company\n212,555,1,AS,Northwire\n212,556,,AS,Northwire\n',
    'npa,nxx,x,status,company\n212,555,1,AV,Northwire\n212,556,,AS,Southwire\n',
    'allocation',
    ['212,555,1,AV'],
    ['212,555,1,AS'],
  ],
  [
    'an area code that becomes a country',
    'npa,use\n212,AV\n',
    'prefix,use\n212,AV\n',
    'allocation',
    [',,,AV,,212'],
    ['212,,,AV'],
  ],
  ['all', '+12125550117\n', '', 'number', [], ['+12125550117']],
]

for (const [what, before, after, form, added, removed] of CASES) {
  test(`lists are compared by their entries: ${what}`, () => {
    assert.deepEqual(diffLists(before, after, form).samples, { added, removed })
  })
}

test('what was added and removed is what leads from one list to the other', () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 2_000_000_000, max: 2_000_000_400 }), { maxLength: 60 })
  fc.assert(
    fc.property(numbers, numbers, (before, after) => {
      const write = (list: number[]) => list.map((number) => `+1${number}\n`).join('')
      const found = diffLists(write(before), write(after), 'number')
      assert.equal(found.added, after.filter((number) => !before.includes(number)).length)
      assert.equal(found.removed, before.filter((number) => !after.includes(number)).length)
      assert.equal(found.before + found.added - found.removed, found.after)
      assert.equal(found.samples.added.length, Math.min(found.added, 5))
    }),
  )
})

const SWEEPS: [
  what: string,
  sizes: [before: number, after: number, added: number, removed: number],
  percent: number,
  sweeping: boolean,
][] = [
  ['half of it', [100, 100, 25, 25], 50, false],
  ['more than half of it', [100, 101, 26, 25], 50, true],
  ['ten times as many', [100, 1000, 900, 0], 50, true],
  ['ten times as many, if any change may come', [100, 1000, 900, 0], Infinity, false],
  ['all of it gone', [3, 0, 0, 3], 50, true],
  ['all of it gone, and 1000 % may change', [3, 0, 0, 3], 1000, true],
  ['all of it gone, if any change may come', [3, 0, 0, 3], Infinity, false],
  ['nothing there before, nothing now', [0, 0, 0, 0], 50, false],
  ['twenty entries of a short list', [4, 24, 20, 0], 50, false],
  ['twenty-one entries of a short list', [4, 25, 21, 0], 50, true],
]

for (const [what, sizes, sweeping] of [
  ['more than half of few gone', [10, 4, 0, 6], true],
  ['half of few gone', [10, 5, 0, 5], false],
  ['few more', [10, 20, 10, 0], false],
  ['many more', [10, 40, 30, 0], true],
] as const) {
  test(`of an exempt list fewer entries count: ${what}`, () => {
    const [before, after, added, removed] = sizes
    const difference: ListDifference = { before, after, added, removed, samples: { added: [], removed: [] } }
    assert.equal(isSweeping(difference, 50, true), sweeping)
    assert.equal(isSweeping(difference, 50), what === 'many more', 'another list')
    assert.equal(isSweeping(difference, Infinity, true), false)
  })
}

for (const [what, [before, after, added, removed], percent, sweeping] of SWEEPS) {
  test(`a change asks for a second person or does not: ${what}`, () => {
    const difference: ListDifference = { before, after, added, removed, samples: { added: [], removed: [] } }
    assert.equal(isSweeping(difference, percent), sweeping)
  })
}
