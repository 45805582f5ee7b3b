import type { CallFacts } from '#core/call/facts.ts'
import type { Party } from '#core/call/party.ts'
import { DistinctCounter, distinctBytes } from './distinct-counter.ts'
import { allotOwn, type Allot } from './number-set.ts'
import type { CountingRule, Policy } from './policy.ts'
import { RecentCalls, recentBytes, recentSize } from './recent-calls.ts'
import { RunCounter, runBytes } from './run-counter.ts'
import { ShareCounter, shareBytes } from './share-counter.ts'
import { SignerTable, signerBytes, type Signing, type Voucher } from './signer-table.ts'
import { SlidingCounter, counterBytes } from './sliding-counter.ts'
import type { SlotTable } from './slot-table.ts'
import type { TellingCall } from './verdict.ts'

/**
 * Where rules count. A question and a fact in one, so that a count is exact whichever thread asks. A key is never 0; a
 * counter is that of a rule of the right kind.
 */
export type Tally = {
  /** Counts a call; answers how many there were in the window up to now. */
  readonly count: (counter: number, key: number, nowMs: number) => number
  /** How many calls there were in the window up to now, without counting one. */
  readonly read: (counter: number, key: number, nowMs: number) => number
  /** Counts a call to a number; answers how many distinct numbers were called in the window. */
  readonly countDistinct: (counter: number, key: number, called: number, nowMs: number) => number
  /** Counts a call to a number, as digits; answers how many calls its run of neighbours has in the window. */
  readonly countRun: (counter: number, key: number, called: number, nowMs: number) => number
  /** Counts a call that has ended. */
  readonly countEnded: (counter: number, key: number, isHit: boolean, nowMs: number) => void
  /** How many calls ended in the window, and how many of those in the way that the counter is for. */
  readonly ended: (counter: number, key: number, nowMs: number) => Ended
  /** Whether the last answer for that counter was the number itself, and no estimate. */
  readonly wasExact: (counter: number) => boolean
  /** Compares how a call is signed with how its number normally is, and learns from it. */
  readonly compareSigning: (counter: number, key: number, voucher: Voucher, nowMs: number) => Signed
  /** Notes a call, so that it may be told of later. */
  readonly note: (facts: CallFacts) => void
  /** The latest calls noted from the block of `calling`, or from it alone, that `tells` takes: but the last one, oldest first. */
  readonly recall: (calling: Party, isOne: boolean, sinceMs: number, tells: Tells) => readonly TellingCall[]
}

export type Ended = { readonly count: number; readonly hits: number }
export type Signed = { readonly signing: Signing; readonly count: number }
export type Tells = (calling: Party, called: Party) => boolean

/** The memory of a tally as plain data: each thread opens its own view of it with `viewTally`. */
export type TallyBuffers = {
  readonly seed: number
  /** By the number of the rule's counter. */
  readonly buffers: readonly ArrayBufferLike[]
  /** The calls judged last; `undefined` where no rule counts. */
  readonly recent: ArrayBufferLike | undefined
}

/** A tally in memory: one table for each rule of the policy that counts. A view of it belongs to one thread. */
export class MemoryTally implements Tally {
  readonly counters: readonly Counter[]
  readonly #recent: RecentCalls | undefined

  constructor(counters: readonly Counter[], recent: RecentCalls | undefined) {
    this.counters = counters
    this.#recent = recent
  }

  count(counter: number, key: number, nowMs: number): number {
    return (this.counters[counter] as SlidingCounter).count(key, nowMs)
  }

  read(counter: number, key: number, nowMs: number): number {
    return (this.counters[counter] as SlidingCounter).read(key, nowMs)
  }

  countDistinct(counter: number, key: number, called: number, nowMs: number): number {
    return (this.counters[counter] as DistinctCounter).count(key, called, nowMs)
  }

  countRun(counter: number, key: number, called: number, nowMs: number): number {
    return (this.counters[counter] as RunCounter).count(key, called, nowMs)
  }

  countEnded(counter: number, key: number, isHit: boolean, nowMs: number): void {
    ;(this.counters[counter] as ShareCounter).add(key, isHit, nowMs)
  }

  ended(counter: number, key: number, nowMs: number): Ended {
    const shares = this.counters[counter] as ShareCounter
    return { count: shares.read(key, nowMs), hits: shares.hits }
  }

  wasExact(counter: number): boolean {
    return this.counters[counter]!.wasExact
  }

  compareSigning(counter: number, key: number, voucher: Voucher, nowMs: number): Signed {
    const signers = this.counters[counter] as SignerTable
    return { signing: signers.meet(key, voucher, nowMs), count: signers.signed }
  }

  note(facts: CallFacts): void {
    this.#recent?.note(facts)
  }

  recall(calling: Party, isOne: boolean, sinceMs: number, tells: Tells): readonly TellingCall[] {
    return this.#recent?.recall(calling, isOne, sinceMs, tells) ?? []
  }

  /** How many numbers that were still counted have lost their slot to another: above 0, a rule's capacity is too small. */
  get evictions(): number {
    return this.#sum(({ evictions }) => evictions)
  }

  /** How many locks were taken over from a thread that seemed dead: a count may be off by one for each. */
  get takeovers(): number {
    return this.#sum(({ locks }) => locks?.takeovers ?? 0)
  }

  #sum(read: (table: SlotTable) => number): number {
    let sum = 0
    for (const counter of this.counters) for (const table of counter.tables) sum += read(table)
    return sum
  }
}

/** The tally for a call that was counted before. A pair that is known and the end of a run count nothing by themselves. */
export function uncounted(tally: Tally): Tally {
  return {
    count: (counter, key, nowMs) => tally.read(counter, key, nowMs),
    read: (counter, key, nowMs) => tally.read(counter, key, nowMs),
    countDistinct: (counter, key, called, nowMs) => tally.countDistinct(counter, key, called, nowMs),
    countRun: (counter, key, called, nowMs) => tally.countRun(counter, key, called, nowMs),
    countEnded: () => undefined,
    ended: (counter, key, nowMs) => tally.ended(counter, key, nowMs),
    wasExact: (counter) => tally.wasExact(counter),
    compareSigning: (counter, key, voucher, nowMs) => tally.compareSigning(counter, key, voucher, nowMs),
    note: () => undefined,
    recall: (calling, isOne, sinceMs, tells) => tally.recall(calling, isOne, sinceMs, tells),
  }
}

/** Opens a tally of this thread alone: nothing is locked. `seed` is a random number, so that outsiders cannot aim at a slot. */
export function openTally(policy: Policy, seed: number): MemoryTally {
  return viewTally(policy, allotTally(policy, seed, allotOwn))
}

/** Allots memory for everything that the policy's rules count in: for all threads, or as `allot` has it. */
export function allotTally(policy: Policy, seed: number, allot: Allot = allotShared): TallyBuffers {
  const buffers = countingRules(policy).map((rule) => allot(bytesOf(rule)))
  const size = sizeOfRecent(policy)
  return { seed, buffers, recent: size === 0 ? undefined : allot(recentBytes(size)) }
}

/** Opens a view on memory that was allotted for this policy. A view belongs to one thread. */
export function viewTally(policy: Policy, { seed, buffers, recent }: TallyBuffers): MemoryTally {
  const counters = countingRules(policy).map((rule, at) => openCounter(rule, buffers[at]!, seed))
  return new MemoryTally(
    counters,
    recent === undefined ? undefined : new RecentCalls(sizeOfRecent(policy), recent, seed),
  )
}

/**
 * Memory for a policy that takes the place of another: what a rule has counted stays, if its id is the same and so is
 * everything that says what is counted. Limits, shares and modes may change.
 */
export function carryOver(
  before: Policy,
  memory: TallyBuffers,
  policy: Policy,
  allot: Allot = allotShared,
): TallyBuffers {
  const kept = new Map(countingRules(before).map((rule, at) => [countedBy(rule), memory.buffers[at]!]))
  const buffers = countingRules(policy).map((rule) => kept.get(countedBy(rule)) ?? allot(bytesOf(rule)))
  const size = sizeOfRecent(policy)
  const recent = size === sizeOfRecent(before) ? memory.recent : size === 0 ? undefined : allot(recentBytes(size))
  return { seed: memory.seed, buffers, recent }
}

type Counter = SlidingCounter | DistinctCounter | RunCounter | ShareCounter | SignerTable

/** The rules that count, by the number of their counter. */
function countingRules(policy: Policy): CountingRule[] {
  const rules: CountingRule[] = []
  for (const rule of policy.rules) if ('counter' in rule) rules[rule.counter] = rule
  return rules
}

function bytesOf(rule: CountingRule): number {
  if (rule.kind === 'volume') return counterBytes(rule.capacity)
  if (rule.kind === 'distinct') return distinctBytes(rule)
  if (rule.kind === 'sequential') return runBytes(rule.capacity)
  return rule.kind === 'spoofing' ? signerBytes(rule.capacity) : shareBytes(rule.capacity)
}

function openCounter(rule: CountingRule, buffer: ArrayBufferLike, seed: number): Counter {
  const { perMs, capacity } = rule
  if (rule.kind === 'volume') return new SlidingCounter(perMs, capacity, buffer, seed)
  if (rule.kind === 'distinct') return new DistinctCounter(perMs, rule, buffer, seed)
  if (rule.kind === 'sequential') return new RunCounter(perMs, rule.step, capacity, buffer, seed)
  if (rule.kind === 'spoofing') return new SignerTable(perMs, rule.after, capacity, buffer, seed)
  return new ShareCounter(perMs, capacity, buffer, seed)
}

/** All of a rule that its counts depend on. */
function countedBy(rule: CountingRule): string {
  const { kind, id, scope, perMs, capacity } = rule
  const common = [kind, id, scope, perMs, capacity]
  if (kind === 'spoofing') return JSON.stringify([...common, rule.after])
  const subject = [rule.of, rule.prefix, rule.blocks === undefined ? undefined : Array.from(rule.blocks)]
  const own = kind === 'distinct' ? rule.pairs : kind === 'sequential' ? rule.step : kind === 'short' ? rule.underMs : 0
  return JSON.stringify([...common, subject, own])
}

function sizeOfRecent(policy: Policy): number {
  const numbers = countingRules(policy).reduce((sum, { capacity }) => sum + capacity, 0)
  return numbers === 0 ? 0 : recentSize(numbers)
}

function allotShared(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(bytes)
}
