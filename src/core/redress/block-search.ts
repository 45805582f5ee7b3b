/** Looks for blocks in the ledger, for those inside: numbers are whole here. */
export type BlockSearch = (filter: BlockFilter, after: string | undefined, limit: number) => Promise<BlockPage>

/** Which blocks; what is not said is not asked. */
export type BlockFilter = {
  /** On either side: E.164, or the first digits of one with a star behind them (`+1212555*`). */
  readonly number?: string | undefined
  readonly receipt?: string | undefined
  /** The rule's id. */
  readonly rule?: string | undefined
  /** The legal cause. */
  readonly cause?: string | undefined
  /** The name of the peer that asked. */
  readonly peer?: string | undefined
  /** The trunk that the peer named. */
  readonly trunk?: string | undefined
  /** Milliseconds since 1970. */
  readonly from?: number | undefined
  readonly before?: number | undefined
}

/**
 * Newest first; `after` is where the next page begins, undefined behind the last. One page looks at so many entries of the
 * ledger, so one may have fewer blocks than asked for, or none, and still go on.
 */
export type BlockPage = { readonly blocks: readonly FoundBlock[]; readonly after: string | undefined }

export type FoundBlock = {
  /** Empty, as both numbers, where it is erased. */
  readonly receipt: string
  readonly at: number
  readonly calling: string
  readonly called: string
  readonly rule: string
  readonly cause: string
  readonly program: string
  readonly policy: number | undefined
  readonly attestation: string
  readonly notice: string
  readonly peer: string
  /** Empty where the peer named none. */
  readonly trunk: string
  /** What was crossed, as the operator reads it; one line each. */
  readonly grounds: readonly string[]
  /** Recorded but not enforced: the call was continued. */
  readonly isReleased: boolean
  readonly isErased: boolean
  readonly entry: { readonly chain: string; readonly seq: number; readonly hash: string }
}
