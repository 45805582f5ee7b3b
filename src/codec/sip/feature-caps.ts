import { LIST_VALUES_MAX } from './limits.ts'
import { scan, formatQuoted } from './scanner.ts'
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

/** Writes one Feature-Caps value. */
export function formatFeatureCaps(caps: FeatureCaps): string {
  return `*${[...caps].map(([name, value]) => (value === undefined ? `;${name}` : `;${name}=${formatQuoted(value)}`)).join('')}`
}
