import { FAULTS, chainHash, commitTo, genesisHash, hashReceipt } from './chain.ts'
import { type Checkpoint, type Verifier, verifyCheckpoint } from './checkpoint.ts'
import type { LedgerRow } from './entry.ts'

/** What came of looking at one entry and what signs it: `fault` in words where something is not as recorded. */
export type Link = { readonly fault: string | undefined; readonly looked: number }

/**
 * Looks at one entry: that it follows from the hash before, that its personal columns are those it committed to, and that
 * the entries from it up to the checkpoint lead to what was signed. `rows` begin with the entry itself, in their order.
 */
export function verifyLink(
  rows: readonly LedgerRow[],
  before: string | undefined,
  checkpoint: Checkpoint | undefined,
  verify: Verifier,
): Link {
  const [entry] = rows
  if (entry === undefined) return { fault: FAULTS.missing, looked: 0 }
  const { chain, seq } = entry.open
  let hash = seq === 1 ? genesisHash(chain) : before
  if (hash === undefined) return { fault: 'the entry before it is missing', looked: 0 }
  for (const [index, row] of rows.entries()) {
    const at = `entry ${row.open.seq}: `
    if (row.open.seq !== seq + index) return { fault: `${at}${FAULTS.misplaced}`, looked: index }
    hash = chainHash(hash, row.open)
    if (hash !== row.hash) return { fault: `${at}${FAULTS.changed}`, looked: index }
  }
  const fault = faultOfPersonal(entry) ?? faultOfCheckpoint(rows, checkpoint, verify)
  return { fault, looked: rows.length }
}

function faultOfPersonal({ open, personal, salt }: LedgerRow): string | undefined {
  if (personal === undefined || open.commitment === undefined) return undefined
  if (salt === undefined || commitTo(salt, personal) !== open.commitment) return FAULTS['changed-personal']
  return open.receiptHash === hashReceipt(personal.receipt) ? undefined : FAULTS['changed-receipt']
}

function faultOfCheckpoint(
  rows: readonly LedgerRow[],
  checkpoint: Checkpoint | undefined,
  verify: Verifier,
): string | undefined {
  if (checkpoint === undefined) return undefined
  if (!verifyCheckpoint(checkpoint, verify)) return FAULTS.unsigned
  const last = rows.at(-1)!
  const head = checkpoint.heads.find(({ chain }) => chain === last.open.chain)
  if (head?.seq !== last.open.seq) return FAULTS['cut-short']
  return head.hash === last.hash ? undefined : FAULTS.forked
}
