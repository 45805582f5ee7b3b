import type { CallFacts } from '#core/call/facts.ts'
import { allows } from './allow.ts'
import { exempt } from './exemption.ts'
import { ask } from './kinds.ts'
import { isListed } from './number-list.ts'
import { NO_RULE, type BlockingRule, type Policy, type StandingRule } from './policy.ts'
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
 */
export function judge(facts: CallFacts, policy: Policy, tally: Tally, nowMs: number): Verdict {
  const exemption = exempt(policy, facts)
  if (exemption !== undefined) return exemption

  tally.note(facts)
  let decided: BlockingRule | undefined
  let grounds: [Ground, ...Ground[]] | undefined
  let shadows: ShadowHit[] | undefined
  let cleared: StandingRule | undefined
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
      const ground = ask(rule, facts, tally, nowMs)
      if (ground === undefined) continue
      const why = sparedBy(rule, facts, policy, cleared)
      if (why !== undefined) (shadows ??= []).push({ rule: nameOf(rule), would: 'block', why, ground })
      else if (decided === undefined || grounds === undefined) {
        decided = rule
        grounds = [ground]
      } else if (rule.cause === decided.cause) grounds.push(ground)
    }
  }
  if (decided === undefined || grounds === undefined) {
    const verdict = cleared === undefined ? NO_RULE : cleared.verdict
    return shadows === undefined ? verdict : { ...verdict, shadows }
  }
  const { cause, program, treatment } = decided
  const optOut = hasOptedOut(policy, facts)
  const found = { rule: nameOf(decided), cause, program, optOut, grounds, shadows: shadows ?? NO_RULE.shadows }
  return treatment === undefined ? { kind: 'block', ...found } : { kind: 'treat', ...found, treatment }
}

/** Why a rule that fired does not act on this call; `undefined` where it does. Only analytics spare anybody. */
function sparedBy(
  rule: BlockingRule,
  facts: CallFacts,
  policy: Policy,
  cleared: StandingRule | undefined,
): Spared | undefined {
  if (rule.mode === 'shadow') return 'shadow'
  if (rule.cause === 'analytics') {
    if (cleared !== undefined) return 'standing'
    if (isSkipped(rule.registered, facts)) return 'registered'
    // Network-level programs have no opt-out: 47 CFR 64.1200(k)(11).
    if (rule.program !== 'network' && hasOptedOut(policy, facts)) return 'opt-out'
  }
  return rule.sample !== undefined && !isSampled(rule.sample, policy.sampleSeed ?? 0, rule.number, facts)
    ? 'sample'
    : undefined
}

function hasOptedOut({ optOut }: Policy, { called }: CallFacts): boolean {
  return optOut !== undefined && isListed(optOut, called)
}

function nameOf({ id, number }: { readonly id: string; readonly number: number }) {
  return { id, number }
}
