import { setTimeout as wait } from 'node:timers/promises'
import type { ProbeCall } from '#core/probe/compare.ts'
import { PROBE_FIELD, SCENARIO_FIELD, type Scenario, findById } from '#core/probe/scenario.ts'
import { SCENARIOS } from '#core/probe/scenarios.ts'
import { type Dialled, dial } from '#edge/prober/dial.ts'
import { EXIT, Stop } from './exit.ts'
import type { ProbeRun } from './probe-run.ts'
import { visible } from './words.ts'

/**
 * Places the calls one after the other, so that a path under test is asked no more than a person with a telephone could.
 * Throws `Stop` where the first cannot be placed; what goes wrong later is told in its call, and the others go on.
 */
export async function placeCalls(run: ProbeRun): Promise<ProbeCall[]> {
  const calls: ProbeCall[] = []
  const endMs = performance.now() + run.deadlineMs
  let gaveUp: string | undefined
  for (const [index, scenario] of run.scenarios.entries()) {
    const dialled = run.numbers(scenario)
    const leftMs = endMs - performance.now()
    const why = run.signal?.aborted === true ? STOPPED : leftMs <= 0 ? LATE : gaveUp
    if (why !== undefined) {
      calls.push({ scenario, dialled, end: { kind: 'not-measured', why } })
      continue
    }
    run.onCall(index + 1, scenario)
    const end = await callOnce(scenario, dialled, run, leftMs, index === 0)
    calls.push({ scenario, dialled, end })
    if (calls.length === SILENT_FIRST_MAX && calls.every(isSilent) && (await isDeaf(run)))
      gaveUp = `the first ${SILENT_FIRST_MAX} calls got no answer, nor did one that asks for a plain busy`
    if (index + 1 < run.scenarios.length) await wait(run.pauseMs)
  }
  return calls
}

async function callOnce(
  scenario: Scenario,
  to: string,
  run: ProbeRun,
  leftMs: number,
  isFirst: boolean,
): Promise<ProbeCall['end']> {
  const { host, port, transport } = run.target
  // A path that takes UDP only is not to blame for a form that is asked over TCP.
  const isOtherWay = scenario.transport === 'tcp' && transport === 'udp'
  const wantedMs = run.timeoutMs + spanOf(scenario)
  let answer: Dialled
  try {
    answer = await dialScenario(scenario, to, run, Math.min(wantedMs, leftMs))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    const said = visible(error.message)
    if (isOtherWay)
      return { kind: 'not-measured', why: `it is asked over TCP only, which is not to be had here: ${said}` }
    if (!isFirst) return { kind: 'not-measured', why: `the call could not be placed: ${said}` }
    throw new Stop(EXIT.outside, `cannot call ${host}:${port}: ${said}`, { cause: error })
  }
  if (answer.kind === 'answered') {
    const { response, provisional, afterMs } = answer
    return { kind: 'answered', octets: response.bytes.slice(response.start, response.end), provisional, afterMs }
  }
  if (answer.why.startsWith(NOBODY)) {
    if (isOtherWay)
      return { kind: 'not-measured', why: `it is asked over TCP only, and nothing listens there over TCP` }
    if (isFirst)
      throw new Stop(EXIT.outside, `nothing listens at ${host}:${port}; is the path running, and is this its port?`)
  }
  return leftMs < wantedMs ? { kind: 'not-measured', why: LATE } : { kind: 'silent', why: answer.why }
}

function dialScenario(scenario: Scenario, to: string, run: ProbeRun, timeoutMs: number): Promise<Dialled> {
  const { host, port, transport, name } = run.target
  const asked = scenario.transport === 'tcp' && transport === 'udp' ? 'tcp' : transport
  return dial({
    host,
    port,
    transport: asked,
    tls: asked === 'tls' ? (run.trust ?? { name, ...OF_THE_SYSTEM }) : undefined,
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
}

/** A path that loses notices answers a plain busy all the same; one that is not there does not. */
async function isDeaf(run: ProbeRun): Promise<boolean> {
  const control = findById(SCENARIOS, 'busy')!
  const { kind } = await callOnce(control, run.numbers(control), run, run.timeoutMs, false)
  return kind !== 'answered'
}

/** How long the far end takes for this answer on purpose. */
function spanOf({ before, finalAfterMs }: Scenario): number {
  return before.reduce((sum, { afterMs }) => sum + afterMs, finalAfterMs)
}

function isSilent({ end }: ProbeCall): boolean {
  return end.kind === 'silent'
}

const OF_THE_SYSTEM = { authorities: undefined, certificate: undefined, key: undefined }
const NOBODY = 'nothing listens'
const LATE = 'the run was over its --deadline'
const STOPPED = 'the run was cancelled'
/** Calls without an answer, from the first one on, after which a run asks whether anybody is there. */
const SILENT_FIRST_MAX = 3
