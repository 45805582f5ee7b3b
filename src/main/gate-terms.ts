import type { Recorder, RecentBlock } from '#core/ledger/ledger.ts'
import type { NoticeTerms } from '#core/notify/choose-notice.ts'
import { createReceiptRing } from '#core/receipt/receipt.ts'
import type { Living } from '#core/rules/living.ts'
import type { Policy } from '#core/rules/policy.ts'
import { viewTally, type MemoryTally, type TallyBuffers } from '#core/rules/tally.ts'
import { SharedCalls } from '#core/transaction/shared-calls.ts'
import { Gate, type AlarmKind, type GateParts } from '#edge/gate/answer.ts'
import type { Inquiry } from '#edge/gate/inquiry.ts'
import { Peers } from '#edge/gate/peers.ts'
import type { Trial, Tried } from '#edge/gate/trial.ts'
import type { Config } from '#main/config/config.ts'
import type { Wanted } from './inquiries.ts'

/**
 * What every gate of this process judges and answers by: plain data, so that it goes to other threads as it is. Lists and
 * counters lie in shared memory, so all gates look at the same ones.
 */
export type GateTerms = JudgingTerms & {
  readonly hashKey: Uint8Array
  /** Where gates of several threads keep what they decided about calls. */
  readonly sharedCalls: SharedArrayBuffer | undefined
  readonly dialPlan: Config['gate']['dialPlan']
  readonly limits: Config['gate']['limits']
  /** What the desk and the registry say of numbers; it changes by itself, whatever the policy. */
  readonly living: Living
}

/** The part that changes while gates run: a new policy, other peers, another receipt key. */
export type JudgingTerms = {
  readonly peers: Config['gate']['peers']
  /** With the numbers the store gave to the rules. */
  readonly policy: Policy
  /** The policy's version number in the store. */
  readonly policyVersion: number
  readonly tally: TallyBuffers
  readonly notices: NoticeTerms
  /** Where calls can be sent instead of being refused, and what strangers and calls in overload are told. */
  readonly contract: Pick<Config['gate'], 'treatments' | 'answersStrangers' | 'answersOverload'>
  /** A test of one peer that is under way. */
  readonly trial?: Trial | undefined
  /** Of which calls something is to be found out before they are judged. */
  readonly wanted: Wanted
  readonly receipts: { readonly keys: ReadonlyMap<number, Uint8Array>; readonly currentSlot: number }
}

/** What a gate has to reach outside itself, in whatever thread it runs. */
export type GateSurroundings = {
  readonly ledger: Recorder
  readonly inquiry: Inquiry | undefined
  /** Blocks that a gate before this one recorded in the last 64·T1. */
  readonly recent: readonly RecentBlock[]
  readonly alarm: (kind: AlarmKind, cause: unknown) => void
  readonly tried?: ((tried: Tried) => void) | undefined
  /** See `GateParts.pauses`. */
  readonly pauses?: (() => number) | undefined
  /** See `GateParts.heldBytes`. */
  readonly heldBytes?: (() => number) | undefined
}

/** Makes a gate of the terms; the tally beside it is the gate's own view of the shared counters. */
export function makeGate(terms: GateTerms, around: GateSurroundings): { gate: Gate; tally: MemoryTally } {
  const { hashKey, dialPlan, limits, sharedCalls, living } = terms
  const parts = judgingParts(terms, around.inquiry)
  const { ledger, recent, alarm, tried, pauses, heldBytes } = around
  const gate = new Gate({
    ...parts,
    living,
    ledger,
    recent,
    alarm,
    tried,
    pauses,
    heldBytes,
    sharedCalls: sharedCalls && new SharedCalls(sharedCalls, limits.transactions, SHARED_CALLS_SEED),
    hashKey,
    dialPlan,
    limits,
    now: () => Date.now(),
    clock: () => performance.timeOrigin + performance.now(),
  })
  return { gate, tally: parts.tally }
}

/** Calls are named by a keyed hash, which nobody can aim with. */
const SHARED_CALLS_SEED = 1

/** What was agreed with all peers. */
export function contractOf({ gate }: Config): JudgingTerms['contract'] {
  const { treatments, answersStrangers, answersOverload } = gate
  return { treatments, answersStrangers, answersOverload }
}

/** The parts of a gate that may be exchanged between two messages. */
export function judgingParts(terms: JudgingTerms, inquiry: Inquiry | undefined) {
  return {
    // Without a rule that wants to know, no call is held up, not even for a moment.
    inquiry: terms.wanted === 'none' ? undefined : inquiry,
    ...terms.contract,
    trial: terms.trial,
    peers: new Peers(terms.peers),
    policy: terms.policy,
    policyVersion: terms.policyVersion,
    tally: viewTally(terms.policy, terms.tally),
    terms: terms.notices,
    receipts: createReceiptRing(terms.receipts.keys, terms.receipts.currentSlot),
  } satisfies Partial<GateParts>
}
