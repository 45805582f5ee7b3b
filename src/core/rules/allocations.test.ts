import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NOT_LOOKED, NO_SCORES } from '#core/call/verification.ts'
import { parseNumber } from '#core/call/number.ts'
import { parseAllocations, unallocated } from './allocations.ts'

const NANP = [
  'State\tNPA-NXX\tX\tCompany\tUse',
  'NY\t212-555\t\tACME\tAS',
  'NY\t212-556\tA\tACME\tAS',
  'NY\t212-556\t3\t\tAV',
  'NY\t212-557\t1\tACME\tAS',
  'NY\t212-558\t\t\tUA',
  'CA\t415\t\t\tVC',
].join('\n')

test('exchanges and thousands blocks are known as the keepers of the plan publish them', () => {
  for (const [number, prefix] of [
    ['+12125552117', undefined],
    ['+12125562117', undefined],
    ['+12125563117', '+12125563'],
    ['+12125571117', undefined],
    ['+12125572117', '+12125572'],
    ['+12125582117', '+1212558'],
    ['+12125592117', '+12125592'],
    ['+14155552117', '+1415'],
    ['+13125552117', undefined],
    ['+442079460123', undefined],
    ['2125582117', undefined],
    ['12125582117', undefined],
    ['anonymous', undefined],
  ] as const) {
    assert.equal(freePrefix(NANP, number), prefix, number)
  }
})

test('other plans are prefixes with their country code, of which the longest counts', () => {
  const text = 'prefix,status\n+4420,assigned\n+44207,free\n442079,assigned\n+49 30,\n'
  for (const [number, prefix] of [
    ['+442012345678', undefined],
    ['+442071234567', '+44207'],
    ['+442079123456', undefined],
    ['+441412345678', '+441412'],
    ['+493012345678', undefined],
    ['+498912345678', '+498912'],
    ['+33123456789', undefined],
    ['+12125552117', undefined],
  ] as const) {
    assert.equal(freePrefix(text, number), prefix, number)
  }
})

const COLUMNS: [header: string, row: string][] = [
  ...['npa-nxx', 'npanxx', 'npa nxx', 'npa_nxx', 'NPA-NXX'].map((name): [string, string] => [name, '212-555']),
  ...['npa', 'area code'].map((name): [string, string] => [`${name},nxx`, '212,555']),
  ...['nxx', 'co code', 'exchange'].map((name): [string, string] => [`npa,${name}`, '212,555']),
  ...['x', 'block', 'block_id', 'thousands-block', 'thousands block'].map((name): [string, string] => [
    `npa,nxx,${name}`,
    '212,555,2',
  ]),
  ['prefix', '+1 212-555*'],
]
for (const [header, row] of COLUMNS) {
  test(`a file may have the columns ${header}`, () => {
    for (const use of ['status', 'use']) {
      const free = row.endsWith(',2') ? '+12125552' : '+1212555'
      assert.equal(freePrefix(`${header},${use}\n${row},AV\n`, '+12125552117'), free)
      assert.equal(freePrefix(`${header},${use}\n${row},AS\n`, '+12125552117'), undefined)
    }
  })
}

test('a prefix may end in what looks like North America', () => {
  assert.equal(freePrefix('prefix,status\n+4411,free\n', '+441112345678'), '+4411')
})

test('what stands in a file as free and as given out is given out', () => {
  assert.equal(freePrefix('npa,nxx,status\n212,555,UA\n212,555,AS\n', '+12125552117'), undefined)
  assert.equal(freePrefix('npa,nxx,status\n212,555,UA\n', '+12125552117'), '+1212555')
})

const HEADER = 'a header row with npa and nxx, npa-nxx, or prefix'
const WRONG: [title: string, text: string, line: number, column: number, found: string, expected: RegExp][] = [
  ['no header', '212,555\n', 1, 1, 'no such header row', /^a header row/],
  ['a header of something else', 'number,status\n', 1, 1, 'no such header row', /^a header row/],
  ['nothing', '', 1, 1, 'no such header row', /^a header row/],
  ['a header alone', 'npa,nxx\n', 1, 1, 'no allocation', /^at least one row/],
  ['an area code of two digits', 'npa,nxx\n21,555\n', 2, 1, '"21"', /^an area code/],
  ['an area code that cannot be', 'npa,nxx\n112,555\n', 2, 1, '"112"', /^an area code/],
  ['an exchange of four digits', 'npa,nxx\n212,5555\n', 2, 5, '"5555"', /^an exchange/],
  ['a block of two digits', 'npa,nxx,x\n212,555,12\n', 2, 9, '"12"', /^the digit of a thousands block/],
  ['a block of no exchange', 'npa,nxx,x\n212,,1\n', 2, 6, '"1"', /^the digit of a thousands block/],
  ['a status nobody knows', 'npa,nxx,status\n212,555,maybe\n', 2, 9, '"maybe"', /^what became of it/],
  ['a prefix of no country', 'prefix\n+99912\n', 2, 1, '"+99912"', /^leading digits/],
  ['a prefix that is a word', 'prefix\nabc\n', 2, 1, '"abc"', /^leading digits/],
  ['a prefix that is the whole of North America', 'prefix\n+1\n', 2, 1, '"+1"', /^leading digits/],
  ['a prefix that is less than an area code', 'prefix\n+121\n', 2, 1, '"+121"', /^leading digits/],
  ['a prefix with a plus inside', 'prefix\n44+20\n', 2, 1, '"44+20"', /^leading digits/],
  ['an area code after something', 'npa,nxx\nx212,555\n', 2, 1, '"x212"', /^an area code/],
  ['an area code of four digits', 'npa,nxx\n2125,555\n', 2, 1, '"2125"', /^an area code/],
  ['a wrong area code with its exchange', 'npa-nxx\n112-555\n', 2, 1, '"112-555"', /^an area code/],
  ['a wrong exchange with its area code', 'npa-nxx\n212-5555\n', 2, 1, '"212-5555"', /^an exchange/],
  ['an exchange that is cut', 'npa-nxx\n21255-5\n', 2, 1, '"21255-5"', /^an exchange/],
  ['a block that ends like a whole exchange', 'npa,nxx,x\n212,555,2a\n', 2, 9, '"2a"', /^the digit of a/],
  ['a block that begins like a whole exchange', 'npa,nxx,x\n212,555,a2\n', 2, 9, '"a2"', /^the digit of a/],
]

for (const [title, text, line, column, found, expected] of WRONG) {
  test(`a file of allocations with ${title} is refused with its place`, () => {
    const { faults } = parseAllocations(text, { name: 'x' })
    const [fault, ...others] = faults
    assert.ok(fault !== undefined)
    assert.deepEqual(others, [])
    assert.match(fault.expected, expected)
    assert.deepEqual([fault.line, fault.column, fault.found], [line, column, found])
    if (fault.found === 'no such header row') assert.equal(fault.expected, HEADER)
  })
}

test('any text is a file of allocations or has faults, never an exception', () => {
  const unit = fc.constantFrom('npa', 'nxx', ',', '\n', '2', '1', 'prefix', '+', 'status', 'AS', ' ', '"')
  fc.assert(
    fc.property(fc.string({ unit }), (text) => {
      const { allocations, faults } = parseAllocations(text, { name: 'x' })
      for (const { line, column } of faults) assert.ok(line >= 1 && column >= 1)
      assert.ok(faults.length > 0 || allocations.given.size + allocations.free.size > 0)
    }),
    { numRuns: 500 },
  )
})

function freePrefix(text: string, calling: string): string | undefined {
  const { allocations, faults } = parseAllocations(text, { name: 'x' })
  assert.deepEqual(faults, [])
  const rule = {
    kind: 'unallocated',
    id: 'u',
    number: 1,
    mode: 'enforce',
    cause: 'unallocated',
    program: 'none',
  } as const
  const facts = { atMs: 0, called: parseNumber('+14155550163'), peer: '', trunk: '', attestation: 'none' } as const
  const rest = { emergency: false, forwarded: false, verification: NOT_LOOKED, scores: NO_SCORES }
  const ground = unallocated({ ...rule, allocations }, { ...facts, ...rest, calling: parseNumber(calling) })
  return ground?.kind === 'unallocated' ? ground.prefix : undefined
}
