import { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import type { DeletedLists } from '#edge/store/old-lists.ts'
import { openReceiptKeys } from '#edge/store/receipt-keys.ts'
import type { SharedLedger } from '#edge/store/sqlite-ledger.ts'
import { gateActor } from './actor.ts'
import type { Config } from '#main/config/config.ts'
import { erasedEntry } from './erased-entry.ts'
import { EXIT, Stop } from './exit.ts'
import type { GateTerms } from './gate-terms.ts'
import type { Gates } from './gates.ts'
import type { OldListsTask } from './old-lists-thread.ts'
import { say } from './say.ts'

/** Does from now on what has to happen once a day; the first time at once. */
export function startChores(
  config: Config,
  ledger: SharedLedger,
  gates: Gates,
  log: Logger,
  keepListsMs: () => number,
): { stop(): void } {
  const renewKeys = async (): Promise<void> => {
    const before = gates.terms.receipts
    const receipts = readKeys(config)
    gates.adopt({ ...gates.terms, receipts })
    const changed = changedKeys(before, receipts)
    if (changed !== undefined) await ledger.noteAudit({ at: Date.now(), by: gateActor(), ...changed })
  }
  const chores = setInterval(() => void doChores(config, ledger, log, keepListsMs, renewKeys), CHORES_MS)
  void doChores(config, ledger, log, keepListsMs)
  return { stop: () => clearInterval(chores) }
}

/** Reads the ring of receipt keys, making and deleting keys as their time has come. */
export function readKeys(config: Config): GateTerms['receipts'] {
  const { keys, keepMs, rotateMs } = config.receipts
  if (keys.kind !== 'file')
    throw new Stop(EXIT.unusable, 'receipts.keys must be a folder (file:receipt-keys): the keys change by themselves')
  const ring = openReceiptKeys(keys.path, { nowMs: Date.now(), keepMs, rotateMs })
  if (ring.held !== undefined) say(`warning: ${ring.held}`)
  return { keys: ring.keys, currentSlot: ring.currentSlot }
}

/** What the audit trail says of a ring that is not what it was: slots, never keys. */
function changedKeys(before: GateTerms['receipts'], after: GateTerms['receipts']) {
  const came = [...after.keys.keys()].filter((slot) => !before.keys.has(slot))
  const went = [...before.keys.keys()].filter((slot) => !after.keys.has(slot))
  if (came.length === 0 && went.length === 0 && before.currentSlot === after.currentSlot) return undefined
  const detail = { came, went, inUse: after.currentSlot }
  return { action: 'receipt-keys-changed', subject: 'receipt keys', detail } as const
}

/** What has to happen now and then: keys that come and go (just read at start), personal data whose time is up. */
async function doChores(
  config: Config,
  ledger: SharedLedger,
  log: Logger,
  keepListsMs: () => number,
  renewKeys?: () => Promise<void>,
): Promise<void> {
  try {
    await renewKeys?.()
    const nowMs = Date.now()
    const selection = { by: 'age', beforeMs: nowMs - config.ledger.keepMs } as const
    const erasure = await ledger.erase(selection, nowMs)
    if (erasure.blocks > 0) {
      await ledger.noteAudit(erasedEntry(selection, erasure, gateActor()))
      log.info({ blocks: erasure.blocks }, 'erased personal data past its time')
    }
    // Only after that: an erasure by age refuses a clock that cannot be right.
    const url = `sqlite:${config.store.path}`
    const old = await deleteBeside({ url, beforeMs: nowMs - keepListsMs(), nowMs })
    if (old.texts > 0) log.info(old, 'deleted texts of lists past their time')
  } catch (error) {
    log.error(
      { error: error instanceof Error ? error.message : String(error) },
      'keys could not be renewed, or old data or lists not deleted',
    )
  }
}

/** In a thread of its own. */
async function deleteBeside(task: OldListsTask): Promise<DeletedLists> {
  // The thread's own file has the ending this one has: .ts as written, .js as built.
  const file = new URL(
    import.meta.url.endsWith('.ts') ? './old-lists-thread.ts' : './old-lists-thread.js',
    import.meta.url,
  )
  const thread = new Worker(file, { workerData: task })
  thread.unref()
  const { promise, resolve, reject } = Promise.withResolvers<DeletedLists>()
  thread.on('message', resolve)
  thread.on('error', reject)
  thread.on('exit', () => reject(new Error('the thread that deletes old lists ended without an answer')))
  return promise
}

/** A day: the age of keys and of personal data is counted in days. */
const CHORES_MS = 24 * 3_600_000
