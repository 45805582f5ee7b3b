import { allotOwn, type Allot } from './number-set.ts'
import type { CountingRule, Policy } from './policy.ts'
import { SlidingCounter, counterBytes } from './sliding-counter.ts'

/** Where rules count. A question and a fact in one, so that a count is exact whichever thread asks. */
export type Tally = {
  /** Counts one call of a key (not 0) in a rule's counter; answers how many there were in its window up to now. */
  readonly count: (counter: number, key: number, nowMs: number) => number
  /** Whether the last answer for that counter was the number of calls itself, and no estimate. */
  readonly wasExact: (counter: number) => boolean
}

/** The memory of a tally as plain data: each thread opens its own view of it with `viewTally`. */
export type TallyBuffers = {
  readonly seed: number
  /** By the number of the rule's counter. */
  readonly buffers: readonly ArrayBufferLike[]
}

/** A tally in this process's memory: one table for each rule of the policy that counts. */
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
    return this.counters.reduce((sum, { table }) => sum + table.evictions, 0)
  }

  /** How many locks were taken over from a thread that seemed dead: a count may be off by one for each. */
  get takeovers(): number {
    return this.counters.reduce((sum, { table }) => sum + (table.locks?.takeovers ?? 0), 0)
  }
}

/** Opens a tally of this thread alone: nothing is locked. `seed` is a random number, so that outsiders cannot aim at a slot. */
export function openTally(policy: Policy, seed: number): MemoryTally {
  return viewTally(policy, allotTally(policy, seed, allotOwn))
}

/** Allots memory for everything that the policy's rules count in: for all threads, or as `allot` has it. */
export function allotTally(policy: Policy, seed: number, allot: Allot = allotShared): TallyBuffers {
  return { seed, buffers: countingRules(policy).map((rule) => allot(bytesOf(rule))) }
}

/** Opens a view on memory that was allotted for this policy. A view belongs to one thread. */
export function viewTally(policy: Policy, { seed, buffers }: TallyBuffers): MemoryTally {
  const counters = countingRules(policy).map(({ perMs, capacity }, at) => {
    return new SlidingCounter(perMs, capacity, buffers[at]!, seed)
  })
  return new MemoryTally(counters)
}

/**
 * Memory for a policy that takes the place of another: what a rule has counted stays, if its id is the same and so is
 * everything that says what is counted. Limits and modes may change.
 */
export function carryOver(
  before: Policy,
  memory: TallyBuffers,
  policy: Policy,
  allot: Allot = allotShared,
): TallyBuffers {
  const kept = new Map(countingRules(before).map((rule, at) => [countedBy(rule), memory.buffers[at]!]))
  const buffers = countingRules(policy).map((rule) => kept.get(countedBy(rule)) ?? allot(bytesOf(rule)))
  return { seed: memory.seed, buffers }
}

/** The rules that count, by the number of their counter. */
function countingRules(policy: Policy): CountingRule[] {
  const rules: CountingRule[] = []
  for (const rule of policy.rules) if (rule.kind === 'volume') rules[rule.counter] = rule
  return rules
}

function bytesOf({ capacity }: CountingRule): number {
  return counterBytes(capacity)
}

/** All of a rule that its counts depend on. */
function countedBy({ kind, id, of, prefix, perMs, capacity }: CountingRule): string {
  return JSON.stringify([kind, id, of, prefix, perMs, capacity])
}

function allotShared(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(bytes)
}
