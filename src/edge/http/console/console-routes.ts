import { randomBytes } from 'node:crypto'
import { type RouteConfig, z } from '@hono/zod-openapi'
import type { Shown } from '#core/account/accounts.ts'
import { type InsideRoute, type OpenRoute, insideRoute, openRoute } from '#edge/http/accounts/guard.ts'
import { PAGE_HEADERS, answerPage } from '#edge/http/accounts/page.ts'
import { markup } from '#edge/http/desk/markup.ts'
import { Refused } from '#edge/http/problem.ts'
import { type Coding, type ConsoleBuild, type ConsoleFile, NONCE_PLACE } from './console-build.ts'

/** The pages of the console: who is signed in gets the same page at every place, and its scripts find out what to show. */
export function consoleRoutes(build: ConsoleBuild | undefined): readonly InsideRoute[] {
  const page = () => (build === undefined ? notBuilt() : answerConsole(build))
  return [
    insideRoute('setup', pageRoute('/', 'The console, or the own account for who may see nothing there'), (context) =>
      seesNothing(context.get('shown')) ? toAccount() : page(),
    ),
    ...CONSOLE_PLACES.flatMap((place) =>
      DEPTHS.map((depth) => insideRoute('self', pageRoute(`/${place}${depth}`, 'A page of the console'), page)),
    ),
  ]
}

/** The files that the page names. They hold nothing of anybody's, so strangers may have them. */
export function consoleFileRoutes(build: ConsoleBuild | undefined): readonly OpenRoute[] {
  if (build === undefined) return []
  return [
    openRoute(FILE_ROUTE, (context) => {
      const file = build.files.get(`/console/${context.req.param('file') ?? ''}`)
      if (file === undefined)
        throw new Refused('not-found', 'expected a file of the console as it is now: load the page again')
      return answerFile(context.req.raw, file)
    }),
  ]
}

/** What may be shown on pages of scripts: ours, and styles that carry the nonce of this answer. CSP 3. */
export function consolePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types default',
  ].join('; ')
}

function answerConsole({ page }: ConsoleBuild): Response {
  const nonce = randomBytes(16).toString('base64url')
  return new Response(page.replaceAll(NONCE_PLACE, nonce), {
    headers: { ...PAGE_HEADERS, 'content-security-policy': consolePolicy(nonce) },
  })
}

function notBuilt(): Promise<Response> {
  return answerPage({
    title: 'The console is not built',
    status: 503,
    main: markup`<p>Its pages are made of sources once. Run this where Recourse is installed, and start Recourse again:</p>
<p class="key">npm run console</p>
<p>Everything else works meanwhile: the API, the command line, and <a href="/account">your account</a>.</p>`,
  })
}

/** Answers with a file: compressed where the browser takes that, and with nothing where it has it already. */
export async function answerFile(
  request: Request,
  file: ConsoleFile,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const headers = {
    ...more,
    'cache-control': file.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    'cross-origin-resource-policy': 'same-origin',
    vary: 'accept-encoding',
    'x-content-type-options': 'nosniff',
    etag: file.tag,
  }
  const known = request.headers.get('if-none-match')?.split(',') ?? []
  if (known.some((one) => one.trim().replace(/^W\//, '') === file.tag)) {
    return new Response(undefined, { status: 304, headers })
  }
  const coding = codingOf(request.headers.get('accept-encoding') ?? '')
  return new Response(await file.octets(coding), {
    headers: { ...headers, 'content-type': file.type, ...(coding !== 'identity' && { 'content-encoding': coding }) },
  })
}

/** The best coding that is taken; one with `q=0` is not. RFC 9110 §12.5.3. */
function codingOf(accepted: string): Coding {
  const taken = new Set(
    accepted
      .split(',')
      .map((one) => one.trim().toLowerCase())
      .filter((one) => !/;\s*q=0(?:\.0*)?$/.test(one))
      .map((one) => one.split(';', 1)[0]!.trim()),
  )
  return CODINGS.find((coding) => taken.has(coding)) ?? 'identity'
}

function seesNothing({ owes, may }: Shown): boolean {
  return owes !== 'nothing' || may.size === 0
}

function toAccount(): Response {
  return new Response(undefined, { status: 303, headers: { location: '/account', 'cache-control': 'no-store' } })
}

function pageRoute(path: string, summary: string): RouteConfig {
  return {
    method: 'get',
    path,
    summary,
    responses: { 200: { description: 'A page.', content: { 'text/html': { schema: z.string() } } } },
  }
}

const CODINGS = ['br', 'gzip'] as const
/** The first part of every page's path. */
export const CONSOLE_PLACES = [
  'overview',
  'blocks',
  'cases',
  'registry',
  'policy',
  'calls',
  'probes',
  'settings',
  'welcome-tour',
] as const
/** How far down pages go. */
const DEPTHS = ['', '/{one}', '/{one}/{two}', '/{one}/{two}/{three}'] as const
const FILE_ROUTE: RouteConfig = {
  method: 'get',
  path: '/console/{file}',
  summary: 'A file of the console',
  request: { params: z.object({ file: z.string() }) },
  responses: { 200: { description: 'Its octets.' } },
}
