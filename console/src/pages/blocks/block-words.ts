import type { Tone } from '../../parts/status-word.tsx'

/** On what authority a call was blocked, as the page says it. */
export const CAUSE_WORDS: Readonly<Record<string, string>> = {
  analytics: 'Analytics',
  'do-not-originate': 'Do not originate',
  invalid: 'Invalid number',
  unallocated: 'Unallocated number',
  'called-party': 'Called party',
  ordered: 'Ordered',
}

/** The address of a block's page: its receipt, or its place where the receipt is erased. */
export function placeOf({ receipt, entry }: { receipt: string; entry: { chain: string; seq: number } }): string {
  return `/blocks/${encodeURIComponent(receipt === '' ? `${entry.chain}:${entry.seq}` : receipt)}`
}

export const PROOF_WORDS: Readonly<Record<'holds' | 'open' | 'broken' | 'long', readonly [string, Tone]>> = {
  holds: ['Verified', 'good'],
  open: ['Not yet signed', 'quiet'],
  broken: ['Does not verify', 'bad'],
  long: ['Not verified here', 'quiet'],
}
