import type { CallFacts } from '#core/call/facts.ts'
import type { Policy } from './policy.ts'
import { stands, type StandingList } from './standing-list.ts'

/**
 * What being registered is worth before one rule, never before all: the rule does not act, or has another limit. The list
 * is the policy's; an entry may ask for an attestation.
 */
export type Registered =
  | { readonly kind: 'skip'; readonly list: StandingList }
  | { readonly kind: 'limit'; readonly list: StandingList; readonly limit: number }

/** The limit that a rule holds this caller to. Ask it only once the rule's own limit is crossed: most calls cross none. */
export function limitOf(
  rule: { readonly limit: number; readonly registered?: Registered | undefined },
  facts: CallFacts,
): number {
  const { limit, registered } = rule
  return registered?.kind === 'limit' && stands(registered.list, facts) ? registered.limit : limit
}

/** Whether the rule does not act on this caller, who is registered. */
export function isSkipped(registered: Registered | undefined, facts: CallFacts): boolean {
  return registered?.kind === 'skip' && stands(registered.list, facts)
}

/** Whether some rule of the policy knows this caller as registered. */
export function isRegistered(policy: Policy, facts: CallFacts): boolean {
  return policy.rules.some(
    (rule) =>
      rule.kind !== 'allow' &&
      'registered' in rule &&
      rule.registered !== undefined &&
      stands(rule.registered.list, facts),
  )
}
