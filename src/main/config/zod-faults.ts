import type { z } from 'zod'
import { show, showSecret, type ConfigFault } from './fault.ts'
import { metaOf } from './keys.ts'
import { nearest } from '#core/words/nearest.ts'
import type { Places } from './rules.ts'
import { isSecretAt, keysAt, schemaAt } from './schema-walk.ts'
import { configSchema } from './schema.ts'
import type { Path } from './source.ts'

/** A fault, and where what is wrong stands. */
export type Issue = { readonly fault: ConfigFault; readonly path: Path; readonly isUnknownKey: boolean }

/** What the schema objects to, in words: what was found and what was expected, with the nearest known key. */
export function faultsOf(issue: z.core.$ZodIssue, value: unknown, places: Places, above: Path = []): Issue[] {
  const path = [...above, ...issue.path]
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, places))
  if (issue.code === 'invalid_union') {
    const inner = likeliest(issue.errors)
    if (inner !== undefined) return inner.flatMap((issue) => faultsOf(issue, value, places, path))
  }
  const expected = expectedAt(path)
  const found = valueAt(value, path)
  if (found === undefined) {
    const place = places.at(path.slice(0, -1))
    return [
      {
        fault: { ...place, message: `found no ${String(path.at(-1))}, expected ${expected}` },
        path,
        isUnknownKey: false,
      },
    ]
  }
  const shown = isSecretAt(configSchema, path) ? showSecret(found) : show(found)
  return [{ fault: { ...places.at(path), message: `found ${shown}, expected ${expected}` }, path, isUnknownKey: false }]
}

/**
 * Takes out what is wrong, in place, so that the rest can be checked too: an unknown key, a wrong value, the mapping that
 * misses one, or the member of a list that has one. Answers from a path in what is left where the same stood before.
 */
export function prune(value: unknown, issues: readonly Issue[]): (path: Path) => Path {
  const dropped = new Map<string, Set<number>>()
  for (const { path, isUnknownKey } of issues) {
    const place = isUnknownKey ? -1 : path.findIndex((step) => typeof step === 'number')
    // What is missing goes with the mapping that misses it.
    const target = valueAt(value, path) === undefined ? path.slice(0, -1) : path
    const holder = valueAt(value, target.slice(0, -1))
    const last = target.at(-1)
    if (place >= 0) {
      const list = JSON.stringify(path.slice(0, place))
      dropped.set(list, (dropped.get(list) ?? new Set()).add(Number(path[place])))
    } else if (typeof holder === 'object' && holder !== null && last !== undefined) Reflect.deleteProperty(holder, last)
  }
  const kept = new Map<string, number[]>()
  for (const [list, indices] of dropped) {
    const members = valueAt(value, JSON.parse(list) as Path)
    if (!Array.isArray(members)) continue
    const left = [...members.keys()].filter((index) => !indices.has(index))
    kept.set(list, left)
    members.splice(0, members.length, ...left.map((index): unknown => members[index]))
  }
  return (path) =>
    path.map((step, index) =>
      typeof step === 'number' ? (kept.get(JSON.stringify(path.slice(0, index)))?.[step] ?? step) : step,
    )
}

function unknownKey(path: Path, key: string, places: Places): Issue {
  const known = keysAt(configSchema, path)
  // A colon without a space: what follows it is the value, and may be a secret.
  const [glued = '', value] = /^([^:]+):(.+)$/s.exec(key)?.slice(1) ?? []
  if (value !== undefined && known.includes(glued)) {
    const message = `found ${glued}: with ${showSecret(value)} right after it, expected a space after the colon`
    return { fault: { ...places.atKey([...path, key]), message }, path: [...path, key], isUnknownKey: true }
  }
  const near = nearest(key, known)
  const hint = near === undefined ? '' : ` (did you mean ${near}?)`
  const message = `found the unknown key ${show(key)}, expected one of ${known.join(', ')}${hint}`
  return { fault: { ...places.atKey([...path, key]), message }, path: [...path, key], isUnknownKey: true }
}

/** Of the mappings or lists that a value may be, the one it comes nearest to; `undefined` where it is none of them. */
function likeliest(options: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  const near = options.filter((issues) =>
    issues.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  )
  return near.sort((a, b) => a.length - b.length)[0]
}

function expectedAt(path: Path): string {
  for (let length = path.length; length > 0; length--) {
    const meta = metaOf(schemaAt(configSchema, path.slice(0, length)))
    if (meta !== undefined) return meta.expected
  }
  return 'a mapping of keys such as operator, gate and policy'
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<PropertyKey, unknown>)[step]
  }
  return at
}
