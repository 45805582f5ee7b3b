/** How long INVITEs waited for their answers: counts by steps of a tenth of a decade, from 10 µs to 10 s. Adding allocates nothing. */
export class AnswerDelays {
  /** One for each of `DELAY_BOUNDS_MS`, then one for what took longer than the last. */
  readonly counts = new Float64Array(DELAY_BOUNDS_MS.length + 1)
  sumMs = 0

  add(delayMs: number): void {
    let low = 0
    let high = DELAY_BOUNDS_MS.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (delayMs <= DELAY_BOUNDS_MS[middle]!) high = middle
      else low = middle + 1
    }
    this.counts[low]!++
    this.sumMs += delayMs
  }
}

/** Counts as they stood at one time: plain data, which threads tell each other. */
export type DelayCounts = { readonly counts: readonly number[]; readonly sumMs: number }

/** Nothing counted. */
export function noDelays(): DelayCounts {
  return { counts: Array.from({ length: DELAY_BOUNDS_MS.length + 1 }, () => 0), sumMs: 0 }
}

/** Counts of several gates as one. */
export function sumDelays(all: readonly DelayCounts[]): DelayCounts {
  return {
    counts: noDelays().counts.map((_, index) => all.reduce((sum, { counts }) => sum + (counts[index] ?? 0), 0)),
    sumMs: all.reduce((sum, one) => sum + one.sumMs, 0),
  }
}

/**
 * The delay in milliseconds that this share of all stayed within, two digits of it; undefined where nothing is counted. What
 * took longer than the last bound is told as that bound.
 */
export function delayWithin(counts: readonly number[], share: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return undefined
  let left = Math.max(1, share * total)
  for (const [index, count] of counts.entries()) {
    if (left > count) {
      left -= count
      continue
    }
    const high = DELAY_BOUNDS_MS[index] ?? DELAY_MAX_MS
    const low = DELAY_BOUNDS_MS[index - 1] ?? high / 2
    // Evenly spread over the ratio of a step's ends, which is how delays lie.
    return Number((low * (high / low) ** (left / count)).toPrecision(2))
  }
  return DELAY_MAX_MS
}

const MANTISSAS = [1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8]
const DELAY_MAX_MS = 10_000

/** The end of each step but the last, which has none. */
export const DELAY_BOUNDS_MS: readonly number[] = [
  ...[-2, -1, 0, 1, 2, 3].flatMap((decade) =>
    MANTISSAS.map((mantissa) => Number((mantissa * 10 ** decade).toPrecision(3))),
  ),
  DELAY_MAX_MS,
]
