import type { LiftScope } from './decision.ts'
import { LIFTS_MAX, RANGE_MAX } from './parse.ts'

/**
 * Writes out a decision as somebody asks for it in short: `lift` and `partly` without `lifts` are for all contested numbers,
 * on the terms `until`, `attestation` and `rule` beside them. What it makes is for `parseDecision`; what is written out already, or is no decision at all, stays as it is.
 */
export function writeOutDecision(input: unknown, numbers: readonly string[]): unknown {
  if (typeof input !== 'object' || input === null) return input
  const { until, attestation, rule, ...rest } = input as Readonly<Record<string, unknown>>
  const isShort = (rest['outcome'] === 'lift' || rest['outcome'] === 'partly') && rest['lifts'] === undefined
  if (!isShort) return input
  return { ...rest, lifts: scopesOf(numbers).map((scope) => ({ scope, until, attestation, rule })) }
}

/**
 * Scopes that hold these E.164 numbers and no other: one for each, or where a decision cannot have so many, numbers that
 * follow each other as one range.
 */
export function scopesOf(numbers: readonly string[]): LiftScope[] {
  const sorted = [...new Set(numbers)].toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1))
  if (sorted.length <= LIFTS_MAX) return sorted.map((number) => ({ kind: 'number', number }))
  const runs: { first: string; last: string; count: number }[] = []
  for (const number of sorted) {
    const run = runs.at(-1)
    if (run !== undefined && run.count < RANGE_MAX && isNext(run.last, number)) {
      run.last = number
      run.count++
    } else runs.push({ first: number, last: number, count: 1 })
  }
  return runs.map(({ first, last }) =>
    first === last ? { kind: 'number', number: first } : { kind: 'range', first, last },
  )
}

function isNext(before: string, number: string): boolean {
  return before.length === number.length && Number(number.slice(1)) === Number(before.slice(1)) + 1
}
