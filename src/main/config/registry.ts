import type { ConfigFault } from './fault.ts'
import { besides } from './lists.ts'
import type { Settings } from './schema.ts'
import { SourceReader, type Sources } from './source-reader.ts'

/** The registry of businesses as the configuration has it; files by their paths. */
export type RegistryConfig = {
  /** Whether the feed is published. */
  readonly feed: boolean
  /** The key that signs the feed; undefined for the one beside the store. */
  readonly keyPath: string | undefined
  readonly termMs: number
  readonly proofMs: number
  readonly sources: readonly RegistrySourceConfig[]
}

export type RegistrySourceConfig = {
  readonly name: string
  readonly url: string
  readonly keysPath: string
  readonly trust: 'none' | 'note' | 'full'
  readonly everyMs: number
  readonly addresses: readonly string[]
}

/** Reads what the registry needs. */
export function readRegistry(
  settings: Settings,
  sources: Sources,
): { readonly registry: RegistryConfig; readonly faults: ConfigFault[] } {
  const reader = new SourceReader(sources)
  const { registry, desk } = settings
  if (registry.feed && desk === undefined)
    reader.fault(['registry', 'feed'], 'found true and no desk, expected a desk, which serves the feed')
  const names = new Set<string>()
  const read = registry.sources.map(({ name, url, keys, trust, every, addresses }, index) => {
    if (names.has(name))
      reader.fault(['registry', 'sources', index, 'name'], `found the name "${name}" again, expected each once`)
    names.add(name)
    return { name, url, keysPath: besides(sources.file, keys.path), trust, everyMs: every, addresses }
  })
  return {
    registry: {
      feed: registry.feed,
      keyPath: registry.key && besides(sources.file, registry.key.path),
      termMs: registry.term,
      proofMs: registry.proof,
      sources: read,
    },
    faults: reader.faults,
  }
}
