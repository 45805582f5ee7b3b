import { DIGIT } from './octets.ts'
import { Scanner, formatToken } from './scanner.ts'
import { decodeText, encodeText } from './text.ts'

/** A CSeq value. RFC 3261 §20.16. */
export type CSeq = { readonly number: number; readonly method: string }

/** Reads a CSeq value. Throws `Malformed`. */
export function parseCSeq(field: string): CSeq {
  const bytes = encodeText(field)
  const view = new CSeqView()
  view.read(bytes, 0, bytes.length)
  return { number: view.number, method: decodeText(bytes, view.methodStart, view.methodEnd) }
}

/** Writes a CSeq value. */
export function formatCSeq({ number, method }: CSeq): string {
  if (!Number.isInteger(number) || number < 0 || number > CSEQ_MAX) throw new Error('a CSeq number is below 2^31')
  return `${number} ${formatToken(method)}`
}

/** A CSeq value as a number and offsets; may be pointed at one value after another. */
export class CSeqView {
  number = 0
  methodStart = 0
  methodEnd = 0
  readonly #scan = new Scanner()

  read(bytes: Uint8Array, start: number, end: number): void {
    const scan = this.#scan.over(bytes, start, end, 'RFC 3261 §20.16')
    this.number = parseNumber(scan, CSEQ_MAX)
    const digitsEnd = scan.at
    scan.skipSpace()
    if (scan.at === digitsEnd) scan.fail('token')
    scan.token()
    this.methodStart = scan.tokenStart
    this.methodEnd = scan.tokenEnd
    scan.expectEnd()
  }
}

/** Takes digits as a number up to `max`, which must be far below 2^53 so that nothing is rounded into range. */
export function parseNumber(scan: Scanner, max: number): number {
  const start = scan.at
  let number = 0
  while (scan.at < scan.end && DIGIT[scan.bytes[scan.at]!] === 1) {
    number = number * 10 + scan.bytes[scan.at]! - 48
    if (number > max) scan.fail('number', start)
    scan.at++
  }
  if (scan.at === start) scan.fail('number')
  return number
}

/** RFC 3261 §8.1.1.5: the sequence number is below 2^31. */
const CSEQ_MAX = 2 ** 31 - 1
