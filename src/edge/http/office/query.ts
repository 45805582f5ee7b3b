import { z } from '@hono/zod-openapi'
import { namesAt, unknownName } from '#edge/http/body.ts'
import { Refused, formatPointer } from '#edge/http/problem.ts'
import type { Ask } from './ask.ts'

/** Reads the query of a URL by a schema that knows each name; a name twice, or one that is not known, is refused. */
export function readQuery<Schema extends z.ZodType>(context: Ask, schema: Schema): z.output<Schema> {
  const given = new Map<string, string>()
  for (const [name, value] of new URL(context.req.url).searchParams) {
    if (given.has(name)) throw new Refused('bad-field', 'found a parameter twice', { pointer: formatPointer([name]) })
    given.set(name, value)
  }
  const found = schema.safeParse(Object.assign(Object.create(null), Object.fromEntries(given)))
  if (found.success) return found.data
  const { issues } = found.error
  const unknown = issues.find(({ code }) => code === 'unrecognized_keys')
  const issue = unknown ?? issues[0]
  const name = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  throw new Refused(
    'bad-field',
    name === undefined ? (issue?.message ?? 'not what was expected') : unknownName(name, namesAt(schema, [])),
    { pointer: formatPointer([...(issue?.path ?? []), ...(name === undefined ? [] : [name])]) },
  )
}

export const time = (words: string) =>
  z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/, words)
    .transform((text) => Date.parse(text))
    .refine((at) => !Number.isNaN(at), words)
    .optional()

export const yesOrNo = z
  .enum(['true', 'false'], 'expected true or false')
  .transform((text) => text === 'true')
  .optional()

/** How many entries a page has. */
export const limitSchema = z
  .string()
  .regex(/^[1-9]\d{0,2}$/, 'expected a limit of 1 to 100')
  .transform(Number)
  .refine((limit) => limit <= PAGE_MAX, 'expected a limit of 1 to 100')
  .optional()
/** Where a page begins. */
export const afterSchema = z.string().max(200, 'expected what the page before said').optional()

export const PAGE_ENTRIES = 50
const PAGE_MAX = 100
