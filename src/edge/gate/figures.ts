/** What the gate counts. Every limit, drop and fault has its own count; the metrics page shows them all. */
export type GateFigures = { [name in FigureName]: number }

export type FigureName = keyof typeof GATE_FIGURES

/** Each figure's name and its help text. */
export const GATE_FIGURES = {
  received: 'datagrams received from peers',
  strangers: 'datagrams from addresses no peer has, dropped without an answer',
  turnedAway: 'requests of strangers answered 403, where the configuration says so',
  keepAlives: 'keep-alives and datagrams too short to be SIP',
  responses: 'responses, which a server that sends no requests drops',
  unanswerable: 'malformed requests without a Via to answer along, dropped',
  refused: 'requests answered with a 4xx or 5xx for what they are, not by policy',
  options: 'OPTIONS answered',
  acknowledgements: 'ACKs absorbed',
  cancels: 'CANCELs answered',
  calls: 'INVITE transactions judged',
  continued: 'calls answered with the peer’s continue status after being judged',
  blocked: 'calls answered with a notice after their ledger entry was on stable storage',
  treated: 'calls sent elsewhere by 302: to an announcement, a captcha, another route',
  overloaded:
    'calls not judged because more came than the gate can judge: told to continue, or 503 where the configuration says so',
  unread: 'INVITEs left unread in an overload that shedding did not end: whoever asked asks again',
  inquired: 'calls held until something was found out about them',
  uninquired: 'calls judged without the findings they were to wait for: too many were held, or nothing came in time',
  cancelled: 'calls ended by their caller while they were held: 487, not judged',
  verifications: 'calls to a verification number, which are never blocked',
  tried: 'calls of a peer test, not judged',
  retransmissions: 'INVITEs of a transaction seen before, answered from memory and not counted again',
  repeats: 'INVITEs of a call seen before on another branch, given the same verdict and not counted again',
  late: 'blocks that could not be recorded in time: the call was continued',
  unrecorded: 'blocks the ledger refused: the call was continued',
  shed: 'blocks not tried because too many waited for the ledger: the call was continued',
  errors: 'faults of our own: the call was continued where there was one',
  oversize: 'answers too large for a datagram, not sent',
} as const

/** All figures at zero. */
export function noFigures(): GateFigures {
  return Object.fromEntries(Object.keys(GATE_FIGURES).map((name) => [name, 0])) as GateFigures
}
