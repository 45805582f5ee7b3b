import { Hono } from 'hono'
import type { Refused as NotSaved, Visitor } from '#core/redress/desk.ts'
import type { BusinessFields } from '#core/registry/business.ts'
import { type LineFault, leftOut } from '#core/registry/number-lines.ts'
import type { FeedDesk, Registry } from '#core/registry/registry.ts'
import { parseJsonBody, readBody } from '#edge/http/body.ts'
import type { ConnectionEnv } from '#edge/http/connection.ts'
import { answerJson, answerPage, refuseMachine, refusedForm, sendOn } from '#edge/http/desk/answers.ts'
import { KEYS_MAX, KEY_KEPT_MS, onceKey } from '#edge/http/desk/api-routes.ts'
import { challengeDocument } from '#edge/http/desk/documents.ts'
import { type FieldFault, type FormState, emptyForm } from '#edge/http/desk/fields.ts'
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
import { answerTagged } from '#edge/http/etag.ts'
import { Refused } from '#edge/http/problem.ts'
import { Repeats } from '#edge/http/repeats.ts'
import { registryDescription } from './description.ts'
import { applicationSchema, registrationDocument, stepSchema } from './documents.ts'
import { answerFeed, answerKeys } from './feed.ts'
import {
  type RegistryAction,
  confirmRegistrationPage,
  confirmedRegistrationPage,
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

  const keys = new Repeats<string>(KEYS_MAX, KEY_KEPT_MS)

  app.get('/register', () => answerPage(operator, registerPage(emptyForm(newKey()), [])))
  app.post('/register', async (context) => {
    const posted = await readPosted(context)
    const once = onceOfForm(posted)
    const fields = fieldsOf(posted.typed)
    const numbers = numbersOf(posted)
    const form: FormState = { typed: new Map(posted.typed).set('numbers', numbers.text), faults: [], once }
    if (numbers.problem !== undefined) {
      const faults = [{ field: 'file', problem: sentence(numbers.problem) }]
      return answerPage(operator, registerPage({ ...form, faults }, []), 422)
    }
    const faultyLines = posted.typed.get('leave') === 'yes' ? 'leave-out' : 'refuse'
    const from = { ...visitor(context, posted), once }
    const opened = await registry.open({ way: 'page', fields, numbers: numbers.text, faultyLines }, from)
    if (opened.kind === 'opened') return sendOn(`/g/${opened.token}/opened`)
    if (opened.kind === 'faults') {
      const lines = opened.report.faults
      const faults: FieldFault[] = opened.faults.map(({ field, problem }) => ({ field, problem: sentence(problem) }))
      if (lines.length > 0 && faultyLines === 'refuse') faults.push({ field: 'numbers', problem: countFaulty(lines) })
      return answerPage(operator, registerPage({ ...form, faults }, lines), 422)
    }
    return tell(context, opened, form, (form) => registerPage(form, []))
  })
  app.post('/v1/registrations', async (context) => {
    if (context.req.raw.headers.get('origin') !== null) checkSite(context.req.raw, publicUrl)
    const octets = await readBody(context.req.raw, UPLOAD_BYTES_MAX)
    const body = parseJsonBody(applicationSchema, octets)
    const once = onceKey(context, octets, keys, parts.now())
    const { numbers, callsPerDay, ...fields } = body
    const listed = typeof numbers === 'string' ? numbers : (numbers ?? []).join('\n')
    const opened = await registry.open(
      {
        way: 'api',
        fields: { ...fields, callsPerDay: String(callsPerDay) },
        numbers: listed,
        faultyLines: 'leave-out',
      },
      visitorOf(context, parts, { way: 'api', once }),
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
  // A link that was never sent leads to the same page as one that waits; only the button leads to the private page.
  app.get('/g/confirm/:token', async (context) => {
    const token = keyOf(context)
    const page = (await registry.isConfirmed(token)) ? confirmedRegistrationPage : confirmRegistrationPage
    return answerPage(operator, page(token))
  })
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
    if (wantsJson(context.req.raw)) return answerJson(registrationDocument(view))
    return answerPage(operator, registrationPage(view, token, operator, emptyForm(newKey()), {}))
  })
  app.get('/g/:token/opened', async (context) => {
    const token = keyOf(context)
    const view = await registry.status(token)
    if (view === undefined) throw noSuchLink()
    if (view.status !== 'unconfirmed') return sendOn(`/g/${token}`)
    return answerPage(operator, openedPage(view, token))
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
      if ('dial' in done) return isMachine ? answerJson(challengeDocument(done)) : sendOn(`/g/${token}#prove`)
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
        const { report } = done
        const left = emptyForm(newKey(), new Map([['numbers', leftOut(numbersOf(posted).text, report.faults)]]))
        return answerPage(operator, registrationPage(view, token, operator, left, { action, report }))
      }
      const verb = action === 'evidence' || ('field' in done && done.field === 'file') ? 'choose' : 'enter'
      return tell(
        context,
        'problem' in done ? { ...done, problem: done.problem.replace(/^expected /, `${verb} `) } : done,
        form,
        (form) => registrationPage(view, token, operator, form, { action }),
        FIELDS[action],
      )
    })
  }

  let description: string | undefined
  app.get('/v1/registry/openapi.json', (context) => {
    description ??= JSON.stringify(registryDescription())
    return answerTagged(context.req.raw, description, { 'content-type': 'application/json' })
  })
  if (parts.feed !== undefined) {
    const { feed } = parts
    app.get('/v1/registry/feed', (context) => answerFeed(context.req.raw, feed))
    app.get('/.well-known/recourse-registry-keys.json', (context) => answerKeys(context.req.raw, feed))
  }
  for (const [path, allow] of PLACES) {
    app.all(path, () => {
      throw new Refused('wrong-method', `expected ${allow}`, { headers: { allow } })
    })
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
  numbers: async (registry, token, posted, from) => {
    const { text, problem } = numbersOf(posted)
    if (problem !== undefined) return { kind: 'refused', field: 'file', problem }
    return registry.addNumbers(token, text, from)
  },
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

/** What a file has, and behind it what was pasted; that alone where the file is no text. */
function numbersOf({ typed, files }: PostedForm): { readonly text: string; readonly problem?: string } {
  const pasted = typed.get('numbers') ?? ''
  const file = files.get('file')
  if (file === undefined) return { text: pasted }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(file.octets)
    if (!text.includes('\0')) return { text: pasted.trim() === '' ? text : `${text.trimEnd()}\n${pasted}` }
  } catch {
    // Said below, as for a file with other octets that no text has.
  }
  return { text: pasted, problem: 'this file is no text: save it as CSV (UTF-8) and choose it again' }
}

/** The key of a posted form; a new one where it brought none. */
function onceOfForm({ typed }: PostedForm): string {
  const once = typed.get('once') ?? ''
  return isKey(once) ? once : newKey()
}

function countFaulty({ length }: readonly LineFault[]): string {
  return `${length === 1 ? 'One line' : `${length} lines`} cannot be used. The list above the field says why.`
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
  const asked = problem.replace(/^expected /, 'enter ')
  const begun = `${asked.charAt(0).toUpperCase()}${asked.slice(1)}`
  return /[.!?]$/.test(begun) ? begun : `${begun}.`
}

const BUSINESS_FIELDS = ['legalName', 'contact', 'email', 'tel', 'site', 'purpose', 'callsPerDay', 'provider'] as const
const PLACES: ReadonlyMap<string, string> = new Map([
  ['/register', 'GET, POST'],
  ['/v1/registrations', 'POST'],
  ['/g', 'GET, POST'],
  ['/g/confirm/:token', 'GET, POST'],
  ['/g/:token', 'GET'],
  ['/g/:token/opened', 'GET'],
  ['/g/:token/numbers.csv', 'GET'],
  [`/g/:token/:action{${Object.keys(STEPS).join('|')}}`, 'POST'],
])
/** A list of ten thousand lines. */
export const UPLOAD_BYTES_MAX = 1_048_576
