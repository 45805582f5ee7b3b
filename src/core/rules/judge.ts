import type { CallFacts } from '#core/call/facts.ts'
import { allows } from './allow.ts'
import { exempt } from './exemption.ts'
import { ask } from './kinds.ts'
import { NO_RULE, type BlockingRule, type Policy } from './policy.ts'
import type { Tally } from './tally.ts'
import type { Ground, ShadowHit, Verdict } from './verdict.ts'

/**
 * Judges one call. An exempt call is not judged; else the rules are asked in order and the first enforced one that has
 * something to say decides.
 *
 * After a block, the rules behind it are still asked, up to the first enforced rule that allows the caller: so every
 * volume rule counts every call, whoever blocked it, a shadow rule shows what it would have done, and a second ground of
 * the same cause stands beside the first. A call that nothing is said about costs no memory.
 */
export function judge(facts: CallFacts, policy: Policy, tally: Tally, nowMs: number): Verdict {
  const exemption = exempt(policy, facts)
  if (exemption !== undefined) return exemption

  let decided: BlockingRule | undefined
  let grounds: [Ground, ...Ground[]] | undefined
  let shadows: ShadowHit[] | undefined
  for (const rule of policy.rules) {
    if (rule.kind === 'allow') {
      if (!allows(rule, facts)) continue
      if (rule.mode === 'shadow') (shadows ??= []).push({ rule: nameOf(rule), would: 'allow', ground: undefined })
      else if (decided !== undefined) break
      else return shadows === undefined ? rule.verdict : { ...rule.verdict, shadows }
    } else {
      const ground = ask(rule, facts, tally, nowMs)
      if (ground === undefined) continue
      if (rule.mode === 'shadow') (shadows ??= []).push({ rule: nameOf(rule), would: 'block', ground })
      else if (decided === undefined || grounds === undefined) {
        decided = rule
        grounds = [ground]
      } else if (rule.cause === decided.cause) grounds.push(ground)
    }
  }
  if (decided === undefined || grounds === undefined) return shadows === undefined ? NO_RULE : { ...NO_RULE, shadows }
  const { cause, program } = decided
  return { kind: 'block', rule: nameOf(decided), cause, program, grounds, shadows: shadows ?? NO_RULE.shadows }
}

function nameOf({ id, number }: { readonly id: string; readonly number: number }) {
  return { id, number }
}
