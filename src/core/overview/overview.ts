/** How everything stands at one time, with what happened before it. */
export type Overview = {
  readonly at: number
  readonly verdict: readonly Sentence[]
  readonly sliceMs: number
  /** Since when calls are counted; undefined once all that is kept is. */
  readonly knownSince: number | undefined
  /** Where each slice begins. */
  readonly times: readonly number[]
  readonly screened: readonly number[]
  readonly blocked: readonly number[]
  readonly causes: readonly OverviewLine[]
  readonly rules: readonly OverviewLine[]
  readonly delays: OverviewDelays
  readonly cases: OverviewCases
  readonly gates: OverviewGates
  readonly alarms: readonly string[]
  readonly peers: readonly OverviewPeer[]
  readonly ledger: OverviewLedger
}

export type Span = keyof typeof SPANS

/** How far back one looks, and how long a slice is; each is some hundred slices. */
export const SPANS = {
  '1h': { spanMs: 3_600_000, sliceMs: 60_000 },
  '24h': { spanMs: 86_400_000, sliceMs: 900_000 },
  '7d': { spanMs: 604_800_000, sliceMs: 7_200_000 },
  '28d': { spanMs: 2_419_200_000, sliceMs: 21_600_000 },
} as const

export type OverviewLine = { readonly name: string; readonly total: number; readonly values: readonly number[] }
/** How long calls waited for their answers, measured while the process runs. */
export type OverviewDelays = {
  /** Since when is measured; undefined before the gates said anything. */
  readonly since: number | undefined
  /** Those slices in which calls were answered. */
  readonly slices: readonly (Delay & { readonly at: number })[]
  /** The whole span; undefined where no call was answered. */
  readonly total: Delay | undefined
}
/** Milliseconds that half of the calls waited at most, and 99 of 100, and how many calls that were. */
export type Delay = { readonly half: number; readonly most: number; readonly calls: number }
export type OverviewCases = {
  readonly open: number
  readonly overdue: number
  readonly ages: readonly { readonly words: string; readonly count: number }[]
}
export type OverviewGates = {
  readonly state: 'up' | 'troubled' | 'unknown'
  readonly words: string
  readonly listening: readonly string[]
}
export type OverviewPeer = { readonly name: string; readonly last: number | undefined; readonly calls: number }
export type OverviewLedger = {
  /** `stopped`: what verified it came to no end the last time; `checkedAt` and `entries` are of the time before. */
  readonly state: 'verified' | 'broken' | 'looking' | 'stopped'
  readonly checkedAt: number | undefined
  readonly entries: number
  readonly words: string
}

/** One sentence of a verdict: `bad` and `wait` need a person. `to` is the page where she goes on. */
export type Sentence = {
  readonly tone: 'bad' | 'wait' | 'quiet'
  readonly words: string
  /** Since when, where that belongs to it: whoever reads it has a clock of her own. */
  readonly since?: number | undefined
  readonly to?: string | undefined
}
