import { type Socket, connect, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Framer } from '#codec/sip/framing.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import type { TlsTrust } from './dial.ts'

/** A connection for one call. */
export type Line = {
  readonly local: string
  send(bytes: Uint8Array, sent?: () => void): void
  /** Each whole message; and how the connection ended, should it. */
  listen(onMessage: (bytes: Uint8Array) => void, onEnd: (why: string) => void): void
  close(): void
}

/** Connects by TCP, or by TLS where there is `trust`. Rejects with the system's error, or the reason why TLS was refused. */
export async function openLine(
  host: string,
  port: number,
  localAddress: string | undefined,
  trust: TlsTrust | undefined,
  timeoutMs: number,
): Promise<Line> {
  const where = { host, port, ...(localAddress === undefined ? {} : { localAddress }) }
  const socket = trust === undefined ? connect(where) : connectTls({ ...where, ...tlsOptions(trust) })
  const ready = trust === undefined ? 'connect' : 'secureConnect'
  try {
    await new Promise<void>((connected, failed) => {
      socket.once('error', failed)
      socket.once('close', () => failed(ended('the connection was closed before it was ready')))
      socket.setTimeout(timeoutMs, () => failed(ended('no connection in time')))
      socket.once(ready, () => connected())
    })
  } catch (error) {
    socket.on('error', () => undefined)
    socket.destroy()
    throw error
  }
  socket.removeAllListeners()
  socket.setTimeout(0)
  return lineOver(socket)
}

function lineOver(socket: Socket): Line {
  const { localAddress = '', localPort = 0 } = socket
  socket.on('error', () => undefined)
  return {
    local: localAddress.includes(':') ? `[${localAddress}]:${localPort}` : `${localAddress}:${localPort}`,
    send: (bytes, sent) => void socket.write(bytes, () => sent?.()),
    listen(onMessage, onEnd) {
      const framer = new Framer()
      let held = Buffer.alloc(0)
      socket.on('data', (bytes: Buffer) => {
        held = Buffer.concat([held, bytes])
        try {
          let start = 0
          for (;;) {
            const found = framer.next(held, start, held.length)
            if (found.kind === 'need-more') break
            if (found.kind === 'message') onMessage(held.subarray(found.start, found.end))
            start = found.end
          }
          held = held.subarray(start)
        } catch (fault) {
          if (!(fault instanceof Malformed)) throw fault
          onEnd(`what came is no SIP over a stream (${fault.message})`)
        }
      })
      socket.on('close', () => onEnd('the connection was closed without an answer'))
    },
    close: () => void socket.destroy(),
  }
}

function tlsOptions({ authorities, certificate, key, name }: TlsTrust) {
  return {
    minVersion: 'TLSv1.2' as const,
    // An address is no server name (RFC 6066 §3); the certificate is checked for it all the same.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
  }
}

function ended(message: string): Error {
  return Object.assign(new Error(message), { code: 'ECONNRESET' })
}
