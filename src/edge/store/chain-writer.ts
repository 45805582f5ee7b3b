// One thing: the only code that writes to a SQLite ledger. It holds the connection, the head of its chain and the way
// back after a failure, and these three must agree at every line.
import { randomBytes, randomFillSync } from 'node:crypto'
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { addSeq, chainHash, commitTo, genesisHash, hashReceipt, type Head } from '#core/ledger/chain.ts'
import { formatCheckpoint, signCheckpoint } from '#core/ledger/checkpoint.ts'
import { formatErased } from '#core/ledger/erased.ts'
import {
  ERASED_RANGES_MAX,
  SALT_OCTETS,
  type BlockEntry,
  type Erased,
  type OpenColumns,
  type PersonalColumns,
} from '#core/ledger/entry.ts'
import type { ReleaseCause, Selection } from '#core/ledger/ledger.ts'
import { insertAudit, type AuditEntry } from './audit.ts'
import { lockChain } from './chain-lock.ts'
import { openKeptSigningKey, openSigningKey } from './checkpoint-key.ts'
import { hasMention, MENTION_COLUMNS } from './mention.ts'
import { JournalTable, erasedKeys } from './journal-table.ts'
import type { JournalRows } from './packed.ts'
import { type EarlierRow, RecentTransactions } from './recent-transactions.ts'
import { IDS_BY_RECEIPT, idsByNumber } from './rows.ts'
import { CHAIN_SPAN, openForWriting, type Durability } from './schema.ts'
import { scrub } from './scrub.ts'
import { StoreError } from './store-error.ts'

export type WriterTerms = {
  readonly path: string
  readonly chain: string
  readonly durability: Durability
  /** The PEM file of the key that signs checkpoints. */
  readonly checkpointKey: string
  /** Where each checkpoint is appended as a line of JSON; undefined for nowhere but the store. */
  readonly checkpointFile: string | undefined
  /** The last entry that was acknowledged by a writer before this one in the same process. */
  readonly acknowledged: number | undefined
}

/** Blocks written in one transaction: numbered from `first` in the order given, but for those that repeat a row. */
export type Written = { readonly first: number; readonly repeats: readonly Repeat[] }

/** The block at `index` of a batch is the row that is named here. */
export type Repeat = EarlierRow & { readonly index: number }

/** Writes one chain of a ledger, and the journal beside it. Every method is durable when it returns. */
export class ChainWriter {
  reopened = 0
  lost = 0
  checkpoints = 0
  readonly #terms: WriterTerms
  readonly #lock: DatabaseSync
  #open: Open | undefined
  /** The last entry that someone was told of. */
  #acknowledged: number | undefined
  #checkpointed = 0
  /** When the newest row was made, and when by the steady clock that was looked up. */
  #dated: { readonly newestMs: number; readonly steadyMs: number } | undefined

  constructor(terms: WriterTerms) {
    this.#terms = terms
    this.#acknowledged = terms.acknowledged
    // The database first: it explains best what is wrong with a path.
    const db = openForWriting(terms.path, terms.durability)
    try {
      this.#lock = lockChain(terms.path, terms.chain)
    } catch (cause) {
      db.close()
      throw cause
    }
    try {
      openSigningKey(terms.checkpointKey)
      // At once, not at the first checkpoint: a path that cannot be written is a mistake of the configuration.
      if (terms.checkpointFile !== undefined) append(terms.checkpointFile, '')
      this.#adopt(db)
      this.dated(performance.now())
    } catch (cause) {
      if (db.isOpen) db.close()
      this.#lock.close()
      throw cause
    }
  }

  /** The number of the last entry of the chain. */
  get seq(): number {
    return this.#acknowledged ?? 0
  }

  /** Records blocks and journal rows in one transaction; a block whose transaction stands recorded adds no row. */
  record(blocks: readonly BlockEntry[], journal: readonly JournalRows[]): Written {
    return this.#transact((open) => {
      const first = open.head.seq + 1
      const repeats: Repeat[] = []
      open.recent.catchUp()
      for (const [index, block] of blocks.entries()) {
        // Asked inside the transaction, so that rows of this very batch are found as well.
        const earlier = open.recent.find(block)
        if (earlier === undefined) insertBlock(open, block)
        else repeats.push({ index, ...earlier })
      }
      for (const rows of journal) open.journal.insert(rows)
      return { first, repeats }
    })
  }

  /** Takes a block back; answers with the number of the entry that does. */
  release(transaction: string, receiptHash: string, atMs: number, cause: ReleaseCause): number {
    return this.#transact((open) => {
      insertOpen(open, { entry: 'released', at: atMs, transaction, receiptHash, cause })
      return open.head.seq
    })
  }

  noteAudit(entry: AuditEntry): void {
    this.#transact(({ db }) => insertAudit(db, entry))
  }

  ruleNumbers(ids: readonly string[], atMs: number): Map<string, number> {
    return this.#transact(({ db }) => {
      const insert = db.prepare('INSERT INTO rule (id, at) VALUES (?, ?) ON CONFLICT DO NOTHING')
      const select = db.prepare('SELECT number FROM rule WHERE id = ?')
      const numbers = new Map<string, number>()
      for (const id of ids) {
        insert.run(id, atMs)
        const number = Number(select.get(id)!['number'])
        if (number > RULE_NUMBER_MAX)
          throw new Error(`rule "${id}": a store numbers ${RULE_NUMBER_MAX} rule ids and no more`)
        numbers.set(id, number)
      }
      return numbers
    })
  }

  secret(name: string): Uint8Array {
    return this.#transact(({ db }) => {
      db.prepare('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING').run(
        `secret:${name}`,
        randomBytes(32),
      )
      return db.prepare('SELECT value FROM meta WHERE name = ?').get(`secret:${name}`)!['value'] as Uint8Array
    })
  }

  /** Erases some of a selection; call again until it finds nothing. Short steps, so that recording goes on between them. */
  eraseSome(selection: Selection, atMs: number): number {
    return this.#transact((open) => {
      const ids = selectPersonal(open.db, selection).sort((a, b) => a - b)
      erasePersonal(open, ids, selection.by === 'age' ? 'retention' : 'request', atMs)
      return ids.length
    })
  }

  /** Erases those of the next rows whose texts hold a number: `next` is where to go on, undefined when the end is reached. */
  eraseMentions(
    mention: RegExp,
    from: number,
    atMs: number,
  ): { blocks: number; looked: number; next: number | undefined } {
    return this.#transact((open) => {
      const rows = open.db
        .prepare(`SELECT ${MENTION_COLUMNS} FROM personal WHERE id > ? ORDER BY id LIMIT ${MENTION_ROWS}`)
        .all(from)
      const ids = rows.filter((row) => hasMention(row, mention)).map(({ id }) => Number(id))
      erasePersonal(open, ids, 'request', atMs)
      const last = rows.at(-1)
      return { blocks: ids.length, looked: rows.length, next: last === undefined ? undefined : Number(last['id']) }
    })
  }

  /** Deletes some of the journal: `from` is where to go on, undefined when the end is reached. */
  eraseJournal(selection: Selection, from: number): { journal: number; next: number | undefined } {
    if (selection.by === 'receipt') return { journal: 0, next: undefined }
    return this.#transact(({ db, journal }) => {
      if (selection.by === 'age') {
        db.prepare('DELETE FROM shadow_label WHERE at < ?').run(selection.beforeMs)
        const oldest = 'SELECT id FROM journal_row ORDER BY id LIMIT ?'
        const { changes } = db
          .prepare(`DELETE FROM journal_row WHERE id IN (${oldest}) AND at < ?`)
          .run(ERASE_ROWS, selection.beforeMs)
        if (changes === 0) journal.forgetWords()
        return { journal: Number(changes), next: changes === 0 ? undefined : 0 }
      }
      const last = Number(db.prepare('SELECT max(id) AS last FROM journal_row').get()!['last'] ?? 0)
      const to = from + ERASE_SPAN
      db.prepare('DELETE FROM shadow_label WHERE calling IN (?, ?, ?)').run(...erasedKeys(selection.number))
      const { changes } = db
        .prepare(
          'DELETE FROM journal_row WHERE id > ?1 AND id <= ?2 AND (calling IN (?3, ?4, ?5) OR called IN (?3, ?4, ?5))',
        )
        .run(from, to, ...erasedKeys(selection.number))
      return { journal: Number(changes), next: to >= last ? undefined : to }
    })
  }

  /**
   * Makes the octets of deleted rows go from the files; false while a reader holds the write-ahead log, or if the database
   * is larger than `octetsMax`: writing it anew would keep recording waiting for too long.
   */
  scrub(octetsMax: number): boolean {
    return scrub(this.#ready().db, octetsMax)
  }

  /**
   * What the time is at least: when the newest row was made that was there at first, plus what has passed since. Rows
   * that came later do not count, for a clock that has gone wrong has dated them as well.
   */
  dated(steadyMs: number): number | undefined {
    if (this.#dated === undefined) {
      const newestMs = readNewest(this.#ready().db)
      if (newestMs === undefined) return undefined
      this.#dated = { newestMs, steadyMs }
    }
    return this.#dated.newestMs + steadyMs - this.#dated.steadyMs
  }

  /** Signs the heads of all chains, if this one has moved since the last time. */
  checkpoint(atMs: number): void {
    if (this.#open === undefined || this.#open.head.seq === this.#checkpointed) return
    const { checkpointFile, checkpointKey } = this.#terms
    const key = openKeptSigningKey(checkpointKey)
    const line = this.#transact(({ db, head }) => {
      const heads = readHeads(db)
      const line = formatCheckpoint(signCheckpoint(atMs, heads, key))
      db.prepare('INSERT INTO checkpoint_key (key, pem) VALUES (?, ?) ON CONFLICT DO NOTHING').run(
        key.key,
        key.publicPem,
      )
      db.prepare('INSERT INTO checkpoint (at, line) VALUES (?, ?)').run(atMs, line)
      this.#checkpointed = head.seq
      return line
    })
    this.checkpoints++
    if (checkpointFile !== undefined) append(checkpointFile, `${line}\n`)
  }

  close(): void {
    this.#open?.db.close()
    this.#open = undefined
    this.#lock.close()
  }

  /** The head moves only when the commit has succeeded; any failure throws the connection away with what it believed. */
  #transact<T>(write: (open: Open) => T): T {
    const open = this.#ready()
    const before = open.head
    try {
      open.db.exec('BEGIN IMMEDIATE')
      const result = write(open)
      open.db.exec('COMMIT')
      this.#acknowledged = open.head.seq
      return result
    } catch (cause) {
      open.head = before
      this.#open = undefined
      // After a failed sync nothing is known about what the file holds: read it again rather than try again.
      try {
        if (open.db.isTransaction) open.db.exec('ROLLBACK')
      } catch {
        // Closing rolls back as well.
      }
      try {
        open.db.close()
      } catch {
        // Nothing more can be done with it.
      }
      throw cause
    }
  }

  #ready(): Open {
    if (this.#open !== undefined) return this.#open
    const db = openForWriting(this.#terms.path, this.#terms.durability)
    try {
      this.#adopt(db)
    } catch (cause) {
      if (db.isOpen) db.close()
      throw cause
    }
    this.reopened++
    return this.#open!
  }

  /** Reads the head from the file and compares it with what was acknowledged. */
  #adopt(db: DatabaseSync): void {
    const open = prepare(db, this.#terms.chain)
    const acknowledged = this.#acknowledged ?? open.head.seq
    if (open.head.seq < acknowledged) this.lost += acknowledged - open.head.seq
    this.#acknowledged = Math.min(acknowledged, open.head.seq)
    this.#open = open
    const found = open.blocksAfter.all(open.number * CHAIN_SPAN + acknowledged, (open.number + 1) * CHAIN_SPAN)
    if (found.length === 0) return
    // These were refused to whoever handed them in, and the calls went on: say so.
    this.#transact((open) => {
      for (const { at, transaction, receiptHash } of found) {
        const cause: ReleaseCause = 'unacknowledged'
        insertOpen(open, {
          entry: 'released',
          at: Number(at),
          transaction: String(transaction),
          receiptHash: String(receiptHash),
          cause,
        })
      }
    })
  }
}

type Open = {
  readonly db: DatabaseSync
  readonly number: number
  readonly insertEntry: StatementSync
  readonly insertPersonal: StatementSync
  readonly journal: JournalTable
  readonly blocksAfter: StatementSync
  readonly recent: RecentTransactions
  head: Head
}

function prepare(db: DatabaseSync, chain: string): Open {
  if (!CHAIN_NAME.test(chain)) throw new StoreError('url', `"${chain}" is no name for a chain: use a-z, 0-9 and -`)
  db.prepare('INSERT INTO chain (name) VALUES (?) ON CONFLICT DO NOTHING').run(chain)
  const number = Number(db.prepare('SELECT number FROM chain WHERE name = ?').get(chain)!['number'])
  return {
    db,
    number,
    insertEntry: db.prepare(`INSERT INTO entry VALUES (${marks(19)})`),
    insertPersonal: db.prepare(`INSERT INTO personal VALUES (${marks(11)})`),
    journal: new JournalTable(db),
    blocksAfter: db.prepare(
      `SELECT at, "transaction", receiptHash FROM entry WHERE id > ? AND id < ? AND entry = 'block' ORDER BY id`,
    ),
    recent: new RecentTransactions(db, number),
    head: readHead(db, number, chain),
  }
}

const marks = (count: number) => Array.from({ length: count }, () => '?').join(', ')

function readHead(db: DatabaseSync, number: number, chain: string): Head {
  const last = db
    .prepare('SELECT id, hash FROM entry WHERE id > ? AND id < ? ORDER BY id DESC LIMIT 1')
    .get(number * CHAIN_SPAN, (number + 1) * CHAIN_SPAN)
  if (last === undefined) return { chain, seq: 0, hash: genesisHash(chain) }
  return { chain, seq: Number(last['id']) % CHAIN_SPAN, hash: String(last['hash']) }
}

function readChains(db: DatabaseSync): Map<number, string> {
  return new Map(
    db
      .prepare('SELECT number, name FROM chain')
      .all()
      .map(({ number, name }) => [Number(number), String(name)]),
  )
}

function readHeads(db: DatabaseSync): Head[] {
  return Array.from(readChains(db), ([number, chain]) => readHead(db, number, chain)).filter(({ seq }) => seq > 0)
}

/** By the last row of each chain and of the journal, not by the latest time: one row of a wrong clock passes. */
function readNewest(db: DatabaseSync): number | undefined {
  const last = db.prepare('SELECT at FROM entry WHERE id > ? AND id < ? ORDER BY id DESC LIMIT 1')
  const rows = Array.from(readChains(db).keys(), (number) => last.get(number * CHAIN_SPAN, (number + 1) * CHAIN_SPAN))
  rows.push(db.prepare('SELECT at FROM journal_row ORDER BY id DESC LIMIT 1').get())
  const times = rows.flatMap((row) => (row === undefined ? [] : [Number(row['at'])]))
  return times.length === 0 ? undefined : Math.max(...times)
}

function erasePersonal(open: Open, ids: readonly number[], cause: string, atMs: number): void {
  if (ids.length === 0) return
  const names = readChains(open.db)
  const erased: Erased[] = []
  const remove = open.db.prepare('DELETE FROM personal WHERE id = ?')
  for (const id of ids) {
    remove.run(id)
    addSeq(erased, names.get(Math.floor(id / CHAIN_SPAN))!, id % CHAIN_SPAN)
  }
  insertOpen(open, { entry: 'erasure', at: atMs, cause, erased })
}

function insertBlock(open: Open, block: BlockEntry): void {
  const { head, number } = open
  const personal = wellFormed(block.personal)
  const salt = nextSalt()
  const { at, transaction, notice, cause, program, rule, policy, attestation, optOut, peer, tenant, trunk } = block
  const columns: OpenColumns = {
    chain: head.chain,
    seq: head.seq + 1,
    entry: 'block',
    at,
    transaction,
    receiptHash: hashReceipt(personal.receipt),
    notice,
    cause,
    program,
    rule,
    policy,
    attestation,
    optOut,
    peer,
    tenant,
    trunk,
    erased: undefined,
    commitment: commitTo(salt, personal),
  }
  insertColumns(open, columns)
  const id = number * CHAIN_SPAN + columns.seq
  open.recent.keep(transaction, at, id)
  const { receipt, calling, called, displayName, callId, request, answer, grounds } = personal
  open.insertPersonal.run(
    id,
    at,
    salt,
    receipt,
    calling,
    called,
    displayName,
    callId,
    Buffer.from(request, 'latin1'),
    Buffer.from(answer, 'latin1'),
    grounds,
  )
}

type OpenOnly = Pick<OpenColumns, 'entry' | 'at'> & Partial<OpenColumns>

function insertOpen(open: Open, { entry, at, transaction, receiptHash, cause, erased }: OpenOnly): void {
  const none = undefined
  for (let from = 0; from === 0 || from < (erased?.length ?? 0); from += ERASED_RANGES_MAX) {
    insertColumns(open, {
      chain: open.head.chain,
      seq: open.head.seq + 1,
      entry,
      at,
      transaction,
      receiptHash,
      notice: none,
      cause,
      program: none,
      rule: none,
      policy: none,
      attestation: none,
      optOut: none,
      peer: none,
      tenant: none,
      trunk: none,
      erased: erased?.slice(from, from + ERASED_RANGES_MAX),
      commitment: none,
    })
  }
}

function insertColumns(open: Open, columns: OpenColumns): void {
  const { chain, seq, notice, optOut, erased } = columns
  const hash = chainHash(open.head.hash, columns)
  open.insertEntry.run(
    open.number * CHAIN_SPAN + seq,
    columns.entry,
    columns.at,
    columns.transaction ?? null,
    columns.receiptHash ?? null,
    notice?.kind ?? null,
    notice?.status ?? null,
    columns.cause ?? null,
    columns.program ?? null,
    columns.rule ?? null,
    columns.policy ?? null,
    columns.attestation ?? null,
    optOut === undefined ? null : optOut ? 1 : 0,
    columns.peer ?? null,
    columns.tenant ?? null,
    erased === undefined ? null : formatErased(erased),
    columns.commitment ?? null,
    hash,
    columns.trunk ?? null,
  )
  open.head = { chain, seq, hash }
}

/** Half a character has no UTF-8 form: what is hashed must be what can be stored. */
function wellFormed(personal: PersonalColumns): PersonalColumns {
  const { displayName, callId, grounds } = personal
  if (displayName.isWellFormed() && callId.isWellFormed() && grounds.isWellFormed()) return personal
  return {
    ...personal,
    displayName: displayName.toWellFormed(),
    callId: callId.toWellFormed(),
    grounds: grounds.toWellFormed(),
  }
}

function selectPersonal(db: DatabaseSync, selection: Selection): number[] {
  const all = (condition: string, ...values: (string | number)[]) =>
    db
      .prepare(`SELECT personal.id AS id FROM personal ${condition} LIMIT ${ERASE_ROWS}`)
      .all(...values)
      .map(({ id }) => Number(id))
  if (selection.by === 'age') return all('WHERE at < ? ORDER BY at', selection.beforeMs)
  if (selection.by === 'number') {
    const either = `WHERE id IN (${idsByNumber('calling')}) OR id IN (${idsByNumber('called')})`
    return all(either, selection.number, selection.number)
  }
  const hash = hashReceipt(selection.receipt)
  return all(`WHERE id IN (${IDS_BY_RECEIPT})`, hash.slice(0, 16), hash)
}

function append(path: string, text: string): void {
  let file: number
  try {
    file = openSync(path, 'a', 0o644)
  } catch (cause) {
    throw new StoreError(
      'unwritable',
      `${path}: the checkpoint file cannot be written (${(cause as Error).message})`,
      cause,
    )
  }
  try {
    // A line that a full disk cut short stays what it is; the next one begins on its own.
    writeSync(file, text === '' || endsLine(path) ? text : `\n${text}`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function endsLine(path: string): boolean {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const last = Buffer.alloc(1)
    return size === 0 || (readSync(file, last, 0, 1, size - 1) === 1 && last[0] === LINE_FEED)
  } finally {
    closeSync(file)
  }
}

function nextSalt(): Uint8Array {
  if (saltAt === SALTS.length) {
    randomFillSync(SALTS)
    saltAt = 0
  }
  saltAt += SALT_OCTETS
  return SALTS.subarray(saltAt - SALT_OCTETS, saltAt)
}

/** Asking for randomness once in a thousand entries is much cheaper than for each. */
const SALTS = Buffer.alloc(SALT_OCTETS * 1_024)
let saltAt = SALTS.length

const LINE_FEED = 10
/** Rows whose texts one step of an erasure reads. */
const MENTION_ROWS = 200
const CHAIN_NAME = /^[a-z0-9-]{1,32}$/
const RULE_NUMBER_MAX = 65_535
/** Rows that one step of an erasure deletes. */
const ERASE_ROWS = 500
/** Journal rows that one step of an erasure looks at. */
const ERASE_SPAN = 50_000
