import { z } from '@hono/zod-openapi'
import { jsonAnswer, jsonBody, problemsOf } from '#edge/http/accounts/ask.ts'
import { KEYED, READING, WRITING, insideOf } from '#edge/http/accounts/inside-description.ts'
import {
  healthSchema,
  hookTestSchema,
  hookTestStartSchema,
  mailTestSchema,
  mailTestStartSchema,
  outgoingSchema,
  retentionSchema,
} from './schemas.ts'

const writing = [...WRITING, 'conflict', 'too-many'] as const
const inside = insideOf('upkeep')

/** What leaves, what is kept, and how the program is, as the API has it. */
export const UPKEEP_DESCRIPTIONS = {
  outgoing: {
    ...inside,
    method: 'get',
    path: '/v1/outgoing',
    summary: 'Mail and webhooks: what is configured, what waits, what failed last; never a secret',
    request: {},
    responses: { 200: jsonAnswer('Found.', outgoingSchema), ...problemsOf(...READING) },
  },
  testMail: {
    ...inside,
    method: 'post',
    path: '/v1/outgoing/mail-tests',
    summary: 'Send a test mail',
    description:
      'It leaves by the outbox that all mail leaves by. An account may send some an hour; the audit trail has each.',
    request: { ...KEYED, ...jsonBody(mailTestStartSchema) },
    responses: { 201: jsonAnswer('It waits to leave.', mailTestSchema), ...problemsOf(...writing, 'not-saved') },
  },
  mailTest: {
    ...inside,
    method: 'get',
    path: '/v1/outgoing/mail-tests/{id}',
    summary: 'What became of a test mail',
    request: { params: z.object({ id: z.string() }) },
    responses: { 200: jsonAnswer('Found.', mailTestSchema), ...problemsOf(...READING, 'not-found') },
  },
  testHook: {
    ...inside,
    method: 'post',
    path: '/v1/outgoing/webhook-tests',
    summary: 'Send a signed event of type `test` to a webhook, and wait for its answer',
    description: 'Once, and within 10 seconds. An account may send some an hour; the audit trail has each.',
    request: { ...KEYED, ...jsonBody(hookTestStartSchema) },
    responses: {
      200: jsonAnswer('What came of it.', hookTestSchema),
      ...problemsOf(...writing, 'not-found', 'not-saved'),
    },
  },
  retention: {
    ...inside,
    method: 'get',
    path: '/v1/retention',
    summary: 'What is kept, for how long, and what the next sweep takes',
    description: 'Rows are counted in a thread of its own: ask again while `isCounting`.',
    request: {},
    responses: { 200: jsonAnswer('Found.', retentionSchema), ...problemsOf(...READING) },
  },
  health: {
    ...inside,
    method: 'get',
    path: '/v1/health',
    summary: 'How the program is: gates, ledger, disk, clock, and every limit that was hit',
    request: {},
    responses: { 200: jsonAnswer('Found.', healthSchema), ...problemsOf(...READING) },
  },
} as const
