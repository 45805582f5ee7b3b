import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { type Accounts, type Refusal, parseAccountName } from '#core/account/accounts.ts'
import type { DialPlan } from '#core/call/number.ts'
import { PERMISSIONS, ROLES } from '#core/account/permission.ts'
import { parseFormBody, parseJsonBody, readBody } from '#edge/http/body.ts'
import { clientOf, networkOf } from '#edge/http/connection.ts'
import { PROBLEMS, type ProblemKind, Refused, formatPointer, problemSchema } from '#edge/http/problem.ts'
import type { InsideEnv } from './guard.ts'
import type { Make, OnceTerms } from './once.ts'

/** What the routes of accounts work with. */
export type AccountRouteParts = {
  readonly accounts: Accounts
  /** Where pages are served, as an origin. */
  readonly origin: string
  readonly isProxy: (address: string) => boolean
  /** Whether the data here are made up, which every page then says. */
  readonly isSample: boolean
  /** How numbers without a plus are read here. */
  readonly dialPlan?: DialPlan | undefined
}

/** What was done, or the problem that it came to. */
export function done<Value extends { readonly kind: string }>(value: Value | Refusal): Exclude<Value, Refusal> {
  if (isRefusal(value)) throw refusalOf(value)
  return value as Exclude<Value, Refusal>
}

export function isRefusal(value: { readonly kind: string }): value is Refusal {
  return value.kind === 'refused'
}

/** A refusal of accounts as a problem over HTTP. */
export function refusalOf({ problem, detail, field, retryAfterMs }: Refusal): Refused {
  const headers = { ...(retryAfterMs !== undefined && { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }) }
  return new Refused(problem, detail, { headers, ...(field !== undefined && { pointer: formatPointer([field]) }) })
}

export async function readJsonOf<Schema extends z.ZodType>(
  context: Context<InsideEnv>,
  schema: Schema,
): Promise<z.output<Schema>> {
  return parseJsonBody(schema, await readBody(context.req.raw))
}

/**
 * Answers a POST once for each `Idempotency-Key` of an account, by the one memory of the inside. Every POST of its API goes this way
 * or stands, with its reason, among those that the walk along them leaves out.
 */
export function answerOnce(context: Context<InsideEnv>, make: Make, terms?: OnceTerms): Promise<Response> {
  const { account } = context.get('who')
  return context.get('once').answer({ request: context.req.raw, account, path: context.req.path }, make, terms)
}

export async function readFormOf<Schema extends z.ZodType>(
  context: Context<InsideEnv>,
  schema: Schema,
): Promise<z.output<Schema>> {
  return parseFormBody(schema, await readBody(context.req.raw), NO_LISTS)
}

/** Who asks, as far as limits go. */
export function askingNetwork(context: Context<InsideEnv>, isProxy: AccountRouteParts['isProxy']): string {
  return networkOf(clientOf(context, isProxy))
}

export function answerJson(value: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${JSON.stringify(value)}\n`, {
    headers: { 'content-type': JSON_BODY, 'cache-control': 'no-store', ...headers },
  })
}

export function answerNothing(headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(undefined, { status: 204, headers: { 'cache-control': 'no-store', ...headers } })
}

/** The refusals of a route, by status, for its description. */
export function problemsOf(...kinds: readonly ProblemKind[]) {
  const statuses = new Map<number, string[]>()
  for (const kind of kinds) {
    const [status, title] = PROBLEMS[kind]
    statuses.set(status, [...(statuses.get(status) ?? []), `\`${kind}\`: ${title}.`])
  }
  return Object.fromEntries(
    Array.from(statuses, ([status, titles]) => [
      status,
      { description: titles.join(' '), content: { 'application/problem+json': { schema: problemSchema } } },
    ]),
  )
}

/** A JSON body of a schema, as descriptions have it. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { body: { required: true, content: { [JSON_BODY]: { schema } } } } as const
}

export function jsonAnswer<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { [JSON_BODY]: { schema } } }
}

/** Text of one line, without control characters. */
export function line(max: number, words: string) {
  return z.string(words).refine((text) => text.length <= max && !/\p{Cc}/u.test(text), words)
}

export const JSON_BODY = 'application/json'
export const FORM_BODY = 'application/x-www-form-urlencoded'
const NO_LISTS: ReadonlySet<string> = new Set()

export const accountNameSchema = z
  .string('expected a name')
  .refine((text) => parseAccountName(text) !== undefined, 'expected 2 to 64 letters, digits and . _ @ + -')
  .openapi({ example: 'ann@northwire.example' })
/** Never checked but for its length where somebody signs in: what is wrong is told in one way only. */
export const passwordSchema = line(1_024, 'expected a password in one line')
export const codeSchema = line(64, 'expected a code')
export const roleSchema = z.enum(ROLES, `expected one of ${ROLES.join(', ')}`).openapi('Role')
export const permissionSchema = z.enum(PERMISSIONS, `expected one of ${PERMISSIONS.join(', ')}`).openapi('Permission')
