import type { Delay, OverviewCases, OverviewGates, OverviewLedger, Sentence } from './overview.ts'

/** What a verdict goes by. */
export type Standing = {
  readonly cases: OverviewCases
  readonly gates: OverviewGates
  readonly alarms: readonly string[]
  readonly ledger: OverviewLedger
  /** Blocks of the latest hours beside the same hours of the day before; undefined where those are not known. */
  readonly change: BlockingChange | undefined
  /** How long calls of the last hour waited for their answers; undefined where none came. */
  readonly delay: Delay | undefined
  /** Calls screened and blocked within the last 24 hours. */
  readonly day: { readonly screened: number; readonly blocked: number }
}

export type BlockingChange = {
  /** When the hours that are compared began. */
  readonly since: number
  readonly now: number
  readonly before: number
  /** By rule. */
  readonly rules: ReadonlyMap<string, { readonly now: number; readonly before: number }>
}

/** How it stands, in sentences: what needs a person first, then one that says what is normal. */
export function judgeStanding(standing: Standing): Sentence[] {
  const { cases, gates, alarms, ledger, change, delay, day } = standing
  const found: (Sentence | undefined)[] = [
    ledger.state === 'broken' ? { tone: 'bad', words: `The ledger does not verify: ${ledger.words}` } : undefined,
    ledger.state === 'stopped'
      ? { tone: 'wait', words: `Nobody knows whether the ledger verifies: ${ledger.words}` }
      : undefined,
    gates.state === 'troubled' ? { tone: 'bad', words: gates.words } : undefined,
    gates.state === 'unknown' ? { tone: 'wait', words: gates.words } : undefined,
    cases.overdue === 0
      ? undefined
      : {
          tone: 'bad',
          words: `${counted(cases.overdue, 'case is', 'cases are')} overdue`,
          to: '/cases?overdue=true',
        },
    // An overdue case has a sentence of its own.
    ...alarms
      .filter((words) => !words.startsWith('a case is overdue'))
      .map((words): Sentence => ({ tone: 'bad', words: upper(words) })),
    delay && sentenceOfDelay(delay),
    change && sentenceOfChange(change),
  ]
  const needs = found.filter((one) => one !== undefined)
  return [...needs, quietWords(needs.length > 0, cases, day)]
}

/** Waiting is told where one call in 100 is answered so late that who asked asks again: after T1, RFC 3261 §17.1.1.2. */
function sentenceOfDelay({ most, calls }: Delay): Sentence | undefined {
  if (calls < DELAY_CALLS_MIN || most < T1_MS) return undefined
  return {
    tone: 'wait',
    words: `One call in 100 waited ${formatCount(Math.round(most))} ms or longer for its answer within the last hour; callers ask again after ${T1_MS} ms`,
  }
}

/** A change is told where chance does not make it: at least 20 calls, a quarter, and three times the usual scatter. */
export function sentenceOfChange({ since, now, before, rules }: BlockingChange): Sentence | undefined {
  const moved = now - before
  const least = Math.max(CHANGE_CALLS_MIN, before * CHANGE_SHARE_MIN, SCATTERS * Math.sqrt(before))
  if (Math.abs(moved) < least) return undefined
  const [rule] = Array.from(rules)
    .map(([name, of]) => ({ name, moved: (of.now - of.before) * Math.sign(moved) }))
    .toSorted((a, b) => b.moved - a.moved)
  const way = moved > 0 ? 'rose' : 'fell'
  const from = before === 0 ? 'nothing' : formatCount(before)
  const much =
    now > before * FOLD_TOLD_MAX
      ? `from ${from} to ${formatCount(now)} calls`
      : `${formatCount(Math.round((Math.abs(moved) / before) * 100))} %`
  const by = rule === undefined || rule.moved <= 0 ? '' : `, rule ${rule.name}`
  const filter = rule === undefined || rule.moved <= 0 ? '' : `&rule=${encodeURIComponent(rule.name)}`
  return {
    tone: 'wait',
    words: `Blocking ${way} ${much} against the day before${by}`,
    since,
    to: `/blocks?from=${encodeURIComponent(new Date(since).toISOString())}${filter}`,
  }
}

function quietWords(isMore: boolean, { open }: OverviewCases, { screened, blocked }: Standing['day']): Sentence {
  const calls =
    screened + blocked === 0
      ? 'no call was screened within 24 hours'
      : `${counted(blocked, 'call', 'calls')} of ${formatCount(Math.max(screened, blocked))} blocked within 24 hours`
  const waiting = open === 0 ? 'no case is open' : `${counted(open, 'case is', 'cases are')} open`
  return { tone: 'quiet', words: `${isMore ? 'Else' : 'Nothing needs you'}: ${calls}, ${waiting}` }
}

function counted(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** 65,535: with commas, whatever the machine's language. */
function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:[0-9]{3})+$)/g, ',')
}

function upper(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const T1_MS = 500
/** A rise to more than so many times as much is told in calls: thousands of percent say nothing. */
const FOLD_TOLD_MAX = 10
/** Of fewer calls the slowest of 100 says nothing. */
const DELAY_CALLS_MIN = 100
const CHANGE_CALLS_MIN = 20
const CHANGE_SHARE_MIN = 0.25
const SCATTERS = 3
