import { FIELD } from '#codec/sip/field.ts'
import { Message } from '#codec/sip/message.ts'
import { phraseOf } from '#codec/sip/status.ts'
import type { Gate } from '#edge/gate/answer.ts'
import type { Continued, Meaning } from '#edge/gate/waiting-blocks.ts'
import { createApi } from '#edge/http/api.ts'
import { type HttpFigures, noHttpFigures } from '#edge/http/figures.ts'
import type { NoteOutcome } from '#edge/http/outcome.ts'
import type { NotScreened, Screen, ScreenAnswer } from '#edge/http/screen-answer.ts'
import { type HttpServer, serveHttp } from '#edge/http/serve.ts'
import { Tokens } from '#edge/http/tokens.ts'
import type { Config, PeerConfig } from '#main/config/config.ts'
import type { DeskFigures } from '#main/desk/desk-figures.ts'
import { type DeskService, startDesk } from './desk-service.ts'
import type { GateTerms } from './gate-terms.ts'
import type { ProcessState } from '#main/desk/desk-messages.ts'
import { filesOf, sparesOf } from '#main/desk/http-terms.ts'

/** What the doors over HTTP reach of the rest. */
export type HttpSurroundings = {
  /** The gate of this thread, which judges as all of them do. */
  readonly gate: Pick<Gate, 'receiveFrom'>
  /** The keys that receipts are opened with, as they are now. */
  readonly receiptKeys: () => GateTerms['receipts']
  /** 32 octets of the store, the same for as long as it lasts. */
  readonly secret: Uint8Array
  readonly noteOutcome: NoteOutcome
  readonly alarm: (kind: 'fault' | 'desk' | 'overdue' | 'mail', cause: unknown) => void
  /** For the log. */
  readonly tell: (message: string) => void
  /** How the gates stand, for the overview. */
  readonly process?: (() => ProcessState) | undefined
  /** The configuration file; the defaults if not said. */
  readonly path?: string | undefined
}

/** The doors over HTTP that are open. */
export type HttpDoors = {
  /** In words for the start: what is served where. */
  readonly open: readonly string[]
  readonly figures: HttpFigures
  /** Of the desk; nothing where there is none. */
  readonly desk: () => DeskFigures
  /** Tokens, peers, certificates and cards of another configuration, from the next request on. Where it listens stays. */
  adopt(config: Config): Promise<void>
  /** Takes no more requests; those under way end within the time. */
  close(withinMs: number): Promise<void>
}

/** A port that could not be listened on: which key says so, and the system's error. */
export class NoDoor extends Error {
  readonly key: 'api.listen'

  constructor(key: NoDoor['key'], cause: unknown) {
    super(`cannot listen on what ${key} says`, { cause })
    this.name = 'NoDoor'
    this.key = key
  }
}

/** Opens what the configuration has: the API for switches, and the public desk. Rejects with `NoDoor`. */
export async function openHttpDoors(config: Config, around: HttpSurroundings): Promise<HttpDoors> {
  const figures = noHttpFigures()
  const clock = (): number => performance.timeOrigin + performance.now()
  const alarm = (cause: unknown): void => around.alarm('fault', cause)
  let current = config
  let tokens = tokensOf(config)
  let screen = screenBy(around.gate, config)
  const api = createApi({
    peerOf: (authorization) => tokens.find(authorization),
    screen: (invite, peer, from) => screen(invite, peer, from),
    noteOutcome: around.noteOutcome,
    figures,
    clock,
    alarm,
  })

  let server: HttpServer | undefined
  let desk: DeskService | undefined
  const open: string[] = []
  const close = async (withinMs: number): Promise<void> => {
    await Promise.all([server?.close(withinMs), desk?.close(withinMs)])
  }
  try {
    if (config.api !== undefined) {
      const { listen, tls } = config.api
      server = await serveHttp(
        (request, env) => api.fetch(request, env),
        { ...listen, tls: filesOf(tls), spares: sparesOf(() => current.api?.tls) },
        figures,
      )
      open.push(`screening calls on ${server.url}/v1/screen`)
    }
  } catch (error) {
    throw new NoDoor('api.listen', error)
  }
  try {
    if (config.desk !== undefined || config.office !== undefined) {
      const { receiptKeys: receipts, secret, path, alarm: raise, tell, process } = around
      desk = await startDesk(config, { path, receipts, secret, http: figures, alarm: raise, tell, process })
      open.push(...desk.open)
    }
  } catch (error) {
    await close(0)
    throw error
  }

  return {
    open,
    figures,
    desk: () => desk?.figures() ?? {},
    async adopt(next) {
      const files = filesOf(next.api?.tls)
      if (files !== undefined && config.api?.tls.kind === 'files') server?.renew(files)
      tokens = tokensOf(next)
      screen = screenBy(around.gate, next)
      current = next
      await desk?.adopt(next)
    },
    close,
  }
}

/**
 * Asks a gate about a call as a peer would by SIP, and reads its answer. What the gate does not answer in time continues,
 * and so does what comes while too many questions wait.
 */
export function screenBy(gate: Pick<Gate, 'receiveFrom'>, { gate: { peers, limits } }: Pick<Config, 'gate'>): Screen {
  const byName = new Map(peers.map((peer) => [peer.name, peer]))
  let waiting = 0
  return (invite, name, from) => {
    const peer = byName.get(name)
    if (peer === undefined) return Promise.resolve(notJudged(undefined, 'fault'))
    if (waiting >= SCREENS_WAITING_MAX) return Promise.resolve(notJudged(peer, 'shed'))
    waiting++
    return new Promise((resolve) => {
      let meaning: Meaning | undefined
      let timer: NodeJS.Timeout | undefined
      const settle = (answer: ScreenAnswer | NotScreened): void => {
        if (meaning === SETTLED) return
        meaning = SETTLED
        waiting--
        clearTimeout(timer)
        resolve(answer)
      }
      gate.receiveFrom(peer, invite, from, {
        // Neither an IP address nor another peer's name: a switch never meets another's transactions.
        origin: `http ${name}`,
        isReliable: true,
        tell: (told) => (meaning = told),
        send: (octets, length) => settle(readAnswer(octets, length, meaning)),
      })
      // Most answers are there already.
      if (meaning !== SETTLED) {
        timer = setTimeout(() => settle(notJudged(peer, 'late')), limits.recordWithinMs + PATIENCE_MS)
      }
    })
  }
}

/** Reads what a gate answered, with what it said that this means. */
function readAnswer(octets: Uint8Array, length: number, meaning: Meaning | undefined): ScreenAnswer | NotScreened {
  const response = new Message()
  response.read(octets.slice(0, length))
  const { status, phrase } = response
  if (meaning === undefined) return { verdict: 'none', status, phrase }
  const headers = response
    .fields()
    .filter(({ id }) => !COPIED.has(id))
    .map(({ name, value }): readonly [string, string] => [name, value])
  if (meaning.kind === 'continued') {
    return { verdict: 'continue', status, phrase, headers, receipt: undefined, reason: REASONS[meaning.why] }
  }
  const receipt = meaning.kind === 'refused' ? meaning.receipt : undefined
  return {
    verdict: meaning.kind === 'refused' ? 'block' : 'treat',
    status,
    phrase,
    headers,
    receipt,
    reason: undefined,
  }
}

function notJudged(peer: PeerConfig | undefined, reason: 'shed' | 'late' | 'fault'): ScreenAnswer {
  const status = peer?.continueStatus ?? CONTINUE_STATUS
  return { verdict: 'continue', status, phrase: phraseOf(status), headers: [], receipt: undefined, reason }
}

function tokensOf({ api }: Config): Tokens {
  return new Tokens(api?.tokens ?? new Map())
}

/** What a reply copies from its request, and what only frames it: the switch has these itself. */
const COPIED: ReadonlySet<number> = new Set([
  FIELD.via,
  FIELD.from,
  FIELD.to,
  FIELD.callId,
  FIELD.cseq,
  FIELD.contentLength,
])
/** Why a call goes on that nobody judged to go on. */
const REASONS: { readonly [why in Continued]: ScreenAnswer['reason'] } = {
  judged: undefined,
  repeated: undefined,
  shed: 'shed',
  overload: 'shed',
  late: 'late',
  unrecorded: 'unrecorded',
  untold: 'untold',
  fault: 'fault',
}
/** Stands where an answer has been given. */
const SETTLED = { kind: 'continued', why: 'judged' } as const satisfies Meaning
/** Questions that may wait for an answer at a time; the next are told to continue. */
export const SCREENS_WAITING_MAX = 1_000
/** Beyond the time that a block has to be recorded; the gate answers long before, if it answers at all. */
const PATIENCE_MS = 5_000
const CONTINUE_STATUS = 404
