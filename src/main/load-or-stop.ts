import { existsSync, readFileSync } from 'node:fs'
import { Unrecorded } from '#core/ledger/ledger.ts'
import { StoreError, type StoreErrorCode } from '#edge/store/store-error.ts'
import { formatFault } from '#main/config/fault.ts'
import type { Config } from '#main/config/config.ts'
import { DEFAULT_PATH, loadConfig, type GivenPolicy } from '#main/config/load.ts'
import { EXIT, Stop } from './exit.ts'

/**
 * Loads the configuration that `--config` or RECOURSE_CONFIG names, else `recourse.yaml` of this folder where there is one,
 * else the defaults. Throws `Stop` with every fault, one a line.
 */
export function loadOrStop(
  named: string | undefined,
  serves = false,
): {
  config: Config
  reminders: readonly string[]
  path: string | undefined
} {
  const path = findConfig(named)
  const loaded = loadConfig({ path, env: process.env, readFile: (file) => readFileSync(file, 'utf8'), serves })
  if (loaded.kind === 'loaded') return { ...loaded, path }
  throw stopForFaults(
    'the configuration',
    loaded.faults.map((fault) => formatFault(fault)),
  )
}

/**
 * Loads the configuration with another policy than the one it names. Throws `Stop` with every fault, one a line; `where` a
 * fault stands is renamed first, and `what` has them is said above.
 */
export function loadWithPolicy(
  named: string | undefined,
  policy: GivenPolicy,
  what: string,
  where: (place: string) => string = (place) => place,
): Config {
  const path = findConfig(named)
  const loaded = loadConfig({ path, env: process.env, readFile: (file) => readFileSync(file, 'utf8'), policy })
  if (loaded.kind === 'loaded') return loaded.config
  throw stopForFaults(
    what,
    loaded.faults.map((fault) => formatFault({ ...fault, where: where(fault.where) })),
  )
}

function stopForFaults(what: string, faults: readonly string[]): Stop {
  return new Stop(
    EXIT.unusable,
    faults.length === 1 ? faults[0]! : `${faults.length} faults in ${what}:\n${faults.join('\n')}`,
  )
}

/** The configuration that a verb works with; undefined for the defaults. */
export function findConfig(named: string | undefined): string | undefined {
  return named ?? process.env['RECOURSE_CONFIG'] ?? (existsSync(DEFAULT_PATH) ? DEFAULT_PATH : undefined)
}

/** Runs what opens a store or its keys, and turns the store's refusals into the end of the command. */
export async function openOrStop<T>(open: () => T | Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (error) {
    if (error instanceof Unrecorded) throw new Stop(EXIT.outside, error.message, { cause: error })
    if (!(error instanceof StoreError)) throw error
    throw new Stop(OUTSIDE.has(error.code) ? EXIT.outside : EXIT.unusable, error.message, { cause: error })
  }
}

/** What another program, an administrator or a disk has to mend; the rest is about what was named. */
const OUTSIDE: ReadonlySet<StoreErrorCode> = new Set<StoreErrorCode>(['unwritable', 'in-use', 'failed', 'clock'])
