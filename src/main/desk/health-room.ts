import { readFileSync } from 'node:fs'
import type { OverviewLedger } from '#core/overview/overview.ts'
import { type HealthFacts, judgeHealth } from '#core/overview/health.ts'
import type { Health } from '#edge/http/upkeep/ports.ts'
import { readFolderSize, readStoreSize, readStoreVersions } from '#edge/store/store-size.ts'
import type { Config } from '#main/config/config.ts'
import type { ProcessState } from './desk-messages.ts'

export type HealthTerms = {
  readonly config: () => Config
  /** What the process last said of its gates; undefined before it did. */
  readonly process: () => ProcessState | undefined
  readonly ledger: () => OverviewLedger
  readonly now: () => number
}

/** How the program is: what it said of itself a moment ago, and what the disk and the clock say. Throws StoreError. */
export function createHealth({ config, process, ledger, now }: HealthTerms): () => Health {
  const { path } = config().store
  const { schema, sqlite } = readStoreVersions(`sqlite:${path}`)
  const versions = { recourse: ownVersion(), node: globalThis.process.versions.node, sqlite }
  // Apart from where the system's clock is set: what goes on by itself from then on.
  const clockAhead = now() - performance.now()
  let sized: { readonly at: number; readonly store: Omit<Health['store'], 'schema'> } | undefined
  const storeAt = (at: number): Omit<Health['store'], 'schema'> => {
    if (sized === undefined || at - sized.at >= SIZE_EVERY_MS) {
      const evidenceBytes = readFolderSize(config().desk?.evidence ?? `${path}.evidence`)
      sized = { at, store: { path, evidenceBytes, ...readStoreSize(path) } }
    }
    return sized.store
  }
  return () => {
    const at = now()
    const state = process()
    const jumpMs = Math.round(at - performance.now() - clockAhead)
    const store = storeAt(at)
    const found = ledger()
    const facts: HealthFacts = {
      silentMs: state === undefined ? undefined : at - state.at,
      faults: state?.faults ?? [],
      alarms: state?.alarms ?? [],
      ledger: found,
      freeBytes: store.freeBytes,
      diskBytes: store.diskBytes,
      limits: state?.about.limits.hit.length ?? 0,
      clockJumpMs: jumpMs,
    }
    const { verdict, isSteady } = judgeHealth(facts)
    return {
      at: new Date(at).toISOString(),
      verdict: [...verdict],
      listening: [...(state?.listening ?? [])],
      heardAt: timeOf(state?.at),
      startedAt: timeOf(state?.about.startedAt),
      threads: state?.about.threads,
      policy: state?.about.policy,
      alarms: state?.about.alarms.map((alarm) => ({ ...alarm })) ?? [],
      limits: state?.about.limits.hit.map((limit) => ({ ...limit })) ?? [],
      limitsWatched: state?.about.limits.watched ?? 0,
      ledger: {
        state: found.state,
        words: found.words,
        entries: found.entries,
        checkedAt: timeOf(found.checkedAt),
      },
      store: { ...store, schema },
      versions,
      clock: { zone: Intl.DateTimeFormat().resolvedOptions().timeZone, isSteady, jumpMs },
    }
  }
}

function ownVersion(): string {
  const file = new URL('../../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

function timeOf(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString()
}

const SIZE_EVERY_MS = 5_000
