import { setTimeout as wait } from 'node:timers/promises'
import type { ProbeCall } from '#core/probe/compare.ts'
import type { ReceivedCall } from '#core/probe/received.ts'
import { type ProbeReport, reportOn } from '#core/probe/report.ts'
import { PROBE_FIELD, SCENARIO_FIELD, type Scenario } from '#core/probe/scenario.ts'
import { type Dialled, dial } from '#edge/prober/dial.ts'
import { nameTransaction, readFarEnd } from '#edge/prober/far-end.ts'
import type { Target } from './call.ts'
import { EXIT, Stop } from './exit.ts'
import { nameInput, visible } from './words.ts'

/** One run of the prober, as a command or a person inside asked for it. */
export type ProbeRun = {
  /** The path as it was typed; the report names it so. */
  readonly path: string
  readonly target: Target
  readonly from: string
  readonly scenarios: readonly Scenario[]
  readonly numbers: (scenario: Scenario) => string
  readonly token: string
  readonly startedMs: number
  readonly local: string | undefined
  readonly farEnd: string | undefined
  readonly timeoutMs: number
  readonly deadlineMs: number
  readonly pauseMs: number
  /** Aborted, no further call is placed; the one under way ends by itself, so that nothing is left ringing. */
  readonly signal?: AbortSignal
  /** Told before each call, which is counted from 1. */
  readonly onCall: (count: number, scenario: Scenario) => void
  readonly onEnd?: () => void
}

/** Places the calls and compares what came back. Throws `Stop` where nothing can be measured. */
export async function runProbe(run: ProbeRun): Promise<ProbeReport> {
  const { token, from, path, startedMs, farEnd } = run
  const names = [token, from]
  const before = farEnd === undefined ? [] : await readFarEndOrStop(farEnd, names, true)
  let calls: ProbeCall[]
  try {
    calls = await placeCalls(run)
  } finally {
    run.onEnd?.()
  }
  const received = farEnd === undefined ? undefined : await readNewCalls(farEnd, names, before, calls)
  return reportOn({ path, from, startedMs, token, farEnd }, calls, received)
}

/** One call after the other, so that a path under test is asked no more than a person with a telephone could. */
async function placeCalls(run: ProbeRun): Promise<ProbeCall[]> {
  const { scenarios } = run
  const calls: ProbeCall[] = []
  const endMs = performance.now() + run.deadlineMs
  for (const [index, scenario] of scenarios.entries()) {
    const dialled = run.numbers(scenario)
    const leftMs = endMs - performance.now()
    if (leftMs <= 0 || run.signal?.aborted === true) {
      const why = leftMs <= 0 ? 'the run was over its --deadline' : 'the run was cancelled'
      calls.push({ scenario, dialled, end: { kind: 'not-dialled', why } })
      continue
    }
    run.onCall(index + 1, scenario)
    const answer = await dialScenario(scenario, dialled, run, Math.min(run.timeoutMs, leftMs))
    calls.push({ scenario, dialled, end: endOf(answer) })
    if (index === 0 && answer.kind === 'silent' && answer.why.startsWith('nothing listens')) {
      run.onEnd?.()
      throw new Stop(
        EXIT.outside,
        `nothing listens at ${run.target.host}:${run.target.port}; is the path running, and is this its port?`,
      )
    }
    if (index + 1 < scenarios.length) await wait(run.pauseMs)
  }
  return calls
}

async function dialScenario(scenario: Scenario, to: string, run: ProbeRun, timeoutMs: number): Promise<Dialled> {
  const { host, port, transport, name } = run.target
  const asked = scenario.transport === 'tcp' && transport === 'udp' ? 'tcp' : transport
  try {
    return await dial({
      host,
      port,
      transport: asked,
      tls: asked === 'tls' ? { name, authorities: undefined, certificate: undefined, key: undefined } : undefined,
      from: run.from,
      to,
      displayName: undefined,
      localAddress: run.local,
      timeoutMs,
      fields: [
        [PROBE_FIELD, run.token],
        [SCENARIO_FIELD, scenario.id],
      ],
    })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    throw new Stop(EXIT.outside, `cannot call ${host}:${port}: ${visible(error.message)}`, { cause: error })
  }
}

function endOf(dialled: Dialled): ProbeCall['end'] {
  if (dialled.kind === 'silent') return { kind: 'silent', why: dialled.why }
  const { response, provisional, afterMs } = dialled
  return { kind: 'answered', octets: response.bytes.slice(response.start, response.end), provisional, afterMs }
}

async function readFarEndOrStop(
  where: string,
  names: readonly string[],
  isFirst = false,
): Promise<readonly ReceivedCall[]> {
  const read = await readFarEnd(where, names)
  if (read.kind === 'calls') return read.calls
  // A record that nothing was added to yet need not be there.
  if (isFirst && read.why === 'ENOENT') return []
  throw new Stop(
    EXIT.outside,
    `--far-end ${nameInput(where)} cannot be read (${visible(read.why)}): expected the --http door of recourse answer, or its --record file`,
  )
}

/** What came in this run. A file gets a call when its transaction is over, some seconds after its answer. */
async function readNewCalls(
  where: string,
  names: readonly string[],
  before: readonly ReceivedCall[],
  calls: readonly ProbeCall[],
): Promise<ReceivedCall[]> {
  const old = new Set(before.map(nameTransaction))
  const answered = calls.filter(({ end }) => end.kind === 'answered').length
  const isFile = !/^https?:\/\//i.test(where)
  for (let tries = 1; ; tries++) {
    const found = await readFarEndOrStop(where, names, isFile && tries < FILE_TRIES)
    const fresh = found.filter((call) => !old.has(nameTransaction(call)))
    const seen = new Set(fresh.map(({ scenario }) => scenario)).size
    if (!isFile || seen >= answered || tries >= FILE_TRIES) return fresh
    await wait(1_000)
  }
}

/** Twenty calls a second at most. */
export const PAUSE_MS_MIN = 50
/** Seconds that a file is waited for: calls over UDP are over 5 s after their ACK. */
const FILE_TRIES = 15
