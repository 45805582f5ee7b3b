import { parseDocument } from 'yaml'
import { show, type ConfigFault } from './fault.ts'
import { nearest } from './nearest.ts'
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
      const near = nearest(name, known.keys())
      const hint = near === undefined ? '' : ` (did you mean ${near}?)`
      faults.push({ where: name, message: `found a variable that no key has, expected RECOURSE_ and a key${hint}` })
      continue
    }
    const read = key.isText ? text : readValue(text)
    if (read === undefined) faults.push({ where: name, message: `found ${show(text)}, expected ${key.meta.expected}` })
    else if (put(value, key.path, read)) overrides.push({ path: key.path, name })
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

/** Answers whether it could: where the file has something else than a mapping on the way, that is the fault to tell. */
function put(value: Record<string, unknown>, path: readonly string[], leaf: unknown): boolean {
  let at = value
  for (const step of path.slice(0, -1)) {
    const next = (at[step] ??= {})
    if (typeof next !== 'object' || Array.isArray(next)) return false
    at = next as Record<string, unknown>
  }
  at[path.at(-1)!] = leaf
  return true
}

const PREFIX = 'RECOURSE_'

/** Variables that are not part of the configuration. */
const OTHER_NAMES: ReadonlySet<string> = new Set(['RECOURSE_CONFIG', 'RECOURSE_TEST_CONTROLS'])
