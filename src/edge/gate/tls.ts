import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { type Server, type TLSSocket, type TlsOptions, createServer } from 'node:tls'
import { type TlsIdentity, namesOf } from './certificate.ts'
import { StreamConnection } from './stream-connection.ts'
import { type Entered, type StreamParts, type StreamTransport, enter, listen, transportOf } from './tcp.ts'

/** An endpoint for SIP over TLS. */
export type TlsTransport = StreamTransport & {
  /** Milliseconds since 1970. */
  readonly expiresMs: number
  /** Shows another certificate, and asks for others, from the next handshake on; connections that are open stay so. */
  reload(identity: TlsIdentity): void
}

/**
 * Listens for SIP over TLS 1.2 and 1.3, port 0 for any that is free. RFC 3261 §26.3.1. Rejects where the port is taken.
 *
 * Where the identity names authorities, a peer must show a certificate of theirs, and is known by the names in it, whatever
 * its address (RFC 5922). Nothing is resumed, so that each connection is checked against what is in force when it comes.
 */
export async function listenTls(
  host: string,
  port: number,
  identity: TlsIdentity,
  parts: StreamParts,
): Promise<TlsTransport> {
  const { streams, isPeer, hearsStrangers, receive } = parts
  const { figures } = streams
  const open = new Set<StreamConnection>()
  const shaking = new Map<string, Shaking>()
  let current = identity
  let secure = secureWith(identity)

  /** Not a server that listens: it is handed connections that found their place. */
  function secureWith({ context, asksPeers }: TlsIdentity): Server {
    const server = createServer({
      ...context,
      ...PROTOCOL,
      requestCert: asksPeers,
      rejectUnauthorized: asksPeers,
      handshakeTimeout: streams.limits.handshakeMs,
    })
    server.on('secureConnection', (socket) => begin(socket, asksPeers))
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      if (error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') figures.handshakesLate++
      else figures.handshakesFailed++
      socket.destroy()
    })
    return server
  }

  function begin(socket: TLSSocket, asksPeers: boolean): void {
    const began = takeShaking(shaking, socket)
    if (began === undefined) return void socket.destroy()
    began.end()
    const { wire, entered } = began
    const { address, port, place } = entered
    const certificate = asksPeers ? socket.getPeerX509Certificate() : undefined
    const names = asksPeers ? namesOf(certificate?.subjectAltName) : undefined
    const known = isPeer(address, names)
    if (known) place.prove()
    else if (!hearsStrangers()) {
      figures.strangers++
      return void wire.resetAndDestroy()
    }
    // A peer that ended its side may still be owed an answer; in a handshake, the end is the end.
    socket.allowHalfOpen = true
    const connection = new StreamConnection(
      socket,
      wire,
      { source: { address, port }, names, isPeer: known },
      streams,
      receive,
    )
    open.add(connection)
    wire.once('close', () => open.delete(connection))
  }

  const server = await listen(host, port, (wire) => {
    const entered = enter(wire, parts, current.asksPeers)
    if (entered === undefined) return
    const end = streams.shake(entered.isPeer)
    if (end === undefined) {
      wire.resetAndDestroy()
      return
    }
    const name = `${wire.remoteAddress} ${wire.remotePort}`
    shaking.set(name, { wire, entered, end })
    wire.once('close', () => {
      end()
      if (shaking.get(name)?.wire === wire) shaking.delete(name)
    })
    secure.emit('connection', wire)
  })
  const transport = transportOf('tls', server, open)
  return {
    ...transport,
    get expiresMs() {
      return current.expiresMs
    },
    reload(next) {
      secure = secureWith(next)
      current = next
    },
    async close() {
      for (const { wire } of shaking.values()) wire.destroy()
      await transport.close()
    },
  }
}

/** A connection between its acceptance and the end of its handshake. */
type Shaking = {
  readonly wire: Socket
  readonly entered: Entered
  readonly end: () => void
}

/** Node says which TLS connection is ready, but not on which TCP connection it stands; the source's port tells. */
function takeShaking(shaking: Map<string, Shaking>, socket: TLSSocket): Shaking | undefined {
  const name = `${socket.remoteAddress} ${socket.remotePort}`
  const found = shaking.get(name)
  shaking.delete(name)
  return found
}

/** Renegotiation and resumption have no use here, and each has been a way in. */
const PROTOCOL: TlsOptions = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  honorCipherOrder: true,
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET,
}
