import type { CallFacts } from '#core/call/facts.ts'
import { NO_LIVING, isKnown, type Living } from './living.ts'
import type { Policy } from './policy.ts'
import { stands, type StandingList } from './standing-list.ts'

/**
 * What being registered is worth before one rule, never before all: the rule does not act, or has another limit. Registered
 * is whom the registry knows, and who stands on the policy's list, where it has one; an entry there may ask for an attestation.
 */
export type Registered =
  | { readonly kind: 'skip'; readonly list: StandingList | undefined }
  | { readonly kind: 'limit'; readonly list: StandingList | undefined; readonly limit: number }

/** The limit that a rule holds this caller to. Ask it only once the rule's own limit is crossed: most calls cross none. */
export function limitOf(
  rule: { readonly limit: number; readonly registered?: Registered | undefined },
  facts: CallFacts,
  living: Living,
): number {
  const { limit, registered } = rule
  return registered?.kind === 'limit' && knows(registered, facts, living) ? registered.limit : limit
}

/** Whether the rule does not act on this caller, who is registered. */
export function isSkipped(registered: Registered | undefined, facts: CallFacts, living: Living): boolean {
  return registered?.kind === 'skip' && knows(registered, facts, living)
}

/** Whether some rule of the policy knows this caller as registered. */
export function isRegistered(policy: Policy, facts: CallFacts, living: Living = NO_LIVING): boolean {
  return policy.rules.some(
    (rule) =>
      rule.kind !== 'allow' &&
      'registered' in rule &&
      rule.registered !== undefined &&
      knows(rule.registered, facts, living),
  )
}

function knows({ list }: Registered, facts: CallFacts, living: Living): boolean {
  return (list !== undefined && stands(list, facts)) || isKnown(living, facts)
}
