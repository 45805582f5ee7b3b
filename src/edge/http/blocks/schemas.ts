import { z } from '@hono/zod-openapi'

const timeSchema = z.string().openapi({ format: 'date-time', example: '2026-11-22T12:00:00.000Z' })

export const blockDetailSchema = z
  .strictObject({
    receipt: z.string().openapi({ description: 'Empty, as both numbers, where it is erased.' }),
    at: timeSchema,
    calling: z.string(),
    called: z.string(),
    displayName: z.string(),
    callId: z.string(),
    rule: z.string(),
    cause: z.string(),
    program: z.string(),
    policy: z.int().optional(),
    attestation: z.string(),
    peer: z.string(),
    trunk: z.string().openapi({ description: 'Empty where the peer named none.' }),
    notice: z.strictObject({ kind: z.string(), status: z.int() }).optional(),
    isReleased: z.boolean(),
    isErased: z.boolean(),
    timeline: z.array(
      z.strictObject({
        at: timeSchema,
        what: z.enum([
          'blocked',
          'released',
          'claimed',
          'decided',
          'corrected',
          'allowed',
          'lifted',
          'verified',
          'regressed',
        ]),
        words: z.string(),
        case: z.string().optional(),
      }),
    ),
    grounds: z.array(
      z.strictObject({
        words: z.string(),
        data: z.unknown().openapi({ description: 'As the ledger has it.' }),
        window: z
          .strictObject({
            perMs: z.number(),
            limit: z.number(),
            counts: z.enum(['calls', 'numbers']),
            points: z.array(z.strictObject({ at: z.number(), value: z.number() })),
            countedFrom: z.number().optional(),
            countedUntil: z.number().optional(),
          })
          .optional()
          .openapi({ description: 'What the journal counts in the window that ended at each time.' }),
      }),
    ),
    request: z.string().openapi({ description: 'As received, a character for an octet; empty where it is erased.' }),
    answer: z.string().openapi({ description: 'As sent, a character for an octet; empty where it is erased.' }),
    notes: z
      .array(
        z.strictObject({
          part: z.string(),
          depth: z.int(),
          text: z.string(),
          means: z.string(),
          cite: z.string(),
          faults: z.array(z.string()),
        }),
      )
      .openapi({ description: 'The answer part by part.' }),
    faults: z.array(z.strictObject({ rule: z.string(), severity: z.string(), text: z.string(), cite: z.string() })),
    proof: z.strictObject({
      chain: z.string(),
      seq: z.int(),
      hash: z.string(),
      state: z.enum(['holds', 'open', 'broken', 'long']),
      words: z.string(),
      checkpoint: z.string().optional(),
      checkpointAt: timeSchema.optional(),
      looked: z.int(),
    }),
    today: z.strictObject({
      kind: z.enum(['allow', 'block', 'unknown']),
      rule: z.string().optional(),
      grounds: z.string().optional(),
      isLifted: z.literal(true).optional().openapi({ description: 'A lift of its number is in force.' }),
      why: z.string().optional(),
    }),
    cases: z.array(z.strictObject({ case: z.string(), status: z.string(), opened: timeSchema })),
    registered: z.array(z.strictObject({ registration: z.string(), name: z.string() })),
  })
  .openapi('BlockDetail')

const lineSchema = z.strictObject({ name: z.string(), total: z.int(), values: z.array(z.int()) })

const delaySchema = {
  half: z.number().openapi({ description: 'Milliseconds that half of the calls waited at most.' }),
  most: z.number().openapi({ description: 'Milliseconds that 99 of 100 waited at most.' }),
  calls: z.int(),
}

export const overviewSchema = z
  .strictObject({
    at: timeSchema,
    verdict: z
      .array(
        z.strictObject({
          tone: z.enum(['bad', 'wait', 'quiet']),
          words: z.string(),
          since: timeSchema.optional(),
          to: z.string().optional(),
        }),
      )
      .openapi({ description: 'How it stands, in sentences; what needs a person comes first.' }),
    sliceMs: z.int(),
    knownSince: timeSchema.optional().openapi({ description: 'Earlier slices are still being counted.' }),
    times: z.array(z.int()).openapi({ description: 'Where each slice begins, in milliseconds since 1970.' }),
    screened: z.array(z.int()),
    blocked: z.array(z.int()),
    causes: z.array(lineSchema),
    rules: z.array(lineSchema),
    delays: z
      .strictObject({
        since: timeSchema.optional(),
        slices: z.array(z.strictObject({ at: z.int(), ...delaySchema })),
        total: z.strictObject(delaySchema).optional(),
      })
      .openapi({
        description:
          'How long calls waited for their answers, since the process began; slices without calls are left out.',
      }),
    cases: z.strictObject({
      open: z.int(),
      overdue: z.int(),
      ages: z.array(z.strictObject({ words: z.string(), count: z.int() })),
    }),
    gates: z.strictObject({
      state: z.enum(['up', 'troubled', 'unknown']),
      words: z.string(),
      listening: z.array(z.string()),
    }),
    alarms: z.array(z.string()),
    peers: z.array(z.strictObject({ name: z.string(), last: timeSchema.optional(), calls: z.int() })),
    ledger: z.strictObject({
      state: z.enum(['verified', 'broken', 'looking', 'stopped']),
      checkedAt: timeSchema.optional(),
      entries: z.int(),
      words: z.string(),
    }),
  })
  .openapi('Overview')
