import { isDeepStrictEqual } from 'node:util'
import {
  Document,
  LineCounter,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parse,
  parseDocument,
  stringify,
  type Node,
} from 'yaml'
import { show, type ConfigFault } from './fault.ts'

/** The way from the root of a document to a value: keys and places in lists. */
export type Path = readonly PropertyKey[]

/** A YAML text as plain values, and where in the text each of them stands. */
export type Source = {
  readonly where: string
  readonly text: string
  /** A mapping; empty where the text is. */
  readonly value: Record<string, unknown>
  readonly faults: readonly ConfigFault[]
  /** Where a value stands; where there is none, where what should hold it does. */
  readonly placeOf: (path: Path) => Place
  /** Where a key stands. */
  readonly keyPlaceOf: (path: Path) => Place
}

export type Place = { readonly line: number; readonly column: number }

/** Reads a YAML text. Never throws: what is broken becomes a fault. */
export function readSource(where: string, text: string): Source {
  if (text.length > SOURCE_MAX) return broken(where, `found ${text.length} characters, expected at most ${SOURCE_MAX}`)
  const lines = new LineCounter()
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true, logLevel: 'silent' })
    const at = (offset: number): Place => {
      const { line, col } = lines.linePos(offset)
      return { line: Math.max(1, line), column: Math.max(1, col) }
    }
    // The first break tends to bring others with it, which say nothing more.
    const firstBreak = document.errors.find(({ code }) => code !== 'DUPLICATE_KEY')
    const errors = document.errors.filter((error) => error.code === 'DUPLICATE_KEY' || error === firstBreak)
    const faults = errors.map((error): ConfigFault => {
      const place = at(error.pos[0])
      if (error.code === 'DUPLICATE_KEY') {
        const found = /^[^\s:]+/.exec(text.slice(error.pos[0]))?.[0] ?? ''
        return { where, ...place, message: `found the key ${show(found)} again, expected each key once` }
      }
      const [reason = ''] = error.message.split('\n')
      return { where, ...place, message: `found broken YAML (${reason}), expected keys and values` }
    })
    if (faults.length > 0) return { ...broken(where, ''), faults }
    const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX }) ?? {}
    if (typeof value !== 'object' || Array.isArray(value)) {
      return broken(where, `found ${show(value)}, expected a mapping of keys such as operator, gate and policy`)
    }
    return {
      where,
      text,
      value: value as Record<string, unknown>,
      faults: [],
      placeOf: (path) => at(find(document, path).value),
      keyPlaceOf: (path) => at(find(document, path).key),
    }
  } catch (error) {
    // An alias that means nothing may be a secret that begins with an asterisk.
    const reason = error instanceof Error ? error.message.split('\n')[0]?.replace(/(?<=alias\)): .*/, '') : ''
    return broken(where, `found YAML that cannot be read (${reason}), expected keys and values, not nested too deeply`)
  }
}

/** One key's value as a YAML text of its own, with its comments; an empty mapping where there is none. */
export function partOf({ text, value }: Source, key: string): string {
  if (value[key] === undefined) return '{}\n'
  try {
    const part = new Document()
    part.contents = parseDocument(text, { logLevel: 'silent' }).get(key, true) as Document['contents']
    const written = part.toString({ lineWidth: 0 })
    // An alias of something outside says nothing on its own.
    if (isDeepStrictEqual(parse(written), value[key])) return written
  } catch {
    // Written out below.
  }
  return stringify(value[key])
}

function broken(where: string, message: string): Source {
  const placeOf = () => ({ line: 1, column: 1 })
  return { where, text: '', value: {}, faults: [{ where, line: 1, column: 1, message }], placeOf, keyPlaceOf: placeOf }
}

/** The offsets of a value and of its key; of the nearest that there is, where the path leads on. */
function find(document: Document, path: Path): { value: number; key: number } {
  let node: unknown = document.contents
  let found = { value: offsetOf(node) ?? 0, key: offsetOf(node) ?? 0 }
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step))
      if (pair === undefined) return found
      const key = offsetOf(pair.key) ?? found.key
      node = pair.value
      found = { value: offsetOf(node) ?? key, key }
    } else if (isSeq(node)) {
      node = node.items[Number(step)]
      const value = offsetOf(node)
      if (value === undefined) return found
      found = { value, key: value }
    } else return found
  }
  return found
}

function offsetOf(node: unknown): number | undefined {
  return (node as Node | undefined)?.range?.[0]
}

/** Characters of one configuration file; lists are files of their own. */
const SOURCE_MAX = 1_000_000
const ALIASES_MAX = 100
