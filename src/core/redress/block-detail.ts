import type { TodaysVerdict } from './office.ts'

/** Looks at one block by its receipt, or by its place in the ledger; undefined where there is none. */
export type BlockLook = (name: BlockName) => Promise<BlockDetail | undefined>

export type BlockName =
  | { readonly by: 'receipt'; readonly receipt: string }
  | { readonly by: 'entry'; readonly chain: string; readonly seq: number }

/** Everything that is known of one block, for those inside. */
export type BlockDetail = {
  /** Empty, as both numbers, where it is erased. */
  readonly receipt: string
  readonly at: number
  readonly calling: string
  readonly called: string
  readonly displayName: string
  readonly callId: string
  readonly rule: string
  readonly cause: string
  readonly program: string
  readonly policy: number | undefined
  readonly attestation: string
  readonly peer: string
  /** Empty where the peer named none. */
  readonly trunk: string
  readonly notice: { readonly kind: string; readonly status: number } | undefined
  readonly isReleased: boolean
  readonly isErased: boolean
  readonly timeline: readonly BlockStep[]
  readonly grounds: readonly BlockGround[]
  /** One character per octet, as on the wire; empty where they are erased. */
  readonly request: string
  readonly answer: string
  readonly proof: BlockProof
  readonly today: TodaysVerdict
  readonly cases: readonly { readonly case: string; readonly status: string; readonly openedAt: number }[]
  readonly registered: readonly { readonly registration: string; readonly name: string }[]
}

export type BlockStep = {
  readonly at: number
  readonly what:
    | 'blocked'
    | 'released'
    | 'claimed'
    | 'decided'
    | 'corrected'
    | 'allowed'
    | 'lifted'
    | 'verified'
    | 'regressed'
  readonly words: string
  /** The case it belongs to. */
  readonly case?: string | undefined
}

export type BlockGround = {
  readonly words: string
  /** As the ledger has it. */
  readonly data: unknown
  readonly window: CrossedWindow | undefined
}

/** How a figure rose to its limit and went on: at each time, what was counted in the window that ended there. */
export type CrossedWindow = {
  readonly perMs: number
  readonly limit: number
  readonly counts: 'calls' | 'numbers'
  readonly points: readonly { readonly at: number; readonly value: number }[]
  /** There are so many calls that those before this time were not counted: a window that reaches further back has more. */
  readonly countedFrom: number | undefined
  /** The same of those after this time, where the points end. */
  readonly countedUntil: number | undefined
}

/** What was just computed anew of the ledger's chain, from the entry before to the first checkpoint over it. */
export type BlockProof = {
  readonly chain: string
  readonly seq: number
  readonly hash: string
  /** `holds`: all of it is as it was recorded and signed. `open`: as recorded, and nothing signed holds it yet. */
  readonly state: 'holds' | 'open' | 'broken' | 'long'
  readonly words: string
  /** The line of the checkpoint that covers it. */
  readonly checkpoint: string | undefined
  readonly checkpointAt: number | undefined
  /** Entries whose hashes were computed. */
  readonly looked: number
}
