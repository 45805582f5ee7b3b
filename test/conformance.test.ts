import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { FLOORS } from './floors.ts'
import { filesNamed, namesMissing, readProofs } from './proofs.ts'

/** A line of the page: a section of a document, what it asks for, how it stands, and what shows it. */
type Claim = { readonly section: string; readonly state: string; readonly shownBy: string; readonly line: number }

test('each claim of conformance has a state, and names what shows it', (t) => {
  const claims = readClaims(read(PAGE))
  assert.deepEqual(claims.flatMap(objectionsTo), [])

  expectAtLeast('conformance claims', claims.length)
  expectAtLeast('documents conformed to', new Set(claims.map((claim) => claim.section)).size)
  const count = (state: string): number => claims.filter((claim) => claim.state.startsWith(state)).length
  t.diagnostic(`${count('done')} done, ${count('differs')} differ, ${count('not planned')} not planned`)
})

test('every standard that the sources cite is on the page', (t) => {
  const sources = globSync('src/**/*.ts', { cwd: ROOT }).map(read).join('\n')
  const cited = numbersIn(sources)
  const listed = numbersIn(read(PAGE))
  assert.deepEqual(
    [...cited].filter((number) => !listed.has(number)),
    [],
  )
  expectAtLeast('standards cited', cited.size)
  t.diagnostic(`${cited.size} standards cited`)
})

test('an empty or untrue claim is seen', () => {
  const claim = { section: 'RFC 1', state: 'done', shownBy: '`test/floors.ts`', line: 1 }
  assert.deepEqual(objectionsTo(claim), [])
  for (const [planted, expected] of [
    [{ shownBy: '' }, /nothing shows it/],
    [{ shownBy: 'tests' }, /nothing shows it/],
    [{ shownBy: '`test/no-such.test.ts`' }, /no file/],
    [{ shownBy: '`vectors/no-such-folder/*.sip`' }, /no file/],
    [{ shownBy: '`test/floors.ts` "a name that no test has"' }, /does not hold/],
    [{ shownBy: '`R603P-99`' }, /no vector fires/],
    [{ state: 'nearly' }, /state/],
    [{ state: 'differs' }, /state/],
    [{ state: 'not planned', shownBy: '' }, /state/],
  ] as const)
    assert.match(objectionsTo({ ...claim, ...planted }).join(), expected, JSON.stringify(planted))
  assert.deepEqual(objectionsTo({ ...claim, state: 'not planned: nobody sends it', shownBy: '' }), [])
  assert.deepEqual(objectionsTo({ ...claim, shownBy: '`test/floors.ts` "tracked files", `R603P-14`' }), [])
})

/** Reads the tables of four columns: section, what, state, shown by. */
function readClaims(page: string): Claim[] {
  let section = ''
  return page.split('\n').flatMap((text, index) => {
    section = /^## (.*)/.exec(text)?.[1] ?? section
    const cells = /^\| (?<place>[^|]*?) \| [^|]+ \| (?<state>[^|]*?) \| ?(?<shownBy>[^|]*?) ?\|$/.exec(text)?.groups
    if (cells === undefined || cells['place'] === 'Section' || /^-+$/.test(cells['place']!)) return []
    return [{ section, state: cells['state']!, shownBy: cells['shownBy']!, line: index + 1 }]
  })
}

function objectionsTo({ state, shownBy, line }: Claim): string[] {
  const where = `${PAGE}:${line}`
  if (!/^(?:done|differs: .{8,}|not planned: .{8,})$/.test(state)) return [`${where}: the state is "${state}"`]
  return state.startsWith('not planned') && shownBy === '' ? [] : objectionsToProofs(shownBy, where)
}

/** What is wrong with files and the words behind each that are said to stand in it: `path` "words", "more words". */
function objectionsToProofs(shownBy: string, where: string): string[] {
  const say = (why: string): string => `${where}: ${why}`
  const proofs = readProofs(shownBy)
  if (proofs.length === 0) return [say('nothing shows it')]
  return proofs.flatMap(({ what, names }) => {
    if (/^R[A-Z0-9]+-\d+$/.test(what)) return rulesFired().has(what) ? [] : [say(`no vector fires ${what}`)]
    const paths = filesNamed(what)
    if (paths.length === 0) return [say(`no file ${what}`)]
    return namesMissing(paths, names, true).map((name) => say(`${what} does not hold "${name}"`))
  })
}

/** The ids of the rules that at least one vector fires. */
function rulesFired(): ReadonlySet<string> {
  rules ??= new Set(
    globSync('vectors/notice/*/*.json', { cwd: ROOT }).flatMap(
      (path) => (JSON.parse(read(path)) as { fires: string[] }).fires,
    ),
  )
  return rules
}

function numbersIn(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/RFC (\d+)/g)].map((match) => match[1]!))
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

function expectAtLeast(what: keyof typeof FLOORS, count: number): void {
  assert.ok(count >= FLOORS[what], `${what}: saw ${count}, expected at least ${FLOORS[what]}`)
}

let rules: ReadonlySet<string> | undefined

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PAGE = 'docs/conformance.md'
