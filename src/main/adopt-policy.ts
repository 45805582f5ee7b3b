import type { Ledger } from '#core/ledger/ledger.ts'
import { numberRules } from '#core/rules/policy.ts'
import { carryOver } from '#core/rules/tally.ts'
import { contractOf } from './gate-terms.ts'
import type { Gates } from './gates.ts'
import type { Inquiries } from './inquiries.ts'
import type { AdoptedPolicy } from './policy-watch.ts'

/**
 * Has all gates judge by a policy from their next message on, each call by exactly one. What rules have counted stays where
 * they count the same as before.
 */
export async function adoptPolicy(
  gates: Gates,
  ledger: Pick<Ledger, 'ruleNumbers'>,
  { config, version }: AdoptedPolicy,
  inquiries: Pick<Inquiries, 'wantedBy'>,
): Promise<void> {
  const ids = config.policy.rules.map(({ id }) => id)
  const numbers = await ledger.ruleNumbers(ids, Date.now())
  // Asked for only now: receipt keys may have changed while the store was asked.
  const before = gates.terms
  const { sampleSeed } = before.policy
  const verification = config.desk?.verification?.begins
  const policy = { ...numberRules(config.policy, (id) => numbers.get(id)!), sampleSeed, verification }
  gates.adopt({
    ...before,
    peers: config.gate.peers,
    policy,
    policyVersion: version,
    tally: carryOver(before.policy, before.tally, policy),
    notices: config.terms,
    contract: contractOf(config),
    wanted: inquiries.wantedBy(policy),
  })
}
