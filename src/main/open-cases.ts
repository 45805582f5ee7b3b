import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { openPolicyReader } from '#edge/store/policy-store.ts'
import { openReceiptKeys } from '#edge/store/receipt-keys.ts'
import { openRegistryStore } from '#edge/store/registry-store.ts'
import { parseStoreUrl } from '#edge/store/schema.ts'
import type { Config } from '#main/config/config.ts'
import type { OpenCases } from './case.ts'
import { openDeskRoom } from '#main/desk/desk-room.ts'
import { lookUpHolders } from '#main/desk/holders.ts'
import { loadOrStop, loadWithPolicy, openOrStop } from './load-or-stop.ts'
import { say } from './say.ts'

/**
 * Opens the cases of a store that is there, beside a gate that may be running on it. Goes by the policy that is in force in
 * that store. Throws `Stop`.
 */
export const openCases: OpenCases = async (words) => {
  const { config } = loadOrStop(words.config)
  return openOrStop(() => {
    const path = words.store === undefined ? config.store.path : parseStoreUrl(words.store)
    const judged = withPolicyInForce(config, words.config, path)
    const receipts = readKeyring(config)
    const registry = openRegistryStore(`sqlite:${path}`)
    const now = (): number => Date.now()
    try {
      const room = openDeskRoom({
        config: () => judged,
        receipts: () => receipts,
        holders: lookUpHolders(registry, now),
        now,
        alarm: (cause) => say(`the store: ${cause instanceof Error ? cause.message : String(cause)}`),
        store: path,
      })
      const close = (): void => {
        room.close()
        registry.close()
      }
      const rebuild = (): number => room.store.rebuildViews()
      return { office: room.office, operator: config.operator.name, rebuild, close }
    } catch (cause) {
      registry.close()
      throw cause
    }
  })
}

/** A reader first: a mistyped name must not become a store. */
function withPolicyInForce(config: Config, named: string | undefined, path: string): Config {
  const reader = openPolicyReader(`sqlite:${path}`)
  try {
    const version = reader.inForce()?.version
    const text = version === undefined ? undefined : reader.text(version)
    if (text === undefined) return config
    return loadWithPolicy(named, { name: `policy ${version}`, text }, `policy ${version}`)
  } finally {
    reader.close()
  }
}

/** The keys of receipts as they are: a command makes, replaces and deletes none. */
function readKeyring({ receipts }: Config) {
  const { keys } = receipts
  if (keys.kind !== 'file' || !existsSync(keys.path))
    return { keys: new Map([[0, new Uint8Array(randomBytes(32))]]), currentSlot: 0 }
  const forever = Number.POSITIVE_INFINITY
  return openReceiptKeys(keys.path, { nowMs: Date.now(), keepMs: forever, rotateMs: forever })
}
