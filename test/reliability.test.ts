import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { FLOORS } from './floors.ts'
import { filesNamed, namesMissing, readProofs, titlesIn } from './proofs.ts'

/** A line of the page: the number of its case, the case, what happens, and what shows it. */
type Case = {
  readonly number: number
  readonly text: string
  readonly outcome: string
  readonly shownBy: string
  readonly line: number
}

test('each case of reliability says what happens, and names tests that there are', (t) => {
  const cases = readCases(readFileSync(new URL(`../${PAGE}`, import.meta.url), 'utf8'))
  assert.deepEqual(objectionsTo(cases), [])

  const named = cases.flatMap(({ shownBy }) => readProofs(shownBy)).reduce((sum, { names }) => sum + names.length, 0)
  assert.ok(named >= FLOORS['tests of reliability'], `saw ${named} tests`)
  assert.ok(cases.length >= FLOORS['cases of reliability'], `saw ${cases.length} cases`)
  t.diagnostic(`${cases.length} lines, ${named} tests named`)
})

test('a case that is missing, empty or untrue is seen', () => {
  const sound = Array.from({ length: CASES }, (_, at) => ({
    number: at + 1,
    text: 'somebody does something',
    outcome: 'nothing happens',
    shownBy: '`test/reliability.test.ts` "each case of reliability", "is seen"; `test/floors.ts`',
    line: at + 1,
  }))
  assert.deepEqual(objectionsTo(sound), [])
  assert.deepEqual(objectionsTo(sound.toSpliced(3, 1)), [`${PAGE}: case 4 has no line`])
  assert.match(objectionsTo([...sound, sound[0]!]).join(), /case 1 stands behind case 27/)
  for (const [planted, expected] of [
    [{ text: ' ' }, /says nothing/],
    [{ outcome: '' }, /says nothing/],
    [{ shownBy: '' }, /names no test/],
    [{ shownBy: '`test/reliability.test.ts`' }, /names no test/],
    [{ shownBy: '`test/no-such.test.ts` "each case"' }, /no file test\/no-such/],
    [{ shownBy: '`test/reliability.test.ts` "each case of reliability", "no such"' }, /no test "no such"/],
    [{ shownBy: '`test/reliability.test.ts` "readCases"' }, /no test "readCases"/],
  ] as const)
    assert.match(objectionsTo(sound.with(4, { ...sound[4]!, ...planted })).join(), expected, JSON.stringify(planted))
})

test('titles of tests are read however they are quoted and broken into lines', () => {
  const source =
    "test('one', () => {})\n  test(\n    `two ${name}`,\n    {}\n)\ntest(name, '')\ntest(\"it\\'s\", 1)\nlatest('no')"
  assert.deepEqual(titlesIn(source), ['one', 'two ${name}', "it\\'s"])
})

/** Reads the tables of three columns whose rows begin with the number of a case. */
function readCases(page: string): Case[] {
  return page.split('\n').flatMap((text, index) => {
    const cells = /^\| (\d+)\. ([^|]*) \| ([^|]*) \| ([^|]*) \|$/.exec(text)
    if (cells === null) return []
    const [, number, what = '', outcome = '', shownBy = ''] = cells
    return [{ number: Number(number), text: what, outcome, shownBy, line: index + 1 }]
  })
}

function objectionsTo(cases: readonly Case[]): string[] {
  const numbers = new Set(cases.map(({ number }) => number))
  const missing = Array.from({ length: CASES }, (_, at) => at + 1).filter((number) => !numbers.has(number))
  return [
    ...missing.map((number) => `${PAGE}: case ${number} has no line`),
    ...cases.flatMap((each, at) => {
      const before = cases[at - 1]?.number ?? 0
      const order = each.number < before ? [`case ${each.number} stands behind case ${before}`] : []
      return [...order, ...objectionsToOne(each)].map((why) => `${PAGE}:${each.line}: ${why}`)
    }),
  ]
}

function objectionsToOne({ text, outcome, shownBy }: Case): string[] {
  if (text.trim() === '' || outcome.trim() === '') return ['says nothing']
  const proofs = readProofs(shownBy)
  if (!proofs.some(({ names }) => names.length > 0)) return ['names no test']
  return proofs.flatMap(({ what, names }) => {
    const paths = filesNamed(what)
    if (paths.length === 0) return [`no file ${what}`]
    return namesMissing(paths, names).map((name) => `${what} has no test "${name}"`)
  })
}

/** The surfaces A to F: what a gate and its store meet. */
const CASES = 27
const PAGE = 'docs/reliability.md'
