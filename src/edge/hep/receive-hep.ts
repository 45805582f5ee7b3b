import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { BlockList, type Socket, createServer, isIPv6 } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import { unzipSync } from 'node:zlib'
import { HEP_TYPES, hepLength } from '#codec/hep/hep.ts'
import { HepView } from '#codec/hep/hep-view.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { Fingerprint } from './fingerprint.ts'
import { HeardMessages } from './heard-messages.ts'
import { Overrun } from './overrun.ts'

/** Where copies are taken. */
export type HepEndpoint = { readonly transport: HepTransport; readonly address: string; readonly port: number }
export type HepTransport = 'udp' | 'tcp' | 'tls'

/** Who may send copies: addresses and CIDR ranges, and the key that they show, where one is asked for. */
export type HepSenders = { readonly from: readonly string[]; readonly password: string | undefined }

/** A copy of a SIP message, lent for the call: where it passed, by whom and when it was copied, and the message. */
export type HeardCopy = {
  /** The packet; its payload may be compressed, so the message is to be had from `bytes`. */
  readonly packet: HepView
  /** The message stands in these octets from `start` to `end`. */
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  /** Milliseconds since 1970: as the packet tells, or when it came where it tells none that can be. */
  readonly atMs: number
  /** When it came; milliseconds since 1970. */
  readonly nowMs: number
  /** Who made it: address and capture id. */
  readonly tap: string
}

export type HepInletOptions = HepSenders & {
  /** Whether a message is of any use, by its first octets: what is not, is not looked at any further. All are, where not said. */
  readonly wants?: ((bytes: Uint8Array, start: number, end: number) => boolean) | undefined
}

/** Everything that is counted of copies that come in. */
export type HepInFigures = { [name in HepInFigureName]: number }

export type HepInFigureName = keyof typeof HEP_IN_FIGURES

/** Each figure's name and its help text. */
export const HEP_IN_FIGURES = {
  received: 'copies (HEP) received from listed senders',
  overrun: 'copies over UDP that found the receive buffer full, lost before anybody read them (Linux)',
  strangers: 'copies, and connections, of addresses not listed, dropped',
  denied: 'copies without the right authentication key, dropped',
  malformed: 'copies that are not HEP, or whose compressed payload cannot be opened within 64 KiB, dropped',
  otherTypes: 'copies of something else than SIP, left alone',
  unwanted: 'copies of SIP messages that are of no use here, left alone',
  untimed: 'copies without a time, or with one more than a day ahead, taken as of when they came',
  repeated: 'copies of a message that another tap has sent already',
  overConnections: 'connections closed when they came: too many',
  idle: 'connections of senders closed because nothing came, or a copy came too slowly',
  unframed: 'connections of senders cut because no copy could be told from the next',
} as const

/** Takes what senders send: from all endpoints, so that a message that two taps saw is heard once. */
export class HepInlet {
  readonly figures: HepInFigures = noHepInFigures()
  readonly #senders = new BlockList()
  /** What the senders last asked about were, for most come again at once. */
  readonly #admitted = new Map<string, boolean>()
  readonly #password: Buffer | undefined
  readonly #wants: HepInletOptions['wants']
  readonly #onCopy: (copy: HeardCopy) => void
  readonly #packet = new HepView()
  readonly #fingerprint = new Fingerprint(randomBytes(16))
  readonly #heard = new HeardMessages(REPEATED_MS, REMEMBERED_MAX)
  #tap = ''
  #tapAddress = ''
  #tapId = -1

  constructor({ from, password, wants }: HepInletOptions, onCopy: (copy: HeardCopy) => void) {
    for (const range of from) {
      const [address = '', prefix] = range.split('/')
      const family = isIPv6(address) ? 'ipv6' : 'ipv4'
      if (prefix === undefined) this.#senders.addAddress(address, family)
      else this.#senders.addSubnet(address, Number(prefix), family)
    }
    this.#password = password === undefined ? undefined : digest(password)
    this.#wants = wants
    this.#onCopy = onCopy
  }

  /** Whether an address may send; a stranger is counted. */
  admits(address: string): boolean {
    let isListed = this.#admitted.get(address)
    if (isListed === undefined) {
      isListed = this.#senders.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
      if (this.#admitted.size >= ADMITTED_MAX) this.#admitted.clear()
      this.#admitted.set(address, isListed)
    }
    if (!isListed) this.figures.strangers++
    return isListed
  }

  /** Takes one packet of a sender that was admitted. Never throws; the octets are only lent. */
  take(octets: Uint8Array, address: string): void {
    this.figures.received++
    try {
      this.#packet.read(octets)
      this.#hear(this.#packet, address)
    } catch (fault) {
      if (!(fault instanceof Malformed)) throw fault
      this.figures.malformed++
    }
  }

  #hear(packet: HepView, address: string): void {
    const { figures } = this
    if (this.#password !== undefined && !timingSafeEqual(digest(packet.password ?? ''), this.#password)) {
      figures.denied++
      return
    }
    if (packet.type !== HEP_TYPES.sip) {
      figures.otherTypes++
      return
    }
    const { isCompressed } = packet
    const bytes = isCompressed ? open(packet.payload) : packet.bytes
    const start = isCompressed ? 0 : packet.payloadStart
    const end = isCompressed ? bytes.length : packet.payloadEnd
    if (this.#wants?.(bytes, start, end) === false) {
      figures.unwanted++
      return
    }
    const sinceStartMs = performance.now()
    if (this.#heard.isRepeated(this.#fingerprint.of(bytes, start, end), sinceStartMs)) {
      figures.repeated++
      return
    }
    const nowMs = performance.timeOrigin + sinceStartMs
    const isTimed = packet.atMs > 0 && packet.atMs - nowMs <= CLOCK_AHEAD_MS
    if (!isTimed) figures.untimed++
    const tap = this.#nameTap(address, packet.captureId)
    this.#onCopy({ packet, bytes, start, end, atMs: isTimed ? packet.atMs : nowMs, nowMs, tap })
  }

  #nameTap(address: string, captureId: number): string {
    if (this.#tapId !== captureId || this.#tapAddress !== address) {
      this.#tap = `${address} ${captureId}`
      this.#tapId = captureId
      this.#tapAddress = address
    }
    return this.#tap
  }
}

/** An endpoint that is open. */
export type HepListener = { readonly local: string; close(): Promise<void> }

/** How to listen, beyond where. */
export type HepListening = {
  /** The limits of connections; those of this file where not said. */
  readonly limits?: HepStreamLimits
  /** What TLS is spoken with, asked for each connection so that certificates can be renewed. */
  readonly tls?: (() => SecureContext) | undefined
  /** What takes datagrams; the socket of Node where not said. */
  readonly openDatagrams?: OpenDatagrams | undefined
}

/** Listens for datagrams: each is lent with the address that sent it. */
export type OpenDatagrams = (
  address: string,
  port: number,
  receiveBufferBytes: number,
  receive: (octets: Uint8Array, address: string) => void,
) => Promise<HepListener>

/** Listens for HEP, port 0 for any that is free. Rejects where the port is taken. */
export function listenHep(
  endpoint: HepEndpoint,
  inlet: HepInlet,
  { limits = HEP_STREAM_LIMITS, tls, openDatagrams = openSocket }: HepListening = {},
): Promise<HepListener> {
  return endpoint.transport === 'udp'
    ? listenUdp(endpoint, inlet, openDatagrams)
    : listenStreams(endpoint, inlet, limits, tls)
}

/** All figures at zero. */
export function noHepInFigures(): HepInFigures {
  return Object.fromEntries(Object.keys(HEP_IN_FIGURES).map((name) => [name, 0])) as HepInFigures
}

async function listenUdp({ address, port }: HepEndpoint, inlet: HepInlet, open: OpenDatagrams): Promise<HepListener> {
  const opened = await open(address, port, RECEIVE_BUFFER_BYTES, (octets, from) => {
    if (inlet.admits(from)) inlet.take(octets, from)
  })
  const overrun = new Overrun(opened.local)
  const count = (): void => void (inlet.figures.overrun += overrun.more())
  const timer = setInterval(count, OVERRUN_EVERY_MS).unref()
  const close = (): Promise<void> => {
    clearInterval(timer)
    count()
    return opened.close()
  }
  return { local: `udp:${opened.local}`, close }
}

const openSocket: OpenDatagrams = async (address, port, receiveBufferBytes, receive) => {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  await new Promise<void>((bound, failed) => {
    socket.once('error', failed)
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', failed)
      bound()
    })
  })
  try {
    socket.setRecvBufferSize(receiveBufferBytes)
  } catch {
    // Kept at the system's size.
  }
  socket.on('error', () => undefined)
  socket.on('message', (octets, remote) => receive(octets, plainAddress(remote.address)))
  const { address: host, port: bound } = socket.address()
  return { local: formatLocal(host, bound), close: () => new Promise((closed) => socket.close(() => closed())) }
}

async function listenStreams(
  { transport, address, port }: HepEndpoint,
  inlet: HepInlet,
  limits: HepStreamLimits,
  tls: (() => SecureContext) | undefined,
): Promise<HepListener> {
  if (transport === 'tls' && tls === undefined) throw new Error('HEP over TLS needs a certificate')
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    const from = plainAddress(socket.remoteAddress ?? '')
    const isListed = from !== '' && inlet.admits(from)
    if (isListed && open.size >= limits.connections) inlet.figures.overConnections++
    if (!isListed || open.size >= limits.connections) {
      socket.resetAndDestroy()
      return
    }
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    const stream = transport === 'tls' ? new TLSSocket(socket, { isServer: true, secureContext: tls!() }) : socket
    if (stream !== socket) stream.on('error', () => socket.destroy())
    readStream(stream, from, inlet, limits)
  })
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen({ host: address, port, exclusive: true }, () => {
      server.off('error', failed)
      server.on('error', () => undefined)
      listening()
    })
  })
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server has an address and a port')
  return {
    local: `${transport}:${formatLocal(bound.address, bound.port)}`,
    close() {
      const closed = new Promise<void>((done) => server.close(() => done()))
      for (const socket of open) socket.destroy()
      return closed
    },
  }
}

/** Cuts a stream into packets by their lengths; each octet is copied once, however small the pieces are that come. */
function readStream(socket: Socket, from: string, inlet: HepInlet, limits: HepStreamLimits): void {
  const packet = Buffer.alloc(PACKET_OCTETS_MAX)
  let held = 0
  let timer: NodeJS.Timeout | undefined
  const wait = (ms: number): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      inlet.figures.idle++
      socket.destroy()
    }, ms)
  }
  wait(limits.idleMs)
  socket.on('close', () => clearTimeout(timer))
  socket.on('data', (octets: Buffer) => {
    const wasBetween = held === 0
    let hasWhole = false
    for (let at = 0; at < octets.length && !socket.destroyed;) {
      try {
        const taken = octets.copy(packet, held, at, at + missing(packet, held))
        held += taken
        at += taken
        if (missing(packet, held) > 0) continue
      } catch (fault) {
        if (!(fault instanceof Malformed)) throw fault
        inlet.figures.unframed++
        socket.destroy()
        continue
      }
      inlet.take(packet.subarray(0, held), from)
      held = 0
      hasWhole = true
    }
    if (socket.destroyed) return
    if (held === 0) wait(limits.idleMs)
    else if (wasBetween || hasWhole) wait(limits.packetMs)
  })
}

/** How many octets are missing from a packet, or from its header; 0 where it is whole. */
function missing(packet: Uint8Array, held: number): number {
  return (hepLength(packet.subarray(0, held)) ?? HEADER_OCTETS) - held
}

/** Opens a compressed payload. Throws `Malformed` for what is none, or too long. */
function open(payload: Uint8Array): Uint8Array {
  try {
    return unzipSync(payload, { maxOutputLength: PACKET_OCTETS_MAX })
  } catch {
    throw new Malformed('hep', 0, 'HEP3 rev. 37 §2.2')
  }
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}

function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

function formatLocal(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** What connections of senders may take; durations in milliseconds. */
export type HepStreamLimits = { readonly connections: number; readonly idleMs: number; readonly packetMs: number }

/** Connections of senders at a time. */
export const SENDERS_MAX = 64
/** Ten minutes: how long a connection may say nothing between packets. */
export const SENDER_IDLE_MS = 600_000
/** How long a packet may take from its first octet to its last. */
export const PACKET_MS = 10_000
const HEP_STREAM_LIMITS: HepStreamLimits = { connections: SENDERS_MAX, idleMs: SENDER_IDLE_MS, packetMs: PACKET_MS }

/** The longest packet its length can tell, and the longest message that a compressed one may hold. */
export const PACKET_OCTETS_MAX = 65_535
/** How long a message is known again that another tap sends too. */
export const REPEATED_MS = 500
/** Messages known again at most. */
export const REMEMBERED_MAX = 65_536
const HEADER_OCTETS = 6
/** How far the clock of a tap may be ahead of ours. */
export const CLOCK_AHEAD_MS = 86_400_000
/** Addresses whose standing is remembered. */
const ADMITTED_MAX = 10_000
/** What is asked of the system: half a second of a busy switch, which a garbage collection or a disk may take. */
/** How often the system is asked what found the buffer full. */
const OVERRUN_EVERY_MS = 1_000
const RECEIVE_BUFFER_BYTES = 64 * 1024 * 1024
