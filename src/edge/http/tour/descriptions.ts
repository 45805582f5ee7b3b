import { jsonAnswer, jsonBody, problemsOf } from '#edge/http/accounts/ask.ts'
import { KEYED, READING, WRITING, insideOf } from '#edge/http/accounts/inside-description.ts'
import { tourCallSchema, tourCallStartSchema, tourSchema } from './schemas.ts'

const writing = [...WRITING, 'conflict', 'too-many', 'not-saved'] as const
const inside = insideOf('first run')

/** The first run as the API has it; `routes.ts` serves it. */
export const TOUR_DESCRIPTIONS = {
  read: {
    ...inside,
    method: 'get',
    path: '/v1/tour',
    summary: 'How far a new gate is: who may ask, whom callers are sent to, and the last test call',
    request: {},
    responses: { 200: jsonAnswer('Found.', tourSchema), ...problemsOf(...READING) },
  },
  call: {
    ...inside,
    method: 'post',
    path: '/v1/tour/calls',
    summary: 'Place a test call at the gate itself',
    description:
      'A real INVITE from this machine, with a caller whom nobody has, judged and recorded like any other call. Ten a minute at most; the audit trail has each.',
    request: {
      ...KEYED,
      ...jsonBody(tourCallStartSchema),
    },
    responses: { 201: jsonAnswer('It was placed.', tourCallSchema), ...problemsOf(...writing) },
  },
} as const
