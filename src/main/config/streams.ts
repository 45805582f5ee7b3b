import { type TlsReading, readTlsIdentity } from '#edge/gate/certificate.ts'
import type { StreamLimits } from '#edge/gate/streams.ts'
import { formatListening } from './addresses.ts'
import type { GateTlsConfig, PeerConfig, TlsPaths } from './config.ts'
import type { Environment } from './environment.ts'
import type { ConfigFault } from './fault.ts'
import { besides, reasonOf, type ReadFile } from './lists.ts'
import type { Places } from './rules.ts'
import type { Settings } from './schema.ts'
import type { Path } from './source.ts'

/** What there is to read beside the settings, and whether it is to be read. */
export type StreamSources = {
  readonly file: string
  readonly readFile: ReadFile
  readonly env: Environment
  readonly places: Places
  readonly serves: boolean
}

/** Checks what the gate does over TCP and TLS, and reads its certificate where the gate is to serve. */
export function readGateTls(
  gate: Settings['gate'],
  { file, readFile, env, places, serves }: StreamSources,
): { readonly tls: GateTlsConfig | undefined; readonly faults: readonly ConfigFault[] } {
  const faults = checkStreams(gate, places)
  const { tls } = gate
  if (tls === undefined) return { tls: undefined, faults }
  const paths: TlsPaths = {
    certificate: besides(file, tls.certificate),
    key: tls.key.kind === 'file' ? { kind: 'file', path: besides(file, tls.key.path) } : tls.key,
    clients: tls.clients === undefined ? undefined : besides(file, tls.clients),
  }
  if (!serves) return { tls: { paths, identity: undefined }, faults }
  const reading = readTlsFiles(paths, readFile, env)
  if (reading.kind === 'ok') return { tls: { paths, identity: reading.identity }, faults }
  const message = `found ${reading.found}, expected ${reading.expected}`
  return { tls: undefined, faults: [...faults, { ...places.at(['gate', 'tls', reading.file]), message }] }
}

/** Reads the certificate, key and authorities of the gate as they are now. */
export function readTlsFiles(
  { certificate, key, clients }: TlsPaths,
  readFile: ReadFile,
  env: Environment,
): TlsReading {
  const texts = { certificate: '', key: '', clients: undefined as string | undefined }
  const files = { certificate, key: key.kind === 'file' ? key.path : undefined, clients }
  for (const file of ['certificate', 'key', 'clients'] as const) {
    const path = files[file]
    if (path === undefined) continue
    try {
      texts[file] = readFile(path)
    } catch (error) {
      const found = `the file ${path}, which cannot be read (${reasonOf(error)})`
      return { kind: 'refused', file, found, expected: 'one that can' }
    }
  }
  if (key.kind === 'env') texts.key = env[key.name] ?? ''
  if (texts.key === '' && key.kind === 'env')
    return { kind: 'refused', file: 'key', found: `no value in the variable ${key.name}`, expected: 'the private key' }
  return readTlsIdentity(texts, Date.now())
}

/** The limits of connections as the gate takes them. */
export function streamLimitsOf(streams: Settings['gate']['streams']): StreamLimits {
  return {
    connections: streams.connections,
    connectionsPerAddress: streams.perAddress,
    connectionsPerPeerAddress: streams.perPeerAddress,
    handshakes: streams.handshakes,
    handshakeMs: streams.handshake,
    firstByteMs: streams.firstByte,
    headMs: streams.header,
    bodyMs: streams.body,
    idleMs: streams.idle,
    stallMs: streams.stall,
    queueBytes: streams.queue,
  }
}

/** Whether a peer can only come by its certificate. */
export function comesByCertificate({ from, certificates }: PeerConfig): boolean {
  return from.length === 0 && certificates !== undefined
}

function checkStreams(gate: Settings['gate'], places: Places): ConfigFault[] {
  const faults: ConfigFault[] = []
  const tell = (path: Path, message: string): void => void faults.push({ ...places.at(path), message })
  const secure = gate.listen.findIndex(({ transport }) => transport === 'tls')
  const peers = gate.peers ?? []
  if (secure >= 0 && gate.tls === undefined) {
    const found = `found ${formatListening(gate.listen[secure]!)} and no gate.tls`
    tell(['gate', 'listen', secure], `${found}, expected tls beside listen, with certificate and key`)
  }
  if (gate.tls !== undefined && secure < 0)
    tell(['gate', 'tls'], 'found tls and no address for it, expected one in gate.listen, such as tls:127.0.0.1:5061')
  const asks = gate.tls?.clients !== undefined
  if (asks && secure >= 0 && !peers.some(({ certificate }) => certificate !== undefined))
    tell(
      ['gate', 'tls', 'clients'],
      'found authorities of peers and no peer with a certificate, expected one in gate.peers',
    )
  const owners = new Map<string, string>()
  for (const [index, { name, certificate = [] }] of peers.entries()) {
    const path: Path = ['gate', 'peers', index, 'certificate']
    if (certificate.length > 0 && !asks)
      tell(
        path,
        `found the certificate ${certificate[0]} of peer "${name}", expected gate.tls with clients, to verify it by`,
      )
    for (const one of certificate) {
      const owner = owners.get(one)
      if (owner !== undefined)
        tell(path, `found the certificate ${one} of peer "${owner}" again, expected each with one peer`)
      owners.set(one, name)
    }
  }
  return faults
}
