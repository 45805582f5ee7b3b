import type { CallFacts } from '#core/call/facts.ts'
import { maskNumber } from '#core/call/mask.ts'
import { formatParty } from '#core/call/party.ts'
import { NO_SCORES, type Scores } from '#core/call/verification.ts'
import type { ScoreRule } from '#core/rules/policy.ts'
import { isInScope } from '#core/rules/scope.ts'
import { Breaker, type BreakerState } from './breaker.ts'
import type { ScoreFigures } from './figures.ts'
import { Service } from './service.ts'

/** Asks the outside services of a policy about calls. */
export type Scorer = {
  /**
   * The scores of a call by rule, or `undefined` where no rule asks about it. Settles when all are there, or their time is
   * up; never rejects. A score that is late or failed is not among them.
   */
  ask(facts: CallFacts): Promise<Scores> | undefined
  /** How each rule's breaker stands. */
  breakers(): ReadonlyMap<string, BreakerState>
  /** Ends the connections; what waits settles without a score. */
  close(): void
}

export type ScorerOptions = {
  /** Tokens by rule id, for those that have one. */
  readonly tokens: ReadonlyMap<string, string>
  readonly figures: ScoreFigures
  /** A steady clock, milliseconds. */
  readonly clock: () => number
}

/** Makes a scorer for the rules of a policy that ask; one whose policy is replaced is closed. */
export function createScorer(rules: readonly ScoreRule[], options: ScorerOptions): Scorer {
  const askers = rules.map((rule) => new Asker(rule, options))
  return {
    ask(facts) {
      if (facts.emergency) return undefined
      const asked = askers.filter(({ rule }) => rule.scope === undefined || isInScope(rule.scope, facts))
      return asked.length === 0 ? undefined : gather(asked, facts)
    },
    breakers: () => new Map(askers.map(({ rule, state }) => [rule.id, state])),
    close: () => askers.forEach((asker) => asker.close()),
  }
}

async function gather(askers: readonly Asker[], facts: CallFacts): Promise<Scores> {
  const question = writeQuestion(facts)
  const scores = await Promise.all(askers.map((asker) => asker.ask(question)))
  const known = askers.flatMap(({ rule }, index): [string, number][] => {
    const score = scores[index]
    return score === undefined ? [] : [[rule.id, score]]
  })
  return known.length === 0 ? NO_SCORES : new Map(known)
}

/**
 * What a service is told: the caller, and of the called number no more than its area, for it is somebody else's. Calls
 * that read the same get the same score for as long as it holds.
 */
function writeQuestion({ calling, called, peer, trunk, attestation, verification, forwarded }: CallFacts): string {
  return JSON.stringify({
    calling: formatParty(calling),
    calledArea: maskNumber(formatParty(called)),
    peer,
    trunk,
    attestation,
    verification: verification.kind,
    forwarded,
  })
}

/** Asks for one rule. */
class Asker {
  readonly rule: ScoreRule
  readonly #service: Service
  readonly #breaker: Breaker
  readonly #figures: ScoreFigures
  readonly #clock: () => number
  readonly #known = new Map<string, { readonly score: number; readonly sinceMs: number }>()
  /** Questions under way; the same question of another call waits for the same answer. */
  readonly #asking = new Map<string, Promise<number | undefined>>()

  constructor(rule: ScoreRule, { tokens, figures, clock }: ScorerOptions) {
    this.rule = rule
    this.#service = new Service(rule.service.url, tokens.get(rule.id))
    this.#breaker = new Breaker(rule.service.breaker)
    this.#figures = figures
    this.#clock = clock
  }

  get state(): BreakerState {
    return this.#breaker.state
  }

  async ask(question: string): Promise<number | undefined> {
    const { cacheMs, withinMs } = this.rule.service
    const nowMs = this.#clock()
    const known = this.#known.get(question)
    if (known !== undefined && nowMs - known.sinceMs < cacheMs) {
      this.#figures.cached++
      return known.score
    }
    let asking = this.#asking.get(question)
    if (asking !== undefined) this.#figures.shared++
    else if (this.#asking.size >= SCORE_QUESTIONS_MAX) this.#figures.crowded++
    else if (this.#breaker.allows(nowMs)) asking = this.#send(question)
    else this.#figures.leftAlone++
    if (asking === undefined) return undefined
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), withinMs)))
    const score = await Promise.race([asking, late])
    clearTimeout(timer)
    if (score !== 'late') return score
    this.#figures.late++
    return undefined
  }

  /** Waits longer than a call does: a score that comes late for this call may be in time for the next. */
  #send(question: string): Promise<number | undefined> {
    const { withinMs } = this.rule.service
    const askedMs = this.#clock()
    this.#figures.asked++
    const asking = this.#service
      .ask(question, withinMs + LATER_MS)
      .then(
        (score) => {
          const nowMs = this.#clock()
          this.#keep(question, score, nowMs)
          if (nowMs - askedMs > withinMs) this.#breaker.failed(nowMs)
          else this.#breaker.succeeded()
          return score
        },
        () => {
          this.#figures.failed++
          this.#breaker.failed(this.#clock())
          return undefined
        },
      )
      .finally(() => this.#asking.delete(question))
    this.#asking.set(question, asking)
    return asking
  }

  #keep(question: string, score: number, nowMs: number): void {
    this.#known.delete(question)
    if (this.#known.size >= SCORES_MAX) {
      // The first of a map is the one that was put in first.
      const [oldest] = this.#known.keys()
      this.#known.delete(oldest!)
    }
    this.#known.set(question, { score, sinceMs: nowMs })
  }

  close(): void {
    this.#service.close()
  }
}

/** Scores remembered for each rule. */
export const SCORES_MAX = 100_000
/** Questions of one rule under way at a time; calls beyond get no opinion. */
export const SCORE_QUESTIONS_MAX = 256
/** How much longer than a call an answer is waited for. */
const LATER_MS = 1_000
