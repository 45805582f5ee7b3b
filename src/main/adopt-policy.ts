import type { Ledger } from '#core/ledger/ledger.ts'
import { numberRules, type Policy } from '#core/rules/policy.ts'
import { carryOver, type TallyBuffers } from '#core/rules/tally.ts'
import { contractOf } from './gate-terms.ts'
import type { Gates } from './gates.ts'
import type { Inquiries } from './inquiries.ts'
import type { AdoptedPolicy } from './policy-watch.ts'

/** Lets rules whose memory is new know what was signed before; never rejects. */
export type LearnNew = (policy: Policy, memory: TallyBuffers) => Promise<void>

/**
 * Has all gates judge by a policy from their next message on, each call by exactly one. What rules have counted stays where
 * they count the same as before.
 */
export async function adoptPolicy(
  gates: Gates,
  ledger: Pick<Ledger, 'ruleNumbers'>,
  { config, version }: AdoptedPolicy,
  inquiries: Pick<Inquiries, 'wantedBy'>,
  learnNew: LearnNew,
): Promise<void> {
  const ids = config.policy.rules.map(({ id }) => id)
  const numbers = await ledger.ruleNumbers(ids, Date.now())
  const { policy: known, tally: counted } = gates.terms
  const { sampleSeed } = known
  const verification = config.desk?.verification?.begins
  const policy = { ...numberRules(config.policy, (id) => numbers.get(id)!), sampleSeed, verification }
  const tally = carryOver(known, counted, policy)
  // Calls are judged by the policy before until then: a rule that knows nobody yet would let every stranger pass.
  const fresh = policy.rules.filter(
    (rule) => rule.kind === 'spoofing' && !counted.buffers.includes(tally.buffers[rule.counter]!),
  )
  if (fresh.length > 0) await learnNew({ ...policy, rules: fresh }, { ...tally, recent: undefined })
  // Asked for only now: receipt keys may have changed meanwhile. Policies come one after the other, so counters have not.
  const before = gates.terms
  gates.adopt({
    ...before,
    peers: config.gate.peers,
    policy,
    policyVersion: version,
    tally,
    notices: config.terms,
    contract: contractOf(config),
    wanted: inquiries.wantedBy(policy),
  })
}
