import { maskNumber } from '#core/call/mask.ts'
import { formatParty } from '#core/call/party.ts'
import type { ReceiptRing } from '#core/receipt/receipt.ts'
import type { BlockCategory, BlockSummary } from '#core/redress/desk.ts'
import { formatPublicGround } from '#core/rules/ground.ts'
import type { Policy } from '#core/rules/policy.ts'
import type { Ground } from '#core/rules/verdict.ts'
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
  const cause = block?.open.cause ?? (found !== undefined && 'cause' in found ? found.cause : 'analytics')
  return {
    receipt,
    at: facts.atMs,
    calling: formatParty(facts.calling),
    called: maskNumber(formatParty(facts.called)),
    category: grounds.some(({ kind }) => kind === 'spoofing') ? 'spoofed' : (CATEGORIES[cause] ?? 'analytics'),
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

const CATEGORIES: Readonly<Record<string, BlockCategory>> = {
  analytics: 'analytics',
  'do-not-originate': 'do-not-originate',
  invalid: 'invalid',
  unallocated: 'unallocated',
  'called-party': 'called-party',
  ordered: 'operator',
}
const RECEIPT = /^[A-Za-z0-9_-]{64}$/
