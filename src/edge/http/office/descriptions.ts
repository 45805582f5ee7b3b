import { IDENTITY_WAYS } from '#core/redress/office.ts'
import { type RouteConfig, z } from '@hono/zod-openapi'
import { CASE_STATUSES } from '#core/redress/case-view.ts'
import { jsonAnswer, jsonBody, problemsOf } from '#edge/http/accounts/ask.ts'
import { KEY, KEYED, PAGE_QUERY, READING, WRITING, insideOf, optional } from '#edge/http/accounts/inside-description.ts'
import {
  assignmentSchema,
  blockedListSchema,
  blocksSchema,
  bulkAnswer,
  bulkSchema,
  caseSchema,
  challengeAnswer,
  challengeSchema,
  correctionSchema,
  decisionSchema,
  doneSchema,
  evidenceSchema,
  figuresSchema,
  openedSchema,
  openingSchema,
  pageSchema,
  previewAnswer,
  previewSchema,
  proofSchema,
  reasonSchema,
  similarSchema,
  textSchema,
} from './schemas.ts'

const writing = [...WRITING, 'not-found', 'changed', 'not-saved'] as const
const inside = insideOf('cases')
const ofCase = z.object({ id: z.string() })
const match = optional('The ETag of the case as you read it; if it has gone on since, nothing is done.', '"7"')
const neededMatch = z.string().openapi({ description: 'The ETag of the case as you read it, or *.', example: '"7"' })

/** A step on one case: what is sent is small, what comes back is the place of its event. */
function step<const Path extends string, Schema extends z.ZodType, Answer extends z.ZodType = typeof doneSchema>(
  path: Path,
  schema: Schema,
  summary: string,
  more: { readonly description?: string; readonly isMatched?: true; readonly answer?: Answer } = {},
) {
  const { description, isMatched } = more
  const answer = more.answer ?? (doneSchema as unknown as Answer)
  return {
    ...inside,
    method: 'post',
    path,
    summary,
    ...(description !== undefined && { description }),
    request: {
      params: ofCase,
      headers: z.object({ 'Idempotency-Key': KEY, 'If-Match': isMatched === true ? neededMatch : match }),
      ...jsonBody(schema),
    },
    responses: {
      200: jsonAnswer('Done.', answer),
      ...problemsOf(...writing, ...(isMatched === true ? (['no-match-said'] as const) : [])),
    },
  } as const
}

/** Every place of the inside API for cases; what it is served by stands in `case-routes.ts` and `ledger-routes.ts`. */
export const DESCRIPTIONS = {
  list: {
    ...inside,
    method: 'get',
    path: '/v1/cases',
    summary: 'The queue',
    description: 'What is due first comes first; behind it stands what nothing is due of. One page at a time.',
    request: {
      query: z.object({
        status: optional(`One of ${CASE_STATUSES.join(', ')}.`),
        open: optional('`true`: those on which somebody has still to do something; `false`: the others.'),
        overdue: optional('`true`: those whose time is over.'),
        kind: optional('`claim` or `request`.'),
        assigned: optional('The name of who has it; empty for those that nobody has.'),
        unassigned: optional('`true`: those that nobody has.'),
        number: optional('A contested number, or a subscriber’s own.', '+12125550117'),
        receipt: optional('The receipt of a contested block.'),
        text: optional(
          'Up to 100 characters that stand together in the name, organisation, mail address, telephone or purpose of the claimant; capitals make no difference. A page looks at 20,000 cases, so it may have fewer cases than asked for, or none, and still an `after`.',
          'acme',
        ),
        from: optional('Opened at this time (RFC 3339) or later.'),
        before: optional('Opened before this time.'),
        order: optional('`due` or `newest`; `due` if not said.'),
        ...PAGE_QUERY,
      }),
    },
    responses: { 200: jsonAnswer('One page.', pageSchema), ...problemsOf(...READING, 'bad-field') },
  },
  open: {
    ...inside,
    method: 'post',
    path: '/v1/cases',
    summary: 'Open a case for somebody who phoned or wrote',
    request: { ...KEYED, ...jsonBody(openingSchema) },
    responses: { 201: jsonAnswer('It is open.', openedSchema), ...problemsOf(...writing) },
  },
  read: {
    ...inside,
    method: 'get',
    path: '/v1/cases/{id}',
    summary: 'One case whole',
    description: 'Its ETag is what a step takes in If-Match.',
    request: { params: ofCase },
    responses: { 200: jsonAnswer('The case.', caseSchema), ...problemsOf(...READING, 'not-found') },
  },
  note: step('/v1/cases/{id}/notes', textSchema, 'Write a note', { description: 'Read by those inside only.' }),
  message: step('/v1/cases/{id}/messages', textSchema, 'Write to the claimant', {
    description: 'Stands on the status page, and goes by mail where there is an address.',
  }),
  ask: step('/v1/cases/{id}/questions', textSchema, 'Ask the claimant', {
    description: 'The case waits until it is answered, or expires.',
  }),
  answer: step('/v1/cases/{id}/answers', textSchema, 'Write down what the claimant said'),
  acknowledge: step('/v1/cases/{id}/acknowledgement', z.strictObject({}), 'The claimant was told by telephone', {
    description: 'Meets the 24-hour promise of a first status where nothing goes by mail.',
  }),
  assign: step('/v1/cases/{id}/assignment', assignmentSchema, 'Give the case to somebody', { isMatched: true }),
  prove: step('/v1/cases/{id}/proofs', proofSchema, 'Note a proof of control that you checked'),
  challenge: step('/v1/cases/{id}/challenges', challengeSchema, 'Get a number to dial from the one to be proved', {
    answer: challengeAnswer,
  }),
  preview: step('/v1/cases/{id}/decision/preview', previewSchema, 'What a decision would do and say', {
    description: 'Records nothing.',
    answer: previewAnswer,
  }),
  decide: step('/v1/cases/{id}/decision', decisionSchema, 'Decide', { isMatched: true }),
  correct: step('/v1/cases/{id}/corrections', correctionSchema, 'Say that an event was wrong', {
    description: 'A lift that it made ends.',
    isMatched: true,
  }),
  reopen: step('/v1/cases/{id}/reopening', reasonSchema, 'Open it again'),
  withdraw: step('/v1/cases/{id}/withdrawal', reasonSchema, 'Withdraw it for the claimant'),
  decideMany: {
    ...inside,
    method: 'post',
    path: '/v1/cases/decisions',
    summary: 'Decide the cases of one campaign alike',
    description: 'Each by itself and in their order: of each it is said whether it was decided.',
    request: { ...KEYED, ...jsonBody(bulkSchema) },
    responses: { 200: jsonAnswer('What became of each.', bulkAnswer), ...problemsOf(...writing) },
  },
  similar: {
    ...inside,
    method: 'get',
    path: '/v1/cases/{id}/similar',
    summary: 'Open cases of the same numbers, blocks of numbers or claimant',
    request: { params: ofCase },
    responses: { 200: jsonAnswer('Those.', similarSchema), ...problemsOf(...READING, 'not-found') },
  },
  evidence: {
    ...inside,
    method: 'get',
    path: '/v1/cases/{id}/evidence',
    summary: 'What to go by',
    description:
      'The blocks with rule, figure and attestation, and what today’s policy would say of the same calls; the calls behind them; what gates know of the numbers; registrations; earlier cases.',
    request: { params: ofCase },
    responses: { 200: jsonAnswer('The evidence.', evidenceSchema), ...problemsOf(...READING, 'not-found') },
  },
  evidenceFile: {
    ...inside,
    method: 'get',
    path: '/v1/cases/{id}/evidence/{file}',
    summary: 'A file that the claimant handed in',
    description: 'To be saved, never shown: a stranger made it.',
    request: { params: ofCase.extend({ file: z.string() }) },
    responses: {
      200: {
        description: 'Its octets.',
        content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
      },
      ...problemsOf(...READING, 'not-found'),
    },
  },
  file: {
    ...inside,
    tags: ['exports'],
    method: 'get',
    path: '/v1/cases/{id}/file',
    summary: 'The case file, to be printed or kept',
    request: {
      params: ofCase,
      query: z.object({
        reader: optional('`inside` has everything; `claimant`, if not said, what a claimant may read.'),
        form: optional('`html` (if not said) prints; `json` is for programs.'),
      }),
    },
    responses: {
      200: {
        description: 'The file.',
        content: {
          'text/html': { schema: { type: 'string' } },
          'application/json': { schema: { type: 'object' } },
        },
      },
      ...problemsOf(...READING, 'not-found', 'bad-field'),
    },
  },
  figures: {
    ...inside,
    tags: ['exports'],
    method: 'get',
    path: '/v1/figures',
    summary: 'Figures by month',
    description: 'What became of a case counts for the month that it came in.',
    request: {
      query: z.object({ from: optional('The first month.', '2026-01'), to: optional('The last.', '2026-11') }),
    },
    responses: {
      200: {
        description: 'The months; ask for `text/csv` to get them for a spreadsheet.',
        content: { 'application/json': { schema: figuresSchema }, 'text/csv': { schema: { type: 'string' } } },
      },
      ...problemsOf(...READING, 'bad-field'),
    },
  },
  blocks: {
    ...inside,
    tags: ['ledger'],
    method: 'get',
    path: '/v1/blocks',
    summary: 'Look for blocks in the ledger',
    description:
      'Newest first, one page at a time. A page looks at 20,000 entries of the ledger, so it may have fewer blocks than asked for, or none, and still an `after`: go on there. With `number` all of its blocks are found at once, up to 5,000; those of a trunk from the version on that wrote it down.',
    request: {
      query: z.object({
        number: optional('On either side; with a star behind the first digits, all that begin so.', '+1212555*'),
        receipt: optional('The receipt of one block.'),
        rule: optional('The id of the rule.'),
        cause: optional('The legal cause.', 'analytics'),
        peer: optional('The name of the peer that asked.'),
        trunk: optional('The trunk that the peer named.'),
        from: optional('At this time (RFC 3339) or later.'),
        before: optional('Before this time.'),
        ...PAGE_QUERY,
      }),
    },
    responses: { 200: jsonAnswer('One page.', blocksSchema), ...problemsOf(...READING, 'bad-field') },
  },
  blockedCalls: {
    ...inside,
    tags: ['exports'],
    method: 'get',
    path: '/v1/subscribers/blocked-calls',
    summary: 'The list of blocked calls that a subscriber is owed',
    description:
      'Calls to a number that opt-in and opt-out analytics blocked within 28 days (47 CFR 64.1200(k)(10)). Check who asks first: `identity` says how, and goes to the audit trail.',
    request: {
      query: z.object({
        number: z.string().openapi({ description: 'The subscriber’s own number.', example: '+14155550163' }),
        identity: z.enum(IDENTITY_WAYS).openapi({ description: 'How you know the subscriber.' }),
        before: optional('When the list was asked for (RFC 3339); now if not said.'),
      }),
    },
    responses: {
      200: {
        description: 'The list; ask for `text/csv` to get it for a spreadsheet.',
        content: { 'application/json': { schema: blockedListSchema }, 'text/csv': { schema: { type: 'string' } } },
      },
      ...problemsOf(...READING, 'bad-field'),
    },
  },
} as const satisfies Record<string, RouteConfig>
