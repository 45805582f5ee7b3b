import { z } from '@hono/zod-openapi'

/** Of a text that is handed in. */
const YAML_CHARACTERS_MAX = 1_000_000
const NOTE_MAX = 500
const NOTE_WORDS = 'expected why, in one line of up to 500 characters'
const timeSchema = z.string().openapi({ format: 'date-time', example: '2026-11-22T12:00:00.000Z' })
const count = z.int().min(0)
const after = count.optional().openapi({ description: 'Where the next page begins.' })
const numberSchema = z.string().openapi({ example: '+12125550117' })
const registeredSchema = z
  .array(z.strictObject({ registration: z.string(), name: z.string() }))
  .openapi({ description: 'Who has registered the number.' })

const stepSchema = z.strictObject({
  version: count,
  at: timeSchema,
  step: z.enum(['staged', 'applied']),
  base: count.optional().openapi({ description: 'The version that was in force.' }),
  by: z.string(),
  note: z.string(),
  origin: z.string().optional().openapi({ description: 'The file it was taken from.' }),
})
const summary = {
  version: count,
  state: z.enum(['applied', 'replaced', 'taken-back', 'staged', 'dropped']).openapi({
    description:
      '`applied` is in force; `replaced` was; `taken-back` was, and an earlier one came in its place; `staged` waits for a second person; `dropped` waited, and another one came.',
  }),
  madeAt: timeSchema,
  steps: z.array(stepSchema),
  replaced: stepSchema.optional(),
  lists: z.array(z.string()),
}
const wordsSchema = z.strictObject({
  first: z.array(z.string()),
  rules: z.array(z.strictObject({ id: z.string(), mode: z.enum(['enforce', 'shadow']), words: z.string() })),
})
const faultSchema = z.strictObject({
  where: z.string().openapi({ description: '`policy` for the text, or the name of a list, or the configuration.' }),
  line: count.optional(),
  column: count.optional(),
  found: z.string(),
  expected: z.string(),
})
const listDifferenceSchema = z.strictObject({
  name: z.string(),
  change: z.string(),
  before: count,
  after: count,
  added: count,
  removed: count,
  samples: z.strictObject({ added: z.array(z.string()), removed: z.array(z.string()) }),
})

export const versionsSchema = z
  .strictObject({ inForce: count, versions: z.array(z.strictObject(summary)), after })
  .openapi('PolicyVersions')
export const versionSchema = z
  .strictObject({
    ...summary,
    yaml: z.string().optional(),
    words: wordsSchema.optional(),
    faults: z.array(faultSchema),
  })
  .openapi('PolicyVersion')
export const differenceSchema = z
  .strictObject({
    words: z.array(z.string()),
    rules: z.array(z.strictObject({ id: z.string(), change: z.string(), words: z.string() })),
    settings: z.array(z.string()),
    lists: z.array(listDifferenceSchema),
    text: z.string().openapi({ description: 'As `diff -u` writes it.' }),
  })
  .openapi('PolicyDifference')
export const checkedSchema = z
  .strictObject({
    isGood: z.boolean(),
    faults: z.array(faultSchema),
    words: wordsSchema.optional(),
    reminders: z.array(z.string()),
    difference: differenceSchema.optional().openapi({ description: 'Against the one in force.' }),
    isSame: z.boolean(),
    guarded: z.array(z.string()).openapi({ description: 'Why a second person would have to look.' }),
  })
  .openapi('PolicyChecked')
export const settledSchema = z
  .strictObject({
    policy: count,
    state: z.enum(['applied', 'staged', 'unchanged']),
    before: count.optional(),
    guarded: z.array(z.string()),
    words: z.array(z.string()),
  })
  .openapi('PolicySettled')

const note = z
  .string('expected a text')
  .refine((text) => text.trim() !== '' && text.length <= NOTE_MAX && !/\p{Cc}/u.test(text), NOTE_WORDS)
  .openapi({ description: 'Why, for whoever looks back.' })
const draft = {
  yaml: z
    .string('expected a text')
    .refine((text) => text.length <= YAML_CHARACTERS_MAX, 'expected at most 1,000,000 characters'),
  base: z.int('expected the number of a version').min(1).optional(),
  uploads: z
    .array(z.string().regex(/^[A-Za-z0-9_-]{22}$/, 'expected the id of an upload'), 'expected a list of uploads')
    .max(20, 'expected at most 20 uploads')
    .optional(),
}
export const draftSchema = z.strictObject(draft).openapi('PolicyDraft')
export const applySchema = z.strictObject({ ...draft, note }).openapi('PolicyApplied')
export const noteSchema = z.strictObject({ note }).openapi('PolicyNote')
export const trialSchema = z
  .strictObject({
    ...draft,
    days: z.int('expected days').min(1, 'expected 1 to 28 days').max(28, 'expected 1 to 28 days'),
    against: z.enum(['in-force', 'recorded', 'none'], 'expected in-force, recorded or none').optional(),
  })
  .openapi('PolicyTrialAsked')
export const addSchema = z
  .strictObject({ number: z.string('expected a number').max(40, 'expected a number'), note })
  .openapi('PolicyListAdded')
export const judgedSchema = z
  .strictObject({
    number: z.string('expected a number').max(40, 'expected a number'),
    label: z.enum(['legitimate', 'unwanted'], 'expected legitimate or unwanted').optional(),
    note: z
      .string('expected a text')
      .refine((text) => text.length <= NOTE_MAX && !/\p{Cc}/u.test(text), 'expected one line of up to 500 characters')
      .optional(),
  })
  .openapi('PolicyShadowJudged', { description: 'Without `label` what was said of the number before is forgotten.' })

export const listsSchema = z
  .strictObject({
    policy: count,
    lists: z.array(
      z.strictObject({
        name: z.string(),
        key: z.string(),
        rules: z.array(z.string()),
        entries: count,
        octets: count,
        since: stepSchema.optional(),
        canGoBack: z.boolean(),
      }),
    ),
  })
  .openapi('PolicyLists')
export const listPageSchema = z
  .strictObject({
    name: z.string(),
    policy: count,
    entries: z.array(z.strictObject({ line: count, text: z.string() })),
    after,
  })
  .openapi('PolicyListPage')
export const uploadSchema = z
  .strictObject({
    id: z.string(),
    list: z.string(),
    at: timeSchema,
    by: z.string(),
    until: timeSchema,
    octets: count,
    entries: count,
    isNew: z.boolean(),
    faults: z.array(faultSchema),
    difference: listDifferenceSchema.optional(),
    guarded: z.array(z.string()),
  })
  .openapi('PolicyUpload')

export const trialStateSchema = z
  .strictObject({
    id: z.string(),
    state: z.enum(['running', 'done', 'cancelled', 'failed']),
    at: timeSchema,
    by: z.string(),
    days: count,
    against: z.enum(['in-force', 'recorded', 'none']),
    hash: z.string(),
    read: count,
    total: count,
    why: z.string(),
    result: z
      .strictObject({
        calls: count,
        firstAt: timeSchema.optional(),
        lastAt: timeSchema.optional(),
        blockedNow: count,
        blockedThen: count,
        newlyBlocked: count,
        noLongerBlocked: count,
        numbers: z.strictObject({ newly: count, noLonger: count, registered: count }),
        unnamed: count,
        rules: z.array(
          z.strictObject({
            rule: z.string(),
            before: count,
            after: count,
            newlyBlocked: count,
            noLongerBlocked: count,
          }),
        ),
      })
      .optional(),
  })
  .openapi('PolicyTrial')
export const trialNumbersSchema = z
  .strictObject({
    numbers: z.array(
      z.strictObject({
        number: numberSchema,
        calls: count,
        newlyBlocked: count,
        noLongerBlocked: count,
        rules: z.array(z.string()),
        why: z.string(),
        registered: registeredSchema,
      }),
    ),
    after,
  })
  .openapi('PolicyTrialNumbers')

export const shadowSchema = z
  .strictObject({
    policy: count,
    since: timeSchema,
    rules: z.array(
      z.strictObject({
        rule: z.string(),
        mode: z.enum(['enforce', 'shadow', 'gone']),
        words: z.string(),
        calls: count,
        numbers: count,
        legitimate: count,
        unwanted: count,
        precision: z.number().optional().openapi({
          description:
            'Of the numbers that were judged, the share that was right to block; not said of fewer than ten.',
        }),
      }),
    ),
    allowLists: z.array(z.string()),
  })
  .openapi('PolicyShadow')
export const shadowNumbersSchema = z
  .strictObject({
    numbers: z.array(
      z.strictObject({
        number: numberSchema,
        calls: count,
        firstAt: timeSchema,
        lastAt: timeSchema,
        judged: z
          .strictObject({
            label: z.enum(['legitimate', 'unwanted']),
            at: timeSchema,
            by: z.string(),
            note: z.string(),
          })
          .optional(),
        registered: registeredSchema,
      }),
    ),
    after,
  })
  .openapi('PolicyShadowNumbers')
export const shadowCallsSchema = z
  .strictObject({
    calls: z.array(
      z.strictObject({
        at: timeSchema,
        calling: z.string(),
        called: z.string(),
        peer: z.string(),
        trunk: z.string(),
        attestation: z.string(),
      }),
    ),
  })
  .openapi('PolicyShadowCalls')
export const doneSchema = z.strictObject({ done: z.literal(true) }).openapi('PolicyDone')
