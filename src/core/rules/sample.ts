import type { CallFacts } from '#core/call/facts.ts'
import { partyKey } from '#core/call/party.ts'
import { hashKey } from './hash.ts'

/**
 * Whether a call falls into the share (0 to 1) of calls on which a rule acts. The same caller and called party always fall
 * on the same side of the same rule, so that trying again does not help; different rules take different shares. `seed` is
 * the gate's secret, so that nobody can tell beforehand on which side a call falls.
 */
export function isSampled(share: number, seed: number, ruleNumber: number, { calling, called }: CallFacts): boolean {
  const hash = hashKey(partyKey(calling), hashKey(partyKey(called), hashKey(ruleNumber, seed)))
  return hash < share * 0x1_0000_0000
}
