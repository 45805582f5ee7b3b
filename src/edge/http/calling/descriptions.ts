import { z } from '@hono/zod-openapi'
import { DISPUTE_STATUSES } from '#core/dispute/dispute.ts'
import { GROUP_STATES } from '#core/observe/group.ts'
import { jsonAnswer, jsonBody, problemsOf } from '#edge/http/accounts/ask.ts'
import { KEY, KEYED, PAGE_QUERY, READING, WRITING, insideOf, optional } from '#edge/http/accounts/inside-description.ts'
import {
  checkedSchema,
  checkingSchema,
  directorySchema,
  disputeFileSchema,
  disputeOpeningSchema,
  disputesSchema,
  doneSchema,
  draftSchema,
  draftingSchema,
  filedSchema,
  filingSchema,
  groupFileSchema,
  groupSchema,
  groupsSchema,
  markingSchema,
  observationFileSchema,
  observationsSchema,
  openedSchema,
  optionsSchema,
  outcomeSchema,
  probeFileSchema,
  probeSchema,
  probeStartSchema,
  probesSchema,
  provedBySchema,
  provingSchema,
  retestSchema,
  retestedSchema,
  sharedSchema,
  sharingSchema,
  silenceSchema,
  startedSchema,
  summarySchema,
  textSchema,
} from './schemas.ts'

const writing = [...WRITING, 'not-found'] as const
const inside = insideOf('calling side')
const match = optional('The ETag of the dispute as you read it; if it has gone on since, nothing is done.', '"7"')
const byId = z.object({ id: z.string() })
const nothing = z.object({})
const csv = { 'text/csv': { schema: z.string() } }
/** JSON, or the same as CSV for who accepts that alone. */
const listed = <Schema extends z.ZodType>(description: string, schema: Schema) => {
  const { content } = jsonAnswer(description, schema)
  return { description: `${description} With Accept: text/csv, all of them as CSV.`, content: { ...content, ...csv } }
}

function read<const Path extends string, Answer extends z.ZodType, Query extends z.ZodObject = typeof nothing>(
  path: Path,
  summary: string,
  answer: Answer,
  more: { readonly query?: Query; readonly description?: string; readonly csv?: true } = {},
) {
  return {
    ...inside,
    method: 'get',
    path,
    summary,
    ...(more.description !== undefined && { description: more.description }),
    request: {
      ...(path.includes('{id}') && { params: byId }),
      query: more.query ?? (nothing as unknown as Query),
    },
    responses: {
      200: more.csv === true ? listed('Found.', answer) : jsonAnswer('Found.', answer),
      ...problemsOf(...READING, 'bad-field', 'not-found'),
    },
  } as const
}

function step<const Path extends string, Schema extends z.ZodType, Answer extends z.ZodType = typeof doneSchema>(
  path: Path,
  schema: Schema,
  summary: string,
  more: { readonly description?: string; readonly answer?: Answer } = {},
) {
  const { description, answer = doneSchema as unknown as Answer } = more
  return {
    ...inside,
    method: 'post',
    path,
    summary,
    ...(description !== undefined && { description }),
    request: {
      params: byId,
      headers: z.object({ 'Idempotency-Key': KEY, 'If-Match': match }),
      ...jsonBody(schema),
    },
    responses: {
      200: jsonAnswer('Done.', answer),
      ...problemsOf(...writing, 'changed', 'conflict', 'busy', 'not-saved'),
    },
  } as const
}

const blockFilter = {
  carrier: optional('Through this carrier.'),
  blocker: optional('By this blocker.'),
  number: optional('From this number of yours.', '+12125550117'),
  standing: optional('`proven`, `unproven`, `person` or `fault`.'),
  since: optional('At this time (RFC 3339) or later.'),
}

/** Every place of the calling side and of probes; `calling-routes.ts`, `dispute-routes.ts` and `probe-routes.ts` serve them. */
export const CALLING_DESCRIPTIONS = {
  summary: read(
    '/v1/calling/summary',
    'Which of your numbers are blocked, by whom, since when, what share',
    summarySchema,
    {
      csv: true,
    },
  ),
  groups: read('/v1/calling/groups', 'Groups of refused calls, those first that want somebody', groupsSchema, {
    query: z.object({
      ...blockFilter,
      state: optional(`One of ${GROUP_STATES.join(', ')}.`),
      all: optional('`true`: those too that are resolved or ignored.'),
      limit: optional('How many at most, up to 1000; 200 if not said.'),
    }),
    csv: true,
  }),
  group: read(
    '/v1/calling/groups/{id}',
    'One group: its numbers, last calls, damage, and what was said of it',
    groupFileSchema,
  ),
  mark: step('/v1/calling/groups/{id}/marks', markingSchema, 'Say how a group stands', { answer: groupSchema }),
  observations: read('/v1/calling/observations', 'Refused calls, the newest first', observationsSchema, {
    query: z.object({
      ...blockFilter,
      until: optional('Before this time.'),
      called: optional('To this number.'),
      group: optional('Of this group.'),
      ...PAGE_QUERY,
    }),
    description: 'A page looks at a bounded number of calls, so it may have fewer than asked for and still an `after`.',
    csv: true,
  }),
  observation: read(
    '/v1/calling/observations/{id}',
    'One refused call, its answer explained field by field',
    observationFileSchema,
  ),
  silence: read(
    '/v1/calling/silence',
    'Suspected silent blocks: a suspicion with its figures, never a fact',
    silenceSchema,
    {
      description: 'Computed at most every five minutes, in a thread of its own.',
    },
  ),
  directory: read(
    '/v1/calling/directory',
    'Who blocks, how they are reached, and how long they took',
    directorySchema,
    {
      csv: true,
    },
  ),
  disputes: read('/v1/calling/disputes', 'Disputes, what is due first', disputesSchema, {
    query: z.object({
      status: optional(`One of ${DISPUTE_STATUSES.join(', ')}.`),
      blocker: optional('With this blocker.'),
      number: optional('Of this number of yours.'),
      group: optional('Of this group.'),
      overdue: optional('`true`: those of which something is overdue.'),
      open: optional('`false`: settled ones too. Those that are not settled if not said.'),
      ...PAGE_QUERY,
    }),
    csv: true,
  }),
  open: {
    ...inside,
    method: 'post',
    path: '/v1/calling/disputes',
    summary: 'Open a dispute of a group, or of numbers',
    request: { ...KEYED, ...jsonBody(disputeOpeningSchema) },
    responses: {
      201: jsonAnswer('It is open; nothing was sent to anybody.', openedSchema),
      ...problemsOf(...writing, 'conflict', 'not-saved'),
    },
  },
  dispute: read('/v1/calling/disputes/{id}', 'One dispute whole', disputeFileSchema, {
    description: 'Its ETag is what a step takes in If-Match.',
  }),
  draft: step('/v1/calling/disputes/{id}/draft', draftingSchema, 'The text to send, and the fields of a form', {
    answer: draftSchema,
    description: 'Nothing is sent or noted.',
  }),
  check: step('/v1/calling/disputes/{id}/check', checkingSchema, 'Ask a page whether it takes disputes by API', {
    answer: checkedSchema,
    description:
      'The page is asked within the guards of `recourse disputes file`: https, public addresses, no redirects, unless the configuration says otherwise.',
  }),
  fileByApi: step('/v1/calling/disputes/{id}/filing', filingSchema, 'File a dispute by the API of the desk', {
    description:
      'Sends the claim to the host that was checked, once for its text: an answer that was lost is asked for again.',
  }),
  noteFiled: step('/v1/calling/disputes/{id}/filed', filedSchema, 'Note that somebody filed it by hand'),
  note: step('/v1/calling/disputes/{id}/notes', textSchema, 'Write a note'),
  heard: step('/v1/calling/disputes/{id}/heard', textSchema, 'Note that the blocker said that it has the dispute'),
  reply: step('/v1/calling/disputes/{id}/answers', textSchema, 'Answer the question of the desk'),
  outcome: step('/v1/calling/disputes/{id}/outcome', outcomeSchema, 'Note the blocker’s answer'),
  prove: step(
    '/v1/calling/disputes/{id}/proof',
    provingSchema,
    'Get a number to call, which proves that yours is yours',
    {
      answer: provedBySchema,
      description: 'The desk that it was filed with is asked; nothing is noted, and no call is placed.',
    },
  ),
  retest: step('/v1/calling/disputes/{id}/retest', retestSchema, 'Call again to see whether it works', {
    answer: retestedSchema,
    description:
      'Places one call from a number of the dispute, hangs up when it is answered, and notes what it showed.',
  }),
  poll: step('/v1/calling/disputes/{id}/poll', z.strictObject({}), 'Ask the desk how it stands'),
  close: step('/v1/calling/disputes/{id}/closing', textSchema, 'End a dispute'),
  reopen: step('/v1/calling/disputes/{id}/reopening', textSchema, 'Open a closed dispute again'),
  probeOptions: read('/v1/probe-options', 'What a probe can be asked for', optionsSchema),
  probes: read('/v1/probes', 'Probes, the last first', probesSchema, { query: z.object(PAGE_QUERY) }),
  startProbe: {
    ...inside,
    method: 'post',
    path: '/v1/probes',
    summary: 'Start a probe',
    description:
      'Places calls, one after the other, on a path: on this machine, where the configuration lets probes go, or elsewhere for an administrator who says so.',
    request: { ...KEYED, ...jsonBody(probeStartSchema) },
    responses: {
      201: jsonAnswer('It runs.', startedSchema),
      ...problemsOf(...writing, 'busy', 'not-saved'),
    },
  },
  probe: read('/v1/probes/{id}', 'One probe: how far it is, or what it found', probeFileSchema),
  cancelProbe: step('/v1/probes/{id}/cancel', z.strictObject({}), 'End a probe before its time', {
    answer: probeSchema,
    description: 'The call under way ends by itself, so that nothing is left ringing.',
  }),
  probeReport: {
    ...inside,
    method: 'get',
    path: '/v1/probes/{id}/report',
    summary: 'The report as one HTML page that needs nothing else, or as JSON',
    request: { params: byId, query: z.object({ form: optional('`html` or `json`; `html` if not said.') }) },
    responses: {
      200: { description: 'The report, to be kept.', content: { 'text/html': { schema: z.string() } } },
      ...problemsOf(...READING, 'bad-field', 'not-found'),
    },
  },
  shareProbe: step('/v1/probes/{id}/links', sharingSchema, 'Make a link that shows the report to whoever has it', {
    answer: sharedSchema,
    description: 'On the public desk, for 1 to 90 days; it can be ended before. Both stand in the audit trail.',
  }),
  unshareProbe: {
    ...inside,
    method: 'delete',
    path: '/v1/probes/{id}/links/{link}',
    summary: 'End a link',
    request: { params: z.object({ id: z.string(), link: z.string() }) },
    responses: {
      204: { description: 'It shows nothing any more.' },
      ...problemsOf(...READING, 'cross-site', 'not-found'),
    },
  },
} as const
