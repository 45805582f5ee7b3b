import { type Advice, type Guess, advise, guessProduct } from './advice.ts'
import { type Comparison, type ProbeCall, compareCall } from './compare.ts'
import { type Grading, gradePath } from './grade.ts'
import type { ReceivedCall } from './received.ts'

/** What one run of the prober found about a path. */
export type ProbeReport = Grading & {
  readonly path: string
  readonly from: string
  /** Milliseconds since 1970. */
  readonly startedMs: number
  readonly token: string
  /** Where the other end was looked at; undefined for a run with one end. */
  readonly farEnd: string | undefined
  readonly guess: Guess | undefined
  readonly advice: readonly Advice[]
  readonly comparisons: readonly Comparison[]
  /** What keeps this report from being all it was to be, in sentences. */
  readonly doubts: readonly string[]
}

/** Compares, grades and advises. */
export function reportOn(
  run: Pick<ProbeReport, 'path' | 'from' | 'startedMs' | 'token' | 'farEnd'>,
  calls: readonly ProbeCall[],
  received: readonly ReceivedCall[] | undefined,
): ProbeReport {
  const comparisons = calls.map((call) => compareCall(call, received))
  const grading = gradePath(comparisons)
  const guess = guessProduct(comparisons)
  return { ...run, ...grading, guess, advice: advise(grading.deductions, guess), comparisons, doubts: [] }
}

/** The report as one JSON object; `format` names its version. */
export function reportAsJson({ comparisons, ...report }: ProbeReport): string {
  const scenarios = comparisons.map(({ scenario: { id, title, group, cite }, ...comparison }) => ({
    id,
    title,
    group,
    cite,
    ...comparison,
  }))
  return JSON.stringify({ format: 'recourse-probe-1', ...report, scenarios })
}
