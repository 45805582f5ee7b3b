import type { Party } from '#core/call/party.ts'
import type { BlockEntry } from './entry.ts'

/**
 * Where blocks are recorded before anyone is told of them.
 *
 * A promise that records settles only when the row is on stable storage. It rejects with `Unrecorded` when the store
 * could not take the row (disk full, a failing disk, too many waiting): then nothing was promised to anyone, and should
 * the row come to light later after all, the store itself adds the `released` entry.
 */
export type Ledger = Recorder & {
  /** The blocks since then, oldest first, released ones too: what a transaction memory is filled with at start. */
  recentBlocks(sinceMs: number): Promise<RecentBlock[]>
  /** The number of each rule id (1-65535), given once and never reused. */
  ruleNumbers(ids: readonly string[], atMs: number): Promise<Map<string, number>>
  /** 32 random octets kept in the store under a name, made at the first question. */
  secret(name: string): Promise<Uint8Array>
  /**
   * Deletes personal columns, salts and journal rows, and chains an `erasure` entry for what it deleted. Rejects when it
   * is to go by age and the clock cannot be right: then nothing is deleted.
   */
  erase(selection: Selection, atMs: number): Promise<Erasure>
  figures(): LedgerFigures
  /** Records what has been handed in, signs a last checkpoint, and closes. */
  close(): Promise<void>
}

/** The part of a ledger that a gate works with. */
export type Recorder = Journal & {
  /** One transaction, one row: a block whose transaction stands recorded already is told as that row, in `earlier`. */
  record(block: BlockEntry): Promise<Recorded>
  /** Takes back a block that was recorded but not enforced, by a `released` entry. */
  release(block: Recorded, atMs: number, cause: ReleaseCause): Promise<void>
}

/** Notes every screened call in the background; no promise. */
export type Journal = {
  /** Never waits and never throws: what does not fit into the queue is dropped and counted. */
  note(call: JournalNote): void
}

/** A screened call as the gate hands it in: the parties as numbers, because this is done for every call. */
export type JournalNote = Omit<JournalRow, 'calling' | 'called'> & { readonly calling: Party; readonly called: Party }

export type JournalRow = {
  readonly at: number
  readonly calling: string
  readonly called: string
  readonly peer: string
  readonly trunk: string
  readonly attestation: string
  readonly verdict: 'allow' | 'block' | 'treat' | 'shadow' | 'exempt'
  /** The id of the rule that decided or would have; empty where none did. */
  readonly rule: string
}

/** Names a row that is on stable storage. */
export type Recorded = {
  readonly chain: string
  readonly seq: number
  readonly transaction: string
  readonly receipt: string
  /** This transaction was recorded before, in the row named here: nothing was added, give this answer again. */
  readonly earlier: EarlierAnswer | undefined
}

/** What a caller was told before; `answer` as sent, one character per octet. */
export type EarlierAnswer = { readonly answer: string; readonly receipt: string }

/** Two blocks of one transaction that are no further apart are one call (64*T1 of RFC 3261 §17.2.1, twice). */
export const SAME_TRANSACTION_MS = 64_000

/**
 * `late`: the commit came after the deadline. `unacknowledged`: the store failed
 * while it recorded, said so, and the row was found when it was opened again.
 */
export type ReleaseCause = 'late' | 'unacknowledged'

export type RecentBlock = {
  readonly at: number
  readonly transaction: string
  readonly receipt: string
  readonly callId: string
  /** As sent, one character per octet. */
  readonly answer: string
  /** Taken back: the call was continued, and `answer` was never sent. */
  readonly released: boolean
}

/** Which personal columns go: those of one receipt, of one number on either side, or all older than a time. */
export type Selection =
  | { readonly by: 'receipt'; readonly receipt: string }
  | { readonly by: 'number'; readonly number: string }
  | { readonly by: 'age'; readonly beforeMs: number }

export type Erasure = {
  readonly blocks: number
  readonly journal: number
  /** Blocks looked at: of a number, all that have personal columns, for it may stand in any text of them. */
  readonly looked: number
  /** False while erased octets may still lie in the files: a reader holds the log, or the store is too large to rewrite now. */
  readonly scrubbed: boolean
}

export type LedgerFigures = {
  /** Handed in and not yet answered. */
  readonly queued: number
  readonly committed: number
  /** Refused: the store failed or the queue was full. */
  readonly failed: number
  /** Handed in although their transaction stood recorded: told again, not recorded again. */
  readonly repeated: number
  readonly released: number
  /** Group commits. */
  readonly commits: number
  readonly journalled: number
  readonly journalDrops: number
  readonly checkpoints: number
  /** Times the store was opened again after a failure. */
  readonly reopened: number
  /** Acknowledged rows that were not there after opening again: the storage broke its promise. */
  readonly lost: number
  /** What the last failure said; undefined while all is well. */
  readonly failure: string | undefined
}

/** A block that could not be recorded; the call goes on. */
export class Unrecorded extends Error {
  readonly code: UnrecordedCode

  constructor(code: UnrecordedCode, detail: string) {
    super(`the block was not recorded: ${UNRECORDED[code]} (${detail})`)
    this.name = 'Unrecorded'
    this.code = code
  }
}

export const UNRECORDED = {
  full: 'no space is left where the store is',
  busy: 'another process holds the store',
  failed: 'the store failed',
  overloaded: 'too many entries wait to be recorded',
  closed: 'the ledger is closed',
} as const

export type UnrecordedCode = keyof typeof UNRECORDED
