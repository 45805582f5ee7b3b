import type { Endpoint } from './addresses.ts'
import type { ConfigFault } from './fault.ts'
import type { Settings } from './schema.ts'
import { SourceReader, type Sources } from './source-reader.ts'

/** What people inside may do on the calling side. */
export type CallingConfig = {
  readonly disputes: {
    readonly reach: ReadonlyMap<string, Endpoint>
    readonly isPrivateAllowed: boolean
    /** PEM text; undefined where the system's authorities are trusted. */
    readonly authorities: string | undefined
  }
  readonly probes: { readonly to: readonly string[] }
}

/** Reads the section `calling`. */
export function readCalling(
  { calling }: Settings,
  sources: Sources,
): { readonly calling: CallingConfig; readonly faults: ConfigFault[] } {
  const reader = new SourceReader(sources)
  const { disputes, probes } = calling
  const reach = new Map<string, Endpoint>()
  for (const [index, { host, at }] of disputes.reach.entries()) {
    if (reach.has(host))
      reader.fault(['calling', 'disputes', 'reach', index, 'host'], `found ${host} again, expected each host once`)
    reach.set(host, at)
  }
  const { authorities: path } = disputes
  const authorities = path === undefined ? undefined : reader.text(['calling', 'disputes', 'authorities'], path)
  if (authorities !== undefined && !authorities.includes('-----BEGIN CERTIFICATE-----'))
    reader.fault(['calling', 'disputes', 'authorities'], 'found no certificate, expected PEM')
  return {
    calling: {
      disputes: { reach, isPrivateAllowed: disputes.private, authorities },
      probes: { to: probes.to ?? [] },
    },
    faults: reader.faults,
  }
}
