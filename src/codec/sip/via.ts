import { LIST_VALUES_MAX } from './limits.ts'
import { BRACKET_CLOSE, BRACKET_OPEN, COLON, DIGIT, HOST, HOST6, SLASH } from './octets.ts'
import { Scanner, formatParameters, formatToken } from './scanner.ts'
import { decodeText, encodeText } from './text.ts'

/** One Via value. RFC 3261 §20.42; `rport` and `received` are RFC 3581 and §18.2.1. */
export type Via = {
  readonly transport: string
  readonly host: string
  readonly port: number | undefined
  readonly parameters: ReadonlyMap<string, string | undefined>
}

/** Reads a Via header field: one entry per value. Throws `Malformed`. */
export function parseVia(field: string): Via[] {
  const bytes = encodeText(field)
  const scan = new Scanner().over(bytes, 0, bytes.length, CITE)
  const view = new ViaView()
  const values: Via[] = []
  do {
    if (values.length === LIST_VALUES_MAX) scan.fail('too-long')
    view.readSentBy(scan)
    values.push({
      transport: decodeText(bytes, view.transportStart, view.transportEnd),
      host: decodeText(bytes, view.hostStart, view.hostEnd),
      port: view.port < 0 ? undefined : view.port,
      parameters: scan.parameters(),
    })
  } while (scan.takesComma())
  scan.expectEnd()
  return values
}

/** Writes one Via value. */
export function formatVia({ transport, host, port, parameters }: Via): string {
  if (!/^(?:[A-Za-z0-9\-._]+|\[[0-9A-Fa-f:.%]+\])$/.test(host)) throw new Error('a Via host is a name or an address')
  const sentBy = port === undefined ? host : `${host}:${port}`
  return `SIP/2.0/${formatToken(transport)} ${sentBy}${formatParameters(parameters)}`
}

/** The first value of a Via field as offsets into octets; may be pointed at one field after another. */
export class ViaView {
  transportStart = 0
  transportEnd = 0
  hostStart = 0
  hostEnd = 0
  /** The sent-by port, -1 where none is given. */
  port = -1
  /** The `branch` parameter; -1 where there is none. */
  branchStart = -1
  branchEnd = -1
  /** Where the name of `rport` ends, and where the parameter does; both -1 where there is none. */
  rportNameEnd = -1
  rportEnd = -1
  /**
   * The `received` parameter with its semicolon, which only an impostor or a proxy's mistake puts in a request; where
   * there is none, both are `valueEnd`.
   */
  receivedStart = 0
  receivedEnd = 0
  /** Where the first value ends: at the comma or the end of the field. */
  valueEnd = 0
  readonly #scan = new Scanner()

  /** Reads the first value of a field; the values after it are for the elements behind. Throws `Malformed`. */
  read(bytes: Uint8Array, start: number, end: number): void {
    const scan = this.#scan.over(bytes, start, end, CITE)
    this.port = -1
    this.branchStart = -1
    this.branchEnd = -1
    this.rportNameEnd = -1
    this.rportEnd = -1
    // Until the value is known to be in order, it is the whole field.
    this.valueEnd = end
    let receivedStart = -1
    this.readSentBy(scan)
    let before = scan.at
    while (scan.parameter()) {
      if (scan.parameterIs('branch')) {
        if (this.branchStart >= 0 || scan.valueStart < 0) scan.fail('parameter', scan.nameStart)
        this.branchStart = scan.valueStart
        this.branchEnd = scan.valueEnd
      } else if (scan.parameterIs('rport')) {
        if (this.rportEnd >= 0) scan.fail('parameter', scan.nameStart)
        this.rportNameEnd = scan.nameEnd
        this.rportEnd = scan.at
      } else if (scan.parameterIs('received')) {
        if (receivedStart >= 0) scan.fail('parameter', scan.nameStart)
        receivedStart = before
        this.receivedEnd = scan.at
      }
      before = scan.at
    }
    if (!scan.takesComma()) scan.expectEnd()
    else if (scan.at >= end) scan.fail('trailing')
    this.valueEnd = before
    if (receivedStart < 0) this.receivedEnd = before
    this.receivedStart = receivedStart < 0 ? before : receivedStart
  }

  /** Takes protocol, transport, host and port, and leaves the scanner before the parameters. */
  readSentBy(scan: Scanner): void {
    scan.skipSpace()
    scan.token()
    scan.expect(SLASH, 'token')
    scan.token()
    scan.expect(SLASH, 'token')
    scan.token()
    this.transportStart = scan.tokenStart
    this.transportEnd = scan.tokenEnd
    const before = scan.at
    scan.skipSpace()
    if (scan.at === before) scan.fail('host-port')
    this.#readHost(scan)
    this.port = -1
    if (scan.takes(COLON)) this.#readPort(scan)
  }

  #readHost(scan: Scanner): void {
    const { bytes, end } = scan
    const start = scan.at
    let at = start
    if (at < end && bytes[at] === BRACKET_OPEN) {
      at++
      while (at < end && HOST6[bytes[at]!] === 1) at++
      if (at >= end || bytes[at] !== BRACKET_CLOSE || at === start + 1) scan.fail('host-port')
      at++
    } else while (at < end && (HOST[bytes[at]!] === 1 || bytes[at] === UNDERSCORE)) at++
    // RFC 5118 §4.5 asks for leniency with an IPv6 address that lost its brackets only where it cannot be mistaken; here it can.
    if (at === start) scan.fail('host-port')
    this.hostStart = start
    this.hostEnd = at
    scan.at = at
  }

  #readPort(scan: Scanner): void {
    const { bytes, end } = scan
    const start = scan.at
    let port = 0
    let at = start
    while (at < end && DIGIT[bytes[at]!] === 1 && port <= PORT_MAX) port = port * 10 + bytes[at++]! - 48
    if (at === start || port > PORT_MAX) scan.fail('host-port')
    this.port = port
    scan.at = at
  }
}

const CITE = 'RFC 3261 §20.42'
const PORT_MAX = 65_535
/** Not a host character, but seen in the sent-by of container names, and harmless since nothing is looked up. */
const UNDERSCORE = 95
