import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RouteConfig } from '@hono/zod-openapi'
import { z } from '@hono/zod-openapi'
import { type OpenRoute, openRoute } from '#edge/http/accounts/guard.ts'
import { type ConsoleFile, readFile } from './console-build.ts'
import { answerFile } from './console-routes.ts'

/** The page that reads SIP answers in the browser: one file for everybody, which holds all that it needs. */
export type ExplainPage = {
  readonly file: ConsoleFile
  /** What its own text says may be done, and that nobody frames it, which only a header can say. */
  readonly policy: string
}

/** Reads it from a built console. Undefined where there is none; throws for one without its policy. */
export function readExplainPage(folder: string): ExplainPage | undefined {
  const path = join(folder, 'explain.html')
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw cause
  }
  const [, policy] = POLICY.exec(text) ?? []
  if (policy === undefined) throw new Error(`${path} has no policy of its own`)
  return { file: readFile(path), policy: `${policy}; frame-ancestors 'none'` }
}

/** Answers with the page: compressed, kept until it changes, and with its policy as a header too. */
export function answerExplain(request: Request, { file, policy }: ExplainPage): Promise<Response> {
  return answerFile(request, file, {
    'content-security-policy': policy,
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
  })
}

/** The same for the office, where it needs no account. */
export function explainRoutes(page: ExplainPage | undefined): readonly OpenRoute[] {
  return page === undefined ? [] : [openRoute(EXPLAIN, (context) => answerExplain(context.req.raw, page))]
}

const POLICY = /<meta http-equiv="Content-Security-Policy" content="([^"]+)"/
const EXPLAIN: RouteConfig = {
  method: 'get',
  path: '/explain',
  summary: 'What a SIP answer says, read in the browser',
  responses: { 200: { description: 'A page.', content: { 'text/html': { schema: z.string() } } } },
}
