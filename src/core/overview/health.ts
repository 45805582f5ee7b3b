import type { OverviewLedger } from './overview.ts'

/** What the verdict over a running program is made of. */
export type HealthFacts = {
  /** How long ago the gates said how they are; undefined before they did. */
  readonly silentMs: number | undefined
  /** What went wrong with calls within the last minute. */
  readonly faults: readonly string[]
  /** The same, and what went wrong beside them. */
  readonly alarms: readonly string[]
  readonly ledger: OverviewLedger
  /** Of the disk that the store lies on, in octets; undefined where the system does not say. */
  readonly freeBytes: number | undefined
  readonly diskBytes: number | undefined
  /** Limits that were hit since the start. */
  readonly limits: number
  /** How far the clock was set since the start. */
  readonly clockJumpMs: number
}

export type HealthLine = { readonly tone: 'bad' | 'wait' | 'good'; readonly words: string }

/** How it stands in sentences, the worst first; one good one where nothing is wrong. */
export function judgeHealth(facts: HealthFacts): {
  readonly verdict: readonly HealthLine[]
  readonly isSteady: boolean
} {
  const { silentMs, faults, alarms, ledger, freeBytes, diskBytes, limits, clockJumpMs } = facts
  const isSteady = Math.abs(clockJumpMs) < JUMP_MS
  const lines: HealthLine[] = []
  const say = (tone: HealthLine['tone'], words: string): void => void lines.push({ tone, words })
  if (silentMs === undefined || silentMs > SILENT_MS)
    say('bad', 'The gates have not said how they are for some seconds.')
  for (const fault of faults) say('bad', `Calls are touched: ${fault}.`)
  if (ledger.state === 'broken') say('bad', `The ledger does not hold: ${ledger.words}.`)
  if (freeBytes !== undefined && freeBytes < FREE_LEAST)
    say(
      'bad',
      `The disk is nearly full: ${formatOctets(freeBytes)} are left. Without room no block is recorded, and calls go on.`,
    )
  else if (freeBytes !== undefined && diskBytes !== undefined && freeBytes < diskBytes * FREE_SHARE)
    say('wait', `The disk gets full: ${formatOctets(freeBytes)} of ${formatOctets(diskBytes)} are left.`)
  for (const alarm of alarms) if (!faults.includes(alarm)) say('wait', `Calls are not touched, but: ${alarm}.`)
  if (!isSteady)
    say(
      'wait',
      `The clock was set by ${Math.round(clockJumpMs / 1000)} s since the start: times in the ledger jump there.`,
    )
  if (ledger.state === 'looking') say('wait', 'The ledger is being verified.')
  if (ledger.state === 'stopped') say('wait', `Nobody knows whether the ledger holds: ${ledger.words}.`)
  if (limits > 0)
    say('wait', limits === 1 ? 'One limit was hit since the start.' : `${limits} limits were hit since the start.`)
  if (lines.every(({ tone }) => tone !== 'bad')) {
    const isWell = lines.length === 0
    lines.unshift({
      tone: 'good',
      words: isWell ? 'Everything is well: calls are screened and recorded.' : 'Calls are screened and recorded.',
    })
  }
  return { verdict: lines, isSteady }
}

/** `512 MB`, `3.4 GB`. */
export function formatOctets(octets: number): string {
  const [unit, size] = UNITS.find(([, size]) => octets >= size) ?? ['octets', 1]
  const value = octets / size
  return `${value >= 100 || size === 1 ? Math.round(value) : Number(value.toPrecision(2))} ${unit}`
}

const UNITS = [
  ['TB', 1e12],
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
] as const
/** The process tells every second. */
const SILENT_MS = 5_000
/** Smaller steps are those of a service that keeps time. */
const JUMP_MS = 2_000
const FREE_LEAST = 500e6
const FREE_SHARE = 0.1
