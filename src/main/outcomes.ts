import { networkInterfaces } from 'node:os'
import type { HepView } from '#codec/hep/hep-view.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { FOLLOWED_MAX, type EndedCall, OutcomeTracker, type Sighting } from '#core/observe/outcome-tracker.ts'
import { type SeenMessage, readSeenMessage } from '#core/observe/seen-message.ts'
import { Peers } from '#edge/gate/peers.ts'
import type { Figure } from '#edge/health/serve.ts'
import {
  type HepEndpoint,
  type HepInFigureName,
  type HepListener,
  HEP_IN_FIGURES,
  HepInlet,
  listenHep,
  noHepInFigures,
} from '#edge/hep/receive-hep.ts'
import { type Endpoint, parseListening } from '#main/config/addresses.ts'
import type { OutcomesConfig } from '#main/config/outcomes.ts'
import type { Gates } from './gates.ts'

/** How calls end, seen by copies of their messages: what is open for that, and what it has counted. */
export type SeenOutcomes = {
  /** What is listened on, each as it stands in `gate.outcomes.hep`, with the port that it got. */
  readonly local: readonly string[]
  readonly figures: () => OutcomeFigures
  close(): Promise<void>
}

export type OutcomeFigures = { readonly [name in HepInFigureName | SeenFigureName]: number }
type SeenFigureName = keyof typeof SEEN_FIGURES

/** An endpoint that could not be listened on, and the system's error. */
export class NoInlet extends Error {
  readonly endpoint: HepEndpoint

  constructor(endpoint: HepEndpoint, cause: unknown) {
    super(`cannot listen on ${endpoint.transport}:${endpoint.address}`, { cause })
    this.name = 'NoInlet'
    this.endpoint = endpoint
  }
}

/** What of the gates outcomes are told to, and how they are asked. */
export type OutcomeGates = Pick<Gates, 'noteOutcome'> & { readonly terms: Pick<Gates['terms'], 'dialPlan' | 'peers'> }

/**
 * Takes copies of calls and tells the rules how each ended. `gateAt` is where the gate listens, as it stands in
 * `gate.listen`: its own answers end no call. Rejects with `NoInlet`.
 */
export async function watchOutcomes(
  config: OutcomesConfig | undefined,
  gateAt: readonly string[],
  gates: OutcomeGates,
): Promise<SeenOutcomes> {
  if (config === undefined) return { local: [], figures: noFigures, close: () => Promise.resolve() }
  const seen = { unread: 0, counted: 0 }
  const tracker = new OutcomeTracker(FOLLOWED_MAX, (ended) => {
    if (gates.noteOutcome(outcomeOf(ended))) seen.counted++
  })
  const standing = standingOf(gateAt, gates)
  const inlet = new HepInlet(config, ({ packet, bytes, start, end, atMs, tap }) => {
    try {
      const message = readSeenMessage(bytes.subarray(start, end), gates.terms.dialPlan)
      if (message === undefined) return
      tracker.see(message, { nowMs: performance.now(), atMs, tap, gate: standing(packet, message) })
    } catch (fault) {
      if (!(fault instanceof Malformed)) throw fault
      seen.unread++
    }
  })
  const open: HepListener[] = []
  const timer = setInterval(() => tracker.pass(performance.now()), PASS_MS).unref()
  const close = async (): Promise<void> => {
    clearInterval(timer)
    await Promise.all(open.map((listener) => listener.close()))
  }
  for (const endpoint of config.listen) {
    try {
      open.push(await listenHep(endpoint, inlet))
    } catch (error) {
      await close()
      throw new NoInlet(endpoint, error)
    }
  }
  return {
    local: open.map(({ local }) => local),
    figures: () => ({ ...inlet.figures, ...seen, ...tracker.figures, followed: tracker.size }),
    close,
  }
}

/** What the metrics page shows of outcomes that are seen. */
export function outcomeFigures(read: () => OutcomeFigures): Figure[] {
  const figures = Object.entries({ ...HEP_IN_FIGURES, ...SEEN_FIGURES })
  return figures.map(([key, help]): Figure => {
    const name = key as keyof OutcomeFigures
    const snake = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    const isNow = key === 'followed'
    return {
      name: isNow ? `outcomes_${snake}` : `outcomes_${snake}_total`,
      help,
      type: isNow ? 'gauge' : 'counter',
      read: () => read()[name],
    }
  })
}

function outcomeOf({ calling, called, answered, durationMs, agoMs }: EndedCall) {
  return { calling, called, answered, durationMs, endedAtMs: Date.now() - agoMs }
}

/** Tells of a copy whether it went to the gate or came from it, by the addresses it tells. */
function standingOf(gateAt: readonly string[], { terms }: OutcomeGates) {
  const sockets = new Set(gateAt.flatMap((text) => socketsOf(parseListening(text))))
  return (packet: HepView, message: SeenMessage): Sighting['gate'] => {
    if (sockets.has(`${plain(packet.destination)} ${packet.destinationPort}`)) return 'to'
    if (!sockets.has(`${plain(packet.source)} ${packet.sourcePort}`)) return undefined
    if (message.kind !== 'answer' || message.status !== 302) return 'from'
    // A 302 to whoever continues by another status sends the call to a treatment.
    const peer = new Peers(terms.peers).find(plain(packet.destination))
    return peer === undefined || peer.continueStatus === 302 ? 'from' : 'treats'
  }
}

/** The addresses behind one that is listened on: all of this machine's where it stands for all. */
function socketsOf(listening: Endpoint | undefined): string[] {
  if (listening === undefined) return []
  const { address, port } = listening
  const isAny = address === '0.0.0.0' || /^[0:]+$/.test(address)
  const own = Object.values(networkInterfaces()).flatMap((all) => all?.map((one) => one.address) ?? [])
  return (isAny ? own : [address]).map((one) => `${plain(one)} ${port}`)
}

/** One spelling for an address: IPv6 as packets tell it, in groups without zeros in front, and IPv4 as IPv4. */
function plain(address: string): string {
  if (!address.includes(':')) return address
  const host = new URL(`http://[${address.split('%')[0]}]/`).hostname
  return host.replace(/^\[|\]$/g, '')
}

function noFigures(): OutcomeFigures {
  const seen = Object.fromEntries(Object.keys(SEEN_FIGURES).map((name) => [name, 0])) as Record<SeenFigureName, number>
  return { ...noHepInFigures(), ...seen }
}

/** Each figure's name and its help text. */
const SEEN_FIGURES = {
  unread: 'copies of SIP messages that cannot be read',
  answered: 'calls seen to end after they were answered',
  unanswered: 'calls seen to end without an answer',
  counted: 'of these, calls that some rule counts',
  forgotten: 'calls pushed out by newer ones before their end: more than 100,000 were followed',
  unended: 'calls whose end or answer was not seen: copies are lost, or a call took longer than 4 hours',
  followed: 'calls that are followed now',
} as const

/** How often calls are looked through for those that are over. */
const PASS_MS = 1_000
