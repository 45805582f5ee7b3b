import type { Refused as NotSaved } from '#core/redress/desk.ts'
import { networkOf, clientOf } from '#edge/http/connection.ts'
import { PROBLEMS, type ProblemKind, Refused, problemResponse } from '#edge/http/problem.ts'
import type { FieldFault, FormState } from './fields.ts'
import { type Markup, markup } from './markup.ts'
import { formatWait } from './moment.ts'
import { type DeskOperator, type Page, contactLine, renderPage } from './page.ts'
import { type DeskContext, type DeskPagesParts, wantsJson } from './parts.ts'
import { errorPage } from './plain-pages.ts'
import { type Tickets, WAIT_MS } from './ticket.ts'

/** Answers with a page that nobody but who asks may keep; `isPublic`: anybody for a while. */
export async function answerPage(
  operator: DeskOperator,
  page: Page,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const body = await renderPage(operator, page)
  return new Response(body, {
    status,
    headers: { 'cache-control': 'no-store', vary: 'accept', ...headers, 'content-type': 'text/html; charset=utf-8' },
  })
}

/** Answers with data. */
export function answerJson(body: object, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { 'cache-control': 'no-store', vary: 'accept', ...headers, 'content-type': 'application/json' },
  })
}

/** Sends a browser on, so that loading the page again files nothing twice. */
export function sendOn(location: string): Response {
  return new Response(undefined, { status: 303, headers: { location, 'cache-control': 'no-store' } })
}

/** What is sent with every answer. Nothing runs but what a page's own policy names, nothing is fetched from elsewhere, nobody frames a page. */
export function protect(response: Response, publicUrl: string): Response {
  const { headers } = response
  for (const [name, value] of PROTECTION) if (!headers.has(name)) headers.set(name, value)
  if (publicUrl.startsWith('https:')) headers.set('strict-transport-security', 'max-age=31536000')
  return response
}

/** Whether an answer to this request is for a machine. */
export function isForMachines(context: DeskContext): boolean {
  return context.req.path.startsWith('/v1/') || context.req.path.startsWith('/j/') || wantsJson(context.req.raw)
}

/** What was refused, as a problem for machines and as a page for people. */
export async function answerProblem(
  context: DeskContext,
  operator: DeskOperator,
  kind: ProblemKind,
  detail: string,
  more: { readonly pointer?: string | undefined; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> {
  if (isForMachines(context)) return problemResponse({ kind, detail, ...more })
  const [status] = PROBLEMS[kind]
  const isRegistry = operator.registry !== undefined && REGISTRY_PATH.test(context.req.path)
  const [title, lead] = (isRegistry && kind === 'not-found' ? NO_REGISTRATION : PAGES[kind]) ?? PAGES['bad-form']!
  return await answerPage(operator, errorPage(title, lead, waysOn(operator, isRegistry)), status, more.headers)
}

/** What the desk did not save, for a machine. Throws a problem. */
export function refuseMachine(refused: NotSaved): never {
  if (refused.kind === 'unknown') throw new Refused('not-found', 'expected the token of a case')
  if (refused.kind === 'refused') {
    // `numbers[3]` is /numbers/3.
    const pointer = `/${refused.field.replaceAll(/[.[]/g, '/').replaceAll(']', '')}`
    throw new Refused('bad-field', refused.problem, { pointer })
  }
  if (refused.kind === 'work') {
    const headers = { 'recourse-puzzle': `${refused.bits} ${refused.puzzle}` }
    throw new Refused('work-needed', 'expected Recourse-Work with an answer to Recourse-Puzzle', { headers })
  }
  const headers = { 'retry-after': secondsOf(refused.retryAfterMs) }
  if (refused.kind === 'limited') {
    throw new Refused('too-many', `expected fewer requests of one ${LIMITED_BY[refused.of]}`, { headers })
  }
  if (refused.kind === 'full') throw new Refused('busy', 'more requests wait than can be worked on', { headers })
  throw new Refused('not-saved', 'nothing was saved; asking again may help', { headers })
}

/** What the desk did not save, for a person whose form comes back as it was typed. */
export function refusedForm(
  refused: Exclude<NotSaved, { readonly kind: 'unknown' }>,
  form: FormState,
  context: DeskContext,
  parts: Pick<DeskPagesParts, 'isProxy' | 'now' | 'operator'>,
  tickets: Tickets,
  fieldOf: (field: string) => string,
): { readonly form: FormState; readonly status: number; readonly headers: Readonly<Record<string, string>> } {
  if (refused.kind === 'refused') {
    const fault: FieldFault = { field: fieldOf(refused.field), problem: sentence(refused.problem) }
    return { form: { ...form, faults: [fault] }, status: 422, headers: {} }
  }
  if (refused.kind === 'work') {
    const network = networkOf(clientOf(context, parts.isProxy))
    const ticket = tickets.give(network, parts.now(), form.typed.get('ticket'))
    const notice = markup`<h2>Please wait ${formatWait(2 * WAIT_MS)}, then press Send again</h2>
<p>Very many requests reach us at this moment, and machines are among them. A short wait keeps them from crowding you out. Everything you typed is still here.</p>
<p>You would rather not wait? ${contactLine(parts.operator)}.</p>`
    return {
      form: { ...form, notice, ticket },
      status: 429,
      headers: { 'retry-after': secondsOf(2 * WAIT_MS) },
    }
  }
  const wait = formatWait(refused.retryAfterMs)
  const [title, why] = WHY[refused.kind](refused)
  const notice = markup`<h2>${title}</h2>
<p>${why} Everything you typed is still here: leave this page open and press the button again in ${wait}.</p>
<p>It is urgent? ${contactLine(parts.operator)}.</p>`
  const headers = { 'retry-after': secondsOf(refused.retryAfterMs) }
  return { form: { ...form, notice }, status: refused.kind === 'limited' ? 429 : 503, headers }
}

function waysOn(operator: DeskOperator, isRegistry: boolean): Markup {
  if (isRegistry)
    return markup`<p><a class="button" href="/g">Get the link to your registration</a></p>
<p class="soft">Not registered yet? <a href="/register">Register your numbers</a>. Or reach a person: ${contactLine(operator)}.</p>`
  return markup`<p><a class="button" href="/contest">Contest a blocked call</a></p>
<p class="soft">Or reach a person: ${contactLine(operator)}.</p>`
}

function sentence(problem: string): string {
  const begun = `${problem.charAt(0).toUpperCase()}${problem.slice(1)}`
  return /[.!?]$/.test(begun) ? begun : `${begun}.`
}

/** Rounded up: who comes when he was told to is not sent away again. */
function secondsOf(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1000)))
}

type Delayed = Extract<NotSaved, { readonly retryAfterMs: number }>

const LIMITED_BY = {
  address: 'address',
  number: 'number',
  'mail-domain': 'mail domain',
  'mail-address': 'mail address',
} as const
const LIMITED_WHY = {
  address: 'Several requests came from your connection in a short time, and we take only so many from one.',
  number: 'Several cases about this number are already open.',
  'mail-domain': 'Several requests came with e-mail addresses of this domain in a short time.',
  'mail-address': 'Several messages went to this e-mail address already.',
} as const
const WHY: { readonly [kind in Delayed['kind']]: (refused: Delayed) => readonly [title: string, why: string] } = {
  limited: (refused) => ['Nothing was saved: too many requests', 'of' in refused ? LIMITED_WHY[refused.of] : ''],
  full: () => [
    'Nothing was saved: our queue is full',
    'More requests wait than we can work on, and we do not take one that we could not answer in time.',
  ],
  unsaved: () => [
    'Nothing was saved',
    'Something on our side does not work at this moment, so we could not write down what you sent.',
  ],
}

/** What people read where machines read a problem. */
const PAGES: { readonly [kind in ProblemKind]?: readonly [title: string, lead: string] } = {
  'bad-form': [
    'We could not read what you sent',
    'Go back to the page you came from, load it again, and send the form once more.',
  ],
  'cross-site': [
    'This form came from another site',
    'To protect you we take only what is sent from our own pages. Please fill in the form here.',
  ],
  'not-found': [
    'There is nothing under this link',
    'It may be incomplete, used up or too old. If a call of yours was blocked, you can still tell us.',
  ],
  'wrong-method': ['This is not the way to ask', 'Go back to the page you came from and use its buttons.'],
  'too-large': [
    'That is too large',
    'Nothing was sent. Press Back: what you typed is still there. Choose a smaller file, or send fewer lines at a time.',
  ],
  'wrong-type': [
    'We could not read what you sent',
    'Go back to the page you came from, load it again, and send the form once more.',
  ],
  'too-many': [
    'Too many requests',
    'Your connection asks for more pages than we can give to one. Wait a few seconds and load the page again.',
  ],
  fault: [
    'Something went wrong on our side',
    'We have been told. Nothing you sent was half saved: press Back, wait a minute, and try again.',
  ],
}

const REGISTRY_PATH = /^\/(?:g(?:\/|$)|register$)/
const NO_REGISTRATION = [
  'There is nothing under this link',
  'It may be incomplete, used up or too old. We can send you the link to your registration once more.',
] as const

const PROTECTION: readonly (readonly [name: string, value: string])[] = [
  [
    'content-security-policy',
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  ],
  // Not no-referrer: browsers then leave the origin out of what a form sends, which is what its check goes by.
  ['referrer-policy', 'same-origin'],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['x-robots-tag', 'noindex'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['permissions-policy', 'camera=(), geolocation=(), microphone=()'],
]
