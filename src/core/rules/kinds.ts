import type { CallFacts } from '#core/call/facts.ts'
import { unallocated } from './allocations.ts'
import { failedVerification, poorlyAttested } from './attestation.ts'
import { refusedByCalled } from './called-list.ts'
import { denied } from './deny.ts'
import { overDistinct } from './distinct.ts'
import { cannotExist } from './invalid.ts'
import { mostlyShort, mostlyUnanswered } from './outcomes.ts'
import type { Living } from './living.ts'
import type { BlockingKind, BlockingRule, RuleOfKind } from './policy.ts'
import { scoredHigh } from './score.ts'
import { overRun } from './sequential.ts'
import { spoofed } from './spoofing.ts'
import type { Tally } from './tally.ts'
import type { Cause, Ground } from './verdict.ts'
import { overVolume } from './volume.ts'

/** What makes a kind of rule: when it fires, and the cause a policy may leave unsaid. */
export type Kind<Name extends BlockingKind> = {
  readonly cause: Cause
  readonly fires: (
    rule: RuleOfKind[Name],
    facts: CallFacts,
    tally: Tally,
    nowMs: number,
    living: Living,
  ) => Ground | undefined
}

/** Every kind of rule that blocks. To add one: its type in `policy.ts`, its file, its row here. */
export const KINDS: { readonly [Name in BlockingKind]: Kind<Name> } = {
  'called-list': { cause: 'called-party', fires: refusedByCalled },
  'do-not-originate': { cause: 'do-not-originate', fires: denied },
  invalid: { cause: 'invalid', fires: cannotExist },
  unallocated: { cause: 'unallocated', fires: unallocated },
  deny: { cause: 'analytics', fires: denied },
  attestation: { cause: 'analytics', fires: poorlyAttested },
  verification: { cause: 'analytics', fires: failedVerification },
  volume: { cause: 'analytics', fires: overVolume },
  distinct: { cause: 'analytics', fires: overDistinct },
  sequential: { cause: 'analytics', fires: overRun },
  short: { cause: 'analytics', fires: mostlyShort },
  unanswered: { cause: 'analytics', fires: mostlyUnanswered },
  spoofing: { cause: 'analytics', fires: spoofed },
  score: { cause: 'analytics', fires: scoredHigh },
}

/** Asks one rule about one call. */
export function ask(
  rule: BlockingRule,
  facts: CallFacts,
  tally: Tally,
  nowMs: number,
  living: Living,
): Ground | undefined {
  // The row of a kind takes the rule of that kind: the table's type says so, which the compiler cannot follow here.
  const kind = KINDS[rule.kind] as Kind<BlockingKind>
  return kind.fires(rule, facts, tally, nowMs, living)
}
