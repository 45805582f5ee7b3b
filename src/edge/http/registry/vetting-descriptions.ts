// One thing: what the inside of the registry takes and answers, for the routes, the typed client and whoever reads the description.
import { type RouteConfig, z } from '@hono/zod-openapi'
import { ITEMS, VETTING_OUTCOMES, type VettingItem } from '#core/registry/vetting.ts'
import { jsonAnswer, jsonBody, problemsOf } from '#edge/http/accounts/ask.ts'
import { KEY, KEYED, READING, WRITING, insideOf, optional } from '#edge/http/accounts/inside-description.ts'
import { yesOrNo } from '#edge/http/office/query.ts'

const words = z.string().trim().min(1).max(2_000)
const numberList = z.array(z.string().max(80)).max(10_000)
const item = z.enum(ITEMS as [VettingItem, ...VettingItem[]])
const outcome = z.enum(VETTING_OUTCOMES as ['passed', 'failed', 'not-applicable'])
const status = z.enum(['unconfirmed', 'waiting', 'asked', 'approved', 'refused', 'suspended', 'expired', 'withdrawn'])
const way = z.enum(['call', 'letter', 'registry', 'provider'])
const LIMIT_EXPECTED = 'expected a limit of 1 to 200'
const timeMs = z.number().openapi({ description: 'Milliseconds since 1970.' })
const span = z.strictObject({ first: z.string(), last: z.string() })

const faultyLines = z.enum(['refuse', 'leave-out']).default('leave-out').openapi({
  description: 'What becomes of the whole where some lines of numbers cannot be used: nothing, or all but those lines.',
})

export const nothingSchema = z.strictObject({})
export const reasonSchema = z.strictObject({ reason: words })
export const questionSchema = z.strictObject({ question: words })
export const noteSchema = z.strictObject({ text: words })
export const checkSchema = z.strictObject({ item, outcome, reason: words })
export const refuseSchema = z.strictObject({ reasons: z.array(words).min(1).max(20), next: words })
export const proofSchema = z.strictObject({
  way: z.enum(['letter', 'provider']),
  numbers: numberList.optional().openapi({ description: 'Lines; all that there are if not said.' }),
  detail: words,
})
export const settleSchema = z.strictObject({
  number: z.string().max(80),
  other: z.string().length(22),
  keeps: z.boolean(),
  reason: words,
})
export const correctionSchema = z.strictObject({ seq: z.int().min(1), reason: words })
export const linesSchema = z.strictObject({ numbers: numberList })
export const addSchema = linesSchema.extend({ faultyLines })
export const openSchema = z.strictObject({
  way: z.enum(['telephone', 'mail', 'letter']),
  legalName: z.string(),
  contact: z.string(),
  email: z.string(),
  tel: z.string().optional(),
  site: z.string(),
  purpose: z.string(),
  callsPerDay: z.int(),
  provider: z.string(),
  numbers: numberList,
  faultyLines,
})
export const querySchema = z.strictObject({
  status: status.optional(),
  disputed: yesOrNo,
  number: z.string().max(40, 'expected a number with its country code, such as +12125550117').optional(),
  after: z.string().max(40, 'expected what the page before said').optional(),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, LIMIT_EXPECTED)
    .transform(Number)
    .refine((limit) => limit <= 200, LIMIT_EXPECTED)
    .default(50),
})

const summary = z.strictObject({
  id: z.string(),
  status,
  legalName: z.string(),
  openedAt: timeMs,
  changedAt: timeMs,
  until: timeMs.optional(),
  lines: z.int(),
  disputes: z.int(),
})
const pageSchema = z.strictObject({
  registrations: z.array(summary),
  next: z
    .string()
    .optional()
    .openapi({ description: 'Where the next page begins, for `after`; missing behind the last.' }),
})
const evidenceFile = z.strictObject({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  octets: z.int(),
  hash: z.string(),
})
const fileSchema = z.strictObject({
  id: z.string(),
  seq: z.int(),
  openedAt: timeMs,
  changedAt: timeMs,
  way: z.string(),
  business: z.strictObject({
    legalName: z.string(),
    contact: z.string(),
    email: z.string(),
    tel: z.string().optional(),
    site: z.string(),
    purpose: z.string(),
    callsPerDay: z.number(),
    provider: z.string(),
  }),
  isConfirmed: z.boolean(),
  status,
  until: timeMs.optional(),
  question: z.string().optional(),
  refusal: z.strictObject({ reasons: z.array(z.string()), next: z.string() }).optional(),
  proofs: z.array(
    z.strictObject({
      number: z.string(),
      way,
      at: timeMs,
      detail: z.string(),
      strength: z.enum(['full', 'hint']),
    }),
  ),
  evidence: z.array(evidenceFile),
  disputes: z.array(z.strictObject({ span, by: z.string(), level: z.enum(['claim', 'proof']), since: timeMs })),
  offers: z.array(z.strictObject({ spans: z.array(span), to: z.string(), at: timeMs })),
  reminded: z.strictObject({ registration: z.number(), proofs: z.number() }),
  approvedBy: z.string().optional(),
  counts: z.strictObject({ lines: z.int(), numbers: z.int() }),
  numbers: z.array(
    z.strictObject({
      numbers: z.string(),
      label: z.string(),
      proof: z.enum(['none', 'partly', 'proven', 'lapsed', 'disputed']),
      until: z
        .string()
        .openapi({ description: 'The day on which it has to be shown again; empty where nothing is shown.' }),
    }),
  ),
  registered: z.array(z.strictObject({ numbers: z.string(), way, until: timeMs })),
  checklist: z.array(
    z.strictObject({
      item,
      asks: z.string(),
      outcome: outcome.optional(),
      reason: z.string().optional(),
      at: timeMs.optional(),
      by: z.string().optional(),
    }),
  ),
  events: z.array(
    z.looseObject({
      seq: z.int(),
      at: timeMs,
      actor: z.strictObject({ kind: z.enum(['holder', 'worker', 'registry']), name: z.string().optional() }),
      kind: z.string(),
      words: z.string().openapi({ description: 'What it says, for those inside.' }),
    }),
  ),
})
const reportSchema = z.looseObject({
  added: z.int(),
  there: z.int(),
  faults: z.array(z.looseObject({})),
})
const openedSchema = z.strictObject({ id: z.string(), report: reportSchema })
const trust = z.enum(['none', 'note', 'full'])
const standingSchema = z.strictObject({
  registrations: z.array(summary),
  imported: z.array(
    z.strictObject({
      source: z.string(),
      trust,
      business: z.string(),
      site: z.string(),
      numbers: z.string(),
      until: timeMs,
    }),
  ),
})
const sourcesSchema = z.strictObject({
  sources: z.array(
    z.strictObject({
      name: z.string(),
      trust,
      issuer: z.string().optional(),
      entries: z.int(),
      takenAt: timeMs.openapi({ description: 'When it was last taken or found unchanged; 0 for never.' }),
      failure: z.string().optional(),
    }),
  ),
})

const writing = [...WRITING, 'not-found', 'changed', 'not-saved'] as const
const inside = insideOf('registry')
const byId = z.object({ id: z.string() })
const seen = 'The ETag of the registration as you read it'
const match = z.object({
  'Idempotency-Key': KEY,
  'If-Match': optional(`${seen}; if it has gone on since, nothing is done.`, '"7"'),
})
const neededMatch = z.object({
  'Idempotency-Key': KEY,
  'If-Match': z.string().openapi({ description: `${seen}, or *.`, example: '"7"' }),
})

/** A step on one registration; what comes back is how it stands then. */
function step<const Path extends string, Schema extends z.ZodType>(
  path: Path,
  summary: string,
  schema: Schema,
  isMatched?: true,
) {
  return {
    ...inside,
    method: 'post',
    path: `/v1/registry/registrations/{id}/${path}`,
    summary,
    request: { params: byId, headers: isMatched === true ? neededMatch : match, ...jsonBody(schema) },
    responses: {
      200: jsonAnswer('How it stands now.', fileSchema),
      ...problemsOf(...writing, ...(isMatched === true ? (['no-match-said'] as const) : [])),
    },
  } as const
}

/** Every place of the inside of the registry; what it is served by stands in `vetting.ts`. */
export const VETTING_DESCRIPTIONS = {
  list: {
    ...inside,
    method: 'get',
    path: '/v1/registry/registrations',
    summary: 'The queue of registrations, those first that came first.',
    request: {
      query: z.object({
        status: z.string().optional(),
        disputed: z.string().optional().openapi({ description: '`true`: those with an open dispute of proofs.' }),
        number: z.string().optional().openapi({ description: 'E.164.' }),
        after: z.string().optional(),
        limit: z.string().optional().openapi({ description: 'Up to 200; 50 if not said.' }),
      }),
    },
    responses: { 200: jsonAnswer('One page.', pageSchema), ...problemsOf(...READING, 'bad-field') },
  },
  read: {
    ...inside,
    method: 'get',
    path: '/v1/registry/registrations/{id}',
    summary: 'One registration whole, with its events and its checklist.',
    description: 'Its ETag is what a step takes in If-Match.',
    request: { params: byId },
    responses: { 200: jsonAnswer('How it stands now.', fileSchema), ...problemsOf(...READING, 'not-found') },
  },
  evidence: {
    ...inside,
    method: 'get',
    path: '/v1/registry/registrations/{id}/evidence/{file}',
    summary: 'The octets of a file that was handed in; never for showing in a page.',
    request: { params: byId.extend({ file: z.string() }) },
    responses: {
      200: {
        description: 'Its octets.',
        content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
      },
      ...problemsOf(...READING, 'not-found'),
    },
  },
  lookUp: {
    ...inside,
    method: 'get',
    path: '/v1/registry/numbers/{number}',
    summary: 'Who is registered with a number, here or at a source.',
    request: { params: z.object({ number: z.string() }) },
    responses: { 200: jsonAnswer('Who.', standingSchema), ...problemsOf(...READING, 'bad-field') },
  },
  sources: {
    ...inside,
    method: 'get',
    path: '/v1/registry/sources',
    summary: 'Other registries whose feeds are imported, and how they stand.',
    responses: { 200: jsonAnswer('Those.', sourcesSchema), ...problemsOf(...READING) },
  },
  open: {
    ...inside,
    method: 'post',
    path: '/v1/registry/registrations',
    summary: 'Opens a registration for somebody who phoned or wrote.',
    description: 'The private link goes to its holder, by the first message, and to nobody else.',
    request: { ...KEYED, ...jsonBody(openSchema) },
    responses: { 201: jsonAnswer('It is open.', openedSchema), ...problemsOf(...writing) },
  },
  add: {
    ...inside,
    method: 'post',
    path: '/v1/registry/registrations/{id}/numbers',
    summary: 'Adds lines of numbers for its holder. Lines that cannot be used are named.',
    request: { params: byId, headers: match, ...jsonBody(addSchema) },
    responses: { 200: jsonAnswer('What the lines came to.', reportSchema), ...problemsOf(...writing) },
  },
  remove: step('removals', 'Takes lines of numbers off, each as it is listed.', linesSchema),
  check: step('checklist', 'Notes what was looked at, and what was seen there.', checkSchema),
  approve: step('approve', 'Approves it; every line of the checklist has been looked at.', reasonSchema, true),
  refuse: step('refuse', 'Refuses it, with reasons and what may be done now.', refuseSchema, true),
  suspend: step('suspend', 'Takes back at once what gates were told of it.', reasonSchema, true),
  ask: step('ask', 'Asks its holder something.', questionSchema),
  note: step('notes', 'Notes something for those inside.', noteSchema),
  prove: step('proofs', 'Notes that a letter or a provider shows control of its numbers.', proofSchema),
  settle: step('disputes', 'Settles whose a disputed number is.', settleSchema, true),
  correct: step('corrections', 'Says that an event was wrong.', correctionSchema, true),
  withdraw: step('withdraw', 'Withdraws it for its holder.', reasonSchema),
} as const satisfies Record<string, RouteConfig>
