import { z } from '@hono/zod-openapi'
import { jsonAnswer, jsonBody, problemsOf } from '#edge/http/accounts/ask.ts'
import { tourCallSchema, tourCallStartSchema, tourSchema } from './schemas.ts'

const reading = ['signed-out', 'wrong-access-token', 'owes', 'not-allowed'] as const
const writing = [
  ...reading,
  'cross-site',
  'bad-json',
  'bad-field',
  'too-large',
  'wrong-type',
  'key-reused',
  'conflict',
  'too-many',
  'not-saved',
] as const
const inside = { security: [{ session: [] }, { accessToken: [] }], tags: ['first run'] }

/** The first run as the API has it; `routes.ts` serves it. */
export const TOUR_DESCRIPTIONS = {
  read: {
    ...inside,
    method: 'get',
    path: '/v1/tour',
    summary: 'How far a new gate is: who may ask, whom callers are sent to, and the last test call',
    request: {},
    responses: { 200: jsonAnswer('Found.', tourSchema), ...problemsOf(...reading) },
  },
  call: {
    ...inside,
    method: 'post',
    path: '/v1/tour/calls',
    summary: 'Place a test call at the gate itself',
    description:
      'A real INVITE from this machine, with a caller whom nobody has, judged and recorded like any other call. Ten a minute at most; the audit trail has each.',
    request: {
      headers: z.object({
        'Idempotency-Key': z.string().optional().openapi({
          description: 'Any name for this request, up to 128 visible characters: sent again, it is done once.',
        }),
      }),
      ...jsonBody(tourCallStartSchema),
    },
    responses: { 201: jsonAnswer('It was placed.', tourCallSchema), ...problemsOf(...writing) },
  },
} as const
