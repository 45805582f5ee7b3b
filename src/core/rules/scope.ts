import type { CallFacts } from '#core/call/facts.ts'

/** Where a rule applies: to the calls of some peers, of some trunks; `undefined` is all of them. */
export type Scope = {
  readonly peers: readonly string[] | undefined
  readonly trunks: readonly string[] | undefined
}

export function isInScope({ peers, trunks }: Scope, facts: CallFacts): boolean {
  if (peers !== undefined && !peers.includes(facts.peer)) return false
  return trunks === undefined || trunks.includes(facts.trunk)
}
