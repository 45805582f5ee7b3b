/** The 64 bits that name an INVITE transaction: a keyed hash over source, top Via branch, Call-ID, CSeq number, From tag. */
export type Transaction = { readonly high: number; readonly low: number }

/** Writes a transaction as 16 hexadecimal digits. */
export function formatTransaction({ high, low }: Transaction): string {
  return formatWord(high) + formatWord(low)
}

/** Reads 16 hexadecimal digits. */
export function parseTransaction(text: string): Transaction {
  return { high: Number.parseInt(text.slice(0, 8), 16), low: Number.parseInt(text.slice(8, 16), 16) }
}

function formatWord(word: number): string {
  return HEX[word >>> 24]! + HEX[(word >>> 16) & 255]! + HEX[(word >>> 8) & 255]! + HEX[word & 255]!
}

/** The two digits of each octet: this is on the call path, where padding strings shows. */
const HEX = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'))
