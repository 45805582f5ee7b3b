import { existsSync, readFileSync } from 'node:fs'
import { StoreError, type StoreErrorCode } from '#edge/store/store-error.ts'
import { formatFault } from '#main/config/fault.ts'
import type { Config } from '#main/config/config.ts'
import { DEFAULT_PATH, loadConfig } from '#main/config/load.ts'
import { EXIT, Stop } from './exit.ts'

/**
 * Loads the configuration that `--config` or RECOURSE_CONFIG names, else `recourse.yaml` of this folder where there is one,
 * else the defaults. Throws `Stop` with every fault, one a line.
 */
export function loadOrStop(named: string | undefined): {
  config: Config
  reminders: readonly string[]
  path: string | undefined
} {
  const path = named ?? process.env['RECOURSE_CONFIG'] ?? (existsSync(DEFAULT_PATH) ? DEFAULT_PATH : undefined)
  const loaded = loadConfig({ path, env: process.env, readFile: (file) => readFileSync(file, 'utf8') })
  if (loaded.kind === 'loaded') return { ...loaded, path }
  const faults = loaded.faults.map((fault) => formatFault(fault))
  throw new Stop(
    EXIT.unusable,
    faults.length === 1 ? faults[0]! : `${faults.length} faults in the configuration:\n${faults.join('\n')}`,
  )
}

/** Runs what opens a store or its keys, and turns the store's refusals into the end of the command. */
export async function openOrStop<T>(open: () => T | Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    throw new Stop(OUTSIDE.has(error.code) ? EXIT.outside : EXIT.unusable, error.message, { cause: error })
  }
}

/** What another program, an administrator or a disk has to mend; the rest is about what was named. */
const OUTSIDE: ReadonlySet<StoreErrorCode> = new Set<StoreErrorCode>(['unwritable', 'in-use', 'failed', 'clock'])
