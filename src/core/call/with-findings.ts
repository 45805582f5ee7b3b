import type { CallFacts } from './facts.ts'

/**
 * The facts with what was found out about the call. What this gate has verified itself outweighs what a peer says: the
 * attestation becomes that of the token, or `failed`. What was only not verified leaves the peer's word as it is.
 */
export function withFindings(facts: CallFacts, findings: Pick<CallFacts, 'verification' | 'scores'>): CallFacts {
  const { verification, scores } = findings
  const attestation =
    verification.kind === 'verified'
      ? verification.attestation
      : verification.kind === 'failed'
        ? 'failed'
        : facts.attestation
  return { ...facts, attestation, verification, scores }
}
