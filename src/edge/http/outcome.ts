import { z } from '@hono/zod-openapi'

/** A day: longer calls are a fault of the clock that measured them. */
const SECONDS_MAX = 86_400
const OUTCOMES_MAX = 1000
const NUMBER = /^(?:\+?[0-9]{1,15}|anonymous|withheld)$/
const expected = (what: string) => ({ error: `expected ${what}` })

/** What became of one call that went on. */
export const outcomeSchema = z
  .strictObject({
    callId: z
      .string(expected('a Call-ID'))
      .max(256, expected('a Call-ID of up to 256 characters'))
      .optional()
      .openapi({ description: 'The Call-ID of the call, for your own reading; it is not kept.' }),
    calling: z
      .string(expected('the calling number'))
      .regex(NUMBER, expected('a number such as +12125550117, or anonymous'))
      .openapi({ description: 'The calling number, as it was asked about.', example: '+12125550117' }),
    called: z
      .string(expected('the called number'))
      .regex(NUMBER, expected('a number such as +14155550163'))
      .openapi({ description: 'The called number, as it was asked about.', example: '+14155550163' }),
    answered: z.boolean(expected('true or false')).openapi({ description: 'Whether the call was answered.' }),
    seconds: z
      .number(expected('a number of seconds'))
      .min(0, expected('no fewer than 0 seconds'))
      .max(SECONDS_MAX, expected(`at most ${SECONDS_MAX} seconds`))
      .openapi({ description: 'How long it was connected; 0 where it was not answered.', example: 5.2 }),
    endedAt: z.iso
      .datetime({ offset: true, ...expected('a time such as 2026-11-22T12:00:00Z') })
      .openapi({ description: 'When it ended (RFC 3339).', example: '2026-11-22T12:00:00Z' }),
  })
  .openapi('Outcome')

/** One outcome, or a list of them. */
export const outcomesSchema = z.union([
  outcomeSchema,
  z
    .array(outcomeSchema)
    .min(1, expected('an outcome'))
    .max(OUTCOMES_MAX, expected(`at most ${OUTCOMES_MAX} outcomes`)),
])

/** How many were taken, and how many said something that a rule counts. */
export const outcomesAnswerSchema = z
  .strictObject({
    taken: z.int().openapi({ description: 'How many outcomes the post held.' }),
    counted: z.int().openapi({ description: 'How many of them some rule counts.' }),
  })
  .openapi('Outcomes')

/** What became of a call. */
export type Outcome = {
  readonly calling: string
  readonly called: string
  readonly answered: boolean
  readonly durationMs: number
  readonly endedAtMs: number
}

/** Takes note of an outcome that a peer tells; true where some rule counts it. Never throws. */
export type NoteOutcome = (outcome: Outcome, peer: string) => boolean

/** What was posted, in the units of this program. */
export function readOutcomes(posted: z.output<typeof outcomesSchema>): Outcome[] {
  return [posted].flat().map(({ calling, called, answered, seconds, endedAt }) => ({
    calling,
    called,
    answered,
    durationMs: Math.round(seconds * 1000),
    endedAtMs: Date.parse(endedAt),
  }))
}
