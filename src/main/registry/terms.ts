import type { RegistryTerms } from '#core/registry/registry-change.ts'
import { readFileSync } from 'node:fs'
import { readFeedKeys } from '#edge/store/feed-signature.ts'
import type { Config } from '#main/config/config.ts'
import type { FeedSource } from './sources.ts'

/** By what the registry of a configuration reckons. */
export function registryTermsOf({ operator, desk, registry }: Config): RegistryTerms {
  return {
    public: desk?.public ?? 'https://localhost',
    operator: operator.name,
    termMs: registry.termMs,
    proofMs: registry.proofMs,
    confirmWithinMs: CONFIRM_WITHIN_MS,
  }
}

/** Keys of a source that cannot be used: the message says which, and why. */
export class UnusableKeys extends Error {
  override readonly name = 'UnusableKeys'
}

/** The sources of a configuration with their pinned keys. Rejects with `UnusableKeys` for keys that are none. */
export async function readSources({ registry }: Config): Promise<FeedSource[]> {
  return Promise.all(
    registry.sources.map(async ({ name, url, keysPath, trust, everyMs, addresses }) => {
      try {
        const keys = await readFeedKeys(readFileSync(keysPath, 'utf8'))
        return { name, url, keys, trust, everyMs, addresses }
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause)
        throw new UnusableKeys(`${keysPath}: the keys of the source ${name} cannot be used (${why})`, { cause })
      }
    }),
  )
}

/** How long the link of the first message can be followed. */
const CONFIRM_WITHIN_MS = 48 * 3_600_000
