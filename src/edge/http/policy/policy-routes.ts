// One thing: all that those inside ask of the policy over HTTP, each with its permission.
import type { DialPlan } from '#core/call/number.ts'
import { formatCsv } from '#core/ledger/csv.ts'
import { z } from '@hono/zod-openapi'
import { answerOnce } from '#edge/http/accounts/ask.ts'
import { type InsideRoute, insideRoute } from '#edge/http/accounts/guard.ts'
import { parseJsonBody, readBody } from '#edge/http/body.ts'
import { type Ask, numberOf, parameterOf, workerOf } from '#edge/http/office/ask.ts'
import { answerFile } from '#edge/http/office/case-routes.ts'
import { PAGE_ENTRIES, limitSchema, readQuery } from '#edge/http/office/query.ts'
import { Refused } from '#edge/http/problem.ts'
import { answerRecord, done, idIn, record, seenVersion, there, versionIn, wantsCsv, wholeNumber } from './ask.ts'
import { DESCRIPTIONS } from './descriptions.ts'
import type { PolicyChanging, PolicyDesk, PolicyNotDone, PolicySettled } from './policy-desk.ts'
import { addSchema, applySchema, draftSchema, judgedSchema, noteSchema, trialSchema } from './schemas.ts'

export type PolicyRouteParts = {
  readonly policy: PolicyDesk
  /** How a number without a plus is read. */
  readonly plan?: DialPlan | undefined
}

/** The versions, a text on its way to become one, lists, trials and what shadow rules would have done. */
export function policyRoutes({ policy, plan }: PolicyRouteParts): readonly InsideRoute[] {
  /** One change of what is in force: done once for a key, and not at all where another version is in force by now. */
  const change =
    <Schema extends z.ZodType<{ note: string }>>(
      schema: Schema,
      make: (context: Ask, body: z.output<Schema>, change: PolicyChanging) => Promise<PolicySettled | PolicyNotDone>,
      bytesMax?: number,
    ) =>
    (context: Ask): Promise<Response> =>
      answerOnce(
        context,
        async (octets) => {
          const seen = seenVersion(context)
          const body = parseJsonBody(schema, octets)
          const settled = done(await make(context, body, { seen, note: body.note, by: workerOf(context) }))
          const etag = `"${settled.state === 'staged' ? (settled.before ?? 0) : settled.policy}"`
          return { status: 201, value: record(settled), headers: { etag } }
        },
        { ...(bytesMax !== undefined && { bytesMax }) },
      )

  return [
    insideRoute('policy.read', DESCRIPTIONS.versions, async (context) => {
      const { after, limit = PAGE_ENTRIES } = readQuery(context, pageQuery)
      const found = await policy.versions(after, limit)
      return answerRecord(found, { etag: `"${found.inForce}"` })
    }),
    insideRoute('policy.read', DESCRIPTIONS.version, async (context) =>
      answerRecord(there(await policy.version(versionIn(context)), 'the number of a version')),
    ),
    insideRoute('policy.read', DESCRIPTIONS.differences, async (context) => {
      const { from, to } = readQuery(context, differencesQuery)
      return answerRecord(there(await policy.differ(from, to), 'two versions whose texts are kept'))
    }),
    insideRoute('policy.change', DESCRIPTIONS.check, async (context) => {
      const body = parseJsonBody(draftSchema, await readBody(context.req.raw, DRAFT_BYTES_MAX))
      const checked = await policy.check(draftOf(body))
      if (checked.kind === 'good') return answerRecord({ ...checked, isGood: true, faults: [] })
      return answerRecord({ isGood: false, faults: checked.faults, reminders: [], isSame: false, guarded: [] })
    }),
    insideRoute(
      'policy.change',
      DESCRIPTIONS.apply,
      change(applySchema, (_, body, how) => policy.apply(draftOf(body), how), DRAFT_BYTES_MAX),
    ),
    insideRoute(
      'policy.change',
      DESCRIPTIONS.applyVersion,
      change(noteSchema, (context, _, how) => policy.applyVersion(versionIn(context), how)),
    ),
    insideRoute(
      'policy.change',
      DESCRIPTIONS.approve,
      change(noteSchema, (context, _, how) => policy.approve(versionIn(context), how)),
    ),

    insideRoute('policy.read', DESCRIPTIONS.lists, async () => answerRecord(await policy.lists())),
    insideRoute('policy.read', DESCRIPTIONS.list, async (context) => {
      const { search = '', after = 0, limit = PAGE_ENTRIES } = readQuery(context, listQuery)
      const name = parameterOf(context, 'name')
      const expected = 'the name of a list of the policy in force'
      if (!wantsCsv(context)) return answerRecord(there(await policy.list(name, { search, after, limit }), expected))
      const text = there(await policy.listText(name), expected)
      return answerFile(text, name.split(/[\\/]/).at(-1) ?? 'list.csv', CSV_TYPE)
    }),
    insideRoute(
      'policy.change',
      DESCRIPTIONS.addNumber,
      change(addSchema, (context, { number, note }, how) =>
        policy.addNumber(parameterOf(context, 'name'), numberOf(number, 'number', plan), note, how),
      ),
    ),
    insideRoute(
      'policy.change',
      DESCRIPTIONS.takeListBack,
      change(noteSchema, (context, _, how) => policy.takeListBack(parameterOf(context, 'name'), how)),
    ),
    insideRoute('policy.change', DESCRIPTIONS.upload, (context) =>
      answerOnce(
        context,
        async (octets) => {
          const name = parameterOf(context, 'name')
          if (name.length > 200 || /\p{Cc}/u.test(name)) throw new Refused('bad-field', 'expected the name of a list')
          const upload = done(await policy.upload(name, readText(octets), workerOf(context)))
          return { status: 201, value: record(upload) }
        },
        { bytesMax: UPLOAD_BYTES_MAX },
      ),
    ),
    insideRoute('policy.read', DESCRIPTIONS.uploaded, async (context) =>
      answerRecord(there(await policy.uploaded(idIn(context)), NO_UPLOAD)),
    ),
    insideRoute(
      'policy.change',
      DESCRIPTIONS.confirm,
      change(noteSchema, (context, _, how) => policy.confirm(idIn(context), how)),
    ),
    insideRoute('policy.change', DESCRIPTIONS.drop, async (context) => {
      there((await policy.drop(idIn(context))) || undefined, NO_UPLOAD)
      return answerRecord({ done: true })
    }),

    insideRoute('policy.change', DESCRIPTIONS.tryOut, (context) =>
      answerOnce(
        context,
        async (octets) => {
          const { days, against = 'in-force', ...draft } = parseJsonBody(trialSchema, octets)
          const trial = done(await policy.tryOut(draftOf(draft), days, against, workerOf(context)))
          return { status: 201, value: record(trial), headers: { location: `/v1/policy/trials/${trial.id}` } }
        },
        { bytesMax: DRAFT_BYTES_MAX },
      ),
    ),
    insideRoute('policy.read', DESCRIPTIONS.trial, async (context) =>
      answerRecord(there(await policy.trial(idIn(context)), NO_TRIAL)),
    ),
    insideRoute('policy.change', DESCRIPTIONS.cancelTrial, async (context) =>
      answerRecord(there(await policy.cancelTrial(idIn(context)), NO_TRIAL)),
    ),
    insideRoute('policy.read', DESCRIPTIONS.trialNumbers, async (context) => {
      const asked = readQuery(context, trialQuery)
      const { change = 'newly', rule, search = '', after = 0, limit = PAGE_ENTRIES } = asked
      const id = idIn(context)
      const filter = { change, rule, search }
      const first = there(await policy.trialNumbers(id, filter, after, wantsCsv(context) ? CSV_ROWS : limit), NO_TRIAL)
      if (!wantsCsv(context)) return answerRecord(first)
      const rows = csvOf(
        TRIAL_COLUMNS,
        first,
        (next) => policy.trialNumbers(id, filter, next, CSV_ROWS),
        (one) => [
          one.number,
          one.registered.map(({ name }) => name).join('; '),
          String(one.newlyBlocked),
          String(one.noLongerBlocked),
          one.rules.join(' '),
          one.why,
        ],
      )
      return answerFile(await rows, `policy-trial-${change}.csv`, CSV_TYPE)
    }),

    insideRoute('policy.read', DESCRIPTIONS.shadow, async (context) => {
      const { days = DAYS } = readQuery(context, shadowQuery)
      return answerRecord(await policy.shadow(days))
    }),
    insideRoute('policy.read', DESCRIPTIONS.shadowNumbers, async (context) => {
      const asked = readQuery(context, shadowNumbersQuery)
      const { days = DAYS, only = 'all', after = 0, limit = PAGE_ENTRIES } = asked
      const rule = parameterOf(context, 'rule')
      const read = (from: number, some: number) => policy.shadowNumbers(rule, days, only, from, some)
      const first = await read(after, wantsCsv(context) ? CSV_ROWS : limit)
      if (!wantsCsv(context)) return answerRecord(first)
      const rows = csvOf(
        SHADOW_COLUMNS,
        first,
        (next) => read(next, CSV_ROWS),
        (one) => [
          one.number,
          one.registered.map(({ name }) => name).join('; '),
          String(one.calls),
          new Date(one.firstAt).toISOString(),
          new Date(one.lastAt).toISOString(),
          one.judged?.label,
          one.judged?.by,
          one.judged?.note,
        ],
      )
      return answerFile(await rows, 'policy-shadow.csv', CSV_TYPE)
    }),
    insideRoute('policy.read', DESCRIPTIONS.shadowCalls, async (context) => {
      const { days = DAYS, number } = readQuery(context, shadowCallsQuery)
      return answerRecord({
        calls: await policy.shadowCalls(parameterOf(context, 'rule'), partyOf(number, plan), days),
      })
    }),
    insideRoute('policy.change', DESCRIPTIONS.judgeShadow, (context) =>
      answerOnce(context, async (octets) => {
        const { number, label, note = '' } = parseJsonBody(judgedSchema, octets)
        const rule = parameterOf(context, 'rule')
        await policy.judgeShadow(rule, partyOf(number, plan), { label, note }, workerOf(context))
        return { status: 200, value: { done: true } }
      }),
    ),
  ]
}

/** All pages as one file; the journal's callers who are no number are rows too. */
async function csvOf<Row>(
  columns: readonly string[],
  first: Page<Row>,
  read: (after: number) => Promise<Page<Row> | undefined>,
  cellsOf: (row: Row) => readonly (string | undefined)[],
): Promise<string> {
  const records = [formatCsv(columns)]
  for (let page: Page<Row> | undefined = first; page !== undefined;) {
    for (const row of page.numbers) records.push(formatCsv(cellsOf(row)))
    page = page.after === undefined ? undefined : await read(page.after)
  }
  return records.map((one) => `${one}\r\n`).join('')
}

type Page<Row> = { readonly numbers: readonly Row[]; readonly after: number | undefined }

function draftOf({ yaml, base, uploads = [] }: z.output<typeof draftSchema>) {
  return { yaml, base, uploads }
}

function readText(octets: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets)
  } catch {
    throw new Refused('bad-field', 'found octets that are no UTF-8: save the file as UTF-8')
  }
}

/** A calling party as the journal has it: a number, short digits, or none. */
function partyOf(text: string, plan: DialPlan | undefined): string {
  return text === '' || text === 'withheld' || /^\d{1,15}$/.test(text) ? text : numberOf(text, 'number', plan)
}

const DAYS = 7
const DAYS_MAX = 28
const CSV_TYPE = 'text/csv; charset=utf-8'
const CSV_ROWS = 1_000
const TRIAL_COLUMNS = [
  'number',
  'registered to',
  'newly blocked',
  'no longer blocked',
  'rules',
  'why (first such call)',
]
const SHADOW_COLUMNS = ['number', 'registered to', 'calls', 'first', 'last', 'found', 'by', 'note']
const NO_UPLOAD = 'a list that waits to be confirmed; after an hour it is forgotten'
const NO_TRIAL = 'a trial whose result is kept: the last three, for an hour'
/** A policy of a million characters, with JSON's escapes. */
export const DRAFT_BYTES_MAX = 4 * 1024 * 1024
export const UPLOAD_BYTES_MAX = 32 * 1024 * 1024

const place = wholeNumber('expected what the page before said', 999_999_999)
const days = wholeNumber('expected 1 to 28 days', DAYS_MAX).refine((days) => days !== 0, 'expected 1 to 28 days')
const version = (words: string) =>
  z
    .string(words)
    .regex(/^[1-9]\d{0,8}$/, words)
    .transform(Number)
const pageQuery = z.strictObject({ after: place, limit: limitSchema })
const differencesQuery = z.strictObject({
  from: version('expected from, the number of a version'),
  to: version('expected to, the number of a version'),
})
const listQuery = z.strictObject({
  search: z.string().max(100, 'expected up to 100 characters').optional(),
  after: place,
  limit: limitSchema,
})
const trialQuery = z.strictObject({
  change: z.enum(['newly', 'no-longer'], 'expected newly or no-longer').optional(),
  rule: z.string().max(64, 'expected the id of a rule').optional(),
  search: z.string().max(40, 'expected digits').optional(),
  after: place,
  limit: limitSchema,
})
const shadowQuery = z.strictObject({ days })
const shadowNumbersQuery = z.strictObject({
  days,
  only: z.enum(['open', 'judged', 'all'], 'expected open, judged or all').optional(),
  after: place,
  limit: limitSchema,
})
const shadowCallsQuery = z.strictObject({ days, number: z.string('expected a number').max(40, 'expected a number') })
