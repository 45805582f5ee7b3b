import { createServer } from 'node:http'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { ConnectionEnv } from './connection.ts'

/** Where to listen, and by which certificate; without one in clear text, for this machine or behind a proxy. */
export type HttpListen = {
  readonly address: string
  readonly port: number
  /** PEM, the certificate first. */
  readonly tls: TlsFiles | undefined
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
export async function serveHttp(answer: Fetch, { address, port, tls }: HttpListen): Promise<HttpServer> {
  const limits = {
    headersTimeout: HTTP_REQUEST_MS,
    requestTimeout: HTTP_REQUEST_MS,
    keepAliveTimeout: IDLE_MS,
    connectionsCheckingInterval: CHECK_MS,
    maxHeaderSize: HTTP_HEADER_BYTES_MAX,
  }
  const fetch = (request: Request, bindings: unknown) => answer(request, bindings as ConnectionEnv['Bindings'])
  const server =
    tls === undefined
      ? createAdaptorServer({ fetch, createServer, serverOptions: limits })
      : createAdaptorServer({
          fetch,
          createServer: createSecureServer,
          serverOptions: { ...limits, minVersion: 'TLSv1.2', cert: tls.certificate, key: tls.key },
        })
  const plain = server as SecureServer
  plain.maxConnections = HTTP_CONNECTIONS_MAX
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

/** A request, its header fields and its body, is here within this time or its connection ends. */
export const HTTP_REQUEST_MS = 5_000
/** A connection may stay open without a request for so long. */
const IDLE_MS = 60_000
/** How often connections are looked at. */
const CHECK_MS = 1_000
export const HTTP_HEADER_BYTES_MAX = 16_384
export const HTTP_CONNECTIONS_MAX = 1_024
