import { z } from 'zod'
import { isSecret, metaOf, type KeyMeta } from './keys.ts'
import type { Path } from './source.ts'

/** One key of the schema, for the reference page and for environment variables. */
export type KnownKey = {
  readonly path: readonly string[]
  readonly meta: KeyMeta
  /** What stands in for it when it is left out; `undefined` where nothing does. */
  readonly fallback: unknown
  readonly required: boolean
  /** It is a mapping with keys of its own. */
  readonly isSection: boolean
  /** It takes text as it is, without YAML's reading of numbers and lists. */
  readonly isText: boolean
}

/** All keys below a schema, in the schema's order; the keys of list members under `[]` when `intoLists`. */
export function knownKeys(schema: z.core.$ZodType, intoLists: boolean, above: readonly string[] = []): KnownKey[] {
  // What one of several mappings requires is not required of the others.
  const isChoice = bare(schema) instanceof z.core.$ZodUnion
  return Object.entries(shapeOf(schema) ?? {}).flatMap(([name, child]): KnownKey[] => {
    const path = [...above, name]
    const meta = metaOf(child)
    if (meta === undefined) return []
    const inner = bare(child)
    const isSection = shapeOf(child) !== undefined
    const known = {
      path,
      meta,
      fallback: fallbackOf(child),
      required: !isChoice && !z.safeParse(child, undefined).success,
      isSection,
      isText: inner._zod.def.type === 'string' || inner._zod.def.type === 'enum' || inner._zod.def.type === 'literal',
    }
    const element = elementOf(child)
    const members = intoLists && element !== undefined ? knownKeys(element, true, [...path, '[]']) : []
    return [known, ...(isSection ? knownKeys(child, intoLists, path) : members)]
  })
}

/** The schema at a path; that of the nearest key above, where the path leads into a value that is none. */
export function schemaAt(schema: z.core.$ZodType, path: Path): z.core.$ZodType {
  let at = schema
  for (const step of path) {
    const next = typeof step === 'number' ? elementOf(at) : shapeOf(at)?.[String(step)]
    if (next === undefined) return at
    at = next
  }
  return at
}

/** The keys that a mapping at a path may have. */
export function keysAt(schema: z.core.$ZodType, path: Path): string[] {
  return Object.keys(shapeOf(schemaAt(schema, path)) ?? {})
}

/** Whether a key is a secret's. */
export function isSecretAt(schema: z.core.$ZodType, path: Path): boolean {
  return isSecret(bare(schemaAt(schema, path)))
}

/** The keys of a mapping; those of all mappings it may be, where it is one of several. */
function shapeOf(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> | undefined {
  const inner = bare(schema)
  if (inner instanceof z.core.$ZodObject) return inner._zod.def.shape
  if (!(inner instanceof z.core.$ZodUnion)) return undefined
  const shapes = inner._zod.def.options.map(shapeOf).filter((shape) => shape !== undefined)
  return shapes.length === 0 ? undefined : Object.assign({}, ...shapes)
}

function elementOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  const inner = bare(schema)
  return inner instanceof z.core.$ZodArray ? inner._zod.def.element : undefined
}

function fallbackOf(schema: z.core.$ZodType): unknown {
  return schema instanceof z.core.$ZodPrefault ? schema._zod.def.defaultValue : undefined
}

/** The schema without what is wrapped around it: a fallback, "may be left out", a transformation behind it. */
function bare(schema: z.core.$ZodType): z.core.$ZodType {
  let at = schema
  for (;;) {
    if (at instanceof z.core.$ZodPrefault || at instanceof z.core.$ZodOptional) at = at._zod.def.innerType
    else if (at instanceof z.core.$ZodPipe) at = at._zod.def.in
    else return at
  }
}
