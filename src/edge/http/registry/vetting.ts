import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Who } from '#core/account/permission.ts'
import { countNumbers, factsOf } from '#core/registry/registration.ts'
import { exportLines } from '#core/registry/registration-view.ts'
import type { RegistryDone, Vetting, VettingFile } from '#core/registry/registry.ts'
import type { Vetter } from '#core/registry/steps.ts'
import { ITEMS, VETTING_ITEMS, VETTING_OUTCOMES, type VettingItem } from '#core/registry/vetting.ts'
import { formatSpan } from '#core/registry/number-span.ts'
import { type InsideEnv, type InsideRoute, insideRoute } from '#edge/http/accounts/guard.ts'
import { parseJsonBody, readBody } from '#edge/http/body.ts'
import { refuseMachine } from '#edge/http/desk/answers.ts'
import { Refused } from '#edge/http/problem.ts'

/** The inside of the registry: the queue, one registration whole, and every step that a person takes with it. */
export function vettingRoutes(vetting: Vetting): readonly InsideRoute[] {
  const step = <Schema extends z.ZodType>(
    path: string,
    summary: string,
    schema: Schema,
    take: (id: string, body: z.output<Schema>, by: Vetter) => Promise<RegistryDone>,
  ): InsideRoute =>
    insideRoute(
      'registry.vet',
      describe('post', `/v1/registry/registrations/{id}/${path}`, summary, schema),
      async (context) => {
        const body = parseJsonBody(schema, await readBody(context.req.raw))
        const id = context.req.param('id') ?? ''
        const done = await take(id, body, vetterOf(context))
        if (done.kind === 'unknown') throw noSuch()
        if (done.kind !== 'done') return refuseMachine(done)
        const file = await vetting.registration(id)
        if (file === undefined) throw noSuch()
        return json(fileOf(file))
      },
    )

  return [
    insideRoute(
      'registry.read',
      describe('get', '/v1/registry/registrations', 'The queue of registrations, those first that came first.'),
      async (context) => {
        const asked = querySchema.safeParse(context.req.query())
        if (!asked.success) {
          const [issue] = asked.error.issues
          throw new Refused(
            'bad-field',
            `${issue?.path.join('.') ?? 'query'}: ${issue?.message ?? 'not what was expected'}`,
          )
        }
        const { after, limit, disputed, ...filter } = asked.data
        return json(await vetting.list({ ...filter, disputed: disputed === 'true' }, after, limit))
      },
    ),
    insideRoute(
      'registry.read',
      describe('get', '/v1/registry/registrations/{id}', 'One registration whole, with its events and its checklist.'),
      async (context) => {
        const file = await vetting.registration(context.req.param('id') ?? '')
        if (file === undefined) throw noSuch()
        return json(fileOf(file))
      },
    ),
    insideRoute(
      'registry.read',
      describe(
        'get',
        '/v1/registry/registrations/{id}/evidence/{file}',
        'The octets of a file that was handed in; never for showing in a page.',
      ),
      async (context) => {
        const found = await vetting.evidence(context.req.param('id') ?? '', context.req.param('file') ?? '')
        if (found === undefined) throw noSuch()
        return new Response(found.octets as Uint8Array<ArrayBuffer>, {
          headers: {
            'content-type': 'application/octet-stream',
            'content-disposition': 'attachment; filename="evidence"',
            'x-content-type-options': 'nosniff',
            'content-security-policy': "sandbox; default-src 'none'",
            'cache-control': 'no-store',
          },
        })
      },
    ),
    insideRoute(
      'registry.read',
      describe('get', '/v1/registry/numbers/{number}', 'Who is registered with a number, here or at a source.'),
      async (context) => {
        const number = context.req.param('number') ?? ''
        if (!/^\+[1-9]\d{6,14}$/.test(number))
          throw new Refused('bad-field', 'number: expected E.164, with its + as %2B')
        return json(await vetting.lookUp(number))
      },
    ),
    insideRoute(
      'registry.read',
      describe('get', '/v1/registry/sources', 'Other registries whose feeds are imported, and how they stand.'),
      async () => json({ sources: await vetting.sources() }),
    ),
    insideRoute(
      'registry.vet',
      describe(
        'post',
        '/v1/registry/registrations',
        'Opens a registration for somebody who phoned or wrote.',
        openSchema,
      ),
      async (context) => {
        const { numbers, callsPerDay, way, ...fields } = parseJsonBody(
          openSchema,
          await readBody(context.req.raw, OPEN_BYTES_MAX),
        )
        const opened = await vetting.open(
          { ...fields, callsPerDay: String(callsPerDay) },
          numbers.join('\n'),
          way,
          vetterOf(context),
          'leave-out',
        )
        if (opened.kind === 'faults') {
          const { field, problem } = opened.faults[0]!
          throw new Refused('bad-field', problem, { pointer: `/${field}` })
        }
        if (opened.kind !== 'opened') return refuseMachine(opened)
        return json(opened, 201)
      },
    ),
    insideRoute(
      'registry.vet',
      describe(
        'post',
        '/v1/registry/registrations/{id}/numbers',
        'Adds lines of numbers for its holder. Lines that cannot be used are left out and named.',
        linesSchema,
      ),
      async (context) => {
        const { numbers } = parseJsonBody(linesSchema, await readBody(context.req.raw, OPEN_BYTES_MAX))
        const id = context.req.param('id') ?? ''
        const added = await vetting.addNumbers(id, numbers.join('\n'), vetterOf(context), 'leave-out')
        if (added.kind === 'unknown') throw noSuch()
        if (added.kind === 'faults') throw new Error('lines were to be left out')
        if (added.kind !== 'taken') return refuseMachine(added)
        return json(added.report)
      },
    ),
    step('removals', 'Takes lines of numbers off, each as it is listed.', linesSchema, (id, { numbers }, by) =>
      vetting.removeNumbers(id, numbers.join('\n'), by),
    ),
    step('checklist', 'Notes what was looked at, and what was seen there.', checkSchema, (id, body, by) =>
      vetting.vet(id, body.item, body.outcome, body.reason, by),
    ),
    step(
      'approve',
      'Approves it; every line of the checklist has been looked at.',
      z.strictObject({ reason: words }),
      (id, { reason }, by) => vetting.approve(id, reason, by),
    ),
    step('refuse', 'Refuses it, with reasons and what may be done now.', refuseSchema, (id, { reasons, next }, by) =>
      vetting.refuse(id, reasons, next, by),
    ),
    step(
      'suspend',
      'Takes back at once what gates were told of it.',
      z.strictObject({ reason: words }),
      (id, { reason }, by) => vetting.suspend(id, reason, by),
    ),
    step('ask', 'Asks its holder something.', z.strictObject({ question: words }), (id, { question }, by) =>
      vetting.ask(id, question, by),
    ),
    step('notes', 'Notes something for those inside.', z.strictObject({ text: words }), (id, { text }, by) =>
      vetting.note(id, text, by),
    ),
    step(
      'proofs',
      'Notes that a letter or a provider shows control of its numbers.',
      proofSchema,
      (id, { way, numbers, detail }, by) => vetting.prove(id, way, (numbers ?? []).join('\n'), detail, by),
    ),
    step('disputes', 'Settles whose a disputed number is.', settleSchema, (id, { number, other, keeps, reason }, by) =>
      vetting.settle(id, number, other, keeps, reason, by),
    ),
    step(
      'corrections',
      'Says that an event was wrong.',
      z.strictObject({ seq: z.int().min(1), reason: words }),
      (id, { seq, reason }, by) => vetting.correct(id, seq, reason, by),
    ),
    step('withdraw', 'Withdraws it for its holder.', z.strictObject({ reason: words }), (id, { reason }, by) =>
      vetting.withdraw(id, reason, by),
    ),
  ]
}

/** A registration as the inside reads it. */
export function fileOf({ registration, events }: VettingFile): object {
  const { numbers, vetting, ...rest } = registration
  return {
    ...rest,
    counts: { lines: numbers.size, numbers: countNumbers(registration) },
    numbers: exportLines(registration).map(({ span, label, proof, until }) => ({
      numbers: formatSpan(span),
      label,
      proof,
      until,
    })),
    registered: factsOf(registration).map(({ span, way, until }) => ({ numbers: formatSpan(span), way, until })),
    checklist: ITEMS.map((item) => ({ item, asks: VETTING_ITEMS[item], ...vetting.get(item) })),
    events,
  }
}

function describe(method: 'get' | 'post', path: string, summary: string, schema?: z.ZodType) {
  const body = schema && { required: true, content: { 'application/json': { schema } } }
  const names = [...path.matchAll(/\{([a-z]+)\}/g)].map(([, name]) => name!)
  const params = z.object(Object.fromEntries(names.map((name) => [name, z.string()])))
  return createRoute({
    method,
    path,
    summary,
    tags: ['registry'],
    request: { ...(names.length > 0 && { params }), ...(body !== undefined && { body }) },
    responses: {
      200: { description: 'How it stands now.', content: { 'application/json': { schema: z.looseObject({}) } } },
    },
  })
}

function vetterOf(context: Context<InsideEnv>): Vetter {
  const { name, account }: Who = context.get('who')
  return { name, account }
}

function json(body: object, status = 200): Response {
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  })
}

function noSuch(): Refused {
  return new Refused('not-found', 'expected the id of a registration')
}

const words = z.string().trim().min(1).max(2_000)
const numberList = z.array(z.string().max(80)).max(10_000)
const checkSchema = z.strictObject({
  item: z.enum(ITEMS as [VettingItem, ...VettingItem[]]),
  outcome: z.enum(VETTING_OUTCOMES as ['passed', 'failed', 'not-applicable']),
  reason: words,
})
const refuseSchema = z.strictObject({ reasons: z.array(words).min(1).max(20), next: words })
const proofSchema = z.strictObject({
  way: z.enum(['letter', 'provider']),
  /** Lines; all that there are if not said. */
  numbers: numberList.optional(),
  detail: words,
})
const settleSchema = z.strictObject({
  number: z.string().max(80),
  other: z.string().length(22),
  keeps: z.boolean(),
  reason: words,
})
const linesSchema = z.strictObject({ numbers: numberList })
const openSchema = z.strictObject({
  way: z.enum(['telephone', 'mail', 'letter']),
  legalName: z.string(),
  contact: z.string(),
  email: z.string(),
  tel: z.string().optional(),
  site: z.string(),
  purpose: z.string(),
  callsPerDay: z.int(),
  provider: z.string(),
  numbers: numberList,
})
const querySchema = z.strictObject({
  status: z
    .enum(['unconfirmed', 'waiting', 'asked', 'approved', 'refused', 'suspended', 'expired', 'withdrawn'])
    .optional(),
  disputed: z.enum(['true', 'false']).optional(),
  number: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/)
    .optional(),
  after: z.string().max(40).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
/** A list of ten thousand numbers. */
const OPEN_BYTES_MAX = 1_048_576
