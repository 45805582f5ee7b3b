import { QUARTER_MS } from '#core/observe/group.ts'
import type { Group, MonitorReader, StoreEnd } from '#edge/store/monitor-reader.ts'

/**
 * Shows groups that may stand otherwise than when they were shown last: all of them at first and when another quarter of a day
 * begins, for then shares are of other days; else those that calls were added to, or of which something was said. Without these
 * a group's share can only fall, and nobody has to hear of that at once.
 */
export class GroupWatch {
  readonly #reader: Pick<MonitorReader, 'groups' | 'groupsOf' | 'groupsSince' | 'end'>
  /** What was shown, and what is being shown. */
  #settled: Shown | undefined
  #shown: Shown | undefined
  /** Groups that are to be shown again, whatever happens to them. */
  #owed: readonly number[] = []

  constructor(reader: Pick<MonitorReader, 'groups' | 'groupsOf' | 'groupsSince' | 'end'>) {
    this.#reader = reader
  }

  /** The groups to look at now; the same again until `settle` says that they were. */
  look(nowMs: number): readonly Group[] {
    const before = this.#settled
    // Read before the groups are: what comes in between is shown twice rather than never.
    const end = this.#reader.end()
    const quarter = Math.floor(nowMs / QUARTER_MS)
    this.#shown = { end, quarter }
    const isErased = before !== undefined && (end.refused < before.end.refused || end.mark < before.end.mark)
    if (before === undefined || before.quarter !== quarter || isErased) return this.#reader.groups({}, nowMs)
    const changed = new Set([...this.#owed, ...this.#reader.groupsSince(before.end)])
    return this.#reader.groupsOf([...changed], nowMs)
  }

  /** What was shown was dealt with, but for these groups. */
  settle(owed: readonly number[]): void {
    this.#settled = this.#shown
    this.#owed = owed
  }
}

type Shown = { readonly end: StoreEnd; readonly quarter: number }
