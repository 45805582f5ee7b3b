/** What a mock blocker received and sent in one run: the other half of what the prober saw. As JSON, what is undefined is left out. */
export type ProbeRecord = {
  /** What the run was asked for by: its token, or the number it calls from. */
  readonly name: string
  /** In the order they came. */
  readonly calls: readonly ReceivedCall[]
  /** Calls of any run that were forgotten because the record was full; where it is 0, this record is whole. */
  readonly forgotten: number
}

/** One INVITE transaction at the mock blocker. A path that tries another route after a 6xx makes a second one. */
export type ReceivedCall = {
  /** The value of `X-Recourse-Probe`; undefined where the path dropped it. */
  readonly token?: string | undefined
  /** The user part of From. */
  readonly from: string
  /** The user part of the Request-URI. */
  readonly dialled: string
  /** The id of the scenario that was sent; undefined where nothing names one, which is answered 404. */
  readonly scenario?: string | undefined
  /** How the scenario was chosen. */
  readonly chosenBy?: 'field' | 'number' | undefined
  /** Milliseconds since 1970, to the microsecond, as all times of a record. */
  readonly atMs: number
  readonly transport: 'udp' | 'tcp' | 'tls'
  /** Where it came from: `127.0.0.1:5060`. */
  readonly source: string
  /** The branch of the top Via, and the Call-ID: a retransmission has both the same. */
  readonly branch: string
  readonly callId: string
  /** How often the INVITE came again as it was. */
  readonly repeats: number
  /** The header fields of note of the INVITE, in order, as they came. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly sent: readonly SentAnswer[]
  /** When the final answer was acknowledged; undefined where no ACK came. */
  readonly acknowledgedMs?: number | undefined
  /** When it was cancelled; undefined where it was not. */
  readonly cancelledMs?: number | undefined
}

export type SentAnswer = {
  readonly atMs: number
  readonly status: number
  /** The answer's octets, one character each (code points 0-255). */
  readonly octets: string
  /** How often it was sent, retransmissions included. */
  readonly times: number
}
