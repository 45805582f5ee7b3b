import { parse } from 'yaml'
import { z } from 'zod'
import type { DialPlan } from '#core/call/number.ts'

/** Which column of a record says what, and how its values are to be read. */
export type RecordMapping = {
  readonly format: 'csv' | 'ndjson'
  /** Between the values of a CSV. */
  readonly separator: string
  /** Names of the columns of a CSV without a line of names; undefined where its first line has them. */
  readonly columns: readonly string[] | undefined
  readonly fields: ReadonlyMap<RecordField, FieldMapping>
  readonly plan: DialPlan | undefined
}

export type FieldMapping = {
  /** The first of these columns that has a value; in NDJSON a dot goes into an object. */
  readonly columns: readonly string[]
  readonly as: ValueForm
  /** Minutes that times without a zone are ahead of UTC. */
  readonly offsetMinutes: number
  /** What stands for what; `undefined` values are read as they are. */
  readonly values: ReadonlyMap<string, string>
  /** What stands for every value that `values` does not know. */
  readonly otherwise: string | undefined
}

export type RecordField = (typeof RECORD_FIELDS)[number]
export type ValueForm = (typeof FORMS)[number]

/** A mapping that cannot be used: what was found, where, and what was expected. */
export class WrongMapping extends Error {
  constructor(where: string, problem: string) {
    super(`${where}: ${problem}`)
    this.name = 'WrongMapping'
  }
}

export const RECORD_FIELDS = [
  'id',
  'at',
  'from',
  'to',
  'carrier',
  'status',
  'phrase',
  'reason',
  'cause',
  'ring',
  'setup',
  'duration',
  'answered',
  'cancelled',
  'direction',
  'callId',
] as const

const FORMS = ['text', 'rfc3339', 'seconds', 'milliseconds', 'microseconds', 'clock'] as const

/** Reads a mapping file (YAML). Throws `WrongMapping` with the place of the first fault. */
export function readRecordMapping(where: string, text: string): RecordMapping {
  if (text.length > MAPPING_CHARACTERS_MAX)
    throw new WrongMapping(where, `found ${text.length} characters, expected at most ${MAPPING_CHARACTERS_MAX}`)
  let value: unknown
  try {
    value = parse(text, { maxAliasCount: 0, logLevel: 'error' })
  } catch (error) {
    throw new WrongMapping(where, `found broken YAML (${(error as Error).message.split('\n')[0]})`)
  }
  const read = schema.safeParse(value)
  if (!read.success) {
    const [issue] = read.error.issues
    const place = issue?.path.join('.') ?? ''
    throw new WrongMapping(where, `${place === '' ? '' : `${place}: `}${issue?.message ?? 'no mapping'}`)
  }
  const { format, separator, columns, fields, numbers } = read.data
  return {
    format,
    separator,
    columns,
    fields: new Map(
      RECORD_FIELDS.flatMap((name) => (fields[name] === undefined ? [] : [[name, fieldOf(name, fields[name])]])),
    ),
    plan: numbers,
  }
}

function fieldOf(name: RecordField, given: z.output<typeof field>): FieldMapping {
  const whole = typeof given === 'string' || Array.isArray(given) ? { column: given } : given
  const as = whole.as ?? (name === 'at' ? 'rfc3339' : SPANS.has(name) ? 'seconds' : 'text')
  return {
    columns: [whole.column].flat(),
    as,
    offsetMinutes: minutesOf(whole.offset ?? '+00:00'),
    values: new Map(Object.entries(whole.values ?? {}).map(([from, to]) => [from, String(to)])),
    otherwise: whole.otherwise === undefined ? undefined : String(whole.otherwise),
  }
}

function minutesOf(offset: string): number {
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4))
  return offset.startsWith('-') ? -minutes : minutes
}

const column = z.string({ error: 'expected the name of a column' }).min(1).max(256)
const columns = z.union([column, z.array(column).min(1).max(8)], {
  error: 'expected the name of a column, or a list of names',
})
const scalar = z.union([z.string().max(4096), z.number(), z.boolean()], { error: 'expected a text or a number' })
const field = z.union(
  [
    columns,
    z.strictObject({
      column: columns,
      as: z.enum(FORMS, { error: `expected ${FORMS.join(', ')}` }).optional(),
      offset: z
        .string()
        .regex(/^[+-](?:0\d|1[0-4]):[0-5]\d$/, { error: 'expected an offset from UTC such as -05:00' })
        .optional(),
      values: z.record(z.string(), scalar).optional(),
      otherwise: scalar.optional(),
    }),
  ],
  { error: 'expected the name of a column, or a mapping with column, as, offset, values and otherwise' },
)
const schema = z.strictObject(
  {
    format: z.enum(['csv', 'ndjson'], { error: 'expected csv or ndjson' }),
    separator: z.string().length(1, { error: 'expected one character' }).default(','),
    columns: z.array(column).max(512).optional(),
    fields: z.strictObject(
      {
        ...(Object.fromEntries(RECORD_FIELDS.map((name) => [name, field.optional()])) as Record<
          RecordField,
          z.ZodOptional<typeof field>
        >),
        at: field,
        from: field,
        to: field,
      },
      { error: (issue) => unknownKey(issue, `expected some of ${RECORD_FIELDS.join(', ')}`) },
    ),
    numbers: z
      .strictObject({
        country: z.int().min(1).max(999),
        national: z.int().min(1).max(15),
        international: z.string().regex(/^\d{0,5}$/),
      })
      .optional(),
  },
  { error: (issue) => unknownKey(issue, 'expected format, separator, columns, fields and numbers') },
)

function unknownKey(issue: { code?: string | undefined; keys?: unknown }, expected: string): string {
  const keys = Array.isArray(issue.keys) ? ` ${issue.keys.join(', ')}` : ''
  return issue.code === 'unrecognized_keys' ? `found the key${keys}, ${expected}` : `found no mapping, ${expected}`
}

const MAPPING_CHARACTERS_MAX = 65_536
const SPANS: ReadonlySet<RecordField> = new Set(['ring', 'setup', 'duration'])
