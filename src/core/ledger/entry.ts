/** A block that is to be recorded: the open columns that the gate knows, and the personal ones beside them. */
export type BlockEntry = {
  readonly entry: 'block'
  /** Milliseconds since 1970. */
  readonly at: number
  /** 16 hexadecimal digits. */
  readonly transaction: string
  /** How the block was told (`603+`, `603`, `607`, `608`), and the status code it went out with. */
  readonly notice: { readonly kind: string; readonly status: number }
  /** The legal cause. */
  readonly cause: string
  readonly program: Program
  /** The id of the rule, as the policy spells it. */
  readonly rule: string
  /** The version of the policy. */
  readonly policy: number
  readonly attestation: string
  /** Whether the called party had opted out of the program when the call was judged. */
  readonly optOut: boolean
  readonly peer: string
  readonly tenant: string | undefined
  /** The trunk that the peer named; undefined where it named none. */
  readonly trunk: string | undefined
  readonly personal: PersonalColumns
}

/** The program a block belongs to; 47 CFR 64.1200(k)(10) owes subscribers a list for the first two. */
export type Program = 'opt-in' | 'opt-out' | 'network' | 'none'

/** What an erasure deletes. `request` and `answer` hold one character per octet, as they were on the wire. */
export type PersonalColumns = {
  readonly receipt: string
  /** As `formatParty` writes it. */
  readonly calling: string
  readonly called: string
  /** Empty where the caller gave none. */
  readonly displayName: string
  readonly callId: string
  readonly request: string
  readonly answer: string
  /** Why, in words and figures. */
  readonly grounds: string
}

export type EntryKind = 'block' | 'released' | 'erasure'

/**
 * What the hash of an entry covers: every column that stays for good.
 *
 * A `released` entry has the transaction and receiptHash of the block it takes back and says why in `cause`; an
 * `erasure` entry says why in `cause` and which rows in `erased`. Neither has personal columns, so no commitment.
 */
export type OpenColumns = {
  readonly chain: string
  /** Counts from 1 without a gap, per chain. */
  readonly seq: number
  readonly entry: EntryKind
  readonly at: number
  readonly transaction: string | undefined
  /** SHA-256 of the receipt, 64 hexadecimal digits. */
  readonly receiptHash: string | undefined
  readonly notice: { readonly kind: string; readonly status: number } | undefined
  readonly cause: string | undefined
  readonly program: string | undefined
  readonly rule: string | undefined
  readonly policy: number | undefined
  readonly attestation: string | undefined
  readonly optOut: boolean | undefined
  readonly peer: string | undefined
  readonly tenant: string | undefined
  readonly trunk: string | undefined
  readonly erased: readonly Erased[] | undefined
  readonly commitment: string | undefined
}

/** Rows of one chain whose personal columns an erasure deleted: from `first` to `last`, both included. */
export type Erased = { readonly chain: string; readonly first: number; readonly last: number }

/** One row as a store holds it. `personal` and `salt` are gone together once erased. */
export type LedgerRow = {
  readonly open: OpenColumns
  /** 64 hexadecimal digits. */
  readonly hash: string
  readonly personal: PersonalColumns | undefined
  readonly salt: Uint8Array | undefined
}

/** Length of a salt in octets. */
export const SALT_OCTETS = 16

/** How many ranges one erasure entry may list; a bigger erasure is several entries. */
export const ERASED_RANGES_MAX = 1_000
