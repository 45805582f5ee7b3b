import type { Attestation, CallFacts } from '#core/call/facts.ts'
import { formatParty, partyKey, type Party } from '#core/call/party.ts'
import { mayBeSigned } from '#core/call/verification.ts'
import { hashText } from './hash.ts'
import type { Policy, SpoofingRule } from './policy.ts'
import type { Voucher } from './signer-table.ts'
import { COUNTED_DIGITS_MIN } from './subject.ts'
import type { Tally } from './tally.ts'
import type { Ground } from './verdict.ts'

/**
 * Fires when a number that one provider normally signs with attestation A comes unsigned, or through another provider or
 * trunk. A signature that could not be checked in time says nothing, and the call is left alone; one that cannot be checked
 * because of what the caller sent is none.
 */
export function spoofed(rule: SpoofingRule, facts: CallFacts, tally: Tally, nowMs: number): Ground | undefined {
  const { calling } = facts
  if (calling.count < COUNTED_DIGITS_MIN) return undefined
  const voucher = voucherOf(facts)
  if (voucher === undefined) return undefined
  const { signing, count } = tally.compareSigning(rule.counter, partyKey(calling), voucher, nowMs)
  if (signing === 'normal') return undefined
  const { id, cause, after, perMs } = rule
  return {
    kind: 'spoofing',
    rule: id,
    cause,
    subject: formatParty(calling),
    came: signing,
    by: bearerOf(facts),
    count,
    limit: after,
    perMs,
    calls: tally.recall(calling, true, facts.atMs - perMs, () => true),
  }
}

/** What is known of a call of the past, as a journal has it. */
export type PastCall = {
  readonly atMs: number
  readonly calling: Party
  readonly peer: string
  readonly trunk: string
  readonly attestation: Attestation
}

/** Learns who signs a number from a call of the past, so that a gate does not start without knowing anybody. */
export function learn(tally: Tally, policy: Policy, { atMs, calling, peer, trunk, attestation }: PastCall): void {
  if (attestation !== 'A' || calling.count < COUNTED_DIGITS_MIN) return
  const voucher = { provider: trunkOf(peer, trunk), isSigned: true }
  for (const rule of policy.rules) {
    if (rule.kind === 'spoofing') tally.compareSigning(rule.counter, partyKey(calling), voucher, atMs)
  }
}

function voucherOf({ verification, attestation, peer, trunk, calling, called }: CallFacts): Voucher | undefined {
  if (verification.kind === 'unverified' && mayBeSigned(verification.why, calling, called)) return undefined
  if (verification.kind === 'failed') return NOBODY
  if (verification.kind === 'verified') {
    return {
      provider: (hashText(SIGNER_START, verification.signer) | 1) >>> 0,
      isSigned: verification.attestation === 'A',
    }
  }
  if (attestation === 'none' || attestation === 'failed') return NOBODY
  return { provider: trunkOf(peer, trunk), isSigned: attestation === 'A' }
}

/** The provider behind a trunk: even, and not 0. */
function trunkOf(peer: string, trunk: string): number {
  return (hashText(hashText(TRUNK_START, peer) ^ 0x2f, trunk) & ~1) >>> 0 || 2
}

function bearerOf({ verification, peer, trunk }: CallFacts): string {
  if (verification.kind === 'verified') return verification.signer
  return trunk === '' ? peer : `${peer}/${trunk}`
}

const NOBODY: Voucher = { provider: 0, isSigned: false }
const SIGNER_START = 0x811c9dc5
const TRUNK_START = 0x01234567
