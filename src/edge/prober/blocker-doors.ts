import { createSocket } from 'node:dgram'
import { type Server, type Socket, createServer, isIPv6 } from 'node:net'
import { type TlsOptions, createServer as createTlsServer } from 'node:tls'
import { Framer } from '#codec/sip/framing.ts'
import { MESSAGE_BYTES_MAX } from '#codec/sip/limits.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import type { Source } from '#codec/sip/reply.ts'

/** The way an answer leaves. */
export type Way = {
  readonly transport: 'udp' | 'tcp' | 'tls'
  /** What it came in at, as it stands in a SIP URI. */
  readonly local: string
  send(bytes: Uint8Array, address: string, port: number): void
}

export type Receive = (bytes: Uint8Array, source: Source, way: Way) => void

export type Door = { readonly port: number; close(): Promise<void> }

/** Opens UDP. Rejects where the port is taken. */
export async function openUdp(host: string, port: number, receive: Receive): Promise<Door> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  await new Promise<void>((bound, failed) => {
    socket.once('error', failed)
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.off('error', failed)
      bound()
    })
  })
  // What cannot be sent is sent again by its transaction.
  socket.on('error', () => undefined)
  const bound = socket.address().port
  const way: Way = {
    transport: 'udp',
    local: localOf(host, bound),
    send: (bytes, address, to) => socket.send(bytes, to, address, () => undefined),
  }
  // The octets are the next datagram's too.
  socket.on('message', (bytes, from) =>
    receive(Uint8Array.from(bytes), { address: plain(from.address), port: from.port }, way),
  )
  return {
    port: bound,
    close: () => new Promise((closed) => socket.close(() => closed())),
  }
}

/** Opens TCP, or TLS with a certificate. Connections of sources that `isAllowed` refuses end without an octet. */
export async function openStream(
  host: string,
  port: number,
  tls: TlsOptions | undefined,
  isAllowed: (address: string) => boolean,
  receive: Receive,
): Promise<Door> {
  const transport = tls === undefined ? 'tcp' : 'tls'
  const open = new Set<Socket>()
  const take = (socket: Socket): void => {
    socket.on('error', () => undefined)
    const address = plain(socket.remoteAddress ?? '')
    if (isAllowed(address))
      readStream(socket, { address, port: socket.remotePort ?? 0 }, transport, localOf(host, bound), receive)
    else socket.destroy()
  }
  const server: Server = tls === undefined ? createServer(take) : createTlsServer(tls, take)
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => open.delete(socket))
  })
  server.maxConnections = CONNECTIONS_MAX
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', failed)
      listening()
    })
  })
  server.on('error', () => undefined)
  const at = server.address()
  const bound = typeof at === 'object' && at !== null ? at.port : port
  return {
    port: bound,
    close() {
      const closed = new Promise<void>((done) => server.close(() => done()))
      for (const socket of open) socket.destroy()
      return closed
    },
  }
}

function readStream(socket: Socket, source: Source, transport: 'tcp' | 'tls', local: string, receive: Receive): void {
  const framer = new Framer()
  let held: Uint8Array = NOTHING
  const way: Way = {
    transport,
    local,
    send(bytes) {
      if (socket.writable && socket.writableLength < QUEUE_BYTES_MAX) socket.write(bytes)
    },
  }
  socket.setTimeout(IDLE_MS, () => socket.destroy())
  socket.on('data', (fresh: Buffer) => {
    held = held.length === 0 ? Uint8Array.from(fresh) : Buffer.concat([held, fresh])
    let start = 0
    try {
      for (;;) {
        const found = framer.next(held, start, held.length)
        if (found.kind === 'need-more') break
        if (found.kind === 'message') receive(held.slice(found.start, found.end), source, way)
        // A double CRLF asks whether we are there. RFC 5626 §3.5.1.
        else if (found.end - start >= 4) way.send(PONG, source.address, source.port)
        start = found.end
      }
    } catch (fault) {
      if (!(fault instanceof Malformed)) throw fault
      // Nobody can tell where the next message starts.
      socket.destroy()
    }
    held = held.slice(start)
  })
}

/** A dual-stack socket shows IPv4 sources as `::ffff:192.0.2.1`. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

export function localOf(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

const NOTHING = new Uint8Array(0)
const PONG = Uint8Array.of(13, 10)
/** Connections at a time. */
export const CONNECTIONS_MAX = 64
/** A connection that has been silent for so long is ended. */
const IDLE_MS = 120_000
/** Answers that may wait for a peer that does not read. */
const QUEUE_BYTES_MAX = 16 * MESSAGE_BYTES_MAX
