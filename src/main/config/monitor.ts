import { createPublicKey } from 'node:crypto'
import type { HepEndpoint, HepSenders } from '#edge/hep/receive-hep.ts'
import type { Webhook } from '#edge/webhook/deliver.ts'
import { type Endpoint, formatEndpoint, formatListening, isOnThisMachine } from './addresses.ts'
import type { ConfigFault } from './fault.ts'
import { readWebhooks } from './outlets.ts'
import type { Settings } from './schema.ts'
import { SourceReader, type Sources } from './source-reader.ts'

/** What the calling side watches. Without keys and tokens where they were not to be read. */
export type MonitorConfig = HepSenders & {
  readonly listen: readonly HepEndpoint[]
  /** PEM texts; undefined where no copies come over TLS. */
  readonly tls: { readonly certificate: string; readonly key: string } | undefined
  readonly carriers: readonly CarrierConfig[]
  /** Undefined where all calls that are seen are ours. */
  readonly ours: OursConfig | undefined
  readonly webhooks: MonitorWebhooks | undefined
  /** Logs with SIP messages in them that are followed. */
  readonly logs: readonly string[]
  readonly alerts: readonly string[]
  /** Webhooks that are told the same. */
  readonly notify: readonly Webhook[]
  /** Minutes behind midnight, UTC. */
  readonly digestMinute: number | undefined
  readonly keepMs: number
}

/** A carrier by the addresses and CIDR ranges that answer for it. */
export type CarrierConfig = { readonly name: string; readonly from: readonly string[] }

/** Which calls are ours: by numbers, or what these begin with, and by the addresses and CIDR ranges that place them. */
export type OursConfig = { readonly numbers: readonly string[]; readonly from: readonly string[] }

export type MonitorWebhooks = {
  readonly listen: Endpoint
  readonly public: string
  /** The key of Telnyx as SPKI, PEM. */
  readonly telnyxKey: string | undefined
  readonly twilioToken: string | undefined
  readonly recordsPassword: string | undefined
}

/** Reads the section `monitor`. */
export function readMonitor(
  { monitor, gate, api, desk, office, mail }: Settings,
  sources: Sources,
): { readonly monitor: MonitorConfig | undefined; readonly faults: ConfigFault[] } {
  const reader = new SourceReader(sources)
  if (monitor === undefined) return { monitor: undefined, faults: [] }
  const { hep, from, tls, carriers, ours, webhooks, digest } = monitor
  const taken = new Set([...gate.listen, ...(gate.outcomes?.hep ?? [])].map(socketOf))
  for (const [index, listening] of hep.entries()) {
    const path = ['monitor', 'hep', index]
    const text = formatListening(listening)
    if (listening.port > 0 && taken.has(socketOf(listening)))
      reader.fault(path, `found ${text}, where something listens already, expected each address once`)
    taken.add(socketOf(listening))
    if (listening.transport === 'tls' && tls === undefined)
      reader.fault(path, `found ${text} and no monitor.tls, expected its certificate and key`)
    if (from === undefined && !isOnThisMachine(listening))
      reader.fault(
        path,
        `found ${text}, where other machines reach it, and no monitor.from, expected the addresses that copies come from`,
      )
  }
  if (monitor.alerts.length > 0 && mail === undefined)
    reader.fault(['monitor', 'alerts'], 'found addresses and no section mail, expected the server that mail leaves by')
  if (digest !== undefined && monitor.alerts.length + monitor.notify.length === 0)
    reader.fault(['monitor', 'digest'], 'found a time and nobody to tell, expected alerts or notify')
  const names = new Set<string>()
  for (const [index, { name }] of carriers.entries()) {
    if (names.has(name))
      reader.fault(['monitor', 'carriers', index, 'name'], `found ${name} again, expected each carrier once`)
    names.add(name)
  }
  if (ours !== undefined && ours.numbers.length === 0 && ours.from === undefined)
    reader.fault(['monitor', 'ours'], 'found neither numbers nor addresses, expected what calls of yours are known by')
  const doors = [api, desk, office].flatMap((door) =>
    door === undefined ? [] : [{ ...door.listen, transport: 'tcp' as const }],
  )
  const { listen: door } = webhooks ?? {}
  if (door !== undefined && door.port > 0) {
    const all = new Set([...taken, ...doors.map(socketOf)])
    if (all.has(socketOf({ ...door, transport: 'tcp' })))
      reader.fault(
        ['monitor', 'webhooks', 'listen'],
        `found ${formatEndpoint(door)}, where something listens already, expected each address once`,
      )
  }
  if (webhooks !== undefined && [webhooks.telnyx, webhooks.twilio, webhooks.records].every((one) => one === undefined))
    reader.fault(
      ['monitor', 'webhooks'],
      'found nothing that anybody could post with, expected telnyx, twilio or records',
    )
  const password = monitor.password && reader.secret(['monitor', 'password'], monitor.password)?.trim()
  if (password === '') reader.fault(['monitor', 'password'], 'found an empty key, expected the key that copies carry')
  return {
    monitor: {
      listen: hep,
      from: from ?? THIS_MACHINE,
      password,
      tls: tls && reader.identity(['monitor', 'tls'], tls),
      carriers,
      ours: ours && { numbers: ours.numbers, from: ours.from ?? [] },
      webhooks: webhooks && {
        listen: webhooks.listen,
        public: webhooks.public,
        telnyxKey: webhooks.telnyx === undefined ? undefined : readTelnyxKey(reader, webhooks.telnyx),
        twilioToken: webhooks.twilio && reader.secret(['monitor', 'webhooks', 'twilio'], webhooks.twilio)?.trim(),
        recordsPassword:
          webhooks.records && reader.secret(['monitor', 'webhooks', 'records'], webhooks.records)?.trim(),
      },
      logs: [...new Set(monitor.logs)],
      alerts: monitor.alerts,
      notify: readWebhooks(monitor.notify, ['monitor', 'notify'], reader),
      digestMinute: digest === undefined ? undefined : Number(digest.slice(0, 2)) * 60 + Number(digest.slice(3)),
      keepMs: monitor.keep,
    },
    faults: reader.faults,
  }
}

/** Telnyx shows the 32 octets of an Ed25519 key (RFC 8032); RFC 8410 puts 12 before them. */
function readTelnyxKey(reader: SourceReader, base64: string): string | undefined {
  const octets = Buffer.from(base64, 'base64')
  if (octets.length !== ED25519_OCTETS) {
    const found = `found ${octets.length} octets in base64, expected the 32 of an Ed25519 public key`
    reader.fault(['monitor', 'webhooks', 'telnyx'], found)
    return undefined
  }
  const der = Buffer.concat([ED25519_SPKI, octets])
  return createPublicKey({ key: der, format: 'der', type: 'spki' }).export({ format: 'pem', type: 'spki' })
}

/** TCP and TLS listen on the same ports. */
function socketOf({ transport, address, port }: HepEndpoint): string {
  return `${transport === 'udp' ? 'udp' : 'tcp'} ${address} ${port}`
}

const THIS_MACHINE = ['127.0.0.0/8', '::1']
const ED25519_OCTETS = 32
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex')
