import { Hono } from 'hono'
import { formatCsv } from '#core/ledger/csv.ts'
import type { BlockSummary, Done, SubscriberRequest, Visitor } from '#core/redress/desk.ts'
import { type ConnectionEnv, clientOf, networkOf } from '#edge/http/connection.ts'
import { PROBLEMS, Refused, problemResponse } from '#edge/http/problem.ts'
import { RateLimit } from '#edge/http/rate-limit.ts'
import { answerJson, answerPage, answerProblem, isForMachines, protect, refusedForm, sendOn } from './answers.ts'
import { FRAME_BYTES, addApiRoutes } from './api-routes.ts'
import { type ClaimForm, blockPage, contestPage } from './block-page.ts'
import { type CaseAction, blockedPage, casePage, filedPage } from './case-page.ts'
import { readClaim, readEmail, readName, words } from './claim-form.ts'
import { blockDocument, caseDocument } from './documents.ts'
import { type FieldFault, type FormState, emptyForm } from './fields.ts'
import type { Page } from './page.ts'
import {
  type DeskContext,
  type DeskPagesParts,
  checkSite,
  isKey,
  newKey,
  onceOf,
  visitorOf,
  wantsJson,
} from './parts.ts'
import { confirmPage, confirmedPage, contactPage, frontPage, subscriberPage, transparencyPage } from './plain-pages.ts'
import { FORM_BYTES_MAX, type PostedForm, readForm } from './read-form.ts'
import { ICON, ICON_PATH, STYLE, STYLE_PATH } from './style.ts'
import { parseTelephone } from './telephone.ts'
import { Tickets } from './ticket.ts'
import { WISHES } from './words.ts'

/**
 * The public desk: the page behind every notice's URL, the page of each case by its private link, and the same for machines.
 * Plain HTML that runs nothing; what is wrong in a form comes back with everything that was typed.
 */
export function createDeskPages(parts: DeskPagesParts): Hono<ConnectionEnv> {
  const { desk, operator, publicUrl, figures, now, explain } = parts
  const tickets = new Tickets(parts.secret)
  const rate = new RateLimit(PAGES_PER_SECOND, PAGES_PER_CLIENT, CLIENTS_MAX)
  const app = new Hono<ConnectionEnv>()

  app.use(async (context, next) => {
    const isCard = /^\/(?:j\/|card\.pem$)/.test(context.req.path)
    if (!isCard && !rate.takes(networkOf(clientOf(context, parts.isProxy)), now())) {
      figures.pagesLimited++
      const headers = { 'retry-after': '1' }
      const limited = await answerProblem(context, operator, 'too-many', 'expected fewer requests a second', {
        headers,
      })
      return protect(limited, publicUrl)
    }
    await next()
    context.res = protect(new Response(context.res.body, context.res), publicUrl)
    return undefined
  })

  const page = (made: Page, status = 200, headers: Readonly<Record<string, string>> = {}): Promise<Response> => {
    figures.pages++
    return answerPage(operator, made, status, headers)
  }
  const freshForm = (): ClaimForm => ({ ...emptyForm(newKey()), lines: [] })
  const terms = () => ({ country: parts.country, timeZone: operator.timeZone, now: now() })

  app.get('/', () => page(frontPage(operator, explain !== undefined), 200, SHARED))
  if (explain !== undefined) app.get('/explain', (context) => explain(context.req.raw))
  app.get('/contact', () => page(contactPage(operator), 200, SHARED))
  app.get(
    STYLE_PATH,
    () => new Response(STYLE, { headers: { ...FOR_GOOD, 'content-type': 'text/css; charset=utf-8' } }),
  )
  app.get(ICON_PATH, () => new Response(ICON, { headers: { ...FOR_GOOD, 'content-type': 'image/svg+xml' } }))
  app.get('/robots.txt', () => new Response(ROBOTS, { headers: { ...SHARED, 'content-type': 'text/plain' } }))
  app.on('GET', ['/j/:reference', '/card.pem'], (context) => parts.card(context.req.raw, context.env))

  app.get('/contest', () => page(contestPage(freshForm(), operator)))
  app.post('/contest', async (context) => {
    const posted = await readPosted(context)
    return await fileClaim(context, posted, undefined)
  })

  app.get('/r/:receipt', async (context) => {
    const block = await findBlock(context)
    if (wantsJson(context.req.raw)) {
      if (block === undefined) throw new Refused('not-found', 'expected the receipt of a block that is still kept')
      return answerJson(blockDocument(block, operator, publicUrl))
    }
    if (block === undefined) return await page(contestPage(freshForm(), operator, true), 404)
    return await page(blockPage(block, freshForm(), operator))
  })
  app.post('/r/:receipt', async (context) => {
    const posted = await readPosted(context)
    return await fileClaim(context, posted, await findBlock(context))
  })

  // Programs that look for viruses follow links: only the button confirms, and only it leads to the private page of the case.
  // A link that was never sent leads to the same page as one that waits.
  app.get('/confirm/:token', async (context) => {
    const given = context.req.param('token')
    if (isKey(given) && (await desk.isConfirmed(given))) return await page(confirmedPage(given))
    return await page(confirmPage(isKey(given) ? given : newKey()))
  })
  app.post('/confirm/:token', async (context) => {
    checkSite(context.req.raw, publicUrl)
    const token = context.req.param('token')
    const isAgain = isKey(token) && (await desk.isConfirmed(token))
    const confirmed = isKey(token) ? await desk.confirm(token) : ({ kind: 'unknown' } as const)
    if (confirmed.kind === 'unknown') throw new Refused('not-found', 'expected the token of a message')
    return sendOn(`/c/${confirmed.token}${isAgain ? '' : '/filed'}`)
  })

  app.get('/c/:token', async (context) => {
    const token = tokenOf(context)
    const view = await desk.status(token)
    if (view === undefined) throw new Refused('not-found', NO_CASE)
    if (wantsJson(context.req.raw)) return answerJson(caseDocument(view, token, operator, publicUrl))
    const hasList = view.status === 'granted' && (await desk.blockedList(token)) !== undefined
    return await page(casePage(view, token, operator, emptyForm(newKey()), { hasList }))
  })
  app.get('/c/:token/filed', async (context) => {
    const token = tokenOf(context)
    const view = await desk.status(token)
    if (view === undefined) throw new Refused('not-found', NO_CASE)
    return await page(filedPage(view, token, operator, newKey()))
  })
  app.get('/c/:token/blocked', async (context) => {
    const token = tokenOf(context)
    const calls = await desk.blockedList(token)
    if (calls === undefined) throw new Refused('not-found', NO_CASE)
    return await page(blockedPage(calls, token, operator))
  })
  app.get('/c/:token/blocked.csv', async (context) => {
    const calls = await desk.blockedList(tokenOf(context))
    if (calls === undefined) throw new Refused('not-found', NO_CASE)
    const rows = calls.map(({ at, calling, program }) => [new Date(at).toISOString(), calling, program])
    const text = [['time', 'calling', 'program'], ...rows].map((cells) => `${formatCsv(cells)}\r\n`).join('')
    const headers = {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="blocked.csv"',
    }
    return new Response(text, { headers: { ...headers, 'cache-control': 'no-store' } })
  })

  act('answer', 'answer', async (token, { typed }, visitor) => {
    const text = words(typed, 'answer')
    return text === '' ? { field: 'answer', problem: 'Write your answer.' } : await desk.answer(token, text, visitor)
  })
  act('resend', 'resend', (token, _, visitor) => desk.resend(token, visitor))
  act('withdraw', 'withdrawal', (token, { typed }, visitor) =>
    desk.withdraw(token, words(typed, 'withdrawal'), visitor),
  )
  act('reopen', 'reason', async (token, { typed }, visitor) => {
    const reason = words(typed, 'reason')
    return reason === ''
      ? { field: 'reason', problem: 'Tell us what is new.' }
      : await desk.reopen(token, reason, visitor)
  })
  act('prove', 'number', async (token, { typed }, visitor) => {
    const number = parseTelephone(words(typed, 'number'), parts.country)
    if (number === undefined) return { field: 'number', problem: 'Choose a number of your case.' }
    const answer = await desk.challenge(token, number, visitor)
    return 'dial' in answer ? { kind: 'done' } : answer
  })
  act('evidence', 'file', async (token, { files }, visitor) => {
    const file = files.get('file')
    if (file === undefined) return { field: 'file', problem: 'Choose a file first.' }
    const added = await desk.addEvidence(token, file, visitor)
    return added.kind === 'added' ? { kind: 'done' } : added
  })

  app.get('/subscriber', (context) => {
    // A portal's token is good for one wish only, so its link says which.
    const typed = new Map(
      ['token', 'wants', 'number', 'caller'].flatMap((name): [string, string][] => {
        const given = context.req.query(name)
        return given === undefined || given.length > PORTAL_TOKEN_MAX ? [] : [[name, given]]
      }),
    )
    return page(subscriberPage(emptyForm(newKey(), typed), operator))
  })
  app.post('/subscriber', async (context) => {
    const { typed } = await readPosted(context)
    const request = readWish(typed)
    const state = { typed, once: onceFrom(typed), faults: 'faults' in request ? request.faults : [] }
    if ('faults' in request) return await page(subscriberPage(state, operator), 422)
    const filed = await desk.subscriber(request, visitorFor(context, typed, onceOf(state.once, request)))
    if (filed.kind === 'filed') {
      figures.claims++
      return sendOn(`/c/${filed.token}/filed`)
    }
    if (filed.kind === 'unknown') throw new Refused('not-found', NO_CASE)
    const { form, status, headers } = refusedForm(filed, state, context, parts, tickets, wishField)
    return await page(subscriberPage(form, operator), status, headers)
  })

  app.get('/transparency', async (context) => {
    const months = operator.isTransparent ? await desk.transparency() : undefined
    if (months === undefined) throw new Refused('not-found', 'this desk publishes no figures')
    if (wantsJson(context.req.raw)) return answerJson({ recourse: 1, months }, 200, SHARED)
    return await page(transparencyPage(months), 200, SHARED)
  })

  addApiRoutes(app, parts)
  refuseTheRest()
  return app

  async function readPosted(context: DeskContext, bytesMax = FORM_BYTES_MAX): Promise<PostedForm> {
    checkSite(context.req.raw, publicUrl)
    return await readForm(context.req.raw, bytesMax)
  }

  /** What has not the form of a receipt is none, and looks like all that are none. */
  async function findBlock(context: DeskContext): Promise<BlockSummary | undefined> {
    const receipt = context.req.param('receipt') ?? ''
    return /^[A-Za-z0-9_-]{64}$/.test(receipt) ? await desk.block(receipt) : undefined
  }

  function visitorFor(context: DeskContext, typed: ReadonlyMap<string, string>, once: string): Visitor {
    return visitorOf(context, parts, { once, ticket: typed.get('ticket'), tickets })
  }

  async function fileClaim(
    context: DeskContext,
    posted: PostedForm,
    block: BlockSummary | undefined,
  ): Promise<Response> {
    const { typed, files } = posted
    const once = onceFrom(typed)
    const show = (form: ClaimForm): Page =>
      block === undefined ? contestPage(form, operator) : blockPage(block, form, operator)
    const read = readClaim(typed, files.get('file'), block?.receipt, terms())
    if (read.claim === undefined) return await page(show({ ...read, once }), 422)
    const filed = await desk.file(read.claim, visitorFor(context, typed, onceOf(once, read.claim)))
    if (filed.kind === 'filed') {
      figures.claims++
      return sendOn(`/c/${filed.token}/filed`)
    }
    if (filed.kind === 'unknown') throw new Refused('not-found', NO_CASE)
    const fields = block === undefined ? CLAIM_FIELDS : BLOCK_FIELDS
    const state: FormState = { typed: read.typed, once, faults: [] }
    const fieldOf = (field: string): string => fields.get(field.split(/[.[]/, 1)[0]!) ?? lastStep(field)
    const { form, status, headers } = refusedForm(filed, state, context, parts, tickets, fieldOf)
    return await page(show({ ...form, lines: [] }), status, headers)
  }

  /** A form on the page of a case. `main` is the field that a refusal belongs to. */
  function act(
    action: CaseAction,
    main: string,
    doIt: (token: string, posted: PostedForm, visitor: Visitor) => Promise<Done | FieldFault>,
  ): void {
    app.post(`/c/:token/${action}`, async (context) => {
      const token = tokenOf(context)
      const bytesMax = action === 'evidence' ? parts.evidenceBytesMax + FRAME_BYTES : undefined
      const posted = await readPosted(context, bytesMax)
      const { typed } = posted
      const once = onceFrom(typed)
      const hash = posted.files.get('file')?.octets.length ?? 0
      const done = await doIt(token, posted, visitorFor(context, typed, onceOf(once, action, [...typed], hash)))
      if ('kind' in done && done.kind === 'done') return sendOn(`/c/${token}${action === 'resend' ? '/filed' : ''}`)
      const view = await desk.status(token)
      if (view === undefined || ('kind' in done && done.kind === 'unknown')) throw new Refused('not-found', NO_CASE)
      const state: FormState = { typed, once, faults: 'kind' in done ? [] : [done] }
      const { form, status, headers } =
        'kind' in done
          ? refusedForm(done, state, context, parts, tickets, () => main)
          : { form: state, status: 422, headers: {} }
      return await page(casePage(view, token, operator, form, { action }), status, headers)
    })
  }

  function readWish(
    typed: ReadonlyMap<string, string>,
  ): SubscriberRequest | { readonly faults: readonly FieldFault[] } {
    const faults: FieldFault[] = []
    const wants = typed.get('wants') ?? ''
    if (!WISHES.has(wants)) faults.push({ field: 'wants', problem: 'Choose what you would like.' })
    const number = parseTelephone(words(typed, 'number'), parts.country)
    if (number === undefined) faults.push({ field: 'number', problem: 'Enter your own number, with its area code.' })
    const written = words(typed, 'caller')
    const needsCaller = wants === 'unblock' || wants === 'block'
    const isWithheld = wants === 'block' && /^(?:withheld|anonymous|hidden)$/i.test(written)
    const caller = isWithheld ? 'withheld' : parseTelephone(written, parts.country)
    if (needsCaller && caller === undefined) {
      faults.push({ field: 'caller', problem: 'Enter the caller’s number, with its area code.' })
    }
    const name = readName(typed, 'name', faults)
    const email = readEmail(typed, faults)
    if (faults.length > 0) return { faults }
    const token = words(typed, 'token')
    return {
      wants: wants as SubscriberRequest['wants'],
      number: number!,
      caller: needsCaller ? caller : undefined,
      name,
      email,
      token: token === '' || token.length > PORTAL_TOKEN_MAX ? undefined : token,
    }
  }

  /** Wrong ways to ask, unknown places, and faults: problems for machines, pages for people. */
  function refuseTheRest(): void {
    for (const [path, allow] of PLACES) {
      app.all(path, () => {
        throw new Refused('wrong-method', `expected ${allow}`, { headers: { allow } })
      })
    }
    app.notFound((context) => {
      figures.refused++
      return answerProblem(context, operator, 'not-found', 'expected one of the places that the guide names')
    })
    app.onError(async (error, context) => {
      figures.refused++
      const isRefused = error instanceof Refused
      if (!isRefused) parts.alarm(error)
      const { kind, detail, pointer, headers } = isRefused ? error.problem : FAULT
      if (isForMachines(context)) return problemResponse({ kind, detail, pointer, ...(headers && { headers }) })
      const answer = await answerProblem(context, operator, kind, detail, { pointer, ...(headers && { headers }) })
      return PROBLEMS[kind][0] === answer.status ? answer : new Response(answer.body, answer)
    })
  }
}

/** A token of the right form; any other leads to no case. */
function tokenOf(context: DeskContext): string {
  const token = context.req.param('token') ?? ''
  if (!isKey(token)) throw new Refused('not-found', NO_CASE)
  return token
}

/** The key of a posted form; a new one where it brought none. */
function onceFrom(typed: ReadonlyMap<string, string>): string {
  const once = typed.get('once') ?? ''
  return isKey(once) ? once : newKey()
}

/** The field of a form that a field of a claim stands in. */
function lastStep(field: string): string {
  return field.split('.').at(-1)!
}

/** The field of a subscriber's form that a refusal belongs to; a token is in none that anybody sees. */
function wishField(field: string): string {
  return field === 'token' ? 'wants' : lastStep(field)
}

const NO_CASE = 'expected the token of a case'
const FAULT = {
  kind: 'fault',
  detail: 'the request was not dealt with; asking again may help',
  pointer: undefined,
  headers: undefined,
} as const
const CLAIM_FIELDS: ReadonlyMap<string, string> = new Map([
  ['receipts', 'more'],
  ['numbers', 'calling'],
  ['calls', 'calling'],
])
const BLOCK_FIELDS: ReadonlyMap<string, string> = new Map([
  ['receipts', 'more'],
  ['numbers', 'more'],
  ['calls', 'more'],
])
const PLACES: ReadonlyMap<string, string> = new Map([
  ['/', 'GET'],
  ['/contact', 'GET'],
  ['/contest', 'GET, POST'],
  ['/subscriber', 'GET, POST'],
  ['/transparency', 'GET'],
  ['/r/:receipt', 'GET, POST'],
  ['/confirm/:token', 'GET, POST'],
  ['/c/:token', 'GET'],
  ['/c/:token/answer', 'POST'],
  ['/c/:token/evidence', 'POST'],
  ['/c/:token/prove', 'POST'],
  ['/c/:token/resend', 'POST'],
  ['/c/:token/withdraw', 'POST'],
  ['/c/:token/reopen', 'POST'],
  ['/j/:reference', 'GET'],
  ['/card.pem', 'GET'],
  ['/openapi.json', 'GET'],
  ['/.well-known/recourse', 'GET'],
  ['/v1/claims', 'POST'],
  ['/v1/claims/:token/answers', 'POST'],
  ['/v1/claims/:token/evidence', 'POST'],
  ['/v1/claims/:token/challenges', 'POST'],
  ['/v1/claims/:token/withdrawal', 'POST'],
  ['/v1/claims/:token/confirmation', 'POST'],
  ['/v1/claims/:token/reopening', 'POST'],
])
const SHARED = { 'cache-control': 'public, max-age=300' }
const FOR_GOOD = { 'cache-control': 'public, max-age=31536000, immutable' }
const ROBOTS = 'User-agent: *\nDisallow: /c/\nDisallow: /confirm/\nDisallow: /g/\nDisallow: /j/\nDisallow: /r/\n'
/** Characters of each thing that a provider's portal hands over. */
const PORTAL_TOKEN_MAX = 4_096
/** Pages a second for all who ask, and for one address (of IPv6, one /64); a page, its style and its sign are three. */
export const PAGES_PER_SECOND = 300
export const PAGES_PER_CLIENT = 30
/** Addresses told apart at a time. */
const CLIENTS_MAX = 10_000
