import { Worker } from 'node:worker_threads'
import type { BlockEntry } from '#core/ledger/entry.ts'
import {
  Unrecorded,
  type Erasure,
  type JournalRow,
  type Ledger,
  type LedgerFigures,
  type RecentBlock,
  type Recorded,
  type ReleaseCause,
  type Selection,
  type UnrecordedCode,
} from '#core/ledger/ledger.ts'
import type { Repeat } from './chain-writer.ts'
import type { Order, Question, Report, ThreadState, ThreadTerms } from './ledger-thread.ts'
import { openLedgerReader } from './ledger-reader.ts'
import { packBlock, packJournal, type Packed } from './packed.ts'
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

/**
 * Opens the ledger of a store URL for writing, making the store if there is none.
 *
 * Writing happens in a thread of its own: no call to the ledger ever waits for a disk. Throws StoreError when the store
 * cannot be used or another process writes the same chain.
 */
export async function openLedger(url: string, options: LedgerOptions = {}): Promise<Ledger> {
  const path = parseStoreUrl(url)
  const terms: ThreadTerms = {
    path,
    chain: options.chain ?? 'gate',
    durability: options.durability ?? 'full',
    checkpointKey: options.checkpointKey ?? checkpointKeyBeside(path),
    checkpointFile: options.checkpointFile,
    acknowledged: undefined,
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

type Waiting = {
  readonly resolve: (recorded: Recorded) => void
  readonly reject: (cause: Unrecorded) => void
  readonly transaction: string
  readonly receipt: string
}

type Asking = { readonly resolve: (value: unknown) => void; readonly reject: (cause: Error) => void }

class SqliteLedger implements Ledger {
  readonly opened: Promise<void>
  readonly #url: string
  readonly #terms: ThreadTerms
  #thread: Worker | undefined
  #blocks: Packed = []
  #journal: Packed = []
  /** In the order handed in, which is the order the thread answers in. */
  #waiting: Waiting[] = []
  #answered = 0
  readonly #asking = new Map<number, Asking>()
  #asked = 0
  #acknowledged: number | undefined
  #flushing = false
  #journalTimer: NodeJS.Timeout | undefined
  #restartTimer: NodeJS.Timeout | undefined
  #closing: Promise<void> | undefined
  #journalQueued = 0
  readonly #count = { committed: 0, failed: 0, repeated: 0, released: 0, commits: 0, journalled: 0, journalDrops: 0 }
  #state: ThreadState = { checkpoints: 0, reopened: 0, lost: 0, failure: undefined }
  /** Of threads that have ended. */
  #past = { checkpoints: 0, reopened: 0, lost: 0 }

  constructor(url: string, terms: ThreadTerms) {
    this.#url = url
    this.#terms = terms
    this.opened = this.#start()
  }

  record(block: BlockEntry): Promise<Recorded> {
    const refusal = this.#refusal()
    if (refusal !== undefined) {
      this.#count.failed++
      return Promise.reject(refusal)
    }
    return new Promise((resolve, reject) => {
      packBlock(block, this.#blocks)
      this.#waiting.push({ resolve, reject, transaction: block.transaction, receipt: block.personal.receipt })
      this.#flushSoon()
    })
  }

  async release(block: Recorded, atMs: number, cause: ReleaseCause): Promise<void> {
    await this.#ask({ kind: 'release', block, atMs, cause })
    this.#count.released++
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

  async policyVersion(content: string, atMs: number): Promise<number> {
    return (await this.#ask({ kind: 'policy', content, atMs })) as number
  }

  async ruleNumbers(ids: readonly string[], atMs: number): Promise<Map<string, number>> {
    return (await this.#ask({ kind: 'rules', ids, atMs })) as Map<string, number>
  }

  async secret(name: string): Promise<Uint8Array> {
    return (await this.#ask({ kind: 'secret', name })) as Uint8Array
  }

  async erase(selection: Selection, atMs: number): Promise<Erasure> {
    return (await this.#ask({ kind: 'erase', selection, atMs })) as Erasure
  }

  note(call: JournalRow): void {
    if (this.#journalQueued >= JOURNAL_QUEUE_MAX || this.#thread === undefined || this.#closing !== undefined) {
      this.#count.journalDrops++
      return
    }
    this.#journalQueued++
    packJournal(call, this.#journal)
    this.#journalTimer ??= setTimeout(() => this.#flushJournal(), JOURNAL_FLUSH_MS)
  }

  figures(): LedgerFigures {
    const { checkpoints, reopened, lost } = this.#past
    return {
      queued: this.#waiting.length - this.#answered,
      ...this.#count,
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
    await this.#post({ kind: 'close' })
    await ended
  }

  #refusal(): Unrecorded | undefined {
    if (this.#closing !== undefined) return new Unrecorded('closed', this.#terms.path)
    if (this.#thread === undefined)
      return new Unrecorded('failed', this.#state.failure ?? 'the writer is starting again')
    const queued = this.#waiting.length - this.#answered
    return queued < QUEUE_MAX ? undefined : new Unrecorded('overloaded', `${queued} wait`)
  }

  /** At the end of this turn of the event loop, so that all blocks of the turn travel together. */
  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#flushing = false
    if (this.#blocks.length === 0) return
    this.#send({ kind: 'blocks', values: this.#blocks })
    this.#blocks = []
  }

  #flushJournal(): void {
    clearTimeout(this.#journalTimer)
    this.#journalTimer = undefined
    if (this.#journal.length === 0) return
    this.#send({ kind: 'journal', values: this.#journal })
    this.#journal = []
  }

  #send(order: Order): void {
    this.#thread?.postMessage(order)
  }

  #ask(question: Question): Promise<unknown> {
    if (this.#closing !== undefined || this.#thread === undefined) {
      return Promise.reject(this.#refusal() ?? new Unrecorded('closed', this.#terms.path))
    }
    return this.#post(question)
  }

  #post(question: Question): Promise<unknown> {
    // What was handed in before the question is part of what it is about.
    this.#flush()
    this.#flushJournal()
    return new Promise((resolve, reject) => {
      const id = ++this.#asked
      this.#asking.set(id, { resolve, reject })
      this.#send({ kind: 'ask', id, question })
    })
  }

  #start(): Promise<void> {
    // The thread's own file has the ending this one has: .ts as written, .js as built.
    const file = new URL(import.meta.url.endsWith('.ts') ? './ledger-thread.ts' : './ledger-thread.js', import.meta.url)
    const thread = new Worker(file, { workerData: { ...this.#terms, acknowledged: this.#acknowledged } })
    return new Promise((resolve, reject) => {
      thread.on('message', (report: Report) => {
        if (report.kind === 'opened') {
          this.#thread = thread
          // Whatever the thread before did not get to tell has been settled by this one.
          this.#acknowledged = report.seq
          resolve()
        } else if (report.kind === 'unopened') {
          this.#state = { ...this.#state, failure: report.message }
          reject(new StoreError(report.code, report.message))
        } else {
          this.#hear(report)
        }
      })
      thread.on('error', (cause) => {
        this.#state = { ...this.#state, failure: String(cause) }
        reject(cause instanceof Error ? cause : new Error(String(cause)))
      })
      thread.on('exit', () => {
        if (this.#thread === thread) this.#fell()
      })
    })
  }

  /** The thread has ended: refuses all it had not answered, and unless it was told to, starts another. */
  #fell(): void {
    this.#thread = undefined
    const { checkpoints, reopened, lost, failure } = this.#state
    this.#past.checkpoints += checkpoints
    this.#past.reopened += reopened
    this.#past.lost += lost
    this.#state = { checkpoints: 0, reopened: 0, lost: 0, failure }
    this.#settle(this.#waiting.length - this.#answered, 'failed', 'the writer ended')
    for (const { reject } of this.#asking.values()) reject(new Unrecorded('failed', 'the writer ended'))
    this.#asking.clear()
    this.#blocks = []
    this.#journal = []
    this.#count.journalDrops += this.#journalQueued
    this.#journalQueued = 0
    if (this.#closing === undefined) this.#restart()
  }

  #restart(): void {
    this.#restartTimer = setTimeout(() => {
      this.#start().then(
        () => this.#past.reopened++,
        () => this.#restart(),
      )
    }, RESTART_MS)
  }

  #hear(report: Exclude<Report, { kind: 'opened' | 'unopened' }>): void {
    switch (report.kind) {
      case 'recorded':
        return this.#confirm(report.count, report.first, report.repeats)
      case 'refused':
        return this.#settle(report.count, report.code, report.detail)
      case 'journalled':
        this.#journalQueued -= report.written + report.dropped
        this.#count.journalled += report.written
        this.#count.journalDrops += report.dropped
        return
      case 'answer':
      case 'fault':
      case 'declined':
        return this.#reply(report)
      case 'state':
        this.#state = report.state
    }
  }

  #confirm(count: number, first: number, repeats: readonly Repeat[]): void {
    const { chain } = this.#terms
    let seq = first
    let next = 0
    for (let i = 0; i < count; i++) {
      const { resolve, transaction, receipt } = this.#waiting[this.#answered++]!
      const repeat = repeats[next]
      if (repeat?.index === i) {
        next++
        const { receipt, answer } = repeat
        resolve({ chain: repeat.chain, seq: repeat.seq, transaction, receipt, earlier: { answer, receipt } })
      } else {
        resolve({ chain, seq: seq++, transaction, receipt, earlier: undefined })
      }
    }
    this.#acknowledged = seq - 1
    this.#count.committed += seq - first
    this.#count.repeated += repeats.length
    this.#count.commits++
    this.#compact()
  }

  #settle(count: number, code: UnrecordedCode, detail: string): void {
    for (let i = 0; i < count; i++) this.#waiting[this.#answered++]!.reject(new Unrecorded(code, detail))
    this.#count.failed += count
    this.#compact()
  }

  #compact(): void {
    if (this.#answered < COMPACT_AT && this.#answered < this.#waiting.length) return
    this.#waiting = this.#waiting.slice(this.#answered)
    this.#answered = 0
  }

  #reply(report: Extract<Report, { kind: 'answer' | 'fault' | 'declined' }>): void {
    const asking = this.#asking.get(report.id)
    this.#asking.delete(report.id)
    if (report.kind === 'answer') asking?.resolve(report.value)
    else if (report.kind === 'declined') asking?.reject(new StoreError(report.code, report.message))
    else asking?.reject(new Unrecorded(report.code, report.detail))
  }
}

const DAY_MS = 86_400_000
const JOURNAL_KEEP_MS = 28 * DAY_MS
const CHECKPOINT_EVERY_MS = 60_000
const SCRUB_OCTETS_MAX = 256 * 2 ** 20

/** Blocks handed in and not yet answered; beyond it blocks are refused at once, and the calls go on. */
const QUEUE_MAX = 65_536

/** Journal rows on their way; beyond it they are dropped and counted. */
const JOURNAL_QUEUE_MAX = 65_536
const JOURNAL_FLUSH_MS = 50
const RESTART_MS = 250
const COMPACT_AT = 4_096
