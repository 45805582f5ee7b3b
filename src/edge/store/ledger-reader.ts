import type { DatabaseSync } from 'node:sqlite'
import { hashReceipt, type Fault, type FaultKind } from '#core/ledger/chain.ts'
import { parseCheckpoint, type Checkpoint } from '#core/ledger/checkpoint.ts'
import type { EntryKind, LedgerRow } from '#core/ledger/entry.ts'
import type { RecentBlock, Selection } from '#core/ledger/ledger.ts'
import { verifyLedger, type Verification } from '#core/ledger/verify.ts'
import { Conditions } from './conditions.ts'
import { createVerifier } from './checkpoint-key.ts'
import { createMention, hasMention, MENTION_COLUMNS } from './mention.ts'
import { IDS_BY_RECEIPT, idsByNumber, octetText, readRow, RELEASED, ROW_COLUMNS, ROW_SOURCE, type Row } from './rows.ts'
import { CHAIN_SPAN, openForReading, parseStoreUrl } from './schema.ts'

/** Which entries; what is not said is not asked. */
export type EntryFilter = {
  readonly sinceMs?: number | undefined
  readonly untilMs?: number | undefined
  readonly calling?: string | undefined
  readonly called?: string | undefined
  /** On either side; a star at the end stands for all that begin so. */
  readonly number?: string | undefined
  readonly rule?: string | undefined
  readonly cause?: string | undefined
  readonly peer?: string | undefined
  readonly trunk?: string | undefined
  readonly program?: string | undefined
  readonly entry?: EntryKind | undefined
}

/** An entry as a list shows it. */
export type ListedEntry = LedgerRow & {
  /** Where a list goes on after this entry. */
  readonly cursor: string
  /** Taken back by a later `released` entry: the call was continued. */
  readonly released: boolean
}

export type LedgerReader = {
  /** One page in the order of time; `after` is the cursor of the entry before it. */
  list(filter: EntryFilter, order: 'oldest' | 'newest', limit: number, after?: string): ListedEntry[]
  /**
   * One page of blocks, newest first. It looks at no more than `lookMax` entries (20,000; those of the rule, or else of the
   * trunk or of the peer that is asked for), so it may hold fewer than asked for, or none, and still go on: `after` is
   * undefined only behind the last.
   */
  search(
    filter: EntryFilter,
    limit: number,
    after?: string,
    lookMax?: number,
  ): { readonly blocks: ListedEntry[]; readonly after?: string }
  /** The block a receipt stands for, also when its personal columns are erased. */
  find(receipt: string): ListedEntry | undefined
  /** How many blocks an erasure would take the personal columns of. */
  countErasable(selection: Selection): number
  recentBlocks(sinceMs: number): RecentBlock[]
  /**
   * Looks at everything. `checkpoints` are those kept outside the store; signatures are checked against `keys` (PEM), or
   * if there are none against those the store names, which proves nothing against somebody who can write to the store.
   */
  verify(terms: VerifyTerms): StoreVerification
  close(): void
}

export type VerifyTerms = {
  readonly keys?: readonly string[]
  readonly checkpoints?: Iterable<Checkpoint>
  readonly onProgress?: (entries: number) => void
}

/** `keys` is the number of keys that checkpoints were checked with. */
export type StoreVerification = Verification & { readonly keys: number }

/** Opens the ledger of a store URL for reading only; a gate may be writing to it. Throws StoreError. */
export function openLedgerReader(url: string): LedgerReader {
  const db = openForReading(parseStoreUrl(url))
  return {
    list: (filter, order, limit, after) => listEntries(db, filter, order, limit, after),
    search: (filter, limit, after, lookMax = BLOCKS_SEARCHED_MAX) => searchBlocks(db, filter, limit, after, lookMax),
    find: (receipt) => findBlock(db, receipt),
    countErasable: (selection) => countErasable(db, selection),
    recentBlocks: (sinceMs) => recentBlocks(db, sinceMs),
    verify: (terms) => verify(db, terms),
    close: () => db.close(),
  }
}

function listEntries(db: DatabaseSync, filter: EntryFilter, order: 'oldest' | 'newest', limit: number, after?: string) {
  const asked = new Conditions()
  if (filter.sinceMs !== undefined) asked.ask('entry.at >= ?', filter.sinceMs)
  if (filter.untilMs !== undefined) asked.ask('entry.at < ?', filter.untilMs)
  if (filter.calling !== undefined) asked.ask(BY_CALLING, filter.calling)
  if (filter.called !== undefined) asked.ask(BY_CALLED, filter.called)
  if (filter.number !== undefined) {
    const { is, values } = matchOf(filter.number)
    const ids = (['calling', 'called'] as const).map((side) => `entry.id IN (${idsByNumber(side, is)})`)
    asked.ask(`(${ids.join(' OR ')})`, ...values, ...values)
  }
  if (filter.rule !== undefined) asked.ask('rule = ?', filter.rule)
  if (filter.cause !== undefined) asked.ask('cause = ?', filter.cause)
  if (filter.peer !== undefined) asked.ask('peer = ?', filter.peer)
  if (filter.trunk !== undefined) asked.ask('trunk = ?', filter.trunk)
  if (filter.program !== undefined) asked.ask('program = ?', filter.program)
  if (filter.entry !== undefined) asked.ask('entry.entry = ?', filter.entry)
  const cursor = after === undefined ? undefined : parseCursor(after)
  if (cursor !== undefined)
    asked.ask(`(entry.at, entry.id) ${order === 'oldest' ? '>' : '<'} (?, ?)`, cursor.at, cursor.id)
  const way = order === 'oldest' ? 'ASC' : 'DESC'
  return db
    .prepare(
      `SELECT ${ROW_COLUMNS}, ${RELEASED} AS released FROM ${ROW_SOURCE} ${asked.where}
       ORDER BY entry.at ${way}, entry.id ${way} LIMIT ?`,
    )
    .all(...asked.values, limit)
    .map(readListed)
}

function searchBlocks(
  db: DatabaseSync,
  filter: EntryFilter,
  limit: number,
  after: string | undefined,
  lookMax: number,
): { blocks: ListedEntry[]; after?: string } {
  const { number } = filter
  const ids = number === undefined ? undefined : idsOfNumber(db, number, Math.min(lookMax, NUMBER_BLOCKS_MAX))
  const asked = new Conditions()
  const cursor = after === undefined ? undefined : parseCursor(after)
  if (filter.sinceMs !== undefined) asked.ask('entry.at >= ?', filter.sinceMs)
  if (filter.untilMs !== undefined) asked.ask('entry.at < ?', filter.untilMs)
  if (cursor !== undefined) asked.ask('(entry.at, entry.id) < (?, ?)', cursor.at, cursor.id)
  // One of them by its index, in the order of time; the other is looked for among what that finds, hence its plus.
  const named = INDEXED.filter((name) => filter[name] !== undefined)
  const indexed = ids === undefined ? named[0] : undefined
  if (indexed !== undefined) asked.ask(`entry.entry = 'block' AND ${indexed} = ?`, filter[indexed]!)
  // Where all that its index finds is asked for, a page ends by itself.
  const isWhole = indexed !== undefined && number === undefined && filter.cause === undefined && named.length === 1
  // How far it looks is asked of an index alone, which is quick.
  const edge =
    ids !== undefined || isWhole
      ? undefined
      : db
          .prepare(
            `SELECT entry.at AS at, entry.id AS id FROM entry ${asked.where} ORDER BY entry.at DESC, entry.id DESC
             LIMIT 1 OFFSET ?`,
          )
          .get(...asked.values, lookMax - 1)
  if (edge !== undefined) asked.ask('(entry.at, entry.id) >= (?, ?)', Number(edge['at']), Number(edge['id']))
  if (indexed === undefined) asked.ask("entry.entry = 'block'")
  for (const name of named) if (name !== indexed) asked.ask(`+${name} = ?`, filter[name]!)
  if (filter.cause !== undefined) asked.ask('cause = ?', filter.cause)
  if (ids !== undefined) asked.ask('entry.id IN (SELECT value FROM json_each(?))', JSON.stringify(ids))
  else if (number !== undefined) {
    const { is, values } = matchOf(number)
    asked.ask(`(calling ${is} OR called ${is})`, ...values, ...values)
  }
  const rows = db
    .prepare(
      `SELECT ${ROW_COLUMNS}, ${RELEASED} AS released FROM ${ROW_SOURCE} ${asked.where}
       ORDER BY entry.at DESC, entry.id DESC LIMIT ?`,
    )
    .all(...asked.values, limit + 1)
    .map(readListed)
  const blocks = rows.slice(0, limit)
  if (rows.length > limit) return { blocks, after: blocks.at(-1)!.cursor }
  return edge === undefined ? { blocks } : { blocks, after: `${String(edge['at'])}.${String(edge['id'])}` }
}

/** The entries of a number or of a block of numbers, by id; undefined where there are so many that looking along time finds them sooner. */
function idsOfNumber(db: DatabaseSync, number: string, max: number): number[] | undefined {
  const ids = new Set<number>()
  const { is, values } = matchOf(number)
  for (const side of ['calling', 'called'] as const) {
    for (const row of db.prepare(`${idsByNumber(side, is)} LIMIT ${max}`).iterate(...values)) ids.add(Number(row['id']))
    if (ids.size >= max) return undefined
  }
  return [...ids]
}

/** What a column must be to hold a number, or one of a block: between the block's digits and what sorts behind all that begin so. */
function matchOf(number: string): { is: string; values: string[] } {
  if (!number.endsWith('*')) return { is: '= ?', values: [number] }
  const begins = number.slice(0, -1)
  return { is: 'BETWEEN ? AND ?', values: [begins, `${begins}:`] }
}

function readListed(row: Row): ListedEntry {
  return { ...readRow(row), cursor: `${String(row['at'])}.${String(row['id'])}`, released: row['released'] === 1 }
}

/** Reads a cursor; undefined if it is none of ours. */
export function parseCursor(text: string): { at: number; id: number } | undefined {
  const [, at, id] = /^(\d{1,15})\.(\d{1,16})$/.exec(text) ?? []
  return at === undefined || id === undefined ? undefined : { at: Number(at), id: Number(id) }
}

function findBlock(db: DatabaseSync, receipt: string): ListedEntry | undefined {
  const hash = hashReceipt(receipt)
  const row = db
    .prepare(
      `SELECT ${ROW_COLUMNS}, ${RELEASED} AS released FROM ${ROW_SOURCE}
       WHERE entry.id IN (${IDS_BY_RECEIPT}) AND entry.entry = 'block'`,
    )
    .get(hash.slice(0, 16), hash)
  return row === undefined ? undefined : readListed(row)
}

function countErasable(db: DatabaseSync, selection: Selection): number {
  if (selection.by === 'receipt') return findBlock(db, selection.receipt)?.personal === undefined ? 0 : 1
  const count = (condition: string, ...values: (string | number)[]) =>
    Number(db.prepare(`SELECT count(*) AS count FROM personal WHERE ${condition}`).get(...values)!['count'])
  if (selection.by === 'age') return count('at < ?', selection.beforeMs)
  const mention = createMention(selection.number)
  if (mention === undefined)
    return count(
      `id IN (${idsByNumber('calling')}) OR id IN (${idsByNumber('called')})`,
      selection.number,
      selection.number,
    )
  let found = 0
  for (const row of db.prepare(`SELECT ${MENTION_COLUMNS} FROM personal`).iterate()) {
    if (hasMention(row, mention)) found++
  }
  return found
}

function recentBlocks(db: DatabaseSync, sinceMs: number): RecentBlock[] {
  return db
    .prepare(
      `SELECT entry.at AS at, "transaction", receipt, callId, answer, ${RELEASED} AS released
       FROM entry JOIN personal ON personal.id = entry.id
       WHERE entry.at >= ? AND entry.entry = 'block' ORDER BY entry.at, entry.id`,
    )
    .all(sinceMs)
    .map(({ at, transaction, receipt, callId, answer, released }) => ({
      at: Number(at),
      transaction: String(transaction),
      receipt: String(receipt),
      callId: String(callId),
      answer: octetText(answer),
      released: released === 1,
    }))
}

function verify(db: DatabaseSync, { keys, checkpoints, onProgress }: VerifyTerms): StoreVerification {
  // One snapshot for all of it: an erasure in the middle must not look like a fault.
  db.exec('BEGIN')
  try {
    const chains = db.prepare('SELECT number, name FROM chain ORDER BY number').all()
    const rows = (number: number) => {
      const select = db.prepare(
        `SELECT ${ROW_COLUMNS} FROM ${ROW_SOURCE} WHERE entry.id >= ? AND entry.id < ? ORDER BY entry.id`,
      )
      return readRows(select.iterate(number * CHAIN_SPAN, (number + 1) * CHAIN_SPAN))
    }
    const verifier = storeVerifier(db, keys)
    const found = verifyLedger({
      chains: chains.map(({ number, name }) => [String(name), rows(Number(number))] as const),
      checkpoints: bothCheckpoints(db, checkpoints ?? []),
      verify: verifier.verify,
      ...(onProgress === undefined ? {} : { onProgress }),
    })
    return { ...found, fault: found.fault ?? findStray(db), keys: verifier.count }
  } finally {
    db.exec('ROLLBACK')
  }
}

/** What a walk along the chains does not come past: rows beside them, and the copy of the time that retention goes by. */
function findStray(db: DatabaseSync): Fault | undefined {
  for (const [kind, sql] of STRAYS) {
    const row = db.prepare(sql).get()
    if (row === undefined) continue
    const id = Number(row['id'])
    const number = Math.floor(id / CHAIN_SPAN)
    const chain = db.prepare('SELECT name FROM chain WHERE number = ?').get(number)
    return { kind, chain: String(chain?.['name'] ?? `number ${number}`), seq: id - number * CHAIN_SPAN }
  }
  return undefined
}

function* readRows(rows: Iterable<Row>): Generator<LedgerRow> {
  for (const row of rows) yield readRow(row)
}

function* bothCheckpoints(db: DatabaseSync, outside: Iterable<Checkpoint>): Generator<Checkpoint> {
  for (const { at, line } of db.prepare('SELECT at, line FROM checkpoint ORDER BY id').iterate()) {
    const checkpoint = parseCheckpoint(String(line))
    yield checkpoint !== undefined && checkpoint.at === at
      ? checkpoint
      : { version: 1, at: 0, heads: [], key: '', signature: '' }
  }
  yield* outside
}

function storeVerifier(db: DatabaseSync, keys: readonly string[] | undefined): ReturnType<typeof createVerifier> {
  if (keys !== undefined && keys.length > 0) return createVerifier(keys)
  return createVerifier(
    db
      .prepare('SELECT pem FROM checkpoint_key')
      .all()
      .map(({ pem }) => String(pem)),
  )
}

/** Entries that one page of a search looks at. */
const BLOCKS_SEARCHED_MAX = 20_000
/** Blocks of one number up to which all of them are sorted for a page. */
const NUMBER_BLOCKS_MAX = 5_000
const BY_CALLING = `entry.id IN (${idsByNumber('calling')})`
const BY_CALLED = `entry.id IN (${idsByNumber('called')})`
/** Blocks are found by the first of these that is asked for; by the others they are picked from what that finds. */
const INDEXED = ['rule', 'trunk', 'peer'] as const

/** Each finds the first row of its kind, by id. */
const STRAYS: readonly (readonly [kind: FaultKind, sql: string])[] = [
  [
    'stray',
    `SELECT id FROM entry WHERE id < 0 OR id / ${CHAIN_SPAN} NOT IN (SELECT number FROM chain) ORDER BY id LIMIT 1`,
  ],
  ['stray', 'SELECT id FROM personal WHERE id NOT IN (SELECT id FROM entry) ORDER BY id LIMIT 1'],
  [
    'changed-personal',
    'SELECT personal.id AS id FROM personal JOIN entry ON entry.id = personal.id WHERE personal.at <> entry.at ORDER BY personal.id LIMIT 1',
  ],
]
