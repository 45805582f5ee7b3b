import { FIELD } from '#codec/sip/field.ts'
import type { Message } from '#codec/sip/message.ts'
import {
  BACKSLASH,
  BRACKET_CLOSE,
  BRACKET_OPEN,
  COMMA,
  CR,
  EQUAL,
  HOST6,
  LF,
  QUOTE,
  SEMICOLON,
  SP,
  TAB,
  TOKEN,
} from '#codec/sip/octets.ts'
import { unescapeQuoted } from '#codec/sip/scanner.ts'
import { type AnalyticsText, isKnown, parseAnalyticsText } from './analytics-text.ts'

/**
 * One Reason value as it was found, however broken: what can be read of it, and what is wrong with it.
 *
 * The strict reader is `parseReason`; this one is for looking at what others send, where the broken ones matter most.
 */
export type ReasonValue = {
  /** The whole value as sent, folds as one space. */
  readonly raw: string
  /** As sent; empty where none can be read. */
  readonly protocol: string
  readonly isSip: boolean
  readonly isQ850: boolean
  readonly cause: number | undefined
  /** The unescaped text, where it is a closed quoted string; undefined otherwise. */
  readonly text: string | undefined
  /** The text begins, before anything is unescaped, as FreeSWITCH wants it; undefined where its quote never closes. */
  readonly plainStart: boolean | undefined
  readonly location: string | undefined
  /** Fields of a 603+ text that stand as parameters outside it. */
  readonly outside: readonly string[]
  /** RFC 3326 §2 is broken. */
  readonly broken: boolean
  /** A parameter stands twice; the first one counts. RFC 3261 §7.3.1. */
  readonly repeated: boolean
  /** The text as pairs, whatever it says; undefined where there is no readable text. */
  readonly analytics: AnalyticsText | undefined
}

/** Reads all Reason values of a message, over all its header lines, in order. It accepts anything. */
export function readReasonValues(message: Message): ReasonValue[] {
  const values: ReasonValue[] = []
  for (let field = message.indexOf(FIELD.reason); field >= 0; field = message.indexOf(FIELD.reason, field + 1))
    new ValueReader(message.value(field)).readInto(values)
  return values
}

/** Reads all values of one Reason header field. It accepts anything. */
export function readReasonField(field: string): ReasonValue[] {
  const values: ReasonValue[] = []
  new ValueReader(field).readInto(values)
  return values
}

/** Walks a field's characters. Where the grammar breaks it notes so and goes on at the next `;` or `,`. */
class ValueReader {
  readonly #field: string
  /** The field has a backslash, so that a quote may be an escaped one; nearly none has. */
  readonly #backslashes: boolean
  #at = 0
  #broken = false
  /** The last quoted string has a backslash in it. */
  #escaped = false

  constructor(field: string) {
    this.#field = field
    this.#backslashes = field.includes('\\')
  }

  readInto(values: ReasonValue[]): void {
    do values.push(this.#value())
    while (this.#field.charCodeAt(this.#at++) === COMMA && values.length < VALUES_MAX)
  }

  /** Leaves the walk at the comma after the value, or at the end. */
  #value(): ReasonValue {
    const field = this.#field
    this.#broken = false
    this.#skipSpace()
    const start = this.#at
    const protocol = this.#word()
    let seen = 0
    let others: Set<string> | undefined
    let cause: number | undefined
    let text: string | undefined
    let analytics: AnalyticsText | undefined
    let plainStart: boolean | undefined = false
    let location: string | undefined
    let outside: string[] | undefined
    let repeated = false
    for (let count = 0; count < PARAMETERS_MAX && field.charCodeAt(this.#at) === SEMICOLON; count++) {
      this.#at++
      this.#skipSpace()
      const nameStart = this.#at
      const nameEnd = endOfToken(field, nameStart)
      this.#at = nameEnd
      const known = knownName(field, nameStart, nameEnd)
      let first = (seen & known) === 0
      seen |= known
      if (known === 0) {
        const name = field.slice(nameStart, nameEnd).toLowerCase()
        first = others?.has(name) !== true
        if (first) (others ??= new Set()).add(name)
        if (name === '') this.#broken = true
        else if (first && isKnown(name)) (outside ??= []).push(name)
      }
      if (!first) repeated = true
      this.#skipSpace()
      let value: string | undefined
      let quoted = false
      let valueStart = -1
      if (field.charCodeAt(this.#at) === EQUAL) {
        this.#at++
        this.#skipSpace()
        valueStart = this.#at
        quoted = field.charCodeAt(valueStart) === QUOTE
        value = quoted ? this.#quoted() : this.#word()
      }
      this.#toSeparator()
      if (known === 0 || !first) continue
      if (known === CAUSE) {
        cause = quoted ? undefined : causeNumber(value)
        if (cause === undefined) this.#broken = true
      } else if (known === LOCATION) {
        location = value === '' ? undefined : value
        if (quoted || location === undefined) this.#broken = true
      } else {
        const begins = quoted && field.startsWith(PLAIN_START, valueStart)
        plainStart = value === undefined && begins ? undefined : begins
        if (!quoted || value === undefined) this.#broken = true
        else if (this.#escaped) {
          text = unescapeQuoted(value)
          analytics = parseAnalyticsText(text)
        } else {
          text = value
          analytics = parseAnalyticsText(field, valueStart + 1, valueStart + 1 + value.length)
        }
      }
    }
    this.#toComma()
    return {
      raw: this.#slice(start, this.#at),
      protocol,
      isSip: protocol === 'SIP' || SIP_IN_ANY_CASE.test(protocol),
      isQ850: protocol === 'Q.850' || protocol === 'q.850',
      cause,
      text,
      plainStart,
      location,
      outside: outside ?? NONE,
      broken: this.#broken,
      repeated,
      analytics,
    }
  }

  /** The whole field is often the one value. */
  #slice(start: number, end: number): string {
    return start === 0 && end === this.#field.length ? this.#field : this.#field.slice(start, end).trimEnd()
  }

  /** Takes what stands before the next separator, which should be a token (or a host in brackets). */
  #word(): string {
    const field = this.#field
    const start = this.#at
    let at = endOfToken(field, start)
    if (at === start && field.charCodeAt(at) === BRACKET_OPEN) at = bracketed(field, at)
    let end = at
    const after = field.charCodeAt(at)
    if (at < field.length && after !== SEMICOLON && after !== COMMA) {
      while (at < field.length && field.charCodeAt(at) !== SEMICOLON && field.charCodeAt(at) !== COMMA) at++
      const rest = field.slice(end, at).trim()
      if (rest !== '') {
        this.#broken = true
        end = at
      }
    }
    this.#at = at
    if (end === start) this.#broken = true
    return field.slice(start, end)
  }

  /** Takes a quoted string, quote under the walk; undefined, and all the rest taken, where it never closes. */
  #quoted(): string | undefined {
    const field = this.#field
    const start = this.#at + 1
    let end = this.#closingQuote(start)
    this.#escaped = false
    if (this.#backslashes && end < field.length) {
      end = start
      for (let code = 0; end < field.length && (code = field.charCodeAt(end)) !== QUOTE; end++) {
        if (code !== BACKSLASH) continue
        this.#escaped = true
        end++
      }
    }
    if (end >= field.length) {
      this.#broken = true
      this.#at = field.length
      return undefined
    }
    this.#at = end + 1
    return field.slice(start, end)
  }

  #closingQuote(start: number): number {
    const quote = this.#field.indexOf('"', start)
    return quote < 0 ? this.#field.length : quote
  }

  /** Between a parameter and the next separator only white space may stand. */
  #toSeparator(): void {
    const field = this.#field
    this.#skipSpace()
    if (this.#at >= field.length) return
    while (this.#at < field.length) {
      const code = field.charCodeAt(this.#at)
      if (code === SEMICOLON || code === COMMA) return
      this.#broken = true
      if (code === QUOTE) this.#quoted()
      else this.#at++
    }
  }

  /** Passes over parameters above the limit. */
  #toComma(): void {
    const field = this.#field
    while (this.#at < field.length && field.charCodeAt(this.#at) !== COMMA) {
      this.#broken = true
      if (field.charCodeAt(this.#at) === QUOTE) this.#quoted()
      else this.#at++
    }
  }

  #skipSpace(): void {
    const field = this.#field
    while (this.#at < field.length) {
      const code = field.charCodeAt(this.#at)
      if (code !== SP && code !== TAB && code !== CR && code !== LF) return
      this.#at++
    }
  }
}

function endOfToken(field: string, from: number): number {
  let at = from
  while (at < field.length && TOKEN[field.charCodeAt(at)] === 1) at++
  return at
}

/** The bit of a parameter name that this reader knows, without case; 0 for others. */
function knownName(field: string, start: number, end: number): number {
  if (end - start === 5 && isName(field, start, 'cause')) return CAUSE
  if (end - start === 4 && isName(field, start, 'text')) return TEXT
  return end - start === 8 && isName(field, start, 'location') ? LOCATION : 0
}

function isName(field: string, start: number, lower: string): boolean {
  for (let at = 0; at < lower.length; at++)
    if ((field.charCodeAt(start + at) | 0x20) !== lower.charCodeAt(at)) return false
  return true
}

function bracketed(field: string, from: number): number {
  let at = from + 1
  while (at < field.length && HOST6[field.charCodeAt(at)] === 1) at++
  return field.charCodeAt(at) === BRACKET_CLOSE ? at + 1 : from
}

/** RFC 3326 §2 sets no number of digits; nine are more than any protocol has causes. */
function causeNumber(digits: string | undefined): number | undefined {
  if (digits === undefined || digits.length === 0 || digits.length > CAUSE_DIGITS_MAX) return undefined
  let cause = 0
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return undefined
    cause = cause * 10 + digit
  }
  return cause
}

/** Not `toUpperCase`, which makes an S of U+017F. */
const SIP_IN_ANY_CASE = /^sip$/i
const CAUSE = 1
const TEXT = 2
const LOCATION = 4
const NONE: readonly string[] = []
const PLAIN_START = '"v=analytics1;'
const CAUSE_DIGITS_MAX = 9
/** Beyond these a value or field is read no further, and counts as broken. */
const PARAMETERS_MAX = 64
const VALUES_MAX = 256
