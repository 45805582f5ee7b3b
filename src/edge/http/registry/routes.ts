import { Hono } from 'hono'
import { z } from '@hono/zod-openapi'
import type { EvidenceUpload, Refused as NotSaved, Visitor } from '#core/redress/desk.ts'
import type { BusinessFields } from '#core/registry/business.ts'
import type { FeedDesk, NumbersReport, Registry } from '#core/registry/registry.ts'
import { parseJsonBody, readBody } from '#edge/http/body.ts'
import type { ConnectionEnv } from '#edge/http/connection.ts'
import { answerJson, answerPage, refuseMachine, refusedForm, sendOn } from '#edge/http/desk/answers.ts'
import { type FormState, emptyForm } from '#edge/http/desk/fields.ts'
import type { Page } from '#edge/http/desk/page.ts'
import {
  type DeskContext,
  type DeskPagesParts,
  checkSite,
  isKey,
  newKey,
  visitorOf,
  wantsJson,
} from '#edge/http/desk/parts.ts'
import { type PostedForm, readForm } from '#edge/http/desk/read-form.ts'
import type { Tickets } from '#edge/http/desk/ticket.ts'
import { Refused } from '#edge/http/problem.ts'
import { answerFeed, answerKeys } from './feed.ts'
import {
  type RegistryAction,
  confirmRegistrationPage,
  openedPage,
  registerPage,
  registrationPage,
  relinkPage,
} from './pages.ts'

/** What the public side of the registry is made of. */
export type RegistryPagesParts = Pick<
  DeskPagesParts,
  'operator' | 'publicUrl' | 'evidenceBytesMax' | 'isProxy' | 'figures' | 'now'
> & {
  readonly registry: Registry
  /** Undefined where the feed is not published. */
  readonly feed: FeedDesk | undefined
  readonly tickets: Tickets
}

/**
 * The public pages of the registry, the same as data (`Accept: application/json`), `POST /v1/registrations` and the feed. To be
 * mounted in the app of the desk, which answers what they refuse.
 */
export function registryRoutes(parts: RegistryPagesParts): Hono<ConnectionEnv> {
  const { registry, operator, publicUrl } = parts
  const app = new Hono<ConnectionEnv>()

  app.get('/register', () => answerPage(operator, registerPage(emptyForm(newKey()), undefined)))
  app.post('/register', async (context) => {
    const posted = await readPosted(context)
    const once = posted.typed.get('once') ?? newKey()
    const from = visitor(context, posted)
    const fields = fieldsOf(posted.typed)
    const opened = await registry.open({ way: 'page', fields, numbers: numbersOf(posted) }, from)
    if (opened.kind === 'opened')
      return answerPage(operator, openedPage(opened.token, fields.email?.trim() ?? '', opened.report))
    const form: FormState = { typed: posted.typed, faults: [], once }
    if (opened.kind === 'faults') {
      const faults = opened.faults.map(({ field, problem }) => ({ field, problem: sentence(problem) }))
      return answerPage(operator, registerPage({ ...form, faults }, opened.report), 422)
    }
    return tell(context, opened, form, (form) => registerPage(form, undefined))
  })
  app.post('/v1/registrations', async (context) => {
    if (context.req.raw.headers.get('origin') !== null) checkSite(context.req.raw, publicUrl)
    const body = parseJsonBody(applicationSchema, await readBody(context.req.raw, UPLOAD_BYTES_MAX))
    const { numbers, callsPerDay, ...fields } = body
    const listed = typeof numbers === 'string' ? numbers : (numbers ?? []).join('\n')
    const opened = await registry.open(
      { way: 'api', fields: { ...fields, callsPerDay: String(callsPerDay) }, numbers: listed },
      visitor(context, undefined),
    )
    if (opened.kind === 'faults') {
      const { field, problem } = opened.faults[0]!
      throw new Refused('bad-field', problem, { pointer: `/${field}` })
    }
    if (opened.kind !== 'opened') return refuseMachine(opened)
    const { id, token, report } = opened
    return answerJson({ id, status: `${publicUrl}/g/${token}`, token, report }, 201, {
      location: `${publicUrl}/g/${token}`,
    })
  })

  app.get('/g', () => answerPage(operator, relinkPage(emptyForm(newKey()), false)))
  app.post('/g', async (context) => {
    const posted = await readPosted(context)
    const done = await registry.relink(posted.typed.get('email') ?? '', visitor(context, posted))
    const form: FormState = { typed: posted.typed, faults: [], once: newKey() }
    if (done.kind === 'done' || done.kind === 'unknown')
      return answerPage(operator, relinkPage(emptyForm(newKey()), true))
    return tell(context, done, form, (form) => relinkPage(form, false))
  })
  // The page is the same for every token: only the button asks whether there is one.
  app.get('/g/confirm/:token', (context) => answerPage(operator, confirmRegistrationPage(keyOf(context))))
  app.post('/g/confirm/:token', async (context) => {
    checkSite(context.req.raw, publicUrl)
    const confirmed = await registry.confirm(keyOf(context))
    if (confirmed.kind === 'unknown') throw noSuchLink()
    if (wantsJson(context.req.raw))
      return answerJson({ token: confirmed.token, status: `${publicUrl}/g/${confirmed.token}` })
    return sendOn(`/g/${confirmed.token}`)
  })

  app.get('/g/:token', async (context) => {
    const token = keyOf(context)
    const view = await registry.status(token)
    if (view === undefined) throw noSuchLink()
    if (wantsJson(context.req.raw)) return answerJson(view)
    return answerPage(operator, registrationPage(view, token, operator, emptyForm(newKey()), {}))
  })
  app.get('/g/:token/numbers.csv', async (context) => {
    const csv = await registry.numbersCsv(keyOf(context))
    if (csv === undefined) throw noSuchLink()
    const headers = {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="numbers.csv"',
    }
    return new Response(csv, { headers: { ...headers, 'cache-control': 'no-store' } })
  })
  for (const [action, step] of Object.entries(STEPS) as [RegistryAction, Step][]) {
    app.post(`/g/:token/${action}`, async (context) => {
      const token = keyOf(context)
      checkSite(context.req.raw, publicUrl)
      const isForm = !isJson(context.req.raw)
      const posted = isForm ? await readPosted(context) : await readMachine(context.req.raw)
      const done = await step(registry, token, posted, visitor(context, posted))
      if ('kind' in done && done.kind === 'unknown') throw noSuchLink()
      const isMachine = !isForm || wantsJson(context.req.raw)
      if ('dial' in done) return isMachine ? answerJson(done) : sendOn(`/g/${token}#prove`)
      if (done.kind === 'added') return isMachine ? answerJson(done.file, 201) : sendOn(`/g/${token}#prove`)
      if (done.kind === 'done') return isMachine ? answerJson({ done: true }) : sendOn(`/g/${token}`)
      if (done.kind === 'taken' && isMachine) return answerJson(done.report)
      if (done.kind === 'taken' && done.report.faults.length === 0) return sendOn(`/g/${token}`)
      if (done.kind !== 'taken' && isMachine) return refuseMachine(done)
      const view = await registry.status(token)
      if (view === undefined) throw noSuchLink()
      const form: FormState = { typed: posted.typed, faults: [], once: newKey() }
      if (done.kind === 'taken') {
        // The good lines are there; the others stay in the form, to be set right.
        const report: NumbersReport = done.report
        return answerPage(operator, registrationPage(view, token, operator, emptyForm(newKey()), { report }))
      }
      return tell(
        context,
        done,
        form,
        (form) => registrationPage(view, token, operator, form, { action }),
        FIELDS[action],
      )
    })
  }

  if (parts.feed !== undefined) {
    const { feed } = parts
    app.get('/v1/registry/feed', (context) => answerFeed(context.req.raw, feed))
    app.get('/.well-known/recourse-registry-keys.json', (context) => answerKeys(context.req.raw, feed))
  }
  return app

  async function readPosted(context: DeskContext): Promise<PostedForm> {
    checkSite(context.req.raw, publicUrl)
    return readForm(context.req.raw, UPLOAD_BYTES_MAX + parts.evidenceBytesMax)
  }

  function visitor(context: DeskContext, posted: PostedForm | undefined): Visitor {
    const { typed } = posted ?? { typed: new Map<string, string>() }
    return visitorOf(context, parts, { once: typed.get('once'), ticket: typed.get('ticket'), tickets: parts.tickets })
  }

  async function tell(
    context: DeskContext,
    refused: Exclude<NotSaved, { readonly kind: 'unknown' }> | { readonly kind: 'unknown' },
    form: FormState,
    page: (form: FormState) => Page,
    fields: ReadonlyMap<string, string> = new Map(),
  ): Promise<Response> {
    if (refused.kind === 'unknown') throw noSuchLink()
    const told = refusedForm(refused, form, context, parts, parts.tickets, (field) => fields.get(field) ?? field)
    return answerPage(operator, page(told.form), told.status, told.headers)
  }
}

type Step = (
  registry: Registry,
  token: string,
  posted: PostedForm,
  from: Visitor,
) =>
  | ReturnType<Registry['addEvidence']>
  | ReturnType<Registry['addNumbers']>
  | ReturnType<Registry['challenge']>
  | ReturnType<Registry['renew']>

/** What each form asks of the registry. */
const STEPS: { readonly [action in RegistryAction]: Step } = {
  numbers: (registry, token, posted, from) => registry.addNumbers(token, numbersOf(posted), from),
  remove: (registry, token, { typed }, from) => registry.removeNumbers(token, typed.get('lines') ?? '', from),
  prove: (registry, token, { typed }, from) => registry.challenge(token, typed.get('number') ?? '', from),
  evidence: async (registry, token, { files }, from) => {
    const file = files.get('evidence')
    if (file === undefined) return { kind: 'refused', field: 'evidence', problem: 'choose a file first' }
    return registry.addEvidence(token, file, from)
  },
  answer: (registry, token, { typed }, from) => registry.answer(token, typed.get('text') ?? '', from),
  change: async (registry, token, { typed }, from) => {
    const view = await registry.status(token)
    if (view === undefined) return { kind: 'unknown' }
    return registry.change(token, { ...fieldsOf(typed), email: typed.get('email') ?? view.business.email }, from)
  },
  renew: (registry, token, _, from) => registry.renew(token, from),
  offer: (registry, token, { typed }, from) =>
    registry.offer(token, typed.get('offered') ?? '', (typed.get('to') ?? '').trim(), from),
  take: (registry, token, { typed }, from) => registry.take(token, typed.get('from') ?? '', from),
  withdraw: (registry, token, { typed }, from) => registry.withdraw(token, typed.get('reason') ?? '', from),
}

/** Where a form has the field that a refusal names. */
const FIELDS: { readonly [action in RegistryAction]?: ReadonlyMap<string, string> } = {
  remove: new Map([['numbers', 'lines']]),
  offer: new Map([['numbers', 'offered']]),
  evidence: new Map([['file', 'evidence']]),
}

const applicationSchema = z.strictObject({
  legalName: z.string(),
  contact: z.string(),
  email: z.string(),
  tel: z.string().optional(),
  site: z.string(),
  purpose: z.string(),
  callsPerDay: z.int(),
  provider: z.string(),
  numbers: z.union([z.string(), z.array(z.string()).max(10_000)]).optional(),
})

/** A step of a machine: names and texts, as the form has them; `numbers` may be a list. */
const stepSchema = z.record(z.string().max(40), z.union([z.string(), z.int(), z.array(z.string()).max(10_000)]))

async function readMachine(request: Request): Promise<PostedForm> {
  const body = parseJsonBody(stepSchema, await readBody(request, UPLOAD_BYTES_MAX))
  const typed = new Map<string, string>()
  for (const [name, value] of Object.entries(body))
    typed.set(name, Array.isArray(value) ? value.join('\n') : String(value))
  return { typed, files: new Map() }
}

function isJson(request: Request): boolean {
  return /^application\/json\b/i.test(request.headers.get('content-type') ?? '')
}

function fieldsOf(typed: ReadonlyMap<string, string>): BusinessFields {
  const fields: { [name: string]: string | undefined } = {}
  for (const name of BUSINESS_FIELDS) fields[name] = typed.get(name)
  return fields
}

/** What was pasted, and behind it what a file has. */
function numbersOf({ typed, files }: PostedForm): string {
  const pasted = typed.get('numbers') ?? ''
  const file: EvidenceUpload | undefined = files.get('file')
  if (file === undefined) return pasted
  // Octets that are no UTF-8 are shown as what they are not: the line is named, the others count.
  const text = new TextDecoder('utf-8').decode(file.octets)
  return pasted.trim() === '' ? text : `${text}\n${pasted}`
}

function keyOf(context: DeskContext): string {
  const token = context.req.param('token') ?? ''
  if (!isKey(token)) throw noSuchLink()
  return token
}

/** One answer for wrong, used, expired and withdrawn links. */
function noSuchLink(): Refused {
  return new Refused('not-found', 'expected the link of a registration')
}

function sentence(problem: string): string {
  const begun = `${problem.charAt(0).toUpperCase()}${problem.slice(1)}`
  return /[.!?]$/.test(begun) ? begun : `${begun}.`
}

const BUSINESS_FIELDS = ['legalName', 'contact', 'email', 'tel', 'site', 'purpose', 'callsPerDay', 'provider'] as const
/** A list of ten thousand lines. */
export const UPLOAD_BYTES_MAX = 1_048_576
