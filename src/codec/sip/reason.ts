import { FIELD } from './field.ts'
import type { Message } from './message.ts'
import { DIGIT } from './octets.ts'
import { Scanner, formatParameters, formatQuoted, formatToken, scan } from './scanner.ts'
import { decodeText } from './text.ts'
import { LIST_VALUES_MAX } from './limits.ts'

/** One value of a Reason header field. RFC 3326 §2; `location` is RFC 8606 §4. */
export type Reason = {
  /** `SIP`, `Q.850`, `STIR` or another protocol token, as sent. */
  readonly protocol: string
  readonly cause: number | undefined
  readonly text: string | undefined
  /** As sent; compare without case. */
  readonly location: string | undefined
  /** Every other parameter, names in lower case. */
  readonly extensions: ReadonlyMap<string, string | undefined>
}

/**
 * Reads a Reason header field: one entry per value.
 *
 *     SIP;cause=603;text="v=analytics1;url=https://desk.example/r";location=RLN
 *
 * The text is a quoted string, so a semicolon inside it ends nothing. Throws `Malformed`.
 */
export function parseReason(field: string): Reason[] {
  return parseValues(scan(field, CITE))
}

/** Reads all Reason header fields of a message, in order, without making strings of them first. Throws `Malformed`. */
export function readReasons(message: Message): Reason[] {
  const reasons: Reason[] = []
  for (let field = message.indexOf(FIELD.reason); field >= 0; field = message.indexOf(FIELD.reason, field + 1)) {
    SCAN.over(message.bytes, message.valueStart(field), message.valueEnd(field), CITE)
    reasons.push(...parseValues(SCAN))
  }
  return reasons
}

function parseValues(scan: Scanner): Reason[] {
  const reasons: Reason[] = []
  do {
    if (reasons.length === LIST_VALUES_MAX) scan.fail('too-long')
    reasons.push(parseValue(scan))
  } while (scan.takesComma())
  scan.expectEnd()
  return reasons
}

/** Writes one Reason value in the order protocol, cause, text, location, extensions. */
export function formatReason(reason: Reason): string {
  const { protocol, cause, text, location, extensions } = reason
  let field = formatToken(protocol)
  if (cause !== undefined) {
    if (!/^\d{1,3}$/.test(String(cause))) throw new Error(`${cause} is not a cause of up to three digits`)
    field += `;cause=${cause}`
  }
  if (text !== undefined) field += `;text=${formatQuoted(text)}`
  if (location !== undefined) field += `;location=${formatToken(location)}`
  return field + formatParameters(extensions)
}

function parseValue(scan: Scanner): Reason {
  scan.skipSpace()
  scan.token()
  const protocol = decodeText(scan.bytes, scan.tokenStart, scan.tokenEnd)
  let cause: number | undefined
  let text: string | undefined
  let location: string | undefined
  let located = false
  const extensions = new Map<string, string | undefined>()
  while (scan.parameter()) {
    if (scan.parameterIs('cause')) {
      if (cause !== undefined) scan.fail('parameter', scan.nameStart)
      cause = causeNumber(scan)
    } else if (scan.parameterIs('text')) {
      if (text !== undefined) scan.fail('parameter', scan.nameStart)
      if (!scan.valueQuoted) scan.fail('quoted-string', scan.nameStart)
      text = scan.parameterValue()
    } else if (scan.parameterIs('location')) {
      if (located) scan.fail('parameter', scan.nameStart)
      located = true
      location = scan.parameterValue()
    } else {
      const name = decodeText(scan.bytes, scan.nameStart, scan.nameEnd).toLowerCase()
      if (extensions.has(name)) scan.fail('parameter', scan.nameStart)
      extensions.set(name, scan.parameterValue())
    }
  }
  return { protocol, cause, text, location, extensions }
}

function causeNumber(scan: Scanner): number {
  const digits = scan.valueEnd - scan.valueStart
  if (scan.valueStart < 0 || scan.valueQuoted || digits > CAUSE_DIGITS_MAX) scan.fail('number', scan.nameStart)
  let cause = 0
  for (let at = scan.valueStart; at < scan.valueEnd; at++) {
    if (DIGIT[scan.bytes[at]!] === 0) scan.fail('number', at)
    cause = cause * 10 + scan.bytes[at]! - 48
  }
  return cause
}

const CITE = 'RFC 3326 §2'
/** SIP statuses have three digits, Q.850 causes and their kin no more. */
const CAUSE_DIGITS_MAX = 3
const SCAN = new Scanner()
