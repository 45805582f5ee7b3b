import type { MonthlyFigures } from '#core/redress/desk.ts'
import { computeMonthly, monthOf, monthSpan, monthsBetween } from '#core/redress/monthly.ts'
import type { DeskStore } from '#edge/store/desk-store.ts'

/** What it asks of the store of cases. */
export type MonthlyTimes = Pick<DeskStore, 'times' | 'lastEvent' | 'clocksSince'>

/** Monthly figures, computed anew only for months with cases in which something happened since they were asked for last. */
export class MonthlyCache {
  readonly #store: MonthlyTimes
  readonly #months = new Map<string, MonthlyFigures>()
  #seen = 0

  constructor(store: MonthlyTimes) {
    this.#store = store
  }

  figures(from: string, to: string): MonthlyFigures[] {
    this.#forget()
    return monthsBetween(from, to).map((month) => this.#months.get(month) ?? this.#compute(month))
  }

  /** Computes one month of the last year that is not kept, so that whoever asks first need not wait for all of them. */
  warm(at: number): void {
    this.#forget()
    const missing = monthsBetween(monthOf(at - YEAR_MS), monthOf(at)).find((month) => !this.#months.has(month))
    if (missing !== undefined) this.#compute(missing)
  }

  /** Commands work on the same store: what happened is asked of it, and not remembered by whoever did it. */
  #forget(): void {
    const last = this.#store.lastEvent()
    if (last === this.#seen) return
    const clocks = this.#months.size === 0 ? [] : this.#store.clocksSince(this.#seen, CLOCKS_MAX)
    if (clocks.length === CLOCKS_MAX) this.#months.clear()
    for (const clock of clocks) this.#months.delete(monthOf(clock))
    this.#seen = last
  }

  #compute(month: string): MonthlyFigures {
    const { from, before } = monthSpan(month)
    const [figures] = computeMonthly(this.#store.times(from, before), month, month)
    if (this.#months.size >= MONTHS_KEPT_MAX) this.#months.clear()
    this.#months.set(month, figures!)
    return figures!
  }
}

/** Cases that are asked one by one which month they count for; with more, all months are computed anew. */
const CLOCKS_MAX = 1_000
const MONTHS_KEPT_MAX = 240
const YEAR_MS = 365 * 86_400_000
