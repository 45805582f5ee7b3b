import { type ProbeReport, reportOn } from '#core/probe/report.ts'
import type { Scenario } from '#core/probe/scenario.ts'
import type { TlsTrust } from '#edge/prober/dial.ts'
import type { Target } from './call.ts'
import { EXIT, Stop } from './exit.ts'
import { placeCalls } from './probe-calls.ts'
import { type FarEndAfter, lookAfter, lookBefore } from './probe-far-end.ts'

/** One run of the prober, as a command or a person inside asked for it. */
export type ProbeRun = {
  /** The path as it was typed; the report names it so. */
  readonly path: string
  readonly target: Target
  /** Whom to trust over TLS, and what to show; the authorities of the system where not said. */
  readonly trust?: TlsTrust | undefined
  readonly from: string
  readonly scenarios: readonly Scenario[]
  readonly numbers: (scenario: Scenario) => string
  readonly token: string
  readonly startedMs: number
  readonly local: string | undefined
  readonly farEnd: string | undefined
  /** For each call, beside the time that its scenario takes. */
  readonly timeoutMs: number
  readonly deadlineMs: number
  readonly pauseMs: number
  /** Aborted, no further call is placed; the one under way ends by itself, so that nothing is left ringing. */
  readonly signal?: AbortSignal
  /** Told before each call, which is counted from 1. */
  readonly onCall: (count: number, scenario: Scenario) => void
  readonly onEnd?: () => void
}

/**
 * Places the calls and compares what came back. Throws `Stop` where nothing can be measured; a far end that is lost after the
 * calls leaves a report of one end, with a doubt that says so.
 */
export async function runProbe(run: ProbeRun): Promise<ProbeReport> {
  const { token, from, path, startedMs } = run
  const before = run.farEnd === undefined ? undefined : await lookBefore(run.farEnd, { token, from })
  if (before?.kind === 'unreadable') throw new Stop(EXIT.outside, before.why)
  const calls = await placeCalls(run).finally(() => run.onEnd?.())
  const after = before === undefined ? undefined : await lookAfter(before, calls)
  const received = after?.kind === 'calls' ? after.calls : undefined
  const farEnd = received === undefined ? undefined : run.farEnd
  const report = reportOn({ path, from, startedMs, token, farEnd }, calls, received)
  return { ...report, doubts: doubtsOf(after, report) }
}

/** What has to be known of a report that is not all it was to be. */
function doubtsOf(after: FarEndAfter | undefined, { comparisons }: ProbeReport): string[] {
  if (after?.kind === 'unreadable') return [`${after.why}; this report is of one end only`]
  const isShort = comparisons.some(({ arrivals }) => arrivals === 0)
  return after !== undefined && after.forgotten > 0 && isShort
    ? [
        `the far end has forgotten ${after.forgotten} calls, perhaps some of this run: start it anew, or use its --record`,
      ]
    : []
}

/** Twenty calls a second at most. */
export const PAUSE_MS_MIN = 50
