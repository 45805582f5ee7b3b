import type { CallFacts } from '#core/call/facts.ts'
import { allows } from './allow.ts'
import { exempt } from './exemption.ts'
import { ask } from './kinds.ts'
import { NO_LIVING, acceptanceFor, isOptedOut, liftFor, type Living } from './living.ts'
import { isListed } from './number-list.ts'
import { NO_RULE, allowBy, type BlockingRule, type Policy, type StandingRule } from './policy.ts'
import { isSkipped } from './registered.ts'
import { isSampled } from './sample.ts'
import { isInScope } from './scope.ts'
import { stands } from './standing-list.ts'
import type { Tally } from './tally.ts'
import type { Ground, ShadowHit, Spared, Verdict } from './verdict.ts'

/**
 * Judges one call. An exempt call is not judged; else the rules that apply to it are asked in order and the first one that
 * has something to say, and may act, decides.
 *
 * After a block, the rules behind it are still asked, up to the first enforced rule that allows the caller: so every
 * volume rule counts every call, whoever blocked it, a shadow rule shows what it would have done, and a second ground of
 * the same cause stands beside the first. A call that nothing is said about costs no memory.
 *
 * `living` is asked only where a rule has fired, or the called party's own list is looked into.
 */
export function judge(
  facts: CallFacts,
  policy: Policy,
  tally: Tally,
  nowMs: number,
  living: Living = NO_LIVING,
): Verdict {
  const exemption = exempt(policy, facts)
  if (exemption !== undefined) return exemption

  tally.note(facts)
  let decided: BlockingRule | undefined
  let grounds: [Ground, ...Ground[]] | undefined
  let shadows: ShadowHit[] | undefined
  let cleared: StandingRule | undefined
  let clearedBy = ''
  for (const rule of policy.rules) {
    if (rule.scope !== undefined && !isInScope(rule.scope, facts)) continue
    if (rule.kind === 'allow' || rule.kind === 'standing') {
      if (!(rule.kind === 'allow' ? allows(rule, facts) : stands(rule.list, facts))) continue
      if (rule.mode === 'shadow')
        (shadows ??= []).push({ rule: nameOf(rule), would: 'allow', why: 'shadow', ground: undefined })
      else if (rule.kind === 'standing') cleared ??= rule
      else if (decided !== undefined) break
      else return shadows === undefined ? rule.verdict : { ...rule.verdict, shadows }
    } else {
      const ground = ask(rule, facts, tally, nowMs, living)
      if (ground === undefined) continue
      const why = sparedBy(rule, facts, policy, cleared, living)
      if (why !== undefined) {
        ;(shadows ??= []).push({ rule: nameOf(rule), would: 'block', why, ground })
        if (clearedBy === '' && (why === 'lift' || why === 'accepted')) clearedBy = entryOf(why, rule, facts, living)
      } else if (decided === undefined || grounds === undefined) {
        decided = rule
        grounds = [ground]
      } else if (rule.cause === decided.cause) grounds.push(ground)
    }
  }
  if (decided === undefined || grounds === undefined) {
    const verdict = cleared?.verdict ?? (clearedBy === '' ? NO_RULE : allowBy('allowed', clearedBy))
    return shadows === undefined ? verdict : { ...verdict, shadows }
  }
  const { cause, program, treatment } = decided
  const optOut = hasOptedOut(policy, facts, living)
  const found = { rule: nameOf(decided), cause, program, optOut, grounds, shadows: shadows ?? NO_RULE.shadows }
  return treatment === undefined ? { kind: 'block', ...found } : { kind: 'treat', ...found, treatment }
}

/** Why a rule that fired does not act on this call; `undefined` where it does. Only analytics spare anybody. */
function sparedBy(
  rule: BlockingRule,
  facts: CallFacts,
  policy: Policy,
  cleared: StandingRule | undefined,
  living: Living,
): Spared | undefined {
  if (rule.mode === 'shadow') return 'shadow'
  if (rule.cause === 'analytics') {
    if (cleared !== undefined) return 'standing'
    if (liftFor(living, rule.id, facts) > 0) return 'lift'
    if (acceptanceFor(living, facts) > 0) return 'accepted'
    if (isSkipped(rule.registered, facts, living)) return 'registered'
    // Network-level programs have no opt-out: 47 CFR 64.1200(k)(11).
    if (rule.program !== 'network' && hasOptedOut(policy, facts, living)) return 'opt-out'
  }
  return rule.sample !== undefined && !isSampled(rule.sample, policy.sampleSeed ?? 0, rule.number, facts)
    ? 'sample'
    : undefined
}

/** What kept the rule from acting, as verdict and journal name it: `lift:17`. */
function entryOf(why: 'lift' | 'accepted', rule: BlockingRule, facts: CallFacts, living: Living): string {
  return `${why}:${why === 'lift' ? liftFor(living, rule.id, facts) : acceptanceFor(living, facts)}`
}

function hasOptedOut({ optOut }: Policy, facts: CallFacts, living: Living): boolean {
  return (optOut !== undefined && isListed(optOut, facts.called)) || isOptedOut(living, facts)
}

function nameOf({ id, number }: { readonly id: string; readonly number: number }) {
  return { id, number }
}
