import type { Policy, VolumeRule } from './policy.ts'
import { SlidingCounter, counterBytes } from './sliding-counter.ts'

/** Where rules count. A question and a fact in one, so that counters may later be shared between threads. */
export type Tally = {
  /** Counts one call of a key (not 0) in a rule's counter; answers how many there were in its window up to now. */
  readonly count: (counter: number, key: number, nowMs: number) => number
  /** Whether the last answer for that counter was the number of calls itself, and no estimate. */
  readonly wasExact: (counter: number) => boolean
}

/** A tally in this process's memory: one counter for each volume rule of the policy. */
export class MemoryTally implements Tally {
  readonly counters: readonly SlidingCounter[]

  constructor(counters: readonly SlidingCounter[]) {
    this.counters = counters
  }

  count(counter: number, key: number, nowMs: number): number {
    return this.counters[counter]!.count(key, nowMs)
  }

  wasExact(counter: number): boolean {
    return this.counters[counter]!.wasExact
  }

  /** How many numbers that were still counted have lost their slot to another: above 0, a rule's capacity is too small. */
  get evictions(): number {
    return this.counters.reduce((sum, counter) => sum + counter.evictions, 0)
  }
}

/**
 * Opens a tally for a policy. `allot` gives each counter its zeroed buffer; `seed` is a random number, so that outsiders
 * cannot aim at a slot.
 */
export function openTally(
  policy: Policy,
  seed: number,
  allot: (bytes: number) => ArrayBufferLike = allotBuffer,
): MemoryTally {
  const rules = policy.rules.filter((rule): rule is VolumeRule => rule.kind === 'volume')
  const counters: SlidingCounter[] = []
  for (const { counter, perMs, capacity } of rules) {
    counters[counter] = new SlidingCounter(perMs, allot(counterBytes(capacity)), seed)
  }
  return new MemoryTally(counters)
}

/** The memory of a tally as plain data, which threads share: each opens its own view with `viewTally`. */
export type TallyBuffers = { readonly seed: number; readonly buffers: readonly SharedArrayBuffer[] }

/** Allots shared memory for everything that the policy's rules count in. */
export function allotTally(policy: Policy, seed: number): TallyBuffers {
  const buffers: SharedArrayBuffer[] = []
  openTally(policy, seed, (bytes) => {
    const buffer = new SharedArrayBuffer(bytes)
    buffers.push(buffer)
    return buffer
  })
  return { seed, buffers }
}

/** Opens a view on memory that was allotted for this policy. */
export function viewTally(policy: Policy, { seed, buffers }: TallyBuffers): MemoryTally {
  let next = 0
  return openTally(policy, seed, () => buffers[next++]!)
}

function allotBuffer(bytes: number): ArrayBufferLike {
  return new ArrayBuffer(bytes)
}
