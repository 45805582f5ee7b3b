import { formatErased, parseErased } from './erased.ts'
import type { EntryKind, LedgerRow } from './entry.ts'
import { formatCsv, parseCsv } from './csv.ts'

/** One entry as the export writes it; everything but the salt, which belongs to nobody else. */
export type ExportedEntry = Omit<LedgerRow, 'salt'>

/** The columns of the CSV export, in this order; the first record of the file names them. */
export const EXPORT_COLUMNS = [
  'chain',
  'seq',
  'entry',
  'at',
  'transaction',
  'receiptHash',
  'noticeKind',
  'noticeStatus',
  'cause',
  'program',
  'rule',
  'policy',
  'attestation',
  'optOut',
  'peer',
  'tenant',
  'trunk',
  'erased',
  'commitment',
  'hash',
  'receipt',
  'calling',
  'called',
  'displayName',
  'callId',
  'request',
  'answer',
  'grounds',
] as const

type Column = (typeof EXPORT_COLUMNS)[number]

/** Writes an entry as one record of CSV; times as RFC 3339 in UTC. */
export function formatExport({ open, hash, personal }: ExportedEntry): string {
  const number = (value: number | undefined) => (value === undefined ? undefined : String(value))
  return formatCsv([
    open.chain,
    number(open.seq),
    open.entry,
    new Date(open.at).toISOString(),
    open.transaction,
    open.receiptHash,
    open.notice?.kind,
    number(open.notice?.status),
    open.cause,
    open.program,
    open.rule,
    number(open.policy),
    open.attestation,
    open.optOut === undefined ? undefined : String(open.optOut),
    open.peer,
    open.tenant,
    open.trunk,
    open.erased === undefined ? undefined : formatErased(open.erased),
    open.commitment,
    hash,
    personal?.receipt,
    personal?.calling,
    personal?.called,
    personal?.displayName,
    personal?.callId,
    personal?.request,
    personal?.answer,
    personal?.grounds,
  ])
}

/** Reads a whole export; throws SyntaxError with the number of the record that is not as `formatExport` writes it. */
export function* parseExport(text: string): Generator<ExportedEntry> {
  let record = 0
  for (const cells of parseCsv(text)) {
    if (++record === 1) {
      if (cells.join() !== EXPORT_COLUMNS.join())
        throw new SyntaxError('record 1: not the column names of a ledger export')
      continue
    }
    if (cells.length !== EXPORT_COLUMNS.length) throw new SyntaxError(`record ${record}: ${cells.length} cells`)
    yield readCells(new Map(EXPORT_COLUMNS.map((name, at) => [name, cells[at]])), record)
  }
}

function readCells(cells: ReadonlyMap<Column, string | undefined>, record: number): ExportedEntry {
  const text = (name: Column) => cells.get(name)
  const needed = (name: Column) => {
    const value = cells.get(name)
    if (value === undefined) throw new SyntaxError(`record ${record}: no ${name}`)
    return value
  }
  const number = (name: Column) => (text(name) === undefined ? undefined : Number(text(name)))
  const kind = text('noticeKind')
  const erased = text('erased')
  return {
    open: {
      chain: needed('chain'),
      seq: Number(needed('seq')),
      entry: needed('entry') as EntryKind,
      at: Date.parse(needed('at')),
      transaction: text('transaction'),
      receiptHash: text('receiptHash'),
      notice: kind === undefined ? undefined : { kind, status: Number(needed('noticeStatus')) },
      cause: text('cause'),
      program: text('program'),
      rule: text('rule'),
      policy: number('policy'),
      attestation: text('attestation'),
      optOut: text('optOut') === undefined ? undefined : text('optOut') === 'true',
      peer: text('peer'),
      tenant: text('tenant'),
      trunk: text('trunk'),
      erased: erased === undefined ? undefined : parseErased(erased),
      commitment: text('commitment'),
    },
    hash: needed('hash'),
    personal:
      text('receipt') === undefined
        ? undefined
        : {
            receipt: needed('receipt'),
            calling: needed('calling'),
            called: needed('called'),
            displayName: needed('displayName'),
            callId: needed('callId'),
            request: needed('request'),
            answer: needed('answer'),
            grounds: needed('grounds'),
          },
  }
}
