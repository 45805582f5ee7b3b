import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { BlockEntry } from '#core/ledger/entry.ts'
import type {
  Erasure,
  JournalNote,
  Ledger,
  LedgerFigures,
  RecentBlock,
  Recorded,
  ReleaseCause,
  Selection,
} from '#core/ledger/ledger.ts'
import type { AuditEntry } from './audit.ts'
import { LedgerClient } from './ledger-client.ts'
import { openLedgerReader } from './ledger-reader.ts'
import type { Order, Report, ThreadState, ThreadTerms } from './ledger-thread.ts'
import { parseStoreUrl, type Durability } from './schema.ts'
import { StoreError } from './store-error.ts'

export type LedgerOptions = {
  /** The chain this process writes, `gate` if not said; one process per chain. */
  readonly chain?: string
  /** The file of the key that signs checkpoints; beside the store if not said, made at first use. */
  readonly checkpointKey?: string
  /** Where each checkpoint is appended as a line of JSON, best on another machine; only the store keeps it if not said. */
  readonly checkpointFile?: string
  /** How often a checkpoint is signed while entries arrive; a minute if not said. */
  readonly checkpointEveryMs?: number
  /** How long the journal keeps a row; 28 days if not said. */
  readonly journalKeepMs?: number
  /**
   * Up to which size an erasure also writes the database anew, so that no octet of what was erased is left in it; 256 MiB
   * if not said. Recording waits meanwhile: a clerk's process, at a quiet hour, may say Infinity.
   */
  readonly scrubOctetsMax?: number
  /** An erasure by age need not ask whether the clock can be right: for a person who names the day. */
  readonly trustClock?: boolean
  /** For tests that must fail with it: `off` gives up syncing to the disk. */
  readonly durability?: Durability
  /** For tests that must fail with it: `before-commit` tells of rows that are not there yet. */
  readonly acknowledge?: 'after-commit' | 'before-commit'
}

/** A ledger whose writer other threads of this process may hand in to as well. */
export type SharedLedger = Ledger & {
  /** Adds a line to the audit trail. */
  noteAudit(entry: AuditEntry): Promise<void>
  /** Gives a port to the writer now, and a new one each time the writer has to start anew; until `revoke`. */
  lend(give: (port: MessagePort) => void): { revoke(): void }
}

/**
 * Opens the ledger of a store URL for writing, making the store if there is none.
 *
 * Writing happens in a thread of its own: no call to the ledger ever waits for a disk. Throws StoreError when the store
 * cannot be used or another process writes the same chain.
 */
export async function openLedger(url: string, options: LedgerOptions = {}): Promise<SharedLedger> {
  const path = parseStoreUrl(url)
  const acknowledged = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT)
  new Float64Array(acknowledged)[0] = Number.NaN
  const terms: ThreadTerms = {
    path,
    chain: options.chain ?? 'gate',
    durability: options.durability ?? 'full',
    checkpointKey: options.checkpointKey ?? checkpointKeyBeside(path),
    checkpointFile: options.checkpointFile,
    acknowledged,
    acknowledge: options.acknowledge ?? 'after-commit',
    journalKeepMs: options.journalKeepMs ?? JOURNAL_KEEP_MS,
    checkpointEveryMs: options.checkpointEveryMs ?? CHECKPOINT_EVERY_MS,
    scrubOctetsMax: options.scrubOctetsMax ?? SCRUB_OCTETS_MAX,
    trustClock: options.trustClock ?? false,
  }
  const ledger = new SqliteLedger(url, terms)
  await ledger.opened
  return ledger
}

/** Where the key that signs checkpoints lies when nobody says. */
export function checkpointKeyBeside(path: string): string {
  return `${path}.checkpoint-key.pem`
}

class SqliteLedger implements SharedLedger {
  readonly opened: Promise<void>
  readonly #url: string
  readonly #terms: ThreadTerms
  readonly #client: LedgerClient
  readonly #borrowers = new Set<(port: MessagePort) => void>()
  #thread: Worker | undefined
  #restartTimer: NodeJS.Timeout | undefined
  #closing: Promise<void> | undefined
  #state: ThreadState = { checkpoints: 0, reopened: 0, lost: 0, failure: undefined }
  /** Of threads that have ended. */
  #past = { checkpoints: 0, reopened: 0, lost: 0 }

  constructor(url: string, terms: ThreadTerms) {
    this.#url = url
    this.#terms = terms
    this.#client = new LedgerClient(terms.chain)
    this.opened = this.#start()
  }

  record(block: BlockEntry): Promise<Recorded> {
    return this.#client.record(block)
  }

  release(block: Recorded, atMs: number, cause: ReleaseCause): Promise<void> {
    return this.#client.release(block, atMs, cause)
  }

  note(call: JournalNote): void {
    this.#client.note(call)
  }

  recentBlocks(sinceMs: number): Promise<RecentBlock[]> {
    return Promise.resolve().then(() => {
      const reader = openLedgerReader(this.#url)
      try {
        return reader.recentBlocks(sinceMs)
      } finally {
        reader.close()
      }
    })
  }

  async noteAudit(entry: AuditEntry): Promise<void> {
    await this.#client.ask({ kind: 'audit', entry })
  }

  async ruleNumbers(ids: readonly string[], atMs: number): Promise<Map<string, number>> {
    return (await this.#client.ask({ kind: 'rules', ids, atMs })) as Map<string, number>
  }

  async secret(name: string): Promise<Uint8Array> {
    return (await this.#client.ask({ kind: 'secret', name })) as Uint8Array
  }

  async erase(selection: Selection, atMs: number): Promise<Erasure> {
    return (await this.#client.ask({ kind: 'erase', selection, atMs })) as Erasure
  }

  lend(give: (port: MessagePort) => void): { revoke(): void } {
    this.#borrowers.add(give)
    this.#join(give)
    return { revoke: () => void this.#borrowers.delete(give) }
  }

  figures(): LedgerFigures {
    const { checkpoints, reopened, lost } = this.#past
    return {
      ...this.#client.figures(),
      checkpoints: checkpoints + this.#state.checkpoints,
      reopened: reopened + this.#state.reopened,
      lost: lost + this.#state.lost,
      failure: this.#state.failure,
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  async #finish(): Promise<void> {
    clearTimeout(this.#restartTimer)
    const thread = this.#thread
    if (thread === undefined) return
    const ended = new Promise((resolve) => thread.once('exit', resolve))
    const answered = this.#client.ask({ kind: 'close' })
    this.#client.retire({ code: 'closed', detail: this.#terms.path })
    await answered
    await ended
  }

  #start(): Promise<void> {
    // The thread's own file has the ending this one has: .ts as written, .js as built.
    const file = new URL(import.meta.url.endsWith('.ts') ? './ledger-thread.ts' : './ledger-thread.js', import.meta.url)
    const thread = new Worker(file, { workerData: this.#terms })
    return new Promise((resolve, reject) => {
      thread.on('message', (report: Report) => {
        if (this.#client.hear(report)) return
        if (report.kind === 'opened') {
          this.#thread = thread
          this.#client.attach({ send: (order) => thread.postMessage(order, []) })
          for (const give of this.#borrowers) this.#join(give)
          resolve()
        } else if (report.kind === 'unopened') {
          this.#fail(report.message)
          reject(new StoreError(report.code, report.message))
        } else if (report.kind === 'state') this.#state = report.state
      })
      thread.on('error', (cause) => {
        this.#fail(String(cause))
        reject(cause instanceof Error ? cause : new Error(String(cause)))
      })
      thread.on('exit', () => {
        if (this.#thread === thread) this.#fell()
      })
    })
  }

  #join(give: (port: MessagePort) => void): void {
    if (this.#thread === undefined) return
    const { port1, port2 } = new MessageChannel()
    this.#thread.postMessage({ kind: 'join', port: port1 } satisfies Order, [port1])
    give(port2)
  }

  #fail(failure: string): void {
    this.#state = { ...this.#state, failure }
    if (this.#thread === undefined) this.#client.detach({ code: 'failed', detail: failure })
  }

  /** The thread has ended: refuses all it had not answered, and unless it was told to, starts another. */
  #fell(): void {
    this.#thread = undefined
    const { checkpoints, reopened, lost, failure } = this.#state
    this.#past.checkpoints += checkpoints
    this.#past.reopened += reopened
    this.#past.lost += lost
    this.#state = { checkpoints: 0, reopened: 0, lost: 0, failure }
    if (this.#closing !== undefined) return this.#client.detach({ code: 'closed', detail: this.#terms.path })
    this.#client.detach({ code: 'failed', detail: 'the writer ended' })
    this.#restart()
  }

  #restart(): void {
    this.#restartTimer = setTimeout(() => {
      this.#start().then(
        () => this.#past.reopened++,
        () => this.#restart(),
      )
    }, RESTART_MS)
  }
}

const DAY_MS = 86_400_000
const JOURNAL_KEEP_MS = 28 * DAY_MS
const CHECKPOINT_EVERY_MS = 60_000
const SCRUB_OCTETS_MAX = 256 * 2 ** 20
const RESTART_MS = 250
