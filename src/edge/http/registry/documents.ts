import { z } from '@hono/zod-openapi'
import type { RegistrationView } from '#core/registry/registry.ts'
import { challengeDocument, challengeSchema, evidenceSchema } from '#edge/http/desk/documents.ts'

// What machines read and write at the public registry. The schemas that check are those that the description is made of.

const numbers = z
  .union([z.string(), z.array(z.string()).max(10_000)])
  .openapi({ description: 'One number or range a line, or a list of them.', example: ['+12125550117'] })

/** What a machine registers. */
export const applicationSchema = z
  .strictObject({
    legalName: z.string().openapi({ description: 'As the public register has it.' }),
    contact: z.string().openapi({ description: 'A person who can be asked.' }),
    email: z.string().openapi({ description: 'One message asks to confirm it; nothing else is sent before.' }),
    tel: z.string().optional(),
    site: z.string(),
    purpose: z.string().openapi({ description: 'What the calls are for.' }),
    callsPerDay: z.int(),
    provider: z.string().openapi({ description: 'Who carries the calls into the telephone network.' }),
    numbers: numbers.optional(),
  })
  .openapi('Application')

/** A step of a machine: names and texts, as the form has them; `numbers` may be a list. */
export const stepSchema = z.record(z.string().max(40), z.union([z.string(), z.int(), z.array(z.string()).max(10_000)]))

/** What each step takes, for the description; what else is sent with it changes nothing. */
export const STEP_SCHEMAS = {
  numbers: z.object({ numbers }).openapi('NumbersToAdd'),
  remove: z
    .object({ lines: z.union([z.string(), z.array(z.string()).max(10_000)]) })
    .openapi('LinesToTakeOff', { description: 'Lines as they are listed.' }),
  prove: z.object({ number: z.string() }).openapi('NumberToProve'),
  answer: z.object({ text: z.string() }).openapi('RegistrationAnswer'),
  change: applicationSchema.omit({ numbers: true, email: true }).openapi('Details'),
  renew: z.object({}).openapi('Renewal'),
  offer: z
    .object({ offered: z.union([z.string(), z.array(z.string()).max(10_000)]), to: z.string() })
    .openapi('Offer', { description: 'Lines, and the id of the registration that they are handed to.' }),
  take: z.object({ from: z.string() }).openapi('Taking', { description: 'The id of the registration that offers.' }),
  withdraw: z.object({ reason: z.string().optional() }).openapi('RegistrationWithdrawal'),
} as const

export const reportSchema = z
  .strictObject({
    added: z.int(),
    there: z.int().openapi({ description: 'Lines that were there already.' }),
    faults: z.array(
      z.strictObject({
        line: z.int().openapi({ description: 'From 1; 0 for a line that only the registration could refuse.' }),
        found: z.string(),
        expected: z.string(),
      }),
    ),
  })
  .openapi('Report', { description: 'What a list came to, line by line; lines with a fault were left out.' })

export const openedSchema = z
  .strictObject({
    id: z.string().openapi({ description: 'Names the registration to others. It opens nothing.' }),
    status: z.string().openapi({ description: 'The private address: HTML, or JSON if asked for.' }),
    token: z.string().openapi({ description: 'The last part of it.' }),
    report: reportSchema,
  })
  .openapi('Opened')

export const confirmedSchema = z.strictObject({ token: z.string(), status: z.string() }).openapi('Confirmed')
export const doneSchema = z.strictObject({ done: z.literal(true) }).openapi('Done')

export const registrationDocumentSchema = z
  .strictObject({
    id: z.string(),
    status: z.enum([
      'unconfirmed',
      'waiting',
      'asked',
      'approved',
      'refused',
      'suspended',
      'expired',
      'withdrawn',
    ] as const satisfies readonly RegistrationView['status'][]),
    openedAt: z.string(),
    until: z.string().optional(),
    next: z.string().openapi({ description: 'What happens next and who is to do it.' }),
    business: applicationSchema.omit({ numbers: true }).openapi('Business'),
    numbers: z.array(
      z.strictObject({
        numbers: z.string().openapi({ description: 'A number, or a range with .. between.' }),
        label: z.string(),
        proof: z.enum(['none', 'partly', 'proven', 'lapsed', 'disputed']),
        until: z.string().optional().openapi({ description: 'When control has to be shown again.' }),
        offeredTo: z.string().optional(),
      }),
    ),
    counts: z.strictObject({ lines: z.int(), numbers: z.int(), registered: z.int() }),
    question: z.string().optional(),
    refusal: z.strictObject({ reasons: z.array(z.string()), next: z.string() }).optional(),
    challenges: z.array(challengeSchema),
    evidence: z.array(evidenceSchema),
    offered: z.array(z.strictObject({ from: z.string(), numbers: z.array(z.string()) })),
    events: z.array(z.strictObject({ at: z.string(), words: z.string() })),
    may: z.array(z.enum(['add', 'prove', 'answer', 'renew', 'withdraw', 'change'])),
  })
  .openapi('Registration')

/** A registration as data: what its page says. */
export function registrationDocument(view: RegistrationView): object {
  const { until, question, refusal, business } = view
  const { tel, ...rest } = business
  return {
    id: view.id,
    status: view.status,
    openedAt: timeOf(view.openedAt),
    ...(until !== undefined && { until: timeOf(until) }),
    next: view.next,
    business: { ...rest, ...(tel !== undefined && { tel }) },
    numbers: view.numbers.map(({ until, offeredTo, ...line }) => ({
      ...line,
      ...(until !== undefined && { until: timeOf(until) }),
      ...(offeredTo !== undefined && { offeredTo }),
    })),
    counts: view.counts,
    ...(question !== undefined && { question }),
    ...(refusal !== undefined && { refusal }),
    challenges: view.challenges.map(challengeDocument),
    evidence: view.evidence,
    offered: view.offered,
    events: view.events.map(({ at, words }) => ({ at: timeOf(at), words })),
    may: view.may,
  }
}

function timeOf(atMs: number): string {
  return new Date(atMs).toISOString()
}
