import type { Attestation, CallFacts } from '#core/call/facts.ts'
import type { AttestationRule, VerificationRule } from './policy.ts'
import type { Ground } from './verdict.ts'

/**
 * What is known of the caller's right to the number, in one word: what this gate found out by itself where it did, else
 * what the peer says.
 *
 * - `A`, `B`, `C`: signed so, and verified.
 * - `passed`: the peer verified a signature and does not say of which letter.
 * - `unverified`: signed, and nobody could tell whether rightly. No fault of the caller's.
 * - `none`: not signed.
 * - `failed`: signed wrongly.
 */
export type Standing = Attestation | 'unverified'

export const STANDINGS = ['A', 'B', 'C', 'passed', 'unverified', 'none', 'failed'] as const satisfies Standing[]

export type AttestationLetter = 'A' | 'B' | 'C'

export function standingOf({ verification, attestation }: CallFacts): Standing {
  if (verification.kind === 'verified') return verification.attestation
  if (verification.kind === 'failed') return 'failed'
  if (attestation !== 'none') return attestation
  return verification.kind === 'unverified' ? 'unverified' : 'none'
}

/** Whether the call is known to be attested at least so; a signature of an unknown letter is as good as a C. */
export function isAttested(facts: CallFacts, least: AttestationLetter): boolean {
  return RANKS[standingOf(facts)] >= RANKS[least]
}

/** What is known to be less than the letter. `passed` and `unverified` calls may be anything, and are not. */
export function standingsBelow(letter: AttestationLetter): readonly Standing[] {
  return STANDINGS.filter((one) => one !== 'passed' && one !== 'unverified' && RANKS[one] < RANKS[letter])
}

/** Fires when the caller's attestation is one of those that the rule names. */
export function poorlyAttested(rule: AttestationRule, facts: CallFacts): Ground | undefined {
  const found = standingOf(facts)
  return rule.standings.includes(found) ? { kind: 'attestation', rule: rule.id, cause: rule.cause, found } : undefined
}

/** Fires when the signature of the call is known to be wrong, by this gate or by the peer. */
export function failedVerification(rule: VerificationRule, facts: CallFacts): Ground | undefined {
  if (standingOf(facts) !== 'failed') return undefined
  const { verification } = facts
  const why = verification.kind === 'failed' ? verification.why : `peer ${facts.peer} says so`
  return { kind: 'verification', rule: rule.id, cause: rule.cause, why }
}

const RANKS: Readonly<Record<Standing, number>> = { A: 3, B: 2, C: 1, passed: 1, unverified: 0, none: 0, failed: 0 }
