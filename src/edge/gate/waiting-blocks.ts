import type { Source } from '#codec/sip/reply.ts'
import type { BlockEntry } from '#core/ledger/entry.ts'
import type { EarlierAnswer, Recorder } from '#core/ledger/ledger.ts'
import type { Transaction } from '#core/transaction/transaction.ts'
import type { Told } from './continue.ts'
import type { Peer } from './peers.ts'

/** A block on its way to stable storage, with its notice ready, and all that *continue* takes. */
export type WaitingBlock = {
  readonly transaction: Transaction
  /** When it was judged, by the steady clock. */
  readonly since: number
  /** When its INVITE was taken up: earlier, where it was held. */
  readonly takenUpMs: number
  readonly receipt: string
  /** The notice, to be sent when the row is safe. */
  readonly answer: Uint8Array
  /** The INVITE, one character per octet: when the row is not safe, *continue* is written to it. */
  readonly request: string
  readonly source: Source
  /** Where the notice goes. */
  readonly port: number
  /** More than one where the call was asked about again over another connection. */
  way: Way
  readonly peer: Peer
  readonly told: () => Told
}

/** How an answer leaves: the socket its request came to. `send` copies what it is given and never throws. */
export type Way = {
  send(bytes: Uint8Array, length: number, address: string, port: number): void
  /** Names the sender in transactions where its address does not; no address is spelled like it. */
  readonly origin?: string
  /** The names that the sender's certificate proves; where they are there, they say who it is, and not its address. */
  readonly names?: readonly string[] | undefined
  /** Whoever asks this way asks once: nothing may be left in the hope that it comes again. */
  readonly isReliable?: boolean
  /** Hears what the answer means just before it is sent; not of what is refused for its form. Never throws. */
  tell?(meaning: Meaning): void
}

/** What an answer to a call says, for a way that has other words than SIP for it. */
export type Meaning =
  | { readonly kind: 'continued'; readonly why: Continued }
  /** Without a receipt in a trial, where nothing was found out about the caller. */
  | { readonly kind: 'refused'; readonly receipt: string | undefined }
  /** Sent elsewhere by a rule. */
  | { readonly kind: 'treated'; readonly treatment: string }

/** Why a call goes on: by judgement, said again, or because a block could not be recorded, or not told. */
export type Continued = 'judged' | 'repeated' | 'shed' | 'overload' | 'late' | 'unrecorded' | 'untold' | 'fault'

/** What becomes of a block; exactly one of the first three is called for each. */
export type Endings = {
  /** `earlier` is what a row says that this transaction had before: its answer is to be given again. */
  recorded(block: WaitingBlock, earlier: EarlierAnswer | undefined): void
  late(block: WaitingBlock): void
  refused(block: WaitingBlock, cause: unknown): void
  /** A row that came too late could not be taken back. */
  unreleased(cause: unknown): void
}

/**
 * Holds blocks until their row is on stable storage or patience ends, whichever is first. A row that commits after that
 * is followed by a `released` entry, for the call was continued.
 */
export class WaitingBlocks {
  readonly #ledger: Recorder
  readonly #withinMs: number
  readonly #now: () => number
  readonly #clock: () => number
  readonly #endings: Endings
  readonly #waiting = new Set<WaitingBlock>()
  #watcher: NodeJS.Timeout | undefined
  #emptied: (() => void) | undefined
  /** Rows whose fate the ledger has not told yet, late ones too. */
  #unsettled = 0
  #settled: (() => void) | undefined

  constructor(ledger: Recorder, withinMs: number, now: () => number, clock: () => number, endings: Endings) {
    this.#ledger = ledger
    this.#withinMs = withinMs
    this.#now = now
    this.#clock = clock
    this.#endings = endings
  }

  get size(): number {
    return this.#waiting.size
  }

  record(block: WaitingBlock, entry: BlockEntry): void {
    this.#waiting.add(block)
    this.#watch()
    this.#unsettled++
    void this.#settle(block, entry)
  }

  /**
   * Lets the ledger finish for at most `withinMs`; what is not recorded by then ends as late. Then waits, for as long again,
   * until late rows have come and been taken back: a row left standing would say that the call was blocked.
   */
  async drain(withinMs: number): Promise<void> {
    if (this.#waiting.size > 0) {
      await atMost(withinMs, new Promise<void>((resolve) => (this.#emptied = resolve)))
    }
    for (const block of this.#waiting) this.#end(block, () => this.#endings.late(block))
    clearTimeout(this.#watcher)
    if (this.#unsettled > 0) await atMost(withinMs, new Promise<void>((resolve) => (this.#settled = resolve)))
  }

  async #settle(block: WaitingBlock, entry: BlockEntry): Promise<void> {
    try {
      const recorded = await this.#ledger.record(entry)
      if (this.#waiting.has(block)) this.#end(block, () => this.#endings.recorded(block, recorded.earlier))
      else if (recorded.earlier === undefined) await this.#ledger.release(recorded, this.#now(), 'late')
    } catch (cause) {
      if (this.#waiting.has(block)) this.#end(block, () => this.#endings.refused(block, cause))
      else this.#endings.unreleased(cause)
    }
    if (--this.#unsettled === 0) this.#settled?.()
  }

  #end(block: WaitingBlock, ending: () => void): void {
    this.#waiting.delete(block)
    ending()
    if (this.#waiting.size === 0) this.#emptied?.()
  }

  /** One timer watches all that wait; they came in order, so it looks at the oldest only. */
  #watch(): void {
    if (this.#watcher !== undefined) return
    this.#watcher = setTimeout(() => {
      this.#watcher = undefined
      const overdue = this.#clock() - this.#withinMs
      for (const block of this.#waiting) {
        if (block.since > overdue) break
        this.#end(block, () => this.#endings.late(block))
      }
      if (this.#waiting.size > 0) this.#watch()
    }, WATCH_MS)
    this.#watcher.unref()
  }
}

async function atMost(withinMs: number, done: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([done, new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)))])
  clearTimeout(timer)
}

const WATCH_MS = 20
