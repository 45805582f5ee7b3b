import { Malformed, type MalformedCode } from './malformed.ts'
import { PARAMETERS_MAX } from './limits.ts'
import {
  BACKSLASH,
  BRACKET_CLOSE,
  BRACKET_OPEN,
  COLON,
  COMMA,
  CR,
  EQUAL,
  HOST6,
  LF,
  QUOTE,
  QUOTED,
  SEMICOLON,
  SP,
  TAB,
  TOKEN,
} from './octets.ts'
import { decodeText, lendOctets, unfold } from './text.ts'

/**
 * Walks the octets of a header field value by the lexical rules of RFC 3261 §25.1, which are the same for all fields.
 *
 * It moves and makes no objects: each step leaves the offsets of what it took in public fields. Faults throw `Malformed`.
 */
export class Scanner {
  bytes: Uint8Array = new Uint8Array(0)
  at = 0
  end = 0
  /** Where the value starts; offsets in faults count from here. */
  start = 0
  /** Offsets of the last token or quoted string taken; a quoted string's are inside the quotes. */
  tokenStart = 0
  tokenEnd = 0
  /** Offsets of the last parameter taken: its name, and its value (`valueStart` -1 where it has none). */
  nameStart = 0
  nameEnd = 0
  valueStart = -1
  valueEnd = -1
  valueQuoted = false
  #cite = ''
  #parameters = 0

  /** Points the scanner at a value; `cite` names the section its grammar is in. */
  over(bytes: Uint8Array, start: number, end: number, cite: string): this {
    this.bytes = bytes
    this.at = start
    this.end = end
    this.start = start
    this.#cite = cite
    this.#parameters = 0
    return this
  }

  fail(code: MalformedCode, at = this.at): never {
    throw new Malformed(code, at - this.start, this.#cite)
  }

  /** Skips white space and folds. */
  skipSpace(): void {
    const { bytes, end } = this
    let at = this.at
    while (at < end) {
      const octet = bytes[at]!
      if (octet !== SP && octet !== TAB && octet !== CR && octet !== LF) break
      at++
    }
    this.at = at
  }

  /** Takes a token. */
  token(): void {
    const { bytes, end } = this
    const start = this.at
    let at = start
    while (at < end && TOKEN[bytes[at]!] === 1) at++
    if (at === start) this.fail('token')
    this.tokenStart = start
    this.tokenEnd = at
    this.at = at
  }

  /** Takes one octet with the white space round it; false, and nothing taken, when another stands there. */
  takes(octet: number): boolean {
    const { bytes, end, at: before } = this
    if (before >= end) return false
    const here = bytes[before]!
    if (here <= SP) {
      this.skipSpace()
      if (this.at >= end || bytes[this.at] !== octet) {
        this.at = before
        return false
      }
    } else if (here !== octet) return false
    this.at++
    if (this.at < end && bytes[this.at]! <= SP) this.skipSpace()
    return true
  }

  expect(octet: number, code: MalformedCode): void {
    if (!this.takes(octet)) this.fail(code)
  }

  /** Takes a quoted string, the opening quote under the scanner. A control octet may stand in it only escaped. */
  quotedString(): void {
    const { bytes, end } = this
    const start = this.at
    let at = start + 1
    for (;;) {
      while (at < end && QUOTED[bytes[at]!] === 1) at++
      if (at >= end || bytes[at] !== BACKSLASH) break
      at += 2
    }
    if (at < end && bytes[at] !== QUOTE) this.fail('quoted-string', at)
    if (at >= end || bytes[start] !== QUOTE) this.fail('quoted-string', start)
    this.tokenStart = start + 1
    this.tokenEnd = at
    this.at = at + 1
  }

  /** Takes the next `;name[=value]`; false when none follows. */
  parameter(): boolean {
    if (!this.takes(SEMICOLON)) return false
    if (++this.#parameters > PARAMETERS_MAX) this.fail('too-long')
    if (this.at >= this.end || TOKEN[this.bytes[this.at]!] === 0) this.fail('parameter')
    this.token()
    this.nameStart = this.tokenStart
    this.nameEnd = this.tokenEnd
    this.valueStart = -1
    this.valueEnd = -1
    this.valueQuoted = false
    if (!this.takes(EQUAL)) return true
    const octet = this.at < this.end ? this.bytes[this.at]! : 0
    if (octet === QUOTE) {
      this.quotedString()
      this.valueQuoted = true
    } else if (octet === BRACKET_OPEN) {
      this.#bracketed()
    } else {
      if (TOKEN[octet] === 0 && octet !== COLON) this.fail('parameter')
      this.#bare()
    }
    this.valueStart = this.tokenStart
    this.valueEnd = this.tokenEnd
    return true
  }

  /** Takes all parameters that follow, as text; a name that stands twice is a fault. RFC 3261 §7.3.1. */
  parameters(): Map<string, string | undefined> {
    const parameters = new Map<string, string | undefined>()
    while (this.parameter()) {
      const name = decodeText(this.bytes, this.nameStart, this.nameEnd).toLowerCase()
      if (parameters.has(name)) this.fail('parameter', this.nameStart)
      parameters.set(name, this.parameterValue())
    }
    return parameters
  }

  /** The last parameter's value as text, quotes and escapes undone. */
  parameterValue(): string | undefined {
    if (this.valueStart < 0) return undefined
    const text = decodeText(this.bytes, this.valueStart, this.valueEnd)
    return this.valueQuoted ? unescapeQuoted(text) : text
  }

  /** Tells without case whether the last parameter has this name. */
  parameterIs(lower: string): boolean {
    if (this.nameEnd - this.nameStart !== lower.length) return false
    for (let at = 0; at < lower.length; at++) {
      const octet = this.bytes[this.nameStart + at]!
      if ((octet >= 65 && octet <= 90 ? octet + 32 : octet) !== lower.charCodeAt(at)) return false
    }
    return true
  }

  /** Takes the comma between two values of a list; false when none stands there. */
  takesComma(): boolean {
    if (!this.takes(COMMA)) return false
    this.#parameters = 0
    return true
  }

  expectEnd(): void {
    this.skipSpace()
    if (this.at < this.end) this.fail('trailing')
  }

  /** A token, or an IPv6 address that stands without brackets as it does in `received`. RFC 3261 §20.42, RFC 5118 §4.5. */
  #bare(): void {
    const { bytes, end } = this
    const start = this.at
    let at = start
    while (at < end && TOKEN[bytes[at]!] === 1) at++
    if (at < end && bytes[at] === COLON) {
      at = start
      while (at < end && HOST6[bytes[at]!] === 1) at++
    }
    this.tokenStart = start
    this.tokenEnd = at
    this.at = at
  }

  #bracketed(): void {
    const start = this.at
    let at = start + 1
    while (at < this.end && HOST6[this.bytes[at]!] === 1) at++
    if (this.bytes[at] !== BRACKET_CLOSE || at >= this.end) this.fail('host-port', start)
    this.tokenStart = start
    this.tokenEnd = at + 1
    this.at = at + 1
  }
}

/** A scanner over a value given as text; the octets under it are lent until the next text is scanned. */
export function scan(text: string, cite: string): Scanner {
  const { bytes, end } = lendOctets(text)
  return new Scanner().over(bytes, 0, end, cite)
}

/** Undoes quoted-pairs, and a fold inside the quotes. */
export function unescapeQuoted(text: string): string {
  const unfolded = unfold(text)
  let escape = unfolded.indexOf('\\')
  if (escape < 0) return unfolded
  let plain = ''
  let from = 0
  while (escape >= 0) {
    plain += unfolded.slice(from, escape)
    from = escape + 1
    escape = unfolded.indexOf('\\', from + 1)
  }
  return plain + unfolded.slice(from)
}

/**
 * Writes text as a quoted string. RFC 3261 §25.1 has no way to write CR or LF, and nobody's terminal wants the other
 * controls, so all of them are refused.
 */
export function formatQuoted(text: string): string {
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new Error('a quoted string cannot carry control characters')
  return `"${text.replace(/[\\"]/g, '\\$&')}"`
}

/** Writes parameters, each with its semicolon: a token or an address as it is, any other value as a quoted string. */
export function formatParameters(parameters: ReadonlyMap<string, string | undefined>): string {
  let text = ''
  for (const [name, value] of parameters) {
    text += `;${formatToken(name)}`
    if (value !== undefined) text += `=${BARE.test(value) ? value : formatQuoted(value)}`
  }
  return text
}

/** Writes a token; anything else would let a value out of its place, so it is refused. */
export function formatToken(token: string): string {
  if (!/^[A-Za-z0-9\-.!%*_+`'~]+$/.test(token)) throw new Error(`${JSON.stringify(token)} is not a token`)
  return token
}

/** Splits a value at the commas that stand outside quotes and angle brackets; the pieces are trimmed, empty ones kept. */
export function splitList(value: string): string[] {
  const pieces: string[] = []
  let start = 0
  let quoted = false
  let angle = false
  for (let at = 0; at < value.length; at++) {
    const character = value[at]
    if (quoted) {
      if (character === '\\') at++
      else if (character === '"') quoted = false
    } else if (character === '"') quoted = true
    else if (character === '<') angle = true
    else if (character === '>') angle = false
    else if (character === ',' && !angle) {
      pieces.push(value.slice(start, at).trim())
      start = at + 1
    }
  }
  pieces.push(value.slice(start).trim())
  return pieces
}

/** What a parameter value may be without quotes: a token, or an IPv6 address. RFC 3261 §25.1, gen-value. */
const BARE = /^(?:[A-Za-z0-9\-.!%*_+`'~]+|\[[0-9a-fA-F:.]+\]|[0-9a-fA-F]*:[0-9a-fA-F:.]*)$/
