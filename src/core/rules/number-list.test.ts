import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseNumber } from '#core/call/number.ts'
import { formatParty, parseParty, partyKey, partyOfKey } from '#core/call/party.ts'
import { NO_CALLED_LISTS, parseCalledLists, refuses } from './called-list.ts'
import { makeExempted } from './exempted.ts'
import {
  LIST_FAULTS_MAX,
  entryOf,
  formatEntry,
  isListed,
  lineOfEntry,
  parseEntries,
  parseNumberList,
  readEntry,
} from './number-list.ts'
import { hasNumber, makeNumberSet } from './number-set.ts'
import { hasPair, makePairSet } from './pair-set.ts'

const EXPECTED = 'a number such as +12125550117, or leading digits such as +1212555*'
const EMERGENCY = 'no emergency number and no number that tests one on a list that blocks'
const NANP = { country: 1, national: 10, international: '011' }

test('a list is read with header, comments, columns, quotes, blanks and either line end', () => {
  const text = [
    '\uFEFF# numbers that are never blocked',
    'name,Number,since',
    'Acme Clinic,+12125550117,2026-01-01',
    '"Bank, the second","+1 (212) 555-0118",2026',
    '',
    '  # a comment',
    "School;'+12125550119;2026",
    'Range\t+1312555*\t2026',
    'Short,211,2026',
    'Again,+12125550117,2026',
  ]
  for (const end of ['\n', '\r\n']) {
    const { list, faults } = parseNumberList(text.join(end), { name: 'allow.csv', blocks: false })
    assert.deepEqual(faults, [])
    assert.deepEqual([list.numbers.size, list.prefixes.size, list.duplicates], [4, 1, 1])
    const listed = (number: string) => isListed(list, parseNumber(number))
    assert.deepEqual(['+12125550117', '+12125550118', '+12125550119', '+13125550000', '211'].map(listed), [
      true,
      true,
      true,
      true,
      true,
    ])
    assert.deepEqual(['+12125550116', '+1312556', '212', '+211', 'anonymous', 'alice'].map(listed), [
      false,
      false,
      false,
      false,
      false,
      false,
    ])
  }
})

test('a plan reads the digits of a list as it reads those of a call', () => {
  const { list, faults } = parseNumberList('2125550117\n12125550118\n', { name: 'x', blocks: true, plan: NANP })
  assert.deepEqual(faults, [])
  assert.ok(isListed(list, parseNumber('+12125550117')))
  assert.ok(isListed(list, parseNumber('+12125550118')))
})

test('a header row may call the numbers what people call them, wherever they stand', () => {
  const names = ['number', 'telephone number', 'telephone', 'phone', 'phone number', 'tn', 'calling', 'e164', 'TN']
  for (const name of names) {
    const text = `note,${name}\n1,+12125550117\n`
    const { list, faults } = parseNumberList(text, { name: 'x', blocks: true })
    assert.deepEqual([faults, list.numbers.size], [[], 1], name)
    assert.equal(lineOfEntry(text, { kind: 'number', key: 12125550117, length: 11 }), 2)
    assert.equal(lineOfEntry(text, { kind: 'prefix', key: 12125550117, length: 11 }), undefined)
  }
})

const LONG = 'x'.repeat(40)
const ENTRIES: [text: string, expected: string][] = [
  ['tel:+12125550117', '+12125550117'],
  ['TEL:+1 212 555 0117', '+12125550117'],
  ['+1-(212)-555*', '+1212555*'],
  ['+123456789012345*', '+123456789012345*'],
  ['+1234567890123456*', '"+1234567890123456*"'],
  ['+12x*', '"+12x*"'],
  ['x12*', '"x12*"'],
  ['+1tel:2125550117', '"+1tel:2125550117"'],
  [LONG, `"${LONG}"`],
  [`${LONG}x`, `"${LONG}…"`],
  ['', 'an empty cell'],
]
for (const [text, expected] of ENTRIES) {
  test(`the entry ${JSON.stringify(text)} is read as, or refused as, ${expected}`, () => {
    const { faults } = parseEntries(['+13125550117', text], { name: 'x', blocks: false })
    const entry = readEntry(text)
    if (entry.kind !== 'fault') assert.deepEqual([formatEntry(entry), faults], [expected, []])
    else assert.deepEqual(faults, [{ line: 2, column: 1, found: expected, expected: EXPECTED }])
  })
}

test('of leading digits within leading digits the shorter ones are told, and who is on no list stands for himself', () => {
  const { list } = parseEntries(['+1212555*', '+12*', '+121255*'], { name: 'x', blocks: false })
  assert.deepEqual(list.prefixLengths, [2, 6, 7])
  assert.equal(entryOf(list, parseNumber('+12125550117')), '+12*')
  assert.equal(entryOf(list, parseNumber('+13125550117')), '+13125550117')
})

test('the entry that a number stands under is told', () => {
  const { list } = parseEntries(['+12125550117', '+1212555*', '+13*', '0800*'], { name: 'x', blocks: false })
  const entry = (number: string) => entryOf(list, parseNumber(number))
  assert.deepEqual(['+12125550117', '+12125550118', '+13125550100', '080012345'].map(entry), [
    '+12125550117',
    '+1212555*',
    '+13*',
    '0800*',
  ])
})

const WRONG: [line: string, blocks: boolean, found: string, expected: string, column: number][] = [
  ['+12125550117x', true, '"+12125550117x"', EXPECTED, 1],
  ['   hello 1', true, '"hello 1"', EXPECTED, 4],
  ['1.21256E+10', true, '"1.21256E+10"', EXPECTED, 1],
  ['+1212*555', true, '"+1212*555"', EXPECTED, 1],
  ['*', true, '"*"', EXPECTED, 1],
  ['+*', true, '"+*"', EXPECTED, 1],
  ['+0212*', true, '"+0212*"', EXPECTED, 1],
  ['+1234567890123456', true, '"+1234567890123456"', EXPECTED, 1],
  ['+1234567890123456*', true, '"+1234567890123456*"', EXPECTED, 1],
  [',+12125550117', true, 'an empty cell', EXPECTED, 1],
  ['withheld 0', true, '"withheld 0"', EXPECTED, 1],
  ['+12125550117+', true, '"+12125550117+"', EXPECTED, 1],
  ['911', true, '"911"', EMERGENCY, 1],
  ['112,note', true, '"112"', EMERGENCY, 1],
  ['933', true, '"933"', EMERGENCY, 1],
  ['+1911', true, '"+1911"', EMERGENCY, 1],
  ['91*', true, '"91*"', EMERGENCY, 1],
  ['1*', true, '"1*"', EMERGENCY, 1],
]

for (const [line, blocks, found, expected, column] of WRONG) {
  test(`the line ${JSON.stringify(line)} is refused with its place, and the rest is read`, () => {
    const { list, faults } = parseNumberList(`+12125550100\n${line}\n+12125550101\n`, { name: 'x', blocks })
    assert.deepEqual(faults, [{ line: 2, column, found, expected }])
    assert.equal(list.numbers.size, 2)
  })
}

test('emergency numbers may stand on a list that does not block, and prefixes with a country code anywhere', () => {
  assert.deepEqual(parseNumberList('911\n91*\n', { name: 'x', blocks: false }).faults, [])
  assert.deepEqual(parseNumberList('+91*\n+1*\n92*\n', { name: 'x', blocks: true }).faults, [])
})

test('many wrong lines are counted, not listed', () => {
  const { faults } = parseNumberList('1\n'.repeat(3) + 'x1\n'.repeat(100), { name: 'x', blocks: true })
  assert.equal(faults.length, LIST_FAULTS_MAX + 1)
  assert.equal(faults.at(-1)?.found, '80 more lines that are wrong, from here on')
})

test('a hundred thousand numbers are each found, their neighbours are not, and they take 16 bytes each', () => {
  const numbers = Array.from({ length: 100_000 }, (_, index) => `+1212${String(2_000_000 + index * 2)}`)
  const { list, faults } = parseNumberList(numbers.join('\n'), { name: 'x', blocks: true })
  assert.deepEqual(faults, [])
  assert.equal(list.numbers.size, 100_000)
  assert.equal(list.numbers.slots.byteLength, 1_600_000)
  for (const number of numbers) assert.ok(isListed(list, parseNumber(number)))
  for (let index = 0; index < 100_000; index++) {
    assert.ok(!isListed(list, parseNumber(`+1212${String(2_000_001 + index * 2)}`)))
  }
})

test('the set holds exactly what was put in', () => {
  const keys = fc.array(
    fc.constantFrom<number[]>(0, -1, 1, 2, -1007, 12125550117, 999_999_999_999_999, -1_999_999_999_999_999),
  )
  fc.assert(
    fc.property(keys, (members) => {
      const set = makeNumberSet(members)
      const expected = new Set(members.filter((key) => key !== 0))
      assert.equal(set.size, expected.size)
      for (const key of [0, -1, 1, 2, 3, -1007, 12125550117, 999_999_999_999_999, -1_999_999_999_999_999]) {
        assert.equal(hasNumber(set, key), expected.has(key))
      }
    }),
    { numRuns: 300 },
  )
})

test('the set of pairs holds exactly the pairs that were put in, in their order', () => {
  const key = fc.constantFrom(-1, 1, 2, -1007, 12125550117, 999_999_999_999_999)
  let members = 0
  fc.assert(
    fc.property(fc.array(fc.tuple(key, key), { maxLength: 40 }), key, key, (pairs, first, second) => {
      const set = makePairSet(pairs.flat())
      const expected = new Set(pairs.map((pair) => pair.join()))
      assert.equal(set.size, expected.size)
      if (expected.has(`${first},${second}`)) members++
      assert.equal(hasPair(set, first, second), expected.has(`${first},${second}`))
      assert.ok(!hasPair(set, 0, second) && !hasPair(set, first, 0))
    }),
    { numRuns: 500 },
  )
  assert.ok(members > 20, `only ${members} members`)
})

test('leading digits match exactly the numbers that start with them, by a model with strings', () => {
  const entry = fc.stringMatching(/^\+?[1-9][0-9]{0,6}$/)
  const number = fc.stringMatching(/^\+?[1-9][0-9]{0,9}$/)
  let matches = 0
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 4 }), number, (prefixes, text) => {
      const { list } = parseEntries(
        prefixes.map((prefix) => `${prefix}*`),
        { name: 'x', blocks: false },
      )
      const expected = prefixes.some((prefix) => text.startsWith(prefix))
      if (expected) matches++
      assert.equal(isListed(list, parseNumber(text)), expected)
    }),
    { numRuns: 2000 },
  )
  assert.ok(matches > 20, `only ${matches} matches`)
})

test('any text is a list or has faults, never an exception', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom('+', '1', '*', ',', '"', '\n', '#', "'", 'x') }),
      ),
      (text) => {
        const { list, faults } = parseNumberList(text, { name: 'x', blocks: true })
        for (const { line, column } of faults) assert.ok(line >= 1 && column >= 1)
        assert.ok(list.numbers.size >= 0)
        parseCalledLists(text)
      },
    ),
    { numRuns: 500 },
  )
})

test('the lists of called parties name whom each refuses, and faults have their place', () => {
  const { lists, faults } = parseCalledLists(
    'calling,called\n+12125550117,+14155550163\nwithheld,+14155550163\n+12125550117,bob1\nx,+14155550163\n',
  )
  const refused = (called: string, calling: string) => refuses(lists, parseNumber(called), parseNumber(calling))
  assert.ok(refused('+14155550163', '+12125550117'))
  assert.ok(refused('+14155550163', 'anonymous'))
  assert.ok(!refused('+14155550163', '+12125550118'))
  assert.ok(!refused('+14155550164', '+12125550117'))
  assert.ok(!refused('+12125550117', '+14155550163'), 'who refuses is not refused')
  assert.ok(!refused('alice', 'alice'))
  assert.deepEqual(faults, [
    { line: 4, column: 14, found: '"bob1"', expected: 'the called number, such as +14155550163' },
    { line: 5, column: 1, found: '"x"', expected: 'the number it refuses, or withheld' },
  ])
})

for (const number of ['911', '112', '933', '+911', '1911', '+1911']) {
  test(`nobody refuses calls from ${number}, which is refused with its line`, () => {
    const { lists, faults } = parseCalledLists(
      `+14155550163,+12125550117\n+14155550163,${number}\n${number},+12125550117\n+14155550163,1912\n`,
    )
    assert.deepEqual(faults, [{ line: 2, column: 14, found: `"${number}"`, expected: EMERGENCY }])
    assert.equal(lists.pairs.size, 3)
    assert.ok(!refuses(lists, parseNumber('+14155550163'), parseNumber(number)))
    assert.ok(refuses(lists, parseNumber('+14155550163'), parseNumber('1912')), 'a short code that is none')
  })
}

test('the columns of a called list may stand anywhere, its numbers may have gaps, and nobody is named by anonymous', () => {
  const { lists, faults } = parseCalledLists(
    'since,called,by,calling\n2026,+1 415 555 0163,x,+1 212 555 0117\n,anonymous,,+12125550117\n,+14155550163,,anonymous\n',
  )
  assert.ok(refuses(lists, parseNumber('+14155550163'), parseNumber('+12125550117')))
  assert.deepEqual(
    faults.map(({ line, found }) => [line, found]),
    [
      [3, '"anonymous"'],
      [4, '"anonymous"'],
    ],
  )
  assert.equal(NO_CALLED_LISTS.pairs.size, 0)
})

test('a first row without a number has to name the column', () => {
  const expected = 'a header row that names the column number, or none'
  for (const [text, faults] of [
    ['number\n+12125550117\n', []],
    ['e164;note\n+12125550117;x\n', []],
    ['+12125550117\n', []],
    ['nmuber,note\n+12125550117,x\n', [{ line: 1, column: 1, found: '"nmuber"', expected }]],
    ['# a comment\n\nAcme,Clinic\n', [{ line: 3, column: 1, found: '"Acme"', expected }]],
  ] as const) {
    const read = parseNumberList(text, { name: 'x', blocks: true })
    assert.deepEqual(read.faults, faults)
    assert.equal(read.list.numbers.size, faults.length === 0 ? 1 : 0)
  }
  assert.deepEqual(parseCalledLists('calling,who\n+12125550117,+14155550163\n').faults, [
    { line: 1, column: 1, found: '"calling"', expected: 'a header row that names the column called, or none' },
  ])
})

test('digits without a country code are told, short codes and what a plan completes are not', () => {
  const text = '+12125550117\n211\n2125550118\n212555*\n2125550*\n'
  const nationalOf = (plan?: typeof NANP) => parseNumberList(text, { name: 'x', blocks: true, plan }).national
  assert.deepEqual(nationalOf(), { count: 2, line: 3 })
  assert.deepEqual(nationalOf(NANP), { count: 1, line: 5 })
})

const PSAP = 'number,county\n+12125550911,one\n+1312911*,two\n9110000,three\n'

test('no list that blocks takes an exempt number, leading digits of one, or a part of exempt leading digits', () => {
  const exempted = [makeExempted(parseNumberList(PSAP, { name: 'psap.csv', blocks: false }).list, PSAP)]
  const expected = 'no exempt number on a list that blocks'
  for (const [entry, why] of [
    ['+12125550911', 'which is exempt by psap.csv line 2'],
    ['+12125550912', undefined],
    ['+1212555091*', 'which covers +12125550911, exempt by psap.csv line 2'],
    ['+1212555092*', undefined],
    ['+1*', 'which covers +1312911*, exempt by psap.csv line 3'],
    ['+13129110000', 'which is exempt by psap.csv line 3'],
    ['+13129120000', undefined],
    ['+13129110*', 'which is exempt by psap.csv line 3'],
    ['+1312911*', 'which is exempt by psap.csv line 3'],
    ['+131291*', 'which covers +1312911*, exempt by psap.csv line 3'],
    ['9110000', 'which is exempt by psap.csv line 4'],
    ['+9110000', undefined],
  ] as const) {
    const faults = why === undefined ? [] : [{ line: 2, column: 1, found: `"${entry}", ${why}`, expected }]
    assert.deepEqual(parseNumberList(`number\n${entry}\n`, { name: 'x', blocks: true, exempted }).faults, faults)
    assert.deepEqual(parseNumberList(`number\n${entry}\n`, { name: 'x', blocks: false, exempted }).faults, [])
    if (entry.endsWith('*')) continue
    const called = parseCalledLists(`+14155550163,${entry}\n`, { exempted })
    assert.deepEqual(
      called.faults,
      faults.map((fault) => ({ ...fault, line: 1, column: 14 })),
    )
  }
  assert.deepEqual(parseCalledLists('+14155550163,withheld\n', { exempted }).faults, [])
})

test('a whole list of exempt numbers is refused in no time, the first of them with their lines', () => {
  const text = Array.from({ length: 50_000 }, (_, index) => `+1212${2_000_000 + index}`).join('\n')
  const exempted = [makeExempted(parseNumberList(text, { name: 'psap.csv', blocks: false }).list, text)]
  const { list, faults } = parseNumberList(text, { name: 'x', blocks: true, exempted })
  assert.equal(list.numbers.size, 0)
  assert.equal(faults.length, LIST_FAULTS_MAX + 1)
  assert.equal(faults[19]?.found, '"+12122000019", which is exempt by psap.csv line 20')
  assert.equal(faults[20]?.found, '49980 more lines that are wrong, from here on')
})

test('a party is found again by its key', () => {
  for (const text of ['+12125550117', '+1', '0044', '911', '0', '999999999999999', '+999999999999999', 'withheld']) {
    assert.equal(formatParty(partyOfKey(partyKey(parseParty(text)))), text)
  }
  assert.deepEqual(partyOfKey(0), parseParty('x'))
})
