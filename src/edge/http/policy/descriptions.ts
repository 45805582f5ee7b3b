import { z } from '@hono/zod-openapi'
import type { RouteConfig } from '@hono/zod-openapi'
import { JSON_BODY, jsonAnswer, jsonBody, problemsOf } from '#edge/http/accounts/ask.ts'
import { KEY, KEYED, READING, WRITING, insideOf, optional } from '#edge/http/accounts/inside-description.ts'
import {
  addSchema,
  applySchema,
  checkedSchema,
  differenceSchema,
  doneSchema,
  draftSchema,
  judgedSchema,
  listPageSchema,
  listsSchema,
  noteSchema,
  settledSchema,
  shadowCallsSchema,
  shadowNumbersSchema,
  shadowSchema,
  trialNumbersSchema,
  trialSchema,
  trialStateSchema,
  uploadSchema,
  versionSchema,
  versionsSchema,
} from './schemas.ts'

const inside = insideOf('policy')
const reading = [...READING, 'bad-field'] as const
const changing = [...WRITING, 'no-match-said', 'changed', 'conflict', 'not-found'] as const
const page = {
  after: optional('What the page before said.'),
  limit: optional('How many, 1 to 100; 50 if not said.', '50'),
}
const days = optional('How far back, 1 to 28 days; 7 if not said.', '7')
const headers = z.object({
  'If-Match': z
    .string()
    .openapi({ description: 'The ETag of the version in force, as you looked at it.', example: '"7"' }),
  'Idempotency-Key': KEY,
})
const ofVersion = z.object({ version: z.string().openapi({ example: '7' }) })
const ofList = z.object({ name: z.string().openapi({ example: 'dno.csv', description: 'Percent-encoded whole.' }) })
const ofId = z.object({ id: z.string().openapi({ example: 'AAAAAAAAAAAAAAAAAAAAAA' }) })
const ofRule = z.object({ rule: z.string().openapi({ example: 'volume-block' }) })
const csvOr = <Schema extends z.ZodType>(description: string, schema: Schema) =>
  ({
    description,
    content: { [JSON_BODY]: { schema }, 'text/csv': { schema: { type: 'string' } } },
  }) as const

/** What those inside may ask of the policy, as OpenAPI has it. */
export const DESCRIPTIONS = {
  versions: {
    ...inside,
    method: 'get',
    path: '/v1/policy/versions',
    summary: 'Versions of the policy, newest first',
    description: 'Its ETag names the version in force: every change takes it in If-Match.',
    request: { query: z.object(page) },
    responses: { 200: jsonAnswer('One page.', versionsSchema), ...problemsOf(...reading) },
  },
  version: {
    ...inside,
    method: 'get',
    path: '/v1/policy/versions/{version}',
    summary: 'One version with its text, and what it does in words',
    request: { params: ofVersion },
    responses: { 200: jsonAnswer('The version.', versionSchema), ...problemsOf(...reading, 'not-found') },
  },
  differences: {
    ...inside,
    method: 'get',
    path: '/v1/policy/differences',
    summary: 'What one version changes of another',
    request: { query: z.object({ from: optional('A version.', '6'), to: optional('Another one.', '7') }) },
    responses: { 200: jsonAnswer('The difference.', differenceSchema), ...problemsOf(...reading, 'not-found') },
  },
  check: {
    ...inside,
    method: 'post',
    path: '/v1/policy/checks',
    summary: 'Check a text: its faults with line and column, or what it does and what it changes',
    description: 'Records nothing. Lists come from `uploads`, then from the policy in force, then from `base`.',
    request: jsonBody(draftSchema),
    responses: { 200: jsonAnswer('What was found.', checkedSchema), ...problemsOf(...WRITING) },
  },
  apply: {
    ...inside,
    method: 'post',
    path: '/v1/policy/versions',
    summary: 'Put a text into force, or have it wait for a second person where it changes much of a list',
    description: 'The same as `recourse policy apply`. A running gate takes it within a second.',
    request: { headers, ...jsonBody(applySchema) },
    responses: { 201: jsonAnswer('What became of it.', settledSchema), ...problemsOf(...changing) },
  },
  applyVersion: {
    ...inside,
    method: 'post',
    path: '/v1/policy/versions/{version}/application',
    summary: 'Put a version that was in force into force again',
    request: { params: ofVersion, headers, ...jsonBody(noteSchema) },
    responses: { 201: jsonAnswer('What became of it.', settledSchema), ...problemsOf(...changing) },
  },
  approve: {
    ...inside,
    method: 'post',
    path: '/v1/policy/versions/{version}/approval',
    summary: 'Put a version that waits into force, as a second person',
    request: { params: ofVersion, headers, ...jsonBody(noteSchema) },
    responses: { 201: jsonAnswer('What became of it.', settledSchema), ...problemsOf(...changing) },
  },
  lists: {
    ...inside,
    method: 'get',
    path: '/v1/policy/lists',
    summary: 'The lists of the policy in force',
    responses: { 200: jsonAnswer('All of them.', listsSchema), ...problemsOf(...reading) },
  },
  list: {
    ...inside,
    method: 'get',
    path: '/v1/policy/lists/{name}/entries',
    summary: 'Rows of a list, in their order',
    description: 'Ask for `text/csv` to get the whole list as it is in force.',
    request: {
      params: ofList,
      query: z.object({ search: optional('Digits or words that a row has.', '2125550'), ...page }),
    },
    responses: { 200: csvOr('One page.', listPageSchema), ...problemsOf(...reading, 'not-found') },
  },
  addNumber: {
    ...inside,
    method: 'post',
    path: '/v1/policy/lists/{name}/entries',
    summary: 'Put a list into force with one more number in it',
    request: { params: ofList, headers, ...jsonBody(addSchema) },
    responses: { 201: jsonAnswer('What became of it.', settledSchema), ...problemsOf(...changing) },
  },
  takeListBack: {
    ...inside,
    method: 'post',
    path: '/v1/policy/lists/{name}/taking-back',
    summary: 'Take the last change of a list back',
    request: { params: ofList, headers, ...jsonBody(noteSchema) },
    responses: { 201: jsonAnswer('What became of it.', settledSchema), ...problemsOf(...changing) },
  },
  upload: {
    ...inside,
    method: 'post',
    path: '/v1/policy/lists/{name}/uploads',
    summary: 'Hand a list in: its faults by line, or what it would change',
    description:
      'CSV or one entry a line, up to 32 MiB. Nothing is in force until it is confirmed; after an hour, or a restart, it is forgotten.',
    request: {
      params: ofList,
      ...KEYED,
      body: {
        required: true,
        content: { 'text/csv': { schema: { type: 'string' } }, 'text/plain': { schema: { type: 'string' } } },
      },
    },
    responses: { 201: jsonAnswer('What it is.', uploadSchema), ...problemsOf(...WRITING, 'too-many') },
  },
  uploaded: {
    ...inside,
    method: 'get',
    path: '/v1/policy/uploads/{id}',
    summary: 'A list that waits to be confirmed',
    request: { params: ofId },
    responses: { 200: jsonAnswer('What it is.', uploadSchema), ...problemsOf(...reading, 'not-found') },
  },
  confirm: {
    ...inside,
    method: 'post',
    path: '/v1/policy/uploads/{id}/confirmation',
    summary: 'Put a list that was handed in into force',
    request: { params: ofId, headers, ...jsonBody(noteSchema) },
    responses: { 201: jsonAnswer('What became of it.', settledSchema), ...problemsOf(...changing) },
  },
  drop: {
    ...inside,
    method: 'delete',
    path: '/v1/policy/uploads/{id}',
    summary: 'Drop a list that was handed in',
    request: { params: ofId },
    responses: { 200: jsonAnswer('It is gone.', doneSchema), ...problemsOf(...reading, 'not-found') },
  },
  tryOut: {
    ...inside,
    method: 'post',
    path: '/v1/policy/trials',
    summary: 'Try a text on the journal of the last days',
    description: 'The same as `recourse replay --from journal`, beside everything else. One runs at a time.',
    request: { ...KEYED, ...jsonBody(trialSchema) },
    responses: { 201: jsonAnswer('It has begun.', trialStateSchema), ...problemsOf(...WRITING, 'busy') },
  },
  trial: {
    ...inside,
    method: 'get',
    path: '/v1/policy/trials/{id}',
    summary: 'How far a trial is, or what it found',
    request: { params: ofId },
    responses: { 200: jsonAnswer('The trial.', trialStateSchema), ...problemsOf(...reading, 'not-found') },
  },
  cancelTrial: {
    ...inside,
    method: 'delete',
    path: '/v1/policy/trials/{id}',
    summary: 'Stop a trial',
    request: { params: ofId },
    responses: { 200: jsonAnswer('The trial.', trialStateSchema), ...problemsOf(...reading, 'not-found') },
  },
  trialNumbers: {
    ...inside,
    method: 'get',
    path: '/v1/policy/trials/{id}/numbers',
    summary: 'Numbers that would be newly blocked, or no longer, those with most calls first',
    description: 'Ask for `text/csv` to get all of them.',
    request: {
      params: ofId,
      query: z.object({
        change: optional('`newly` (if not said) or `no-longer`.'),
        rule: optional('The id of a rule that stops them.'),
        search: optional('Digits of the number.'),
        ...page,
      }),
    },
    responses: { 200: csvOr('One page.', trialNumbersSchema), ...problemsOf(...reading, 'not-found') },
  },
  shadow: {
    ...inside,
    method: 'get',
    path: '/v1/policy/shadow',
    summary: 'What rules in shadow mode would have blocked, and how right they were as far as people said',
    request: { query: z.object({ days }) },
    responses: { 200: jsonAnswer('By rule.', shadowSchema), ...problemsOf(...reading) },
  },
  shadowNumbers: {
    ...inside,
    method: 'get',
    path: '/v1/policy/shadow/{rule}/numbers',
    summary: 'The numbers that a rule would have blocked, those with most calls first',
    request: {
      params: ofRule,
      query: z.object({ days, only: optional('`open`, `judged` or `all` (if not said).'), ...page }),
    },
    responses: { 200: csvOr('One page.', shadowNumbersSchema), ...problemsOf(...reading) },
  },
  shadowCalls: {
    ...inside,
    method: 'get',
    path: '/v1/policy/shadow/{rule}/calls',
    summary: 'The calls of one number that a rule would have blocked, newest first, 100 at most',
    request: { params: ofRule, query: z.object({ days, number: optional('The calling number.', '+12125550117') }) },
    responses: { 200: jsonAnswer('Those.', shadowCallsSchema), ...problemsOf(...reading) },
  },
  judgeShadow: {
    ...inside,
    method: 'post',
    path: '/v1/policy/shadow/{rule}/judgements',
    summary: 'Say whether the calls of a number that a rule would have blocked are wanted',
    description: 'Counts in the precision of the rule; it lets nothing go on and blocks nothing.',
    request: { params: ofRule, ...KEYED, ...jsonBody(judgedSchema) },
    responses: { 200: jsonAnswer('It is noted.', doneSchema), ...problemsOf(...WRITING) },
  },
} as const satisfies Record<string, RouteConfig>
