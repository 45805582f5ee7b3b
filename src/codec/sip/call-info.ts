import { LIST_VALUES_MAX } from './limits.ts'
import { GREATER, LESS } from './octets.ts'
import { Scanner, formatParameters } from './scanner.ts'
import { decodeText, encodeText } from './text.ts'
import { formatAbsoluteUri } from './uri.ts'

/** One Call-Info value. RFC 3261 §20.9; `purpose=jwscard` is RFC 8688 §3.1. */
export type CallInfo = {
  /** What stands between the angle brackets, as sent. */
  readonly uri: string
  readonly purpose: string | undefined
  readonly parameters: ReadonlyMap<string, string | undefined>
}

/** Reads a Call-Info header field: one entry per value. Throws `Malformed`. */
export function parseCallInfo(field: string): CallInfo[] {
  const bytes = encodeText(field)
  const scan = new Scanner().over(bytes, 0, bytes.length, 'RFC 3261 §20.9')
  const values: CallInfo[] = []
  do {
    if (values.length === LIST_VALUES_MAX) scan.fail('too-long')
    scan.skipSpace()
    scan.expect(LESS, 'angle-bracket')
    const start = scan.at
    while (scan.at < scan.end && bytes[scan.at] !== GREATER) scan.at++
    if (scan.at >= scan.end) scan.fail('angle-bracket', start)
    const uri = decodeText(bytes, start, scan.at)
    scan.at++
    const parameters = scan.parameters()
    values.push({ uri, purpose: parameters.get('purpose'), parameters })
  } while (scan.takesComma())
  scan.expectEnd()
  return values
}

/** Writes one Call-Info value. */
export function formatCallInfo({ uri, parameters }: CallInfo): string {
  return `<${formatAbsoluteUri(uri)}>${formatParameters(parameters)}`
}
