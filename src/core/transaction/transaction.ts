/** The 64 bits that name an INVITE transaction: a keyed hash over source, top Via branch, Call-ID, CSeq number, From tag. */
export type Transaction = { readonly high: number; readonly low: number }

/** Writes a transaction as 16 hexadecimal digits. */
export function formatTransaction({ high, low }: Transaction): string {
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
}

/** Reads 16 hexadecimal digits. */
export function parseTransaction(text: string): Transaction {
  return { high: Number.parseInt(text.slice(0, 8), 16), low: Number.parseInt(text.slice(8, 16), 16) }
}
