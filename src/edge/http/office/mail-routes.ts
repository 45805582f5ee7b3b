import { z } from '@hono/zod-openapi'
import type { RouteConfig } from '@hono/zod-openapi'
import { answerJson, problemsOf } from '#edge/http/accounts/ask.ts'
import { type InsideRoute, insideRoute } from '#edge/http/accounts/guard.ts'
import { READING, insideOf } from '#edge/http/accounts/inside-description.ts'
import { readBody } from '#edge/http/body.ts'
import { Refused } from '#edge/http/problem.ts'

/** Takes mail that somebody's server posts, each message as it came; `take` rejects where it could not be recorded. */
export function mailRoutes(take: (octets: Uint8Array) => Promise<string>): readonly InsideRoute[] {
  return [
    insideRoute('mail', POST_MAIL, async (context) => {
      const octets = await readBody(context.req.raw, MAIL_BYTES_MAX)
      let outcome: string
      try {
        outcome = await take(octets)
      } catch {
        throw new Refused('not-saved', 'the message was not recorded: post it again', {
          headers: { 'retry-after': '10' },
        })
      }
      return answerJson({ outcome })
    }),
  ]
}

/** How mail is handed in, as the API has it. */
export const POST_MAIL = {
  ...insideOf('mail'),
  method: 'post',
  path: '/v1/mail',
  summary: 'A reply by mail, as a mail server took it',
  request: {
    body: { required: true, content: { 'message/rfc822': { schema: { type: 'string', format: 'binary' } } } },
  },
  responses: {
    200: {
      description: 'Dealt with: what came of it.',
      content: {
        'application/json': {
          schema: z.strictObject({
            outcome: z.enum([
              'answered',
              'refused',
              'bounced',
              'automatic',
              'empty',
              'unknown',
              'unreadable',
              'repeated',
            ]),
          }),
        },
      },
    },
    ...problemsOf(...READING, 'cross-site', 'too-large', 'wrong-type', 'not-saved'),
  },
} as const satisfies RouteConfig

/** Of one message. */
const MAIL_BYTES_MAX = 1_048_576
