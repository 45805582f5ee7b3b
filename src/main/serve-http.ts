import { BlockList, isIPv6 } from 'node:net'
import type { CardContact } from '#codec/jcard/jcard.ts'
import { FIELD } from '#codec/sip/field.ts'
import { Message } from '#codec/sip/message.ts'
import { phraseOf } from '#codec/sip/status.ts'
import type { OperatorContact } from '#core/notify/notice-terms.ts'
import { type ReceiptRing, createReceiptRing } from '#core/receipt/receipt.ts'
import type { Gate } from '#edge/gate/answer.ts'
import type { Continued, Meaning } from '#edge/gate/waiting-blocks.ts'
import { createApi } from '#edge/http/api.ts'
import { createDesk } from '#edge/http/card.ts'
import { type HttpFigures, noHttpFigures } from '#edge/http/figures.ts'
import type { NoteOutcome } from '#edge/http/outcome.ts'
import type { NotScreened, Screen, ScreenAnswer } from '#edge/http/screen-answer.ts'
import { type HttpServer, serveHttp } from '#edge/http/serve.ts'
import { Tokens } from '#edge/http/tokens.ts'
import type { Config, PeerConfig, TlsConfig } from '#main/config/config.ts'
import type { GateTerms } from './gate-terms.ts'

/** What the doors over HTTP reach of the rest. */
export type HttpSurroundings = {
  /** The gate of this thread, which judges as all of them do. */
  readonly gate: Pick<Gate, 'receiveFrom'>
  /** The keys that receipts are opened with, as they are now. */
  readonly receiptKeys: () => GateTerms['receipts']
  /** 32 octets of the store, the same for as long as it lasts. */
  readonly secret: Uint8Array
  readonly noteOutcome: NoteOutcome
  readonly alarm: (kind: 'fault', cause: unknown) => void
}

/** The doors over HTTP that are open. */
export type HttpDoors = {
  /** In words for the start: what is served where. */
  readonly open: readonly string[]
  readonly figures: HttpFigures
  /** Tokens, peers, certificates and cards of another configuration, from the next request on. Where it listens stays. */
  adopt(config: Config): Promise<void>
  /** Takes no more requests; those under way end within the time. */
  close(withinMs: number): Promise<void>
}

/** A port that could not be listened on: which key says so, and the system's error. */
export class NoDoor extends Error {
  readonly key: 'api.listen' | 'desk.listen'

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
  const ring = ringOf(around.receiptKeys)
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
  const makeDesk = (config: Config): ReturnType<typeof createDesk> =>
    createDesk({
      card: cardOf(config),
      openReceipt: (receipt) => ring().open(receipt)?.atMs,
      receiptsKeptMs: config.receipts.keepMs,
      secret: around.secret,
      isProxy: proxiesOf(config.desk?.tls),
      figures,
      now: () => Date.now(),
      alarm,
    })
  let desk = await makeDesk(config)

  const servers: { readonly of: 'api' | 'desk'; readonly server: HttpServer }[] = []
  const open: string[] = []
  const close = async (withinMs: number): Promise<void> => {
    await Promise.all(servers.map(({ server }) => server.close(withinMs)))
  }
  try {
    if (config.api !== undefined) {
      const { listen, tls } = config.api
      const server = await serveHttp(
        (request, env) => api.fetch(request, env),
        { ...listen, tls: filesOf(tls), spares: sparesOf(() => current.api?.tls) },
        figures,
      )
      servers.push({ of: 'api', server })
      open.push(`screening calls on ${server.url}/v1/screen`)
    }
  } catch (error) {
    throw new NoDoor('api.listen', error)
  }
  try {
    if (config.desk !== undefined) {
      const { listen, tls, card } = config.desk
      const server = await serveHttp(
        (request, env) => desk.fetch(request, env),
        { ...listen, tls: filesOf(tls), spares: sparesOf(() => current.desk?.tls) },
        figures,
      )
      servers.push({ of: 'desk', server })
      open.push(
        `desk: ${server.url} is to be reached as ${config.desk.public}${card === undefined ? '' : '; cards of 608 answers at /j/…'}`,
      )
    }
  } catch (error) {
    await close(0)
    throw new NoDoor('desk.listen', error)
  }

  return {
    open,
    figures,
    async adopt(next) {
      const nextDesk = await makeDesk(next)
      for (const { of, server } of servers) {
        const files = filesOf(next[of]?.tls)
        if (files !== undefined && config[of]?.tls.kind === 'files') server.renew(files)
      }
      tokens = tokensOf(next)
      screen = screenBy(around.gate, next)
      desk = nextDesk
      current = next
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

/** The ring of the keys as they are; made anew only when they have changed. */
function ringOf(receiptKeys: HttpSurroundings['receiptKeys']): () => ReceiptRing {
  let keys: GateTerms['receipts'] | undefined
  let ring: ReceiptRing
  return () => {
    const current = receiptKeys()
    if (current !== keys) ring = createReceiptRing(current.keys, current.currentSlot)
    keys = current
    return ring
  }
}

function tokensOf({ api }: Config): Tokens {
  return new Tokens(api?.tokens ?? new Map())
}

/** Whom cards name, and by what they are signed; undefined where there is nothing to sign them with. */
function cardOf({ operator, desk }: Config) {
  if (desk?.card === undefined) return undefined
  const { key, certificate, x5u } = desk.card
  return {
    name: operator.name,
    contact: contactOf(operator.contact, desk.public),
    key,
    certificate,
    certificateUri: x5u,
  }
}

/** What the operator says, and where he names no page, the desk. */
function contactOf({ url, tel, email }: OperatorContact, desk: string): CardContact {
  return { url: url ?? desk, tel, email }
}

function proxiesOf(tls: TlsConfig | undefined): (address: string) => boolean {
  if (tls?.kind !== 'proxy') return () => false
  const list = new BlockList()
  for (const range of tls.addresses) {
    const [address = '', prefix] = range.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** Who may have all connections: this machine, which nobody else can be, and proxies. */
function sparesOf(tlsNow: () => TlsConfig | undefined): (address: string) => boolean {
  return (address) => LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4') || proxiesOf(tlsNow())(address)
}

function filesOf(tls: TlsConfig | undefined): { certificate: string; key: string } | undefined {
  return tls?.kind === 'files' ? tls : undefined
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')
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
