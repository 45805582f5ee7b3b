import { z } from '@hono/zod-openapi'
import { answerJson } from '#edge/http/accounts/ask.ts'
import { type Ask, parameterOf } from '#edge/http/office/ask.ts'
import { Refused } from '#edge/http/problem.ts'
import type { PolicyNotDone } from './policy-desk.ts'

/** What was done, or the problem that it was. */
export function done<Value extends { readonly kind: string }>(
  value: Value | PolicyNotDone,
): Exclude<Value, PolicyNotDone> {
  if (value.kind !== 'refused') return value as Exclude<Value, PolicyNotDone>
  const { problem, detail } = value as PolicyNotDone
  const headers = problem === 'busy' || problem === 'too-many' ? { 'retry-after': '10' } : {}
  throw new Refused(problem, detail, { headers })
}

/** What was found, or that there is nothing. */
export function there<Value>(value: Value | undefined, expected: string): Value {
  if (value === undefined) throw new Refused('not-found', `expected ${expected}`)
  return value
}

/** The version that was in force when somebody looked, of If-Match; a change without it would be blind. */
export function seenVersion({ req }: Ask): number {
  const given = req.header('if-match')?.trim()
  if (given === undefined)
    throw new Refused('no-match-said', 'expected If-Match with the ETag of the versions as you read them')
  const [, version] = /^"(\d{1,9})"$/.exec(given) ?? []
  if (version === undefined) throw new Refused('changed', 'expected If-Match with the version in force, such as "7"')
  return Number(version)
}

export function versionIn(context: Ask): number {
  const text = parameterOf(context, 'version')
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new Refused('not-found', 'expected the number of a version')
}

export function idIn(context: Ask): string {
  const id = parameterOf(context, 'id')
  if (/^[A-Za-z0-9_-]{22}$/.test(id)) return id
  throw new Refused('not-found', 'expected an id of 22 characters')
}

/** A value as the API has it: times as RFC 3339, and without the word by which we tell kinds apart. */
export function record(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(record)
  if (typeof value !== 'object' || value === null) return value
  const made: [string, unknown][] = []
  for (const [key, one] of Object.entries(value)) {
    if (key === 'kind') continue
    const time = TIMES.get(key)
    if (time !== undefined && typeof one === 'number') made.push([time, new Date(one).toISOString()])
    else made.push([key, record(one)])
  }
  return Object.fromEntries(made)
}

export function answerRecord(value: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return answerJson(record(value), headers)
}

export function wantsCsv({ req }: Ask): boolean {
  return (req.header('accept') ?? '').includes('text/csv')
}

/** A whole number as a query has it. */
export const wholeNumber = (words: string, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, words)
    .transform(Number)
    .refine((number) => number <= most, words)
    .optional()

const TIMES: ReadonlyMap<string, string> = new Map([
  ...['at', 'until', 'madeAt', 'firstAt', 'lastAt'].map((key) => [key, key] as const),
  ['sinceMs', 'since'],
])
