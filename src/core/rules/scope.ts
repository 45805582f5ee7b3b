import type { CallFacts } from '#core/call/facts.ts'

/** Where a rule applies: to the calls of some peers, trunks or tenants; `undefined` is all of them. */
export type Scope = {
  readonly peers: readonly string[] | undefined
  readonly trunks: readonly string[] | undefined
  readonly tenants?: readonly string[] | undefined
}

export function isInScope({ peers, trunks, tenants }: Scope, facts: CallFacts): boolean {
  if (tenants !== undefined && !tenants.includes(facts.tenant ?? '')) return false
  if (peers !== undefined && !peers.includes(facts.peer)) return false
  return trunks === undefined || trunks.includes(facts.trunk)
}
