import { type RouteConfig, z } from '@hono/zod-openapi'
import { jsonAnswer, problemsOf } from '#edge/http/accounts/ask.ts'
import { READING, insideOf } from '#edge/http/accounts/inside-description.ts'
import { blockDetailSchema, overviewSchema } from './schemas.ts'

const spanned = z.object({
  span: z
    .enum(['1h', '24h', '7d', '28d'])
    .optional()
    .openapi({ description: 'How far the figures go back; 24h if not said.' }),
})

/** What the inside asks of single blocks and of everything at once. */
export const BLOCK_DESCRIPTIONS = {
  block: {
    ...insideOf('ledger'),
    method: 'get',
    path: '/v1/blocks/{id}',
    summary: 'Everything about one block',
    description:
      'Its timeline, its grounds with the window that was crossed, request and answer as they were on the wire, the answer part by part, its proof computed anew, and what the policy of today would say.',
    request: {
      params: z.object({
        id: z.string().openapi({
          description: 'Its receipt, or its place in the ledger: the chain, a colon, and the number.',
          example: 'gate-1:42',
        }),
      }),
    },
    responses: { 200: jsonAnswer('The block.', blockDetailSchema), ...problemsOf(...READING, 'not-found') },
  },
  overview: {
    ...insideOf('overview'),
    method: 'get',
    path: '/v1/overview',
    summary: 'How it stands: a verdict in words, and the figures behind it',
    request: { query: spanned },
    responses: { 200: jsonAnswer('The overview.', overviewSchema), ...problemsOf(...READING, 'bad-field') },
  },
  overviewLive: {
    ...insideOf('overview'),
    method: 'get',
    path: '/v1/overview/live',
    summary: 'The same as it changes',
    description:
      'Events named `overview`, each with the overview as JSON, at once and then at most every two seconds when something changed; comments keep the connection. It ends with the session, and after ten minutes: ask again. At most 32 at a time, 4 of one account.',
    request: { query: spanned },
    responses: {
      200: {
        description: 'Events.',
        content: { 'text/event-stream': { schema: z.string() } },
      },
      ...problemsOf(...READING, 'bad-field', 'busy'),
    },
  },
} as const satisfies Record<string, RouteConfig>
