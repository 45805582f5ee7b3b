import type { MessagePort } from 'node:worker_threads'
import type { BlockEntry } from '#core/ledger/entry.ts'
import {
  Unrecorded,
  type JournalNote,
  type LedgerFigures,
  type Recorded,
  type Recorder,
  type ReleaseCause,
  type UnrecordedCode,
} from '#core/ledger/ledger.ts'
import type { Repeat } from './chain-writer.ts'
import type { Order, Question, Report } from './ledger-thread.ts'
import { JournalPacker, packBlock, type Packed } from './packed.ts'
import { StoreError } from './store-error.ts'

/** What leads to the writer's thread: the thread itself for whoever started it, a port for any other thread. */
export type WriterPort = { send(order: Order): void }

/** What one thread has handed in, and what became of it. */
export type ClientFigures = Pick<
  LedgerFigures,
  'queued' | 'committed' | 'failed' | 'repeated' | 'released' | 'commits' | 'journalled' | 'journalDrops'
>

/**
 * Hands blocks and journal rows to the writer's thread and hears what became of them. Nothing here waits: without a port
 * every block is refused at once, and the calls go on.
 */
export class LedgerClient implements Recorder {
  readonly #chain: string
  #port: WriterPort | undefined
  /** Nothing more is taken; what was handed in is still heard of. */
  #retired = false
  /** Why nothing is taken. */
  #absence: Absence = { code: 'failed', detail: 'the writer is starting' }
  #blocks: Packed = []
  readonly #journal = new JournalPacker()
  /** In the order handed in, which is the order the thread answers in. */
  #waiting: Waiting[] = []
  #answered = 0
  /** How many of `#waiting` are not on their way yet. */
  #gathered = 0
  readonly #asking = new Map<number, Asking>()
  #asked = 0
  #flushing = false
  #journalTimer: NodeJS.Timeout | undefined
  #journalQueued = 0
  readonly #count = { committed: 0, failed: 0, repeated: 0, released: 0, commits: 0, journalled: 0, journalDrops: 0 }

  constructor(chain: string) {
    this.#chain = chain
  }

  /** Hands in by this port from now on; whoever owns it passes what comes back to `hear`. */
  attach(port: WriterPort): void {
    this.#port = port
  }

  /** Takes nothing more; what was handed in before is still answered. */
  retire(absence: Absence): void {
    this.#absence = absence
    this.#retired = true
  }

  /** The writer is gone: refuses what it has not answered, and all that comes. */
  detach(absence: Absence): void {
    this.#absence = absence
    if (this.#port === undefined) return
    this.#port = undefined
    this.#settle(this.#waiting.length - this.#answered, absence.code, absence.detail)
    for (const { reject } of this.#asking.values()) reject(new Unrecorded(absence.code, absence.detail))
    this.#asking.clear()
    this.#blocks = []
    this.#gathered = 0
    this.#journal.clear()
    this.#count.journalDrops += this.#journalQueued
    this.#journalQueued = 0
  }

  record(block: BlockEntry): Promise<Recorded> {
    const refusal = this.#refusal()
    if (refusal !== undefined) {
      this.#count.failed++
      return Promise.reject(refusal)
    }
    return new Promise((resolve, reject) => {
      packBlock(block, this.#blocks)
      this.#gathered++
      this.#waiting.push({ resolve, reject, transaction: block.transaction, receipt: block.personal.receipt })
      this.#flushSoon()
    })
  }

  async release(block: Recorded, atMs: number, cause: ReleaseCause): Promise<void> {
    await this.ask({ kind: 'release', block, atMs, cause })
    this.#count.released++
  }

  note(call: JournalNote): void {
    if (this.#journalQueued >= JOURNAL_QUEUE_MAX || !this.#takes) {
      this.#count.journalDrops++
      return
    }
    this.#journalQueued++
    this.#journal.add(call)
    this.#journalTimer ??= setTimeout(() => this.#flushJournal(), JOURNAL_FLUSH_MS)
  }

  /** Asks behind all that was handed in before: that is part of what the question is about. */
  ask(question: Question): Promise<unknown> {
    if (!this.#takes) return Promise.reject(this.#absent())
    this.flush()
    return new Promise((resolve, reject) => {
      const id = ++this.#asked
      this.#asking.set(id, { resolve, reject })
      this.#send({ kind: 'ask', id, question })
    })
  }

  /** Sends what has gathered without waiting for the end of the turn. */
  flush(): void {
    this.#flushBlocks()
    this.#flushJournal()
  }

  figures(): ClientFigures {
    return { queued: this.#queued(), ...this.#count }
  }

  /** Takes what the writer's thread says; answers false for a report that is not for a client. */
  hear(report: Report): boolean {
    switch (report.kind) {
      case 'recorded':
        this.#confirm(report.count, report.first, report.repeats)
        return true
      case 'refused':
        this.#settle(report.count, report.code, report.detail)
        return true
      case 'journalled':
        this.#journalQueued -= report.written + report.dropped
        this.#count.journalled += report.written
        this.#count.journalDrops += report.dropped
        return true
      case 'answer':
      case 'fault':
      case 'declined':
        this.#reply(report)
        return true
      default:
        return false
    }
  }

  get #takes(): boolean {
    return this.#port !== undefined && !this.#retired
  }

  #queued(): number {
    return this.#waiting.length - this.#answered
  }

  #refusal(): Unrecorded | undefined {
    if (!this.#takes) return this.#absent()
    const queued = this.#queued()
    return queued < QUEUE_MAX ? undefined : new Unrecorded('overloaded', `${queued} wait`)
  }

  #absent(): Unrecorded {
    return new Unrecorded(this.#absence.code, this.#absence.detail)
  }

  /**
   * At the end of this turn of the event loop, so that all blocks of the turn travel together; while the writer is at work
   * for us, when it answers: it would not look at them before, and what it finds then is one group, one commit, one sync.
   */
  #flushSoon(): void {
    if (this.#flushing || this.#holdsBack) return
    this.#flushing = true
    setImmediate(() => this.#flushBlocks())
  }

  get #holdsBack(): boolean {
    const underWay = this.#queued() - this.#gathered
    return underWay > 0 && this.#gathered < GROUP_MAX
  }

  #flushBlocks(): void {
    this.#flushing = false
    if (this.#blocks.length === 0) return
    this.#send({ kind: 'blocks', values: this.#blocks })
    this.#blocks = []
    this.#gathered = 0
  }

  #flushJournal(): void {
    clearTimeout(this.#journalTimer)
    this.#journalTimer = undefined
    if (this.#journal.isEmpty) return
    this.#send({ kind: 'journal', rows: this.#journal.take() })
  }

  #send(order: Order): void {
    this.#port?.send(order)
  }

  #confirm(count: number, first: number, repeats: readonly Repeat[]): void {
    const chain = this.#chain
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
    this.#count.committed += seq - first
    this.#count.repeated += repeats.length
    this.#count.commits++
    this.#goOn()
  }

  #settle(count: number, code: UnrecordedCode, detail: string): void {
    for (let i = 0; i < count; i++) this.#waiting[this.#answered++]!.reject(new Unrecorded(code, detail))
    this.#count.failed += count
    this.#goOn()
  }

  /** After an answer: sends what has gathered behind it, and forgets what is settled. */
  #goOn(): void {
    if (this.#gathered > 0 && !this.#holdsBack) this.#flushBlocks()
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

/**
 * Hands in from another thread than the one that opened the ledger, by ports that it lends (`lend`): a new one each time
 * the writer starts anew.
 */
export class BorrowedLedger extends LedgerClient {
  borrow(port: MessagePort): void {
    port.on('message', (report: Report) => void this.hear(report))
    port.on('close', () => this.detach({ code: 'failed', detail: 'the writer ended' }))
    this.attach({ send: (order) => port.postMessage(order, []) })
  }
}

/** Why blocks cannot be handed in. */
export type Absence = { readonly code: UnrecordedCode; readonly detail: string }

type Waiting = {
  readonly resolve: (recorded: Recorded) => void
  readonly reject: (cause: Unrecorded) => void
  readonly transaction: string
  readonly receipt: string
}

type Asking = { readonly resolve: (value: unknown) => void; readonly reject: (cause: Error) => void }

/** Blocks handed in and not yet answered; beyond it blocks are refused at once, and the calls go on. */
const QUEUE_MAX = 65_536

/** Journal rows on their way; beyond it they are dropped and counted. */
const JOURNAL_QUEUE_MAX = 65_536
/** Nobody waits for the journal, and many rows at a time cost the writer less. */
const JOURNAL_FLUSH_MS = 200
/** As many blocks are sent also while the writer is at work, so that it need not wait for them. */
const GROUP_MAX = 256
const COMPACT_AT = 4_096
