import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import manifest from '../console/package.json' with { type: 'json' }

test('the console takes only types from the server, and at run time only what a browser can run', (t) => {
  const files = globSync('**/*.{ts,tsx}', { cwd: SOURCE, exclude: ['**/*.test.ts'] }).toSorted()
  let imports = 0
  const objections = files.flatMap((path) => {
    const source = readFileSync(join(SOURCE, path), 'utf8')
    const taken = importsOf(source)
    imports += taken.length
    return [...taken.flatMap((one) => objectionsTo(path, one)), ...objectionsToText(path, source)]
  })
  assert.deepEqual(objections, [])
  assert.ok(files.length >= 30, `saw ${files.length} files`)
  assert.ok(imports >= 120, `saw ${imports} imports`)
  t.diagnostic(`${imports} imports in ${files.length} files`)
})

test('every component that the console uses brings its styles', () => {
  const used = new Set(
    globSync('**/*.tsx', { cwd: SOURCE }).flatMap((path) =>
      Array.from(
        readFileSync(join(SOURCE, path), 'utf8').matchAll(/import \{([^}]*)\} from '@mantine\/core'/g),
        ([, names]) => names!.split(',').map((name) => name.trim()),
      ).flat(),
    ),
  )
  const styles = fileURLToPath(new URL('../node_modules/@mantine/core/styles/', import.meta.url))
  const needed = [...used].filter((name) => existsSync(join(styles, `${name}.css`)))
  const brought = readFileSync(join(SOURCE, 'styles.ts'), 'utf8')
  assert.ok(needed.length >= 20, `saw ${needed.length} components`)
  assert.deepEqual(
    needed.filter((name) => !brought.includes(`/${name}.css'`)),
    [],
  )
})

test('a planted violation of each kind is caught', () => {
  for (const [source, expected] of PLANTED) {
    const objections = [
      ...importsOf(source).flatMap((one) => objectionsTo('pages/cases/planted.tsx', one)),
      ...objectionsToText('pages/cases/planted.tsx', source),
    ]
    assert.equal(objections.length, expected === undefined ? 0 : 1, `${source}: ${objections.join('; ')}`)
    if (expected !== undefined) assert.match(objections[0]!, expected)
  }
})

type Taken = { readonly target: string; readonly isType: boolean }

/** Every import of a file. Comments do not count. */
function importsOf(source: string): Taken[] {
  const code = source.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '')
  const stated = [...code.matchAll(/^(?:import|export)\s+(type\s)?[^'"`;]*?\bfrom\s+'([^']+)'/gm)]
  const bare = [...code.matchAll(/^import\s+'([^']+)'/gm)]
  const called = [...code.matchAll(/\bimport\(\s*'([^']+)'/g)]
  return [
    ...stated.map(([, type, target]) => ({ target: target!, isType: type !== undefined })),
    ...[...bare, ...called].map(([, target]) => ({ target: target!, isType: false })),
  ]
}

function objectionsTo(path: string, { target, isType }: Taken): string[] {
  const say = (why: string): string[] => [`console/src/${path} -> ${target}: ${why}`]
  if (/^#(?:edge|main)\//.test(target)) return isType ? [] : say('only types come from the server')
  if (/^#(?:codec|core)\//.test(target)) {
    const needed = isType ? undefined : nodeModuleBehind(target)
    return needed === undefined ? [] : say(`no browser has ${needed}`)
  }
  if (target.startsWith('.')) {
    const resolved = posix.join(posix.dirname(path), target)
    if (!existsSync(join(SOURCE, resolved))) return say('there is no such file')
    const [, page] = /^pages\/([^/]+)\//.exec(path) ?? []
    const [, other] = /^pages\/([^/]+)\//.exec(resolved) ?? []
    return page !== undefined && other !== undefined && page !== other ? say('pages share parts, not each other') : []
  }
  const name = target.split('/', target.startsWith('@') ? 2 : 1).join('/')
  if (name === 'zod') return isType ? [] : say('only its types')
  return Object.hasOwn(manifest.devDependencies, name) ? [] : say('not among the packages of the console')
}

/** The first `node:` module that a file of the pure bands needs, itself or by what it imports. */
function nodeModuleBehind(target: string, seen = new Set<string>()): string | undefined {
  const path = join(ROOT, target.replace(/^#/, 'src/'))
  if (seen.has(path)) return undefined
  seen.add(path)
  for (const { target: next, isType } of importsOf(readFileSync(path, 'utf8'))) {
    if (isType) continue
    if (next.startsWith('node:')) return next
    const local = next.startsWith('./') ? `#${posix.join(dirname(target.slice(1)), next)}` : next
    const found = local.startsWith('#') ? nodeModuleBehind(local, seen) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** What would have the policy refuse the page, or a stranger's text do something. */
function objectionsToText(path: string, source: string): string[] {
  const code = source.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '')
  return FORBIDDEN.flatMap((pattern) => (pattern.test(code) ? [`console/src/${path}: ${pattern.source}`] : []))
}

const FORBIDDEN = [
  /dangerouslySetInnerHTML/,
  /\.innerHTML\b/,
  /\binsertAdjacentHTML\b/,
  /\beval\(/,
  /\bnew Function\(/,
  /\bfetch\(\s*['"`]https?:/,
]
const PLANTED: readonly (readonly [source: string, expected: RegExp | undefined])[] = [
  ["import type { X } from '#edge/http/office/descriptions.ts'", undefined],
  ["import { DESCRIPTIONS } from '#edge/http/office/descriptions.ts'", /only types/],
  ["import { type X } from '#main/desk/office.ts'", /only types/],
  ["const x = await import('#main/desk/office.ts')", /only types/],
  ["import { formatCsv } from '#core/ledger/csv.ts'", undefined],
  ["import { hashEntry } from '#core/ledger/chain.ts'", /no browser has node:crypto/],
  ["import { readFileSync } from 'node:fs'", /not among the packages/],
  ["import lodash from 'lodash'", /not among the packages/],
  ["import { z } from 'zod'", /only its types/],
  ["import '@mantine/core/styles.css'", undefined],
  ["import { Page } from '../../parts/page.tsx'", undefined],
  ["import { Page } from '../../parts/no-such.tsx'", /no such file/],
  ['const x = <p dangerouslySetInnerHTML={{ __html: text }} />', /dangerouslySetInnerHTML/],
  ['// element.innerHTML = text', undefined],
  ['element.innerHTML = text', /innerHTML/],
]
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SOURCE = join(ROOT, 'console', 'src')
