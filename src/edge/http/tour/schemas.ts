import { z } from '@hono/zod-openapi'
import { line } from '#edge/http/accounts/ask.ts'

const time = z.string().openapi({ format: 'date-time', example: '2026-11-22T12:00:00.000Z' })

export const tourCallSchema = z
  .strictObject({
    at: time,
    from: z.string(),
    to: z.string(),
    outcome: z.enum(['blocked', 'continued', 'refused', 'unanswered']).openapi({
      description:
        'What the gate answered: a notice of a block, the status by which its peer lets calls go on, another refusal, or nothing in time.',
    }),
    words: z.string().openapi({ description: 'The status line, or why no answer came.' }),
    answer: z.string().optional().openapi({ description: 'The answer as it was on the wire.' }),
    receipt: z.string().optional().openapi({ description: 'The receipt in the notice, where it has one.' }),
    contest: z.string().optional().openapi({ description: 'Where the caller is sent by the notice.' }),
  })
  .openapi('TourCall')

export const tourSchema = z
  .strictObject({
    listening: z.array(z.string()).openapi({ description: 'Where the gate is asked.' }),
    reachable: z
      .array(z.enum(['IPv4', 'IPv6']))
      .openapi({ description: 'Over which other machines reach one of those; `[::]` is heard over both.' }),
    peers: z.int().openapi({ description: 'Switches on other machines that may ask.' }),
    heard: z
      .strictObject({ peer: z.string(), at: time })
      .optional()
      .openapi({ description: 'The last call of such a switch.' }),
    contact: z.strictObject({ url: z.string().optional(), tel: z.string().optional(), email: z.string().optional() }),
    examples: z.array(z.string()).openapi({ description: 'Keys that still have the example of the sample.' }),
    command: z.string().optional().openapi({
      description: 'What places the test call from a terminal on that machine; missing where none is heard.',
    }),
    called: tourCallSchema.optional().openapi({
      description:
        'The last test call: one placed here since the desk started, or the last block of the caller of the command.',
    }),
    desk: z
      .strictObject({ public: z.string(), here: z.string() })
      .optional()
      .openapi({ description: 'Where callers contest a block: as notices have it, and on that machine.' }),
    reload: z.string().optional().openapi({ description: 'What has the running gate read its configuration again.' }),
  })
  .openapi('Tour')

const numberWords = 'expected a number that is kept for examples, such as +12125550199'
export const tourCallStartSchema = z
  .strictObject({
    from: line(16, numberWords)
      .refine((text) => EXAMPLE_NUMBER.test(text), numberWords)
      .optional()
      .openapi({ description: 'The caller: +1, an area code, and 5550100 to 5550199; +12125550199 if not said.' }),
  })
  .openapi('TourCallStart')

/** Nobody has such a number: the North American plan keeps 555-0100 to 555-0199 of each area code for examples. */
const EXAMPLE_NUMBER = /^\+1[2-9][0-9]{2}55501[0-9]{2}$/
