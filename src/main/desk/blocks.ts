import { maskNumber } from '#core/call/mask.ts'
import { formatParty } from '#core/call/party.ts'
import type { ReceiptRing } from '#core/receipt/receipt.ts'
import type { BlockCategory, BlockSummary } from '#core/redress/desk.ts'
import { formatPublicGround } from '#core/rules/ground.ts'
import type { BlockingKind, Policy } from '#core/rules/policy.ts'
import { CAUSES, type Ground } from '#core/rules/verdict.ts'
import type { CallReader } from '#edge/store/call-reader.ts'

/** The block behind a receipt for the public; forged, unknown and expired ones are all the same undefined. */
export function summarizeBlock(
  receipt: string,
  ring: ReceiptRing,
  calls: CallReader,
  policy: Policy,
): BlockSummary | undefined {
  // Both are looked at for every receipt, so that the time it takes tells nothing.
  const facts = ring.open(receipt)
  const block = RECEIPT.test(receipt) ? calls.block(receipt) : undefined
  if (facts === undefined) return undefined
  const grounds = block?.personal === undefined ? [] : readGrounds(block.personal.grounds)
  const rule = block === undefined ? calls.ruleId(facts.rule) : undefined
  const found = policy.rules.find((one) => one.id === rule)
  const isBlocking = found !== undefined && 'cause' in found
  const cause = block?.open.cause ?? (isBlocking ? found.cause : undefined)
  const kinds = grounds.length > 0 ? grounds.map(({ kind }) => kind) : isBlocking ? [found.kind] : []
  return {
    receipt,
    at: facts.atMs,
    calling: formatParty(facts.calling),
    called: maskNumber(formatParty(facts.called)),
    category: categoryOf(cause, kinds),
    grounds: grounds.map(formatPublicGround).join('; '),
    isRecorded: block !== undefined,
  }
}

/** The grounds as the ledger has them; none where they are erased or cannot be read. */
export function readGrounds(text: string): Ground[] {
  try {
    const read: unknown = JSON.parse(text)
    return Array.isArray(read) ? (read as Ground[]) : []
  } catch {
    return []
  }
}

/** What the caller is told of a cause; of analytics it hangs on what the first rule that blocked goes by. */
function categoryOf(cause: string | undefined, kinds: readonly (Ground['kind'] | BlockingKind)[]): BlockCategory {
  if (cause !== 'analytics') return CATEGORIES.find((category) => category === cause) ?? 'unknown'
  if (kinds.includes('spoofing')) return 'spoofed'
  const [first] = kinds
  return first === undefined ? 'unknown' : ANALYTICS[first]
}

const CATEGORIES = CAUSES satisfies readonly BlockCategory[]
/** Rules and grounds by the same word, but for lists: a rule that denies has a listed ground. */
const ANALYTICS: { readonly [kind in Ground['kind'] | BlockingKind]: BlockCategory } = {
  volume: 'analytics',
  distinct: 'analytics',
  sequential: 'analytics',
  short: 'analytics',
  unanswered: 'analytics',
  deny: 'unwanted',
  listed: 'unwanted',
  score: 'unwanted',
  attestation: 'unsigned',
  verification: 'spoofed',
  spoofing: 'spoofed',
  'called-list': 'called-party',
  'called-party': 'called-party',
  'do-not-originate': 'do-not-originate',
  invalid: 'invalid',
  unallocated: 'unallocated',
}
const RECEIPT = /^[A-Za-z0-9_-]{64}$/
