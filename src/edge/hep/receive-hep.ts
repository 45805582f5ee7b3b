import { hash, timingSafeEqual } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { BlockList, type Socket, createServer, isIPv6 } from 'node:net'
import { unzipSync } from 'node:zlib'
import { HEP_TYPES, type SeenHepPacket, hepLength, parseHep } from '#codec/hep/hep.ts'
import { Malformed } from '#codec/sip/malformed.ts'

/** Where copies are taken. */
export type HepEndpoint = { readonly transport: 'udp' | 'tcp'; readonly address: string; readonly port: number }

/** Who may send copies: addresses and CIDR ranges, and the key that they show, where one is asked for. */
export type HepSenders = { readonly from: readonly string[]; readonly password: string | undefined }

/** A copy of a SIP message, its payload as it passed; `tap` tells who made it. */
export type HeardCopy = SeenHepPacket & { readonly tap: string }

/** Everything that is counted of copies that come in. */
export type HepInFigures = { [name in HepInFigureName]: number }

export type HepInFigureName = keyof typeof HEP_IN_FIGURES

/** Each figure's name and its help text. */
export const HEP_IN_FIGURES = {
  received: 'copies (HEP) received from listed senders',
  strangers: 'copies, and connections, of addresses not listed, dropped',
  denied: 'copies without the right authentication key, dropped',
  malformed: 'copies that are not HEPv3, or whose compressed payload cannot be opened within 64 KiB, dropped',
  otherTypes: 'copies of something else than SIP, left alone',
  repeated: 'copies of a message that another tap has sent already',
  overConnections: 'connections closed when they came: too many',
  idle: 'connections of senders closed because nothing came, or a copy came too slowly',
  unframed: 'connections of senders cut because no copy could be told from the next',
} as const

/** Takes what senders send: from all endpoints, so that a message that two taps saw is heard once. */
export class HepInlet {
  readonly figures: HepInFigures = noHepInFigures()
  readonly #senders = new BlockList()
  readonly #password: Buffer | undefined
  readonly #onCopy: (copy: HeardCopy) => void
  /** When messages were heard, those of the last `REPEATED_MS` at least, in two halves. */
  #heardMs = new Map<string, number>()
  #heardBeforeMs = new Map<string, number>()
  #turnedMs = -Infinity

  constructor({ from, password }: HepSenders, onCopy: (copy: HeardCopy) => void) {
    for (const range of from) {
      const [address = '', prefix] = range.split('/')
      const family = isIPv6(address) ? 'ipv6' : 'ipv4'
      if (prefix === undefined) this.#senders.addAddress(address, family)
      else this.#senders.addSubnet(address, Number(prefix), family)
    }
    this.#password = password === undefined ? undefined : digest(password)
    this.#onCopy = onCopy
  }

  /** Whether an address may send; a stranger is counted. */
  admits(address: string): boolean {
    const isListed = this.#senders.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
    if (!isListed) this.figures.strangers++
    return isListed
  }

  /** Takes one packet of a sender that was admitted. Never throws; the octets are only lent. */
  take(octets: Uint8Array, address: string): void {
    this.figures.received++
    try {
      this.#hear(parseHep(octets), address)
    } catch (fault) {
      if (!(fault instanceof Malformed)) throw fault
      this.figures.malformed++
    }
  }

  #hear(packet: SeenHepPacket, address: string): void {
    const { figures } = this
    if (this.#password !== undefined && !timingSafeEqual(digest(packet.password ?? ''), this.#password)) {
      figures.denied++
      return
    }
    if (packet.type !== HEP_TYPES.sip) {
      figures.otherTypes++
      return
    }
    const payload = packet.isCompressed ? open(packet.payload) : packet.payload
    if (this.#isRepeated(payload)) {
      figures.repeated++
      return
    }
    // The key is of no use from here on, and what nobody has, nobody tells.
    this.#onCopy({ ...packet, payload, password: undefined, tap: `${address} ${packet.captureId}` })
  }

  #isRepeated(payload: Uint8Array): boolean {
    const nowMs = performance.now()
    // Two halves that take turns: to take the oldest out of one table again and again would cost a walk over its holes.
    if (nowMs - this.#turnedMs >= REPEATED_MS || this.#heardMs.size >= REMEMBERED_MAX / 2) {
      this.#heardBeforeMs = nowMs - this.#turnedMs >= 2 * REPEATED_MS ? new Map<string, number>() : this.#heardMs
      this.#heardMs = new Map()
      this.#turnedMs = nowMs
    }
    const key = hash('sha256', payload, 'base64')
    const ms = this.#heardMs.get(key) ?? this.#heardBeforeMs.get(key) ?? -Infinity
    if (nowMs - ms < REPEATED_MS) return true
    this.#heardMs.set(key, nowMs)
    return false
  }
}

/** An endpoint that is open. */
export type HepListener = { readonly local: string; close(): Promise<void> }

/** Listens for HEPv3, port 0 for any that is free. Rejects where the port is taken. */
export function listenHep(endpoint: HepEndpoint, inlet: HepInlet, limits = HEP_STREAM_LIMITS): Promise<HepListener> {
  return endpoint.transport === 'udp' ? listenUdp(endpoint, inlet) : listenTcp(endpoint, inlet, limits)
}

/** All figures at zero. */
export function noHepInFigures(): HepInFigures {
  return Object.fromEntries(Object.keys(HEP_IN_FIGURES).map((name) => [name, 0])) as HepInFigures
}

async function listenUdp({ address, port }: HepEndpoint, inlet: HepInlet): Promise<HepListener> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  await new Promise<void>((bound, failed) => {
    socket.once('error', failed)
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', failed)
      bound()
    })
  })
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES)
  } catch {
    // Kept at the system's size.
  }
  socket.on('error', () => undefined)
  socket.on('message', (octets, remote) => {
    const from = plainAddress(remote.address)
    if (inlet.admits(from)) inlet.take(octets, from)
  })
  const { address: host, port: bound } = socket.address()
  return {
    local: `udp:${formatLocal(host, bound)}`,
    close: () => new Promise((closed) => socket.close(() => closed())),
  }
}

async function listenTcp(
  { address, port }: HepEndpoint,
  inlet: HepInlet,
  limits: HepStreamLimits,
): Promise<HepListener> {
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
    readStream(socket, from, inlet, limits)
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
    local: `tcp:${formatLocal(bound.address, bound.port)}`,
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
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024
