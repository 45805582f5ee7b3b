import type { FlowCount, FlowReader, Stretch } from '#edge/store/flow-reader.ts'

/** Calls and blocks by slices of `FLOW_SLICE_MS`, counted a little at a time and then followed. */
export class Flow {
  /** Screened calls by the beginning of their slice. */
  readonly screened = new Map<number, number>()
  /** Blocks by slice, then by `cause\nrule`. */
  readonly blocked = new Map<number, Map<string, number>>()
  /** When a peer's last call was screened, how many were, and how many of them were blocked: of all that is counted. */
  readonly peers = new Map<string, { last: number; calls: number; blocked: number }>()
  readonly #reader: FlowReader
  readonly #keepMs: number
  /** How far each stretch is counted: behind `low` up to `high`; `isWhole` once nothing is left before `low`. */
  readonly #places = new Map<Stretch['of'], { low: number; high: number; isWhole: boolean; since: number }>()

  constructor(reader: FlowReader, keepMs: number) {
    this.#reader = reader
    this.#keepMs = keepMs
  }

  /** Counts what is new, then of what is old, the newest first, as many rows together as one step may. Answers whether there is more. */
  step(now: number): boolean {
    let isMore = false
    let room = ROWS_A_STEP
    const stretches = this.#reader.stretches()
    for (const { of, last } of stretches) {
      const place = this.#places.get(of) ?? { low: last, high: last, isWhole: false, since: now }
      this.#places.set(of, place)
      const upTo = Math.min(last, place.high + room)
      if (place.high < upTo) this.#count(of, place.high, upTo)
      room -= Math.max(0, upTo - place.high)
      place.high = Math.max(place.high, upTo)
      isMore ||= place.high < last
    }
    for (const { of, first } of stretches) {
      const place = this.#places.get(of)!
      if (place.isWhole) continue
      if (room === 0) return true
      const after = Math.max(first - 1, place.low - room)
      room -= place.low - after
      const oldest = this.#count(of, after, place.low)
      place.low = after
      place.since = Math.min(place.since, oldest ?? place.since)
      place.isWhole = after < first || place.since < now - this.#keepMs
      isMore ||= !place.isWhole
    }
    this.#forget(now - this.#keepMs)
    return isMore
  }

  /** Since when everything is counted; undefined where all that is kept is. */
  knownSince(): number | undefined {
    const open = Array.from(this.#places.values()).filter(({ isWhole }) => !isWhole)
    return open.length === 0 ? undefined : Math.max(...open.map(({ since }) => since))
  }

  /** The beginning of the oldest slice whose calls are counted by peer; undefined before the first call. */
  callsSince(): number | undefined {
    return this.#places.get('journal')?.since
  }

  /** The beginning of the oldest slice that has a call; infinite where none has. */
  oldest(): number {
    let oldest = Number.POSITIVE_INFINITY
    for (const counts of [this.screened, this.blocked]) for (const at of counts.keys()) oldest = Math.min(oldest, at)
    return oldest
  }

  /** Counts ids of a stretch; answers the beginning of the oldest slice among them. */
  #count(of: Stretch['of'], after: number, upTo: number): number | undefined {
    const counts =
      of === 'journal'
        ? this.#reader.calls(after, upTo, FLOW_SLICE_MS)
        : this.#reader.blocks(after, upTo, FLOW_SLICE_MS)
    for (const one of counts) {
      if (of === 'journal') this.#addCalls(one)
      else this.#addBlocks(one)
    }
    return counts.length === 0 ? undefined : Math.min(...counts.map(({ at }) => at))
  }

  #addCalls({ at, name, cause, count, last }: FlowCount): void {
    this.screened.set(at, (this.screened.get(at) ?? 0) + count)
    const peer = this.peers.get(name) ?? { last: 0, calls: 0, blocked: 0 }
    const blocked = peer.blocked + (cause === 'block' ? count : 0)
    this.peers.set(name, { last: Math.max(peer.last, last), calls: peer.calls + count, blocked })
  }

  #addBlocks({ at, name, cause, count }: FlowCount): void {
    const slice = this.blocked.get(at) ?? new Map<string, number>()
    this.blocked.set(at, slice)
    const key = `${cause}\n${name}`
    slice.set(key, (slice.get(key) ?? 0) + count)
  }

  #forget(before: number): void {
    for (const counts of [this.screened, this.blocked]) {
      for (const at of counts.keys()) if (at < before) counts.delete(at)
    }
  }
}

export const FLOW_SLICE_MS = 60_000
/** Rows that one step counts, of all stretches together: some ten milliseconds, in which the desk answers nobody. */
const ROWS_A_STEP = 5_000
