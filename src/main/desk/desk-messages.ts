import type { HttpFigures } from '#edge/http/figures.ts'
import type { DelayCounts } from '#core/transaction/answer-delays.ts'
import type { Config } from '#main/config/config.ts'
import type { ReceiptKeys } from '#edge/store/receipt-keys.ts'
import type { DeskFigures } from './desk-figures.ts'

type Receipts = Pick<ReceiptKeys, 'keys' | 'currentSlot'>

/** What the thread of the desk is started with. */
export type DeskTask = {
  readonly config: Config
  /** Its file; undefined for the defaults. */
  readonly path: string | undefined
  readonly receipts: Receipts
  /** 32 octets of the store, the same for as long as it lasts. */
  readonly secret: Uint8Array
}

/** What it is told. */
export type DeskOrder =
  | { readonly kind: 'adopt'; readonly config: Config; readonly receipts: Receipts }
  | { readonly kind: 'receipts'; readonly receipts: Receipts }
  | { readonly kind: 'process'; readonly state: ProcessState }
  | { readonly kind: 'close'; readonly withinMs: number }

/** How the process beside the desk's thread stands: told every second. */
export type ProcessState = {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly listening: readonly string[]
  /** What went wrong with calls within the last minute, in words. */
  readonly faults: readonly string[]
  /** The same, and what went wrong beside them. */
  readonly alarms: readonly string[]
  /** How long INVITEs waited for their answers, since the process began. */
  readonly delays: DelayCounts
  /** What else there is to know of how it is. */
  readonly about: ProcessAbout
}

export type ProcessAbout = {
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** Threads that screen calls. */
  readonly threads: number
  /** The version of the policy in force. */
  readonly policy: number
  /** Alarms raised since the start, by kind. */
  readonly alarms: readonly {
    readonly kind: string
    readonly words: string
    readonly count: number
    readonly isFresh: boolean
  }[]
  /** Limits that were hit since the start, by the figure that counts it; `watched` is how many there are. */
  readonly limits: {
    readonly hit: readonly { readonly name: string; readonly words: string; readonly count: number }[]
    readonly watched: number
  }
}

/** What it tells. */
export type DeskReport =
  | { readonly kind: 'open'; readonly open: readonly string[] }
  | {
      readonly kind: 'no-door'
      readonly key: 'desk.listen' | 'office.listen'
      readonly code: string
      readonly message: string
    }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'figures'; readonly http: HttpFigures; readonly desk: DeskFigures }
  | { readonly kind: 'alarm'; readonly message: string; readonly stack: string | undefined }
  | { readonly kind: 'overdue' }
  | { readonly kind: 'trouble'; readonly of: 'mail' | 'webhook' | 'registry'; readonly why: string }
  | { readonly kind: 'adopted' }
