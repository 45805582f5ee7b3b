import type { CallFacts } from '#core/call/facts.ts'
import { formatParty, partyKey, prefixKey, type Party } from '#core/call/party.ts'
import { blockDigits } from './block-digits.ts'
import type { Counted } from './policy.ts'
import type { Tally } from './tally.ts'

/** The key a rule counts a caller under: that of his number, or of the block it lies in; 0 where he is not counted. */
export function subjectKey(rule: Counted, calling: Party): number {
  if (calling.count < COUNTED_DIGITS_MIN) return 0
  return rule.of === 'number' ? partyKey(calling) : prefixKey(calling, blockDigits(rule, calling))
}

/** The same for people: `+12125550117`, or a block with an x for each digit left open: `+12125550xxx`. */
export function formatSubject(rule: Counted, calling: Party): string {
  const text = formatParty(calling)
  if (rule.of === 'number') return text
  const end = blockDigits(rule, calling) + (calling.kind === 'e164' ? 1 : 0)
  return text.slice(0, end) + 'x'.repeat(text.length - end)
}

/** What the grounds of all counting rules have: the figure, whom it is of, and the calls behind it that `tells` takes. */
export function countedGround(
  rule: Counted,
  facts: CallFacts,
  tally: Tally,
  { count, limit }: { readonly count: number; readonly limit: number },
  tells: (called: Party) => boolean = () => true,
) {
  const { id, cause, of, perMs, counter } = rule
  const exact = tally.wasExact(counter)
  const key = subjectKey(rule, facts.calling)
  const isOne = of === 'number'
  const calls = tally.recall(facts.calling, isOne, facts.atMs - perMs, (calling, called) => {
    return (isOne || subjectKey(rule, calling) === key) && tells(called)
  })
  return { rule: id, cause, of, subject: formatSubject(rule, facts.calling), count, exact, limit, perMs, calls }
}

/** Shorter ones are extensions and short codes, which belong to many callers; withheld numbers have none. */
export const COUNTED_DIGITS_MIN = 7
