import { ChainWalk, compareErasures, type Fault, type Head } from './chain.ts'
import { collectMarks, type Checkpoint, type Verifier } from './checkpoint.ts'
import type { LedgerRow } from './entry.ts'

/** What a look at the whole ledger found, and at how much it looked. */
export type Verification = {
  readonly fault: Fault | undefined
  readonly heads: readonly Head[]
  readonly entries: number
  readonly blocks: number
  readonly released: number
  /** Block entries whose personal columns were erased. */
  readonly erased: number
  readonly checkpoints: number
  /** Entries that came after the last checkpoint of their chain: nothing signed holds them yet. */
  readonly unsealed: number
}

export type LedgerToVerify = {
  /** Every chain the store knows, each with its rows in the order of their numbers. */
  readonly chains: Iterable<readonly [chain: string, rows: Iterable<LedgerRow>]>
  readonly checkpoints: Iterable<Checkpoint>
  readonly verify: Verifier
  /** Called with the number of entries looked at so far. */
  readonly onProgress?: (entries: number) => void
}

/** Looks at every entry and every checkpoint; stops at the first fault. Holds no rows, so that any size will do. */
export function verifyLedger({ chains, checkpoints, verify, onProgress }: LedgerToVerify): Verification {
  const marks = collectMarks(checkpoints, verify)
  const walks: ChainWalk[] = []
  const count = { entries: 0, blocks: 0, released: 0, unsealed: 0 }
  const report = (fault: Fault | undefined): Verification => ({
    fault,
    heads: walks.map(({ chain, seq, hash }) => ({ chain, seq, hash })),
    ...count,
    erased: walks.reduce((sum, { gone }) => sum + gone.reduce((sum, { first, last }) => sum + last - first + 1, 0), 0),
    checkpoints: marks.looked,
  })
  if (marks.fault !== undefined) return report(marks.fault)

  const unseen = new Set(marks.chains.keys())
  for (const [chain, rows] of chains) {
    const seen = marks.chains.get(chain) ?? new Map<number, string>()
    const walk = new ChainWalk(chain, seen)
    walks.push(walk)
    unseen.delete(chain)
    for (const row of rows) {
      const fault = walk.step(row)
      if (fault !== undefined) return report(walk.faultAt(fault))
      count.entries++
      if (row.open.entry === 'block') count.blocks++
      if (row.open.entry === 'released') count.released++
      if (count.entries % PROGRESS_ENTRIES === 0) onProgress?.(count.entries)
    }
    const fault = walk.finish()
    if (fault !== undefined) return report(fault)
    count.unsealed += walk.seq - lastOf(seen.keys())
  }
  for (const chain of unseen) return report({ kind: 'cut-short', chain, seq: 1 })
  return report(
    compareErasures(
      walks.flatMap(({ gone }) => gone),
      walks.flatMap(({ erased }) => erased),
    ),
  )
}

const PROGRESS_ENTRIES = 10_000

function lastOf(numbers: Iterable<number>): number {
  let last = 0
  for (const number of numbers) last = Math.max(last, number)
  return last
}
