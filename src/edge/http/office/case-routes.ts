import { z } from '@hono/zod-openapi'
import { caseRecord, evidenceRecord, summaryRecord } from '#core/redress/case-record.ts'
import { writeOutDecision } from '#core/redress/decision-request.ts'
import type { Decision } from '#core/redress/decision.ts'
import type { CaseFile, Worked } from '#core/redress/office.ts'
import { parseClaim, parseDecision } from '#core/redress/parse.ts'
import { answerJson, answerOnce } from '#edge/http/accounts/ask.ts'
import { type InsideRoute, insideRoute } from '#edge/http/accounts/guard.ts'
import { parseJsonBody } from '#edge/http/body.ts'
import { PROBLEM_URN, Refused } from '#edge/http/problem.ts'
import {
  type Ask,
  type OfficeRouteParts,
  caseOf,
  mustHaveSeen,
  notThere,
  numberOf,
  parameterOf,
  parsed,
  refusalOf,
  seenOf,
  tagOfCase,
  worked,
  workerOf,
} from './ask.ts'
import { DESCRIPTIONS } from './descriptions.ts'
import { PAGE_ENTRIES, afterSchema, limitSchema, readQuery, time, yesOrNo } from './query.ts'
import {
  assignmentSchema,
  bulkSchema,
  challengeSchema,
  correctionSchema,
  decisionSchema,
  openingSchema,
  previewSchema,
  proofSchema,
  reasonSchema,
  statusSchema,
  textSchema,
} from './schemas.ts'

/**
 * The cases for those inside: the queue, one case, each step on it, and what to go by. A step is done once for each
 * `Idempotency-Key`, and not at all where If-Match names a place that the case has left.
 */
export function caseRoutes({ office, plan, now }: OfficeRouteParts): readonly InsideRoute[] {
  /** Reads a small body, does one thing, and answers the place of its event. */
  const step =
    <Schema extends z.ZodType>(
      schema: Schema,
      work: (context: Ask, id: string, body: z.output<Schema>) => Promise<Worked>,
    ) =>
    (context: Ask): Promise<Response> =>
      answerOnce(context, async (octets) => {
        const id = caseOf(context)
        const { seq, notes } = worked(await work(context, id, parseJsonBody(schema, octets)))
        return { status: 200, value: { seq, notes }, headers: { etag: `"${seq}"` } }
      })

  const find = async (id: string): Promise<CaseFile> => {
    const found = await office.case(id)
    if (found === undefined) throw notThere()
    return found
  }

  const readDecision = async (id: string, input: unknown): Promise<Decision> => {
    const { numbers } = await find(id)
    return parsed(parseDecision(writeOutDecision(input, numbers), now(), plan), '/decision')
  }

  return [
    insideRoute('cases.read', DESCRIPTIONS.list, async (context) => {
      const {
        after,
        limit = PAGE_ENTRIES,
        open,
        overdue,
        unassigned,
        number,
        from,
        before,
        ...filter
      } = readQuery(context, listQuery)
      const page = await office.cases(
        {
          ...filter,
          ...(unassigned === true && { assigned: '' }),
          isOpen: open,
          isOverdue: overdue,
          number: number === undefined ? undefined : numberOf(number, 'number', plan),
          openedFrom: from,
          openedBefore: before,
        },
        after,
        limit,
      )
      return answerJson({ cases: page.cases.map(summaryRecord), after: page.after })
    }),

    insideRoute('cases.work', DESCRIPTIONS.open, (context) =>
      answerOnce(context, async (octets, key) => {
        const { way, claim, request } = parseJsonBody(openingSchema, octets)
        const wish = request && {
          wants: request.wants,
          number: numberOf(request.number, 'request/number', plan),
          caller:
            request.caller === undefined || request.caller === 'withheld'
              ? request.caller
              : numberOf(request.caller, 'request/caller', plan),
          isVouched: request.vouched ?? false,
        }
        const found = worked(
          await office.open(
            { way, claim: parsed(parseClaim(claim, false, now(), plan), '/claim'), request: wish, once: key },
            workerOf(context),
          ),
        )
        if (found.kind === 'key-reused')
          throw new Refused('key-reused', 'expected the same body as before, or another Idempotency-Key')
        const { case: id, token, needsConfirmation } = found
        return { status: 201, value: { case: id, token, needsConfirmation }, headers: { location: `/v1/cases/${id}` } }
      }),
    ),

    insideRoute('cases.decide', DESCRIPTIONS.decideMany, (context) =>
      answerOnce(context, async (octets) => {
        const { cases, decision, override } = parseJsonBody(bulkSchema, octets)
        const results: unknown[] = []
        for (const { case: id, seq } of cases) {
          try {
            const whole = await readDecision(id, decision)
            const done = worked(await office.decide(id, whole, override, workerOf(context), seq))
            results.push({ case: id, seq: done.seq, notes: done.notes })
          } catch (error) {
            if (!(error instanceof Refused)) throw error
            const { kind, detail } = error.problem
            results.push({ case: id, problem: { type: `${PROBLEM_URN}${kind}`, detail } })
          }
        }
        return { status: 200, value: { results } }
      }),
    ),

    insideRoute('cases.read', DESCRIPTIONS.read, async (context) => {
      const found = await find(caseOf(context))
      const body = `${JSON.stringify(caseRecord(found))}\n`
      const etag = tagOfCase(found.summary.seq, body)
      const headers = { etag, 'cache-control': 'no-cache, private' }
      const known = context.req.header('if-none-match')?.split(',') ?? []
      if (known.some((one) => one.trim().replace(/^W\//, '') === etag))
        return new Response(undefined, { status: 304, headers })
      return new Response(body, { headers: { ...headers, 'content-type': 'application/json' } })
    }),

    insideRoute(
      'cases.work',
      DESCRIPTIONS.note,
      step(textSchema, (context, id, { text }) => office.note(id, text, workerOf(context), seenOf(context))),
    ),
    insideRoute(
      'cases.work',
      DESCRIPTIONS.message,
      step(textSchema, (context, id, { text }) => office.message(id, text, workerOf(context), seenOf(context))),
    ),
    insideRoute(
      'cases.work',
      DESCRIPTIONS.ask,
      step(textSchema, (context, id, { text }) => office.ask(id, text, workerOf(context), seenOf(context))),
    ),
    insideRoute(
      'cases.work',
      DESCRIPTIONS.answer,
      step(textSchema, (context, id, { text }) => office.answer(id, text, workerOf(context), seenOf(context))),
    ),
    insideRoute(
      'cases.work',
      DESCRIPTIONS.acknowledge,
      step(z.strictObject({}), (context, id) => office.acknowledge(id, workerOf(context), seenOf(context))),
    ),
    insideRoute(
      'cases.work',
      DESCRIPTIONS.assign,
      step(assignmentSchema, (context, id, { to }) => office.assign(id, to, workerOf(context), mustHaveSeen(context))),
    ),
    insideRoute(
      'cases.work',
      DESCRIPTIONS.prove,
      step(proofSchema, (context, id, { number, way, detail }) => {
        const proved = number === undefined || number === '' ? '' : numberOf(number, 'number', plan)
        return office.prove(id, { number: proved, way, detail }, workerOf(context), seenOf(context))
      }),
    ),
    insideRoute('cases.work', DESCRIPTIONS.challenge, (context) =>
      answerOnce(context, async (octets) => {
        const { number } = parseJsonBody(challengeSchema, octets)
        const given = await office.challenge(caseOf(context), numberOf(number, 'number', plan), workerOf(context))
        if ('kind' in given) {
          if (given.kind !== 'done') throw refusalOf(given)
          throw new Error('a challenge was given without its number')
        }
        const { from, until, dial } = given
        const value = { number: given.number, dial, from: rfc3339(from), until: rfc3339(until) }
        return { status: 200, value }
      }),
    ),

    insideRoute('cases.decide', DESCRIPTIONS.preview, (context) =>
      answerOnce(context, async (octets) => {
        const id = caseOf(context)
        const { decision } = parseJsonBody(previewSchema, octets)
        const preview = worked(await office.preview(id, await readDecision(id, decision)))
        if (preview.kind !== 'preview') throw new Error('a preview came without its words')
        const { mail, words, unproven } = preview
        const stillLifted = preview.stillLifted.map(({ until, ...one }) => ({
          ...one,
          ...(until !== undefined && { until: new Date(until).toISOString() }),
        }))
        const standing = preview.standing.map(({ from, until, ...fact }) => ({
          ...fact,
          from: rfc3339(from),
          ...(until !== undefined && { until: rfc3339(until) }),
        }))
        return { status: 200, value: { mail, words, standing, unproven, stillLifted } }
      }),
    ),
    insideRoute(
      'cases.decide',
      DESCRIPTIONS.decide,
      step(decisionSchema, async (context, id, { decision, override }) => {
        const seen = mustHaveSeen(context)
        return office.decide(id, await readDecision(id, decision), override, workerOf(context), seen)
      }),
    ),
    insideRoute(
      'cases.decide',
      DESCRIPTIONS.correct,
      step(correctionSchema, (context, id, { event, reason }) =>
        office.correct(id, event, reason, workerOf(context), mustHaveSeen(context)),
      ),
    ),
    insideRoute(
      'cases.work',
      DESCRIPTIONS.reopen,
      step(reasonSchema, (context, id, { reason }) => office.reopen(id, reason, workerOf(context), seenOf(context))),
    ),
    insideRoute(
      'cases.work',
      DESCRIPTIONS.withdraw,
      step(reasonSchema, (context, id, { reason }) => office.withdraw(id, reason, workerOf(context), seenOf(context))),
    ),

    insideRoute('cases.read', DESCRIPTIONS.similar, async (context) => {
      const { summary } = await find(caseOf(context))
      return answerJson({ cases: (await office.similar(summary.id)).map(summaryRecord) })
    }),
    insideRoute('cases.read', DESCRIPTIONS.evidence, async (context) => {
      const evidence = await office.evidence(caseOf(context))
      if (evidence === undefined) throw notThere()
      return answerJson(evidenceRecord(evidence))
    }),
    insideRoute('cases.read', DESCRIPTIONS.evidenceFile, async (context) => {
      const found = await office.evidenceFile(caseOf(context), parameterOf(context, 'file'))
      if (found === undefined) throw new Refused('not-found', 'expected a file that belongs to this case')
      return answerFile(found.octets, found.file.name, 'application/octet-stream')
    }),
  ]
}

/**
 * A file to be saved: whatever it holds, no browser shows it or runs it. RFC 6266; the name goes as RFC 8187 has it, and
 * once more in ASCII.
 */
export function answerFile(body: string | Uint8Array, name: string, type: string): Response {
  const plain = name.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(-100) || 'file'
  const whole = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16)}`,
  )
  return new Response(body as BodyInit, {
    headers: {
      'content-type': type,
      'content-disposition': `attachment; filename="${plain}"; filename*=UTF-8''${whole}`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
  })
}

function rfc3339(at: number): string {
  return new Date(at).toISOString()
}

const listQuery = z.strictObject({
  status: statusSchema.optional(),
  open: yesOrNo,
  overdue: yesOrNo,
  kind: z.enum(['claim', 'request'], 'expected claim or request').optional(),
  assigned: z.string().max(64, 'expected a name of up to 64 characters').optional(),
  unassigned: yesOrNo,
  number: z.string().max(40, 'expected a number').optional(),
  receipt: z
    .string()
    .regex(/^[A-Za-z0-9_-]{64}$/, 'expected a receipt of 64 characters')
    .optional(),
  text: z
    .string()
    .max(100, 'expected a text of 1 to 100 characters')
    .refine((text) => text.trim() !== '', 'expected a text of 1 to 100 characters')
    .optional(),
  from: time('expected from as a time such as 2026-11-22T12:00:00Z'),
  before: time('expected before as a time such as 2026-11-22T12:00:00Z'),
  order: z.enum(['due', 'newest'], 'expected due or newest').optional(),
  after: afterSchema,
  limit: limitSchema,
})
