import { createServer } from 'node:http'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { type ConnectionEnv, networkOf, plainAddress } from './connection.ts'
import type { HttpFigures } from './figures.ts'

/** Where to listen, and by which certificate; without one in clear text, for this machine or behind a proxy. */
export type HttpListen = {
  readonly address: string
  readonly port: number
  /** PEM, the certificate first. */
  readonly tls: TlsFiles | undefined
  /** Addresses that may have all connections: proxies, which ask for many, and this machine itself. */
  readonly spares?: (address: string) => boolean
  /** Within which a request is whole; `HTTP_REQUEST_MS` if not said. Its header fields always are within that. */
  readonly requestMs?: number
  readonly limits?: HttpLimits
}

/** What connections of one server may take. */
export type HttpLimits = {
  readonly connections: number
  /** Of one address; of IPv6, of one /64. */
  readonly perAddress: number
  /** Without a request, until a connection is closed; and while more than half of them are open. */
  readonly idleMs: number
  readonly idleFullMs: number
}

export type TlsFiles = { readonly certificate: string; readonly key: string }

export type HttpServer = {
  readonly url: string
  /** New connections get another certificate; those that stand keep theirs. Throws for files that are none. */
  renew(tls: TlsFiles): void
  /** Takes no more requests, lets those under way end for at most `withinMs`, then closes. */
  close(withinMs: number): Promise<void>
}

/** Answers one request; never rejects. */
export type Fetch = (request: Request, connection: ConnectionEnv['Bindings']) => Response | Promise<Response>

/** Serves on one port. Rejects where it is taken. Slow, silent and too many connections are ended by limits. */
export async function serveHttp(answer: Fetch, listen: HttpListen, figures: HttpFigures): Promise<HttpServer> {
  const { address, port, tls, limits = HTTP_LIMITS } = listen
  const options = {
    headersTimeout: HTTP_REQUEST_MS,
    requestTimeout: listen.requestMs ?? HTTP_REQUEST_MS,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: CHECK_MS,
    maxHeaderSize: HTTP_HEADER_BYTES_MAX,
  }
  const fetch = (request: Request, bindings: unknown) => answer(request, bindings as ConnectionEnv['Bindings'])
  const server =
    tls === undefined
      ? createAdaptorServer({ fetch, createServer, serverOptions: options })
      : createAdaptorServer({
          fetch,
          createServer: createSecureServer,
          serverOptions: { ...options, minVersion: 'TLSv1.2', cert: tls.certificate, key: tls.key },
        })
  const plain = server as SecureServer
  plain.maxConnections = limits.connections
  watchConnections(plain, limits, listen.spares ?? (() => false), figures)
  plain.maxRequestsPerSocket = 0
  await new Promise<void>((listening, failed) => {
    plain.once('error', failed)
    plain.listen(port, address, () => {
      plain.off('error', failed)
      listening()
    })
  })
  // A connection that cannot be accepted, for want of descriptors, must not end the gate.
  plain.on('error', () => undefined)
  const bound = plain.address() as AddressInfo
  const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host}:${bound.port}`,
    renew: ({ certificate, key }) => plain.setSecureContext({ cert: certificate, key, minVersion: 'TLSv1.2' }),
    close: (withinMs) =>
      new Promise((closed) => {
        const patience = setTimeout(() => plain.closeAllConnections(), withinMs)
        plain.close(() => {
          clearTimeout(patience)
          closed()
        })
        plain.closeIdleConnections()
      }),
  }
}

/** Closes what is too much of one address or idle for too long, and counts it. */
function watchConnections(
  server: SecureServer,
  limits: HttpLimits,
  spares: (address: string) => boolean,
  figures: HttpFigures,
): void {
  const byNetwork = new Map<string, number>()
  let open = 0
  const settle = (change: 1 | -1, network: string): void => {
    open += change
    const left = (byNetwork.get(network) ?? 0) + change
    if (left === 0) byNetwork.delete(network)
    else byNetwork.set(network, left)
    // Node reads it whenever an answer has gone out.
    server.keepAliveTimeout = open > limits.connections / 2 ? limits.idleFullMs : limits.idleMs
  }
  server.on('connection', (socket: Socket) => {
    const from = plainAddress(socket.remoteAddress ?? '')
    const network = networkOf(from)
    if (!spares(from) && (byNetwork.get(network) ?? 0) >= limits.perAddress) {
      figures.overAddress++
      socket.destroy()
      return
    }
    settle(1, network)
    socket.once('close', () => settle(-1, network))
  })
  server.on('drop', () => void figures.overAll++)
  server.on('timeout', (socket: Socket) => {
    figures.idle++
    socket.destroy()
  })
}

/** A request, its header fields and its body, is here within this time or its connection ends. */
export const HTTP_REQUEST_MS = 5_000
/** At the desk: people hand in files from telephones. */
export const DESK_REQUEST_MS = 60_000
/** A connection may stay open without a request for so long; and where more than half of all are open. */
export const HTTP_IDLE_MS = 15_000
export const HTTP_IDLE_FULL_MS = 5_000
/** How often connections are looked at. */
const CHECK_MS = 1_000
export const HTTP_HEADER_BYTES_MAX = 16_384
export const HTTP_CONNECTIONS_MAX = 1_024
/** An eighth: a switch that asks about 1,000 calls a second, each answered within 100 ms, needs 100. */
export const HTTP_CONNECTIONS_PER_ADDRESS = 128
const HTTP_LIMITS: HttpLimits = {
  connections: HTTP_CONNECTIONS_MAX,
  perAddress: HTTP_CONNECTIONS_PER_ADDRESS,
  idleMs: HTTP_IDLE_MS,
  idleFullMs: HTTP_IDLE_FULL_MS,
}
