import { type Socket, createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Source } from '#codec/sip/reply.ts'
import type { Way } from './waiting-blocks.ts'

/** A way for SIP datagrams to come and go. */
export type Transport = Way & {
  /** What it listens on, as it would stand in a SIP URI: `127.0.0.1:5060`. */
  readonly local: string
  /** What the system granted for datagrams that wait: with its own share, twice what was asked. */
  readonly receiveBufferBytes: number
  close(): Promise<void>
  /** Datagrams the system would not take, and the error of the last one. */
  readonly failures: { sends: number; last: Error | undefined }
}

export type UdpOptions = {
  /** Asked of the system, which caps it (`net.core.rmem_max`). */
  readonly receiveBufferBytes: number
  /** Sockets that all say so share the port, one a thread; the system spreads the sources over them. */
  readonly reusePort: boolean
}

/** Takes one datagram with its true source; `bytes` are lent for the call, and answers leave by `way`. */
export type Receive = (bytes: Uint8Array, source: Source, way: Way) => void

/**
 * Listens for SIP on a UDP address of this machine, port 0 for any that is free; each datagram goes to `receive` with its
 * true source. Rejects where the port is taken.
 */
export async function listenUdp(
  host: string,
  port: number,
  { receiveBufferBytes, reusePort }: UdpOptions,
  receive: Receive,
): Promise<Transport> {
  const type = isIPv6(host) ? 'udp6' : 'udp4'
  // Peers are known by address, so there is nothing to resolve, and a lookup per datagram would cost a turn of the loop.
  const socket = createSocket({
    type,
    reusePort,
    lookup: (address, _options, found) => found(null, address, type === 'udp6' ? 6 : 4),
  })
  const failures: Transport['failures'] = { sends: 0, last: undefined }
  await bind(socket, host, port)
  enlarge(socket, receiveBufferBytes)
  const note = (error: Error): void => {
    failures.sends++
    failures.last = error
  }
  const noteSend = (error: Error | null): void => {
    if (error !== null) note(error)
  }
  socket.on('error', note)
  const bound = socket.address()
  const mapped = type === 'udp6'
  let closed: Promise<void> | undefined
  const transport: Transport = {
    local: formatLocal(bound.address, bound.port),
    receiveBufferBytes: socket.getRecvBufferSize(),
    failures,
    send(bytes, length, address, to) {
      const copy = Buffer.allocUnsafe(length)
      copy.set(length === bytes.length ? bytes : bytes.subarray(0, length))
      const target = mapped && !address.includes(':') ? `::ffff:${address}` : address
      try {
        socket.send(copy, to, target, noteSend)
      } catch (error) {
        // Port 0, which a forged datagram may come from, or a socket that was closed meanwhile.
        note(error as Error)
      }
    },
    close: () => (closed ??= new Promise((ended) => socket.close(() => ended()))),
  }
  socket.on('message', (bytes, remote) => {
    receive(bytes, { address: plainAddress(remote.address), port: remote.port }, transport)
  })
  return transport
}

/** An address and port as they stand in a SIP URI. */
export function formatLocal(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** A dual-stack socket shows IPv4 sources as `::ffff:192.0.2.1`. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

function bind(socket: Socket, host: string, port: number): Promise<void> {
  return new Promise((bound, failed) => {
    socket.once('error', failed)
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.off('error', failed)
      bound()
    })
  })
}

/** The stock buffer loses datagrams in a burst; the system may grant less (`net.core.rmem_max`), which is no error. */
function enlarge(socket: Socket, bytes: number): void {
  try {
    socket.setRecvBufferSize(bytes)
  } catch {
    // Kept at the system's size.
  }
}
