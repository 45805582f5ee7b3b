// What shows a claim of a page: files in backticks, each with none, one or more names in quotes behind it.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type Proof = { readonly what: string; readonly names: readonly string[] }

/** Reads a cell such as `` `test/a.test.ts` "one", "another"; `test/b.test.ts` ``. */
export function readProofs(cell: string): Proof[] {
  return [...cell.matchAll(/`([^`]+)`((?:[\s,]*"[^"]+")*)/g)].map(([, what = '', quoted = '']) => ({
    what,
    names: [...quoted.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name),
  }))
}

/** The files that a path, or a pattern with `*`, names in the tree; none where there is none. */
export function filesNamed(what: string): string[] {
  if (what.includes('*')) return globSync(what, { cwd: ROOT })
  return existsSync(join(ROOT, what)) ? [what] : []
}

/** The names that are in none of the files: in the title of a test, or where `anywhere` in any text. */
export function namesMissing(paths: readonly string[], names: readonly string[], anywhere = false): string[] {
  const texts = paths.flatMap((path) => (anywhere ? [read(path)] : titlesIn(read(path))))
  return names.filter((name) => !texts.some((text) => text.includes(name)))
}

/** The titles of the tests of a file, as they stand in its text. */
export function titlesIn(source: string): string[] {
  const titles = source.matchAll(/\btest\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g)
  return [...titles].map(([, , title = '']) => title)
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))
