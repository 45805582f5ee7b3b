/** A source file twice, each as long as the file: once without comments, once also without the insides of literals. */
export type SourceText = { readonly uncommented: string; readonly code: string }

/**
 * Blanks what is not code, so that a check by text neither trips over a word in a comment nor misses one behind a
 * string that looks like a comment. The compiler of TypeScript 7 offers no syntax tree to ask instead.
 */
export function readSourceText(source: string): SourceText {
  const uncommented = source.split('')
  const code = source.split('')
  const blank = (characters: string[], from: number, to: number): void => {
    for (let at = from; at < to; at++) if (source[at] !== '\n') characters[at] = ' '
  }
  /** Depth of braces at which each open template literal goes on. */
  const templates: number[] = []
  let depth = 0
  let previous = ''
  let at = 0
  while (at < source.length) {
    const character = source[at]!
    const pair = source.slice(at, at + 2)
    if (pair === '//' || pair === '/*') {
      const end = endOf(source, at + 2, pair === '//' ? '\n' : '*/')
      blank(uncommented, at, end)
      blank(code, at, end)
      at = end
      continue
    }
    if (character === '}' && templates.at(-1) === depth) {
      at = endOfTemplate(at + 1)
      continue
    }
    if (character === '`') {
      templates.push(depth)
      at = endOfTemplate(at + 1)
      continue
    }
    if (character === "'" || character === '"') {
      const end = endOfQuoted(source, at)
      blank(code, at + 1, end - 1)
      at = end
      previous = character
      continue
    }
    if (character === '/' && BEFORE_PATTERN.test(previous)) {
      const end = endOfPattern(source, at)
      blank(code, at + 1, end - 1)
      at = end
      previous = ')'
      continue
    }
    if (character === '{') depth++
    if (character === '}') depth--
    // A `!` behind a value says that it is there; before one it negates.
    const isAssertion = character === '!' && /[\w$)\]]/.test(source[at - 1] ?? '')
    if (/\S/.test(character) && !isAssertion) previous = wordEndingAt(source, at)
    at++
  }
  return { uncommented: uncommented.join(''), code: code.join('') }

  function endOfTemplate(from: number): number {
    for (let to = from; to < source.length; to++) {
      if (source[to] === '\\') to++
      else if (source[to] === '`') {
        blank(code, from, to)
        templates.pop()
        previous = '`'
        return to + 1
      } else if (source[to] === '$' && source[to + 1] === '{') {
        blank(code, from, to)
        previous = '{'
        return to + 2
      }
    }
    throw new Error('a template literal is not closed')
  }
}

/** One module that a file asks for, by any of the ways a file can ask. */
export type Import = {
  /** `from` is a static import or re-export, `import()` a dynamic one, `url` what `new URL(…, import.meta.url)` names. */
  readonly by: 'from' | 'import()' | 'url'
  /** The specifier; undefined where the code computes it. */
  readonly target: string | undefined
  /** The names taken, `*` for all of them. */
  readonly names: readonly string[]
  readonly reexport: boolean
  readonly line: number
}

/** Reads every import of a source file. */
export function readImports(source: string): Import[] {
  const { uncommented, code } = readSourceText(source)
  const imports: Import[] = []
  for (const [pattern, by] of IMPORT_PATTERNS) {
    for (const match of uncommented.matchAll(pattern)) {
      const keyword = /^\w+/.exec(match[0])![0]
      if (!code.startsWith(keyword, match.index)) continue
      const { target, names = '' } = match.groups ?? {}
      imports.push({
        by,
        target,
        names: namesIn(names),
        reexport: keyword === 'export',
        line: lineOf(source, match.index),
      })
    }
  }
  for (const match of uncommented.matchAll(/\bnew URL\([^\n]{0,300}\bimport\.meta\.url/g)) {
    if (!code.startsWith('new', match.index)) continue
    // The first argument may choose between names: each that starts with a dot counts.
    for (const name of match[0].matchAll(/(?<q>['"])(?<target>\.{1,2}\/[^'"]+)\k<q>/g)) {
      const { target } = name.groups!
      imports.push({ by: 'url', target, names: [], reexport: false, line: lineOf(source, match.index) })
    }
  }
  return imports
}

function namesIn(clause: string): string[] {
  const braces = /\{([^}]*)\}/.exec(clause)
  const outside = clause.replace(/\{[^}]*\}/, '').replace(/^\s*type\b/, '')
  const inside = (braces?.[1] ?? '').split(',').map((name) => /^(?:type\s+)?(\S+)/.exec(name.trim())?.[1] ?? '')
  const whole = outside.split(',').map((name) => (name.includes('*') ? '*' : name.trim() === '' ? '' : 'default'))
  return [...inside, ...whole].filter((name) => name !== '')
}

const IMPORT_PATTERNS: readonly (readonly [RegExp, Import['by']])[] = [
  [/\b(?:import|export)\b(?<names>[^'"`()=;]*?)\bfrom\s*(?<q>['"])(?<target>[^'"\n]+)\k<q>/g, 'from'],
  [/\bimport\s*(?<q>['"])(?<target>[^'"\n]+)\k<q>/g, 'from'],
  [/\bimport\s*\(\s*(?:(?<q>['"])(?<target>[^'"\n]+)\k<q>)?/g, 'import()'],
  [/\b(?:require|createRequire)\s*\(/g, 'import()'],
]

/** The line a place is on, counted from 1. */
export function lineOf(source: string, at: number): number {
  return source.slice(0, at).split('\n').length
}

function endOf(source: string, from: number, closing: string): number {
  const found = source.indexOf(closing, from)
  if (found < 0) return source.length
  return closing === '\n' ? found : found + closing.length
}

function endOfQuoted(source: string, from: number): number {
  for (let at = from + 1; at < source.length; at++) {
    if (source[at] === '\\') at++
    else if (source[at] === source[from]) return at + 1
  }
  throw new Error('a string is not closed')
}

function endOfPattern(source: string, from: number): number {
  let inClass = false
  for (let at = from + 1; at < source.length; at++) {
    const character = source[at]
    if (character === '\\') at++
    else if (character === '[') inClass = true
    else if (character === ']') inClass = false
    else if (character === '\n') break
    else if (character === '/' && !inClass) return at + 1
  }
  throw new Error(`a regular expression is not closed: ${source.slice(from, from + 40)}`)
}

function wordEndingAt(source: string, at: number): string {
  return /[\w$]+$/.exec(source.slice(Math.max(0, at - 20), at + 1))?.[0] ?? source[at]!
}

/** After these a slash starts a regular expression; after a name, a number or a closing bracket it divides. */
const BEFORE_PATTERN = /^(?:|[^\w$)\]}'"`]|return|typeof|case|in|of|void|throw|else|do|await|yield)$/
