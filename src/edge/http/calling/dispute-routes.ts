import { z } from '@hono/zod-openapi'
import { DISPUTE_STATUSES } from '#core/dispute/dispute.ts'
import { answerJson, answerOnce } from '#edge/http/accounts/ask.ts'
import { type InsideRoute, insideRoute } from '#edge/http/accounts/guard.ts'
import { parseJsonBody } from '#edge/http/body.ts'
import { type Ask, tagOfCase } from '#edge/http/office/ask.ts'
import { PAGE_ENTRIES, afterSchema, limitSchema, readQuery, yesOrNo } from '#edge/http/office/query.ts'
import { CALLING_DESCRIPTIONS as PLACES } from './descriptions.ts'
import {
  type Cell,
  answerCsv,
  doerOf,
  doneOr,
  idIn,
  nameSchema,
  notThere,
  numberSchema,
  seqOf,
  wantsCsv,
} from './parts.ts'
import type { DisputeAsk, Disputes, Outcome, Saying } from './ports.ts'
import {
  checkingSchema,
  disputeOpeningSchema,
  draftingSchema,
  filedSchema,
  filingSchema,
  outcomeSchema,
  provingSchema,
  retestSchema,
  textSchema,
} from './schemas.ts'

/** Disputes with those who blocked: the list by deadline, one of them, and each step, which a person takes. */
export function disputeRoutes({ disputes }: { readonly disputes: Disputes }): readonly InsideRoute[] {
  /** Reads a small body, does one thing, and answers the place of its last event. */
  const step =
    <Schema extends z.ZodType>(
      schema: Schema,
      work: (context: Ask, id: string, body: z.output<Schema>) => Outcome<number> | Promise<Outcome<number>>,
    ) =>
    (context: Ask): Promise<Response> =>
      answerOnce(context, async (octets) => {
        const seq = doneOr(await work(context, idIn(context), parseJsonBody(schema, octets)))
        return { status: 200, value: { seq }, headers: { etag: `"${seq}"` } }
      })
  const say = (what: Saying) =>
    step(textSchema, (context, id, { text }) => disputes.say(id, what, text, doerOf(context), seqOf(context)))

  return [
    insideRoute('calling.read', PLACES.disputes, (context) => {
      const { after, limit = PAGE_ENTRIES, open = true, overdue, ...given } = readQuery(context, disputesQuery)
      const isOpen = given.status === undefined && open ? true : undefined
      const ask = { ...given, blocker: given.blocker?.toLowerCase(), isOpen, isOverdue: overdue }
      if (wantsCsv(context)) return answerCsv('disputes.csv', COLUMNS, allRows(disputes, ask))
      const { rows, after: next } = disputes.list(ask, after, limit)
      return answerJson({ disputes: rows, after: next })
    }),

    insideRoute('calling.dispute', PLACES.open, (context) =>
      answerOnce(context, async (octets) => {
        const id = doneOr(disputes.open(parseJsonBody(disputeOpeningSchema, octets), doerOf(context)))
        return { status: 201, value: { dispute: id }, headers: { location: `/v1/calling/disputes/${id}` } }
      }),
    ),

    insideRoute('calling.read', PLACES.dispute, (context) => {
      const found = disputes.file(idIn(context))
      if (found === undefined) throw notThere()
      const body = `${JSON.stringify(found)}\n`
      return new Response(body, {
        headers: {
          'content-type': 'application/json',
          'cache-control': 'no-store',
          etag: tagOfCase(found.seq, body),
        },
      })
    }),

    insideRoute('calling.dispute', PLACES.draft, (context) =>
      answerOnce(context, async (octets) => ({
        status: 200,
        value: doneOr(disputes.draft(idIn(context), parseJsonBody(draftingSchema, octets))),
      })),
    ),
    insideRoute('calling.dispute', PLACES.check, (context) =>
      answerOnce(context, async (octets) => ({
        status: 200,
        value: doneOr(await disputes.check(idIn(context), parseJsonBody(checkingSchema, octets).to)),
      })),
    ),
    insideRoute(
      'calling.dispute',
      PLACES.fileByApi,
      step(filingSchema, (context, id, filing) => disputes.fileByApi(id, filing, doerOf(context), seqOf(context))),
    ),
    insideRoute(
      'calling.dispute',
      PLACES.noteFiled,
      step(filedSchema, (context, id, filed) => disputes.noteFiled(id, filed, doerOf(context), seqOf(context))),
    ),
    insideRoute('calling.dispute', PLACES.note, say('note')),
    insideRoute('calling.dispute', PLACES.heard, say('heard')),
    insideRoute('calling.dispute', PLACES.close, say('close')),
    insideRoute('calling.dispute', PLACES.reopen, say('reopen')),
    insideRoute(
      'calling.dispute',
      PLACES.reply,
      step(textSchema, (context, id, { text }) => disputes.reply(id, text, doerOf(context), seqOf(context))),
    ),
    insideRoute(
      'calling.dispute',
      PLACES.outcome,
      step(outcomeSchema, (context, id, outcome) => disputes.noteOutcome(id, outcome, doerOf(context), seqOf(context))),
    ),
    insideRoute('calling.dispute', PLACES.prove, (context) =>
      answerOnce(context, async (octets) => ({
        status: 200,
        value: doneOr(await disputes.prove(idIn(context), parseJsonBody(provingSchema, octets).number)),
      })),
    ),
    insideRoute('calling.dispute', PLACES.retest, (context) =>
      answerOnce(context, async (octets) => {
        const asked = parseJsonBody(retestSchema, octets)
        const value = doneOr(await disputes.retest(idIn(context), asked, doerOf(context), seqOf(context)))
        return { status: 200, value, headers: { etag: `"${value.seq}"` } }
      }),
    ),
    insideRoute(
      'calling.dispute',
      PLACES.poll,
      step(z.strictObject({}), (context, id) => disputes.poll(id, doerOf(context))),
    ),
  ]
}

function* allRows(disputes: Disputes, ask: DisputeAsk): Generator<readonly Cell[]> {
  let after: string | undefined
  do {
    const page = disputes.list(ask, after, EXPORT_ROWS)
    for (const {
      id,
      status,
      blocker,
      group,
      numbers,
      numberCount,
      way,
      openedAt,
      filedAt,
      due,
      isOverdue,
    } of page.rows)
      yield [
        id,
        status,
        blocker,
        group,
        numbers.join(' '),
        numberCount,
        way,
        openedAt,
        filedAt,
        due?.what,
        due?.of,
        due?.at,
        isOverdue ? 'yes' : '',
      ]
    after = page.after
  } while (after !== undefined)
}

const disputesQuery = z.strictObject({
  status: z.enum(DISPUTE_STATUSES, `expected one of ${DISPUTE_STATUSES.join(', ')}`).optional(),
  blocker: nameSchema,
  number: numberSchema,
  group: z
    .string()
    .regex(/^\d{1,15}$/, 'expected the number of a group')
    .transform(Number)
    .optional(),
  overdue: yesOrNo,
  open: yesOrNo,
  after: afterSchema,
  limit: limitSchema,
})
const COLUMNS = [
  'id',
  'status',
  'blocker',
  'group',
  'numbers',
  'numberCount',
  'way',
  'openedAt',
  'filedAt',
  'due',
  'dueOf',
  'dueAt',
  'isOverdue',
]
const EXPORT_ROWS = 200
