/** What connections may take, over TCP and TLS together. Durations in milliseconds. */
export type StreamLimits = {
  /** Open connections in all; a quarter is kept for addresses of peers. */
  readonly connections: number
  /** From one address that no peer sends from: until a certificate has shown whose they are. */
  readonly connectionsPerAddress: number
  /** From one address of a peer. */
  readonly connectionsPerPeerAddress: number
  /** TLS handshakes under way at once; a quarter is kept for addresses of peers. */
  readonly handshakes: number
  readonly handshakeMs: number
  /** From the connection to its first octet. */
  readonly firstByteMs: number
  /** From a message's first octet to its blank line. */
  readonly headMs: number
  /** From the blank line to the last octet of the body. */
  readonly bodyMs: number
  /** Between messages, for connections that no peer has. */
  readonly idleMs: number
  /** How long a peer may take nothing of what is written to it. */
  readonly stallMs: number
  /** Answers that may wait for a connection to take them. */
  readonly queueBytes: number
}

/** What is counted of streams. Every limit has its own count; the metrics page shows them all. */
export type StreamFigures = { [name in StreamFigureName]: number }

export type StreamFigureName = keyof typeof STREAM_FIGURES

/** Each figure's name and its help text. */
export const STREAM_FIGURES = {
  accepted: 'connections accepted over TCP and TLS',
  strangers: 'connections of addresses or certificates no peer has, closed without an octet',
  overAddress: 'connections closed when they came: too many from one address',
  overAll: 'connections closed when they came: too many in all',
  overHandshakes: 'TLS connections closed when they came: too many handshakes under way',
  handshakesFailed: 'TLS handshakes that failed: no common version or cipher, or a certificate that is not trusted',
  handshakesLate: 'TLS handshakes that took too long',
  firstByteLate: 'connections closed because nothing came',
  headLate: 'connections closed because a header came too slowly',
  bodyLate: 'connections closed because a body came too slowly',
  idle: 'connections of strangers closed because they said nothing for long',
  unframed:
    'connections closed because no message could be told from the next: Content-Length, or a size over the limit',
  keepAlives: 'keep-alives answered on connections',
  stalled: 'connections cut because the peer took nothing of what was written',
  overQueue: 'connections cut because too much waited to be written',
  unsent: 'answers whose connection was gone, dropped',
  broken: 'connections that ended in an error of the network or of TLS',
} as const

/** A place among the connections, until `leave`; `prove` makes it a peer's, out of the share of strangers. */
export type Place = { readonly prove: () => void; readonly leave: () => void }

/** All connections of a gate: their limits, their figures, and who may have one more. */
export class Streams {
  readonly figures = noStreamFigures()
  readonly #byAddress = new Map<string, { all: number; strangers: number }>()
  #limits: StreamLimits
  #open = 0
  #strangers = 0
  #handshakes = 0

  constructor(limits: StreamLimits) {
    this.#limits = limits
  }

  get limits(): StreamLimits {
    return this.#limits
  }

  /** Other limits from now on, for what begins from now on. */
  adopt(limits: StreamLimits): void {
    this.#limits = limits
  }

  /** Connections that are open. */
  get open(): number {
    return this.#open
  }

  /** TLS handshakes under way. */
  get handshakes(): number {
    return this.#handshakes
  }

  /** A place for a connection of this address; undefined, counted, where there is none left. */
  admit(address: string, isPeer: boolean): Place | undefined {
    const { connections, connectionsPerAddress, connectionsPerPeerAddress } = this.limits
    const ofAddress = this.#byAddress.get(address) ?? { all: 0, strangers: 0 }
    const isFull = isPeer
      ? ofAddress.all >= connectionsPerPeerAddress
      : ofAddress.strangers >= connectionsPerAddress ||
        ofAddress.all >= Math.max(connectionsPerAddress, connectionsPerPeerAddress)
    if (isFull) {
      this.figures.overAddress++
      return undefined
    }
    if (this.#open >= connections || (!isPeer && this.#strangers >= shareOfStrangers(connections))) {
      this.figures.overAll++
      return undefined
    }
    this.figures.accepted++
    this.#open++
    this.#byAddress.set(address, ofAddress)
    ofAddress.all++
    if (isPeer) return { prove: () => undefined, leave: once(() => this.#leave(address)) }
    ofAddress.strangers++
    this.#strangers++
    const prove = once(() => {
      ofAddress.strangers--
      this.#strangers--
    })
    const leave = once(() => {
      prove()
      this.#leave(address)
    })
    return { prove, leave }
  }

  /** Begins a handshake; answers how to end it, or undefined, counted, where too many are under way. */
  shake(isPeer: boolean): (() => void) | undefined {
    const { handshakes } = this.limits
    if (this.#handshakes >= (isPeer ? handshakes : shareOfStrangers(handshakes))) {
      this.figures.overHandshakes++
      return undefined
    }
    this.#handshakes++
    return once(() => void this.#handshakes--)
  }

  #leave(address: string): void {
    this.#open--
    const left = this.#byAddress.get(address)!
    left.all--
    if (left.all === 0) this.#byAddress.delete(address)
  }
}

/** All stream figures at zero. */
export function noStreamFigures(): StreamFigures {
  return Object.fromEntries(Object.keys(STREAM_FIGURES).map((name) => [name, 0])) as StreamFigures
}

function shareOfStrangers(all: number): number {
  return Math.floor(all * STRANGERS_SHARE)
}

function once(act: () => void): () => void {
  let done = false
  return () => {
    if (!done) act()
    done = true
  }
}

/** The rest is kept for peers. */
const STRANGERS_SHARE = 0.75
