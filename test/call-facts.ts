import type { CallFacts } from '#core/call/facts.ts'
import { parseNumber } from '#core/call/number.ts'
import { NOT_LOOKED, NO_SCORES } from '#core/call/verification.ts'

/** An ordinary call, but for what is said. */
export function callFacts(facts: Partial<CallFacts> = {}): CallFacts {
  return {
    atMs: Date.UTC(2026, 10, 22, 12),
    calling: parseNumber('+12125550117'),
    called: parseNumber('+14155550163'),
    peer: 'edge',
    trunk: '',
    attestation: 'none',
    emergency: false,
    forwarded: false,
    verification: NOT_LOOKED,
    scores: NO_SCORES,
    ...facts,
  }
}
