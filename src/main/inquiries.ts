import type { CallFacts } from '#core/call/facts.ts'
import type { Party } from '#core/call/party.ts'
import type { Scores, Verification } from '#core/call/verification.ts'
import type { Policy, ScoreRule } from '#core/rules/policy.ts'
import type { Findings, Inquiry } from '#edge/gate/inquiry.ts'
import { type ScoreFigures, noScoreFigures } from '#edge/score/figures.ts'
import { type Scorer, createScorer } from '#edge/score/scorer.ts'
import { isDeepStrictEqual } from 'node:util'
import type { Config } from '#main/config/config.ts'
import { type Stir, type StirFigures, openStir } from './stir.ts'

/** Of which calls something is to be found out. */
export type Wanted = 'none' | 'signed' | 'all'

/**
 * What all gates of this process find out about calls before they judge them: whether a PASSporT verifies, and what outside
 * services say. Both are asked at once; whatever is not there in its time is left out.
 */
export class Inquiries implements Inquiry {
  /** What came of asking services, over all policies. */
  readonly scores: ScoreFigures = noScoreFigures()
  #config: Config['stir']
  #stir: Stir | undefined
  #scorer: Scorer

  constructor(config: Config) {
    this.#config = config.stir
    this.#stir = config.stir && openStir(config.stir)
    this.#scorer = this.#scorerOf(config)
  }

  get verifications(): StirFigures | undefined {
    return this.#stir?.figures()
  }

  /** Which calls have something to be found out about them under this policy. */
  wantedBy(policy: Policy): Wanted {
    if (scoreRules(policy).length > 0) return 'all'
    return this.#stir === undefined ? 'none' : 'signed'
  }

  /**
   * Asks the services of another policy from now on; calls that wait go on without a score of the old ones. Verifies by other
   * roots, hosts or times where these have changed: then certificates are fetched anew. Calls that wait are verified by those
   * they came under.
   */
  adopt(config: Config): void {
    const before = this.#scorer
    this.#scorer = this.#scorerOf(config)
    before.close()
    if (isDeepStrictEqual(config.stir, this.#config)) return
    this.#config = config.stir
    this.#stir = config.stir && openStir(config.stir, this.#stir?.figures())
  }

  ask(facts: CallFacts, identities: readonly string[], date?: string, dialled?: Party): Promise<Findings> | undefined {
    const verifying = this.#stir?.verify(identities, { ...facts, date, dialled })
    const scoring = this.#scorer.ask(facts)
    return verifying === undefined && scoring === undefined ? undefined : join(facts, verifying, scoring)
  }

  close(): void {
    this.#scorer.close()
  }

  #scorerOf({ policy, scoreTokens }: Config): Scorer {
    const clock = (): number => performance.now()
    return createScorer(scoreRules(policy), { tokens: scoreTokens, figures: this.scores, clock })
  }
}

async function join(
  facts: CallFacts,
  verifying: Promise<Verification> | undefined,
  scoring: Promise<Scores> | undefined,
): Promise<Findings> {
  const [verification, scores] = await Promise.all([verifying ?? facts.verification, scoring ?? facts.scores])
  return { verification, scores }
}

function scoreRules({ rules }: Policy): ScoreRule[] {
  return rules.filter((rule) => rule.kind === 'score')
}
