import { IDENTITY_WAYS } from '#core/redress/office.ts'
import { z } from '@hono/zod-openapi'
import type { BlockSearch } from '#core/redress/block-search.ts'
import { BLOCKED_LIST_MS, blockedListRecord, formatBlockedListCsv } from '#core/redress/blocked-list.ts'
import { caseFileRecord, formatCaseFile } from '#core/redress/case-file.ts'
import { blockPageRecord } from '#core/redress/case-record.ts'
import { formatMonthlyCsv, monthOf, parseMonth } from '#core/redress/monthly.ts'
import { answerJson } from '#edge/http/accounts/ask.ts'
import { CAUSES } from '#core/rules/verdict.ts'
import { type InsideRoute, insideRoute } from '#edge/http/accounts/guard.ts'
import { type OfficeRouteParts, caseOf, notThere, numberOf, numberOrBlockOf, workerOf } from './ask.ts'
import { answerFile } from './case-routes.ts'
import { DESCRIPTIONS } from './descriptions.ts'
import { PAGE_ENTRIES, afterSchema, limitSchema, readQuery, time } from './query.ts'

/** What leaves the desk for the record: case files, lists for subscribers, figures; and the search of the ledger. */
export function exportRoutes({
  office,
  plan,
  now,
  blocks,
  operator,
}: OfficeRouteParts & { readonly blocks: BlockSearch; readonly operator: string }): readonly InsideRoute[] {
  return [
    insideRoute('exports', DESCRIPTIONS.file, async (context) => {
      const { reader = 'claimant', form = 'html' } = readQuery(context, fileQuery)
      const id = caseOf(context)
      const [file, evidence] = await Promise.all([office.case(id), office.evidence(id)])
      if (file === undefined || evidence === undefined) throw notThere()
      const parts = { file, evidence, operator, madeAt: now(), reader }
      return form === 'json'
        ? answerFile(`${JSON.stringify(caseFileRecord(parts))}\n`, `case-${id}.json`, 'application/json')
        : answerFile(formatCaseFile(parts), `case-${id}.html`, 'text/html; charset=utf-8')
    }),

    insideRoute('exports', DESCRIPTIONS.figures, async (context) => {
      const { to = monthOf(now()), from = `${to.slice(0, 4)}-01` } = readQuery(context, figuresQuery)
      const months = await office.figures(from, to)
      if (wantsCsv(context)) return answerFile(formatMonthlyCsv(months), 'figures.csv', CSV_TYPE)
      return answerJson({ months })
    }),

    insideRoute('ledger.read', DESCRIPTIONS.blocks, async (context) => {
      const { after, limit = PAGE_ENTRIES, number, ...filter } = readQuery(context, blocksQuery)
      const plain = number === undefined ? undefined : numberOrBlockOf(number, 'number', plan)
      return answerJson(blockPageRecord(await blocks({ ...filter, number: plain }, after, limit)))
    }),

    insideRoute('exports', DESCRIPTIONS.blockedCalls, async (context) => {
      const { number, identity, before = now() } = readQuery(context, blockedQuery)
      const subscriber = numberOf(number, 'number', plan)
      const calls = await office.blockedList(subscriber, before, { by: workerOf(context), identity })
      const list = { number: subscriber, from: before - BLOCKED_LIST_MS, before, calls }
      if (wantsCsv(context)) return answerFile(formatBlockedListCsv(list), 'blocked-calls.csv', CSV_TYPE)
      return answerJson(blockedListRecord(list))
    }),
  ]
}

function wantsCsv({ req }: Parameters<typeof caseOf>[0]): boolean {
  return (req.header('accept') ?? '').includes('text/csv')
}

const CSV_TYPE = 'text/csv; charset=utf-8'
const month = z
  .string()
  .refine((text) => parseMonth(text) !== undefined, 'expected a month such as 2026-11')
  .optional()
const fileQuery = z.strictObject({
  reader: z.enum(['inside', 'claimant'], 'expected inside or claimant').optional(),
  form: z.enum(['html', 'json'], 'expected html or json').optional(),
})
const figuresQuery = z.strictObject({ from: month, to: month })
const blocksQuery = z.strictObject({
  number: z.string().max(40, 'expected a number or the first digits of one and a star').optional(),
  receipt: z
    .string()
    .regex(/^[A-Za-z0-9_-]{64}$/, 'expected a receipt of 64 characters')
    .optional(),
  rule: z.string().max(64, 'expected the id of a rule').optional(),
  cause: z.enum(CAUSES, `expected a cause: ${CAUSES.slice(0, -1).join(', ')} or ${CAUSES.at(-1)}`).optional(),
  peer: z.string().max(200, 'expected the name of a peer').optional(),
  trunk: z.string().max(100, 'expected the name of a trunk').optional(),
  from: time('expected from as a time such as 2026-11-22T12:00:00Z'),
  before: time('expected before as a time such as 2026-11-22T12:00:00Z'),
  after: afterSchema,
  limit: limitSchema,
})
const blockedQuery = z.strictObject({
  number: z.string('expected a number').max(40, 'expected a number'),
  identity: z.enum(
    IDENTITY_WAYS,
    `expected identity, how you know the subscriber: ${IDENTITY_WAYS.slice(0, -1).join(', ')} or ${IDENTITY_WAYS.at(-1)}`,
  ),
  before: time('expected before as a time such as 2026-11-22T12:00:00Z'),
})
