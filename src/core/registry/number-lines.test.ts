import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseCsv } from '#core/ledger/csv.ts'
import { LINES_MAX, compareLines, formatNumberCsv, leftOut, readNumberLines } from './number-lines.ts'
import { countOf, formatSpan, indexSpans, mergeSpans, overlapOf, parseSpan, subtract } from './number-span.ts'

const PLAN = { country: 1, national: 10, international: '011' }

test('numbers and ranges are read as people write them', () => {
  for (const [text, expected] of [
    ['+12125550117', '+12125550117'],
    [' +1 (212) 555-0117 ', '+12125550117'],
    ["'+12125550117", '+12125550117'],
    ['212-555-0117', '+12125550117'],
    ['011 44 20 7946 0958', '+442079460958'],
    ['+12125550100..+12125550199', '+12125550100..+12125550199'],
    ['+12125550100-+12125550199', '+12125550100..+12125550199'],
    ['+1-212-555-0100 - 0199', '+12125550100..+12125550199'],
    ['+12125550100 to 99', '+12125550100..+12125550199'],
    ['2125550100 – 2125550199', '+12125550100..+12125550199'],
    ['+12125550117..+12125550117', '+12125550117'],
  ] as const) {
    const span = parseSpan(text, PLAN)
    assert.ok(!('kind' in span), text)
    assert.equal(formatSpan(span), expected, text)
  }
})

test('lines that were left out are there to be set right, under their header, and those behind one too many with them', () => {
  const many = Array.from({ length: LINES_MAX }, (_, at) => `+1312${5_000_000 + at}`)
  for (const [text, expected] of [
    ['label,number\r\nfront,+12125550117\r\nback,nonsense\r\n', 'label,number\nback,nonsense'],
    ['\ufeffnumber\n+1\n+12125550117', 'number\n+1'],
    ['+12125550117\nnonsense\n+12125550117,,again', 'nonsense\n+12125550117,,again'],
    ['number\n+12125550117', ''],
    [['bad', ...many, '+14155550100', '', '+14155550101'].join('\n'), 'bad\n+14155550100\n\n+14155550101'],
  ] as const) {
    assert.equal(leftOut(text, readNumberLines(text).faults), expected)
  }
  const across = { line: 0, found: '+12125550100..+12125550199', expected: 'another cut' }
  assert.equal(leftOut('number\n+12125550100..+12125550199', [across]), 'number\n+12125550100..+12125550199')
})

test('what is no number or range says what was expected', () => {
  for (const [text, expected] of [
    ['', /a number such as/],
    ['=1+1', /a number such as/],
    ['911', /country code/],
    ['+12', /a number such as/],
    ['2125550117', /country code/],
    ['+12125550199..+12125550100', /lower end first/],
    ['+12125550100..+442079460958', /one length/],
    ['+12125550000..+12125560000', /at most 10000/],
    ['+1212555010٣', /a number such as/],
    ['+12125550100..+12125550101..+12125550102', /a number such as/],
    ['1'.repeat(200), /a number such as/],
  ] as const) {
    const span = parseSpan(text)
    assert.ok('kind' in span, text)
    assert.match(span.expected, expected, text)
  }
  assert.ok(!('kind' in parseSpan('+12125550000..+12125559999')), 'ten thousand are fine')
})

test('a number and what it is for need no empty cell between them', () => {
  const { lines, faults } = readNumberLines('+12125550117,Front desk\n(212) 555-0118;Line 2\n+12125550119,0121', PLAN)
  assert.deepEqual(
    lines.map(({ span, label }) => [formatSpan(span), label]),
    [
      ['+12125550117', 'Front desk'],
      ['+12125550118', 'Line 2'],
      ['+12125550119..+12125550121', ''],
    ],
  )
  assert.deepEqual(faults, [])
})

test('each line that cannot be used is named with its place, and the others count', () => {
  const text =
    '# our list\nNumber;Last;Label\n"+12125550117";;Front desk\n\n+12125550200;+12125550299;Call centre\nnonsense;;\n+12125550250;;again\n+12125550117;;\n'
  const { lines, faults, numbers } = readNumberLines(text)
  assert.deepEqual(
    lines.map(({ span, label }) => [formatSpan(span), label]),
    [
      ['+12125550117', 'Front desk'],
      ['+12125550200..+12125550299', 'Call centre'],
    ],
  )
  assert.equal(numbers, 101)
  assert.deepEqual(
    faults.map(({ line }) => line),
    [6, 7, 8],
  )
  assert.match(faults[1]!.expected, /line 5/)
})

test('a list ends at its limit, and says so', () => {
  const text = Array.from({ length: LINES_MAX + 5 }, (_, index) => `+1312${5_000_000 + index}`).join('\n')
  const { lines, faults } = readNumberLines(text)
  assert.equal(lines.length, LINES_MAX)
  assert.deepEqual(
    faults.map(({ line }) => line),
    [LINES_MAX + 1],
  )
})

test('no cell of an export is a formula, and the importer reads an export back unchanged', () => {
  const label = fc
    .tuple(
      fc.constantFrom('=', '+', '-', '@', "'", '"', '＝', '＋', ' =', ',', ';', '', "''", '=HYPERLINK("x")'),
      fc.string({ maxLength: 40, unit: 'grapheme' }),
    )
    .map(([head, tail]) => `${head}${tail}`)
    .filter((text) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(text))
  let cells = 0
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 30 }), (labels) => {
      const lines = labels.map((label, index) => ({
        span:
          index % 2 === 0
            ? span(`+1212555${1000 + index}`)
            : span(`+131255${10_000 + 10 * index}..+131255${10_009 + 10 * index}`),
        label,
      }))
      const csv = formatNumberCsv(lines.map((line) => ({ ...line, proof: 'proven', until: '2027-01-31' })))
      for (const cell of csv.matchAll(/"((?:[^"]|"")*)"/g)) {
        assert.doesNotMatch(cell[1]!, /^[=+\-@\t\r\n＝＋－＠]/)
        cells++
      }
      assert.equal([...parseCsv(csv)].length, lines.length + 1, 'and it is a CSV file to others too')
      assert.deepEqual(readNumberLines(csv), {
        lines,
        faults: [],
        numbers: lines.reduce((sum, { span }) => sum + countOf(span), 0),
      })
    }),
    { numRuns: 400 },
  )
  assert.ok(cells > 10_000, `${cells} cells were looked at`)
})

test('any text is read without a fault of ours, in lines that do not overlap', () => {
  let read = 0
  fc.assert(
    fc.property(
      fc.string({
        maxLength: 60,
        unit: fc.constantFrom(...'+1230 ",;\t\n\r\'=.-#a٣'.split(''), '+1212555010', '+12125550117\n', '..'),
      }),
      (text) => {
        const { lines } = readNumberLines(text, PLAN)
        read += lines.length
        for (const [at, { span }] of lines.entries())
          for (const other of lines.slice(at + 1)) assert.equal(overlapOf(span, other.span), undefined)
      },
    ),
    { numRuns: 500 },
  )
  assert.ok(read > 0)
})

test('of new lines, those that are there are told from those that are new and those that cut across', () => {
  const known = [span('+12125550100..+12125550199'), span('+12125550300')]
  const { lines } = readNumberLines('+12125550150\n+12125550300\n+12125550180..+12125550220\n+12125550400')
  const { added, there, across } = compareLines(known, lines)
  assert.deepEqual(
    added.map(({ span }) => formatSpan(span)),
    ['+12125550400'],
  )
  assert.equal(there, 2)
  assert.deepEqual(
    across.map(({ span }) => formatSpan(span)),
    ['+12125550180..+12125550220'],
  )
})

test('spans are cut, merged and found as sets of numbers are', () => {
  const spans = fc
    .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 12 }))
    .map(([first, more]) => ({ first: `+1212555${1000 + first}`, last: `+1212555${1000 + first + more}` }))
  const setOf = (list: readonly { first: string; last: string }[]) =>
    new Set(
      list.flatMap((one) => Array.from({ length: countOf(one) }, (_, index) => Number(one.first.slice(1)) + index)),
    )
  fc.assert(
    fc.property(spans, fc.array(spans, { maxLength: 6 }), (whole, holes) => {
      assert.deepEqual(
        setOf(subtract(whole, holes)),
        new Set([...setOf([whole])].filter((one) => !setOf(holes).has(one))),
      )
      const merged = mergeSpans(holes)
      assert.deepEqual(setOf(merged), setOf(holes))
      const find = indexSpans(merged.map((one) => [one, undefined] as const))
      assert.equal(find(whole).length, merged.filter((one) => overlapOf(one, whole) !== undefined).length)
    }),
    { numRuns: 300 },
  )
})

function span(text: string) {
  const parsed = parseSpan(text)
  assert.ok(!('kind' in parsed), text)
  return parsed
}
