import { parseParty } from '#core/call/party.ts'
import type { Policy } from '#core/rules/policy.ts'
import { learn } from '#core/rules/spoofing.ts'
import { viewTally, type TallyBuffers } from '#core/rules/tally.ts'
import { readSignedCalls } from '#edge/store/journal-reader.ts'

/**
 * Lets the rules about spoofing know who signs which number, from the calls that the journal still has: a gate that has
 * been started again does not begin without knowing anybody. Answers how many calls there were; throws StoreError.
 */
export function learnSigners(policy: Policy, memory: TallyBuffers, url: string, nowMs: number): number {
  const withinMs = Math.max(0, ...policy.rules.map((rule) => (rule.kind === 'spoofing' ? rule.perMs : 0)))
  if (withinMs === 0) return 0
  const tally = viewTally(policy, memory)
  let calls = 0
  readSignedCalls(url, nowMs - withinMs, LEARNED_ROWS_MAX, ({ at, calling, peer, trunk }) => {
    learn(tally, policy, { atMs: at, calling: parseParty(calling), peer, trunk, attestation: 'A' })
    calls++
  })
  return calls
}

/** How many rows of the journal are looked at, the latest: about two seconds. */
export const LEARNED_ROWS_MAX = 2_000_000
