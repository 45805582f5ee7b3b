import type { Tone } from '../../parts/status-word.tsx'

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
