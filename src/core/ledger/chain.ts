import { hash } from 'node:crypto'
import { formatOpen, formatPersonal } from './canonical.ts'
import { SALT_OCTETS, type Erased, type LedgerRow, type OpenColumns, type PersonalColumns } from './entry.ts'

/** The last entry of a chain. `seq` 0 and the genesis hash stand for a chain that has none yet. */
export type Head = { readonly chain: string; readonly seq: number; readonly hash: string }

/** What comes before the first entry of a chain: carries the version of the format, so that versions cannot be mixed. */
export function genesisHash(chain: string): string {
  return hash('sha256', `recourse ledger 1 ${chain}`)
}

/** SHA-256 of salt and canonical personal columns, as 64 hexadecimal digits. */
export function commitTo(salt: Uint8Array, personal: PersonalColumns): string {
  const json = formatPersonal(personal)
  // UTF-8 needs at most three octets for one UTF-16 unit.
  const octets = SALT_OCTETS + json.length * 3 <= scratch.length ? scratch : Buffer.alloc(SALT_OCTETS + json.length * 3)
  octets.set(salt)
  return hash('sha256', octets.subarray(0, SALT_OCTETS + octets.write(json, SALT_OCTETS, 'utf8')))
}

/** SHA-256 of a receipt, as 64 hexadecimal digits. */
export function hashReceipt(receipt: string): string {
  return hash('sha256', receipt)
}

/** SHA-256 of the hash before and the canonical open columns, as 64 hexadecimal digits. */
export function chainHash(before: string, open: OpenColumns): string {
  const json = formatOpen(open)
  const octets = HASH_OCTETS + json.length * 3 <= scratch.length ? scratch : Buffer.alloc(HASH_OCTETS + json.length * 3)
  octets.write(before, 0, 'hex')
  return hash('sha256', octets.subarray(0, HASH_OCTETS + octets.write(json, HASH_OCTETS, 'utf8')))
}

/** Why a ledger cannot be believed: the first entry at fault, by chain and number. */
export type Fault = { readonly kind: FaultKind; readonly chain: string; readonly seq: number }

export type FaultKind = keyof typeof FAULTS

/** Every fault in words. */
export const FAULTS = {
  missing: 'the entry is missing',
  misplaced: 'the entry stands where another number belongs',
  changed: 'the open columns, or the hash before, are not what was recorded',
  'changed-personal': 'the personal columns or the salt are not what was recorded',
  'changed-receipt': 'the receipt is not the one that was recorded',
  'lost-personal': 'the personal columns are gone and no erasure entry says so',
  'kept-personal': 'an erasure entry says that the personal columns are gone, but they are there',
  forked: 'a signed checkpoint saw another entry here',
  'cut-short': 'a signed checkpoint saw this entry, the chain ends before it',
  emptied: 'nothing is there, but checkpoints were signed',
  stray: 'there is a row that belongs to no entry, or to a chain that nobody writes',
  unsigned: 'a checkpoint is not signed by a key it was checked with',
} as const

/**
 * Walks one chain from its first entry, a step for each row, holding none of them.
 *
 * `marks` are the hashes that signed checkpoints saw, by entry number. What the walk cannot judge alone, because an
 * erasure may be recorded in another chain, it collects: `gone` (rows without personal columns) and `erased`.
 */
export class ChainWalk {
  readonly chain: string
  readonly gone: Erased[] = []
  readonly erased: Erased[] = []
  seq = 0
  hash: string
  readonly #marks: ReadonlyMap<number, string>

  constructor(chain: string, marks: ReadonlyMap<number, string>) {
    this.chain = chain
    this.hash = genesisHash(chain)
    this.#marks = marks
  }

  /** Takes the next row; the first fault found is the answer, and the walk is over. */
  step({ open, hash, personal, salt }: LedgerRow): FaultKind | undefined {
    if (open.chain !== this.chain || open.seq <= this.seq) return 'misplaced'
    if (open.seq > this.seq + 1) return 'missing'
    if (chainHash(this.hash, open) !== hash) return 'changed'
    this.seq = open.seq
    this.hash = hash
    const mark = this.#marks.get(open.seq)
    if (mark !== undefined && mark !== hash) return 'forked'
    if (open.erased !== undefined) this.erased.push(...open.erased)
    if (personal === undefined && salt === undefined) {
      if (open.commitment !== undefined) addSeq(this.gone, this.chain, open.seq)
      return undefined
    }
    if (personal === undefined || salt?.length !== SALT_OCTETS) return 'changed-personal'
    if (commitTo(salt, personal) !== open.commitment) return 'changed-personal'
    return hashReceipt(personal.receipt) === open.receiptHash ? undefined : 'changed-receipt'
  }

  /** The entry at fault after `step` named a fault: the number that belonged here. */
  faultAt(fault: FaultKind): Fault {
    const next = fault === 'missing' || fault === 'misplaced' || fault === 'changed'
    return { kind: fault, chain: this.chain, seq: next ? this.seq + 1 : this.seq }
  }

  /** Call when no row is left: a checkpoint may have seen more. */
  finish(): Fault | undefined {
    for (const seq of this.#marks.keys()) {
      if (seq > this.seq) return { kind: 'cut-short', chain: this.chain, seq: this.seq + 1 }
    }
    return undefined
  }
}

/** Appends a number to a list of ranges that grows in order. */
export function addSeq(ranges: Erased[], chain: string, seq: number): void {
  const last = ranges.at(-1)
  if (last !== undefined && last.chain === chain && last.last === seq - 1) {
    ranges[ranges.length - 1] = { chain, first: last.first, last: seq }
  } else {
    ranges.push({ chain, first: seq, last: seq })
  }
}

/** Compares the rows that lack their personal columns with the rows that erasure entries list: they must be the same. */
export function compareErasures(gone: readonly Erased[], erased: readonly Erased[]): Fault | undefined {
  const [missing, listed] = [unite(gone), unite(erased)]
  for (const range of missing) {
    const seq = firstOutside(range, listed)
    if (seq !== undefined) return { kind: 'lost-personal', chain: range.chain, seq }
  }
  for (const range of listed) {
    const seq = firstOutside(range, missing)
    if (seq !== undefined) return { kind: 'kept-personal', chain: range.chain, seq }
  }
  return undefined
}

/** Sorts ranges and joins those that touch. */
function unite(ranges: readonly Erased[]): Erased[] {
  const sorted = [...ranges].sort((a, b) => (a.chain < b.chain ? -1 : a.chain > b.chain ? 1 : a.first - b.first))
  const united: Erased[] = []
  for (const range of sorted) {
    const before = united.at(-1)
    if (before !== undefined && before.chain === range.chain && range.first <= before.last + 1) {
      united[united.length - 1] = { ...before, last: Math.max(before.last, range.last) }
    } else {
      united.push(range)
    }
  }
  return united
}

/** The first number of `range` that none of the united ranges holds. */
function firstOutside(range: Erased, united: readonly Erased[]): number | undefined {
  let [low, high] = [0, united.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const other = united[middle]!
    const before = other.chain < range.chain || (other.chain === range.chain && other.last < range.first)
    if (before) low = middle + 1
    else high = middle
  }
  const found = united[low]
  if (found === undefined || found.chain !== range.chain || found.first > range.first) return range.first
  return found.last >= range.last ? undefined : found.last + 1
}

const HASH_OCTETS = 32

/** Kept, because every recorded block is hashed here; a SIP message of 64 KiB fits. */
const scratch = Buffer.alloc(512 * 1_024)
