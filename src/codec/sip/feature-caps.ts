import { LIST_VALUES_MAX } from './limits.ts'
import { formatQuoted, formatToken, scan } from './scanner.ts'
import { decodeText } from './text.ts'

/** One Feature-Caps value: the indicators after `*`, names in lower case with their `+`. RFC 6809 §6.3. */
export type FeatureCaps = ReadonlyMap<string, string | undefined>

/**
 * Reads a Feature-Caps header field: one entry per value. Throws `Malformed`.
 *
 *     *;+sip.608
 */
export function parseFeatureCaps(field: string): FeatureCaps[] {
  const scanner = scan(field, 'RFC 6809 §6.3')
  const values: FeatureCaps[] = []
  do {
    if (values.length === LIST_VALUES_MAX) scanner.fail('too-long')
    scanner.skipSpace()
    scanner.token()
    if (decodeText(scanner.bytes, scanner.tokenStart, scanner.tokenEnd) !== '*')
      scanner.fail('token', scanner.tokenStart)
    values.push(scanner.parameters())
  } while (scanner.takesComma())
  scanner.expectEnd()
  return values
}

/** Writes one Feature-Caps value; an indicator's value is always quoted. */
export function formatFeatureCaps(caps: FeatureCaps): string {
  let text = '*'
  for (const [name, value] of caps)
    text += value === undefined ? `;${formatToken(name)}` : `;${formatToken(name)}=${formatQuoted(value)}`
  return text
}
