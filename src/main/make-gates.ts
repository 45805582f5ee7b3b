import { randomInt } from 'node:crypto'
import { type Ledger, SAME_TRANSACTION_MS } from '#core/ledger/ledger.ts'
import type { Living } from '#core/rules/living.ts'
import { type Policy, numberRules } from '#core/rules/policy.ts'
import { sharedCallsBytes } from '#core/transaction/shared-calls.ts'
import { allotTally } from '#core/rules/tally.ts'
import type { SharedLedger } from '#edge/store/sqlite-ledger.ts'
import type { Alarms } from './alarms.ts'
import type { Config } from '#main/config/config.ts'
import { type GateTerms, contractOf } from './gate-terms.ts'
import { Gates } from './gates.ts'
import type { Inquiries } from './inquiries.ts'
import { openOrStop } from './load-or-stop.ts'
import { learnSigners } from './learn-signers.ts'
import type { Trials } from './trials.ts'

/** Makes the gates of this process, with the policy that is in force. */
export async function makeGates(
  config: Config,
  policyVersion: number,
  ledger: SharedLedger,
  receipts: GateTerms['receipts'],
  alarms: Alarms,
  trials: Trials,
  inquiries: Inquiries,
  living: Living,
) {
  const nowMs = Date.now()
  const policy = await policyWith(config, ledger, nowMs)
  const tally = allotTally(policy, randomInt(2 ** 32 - 1))
  await openOrStop(() => learnSigners(policy, tally, `sqlite:${config.store.path}`, nowMs))
  const terms: GateTerms = {
    peers: config.gate.peers,
    policy,
    policyVersion,
    tally,
    notices: config.terms,
    contract: contractOf(config),
    wanted: inquiries.wantedBy(policy),
    receipts,
    hashKey: (await ledger.secret('transaction')).subarray(0, 16),
    sharedCalls: meetsCallsTwice(config)
      ? new SharedArrayBuffer(sharedCallsBytes(config.gate.limits.transactions))
      : undefined,
    dialPlan: config.gate.dialPlan,
    limits: config.gate.limits,
    living,
  }
  return new Gates({
    terms,
    ledger,
    inquiry: inquiries,
    recent: await ledger.recentBlocks(nowMs - SAME_TRANSACTION_MS),
    chain: config.ledger.chain,
    hep: config.outlets.hep,
    alarm: (kind, cause) => alarms.raise(kind, cause),
    tried: (tried) => trials.hear(tried),
  })
}

/** The policy of the configuration with what the store keeps for it: the numbers of its rules, and what samples are drawn by. */
export async function policyWith(config: Config, ledger: Ledger, nowMs: number): Promise<Policy> {
  const numbers = await ledger.ruleNumbers(
    config.policy.rules.map(({ id }) => id),
    nowMs,
  )
  const sampleSeed = Buffer.from(await ledger.secret('sample')).readUInt32BE(0)
  return {
    ...numberRules(config.policy, (id) => numbers.get(id)!),
    sampleSeed,
    verification: config.desk?.verification?.begins,
  }
}

/** Whether datagrams are taken by threads of their own, so that there are several gates. */
export function isThreaded({ threads, udp }: Config['gate']): boolean {
  return threads > 1 || udp === 'batch'
}

/**
 * Whether a call may be asked about at one gate and then at another: at several threads, or over UDP and then on a connection
 * or over HTTP. One thread that has all calls need not look, under a lock, into what nobody else writes.
 */
function meetsCallsTwice({ gate, api }: Config): boolean {
  const hasOtherDoors = api !== undefined || gate.listen.some(({ transport }) => transport !== 'udp')
  return gate.threads > 1 || (isThreaded(gate) && hasOtherDoors)
}
