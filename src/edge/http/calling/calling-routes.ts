import { z } from '@hono/zod-openapi'
import { GROUP_STATES } from '#core/observe/group.ts'
import { answerJson, answerOnce } from '#edge/http/accounts/ask.ts'
import { type InsideRoute, insideRoute } from '#edge/http/accounts/guard.ts'
import { parseJsonBody } from '#edge/http/body.ts'
import { PAGE_ENTRIES, afterSchema, limitSchema, readQuery, time, yesOrNo } from '#edge/http/office/query.ts'
import { CALLING_DESCRIPTIONS as PLACES } from './descriptions.ts'
import {
  type Cell,
  answerCsv,
  doerOf,
  doneOr,
  nameSchema,
  notThere,
  numberIn,
  numberSchema,
  wantsCsv,
} from './parts.ts'
import type { Calling, ObservationAsk, ObservationRecord } from './ports.ts'
import { markingSchema } from './schemas.ts'

/** Calls of our own that networks refused, for those inside: the answer in a line, groups, calls, silence, who blocks. */
export function callingRoutes({ calling }: { readonly calling: Calling }): readonly InsideRoute[] {
  return [
    insideRoute('calling.read', PLACES.summary, (context) => {
      const summary = calling.summary()
      if (!wantsCsv(context)) return answerJson(summary)
      const rows = summary.numbers.map(({ number, since, last, calls, recent, by }) => [
        number,
        since,
        last,
        calls,
        recent.hits,
        recent.of,
        by.map(({ blocker }) => blocker).join(' '),
        by.map(({ group }) => group).join(' '),
      ])
      return answerCsv('blocked-numbers.csv', NUMBER_COLUMNS, rows)
    }),

    insideRoute('calling.read', PLACES.groups, (context) => {
      const { all = false, limit = GROUPS_SHOWN, ...ask } = readQuery(context, groupsQuery)
      const { groups, isEmpty } = calling.groups({ ...ask, blocker: ask.blocker?.toLowerCase(), all })
      if (!wantsCsv(context)) return answerJson({ groups: groups.slice(0, limit), total: groups.length, isEmpty })
      const rows = groups.map((group) => [
        group.id,
        group.state,
        group.blocker,
        group.block,
        group.reason,
        group.standing,
        group.calls,
        group.numbers,
        group.first,
        group.last,
        group.recent.hits,
        group.recent.of,
        group.earlier.hits,
        group.earlier.of,
        group.regressedAt,
      ])
      return answerCsv('groups.csv', GROUP_COLUMNS, rows)
    }),

    insideRoute('calling.read', PLACES.group, (context) => {
      const group = calling.group(numberIn(context))
      if (group === undefined) throw notThere()
      return answerJson(group)
    }),

    insideRoute('calling.dispute', PLACES.mark, (context) =>
      answerOnce(context, async (octets) => {
        const mark = parseJsonBody(markingSchema, octets)
        return { status: 200, value: doneOr(calling.mark(numberIn(context), mark, doerOf(context))) }
      }),
    ),

    insideRoute('calling.read', PLACES.observations, (context) => {
      const { after, limit = PAGE_ENTRIES, ...given } = readQuery(context, observationsQuery)
      const ask = { ...given, blocker: given.blocker?.toLowerCase() }
      if (wantsCsv(context)) return answerCsv('refused-calls.csv', CALL_COLUMNS, allRows(calling, ask))
      const { rows, after: next } = calling.observations(ask, after, limit)
      return answerJson({ observations: rows, after: next, isEmpty: rows.length === 0 && calling.isEmpty() })
    }),

    insideRoute('calling.read', PLACES.observation, (context) => {
      const found = calling.observation(numberIn(context))
      if (found === undefined) throw notThere()
      return answerJson(found)
    }),

    insideRoute('calling.read', PLACES.silence, async () => answerJson(await calling.silence())),

    insideRoute('calling.read', PLACES.directory, (context) => {
      const directory = calling.directory()
      if (!wantsCsv(context)) return answerJson(directory)
      const rows = directory.blockers.flatMap(({ blocker, signed, unsigned }) =>
        [...signed, ...unsigned].map((contact) => [
          blocker,
          contact.way,
          contact.value,
          contact.isSigned ? 'signed' : 'unsigned',
          contact.calls,
          contact.last,
          contact.answer.filed,
          contact.answer.medianMs,
          contact.lift.medianMs,
        ]),
      )
      return answerCsv('directory.csv', DIRECTORY_COLUMNS, rows)
    }),
  ]
}

/** Every refused call that agrees, page by page: each looks at a bounded number of rows. */
function* allRows(calling: Calling, ask: ObservationAsk): Generator<readonly Cell[]> {
  let after: string | undefined
  do {
    const page = calling.observations(ask, after, EXPORT_ROWS)
    for (const row of page.rows) yield CALL_COLUMNS.map((name) => row[name as keyof ObservationRecord])
    after = page.after
  } while (after !== undefined)
}

const SINCE_WORDS = 'expected a time such as 2026-11-22T12:00:00Z'
const blockQuery = {
  carrier: nameSchema,
  blocker: nameSchema,
  number: numberSchema,
  since: time(SINCE_WORDS),
}
const groupsQuery = z.strictObject({
  ...blockQuery,
  standing: z.enum(['proven', 'unproven', 'person'], 'expected proven, unproven or person').optional(),
  state: z.enum(GROUP_STATES, `expected one of ${GROUP_STATES.join(', ')}`).optional(),
  all: yesOrNo,
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$|^1000$/, 'expected a limit of 1 to 1000')
    .transform(Number)
    .optional(),
})
const observationsQuery = z.strictObject({
  ...blockQuery,
  standing: z.enum(['proven', 'unproven', 'person', 'fault'], 'expected proven, unproven, person or fault').optional(),
  until: time(SINCE_WORDS),
  called: numberSchema,
  group: z
    .string()
    .regex(/^\d{1,15}$/, 'expected the number of a group')
    .transform(Number)
    .optional(),
  after: afterSchema,
  limit: limitSchema,
})

const NUMBER_COLUMNS = ['number', 'since', 'last', 'calls', 'refusedLastDay', 'endedLastDay', 'blockers', 'groups']
const GROUP_COLUMNS = [
  'id',
  'state',
  'blocker',
  'block',
  'reason',
  'standing',
  'calls',
  'numbers',
  'first',
  'last',
  'recentCalls',
  'recentAttempts',
  'earlierCalls',
  'earlierAttempts',
  'regressedAt',
]
const CALL_COLUMNS = [
  'id',
  'at',
  'from',
  'to',
  'carrier',
  'blocker',
  'standing',
  'reason',
  'status',
  'group',
  'source',
  'evidence',
]
const DIRECTORY_COLUMNS = [
  'blocker',
  'way',
  'contact',
  'signature',
  'calls',
  'last',
  'disputesFiled',
  'medianAnswerMs',
  'medianLiftMs',
]
const GROUPS_SHOWN = 200
const EXPORT_ROWS = 1_000
