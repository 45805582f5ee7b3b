import type { Context } from 'hono'
import type { RouteConfig, z } from '@hono/zod-openapi'
import type { Who } from '#core/account/permission.ts'
import type { DialPlan } from '#core/call/number.ts'
import { eventInWords } from '#core/registry/event-words.ts'
import type { LineFault } from '#core/registry/number-lines.ts'
import { countNumbers, factsOf } from '#core/registry/registration.ts'
import { exportLines } from '#core/registry/registration-view.ts'
import type { Acting, Vetting, VettingDone, VettingFile } from '#core/registry/registry.ts'
import type { Vetter } from '#core/registry/steps.ts'
import { ITEMS, VETTING_ITEMS } from '#core/registry/vetting.ts'
import { formatSpan } from '#core/registry/number-span.ts'
import { answerOnce } from '#edge/http/accounts/ask.ts'
import { type InsideEnv, type InsideRoute, insideRoute } from '#edge/http/accounts/guard.ts'
import { parseJsonBody } from '#edge/http/body.ts'
import { refuseMachine } from '#edge/http/desk/answers.ts'
import { mustHaveSeen, numberOf, seenOf, tagOfCase } from '#edge/http/office/ask.ts'
import { readQuery } from '#edge/http/office/query.ts'
import { Refused } from '#edge/http/problem.ts'
import {
  VETTING_DESCRIPTIONS,
  addSchema,
  checkSchema,
  correctionSchema,
  linesSchema,
  noteSchema,
  openSchema,
  proofSchema,
  querySchema,
  questionSchema,
  reasonSchema,
  refuseSchema,
  settleSchema,
} from './vetting-descriptions.ts'

/**
 * The inside of the registry: the queue, one registration whole, and every step that a person takes with it. None is taken where
 * If-Match names a place that the registration has left; what decides has to name one. A number without a plus is read by the plan.
 */
export function vettingRoutes(vetting: Vetting, plan?: DialPlan): readonly InsideRoute[] {
  const step = <Schema extends z.ZodType>(
    description: RouteConfig,
    schema: Schema,
    take: (id: string, body: z.output<Schema>, by: Acting) => Promise<VettingDone>,
    lookFor: typeof seenOf = seenOf,
  ): InsideRoute =>
    insideRoute('registry.vet', description, (context) =>
      answerOnce(context, async (octets) => {
        const body = parseJsonBody(schema, octets)
        const id = context.req.param('id') ?? ''
        const done = await take(id, body, { ...vetterOf(context), seen: lookFor(context, 'registration') })
        if (done.kind === 'unknown') throw noSuch()
        if (done.kind === 'changed') throw overtaken(done.seq)
        if (done.kind !== 'done') return refuseMachine(done)
        const file = await vetting.registration(id)
        if (file === undefined) throw noSuch()
        const value = fileOf(file)
        return { status: 200, value, headers: { etag: tagOfFile(file, `${JSON.stringify(value)}\n`) } }
      }),
    )

  return [
    insideRoute('registry.read', VETTING_DESCRIPTIONS.list, async (context) => {
      const { after, limit, disputed, number, ...filter } = readQuery(context, querySchema)
      return json(
        await vetting.list(
          { ...filter, disputed, number: number === undefined ? undefined : numberOf(number, 'number', plan) },
          after,
          limit,
        ),
      )
    }),
    insideRoute('registry.read', VETTING_DESCRIPTIONS.read, async (context) => {
      const file = await vetting.registration(context.req.param('id') ?? '')
      if (file === undefined) throw noSuch()
      return answerFile(file)
    }),
    insideRoute('registry.read', VETTING_DESCRIPTIONS.evidence, async (context) => {
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
    }),
    insideRoute('registry.read', VETTING_DESCRIPTIONS.lookUp, async (context) => {
      const number = context.req.param('number') ?? ''
      if (!/^\+[1-9]\d{6,14}$/.test(number)) throw new Refused('bad-field', 'number: expected E.164, with its + as %2B')
      return json(await vetting.lookUp(number))
    }),
    insideRoute('registry.read', VETTING_DESCRIPTIONS.sources, async () => json({ sources: await vetting.sources() })),
    insideRoute('registry.vet', VETTING_DESCRIPTIONS.open, (context) =>
      answerOnce(
        context,
        async (octets, once) => {
          const { numbers, callsPerDay, way, tel, faultyLines, ...fields } = parseJsonBody(openSchema, octets)
          const opened = await vetting.openOnce(
            {
              ...fields,
              ...(tel !== undefined && tel.trim() !== '' && { tel: numberOf(tel, 'tel', plan) }),
              callsPerDay: String(callsPerDay),
            },
            numbers.join('\n'),
            way,
            vetterOf(context),
            once,
            faultyLines,
          )
          if (opened.kind === 'key-reused')
            throw new Refused('key-reused', 'expected the same body as before, or another Idempotency-Key')
          if (opened.kind === 'faults') {
            const [fault] = opened.faults
            if (fault === undefined) throw faultyNumbers(opened.report.faults)
            const { field, problem } = fault
            throw new Refused('bad-field', problem, { pointer: `/${field}` })
          }
          if (opened.kind !== 'opened') return refuseMachine(opened)
          // The private link is its holder's: the first message leads there, and nobody inside needs it.
          const { id, report } = opened
          return { status: 201, value: { id, report }, headers: { location: `/v1/registry/registrations/${id}` } }
        },
        { bytesMax: OPEN_BYTES_MAX },
      ),
    ),
    insideRoute('registry.vet', VETTING_DESCRIPTIONS.add, (context) =>
      answerOnce(
        context,
        async (octets) => {
          const { numbers, faultyLines } = parseJsonBody(addSchema, octets)
          const id = context.req.param('id') ?? ''
          const added = await vetting.addNumbers(
            id,
            numbers.join('\n'),
            { ...vetterOf(context), seen: seenOf(context, 'registration') },
            faultyLines,
          )
          if (added.kind === 'unknown') throw noSuch()
          if (added.kind === 'changed') throw overtaken(added.seq)
          if (added.kind === 'faults') throw faultyNumbers(added.report.faults)
          if (added.kind !== 'taken') return refuseMachine(added)
          return { status: 200, value: added.report }
        },
        { bytesMax: OPEN_BYTES_MAX },
      ),
    ),
    step(VETTING_DESCRIPTIONS.remove, linesSchema, (id, { numbers }, by) =>
      vetting.removeNumbers(id, numbers.join('\n'), by),
    ),
    step(VETTING_DESCRIPTIONS.check, checkSchema, (id, body, by) =>
      vetting.vet(id, body.item, body.outcome, body.reason, by),
    ),
    step(
      VETTING_DESCRIPTIONS.approve,
      reasonSchema,
      (id, { reason }, by) => vetting.approve(id, reason, by),
      mustHaveSeen,
    ),
    step(
      VETTING_DESCRIPTIONS.refuse,
      refuseSchema,
      (id, { reasons, next }, by) => vetting.refuse(id, reasons, next, by),
      mustHaveSeen,
    ),
    step(
      VETTING_DESCRIPTIONS.suspend,
      reasonSchema,
      (id, { reason }, by) => vetting.suspend(id, reason, by),
      mustHaveSeen,
    ),
    step(VETTING_DESCRIPTIONS.ask, questionSchema, (id, { question }, by) => vetting.ask(id, question, by)),
    step(VETTING_DESCRIPTIONS.note, noteSchema, (id, { text }, by) => vetting.note(id, text, by)),
    step(VETTING_DESCRIPTIONS.prove, proofSchema, (id, { way, numbers, detail }, by) =>
      vetting.prove(id, way, (numbers ?? []).join('\n'), detail, by),
    ),
    step(
      VETTING_DESCRIPTIONS.settle,
      settleSchema,
      (id, { number, other, keeps, reason }, by) => vetting.settle(id, number, other, keeps, reason, by),
      mustHaveSeen,
    ),
    step(
      VETTING_DESCRIPTIONS.correct,
      correctionSchema,
      (id, { seq, reason }, by) => vetting.correct(id, seq, reason, by),
      mustHaveSeen,
    ),
    step(VETTING_DESCRIPTIONS.withdraw, reasonSchema, (id, { reason }, by) => vetting.withdraw(id, reason, by)),
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
    events: events.map((event) => ({ ...event, words: eventInWords(event) })),
  }
}

function vetterOf(context: Context<InsideEnv>): Vetter {
  const { name, account }: Who = context.get('who')
  return { name, account }
}

/** A registration with the tag that a step takes in If-Match. */
function answerFile(file: VettingFile): Response {
  const body = `${JSON.stringify(fileOf(file))}\n`
  return new Response(body, {
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      etag: tagOfFile(file, body),
    },
  })
}

function tagOfFile({ registration }: VettingFile, body: string): string {
  return tagOfCase(registration.seq, body)
}

function overtaken(seq: number): Refused {
  return new Refused('changed', `the registration has come to event ${seq} meanwhile: read it again, then go on`)
}

function json(body: object): Response {
  return new Response(`${JSON.stringify(body)}\n`, {
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  })
}

function noSuch(): Refused {
  return new Refused('not-found', 'expected the id of a registration')
}

function faultyNumbers(faults: readonly LineFault[]): Refused {
  const told = faults
    .slice(0, FAULTS_TOLD)
    .map(
      ({ line, found, expected }) => (line === 0 ? `${found}: ` : `line ${line}, ${found}: `) + `expected ${expected}`,
    )
  const more = faults.length - told.length
  const detail = [...told, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
  return new Refused('bad-field', detail, { pointer: '/numbers' })
}

/** Lines that are named one by one. */
const FAULTS_TOLD = 5
/** A list of ten thousand numbers. */
const OPEN_BYTES_MAX = 1_048_576
