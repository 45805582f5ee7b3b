import type { CallFacts } from '#core/call/facts.ts'
import { formatParty, partyKey, prefixKey, type Party } from '#core/call/party.ts'
import { blockDigits } from './block-digits.ts'
import type { VolumeRule } from './policy.ts'
import { limitOf } from './registered.ts'
import type { Tally } from './tally.ts'
import type { Ground } from './verdict.ts'

/**
 * Counts the call, and fires when that makes more than the limit from its number, or its block of numbers, in the
 * window. Blocked calls count as well: a caller is free again when he calls less, not because he is blocked.
 */
export function overVolume(rule: VolumeRule, facts: CallFacts, tally: Tally, nowMs: number): Ground | undefined {
  const { calling } = facts
  if (calling.count < VOLUME_DIGITS_MIN) return undefined
  const kept = rule.of === 'number' ? calling.count : blockDigits(rule, calling)
  const key = rule.of === 'number' ? partyKey(calling) : prefixKey(calling, kept)
  if (key === 0) return undefined
  const count = tally.count(rule.counter, key, nowMs)
  if (count <= rule.limit) return undefined
  const limit = limitOf(rule, facts)
  if (count <= limit) return undefined
  const { id, cause, of, perMs } = rule
  return {
    kind: 'volume',
    rule: id,
    cause,
    of,
    subject: subjectOf(calling, kept),
    count,
    exact: tally.wasExact(rule.counter),
    limit,
    perMs,
  }
}

function subjectOf(calling: Party, kept: number): string {
  const text = formatParty(calling)
  const end = kept + (calling.kind === 'e164' ? 1 : 0)
  return text.slice(0, end) + 'x'.repeat(text.length - end)
}

/** Shorter ones are extensions and short codes, which belong to many callers; withheld numbers have none. */
export const VOLUME_DIGITS_MIN = 7
