import type { Attempt } from '#core/observe/attempt.ts'
import { refusalOf, responseFrom } from '#core/observe/refusal.ts'

/** Calls of one's own within the last day: most are answered, and one network refuses those of a clinic since some hours. */
export function attemptsUntil(endMs: number): Attempt[] {
  return Array.from({ length: ATTEMPTS }, (_, index) => {
    const at = endMs - (ATTEMPTS - index) * EVERY_MS
    const from = `+1312555${String(OWN_FROM + (index % OWN_NUMBERS)).padStart(4, '0')}`
    const to = `+1702555${String(OWN_FROM + (index % 97)).padStart(4, '0')}`
    const carrier = index % 3 === 0 ? 'farnet' : 'midline'
    const isRefused = carrier === 'farnet' && index > ATTEMPTS / 2 && index % OWN_NUMBERS < BLOCKED_NUMBERS
    const attempt = { key: `sample-${endMs}-${index}`, at, source: 'sample', from, to, carrier }
    const timing = { ringMs: isRefused ? undefined : 6_000, setupMs: isRefused ? 180 : 6_200 }
    if (!isRefused)
      return { ...attempt, ...timing, evidence: 'record', end: { kind: 'answered', durationMs: 42_000 + index * 10 } }
    const response = responseFrom({
      status: 603,
      phrase: 'Network Blocked',
      reasons: [
        `SIP;cause=603;text="v=analytics1;url=https://redress.farnet.example/c;tel=+18005550143;id=F${index}";location=TN`,
      ],
      from,
      to,
      callId: `sample-${index}@calls.example.net`,
    })
    return {
      ...attempt,
      ...timing,
      evidence: 'record',
      end: { kind: 'refused', refusal: refusalOf(response, { carrier }) },
    }
  })
}

const ATTEMPTS = 240
const EVERY_MS = 300_000
const OWN_FROM = 100
const OWN_NUMBERS = 12
const BLOCKED_NUMBERS = 5
