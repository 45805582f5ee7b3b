import { LIST_VALUES_MAX } from './limits.ts'
import { Malformed } from './malformed.ts'
import { COMMA, CR, GREATER, LESS, LF, QUESTION, QUOTE, SEMICOLON, SP, TAB, TOKEN } from './octets.ts'
import { Scanner, formatParameters, formatQuoted, unescapeQuoted } from './scanner.ts'
import { decodeText, encodeText } from './text.ts'
import { UriView, formatAbsoluteUri } from './uri.ts'

/** A value of From, To, Contact or P-Asserted-Identity: display name, URI as sent, header parameters. RFC 3261 §20.10. */
export type NameAddr = {
  readonly displayName: string | undefined
  readonly uri: string
  readonly parameters: ReadonlyMap<string, string | undefined>
}

/** Reads a From or To value. Throws `Malformed`. */
export function parseNameAddr(field: string): NameAddr {
  const [first, second] = parseNameAddrs(field)
  if (second !== undefined) throw new Malformed('trailing', field.indexOf(','), CITE)
  return first!
}

/** Reads a Contact or P-Asserted-Identity value: one entry per value. Throws `Malformed`. */
export function parseNameAddrs(field: string): NameAddr[] {
  const bytes = encodeText(field)
  const scan = new Scanner().over(bytes, 0, bytes.length, CITE)
  const view = new NameAddrView()
  const entries: NameAddr[] = []
  do {
    if (entries.length === LIST_VALUES_MAX) scan.fail('too-long')
    view.readAddress(scan)
    const displayName = view.displayName(bytes)
    const uri = decodeText(bytes, view.uriStart, view.uriEnd)
    entries.push({ displayName, uri, parameters: scan.parameters() })
  } while (scan.takesComma())
  scan.expectEnd()
  return entries
}

/** Writes a name-addr, always in angle brackets. */
export function formatNameAddr({ displayName, uri, parameters }: NameAddr): string {
  const name = displayName === undefined ? '' : `${formatQuoted(displayName)} `
  return `${name}<${formatAbsoluteUri(uri)}>${formatParameters(parameters)}`
}

/** A name-addr as offsets into octets, for readers that ask for little of it; may be pointed at one value after another. */
export class NameAddrView {
  /** The display name as sent, quotes included; empty where there is none. */
  displayStart = 0
  displayEnd = 0
  uriStart = 0
  uriEnd = 0
  /** The `tag` parameter; -1 where there is none. */
  tagStart = -1
  tagEnd = -1
  readonly uri = new UriView()
  readonly #scan = new Scanner()

  /** Reads a whole From or To value, URI included. Throws `Malformed`. */
  read(bytes: Uint8Array, start: number, end: number): void {
    const scan = this.#scan.over(bytes, start, end, CITE)
    this.readAddress(scan)
    this.tagStart = -1
    this.tagEnd = -1
    while (scan.parameter()) {
      if (!scan.parameterIs('tag')) continue
      if (this.tagStart >= 0 || scan.valueStart < 0) scan.fail('parameter', scan.nameStart)
      this.tagStart = scan.valueStart
      this.tagEnd = scan.valueEnd
    }
    scan.expectEnd()
  }

  /** Takes display name and URI, and leaves the scanner before the parameters. */
  readAddress(scan: Scanner): void {
    const { bytes, end } = scan
    scan.skipSpace()
    this.displayStart = scan.at
    this.displayEnd = scan.at
    if (scan.at < end && bytes[scan.at] === QUOTE) {
      scan.quotedString()
      this.displayEnd = scan.at
      scan.skipSpace()
      if (scan.at >= end || bytes[scan.at] !== LESS) scan.fail('angle-bracket')
    } else {
      let at = scan.at
      while (at < end && (TOKEN[bytes[at]!] === 1 || isSpace(bytes[at]!))) at++
      if (at < end && bytes[at] === LESS) {
        this.displayEnd = trimEnd(bytes, scan.at, at)
        scan.at = at
      }
    }
    if (scan.at < end && bytes[scan.at] === LESS) this.#readBracketed(scan)
    else this.#readBare(scan)
    this.uri.read(bytes, this.uriStart, this.uriEnd, scan.start)
  }

  /** The display name as text, quotes and escapes undone. */
  displayName(bytes: Uint8Array): string | undefined {
    if (this.displayEnd === this.displayStart) return undefined
    if (bytes[this.displayStart] !== QUOTE)
      return decodeText(bytes, this.displayStart, this.displayEnd).replace(/\s+/g, ' ')
    return unescapeQuoted(decodeText(bytes, this.displayStart + 1, this.displayEnd - 1))
  }

  #readBracketed(scan: Scanner): void {
    const { bytes, end } = scan
    this.uriStart = scan.at + 1
    let at = this.uriStart
    while (at < end && bytes[at] !== GREATER) at++
    if (at >= end) scan.fail('angle-bracket')
    this.uriEnd = at
    scan.at = at + 1
  }

  /** Without brackets a URI ends at `;`, and may hold no `,` or `?`. RFC 3261 §20. */
  #readBare(scan: Scanner): void {
    const { bytes, end } = scan
    this.uriStart = scan.at
    let at = scan.at
    while (at < end && bytes[at]! > SP && bytes[at] !== SEMICOLON && bytes[at] !== COMMA && bytes[at] !== QUESTION) at++
    if (at < end && bytes[at] === QUESTION) scan.fail('uri', at)
    this.uriEnd = at
    scan.at = at
  }
}

function trimEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end
  while (at > start && isSpace(bytes[at - 1]!)) at--
  return at
}

function isSpace(octet: number): boolean {
  return octet === SP || octet === TAB || octet === CR || octet === LF
}

const CITE = 'RFC 3261 §20.10'
