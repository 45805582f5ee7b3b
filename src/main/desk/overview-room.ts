// One thing: the overview of a running Recourse, made of what is counted of its store and what the process says of itself.
import {
  type Delay,
  type Overview,
  type OverviewLine,
  type OverviewLedger,
  SPANS,
  type Span,
} from '#core/overview/overview.ts'
import { type BlockingChange, judgeStanding } from '#core/overview/verdict.ts'
import { delayWithin } from '#core/transaction/answer-delays.ts'
import type { FlowReader } from '#edge/store/flow-reader.ts'
import type { DelaySlices } from './delay-slices.ts'
import type { ProcessState } from './desk-messages.ts'
import { FLOW_SLICE_MS, Flow } from './flow.ts'

export type OverviewRoom = {
  read(span: Span): Overview
  /** What was counted of a peer's calls, of all that is counted: since `peersSince`. */
  peer(name: string): { readonly last: number; readonly calls: number; readonly blocked: number } | undefined
  peersSince(): number | undefined
  close(): void
}

export type OverviewTerms = {
  readonly reader: FlowReader
  /** What the process last said of its gates; undefined before it did. */
  readonly process: () => ProcessState | undefined
  /** What the process said of delays. */
  readonly delays: DelaySlices
  readonly ledger: () => OverviewLedger
  /** Names of those who may ask. */
  readonly peers: () => readonly string[]
  readonly now: () => number
  readonly alarm: (cause: unknown) => void
}

/** Begins to count, and goes on: quickly as long as there is something to catch up with. */
export function openOverview(terms: OverviewTerms): OverviewRoom {
  const { reader, now, alarm } = terms
  const flow = new Flow(reader, SPANS['28d'].spanMs)
  let timer: NodeJS.Timeout | undefined
  const step = (): void => {
    let isMore = false
    try {
      isMore = flow.step(now())
    } catch (cause) {
      alarm(cause)
    }
    timer = setTimeout(step, isMore ? CATCH_UP_MS : FOLLOW_MS)
    timer.unref()
  }
  step()
  return {
    read: (span) => readOverview(flow, terms, span),
    peer: (name) => flow.peers.get(name),
    peersSince: () => flow.callsSince(),
    close() {
      clearTimeout(timer)
      reader.close()
    },
  }
}

function readOverview(flow: Flow, terms: OverviewTerms, span: Span): Overview {
  const { now, reader, delays } = terms
  const at = now()
  const { sliceMs } = SPANS[span]
  const begin = beginOf(span, at)
  const times = Array.from({ length: Math.floor((at - begin) / sliceMs) + 1 }, (_, index) => begin + index * sliceMs)
  const screened = times.map(() => 0)
  const blocked = times.map(() => 0)
  const causes = new Map<string, number[]>()
  const rules = new Map<string, number[]>()
  const add = (lines: Map<string, number[]>, name: string, index: number, count: number): void => {
    const line = lines.get(name) ?? times.map(() => 0)
    lines.set(name, line)
    line[index]! += count
  }
  for (const [slice, count] of flow.screened) {
    if (slice >= begin) screened[Math.floor((slice - begin) / sliceMs)]! += count
  }
  for (const [slice, counts] of flow.blocked) {
    if (slice < begin) continue
    const index = Math.floor((slice - begin) / sliceMs)
    for (const [key, count] of counts) {
      const [cause = '', rule = ''] = key.split('\n')
      blocked[index]! += count
      add(causes, cause, index, count)
      add(rules, rule, index, count)
    }
  }
  const cases = casesOf(reader, at)
  const state = terms.process()
  const gates = gatesOf(state, at)
  const alarms = state?.alarms ?? []
  const ledger = terms.ledger()
  const known = flow.knownSince()
  const day = beginOf('24h', at)
  const verdict = judgeStanding({
    cases,
    gates,
    alarms,
    ledger,
    change: changeOf(flow, at, known),
    delay: delayOf(delays.from('1h', at - HOUR_MS)),
    day: { screened: sumSince(flow.screened, day), blocked: blockedBetween(flow, day, at).total },
  })
  return {
    at,
    verdict,
    sliceMs,
    knownSince: known !== undefined && known > begin ? known : undefined,
    times,
    screened,
    blocked,
    causes: linesOf(causes, CAUSES_MAX),
    rules: linesOf(rules, RULES_MAX),
    delays: {
      since: delays.since(),
      slices: times.flatMap((at) => {
        const delay = delayOf(delays.slice(span, at))
        return delay === undefined ? [] : [{ at, ...delay }]
      }),
      total: delayOf(delays.from(span, begin)),
    },
    cases,
    gates,
    alarms,
    peers: terms.peers().map((name) => {
      const seen = flow.peers.get(name)
      return { name, last: seen?.last, calls: seen?.calls ?? 0 }
    }),
    ledger,
  }
}

/** Where a span begins: with a whole slice, for its sums in words as for its chart, so that both say the same. */
function beginOf(span: Span, at: number): number {
  const { spanMs, sliceMs } = SPANS[span]
  return Math.ceil((at - spanMs) / sliceMs) * sliceMs
}

function delayOf(counts: readonly number[] | undefined): Delay | undefined {
  const half = counts && delayWithin(counts, 0.5)
  const most = counts && delayWithin(counts, 0.99)
  if (half === undefined || most === undefined) return undefined
  return { half, most, calls: counts!.reduce((sum, count) => sum + count, 0) }
}

/** The hour under way and the two before it, against the same hours of the day before. */
function changeOf(flow: Flow, at: number, knownSince: number | undefined): BlockingChange | undefined {
  const since = Math.floor(at / HOUR_MS) * HOUR_MS - 2 * HOUR_MS
  if (knownSince !== undefined && knownSince > since - DAY_MS) return undefined
  // What began to be screened within the day before has nothing to be compared with.
  if (flow.oldest() > since - DAY_MS) return undefined
  const now = blockedBetween(flow, since, at)
  const before = blockedBetween(flow, since - DAY_MS, at - DAY_MS)
  const names = new Set([...now.rules.keys(), ...before.rules.keys()])
  const rules = new Map(
    Array.from(
      names,
      (name) => [name, { now: now.rules.get(name) ?? 0, before: before.rules.get(name) ?? 0 }] as const,
    ),
  )
  return { since, now: now.total, before: before.total, rules }
}

function blockedBetween(flow: Flow, from: number, to: number) {
  const rules = new Map<string, number>()
  let total = 0
  for (const [slice, counts] of flow.blocked) {
    if (slice < from || slice + FLOW_SLICE_MS > to + FLOW_SLICE_MS) continue
    for (const [key, count] of counts) {
      const rule = key.slice(key.indexOf('\n') + 1)
      rules.set(rule, (rules.get(rule) ?? 0) + count)
      total += count
    }
  }
  return { rules, total }
}

function sumSince(counts: ReadonlyMap<number, number>, from: number): number {
  let sum = 0
  for (const [slice, count] of counts) if (slice >= from) sum += count
  return sum
}

/** The largest, and one line for the others. */
function linesOf(lines: ReadonlyMap<string, number[]>, max: number): OverviewLine[] {
  const all = Array.from(lines, ([name, values]) => ({
    name,
    values,
    total: values.reduce((sum, one) => sum + one, 0),
  })).toSorted((a, b) => b.total - a.total)
  const others = all.slice(max)
  if (others.length === 0) return all
  const values = others[0]!.values.map((_, index) => others.reduce((sum, line) => sum + line.values[index]!, 0))
  return [...all.slice(0, max), { name: '', values, total: others.reduce((sum, { total }) => sum + total, 0) }]
}

function casesOf(reader: FlowReader, at: number): Overview['cases'] {
  const { open, overdue, since } = reader.cases(
    at,
    AGES.map(([, ms]) => at - ms),
  )
  const ages = AGES.map(([words], index) => ({ words, count: since[index]! - (since[index - 1] ?? 0) }))
  return { open, overdue, ages: [...ages, { words: 'Older', count: open - (since.at(-1) ?? 0) }] }
}

function gatesOf(state: ProcessState | undefined, at: number): Overview['gates'] {
  if (state === undefined || at - state.at > SILENT_MS)
    return {
      state: 'unknown',
      words: 'The gates have not said how they are for some seconds',
      listening: state?.listening ?? [],
    }
  const { listening, faults } = state
  const [fault] = faults
  if (fault !== undefined) return { state: 'troubled', words: `A gate is in trouble: ${fault}`, listening }
  return { state: 'up', words: 'Every gate is up', listening }
}

const AGES = [
  ['Under a day', 86_400_000],
  ['1 to 3 days', 3 * 86_400_000],
  ['3 to 7 days', 7 * 86_400_000],
  ['1 to 4 weeks', 28 * 86_400_000],
] as const
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const CATCH_UP_MS = 150
const FOLLOW_MS = 1_000
/** The process tells every second. */
const SILENT_MS = 5_000
const CAUSES_MAX = 6
const RULES_MAX = 5
