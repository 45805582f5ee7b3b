import { Malformed } from '#codec/sip/malformed.ts'

/** One element of DER: its tag octet, and where its contents lie. */
export type DerElement = { readonly tag: number; readonly start: number; readonly end: number }

/**
 * Walks DER (X.690 §10) between two offsets, an element at a time, and down into those it is told to. It makes no copies
 * and never goes deeper by itself, so that no nesting can exhaust it.
 *
 * Throws `Malformed` for what is not DER: a length that is indefinite, longer than needed or beyond the end, a tag of
 * several octets.
 */
export class DerReader {
  readonly bytes: Uint8Array
  at: number
  readonly end: number

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = start
    this.end = end
  }

  get isAtEnd(): boolean {
    return this.at >= this.end
  }

  /** The tag of the next element; -1 at the end. */
  get nextTag(): number {
    return this.at < this.end ? this.bytes[this.at]! : -1
  }

  /** Takes the next element; with a tag, it must be that one. */
  take(tag?: number): DerElement {
    const { bytes, end } = this
    const found = this.nextTag
    if (found < 0 || (found & 0x1f) === 0x1f || (tag !== undefined && found !== tag)) this.fail()
    let at = this.at + 1
    if (at >= end) this.fail()
    let length = bytes[at++]!
    if (length >= 0x80) {
      const octets = length & 0x7f
      if (octets === 0 || octets > LENGTH_OCTETS_MAX || at + octets > end) this.fail()
      length = 0
      for (let index = 0; index < octets; index++) length = length * 256 + bytes[at++]!
      if (length < 0x80 || length < 256 ** (octets - 1)) this.fail()
    }
    if (length > end - at) this.fail()
    this.at = at + length
    return { tag: found, start: at, end: at + length }
  }

  /** Takes the next element and goes into it. */
  enter(tag: number): DerReader {
    const { start, end } = this.take(tag)
    return new DerReader(this.bytes, start, end)
  }

  /** Takes the next element if it has the tag. */
  takeIf(tag: number): DerElement | undefined {
    return this.nextTag === tag ? this.take() : undefined
  }

  /** Takes a whole number from 0 that a double holds exactly. */
  takeNumber(): number {
    const { start, end } = this.take(DER.integer)
    const { bytes } = this
    const isMinimal = end - start === 1 || bytes[start] !== 0 || bytes[start + 1]! >= 0x80
    if (start === end || end - start > NUMBER_OCTETS_MAX || bytes[start]! >= 0x80 || !isMinimal) this.fail()
    let value = 0
    for (let at = start; at < end; at++) value = value * 256 + bytes[at]!
    return value
  }

  /** Takes an object identifier in its dotted form. */
  takeOid(): string {
    const { start, end } = this.take(DER.oid)
    const parts: number[] = []
    let value = 0
    for (let at = start; at < end; at++) {
      const octet = this.bytes[at]!
      if (value === 0 && octet === 0x80) this.fail()
      value = value * 128 + (octet & 0x7f)
      if (value > OID_PART_MAX || parts.length > OID_PARTS_MAX) this.fail()
      if (octet >= 0x80) continue
      if (parts.length === 0) {
        const first = Math.min(Math.floor(value / 40), 2)
        parts.push(first, value - first * 40)
      } else parts.push(value)
      value = 0
    }
    if (parts.length === 0 || this.bytes[end - 1]! >= 0x80) this.fail()
    return parts.join('.')
  }

  /** Takes a string of ASCII under the tag. */
  takeAscii(tag: number): string {
    const { start, end } = this.take(tag)
    let text = ''
    for (let at = start; at < end; at++) {
      const octet = this.bytes[at]!
      if (octet > 127) this.fail()
      text += String.fromCharCode(octet)
    }
    return text
  }

  expectEnd(): void {
    if (!this.isAtEnd) this.fail()
  }

  fail(): never {
    throw new Malformed('certificate', this.at, 'RFC 5280 §4.1')
  }
}

/** Tag octets of X.690 §8. */
export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  ia5String: 0x16,
  sequence: 0x30,
  /** [0], [1] and so on, constructed. */
  context: 0xa0,
} as const

const LENGTH_OCTETS_MAX = 3
const NUMBER_OCTETS_MAX = 6
const OID_PARTS_MAX = 32
const OID_PART_MAX = 2 ** 32
