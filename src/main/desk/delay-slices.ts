import { SPANS, type Span } from '#core/overview/overview.ts'
import { type DelayCounts, noDelays } from '#core/transaction/answer-delays.ts'

/** What gates count of delays, by slices of every span: as long as this thread runs, for the store keeps nothing of it. */
export class DelaySlices {
  readonly #spans = new Map<Span, Map<number, number[]>>(Object.keys(SPANS).map((span) => [span as Span, new Map()]))
  #last: DelayCounts | undefined
  #since: number | undefined

  /** Takes what was counted up to a time, all in all; the first is where counting begins. */
  take(at: number, now: DelayCounts): void {
    const last = this.#last
    this.#last = now
    this.#since ??= at
    if (last === undefined) return
    const grown = now.counts.map((count, step) => Math.max(0, count - (last.counts[step] ?? 0)))
    const isQuiet = grown.every((count) => count === 0)
    for (const [span, slices] of this.#spans) {
      const { sliceMs, spanMs } = SPANS[span]
      for (const slice of slices.keys()) if (slice < at - spanMs - sliceMs) slices.delete(slice)
      if (isQuiet) continue
      const begin = Math.floor(at / sliceMs) * sliceMs
      const counts = slices.get(begin) ?? [...noDelays().counts]
      slices.set(begin, counts)
      for (const [step, count] of grown.entries()) counts[step]! += count
    }
  }

  /** Since when is counted; undefined before anything was told. */
  since(): number | undefined {
    return this.#since
  }

  /** The counts of a slice; undefined where no call was answered in it. */
  slice(span: Span, begin: number): readonly number[] | undefined {
    return this.#spans.get(span)?.get(begin)
  }

  /** All slices of a span from a time on, as one. */
  from(span: Span, begin: number): readonly number[] {
    const total = [...noDelays().counts]
    for (const [at, counts] of this.#spans.get(span) ?? [])
      if (at >= begin) for (const [step, count] of counts.entries()) total[step]! += count
    return total
  }
}
