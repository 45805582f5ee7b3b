import type { BlockEntry, Program } from '#core/ledger/entry.ts'
import type { JournalNote } from '#core/ledger/ledger.ts'
import { partyKey } from '#core/call/party.ts'

/**
 * Blocks on their way to the writer's thread: one flat list for many rows, because copying a list of plain values between
 * threads costs half of what copying objects does.
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
  packed.push(block.attestation, block.optOut, block.peer, block.tenant, block.trunk)
  packed.push(own.receipt, own.calling, own.called, own.displayName, own.callId, own.request, own.answer, own.grounds)
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
    trunk: packed[at + 12] as string | undefined,
    personal: {
      receipt: packed[at + 13] as string,
      calling: packed[at + 14] as string,
      called: packed[at + 15] as string,
      displayName: packed[at + 16] as string,
      callId: packed[at + 17] as string,
      request: packed[at + 18] as string,
      answer: packed[at + 19] as string,
      grounds: packed[at + 20] as string,
    },
  }
}

/**
 * Journal rows on their way: `JOURNAL_WIDTH` numbers a row (time, key of the calling and of the called party, number of its
 * words), and `WORDS_WIDTH` texts for each number of words (peer, trunk, attestation, verdict, rule).
 */
export type JournalRows = { readonly values: Float64Array; readonly words: readonly string[] }

/** Gathers journal rows. A row is four numbers, for nearly all calls have the words of some call before. */
export class JournalPacker {
  #values = new Float64Array(ROWS_AT_FIRST * JOURNAL_WIDTH)
  #length = 0
  #words: string[] = []
  readonly #numbers = new Map<string, number>()
  #last: JournalNote | undefined
  #lastNumber = 0

  get isEmpty(): boolean {
    return this.#length === 0
  }

  add(call: JournalNote): void {
    const at = this.#length
    if (at === this.#values.length) this.#grow()
    const values = this.#values
    values[at] = call.at
    values[at + 1] = partyKey(call.calling)
    values[at + 2] = partyKey(call.called)
    values[at + 3] = this.#wordsOf(call)
    this.#length = at + JOURNAL_WIDTH
  }

  /** Hands out what has gathered, and starts anew. */
  take(): JournalRows {
    const rows = { values: this.#values.slice(0, this.#length), words: this.#words }
    this.clear()
    return rows
  }

  clear(): void {
    this.#length = 0
    this.#words = []
    this.#numbers.clear()
    this.#last = undefined
  }

  #wordsOf(call: JournalNote): number {
    const last = this.#last
    if (
      last !== undefined &&
      call.peer === last.peer &&
      call.trunk === last.trunk &&
      call.attestation === last.attestation &&
      call.verdict === last.verdict &&
      call.rule === last.rule
    )
      return this.#lastNumber
    const { peer, trunk, attestation, verdict, rule } = call
    const words = [peer, trunk, attestation, verdict, rule]
    const key = words.join('\0')
    let number = this.#numbers.get(key)
    if (number === undefined) {
      number = this.#words.length / WORDS_WIDTH
      this.#words.push(...words)
      this.#numbers.set(key, number)
    }
    this.#last = call
    this.#lastNumber = number
    return number
  }

  #grow(): void {
    const grown = new Float64Array(this.#values.length * 2)
    grown.set(this.#values)
    this.#values = grown
  }
}

export const BLOCK_WIDTH = 21
export const JOURNAL_WIDTH = 4
export const WORDS_WIDTH = 5
const ROWS_AT_FIRST = 512
