// The thread of one probe: places its calls one after the other, tells how far it is, and ends.
import { parentPort, workerData } from 'node:worker_threads'
import { reportAsPage, summarize } from '#core/probe/report-page.ts'
import { reportAsJson } from '#core/probe/report.ts'
import { SCENARIOS } from '#core/probe/scenarios.ts'
import type { Target } from './call.ts'
import { Stop } from './exit.ts'
import { PAUSE_MS_MIN, runProbe } from './probe-run.ts'
import { visible } from './words.ts'
import type { ProbePlan } from '#core/probe/kept-probe.ts'
import type { ProbeEnd } from '#edge/store/probe-store.ts'

/** What it is started with; the target is resolved and allowed already. */
export type ProbeTask = {
  readonly plan: ProbePlan
  readonly target: Target
  /** By which the far end knows the calls of this run. */
  readonly token: string
  readonly startedMs: number
}

/** What it tells. */
export type ProbeTold =
  | { readonly kind: 'call'; readonly count: number; readonly scenario: string }
  | { readonly kind: 'end'; readonly end: Omit<ProbeEnd, 'at' | 'placed'> }

/** A whole run; all scenarios at 10 s each, and some. */
const DEADLINE_MS = 900_000
const main = parentPort!
const { plan, target, token, startedMs } = workerData as ProbeTask
const cancelled = new AbortController()
main.on('message', () => cancelled.abort())
const tell = (told: ProbeTold): void => main.postMessage(told, [])
const wanted = new Set(plan.scenarios)

try {
  const report = await runProbe({
    path: plan.via,
    target,
    from: plan.from,
    scenarios: SCENARIOS.filter(({ id }) => wanted.has(id)),
    numbers: ({ number }) => plan.to ?? `${plan.prefix}${number}`,
    token,
    startedMs,
    local: undefined,
    farEnd: plan.farEnd,
    timeoutMs: plan.timeoutMs,
    deadlineMs: DEADLINE_MS,
    pauseMs: 2 * PAUSE_MS_MIN,
    signal: cancelled.signal,
    onCall: (count, { id }) => tell({ kind: 'call', count, scenario: id }),
  })
  const { grade } = report
  const made = {
    json: reportAsJson(report),
    page: reportAsPage(report, visible),
    grade,
    points: grade === undefined ? undefined : report.points,
    words: summarize(report),
  }
  const state = cancelled.signal.aborted ? 'cancelled' : 'done'
  tell({ kind: 'end', end: { state, why: '', report: made } })
} catch (error) {
  if (!(error instanceof Stop)) throw error
  tell({ kind: 'end', end: { state: 'failed', why: error.message, report: undefined } })
}
main.close()
