import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import manifest from '../package.json' with { type: 'json' }
import { FLOORS } from './floors.ts'
import { lineOf, readImports, readSourceText, type Import } from './source-text.ts'

/** A file of `src` by its path from there: `codec/sip/reason.ts`. */
type SourceFile = { readonly path: string; readonly source: string }

test('imports point left, edges meet only in main, and the pure bands take no packages but their own', (t) => {
  const files = readTree()
  const known = new Set(files.map((file) => file.path))
  const found = files.flatMap((file) => importsOf(file).map((taken) => ({ file, taken })))

  expectAtLeast('source files', files.length)
  for (const band of BANDS) {
    const count = found.filter(({ file }) => file.path.startsWith(`${band}/`)).length
    expectAtLeast(`imports of ${band}`, count)
    t.diagnostic(
      `${band}: ${count} imports in ${files.filter((file) => file.path.startsWith(`${band}/`)).length} files`,
    )
  }

  const objections = [
    ...files.flatMap((file) => objectionsToPlace(file.path)),
    ...found.flatMap(({ file, taken }) => objectionsToImport(file.path, taken, known)),
    ...roomCycles(files),
  ]

  assert.deepEqual(objections, [])
})

test('a planted violation of each kind is caught', () => {
  const known = new Set([
    'codec/sip/a.ts',
    'core/call/a.ts',
    'core/call/a.test.ts',
    'edge/gate/a.ts',
    'edge/http/a.ts',
    'main/a.ts',
    'main/config/a.ts',
  ])
  for (const [path, source, expected] of PLANTED_IMPORTS) {
    const objections = readImports(source).flatMap((taken) => objectionsToImport(path, taken, known))
    assert.equal(objections.length, expected === undefined ? 0 : 1, `${path}: ${source} gave ${objections.join('; ')}`)
    if (expected !== undefined) assert.match(objections[0]!, expected, `${path}: ${source}`)
  }
  for (const path of ['codec/index.ts', 'codec/sip/index.ts', 'codec/a.ts', 'core/a/b/c.ts', 'utils/a.ts'])
    assert.equal(objectionsToPlace(path).length, 1, path)
  const circle = [
    { path: 'core/a/x.ts', source: "import { y } from '#core/b/y.ts'" },
    { path: 'core/b/y.ts', source: "import type { z } from '#core/c/z.ts'" },
    { path: 'core/c/z.ts', source: "import { x } from '#core/a/x.ts'" },
  ]
  assert.match(roomCycles(circle).join(), /core\/a -> core\/b -> core\/c -> core\/a/)
  assert.deepEqual(roomCycles(circle.slice(0, 2)), [])
  expectAtLeast('planted violations', PLANTED_IMPORTS.length)
})

test('codec and core read no clock, randomness, environment or locale, and start nothing', (t) => {
  let words = 0
  for (const { path, source } of readTree().filter((file) => isPure(file.path))) {
    const { code } = readSourceText(source)
    words += code.match(/\w+/g)?.length ?? 0
    assert.deepEqual(impurities(code), [], path)
  }
  expectAtLeast('words of the pure bands', words)
  t.diagnostic(`${words} words of code in the pure bands`)
})

test('each impurity is seen in code, and not in a comment, a string, a pattern or a longer name', () => {
  for (const line of IMPURE_LINES) {
    assert.equal(impurities(readSourceText(line).code).length, 1, line)
    assert.deepEqual(impurities(readSourceText(`// ${line}\n/* ${line} */`).code), [], line)
  }
  for (const line of PURE_LINES) assert.deepEqual(impurities(readSourceText(line).code), [], line)
})

test('lint refuses what the pure bands may not touch, and only there', () => {
  const root = mkdtempSync(join(tmpdir(), 'recourse-lint-'))
  try {
    cpSync(join(ROOT, '.oxlintrc.json'), join(root, '.oxlintrc.json'))
    const planted = `export const a = Date.now()\nexport const b = Math.random()\nexport const c = process.pid
export const d = setTimeout(String, 1)\nexport const e = fetch('data:,')\nexport const f = performance.now()\n`
    for (const band of BANDS) {
      mkdirSync(join(root, 'src', band, 'room'), { recursive: true })
      writeFileSync(join(root, 'src', band, 'room', 'planted.ts'), planted)
    }
    for (const band of BANDS) {
      const { code, stdout } = lint(root, join('src', band, 'room', 'planted.ts'))
      const refusals = stdout.match(/no-restricted-(?:globals|properties)/g)?.length ?? 0
      assert.equal(refusals, isPure(`${band}/`) ? 6 : 0, `${band}: ${stdout}`)
      assert.equal(code === 0, !isPure(`${band}/`), `${band}: ${stdout}`)
    }
  } finally {
    rmSync(root, { recursive: true })
  }
})

function readTree(): SourceFile[] {
  return globSync('**/*.ts', { cwd: SOURCE })
    .toSorted()
    .map((path) => ({ path, source: readFileSync(join(SOURCE, path), 'utf8') }))
}

function importsOf(file: SourceFile): Import[] {
  const imports = read.get(file) ?? readImports(file.source)
  read.set(file, imports)
  return imports
}

/** What is wrong with where a file lies, if anything. */
function objectionsToPlace(path: string): string[] {
  const parts = path.split('/')
  const band = parts[0]!
  if (bandAt(band) < 0) return [`src/${path}: the bands are ${BANDS.join(', ')}`]
  if (parts.at(-1) === 'index.ts') return [`src/${path}: no barrels, a file is named after what is in it`]
  const depth = band === 'main' ? [2, 3] : path.startsWith('edge/http/') ? [3, 4] : [3]
  return depth.includes(parts.length) ? [] : [`src/${path}: a file lies in a room of a band`]
}

/** What is wrong with one import, if anything. Tests may use any package, but point left like everything else. */
function objectionsToImport(path: string, taken: Import, known: ReadonlySet<string>): string[] {
  const [band = '', room = ''] = path.split('/')
  const { target } = taken
  const isTest = path.endsWith('.test.ts')
  const say = (why: string): string[] => [`src/${path}:${taken.line} -> ${target ?? 'a computed specifier'}: ${why}`]

  if (target === undefined) return isTest ? [] : say('an import names its module')
  if (taken.by === 'import()' && isPure(path) && !isTest) return say('the pure bands load nothing at run time')
  if (taken.by === 'url' && !target.endsWith('.ts'))
    return isPure(path) && !isTest ? say('the pure bands read no files') : []
  if (taken.reexport && taken.names.includes('*')) return say('no barrels')
  if (isTest && SHARED_TEST.test(target)) return []
  if (target.startsWith('..')) return say('another room is #band/room/file.ts')

  const resolved = target.startsWith('./') ? posix.join(posix.dirname(path), target) : target.replace(/^#/, '')
  if (target.startsWith('./') || target.startsWith('#')) {
    const [targetBand = ''] = resolved.split('/')
    const isSameRoom = posix.dirname(resolved) === posix.dirname(path)
    if (!known.has(resolved)) return say('there is no such file')
    if (resolved.endsWith('.test.ts')) return say('nothing imports a test')
    if (target.startsWith('./') !== isSameRoom) return say('the same room is ./file.ts, another is #band/room/file.ts')
    if (bandAt(targetBand) > bandAt(band)) return say('imports point left')
    const isOtherEdge = resolved.split('/')[1] !== room
    if (band === 'edge' && targetBand === 'edge' && isOtherEdge) return say('edges meet only in main')
    return []
  }

  if (isTest) return []
  if (target === 'node:crypto' && CRYPTO_ROOMS.includes(`${band}/${room}`)) {
    const refused = taken.names.filter((name) => !CRYPTO_NAMES.includes(name))
    return refused.length === 0 ? [] : say(`only ${CRYPTO_NAMES.join(', ')}, not ${refused.join(', ')}`)
  }
  if (band === 'codec' && target !== 'jose') return say('codec takes no package but jose')
  if (band === 'core') return say('core takes node:crypto, in receipt, ledger and observe, and no package')
  if (target.startsWith('node:')) return []
  const name = target.split('/', target.startsWith('@') ? 2 : 1).join('/')
  return Object.hasOwn(manifest.dependencies, name) ? [] : say('not among the dependencies')
}

/** Circles among the rooms of a band, each as the way round. */
function roomCycles(files: readonly SourceFile[]): string[] {
  const edges = new Map<string, Set<string>>()
  for (const file of files) {
    const { path } = file
    if (path.endsWith('.test.ts')) continue
    const room = posix.dirname(path)
    const targets = edges.get(room) ?? new Set()
    edges.set(room, targets)
    for (const { target } of importsOf(file)) if (target?.startsWith('#')) targets.add(posix.dirname(target.slice(1)))
  }
  const finished = new Set<string>()
  const cycles: string[] = []
  const walk = (room: string, way: readonly string[]): void => {
    if (way.includes(room)) cycles.push([...way.slice(way.indexOf(room)), room].join(' -> '))
    if (way.includes(room) || finished.has(room)) return
    for (const next of edges.get(room) ?? []) walk(next, [...way, room])
    finished.add(room)
  }
  for (const room of edges.keys()) walk(room, [])
  return cycles
}

function impurities(code: string): string[] {
  return IMPURE.flatMap((pattern) =>
    [...code.matchAll(pattern)].map((match) => `line ${lineOf(code, match.index)}: ${match[0]}`),
  )
}

function isPure(path: string): boolean {
  return /^(?:codec|core)\//.test(path) && !path.endsWith('.test.ts')
}

/** How far right a band stands; -1 for what is none. */
function bandAt(name: string): number {
  return BANDS.findIndex((band) => band === name)
}

function lint(cwd: string, path: string): { code: number | null; stdout: string } {
  const run = spawnSync(process.execPath, [OXLINT, '--deny-warnings', '--format=unix', path], { cwd, encoding: 'utf8' })
  return { code: run.status, stdout: run.stdout + run.stderr }
}

function expectAtLeast(what: keyof typeof FLOORS, count: number): void {
  assert.ok(count >= FLOORS[what], `${what}: saw ${count}, expected at least ${FLOORS[what]}`)
}

/** Each file is read once, though several checks look at it. */
const read = new WeakMap<SourceFile, Import[]>()

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SOURCE = join(ROOT, 'src')
const OXLINT = join(ROOT, 'node_modules', 'oxlint', 'bin', 'oxlint')

/** Imports point left along this list. */
const BANDS = ['codec', 'core', 'edge', 'main'] as const

/** Receipts, the chain of the ledger, and the digests by which calls told by several sources are known to be one. */
const CRYPTO_ROOMS = ['core/receipt', 'core/ledger', 'core/observe']

/** The parts of node:crypto that give the same output for the same input. */
const CRYPTO_NAMES = ['createCipheriv', 'createHash', 'hash', 'timingSafeEqual']

/** What the tests of a room may take from the tests of the whole. */
const SHARED_TEST = /^(?:\.\.\/){2,4}test\/[\w-]+\.ts$/

/** File, its source, and what must be objected; undefined where nothing may be. */
const PLANTED_IMPORTS: readonly (readonly [path: string, source: string, expected: RegExp | undefined])[] = [
  ['codec/sip/b.ts', "import { a } from './a.ts'", undefined],
  ['codec/sip/b.ts', "import { a } from './missing.ts'", /no such file/],
  ['codec/sip/b.ts', "import { a } from './a.js'", /no such file/],
  ['codec/sip/b.ts', "import { a } from './a'", /no such file/],
  ['codec/notice/b.ts', "import { a } from '../sip/a.ts'", /another room/],
  ['codec/notice/b.ts', "import { a } from '#codec/sip/a.ts'", undefined],
  ['codec/sip/b.ts', "import { a } from '#codec/sip/a.ts'", /same room/],
  ['codec/sip/b.ts', "import { a } from '#core/call/a.ts'", /point left/],
  ['codec/sip/b.ts', "import type { A } from '#core/call/a.ts'", /point left/],
  ['codec/sip/b.ts', "import {\n  a,\n  type B,\n} from '#edge/gate/a.ts'", /point left/],
  ['codec/sip/b.ts', "export { a } from '#core/call/a.ts'", /point left/],
  ['codec/sip/b.ts', "export * from './a.ts'", /no barrels/],
  ['codec/sip/b.ts', "let a: import('#main/a.ts').A", /load nothing/],
  ['codec/sip/b.ts', "await import('./a.ts')", /load nothing/],
  ['codec/sip/b.ts', "import { readFileSync } from 'node:fs'", /no package but jose/],
  ['codec/sip/b.ts', "import 'zod'", /no package but jose/],
  ['codec/sip/b.ts', "import { createHash } from 'node:crypto'", /no package but jose/],
  ['codec/sip/b.ts', "new URL('./table.bin', import.meta.url)", /read no files/],
  ['codec/notice/b.ts', "import { compactVerify } from 'jose'", undefined],
  ['codec/sip/b.test.ts', "import fc from 'fast-check'", undefined],
  ['codec/sip/b.test.ts', "import { a } from '#core/call/a.ts'", /point left/],
  ['codec/sip/b.test.ts', "import { cases } from '../../../test/torture.ts'", undefined],
  ['codec/sip/b.ts', "import { cases } from '../../../test/torture.ts'", /another room/],
  ['codec/sip/b.test.ts', "import { a } from '../notice/a.ts'", /another room/],
  ['core/call/b.ts', "import { createHash } from 'node:crypto'", /in receipt, ledger and observe/],
  ['core/call/b.ts', "import { a } from './a.test.ts'", /imports a test/],
  ['core/call/b.ts', "import { jwtVerify } from 'jose'", /no package/],
  ['core/receipt/b.ts', "import { createCipheriv, hash } from 'node:crypto'", undefined],
  ['core/receipt/b.ts', "import { createHash, randomBytes } from 'node:crypto'", /not randomBytes/],
  ['core/receipt/b.ts', "import crypto from 'node:crypto'", /not default/],
  ['core/receipt/b.ts', "import * as crypto from 'node:crypto'", /not \*/],
  ['core/receipt/b.ts', "import { a } from '#edge/gate/a.ts'", /point left/],
  ['edge/store/b.ts', "import { a } from '#edge/gate/a.ts'", /edges meet/],
  ['edge/http/desk/b.ts', "import { a } from '#edge/http/a.ts'", undefined],
  ['edge/http/desk/b.ts', "import { a } from '#edge/gate/a.ts'", /edges meet/],
  ['edge/store/b.ts', "new Worker(new URL('../gate/a.ts', import.meta.url))", /another room/],
  ['edge/gate/b.ts', "new Worker(new URL('./a.ts', import.meta.url))", undefined],
  ['edge/gate/b.ts', "new URL(built ? './a.js' : './missing.ts', import.meta.url)", /no such file/],
  ['edge/gate/b.ts', "import { a } from '#main/a.ts'", /point left/],
  ['edge/gate/b.ts', "import express from 'express'", /not among the dependencies/],
  ['edge/gate/b.ts', "import fc from 'fast-check'", /not among the dependencies/],
  ['edge/gate/b.ts', "import { createSocket } from 'node:dgram'", undefined],
  ['edge/gate/b.ts', 'await import(name)', /names its module/],
  ['edge/gate/b.ts', 'const load = createRequire(import.meta.url)', /names its module/],
  ['edge/gate/b.ts', "// import { a } from '#edge/store/a.ts'\nconst text = \"import 'express'\"", undefined],
  ['main/b.ts', "import { a } from '#edge/gate/a.ts'", undefined],
  ['main/b.ts', "import { a } from '#main/config/a.ts'", undefined],
  ['main/b.ts', "import { a } from './config/a.ts'", /same room/],
  ['main/config/b.ts', "import { a } from '#main/a.ts'", undefined],
]

const IMPURE: readonly RegExp[] = [
  /\bDate\s*\.\s*now\b/g,
  /\bnew\s+Date\s*(?:\(\s*\)|(?![\w\s(]))/g,
  /(?<!new\s+|[.\w$])Date\s*\(/g,
  /\bMath\s*\.\s*random\b/g,
  /(?<![.\w$])process\b(?!\s*:)/g,
  /(?<![.\w$])(?:fetch|eval|setTimeout|setInterval|setImmediate|queueMicrotask|require)\s*\(/g,
  /(?<![.\w$])(?:globalThis|console|performance|crypto|Temporal)\s*[.[]/g,
  // A format of a named language and time zone is a function of what it is given; one that asks the machine is not.
  /(?<![.\w$])Intl\s*[.[](?!DateTimeFormat(?:\s*[>{)]|\(\s*'[^']*',\s*\{\s*timeZone\b))/g,
  /\bnew\s+(?:Function|Worker|WebSocket|XMLHttpRequest)\b/g,
  /\.\s*toLocale\w*\s*\(/g,
  /\.\s*(?:get(?:FullYear|Month|Date|Day|Hours|Minutes|Seconds|TimezoneOffset))\s*\(/g,
]

const IMPURE_LINES = [
  'const at = Date.now()',
  'const at = new Date()',
  'const at = new Date',
  'const at = Date()',
  'const dice = Math.random()',
  "const home = process.env['HOME']",
  'await fetch(url)',
  'eval(text)',
  'setTimeout(done, 5)',
  'setInterval(tick, 5)',
  'setImmediate(done)',
  'queueMicrotask(done)',
  "globalThis['Date']",
  'console.log(1)',
  'performance.now()',
  'crypto.getRandomValues(bytes)',
  'Temporal.Now.instant()',
  "new Intl.DateTimeFormat('en')",
  'new Intl.DateTimeFormat(undefined, { timeZone })',
  "new Intl.NumberFormat('en', { timeZone })",
  "new Function('return 1')",
  'new Worker(url)',
  'at.toLocaleString()',
  'at.getHours()',
]

const PURE_LINES = [
  'const at = new Date(atMs)',
  'const at: Date = parse(text)',
  "const text = 'Date.now() and process.env'",
  'const pattern = /Math.random()|process/',
  'this.process.next()',
  'type Step = { process: string }',
  'const half = total / 2 / parts',
  'const text = `${`${a}`} fetch(b)`',
  'at.getUTCHours()',
  "new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric' })",
  'const formats = new Map<string, Intl.DateTimeFormat>()',
]
