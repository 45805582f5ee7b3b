import type { SQLOutputValue } from 'node:sqlite'
import { parseErased } from '#core/ledger/erased.ts'
import type { EntryKind, LedgerRow, OpenColumns, PersonalColumns } from '#core/ledger/entry.ts'
import { CHAIN_SPAN, STRETCH_ROWS } from './schema.ts'

export type Row = Record<string, SQLOutputValue>

/** Columns of an entry joined with its personal columns and its chain, as `readRow` wants them. */
export const ROW_COLUMNS = `entry.id AS id, chain.name AS chain, entry.entry AS entry, entry.at AS at,
  entry."transaction" AS "transaction", receiptHash, noticeKind, noticeStatus, cause, program, rule, policy, attestation,
  optOut, peer, tenant, trunk, erased, entry."commitment" AS "commitment", hash, personal.id AS personalId, salt, receipt,
  calling, called, displayName, callId, request, answer, grounds`

/** Where they come from. */
export const ROW_SOURCE = `entry JOIN chain ON chain.number = entry.id / ${CHAIN_SPAN}
  LEFT JOIN personal ON personal.id = entry.id`

/** Whether a later entry takes the block back. */
export const RELEASED = `EXISTS (SELECT 1 FROM entry AS later WHERE later."transaction" = entry."transaction"
  AND later.entry = 'released' AND later.receiptHash = entry.receiptHash)`

/** The stretches of all chains, for a WITH RECURSIVE clause; see `STRETCH_ROWS`. */
const STRETCHES = `stretch (number, last) AS (
  SELECT chain.number * ${CHAIN_SPAN / STRETCH_ROWS},
    (SELECT max(id) FROM entry WHERE id < (chain.number + 1) * ${CHAIN_SPAN}) / ${STRETCH_ROWS} FROM chain
  UNION ALL SELECT number + 1, last FROM stretch WHERE number < last)`

/** A query for the ids of the entries of a receipt: asks for the first 16 digits of its hash, and for the hash. */
export const IDS_BY_RECEIPT = `WITH RECURSIVE ${STRETCHES} SELECT entry.id AS id FROM stretch CROSS JOIN entry
  ON entry.id / ${STRETCH_ROWS} = stretch.number AND substr(receiptHash, 1, 16) = ? AND receiptHash = ?`

/** A query for the ids of the blocks from a number, or to it; `is` says what the number must be. */
export const idsByNumber = (side: 'calling' | 'called', is = '= ?'): string =>
  `WITH RECURSIVE ${STRETCHES} SELECT personal.id AS id FROM stretch CROSS JOIN personal
   ON personal.id / ${STRETCH_ROWS} = stretch.number AND personal.${side} ${is}`

/** Reads one row of `ROW_COLUMNS`. Says what the store holds, however odd: whether to believe it is for the verifier. */
export function readRow(row: Row): LedgerRow {
  const salt = row['salt']
  return {
    open: readOpen(row),
    hash: String(row['hash']),
    personal: row['personalId'] === null ? undefined : readPersonal(row),
    salt: salt instanceof Uint8Array ? salt : undefined,
  }
}

function readOpen(row: Row): OpenColumns {
  const text = (name: string) => (row[name] === null ? undefined : String(row[name]))
  const number = (name: string) => (row[name] === null ? undefined : Number(row[name]))
  const kind = text('noticeKind')
  const status = number('noticeStatus')
  const optOut = number('optOut')
  const erased = text('erased')
  return {
    chain: String(row['chain']),
    seq: Number(row['id']) % CHAIN_SPAN,
    entry: String(row['entry']) as EntryKind,
    at: Number(row['at']),
    transaction: text('transaction'),
    receiptHash: text('receiptHash'),
    // A status without a kind was never written here: it must not be passed over.
    notice: kind === undefined && status === undefined ? undefined : { kind: kind ?? '', status: status ?? 0 },
    cause: text('cause'),
    program: text('program'),
    rule: text('rule'),
    policy: number('policy'),
    attestation: text('attestation'),
    // Anything but 0 and 1 was never written here: it must not hash like one of them.
    optOut: optOut === undefined ? undefined : optOut === 0 || optOut === 1 ? optOut === 1 : undefined,
    peer: text('peer'),
    tenant: text('tenant'),
    trunk: text('trunk'),
    erased: erased === undefined ? undefined : parseErased(erased),
    commitment: text('commitment'),
  }
}

function readPersonal(row: Row): PersonalColumns {
  return {
    receipt: String(row['receipt']),
    calling: String(row['calling']),
    called: String(row['called']),
    displayName: String(row['displayName']),
    callId: String(row['callId']),
    request: octetText(row['request']),
    answer: octetText(row['answer']),
    grounds: String(row['grounds']),
  }
}

/** One character per octet. */
export function octetText(value: SQLOutputValue | undefined): string {
  if (!(value instanceof Uint8Array)) return String(value)
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
}
