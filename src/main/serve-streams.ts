import { readFileSync, statSync } from 'node:fs'
import { type Expiry, expiryOf } from '#edge/gate/certificate.ts'
import { Peers } from '#edge/gate/peers.ts'
import { Streams } from '#edge/gate/streams.ts'
import { type StreamParts, type StreamTransport, listenTcp } from '#edge/gate/tcp.ts'
import type { Receive } from '#edge/gate/udp.ts'
import { type TlsTransport, listenTls } from '#edge/gate/tls.ts'
import { type Listening, formatListening } from '#main/config/addresses.ts'
import type { Config, GateTlsConfig, TlsPaths } from '#main/config/config.ts'
import { readTlsFiles } from '#main/config/streams.ts'
import type { GateTerms } from './gate-terms.ts'
import { type Heard, TCP } from './hep-tap.ts'

/** What connections reach of the rest. */
export type StreamSurroundings = {
  /** The gate of this thread, which judges as all of them do. */
  readonly receiver: (heard: Heard) => Receive
  /** What gates judge by, as it is now: whose connections are heard is asked of it. */
  readonly terms: () => Pick<GateTerms, 'peers' | 'contract'>
  /** The certificate has expired. Told again and again while that is so. */
  readonly alarm: (kind: 'certificate', cause: unknown) => void
  /** What somebody should read: a certificate that was changed, that cannot be, or that soon ends. */
  readonly tell: (level: 'info' | 'warn', message: string) => void
}

/** The endpoints over TCP and TLS that are open. */
export type OpenStreams = {
  readonly streams: Streams
  /** What is listened on, each as it stands in `gate.listen`, with the port that it got. */
  readonly local: readonly string[]
  /** When the certificate ends, in ms since 1970; undefined without TLS. */
  readonly expiresMs: () => number | undefined
  /**
   * Limits and certificate of another configuration, for what begins from now on; connections that are open stay so. Where it
   * listens stays.
   */
  adopt(config: Config): void
  close(): Promise<void>
}

/** An endpoint that could not be listened on, and the system's error. */
export class NoStream extends Error {
  readonly endpoint: Listening

  constructor(endpoint: Listening, cause: unknown) {
    super(`cannot listen on ${formatListening(endpoint)}`, { cause })
    this.name = 'NoStream'
    this.endpoint = endpoint
  }
}

/** Opens the TCP and TLS addresses of the configuration, and watches over the certificate. Rejects with `NoStream`. */
export async function openStreams(config: Config, around: StreamSurroundings): Promise<OpenStreams> {
  const { gate } = config
  const streams = new Streams(gate.streams)
  const shared: Omit<StreamParts, 'receive'> = {
    streams,
    isPeer: peerFinder(() => around.terms().peers),
    hearsStrangers: () => around.terms().contract.answersStrangers,
  }
  const open: StreamTransport[] = []
  const secure: TlsTransport[] = []
  const close = async (): Promise<void> => void (await Promise.all(open.map((transport) => transport.close())))
  for (const endpoint of gate.listen) {
    if (endpoint.transport === 'udp') continue
    const { address, port } = endpoint
    const parts: StreamParts = { ...shared, receive: around.receiver({ address, port, protocol: TCP }) }
    try {
      if (endpoint.transport === 'tcp') open.push(await listenTcp(endpoint.address, endpoint.port, parts))
      else {
        const transport = await listenTls(endpoint.address, endpoint.port, identityOf(gate.tls), parts)
        open.push(transport)
        secure.push(transport)
      }
    } catch (error) {
      await close()
      throw new NoStream(endpoint, error)
    }
  }
  const watch = watchCertificate(secure, gate.tls, around)
  return {
    streams,
    local: open.map(({ kind, local }) => `${kind}:${local}`),
    expiresMs: () => secure[0]?.expiresMs,
    adopt(next) {
      streams.adopt(next.gate.streams)
      watch.adopt(next.gate.tls)
    },
    async close() {
      watch.stop()
      await close()
    },
  }
}

/** Tells peers from strangers by whatever peers there are now. */
function peerFinder(peersNow: () => GateTerms['peers']): StreamParts['isPeer'] {
  let known = peersNow()
  let peers = new Peers(known)
  return (address, names) => {
    const now = peersNow()
    if (now !== known) {
      known = now
      peers = new Peers(now)
    }
    return peers.find(address, names) !== undefined
  }
}

/** Reads the certificate anew when one of its files has changed, and says so when its end is near. */
function watchCertificate(
  secure: readonly TlsTransport[],
  tls: GateTlsConfig | undefined,
  { alarm, tell }: StreamSurroundings,
): { adopt: (next: GateTlsConfig | undefined) => void; stop: () => void } {
  let paths = tls?.paths
  let seen = paths && timesOf(paths)
  let said: Expiry | undefined
  const reread = (): void => {
    if (paths === undefined) return
    const times = timesOf(paths)
    if (times === seen) return
    seen = times
    const reading = readTlsFiles(paths, (path) => readFileSync(path, 'utf8'), process.env)
    if (reading.kind === 'ok') {
      for (const transport of secure) transport.reload(reading.identity)
      tell('info', `the certificate of gate.tls was read again: it ends on ${dateOf(reading.identity.expiresMs)}`)
    } else {
      const what = `gate.tls.${reading.file} has changed: found ${reading.found}, expected ${reading.expected}`
      tell('warn', `${what}; the certificate that was read before stays in force`)
    }
  }
  const look = (): void => {
    const [first] = secure
    if (first === undefined) return
    const expiry = expiryOf(first.expiresMs, Date.now())
    if (expiry === 'expired') alarm('certificate', undefined)
    if (expiry !== undefined && expiry !== said) tell('warn', expiryWords(expiry, first.expiresMs))
    said = expiry
  }
  look()
  const timer = setInterval(() => {
    reread()
    look()
  }, CERTIFICATE_WATCH_MS)
  timer.unref()
  return {
    adopt(next) {
      paths = next?.paths
      seen = paths && timesOf(paths)
      if (next?.identity === undefined) return
      for (const transport of secure) transport.reload(next.identity)
      look()
    },
    stop: () => clearInterval(timer),
  }
}

function expiryWords(expiry: Expiry, expiresMs: number): string {
  const date = dateOf(expiresMs)
  if (expiry === 'expired') return `the certificate of gate.tls has expired on ${date}: peers cannot connect by TLS`
  return `the certificate of gate.tls ends within ${expiry}, on ${date}: put a new one in its place`
}

/** When each file was last changed; a file that is not there, or cannot be looked at, has no time. */
function timesOf({ certificate, key, clients }: TlsPaths): string {
  const files = [certificate, key.kind === 'file' ? key.path : undefined, clients]
  const times = files.map((file) => {
    if (file === undefined) return ''
    try {
      const { ino, mtimeMs, size } = statSync(file)
      return `${ino} ${mtimeMs} ${size}`
    } catch {
      return ''
    }
  })
  return times.join('\n')
}

function identityOf(tls: GateTlsConfig | undefined) {
  if (tls?.identity === undefined) throw new Error('a configuration with a tls: address has a certificate')
  return tls.identity
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString()
}

/** How often the files of the certificate are looked at. */
const CERTIFICATE_WATCH_MS = 10_000
