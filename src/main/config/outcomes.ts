import type { HepEndpoint, HepSenders } from '#edge/hep/receive-hep.ts'
import { formatEndpoint, isOnThisMachine } from './addresses.ts'
import type { ConfigFault } from './fault.ts'
import type { Settings } from './schema.ts'
import { SourceReader, type Sources } from './source-reader.ts'

/** Where copies of calls are taken, and from whom. Without the key where it was not to be read. */
export type OutcomesConfig = HepSenders & { readonly listen: readonly HepEndpoint[] }

/** Reads what copies of calls need. */
export function readOutcomes(
  { gate }: Settings,
  sources: Sources,
): { readonly outcomes: OutcomesConfig | undefined; readonly faults: ConfigFault[] } {
  const reader = new SourceReader(sources)
  if (gate.outcomes === undefined) return { outcomes: undefined, faults: [] }
  const { hep, from, password: source } = gate.outcomes
  const known = new Set(gate.listen.map(({ transport, ...at }) => socketOf(transport, formatEndpoint(at))))
  for (const [index, endpoint] of hep.entries()) {
    const text = `${endpoint.transport}:${formatEndpoint(endpoint)}`
    const path = ['gate', 'outcomes', 'hep', index]
    if (endpoint.port > 0 && known.has(text)) reader.fault(path, `found ${text} again, expected each address once`)
    known.add(text)
    if (from === undefined && !isOnThisMachine(endpoint))
      reader.fault(
        path,
        `found ${text}, where other machines reach it, and no gate.outcomes.from, expected the addresses that copies come from`,
      )
  }
  const path = ['gate', 'outcomes', 'password']
  const password = source === undefined ? undefined : reader.secret(path, source)?.trim()
  if (password === '') reader.fault(path, 'found an empty key, expected the key that copies carry')
  return { outcomes: { listen: hep, from: from ?? THIS_MACHINE, password }, faults: reader.faults }
}

/** TCP and TLS listen on the same ports. */
function socketOf(transport: 'udp' | 'tcp' | 'tls', endpoint: string): string {
  return `${transport === 'udp' ? 'udp' : 'tcp'}:${endpoint}`
}

const THIS_MACHINE = ['127.0.0.0/8', '::1']
