import { z } from '@hono/zod-openapi'

/** Why somebody inside may be refused whatever she asks. */
export const READING = ['signed-out', 'wrong-access-token', 'owes', 'not-allowed'] as const
/** Why something that is sent may be refused, whatever it is; a room adds its own. */
export const WRITING = [
  ...READING,
  'cross-site',
  'bad-json',
  'bad-field',
  'too-large',
  'wrong-type',
  'key-reused',
] as const

/** What every place of a room of the inside has in common. */
export function insideOf(tag: string) {
  return { security: [{ session: [] }, { accessToken: [] }] as Record<string, string[]>[], tags: [tag] }
}

/** A parameter or header field that need not be there. */
export function optional(description: string, example?: string) {
  return z
    .string()
    .optional()
    .openapi({ description, ...(example !== undefined && { example }) })
}

/** The header field of a POST that `answerOnce` answers. */
export const KEY = optional(
  'Any name for this request, up to 128 visible characters: sent again with the same body, it is done once and answered alike.',
)
export const KEYED = { headers: z.object({ 'Idempotency-Key': KEY }) } as const

/** Where a list is read a page at a time. */
export const PAGE_QUERY = {
  after: optional('Where the page before ended.'),
  limit: optional('How many at most, up to 100; 50 if not said.'),
} as const
