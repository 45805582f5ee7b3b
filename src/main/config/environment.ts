import { parseDocument } from 'yaml'
import { show, type ConfigFault } from './fault.ts'
import { nearest } from '#core/words/nearest.ts'
import type { KnownKey } from './schema-walk.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** A key that the environment overrides. */
export type Override = { readonly path: readonly string[]; readonly name: string }

/** The variable that overrides a key: `RECOURSE_OPERATOR_NAME` for `operator.name`. */
export function variableOf(path: readonly string[]): string {
  return `${PREFIX}${path.join('_').replaceAll('-', '_').toUpperCase()}`
}

/**
 * Puts the values of `RECOURSE_…` variables into a configuration. Text stands as it is; numbers, lists and mappings are
 * read as YAML. A variable that no key has is a fault; `others` are names that mean something else.
 */
export function applyEnvironment(
  value: Record<string, unknown>,
  keys: readonly KnownKey[],
  env: Environment,
  others: ReadonlySet<string>,
): { readonly overrides: Override[]; readonly faults: ConfigFault[] } {
  const known = new Map(keys.map((key) => [variableOf(key.path), key]))
  const overrides: Override[] = []
  const faults: ConfigFault[] = []
  for (const name of Object.keys(env).sort()) {
    const text = env[name]
    if (!name.startsWith(PREFIX) || text === undefined || OTHER_NAMES.has(name) || others.has(name)) continue
    const key = known.get(name)
    if (key === undefined) {
      const names = [...known.keys()].map((name) => name.slice(PREFIX.length))
      const near = nearest(name.slice(PREFIX.length), names)
      const hint = near === undefined ? '' : ` (did you mean ${PREFIX}${near}?)`
      faults.push({ where: name, message: `found a variable that no key has, expected RECOURSE_ and a key${hint}` })
      continue
    }
    const read = key.isText ? text : readValue(text)
    if (read === undefined) faults.push({ where: name, message: `found ${show(text)}, expected ${key.meta.expected}` })
    else {
      const obstacle = put(value, key.path, read)
      if (obstacle === undefined) overrides.push({ path: key.path, name })
      else
        faults.push({
          where: name,
          message: `found ${obstacle} in the file, expected a mapping that this can be put in`,
        })
    }
  }
  return { overrides, faults }
}

function readValue(text: string): unknown {
  try {
    const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' })
    return document.errors.length > 0 ? undefined : (document.toJS({ maxAliasCount: 0 }) as unknown)
  } catch {
    return undefined
  }
}

/** Puts a value in its place; answers what stands in the way, where the file has something else than a mapping there. */
function put(value: Record<string, unknown>, path: readonly string[], leaf: unknown): string | undefined {
  let at = value
  for (const [index, step] of path.slice(0, -1).entries()) {
    const next = (at[step] ??= {})
    if (typeof next !== 'object' || Array.isArray(next)) return `${path.slice(0, index + 1).join('.')}: ${show(next)}`
    at = next as Record<string, unknown>
  }
  at[path.at(-1)!] = leaf
  return undefined
}

const PREFIX = 'RECOURSE_'

/** Variables that are not part of the configuration. */
const OTHER_NAMES: ReadonlySet<string> = new Set(['RECOURSE_CONFIG', 'RECOURSE_TEST_CONTROLS'])
