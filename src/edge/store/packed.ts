import type { BlockEntry, Program } from '#core/ledger/entry.ts'
import type { JournalRow } from '#core/ledger/ledger.ts'

/**
 * Blocks and journal rows on their way to the writer's thread: one flat list for many rows, because copying a list of
 * plain values between threads costs half of what copying objects does.
 */
export type Packed = (string | number | boolean | undefined)[]

/** Appends a block; `BLOCK_WIDTH` values. */
export function packBlock(block: BlockEntry, packed: Packed): void {
  const { personal: own, notice } = block
  packed.push(
    block.at,
    block.transaction,
    notice.kind,
    notice.status,
    block.cause,
    block.program,
    block.rule,
    block.policy,
  )
  packed.push(block.attestation, block.optOut, block.peer, block.tenant, own.receipt, own.calling, own.called)
  packed.push(own.displayName, own.callId, own.request, own.answer, own.grounds)
}

/** Reads the block that starts at `at`. */
export function unpackBlock(packed: Packed, at: number): BlockEntry {
  return {
    entry: 'block',
    at: packed[at] as number,
    transaction: packed[at + 1] as string,
    notice: { kind: packed[at + 2] as string, status: packed[at + 3] as number },
    cause: packed[at + 4] as string,
    program: packed[at + 5] as Program,
    rule: packed[at + 6] as string,
    policy: packed[at + 7] as number,
    attestation: packed[at + 8] as string,
    optOut: packed[at + 9] as boolean,
    peer: packed[at + 10] as string,
    tenant: packed[at + 11] as string | undefined,
    personal: {
      receipt: packed[at + 12] as string,
      calling: packed[at + 13] as string,
      called: packed[at + 14] as string,
      displayName: packed[at + 15] as string,
      callId: packed[at + 16] as string,
      request: packed[at + 17] as string,
      answer: packed[at + 18] as string,
      grounds: packed[at + 19] as string,
    },
  }
}

/** Appends a journal row; `JOURNAL_WIDTH` values, in the order of the journal's columns. */
export function packJournal(call: JournalRow, packed: Packed): void {
  packed.push(call.at, call.calling, call.called, call.peer, call.trunk, call.attestation, call.verdict, call.rule)
}

export const BLOCK_WIDTH = 20
export const JOURNAL_WIDTH = 8
