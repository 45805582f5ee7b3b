import { z } from '@hono/zod-openapi'
import { nearest } from '#core/words/nearest.ts'
import { readJson } from './json.ts'
import { Refused, formatPointer } from './problem.ts'

/** Reads a whole body; throws `Refused` as soon as it is larger than `bytesMax`. */
export async function readBody(request: Request, bytesMax = HTTP_BODY_BYTES_MAX): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw tooLarge(bytesMax)
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    length += piece.length
    if (length > bytesMax) throw tooLarge(bytesMax)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** The media type of a body, which must be one of `taken` to the letter: what looks almost like one is none. */
export function typeOf<Type extends string>(request: Request, taken: readonly Type[]): Type {
  const given = request.headers.get('content-type') ?? ''
  const [, name, charset] = MEDIA_TYPE.exec(given) ?? []
  const type = taken.find((type) => type === name?.toLowerCase())
  if (type !== undefined && (charset === undefined || /^"?utf-8"?$/i.test(charset))) return type
  throw new Refused('wrong-type', `expected a Content-Type of ${taken.join(', ')}`)
}

/** What a schema makes of a JSON body. Throws `Refused` with the place of the first fault. */
export function parseJsonBody<Schema extends z.ZodType>(schema: Schema, octets: Uint8Array): z.output<Schema> {
  return parseWith(schema, readJson(octets))
}

/**
 * The same for a form, as browsers and curl write one: each name is a key; those in `lists` may stand more than once.
 */
export function parseFormBody<Schema extends z.ZodType>(
  schema: Schema,
  octets: Uint8Array,
  lists: ReadonlySet<string>,
): z.output<Schema> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(octets)
    for (const part of text.split(/[&=]/)) decodeURIComponent(part.replaceAll('+', ' '))
  } catch {
    throw new Refused('bad-form', 'found octets or escapes that are no UTF-8')
  }
  const value = Object.create(null) as Record<string, string | string[]>
  for (const [name, given] of new URLSearchParams(text)) {
    const before = value[name]
    if (name === '__proto__') throw new Refused('bad-form', 'found the name __proto__')
    if (lists.has(name)) value[name] = [before ?? [], given].flat()
    else if (before === undefined) value[name] = given
    else throw new Refused('bad-form', 'found a name twice', { pointer: formatPointer([name]) })
  }
  return parseWith(schema, value)
}

function parseWith<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(closest)
  // A name that is misspelt is why another one is missing.
  const unknown = issues.find((issue) => issue.code === 'unrecognized_keys')
  if (unknown?.code === 'unrecognized_keys') {
    const [name = ''] = unknown.keys
    const detail = unknownName(name, namesAt(schema, unknown.path))
    throw new Refused('bad-field', detail, { pointer: formatPointer([...unknown.path, name]) })
  }
  const [issue] = issues
  throw new Refused('bad-field', issue?.message ?? 'not what was expected', {
    pointer: formatPointer(issue?.path ?? []),
  })
}

/** That a name is none that may stand there, with what may have been meant, or all that may. */
export function unknownName(name: string, known: readonly string[]): string {
  const near = nearest(name, known)
  const hint = near === undefined ? `expected one of ${known.join(', ')}` : `did you mean ${near}?`
  return `found the name ${JSON.stringify(name.slice(0, NAME_SHOWN))}, which is not known here${known.length === 0 ? '' : `: ${hint}`}`
}

/** The names that an object may have at a place of a value. */
export function namesAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let there = unwrap(schema)
  for (const step of path) {
    there = there.flatMap((one) => {
      if (one instanceof z.ZodArray) return unwrap(one.element as z.ZodType)
      const inner = one instanceof z.ZodObject ? (one.shape[String(step)] as z.ZodType | undefined) : undefined
      return inner === undefined ? [] : unwrap(inner)
    })
  }
  return [...new Set(there.flatMap((one) => (one instanceof z.ZodObject ? Object.keys(one.shape) : [])))]
}

/** What a schema is of, where it may be left out or be one of several. */
function unwrap(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return unwrap(schema.unwrap() as z.ZodType)
  if (schema instanceof z.ZodUnion) return (schema.options as readonly z.ZodType[]).flatMap(unwrap)
  return [schema]
}

/** Of what several forms have against a value, what the form that it comes closest to has: that whose fault lies deepest. */
function closest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue
  const first = issue.errors.flatMap(([first]) => first ?? [])
  const deepest = first.toSorted((a, b) => b.path.length - a.path.length)[0]
  return deepest === undefined ? issue : { ...deepest, path: [...issue.path, ...deepest.path] }
}

function tooLarge(bytesMax: number): Refused {
  return new Refused('too-large', `expected at most ${bytesMax} octets`, {
    headers: { connection: 'close' },
  })
}

export const HTTP_BODY_BYTES_MAX = 65_536
/** Characters of a name that is not known. */
const NAME_SHOWN = 40
const MEDIA_TYPE = /^([A-Za-z]+\/[A-Za-z0-9.+-]+)(?:[ ]*;[ ]*charset=([^\s;,]+))?$/
