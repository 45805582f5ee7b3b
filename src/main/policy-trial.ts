import type { CallFacts } from '#core/call/facts.ts'
import type { CallRecord } from '#core/replay/call-record.ts'
import type { Comparison, Decision } from '#core/replay/comparison.ts'
import { judge } from '#core/rules/judge.ts'
import { makeLiving, type Living, type StandingChange as UsableChange } from '#core/rules/living.ts'
import { noteOutcome } from '#core/rules/outcomes.ts'
import type { Policy } from '#core/rules/policy.ts'
import { isRegistered } from '#core/rules/registered.ts'
import { openTally } from '#core/rules/tally.ts'
import type { Verdict } from '#core/rules/verdict.ts'
import { openForReading } from '#edge/store/schema.ts'
import { readAllStanding, type StandingChange } from '#edge/store/standing-store.ts'

/** One policy with counters of its own. */
class Judge {
  readonly policy: Policy
  readonly #living: Living
  readonly #tally: ReturnType<typeof openTally>

  constructor(policy: Policy, living: Living) {
    this.policy = policy
    this.#living = living
    this.#tally = openTally(policy, SEED)
  }

  /** Judges the call; how it ended counts where this policy lets it go on, as told at once. */
  decide(facts: CallFacts, outcome: CallRecord['outcome']): Decision {
    const verdict = judge(facts, this.policy, this.#tally, facts.atMs, this.#living)
    if (outcome !== undefined && verdict.kind === 'allow') {
      noteOutcome(this.#tally, this.policy, { ...outcome, calling: facts.calling, atMs: facts.atMs })
    }
    return decisionOf(verdict)
  }
}

/** Judges each call of the past by two policies, and hands both decisions to a comparison. */
export class PolicyTrial {
  readonly #then: Judge
  readonly #now: Judge | 'recorded' | undefined
  readonly #comparison: Comparison
  readonly #living: Living

  constructor(then: Policy, now: Policy | 'recorded' | undefined, comparison: Comparison, living: Living) {
    this.#then = new Judge(then, living)
    this.#now = now === undefined || now === 'recorded' ? now : new Judge(now, living)
    this.#living = living
    this.#comparison = comparison
  }

  take({ facts, recorded, outcome }: CallRecord): void {
    const then = this.#then.decide(facts, outcome)
    const now = this.#now === 'recorded' ? decisionRecorded(recorded) : this.#now?.decide(facts, outcome)
    this.#comparison.add(facts, isRegistered(this.#then.policy, facts, this.#living), now, then)
  }
}

/** What desk and registry said at any time: each call is judged by what was in force when it came. Throws StoreError. */
export function readLivingThen(path: string): Living {
  const db = openForReading(path)
  try {
    return makeLiving(everInForce(readAllStanding(db)), { nowMs: 0, seed: SEED }).living
  } finally {
    db.close()
  }
}

/** Entries that have ended are in force until then. */
function* everInForce(changes: Iterable<StandingChange>): Generator<UsableChange> {
  for (const { standing, endedAt } of changes) {
    if (standing === undefined) continue
    const until = Math.min(standing.until ?? Infinity, endedAt ?? Infinity)
    yield { standing: { ...standing, until: Number.isFinite(until) ? until : undefined }, endedAt: undefined }
  }
}

function decisionOf(verdict: Verdict): Decision {
  return verdict.kind === 'allow' ? undefined : { rule: verdict.rule.id, ground: verdict.grounds[0] }
}

function decisionRecorded(recorded: CallRecord['recorded']): Decision {
  const stopped = recorded?.verdict === 'block' || recorded?.verdict === 'treat'
  return stopped ? { rule: recorded.rule, ground: undefined } : undefined
}

/** Nobody aims at the slots of a counter in a replay, and the same calls shall give the same figures each time. */
const SEED = 1
