import type { Context } from 'hono'
import { byOf } from '#core/account/accounts.ts'
import { type DialPlan, parseLeadingDigits, parseNumber } from '#core/call/number.ts'
import { formatParty } from '#core/call/party.ts'
import type { Office, Worked, Worker } from '#core/redress/office.ts'
import type { Parsed } from '#core/redress/parse.ts'
import type { InsideEnv } from '#edge/http/accounts/guard.ts'
import { tagOf } from '#edge/http/etag.ts'
import { Refused, formatPointer } from '#edge/http/problem.ts'

export type Ask = Context<InsideEnv>

export function workerOf(context: Ask): Worker {
  return byOf(context.get('who'))
}

/** A parameter of the path; a route without it would be a fault of ours. */
export function parameterOf(context: Ask, name: string): string {
  const value = context.req.param(name)
  if (value === undefined) throw new Error(`the route has no ${name}`)
  return value
}

/** The id of the case in the path; what has not the form of one is not there. */
export function caseOf(context: Ask): string {
  const id = parameterOf(context, 'id')
  if (PUBLIC_ID.test(id)) return id
  throw notThere()
}

export function notThere(): Refused {
  return new Refused('not-found', 'expected the id of a case that is kept here')
}

/** What a step came to, or the problem that it was. */
export function worked<Value extends { readonly kind: string }>(value: Value | Worked): Exclude<Value, NotDone> {
  if (isNotDone(value)) throw refusalOf(value)
  return value as Exclude<Value, NotDone>
}

type NotDone = Exclude<Worked, { readonly kind: 'done' }>

function isNotDone(value: { readonly kind: string }): value is NotDone {
  return NOT_DONE.has(value.kind)
}

/** Why nothing was done, as a problem. */
export function refusalOf(value: NotDone): Refused {
  if (value.kind === 'unknown') return notThere()
  if (value.kind === 'changed')
    return new Refused('changed', `the case has come to event ${value.seq} meanwhile: read it again, then decide`)
  if (value.kind === 'refused') return new Refused('bad-field', value.problem, { pointer: pointerOf(value.field) })
  return new Refused('not-saved', 'the store did not take it; the same request again does it once', {
    headers: { 'retry-after': String(Math.ceil(value.retryAfterMs / 1000)) },
  })
}

/** What a parser of core made of a body, or its first fault. */
export function parsed<T>(found: Parsed<T>, at = ''): T {
  if (found.kind === 'parsed') return found.value
  const [fault] = found.faults
  throw new Refused('bad-field', fault?.problem ?? 'not what was expected', {
    pointer: `${at}${fault === undefined || fault.field === '' ? '' : pointerOf(fault.field)}`,
  })
}

/** `claimant.email` and `numbers[3]` as a JSON pointer. */
function pointerOf(field: string): string {
  return formatPointer(field.replaceAll(/\[(\d+)\]/g, '.$1').split('.'))
}

/**
 * The entity tag of a case: the place that it has come to, and a digest of what is shown, since a clock moves some of it.
 * `seenOf` takes the place alone.
 */
export function tagOfCase(seq: number, body: string): string {
  return `"${seq}-${tagOf(body).slice(1, 12)}"`
}

/** The place that somebody has seen, of If-Match; undefined where none was said or it does not matter (`*`). */
export function seenOf(context: Ask, of = 'case'): number | undefined {
  const given = context.req.header('if-match')?.trim()
  if (given === undefined || given === '*') return undefined
  const [, seq] = /^"(\d{1,9})(?:-[A-Za-z0-9_-]{1,64})?"$/.exec(given) ?? []
  if (seq === undefined) throw new Refused('changed', `expected If-Match with the ETag of the ${of} as you read it`)
  return Number(seq)
}

/** The same, where a step must not be taken blindly. */
export function mustHaveSeen(context: Ask, of = 'case'): number | undefined {
  if (context.req.header('if-match') !== undefined) return seenOf(context, of)
  throw new Refused('no-match-said', `expected If-Match with the ETag of the ${of} as you read it, or *`)
}

/** A number in a query, as E.164 (the plus may have come as a space); without a plus it is read by the plan. */
export function numberOf(text: string, field: string, plan?: DialPlan, orElse = ''): string {
  const number = formatParty(parseNumber(text.replace(/^ /, '+').replaceAll(' ', ''), plan))
  if (/^\+\d{3,15}$/.test(number)) return number
  throw new Refused('bad-field', `expected a number with its country code, such as +12125550117${orElse}`, {
    pointer: formatPointer([field]),
  })
}

/** The same, or a block of numbers: the first digits and a star, such as `+1212555*`. */
export function numberOrBlockOf(text: string, field: string, plan?: DialPlan): string {
  const trimmed = text.trimEnd()
  if (!trimmed.endsWith('*')) return numberOf(text, field, plan, ', or the first digits and a star, such as +1212555*')
  const digits = parseLeadingDigits(trimmed.slice(0, -1).replace(/^ /, '+'), plan)
  if (digits !== undefined && digits.length <= 16) return `${digits}*`
  throw new Refused('bad-field', 'expected the first digits of numbers and a star, such as +1212555*', {
    pointer: formatPointer([field]),
  })
}

/** What the routes of cases work with. */
export type OfficeRouteParts = {
  readonly office: Office
  /** How numbers without a plus are read. */
  readonly plan?: DialPlan | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
}

const PUBLIC_ID = /^[A-Za-z0-9_-]{22}$/
const NOT_DONE: ReadonlySet<string> = new Set(['unknown', 'changed', 'refused', 'unsaved'])
