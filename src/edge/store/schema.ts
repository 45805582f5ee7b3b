import { DatabaseSync } from 'node:sqlite'
import { closeSync, existsSync, openSync } from 'node:fs'
import { ACCOUNT_TABLES } from './schema-account.ts'
import { ALERT_TABLES } from './schema-alert.ts'
import { DISPUTE_TABLES } from './schema-dispute.ts'
import { JOURNAL_AS_NUMBERS } from './schema-journal.ts'
import { MAIL_TABLES } from './schema-mail.ts'
import { MONITOR_TABLES } from './schema-monitor.ts'
import { PROBE_TABLES } from './schema-probe.ts'
import { ERASURE_INDEXES, REDRESS_TABLES } from './schema-redress.ts'
import { REGISTRY_TABLES } from './schema-registry.ts'
import { SHADOW_TABLES } from './schema-shadow.ts'
import {
  SQLITE_BUSY,
  SQLITE_CANTOPEN,
  SQLITE_CORRUPT,
  SQLITE_FULL,
  SQLITE_LOCKED,
  SQLITE_NOTADB,
  SQLITE_READONLY,
  StoreError,
  sqliteCode,
} from './store-error.ts'

/** `off` leaves syncing to the operating system: a control for tests that must then fail, never for a real ledger. */
export type Durability = 'full' | 'off'

/** The path in a store URL, `sqlite:./recourse.db`. */
export function parseStoreUrl(url: string): string {
  const path = /^sqlite:(?:\/\/(?=\/))?(.+)$/.exec(url)?.[1]
  if (path === undefined) {
    throw new StoreError(
      'url',
      `store "${url}" is not a store this version knows: write sqlite:PATH, like sqlite:./recourse.db`,
    )
  }
  return path
}

/** Opens a store for writing, makes it if there is none, and brings its schema up to date. */
export function openForWriting(path: string, durability: Durability): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    // The store holds personal data; SQLite gives its other files the mode of this one.
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
    db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
    db.exec(`PRAGMA page_size = ${PAGE_OCTETS}`)
    db.exec('PRAGMA journal_mode = WAL')
    db.exec(`PRAGMA synchronous = ${durability === 'off' ? 'OFF' : 'FULL'}`)
    db.exec('PRAGMA secure_delete = ON')
    db.exec(`PRAGMA cache_size = -${CACHE_KIB}`)
    db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    db.exec('PRAGMA foreign_keys = ON')
    migrate(db, path)
    return db
  } catch (cause) {
    db?.close()
    throw explainSqlite(cause, path)
  }
}

/** Opens a store for reading, also while a gate writes to it. */
export function openForReading(path: string): DatabaseSync {
  if (!existsSync(path)) {
    throw new StoreError(
      'missing',
      `no ledger at ${path}: name it with --store or --config, or start the gate once to make it`,
    )
  }
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS })
    db.exec(`PRAGMA cache_size = -${CACHE_KIB}`)
    const version = readVersion(db, path)
    if (version < MIGRATIONS.length) {
      throw new StoreError(
        'failed',
        `${path} has schema version ${version}, this program reads version ${MIGRATIONS.length}: start the gate once to bring it up to date`,
      )
    }
    return db
  } catch (cause) {
    db?.close()
    throw explainSqlite(cause, path)
  }
}

function migrate(db: DatabaseSync, path: string): void {
  if (readVersion(db, path) === MIGRATIONS.length) return
  db.exec('BEGIN EXCLUSIVE')
  try {
    // Read again: another process may have been quicker.
    for (let version = readVersion(db, path); version < MIGRATIONS.length; version++) db.exec(MIGRATIONS[version]!)
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`)
    db.exec('COMMIT')
  } catch (cause) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw cause
  }
}

function readVersion(db: DatabaseSync, path: string): number {
  const application = Number(db.prepare('PRAGMA application_id').get()!['application_id'])
  const version = Number(db.prepare('PRAGMA user_version').get()!['user_version'])
  const tables = Number(db.prepare('SELECT count(*) AS count FROM sqlite_schema').get()!['count'])
  if (application !== APPLICATION_ID && (application !== 0 || version !== 0 || tables !== 0)) {
    throw new StoreError('not-a-ledger', `${path} is a database of another program: name another file in store`)
  }
  if (version > MIGRATIONS.length) {
    throw new StoreError(
      'newer',
      `${path} has schema version ${version}, this program knows up to ${MIGRATIONS.length}: it was written by a newer recourse, use that one`,
    )
  }
  return version
}

/** Says in one line what SQLite says in its own terms. */
export function explainSqlite(cause: unknown, path: string): unknown {
  const text = (problem: string) => `${path}: ${problem}`
  const unopened = cause instanceof Error && 'syscall' in cause
  switch (unopened ? SQLITE_CANTOPEN : sqliteCode(cause)) {
    case SQLITE_NOTADB:
      return new StoreError('not-a-ledger', text('this file is not a ledger; name another file in store'), cause)
    case SQLITE_CORRUPT:
      return new StoreError(
        'not-a-ledger',
        text('the database is damaged; restore it from a backup and verify it'),
        cause,
      )
    case SQLITE_CANTOPEN:
      return new StoreError(
        'unwritable',
        text('cannot be opened; check that its directory exists and that this user may write there'),
        cause,
      )
    case SQLITE_READONLY:
      return new StoreError(
        'unwritable',
        text('may not be written; check the owner and mode of the file and its directory'),
        cause,
      )
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return new StoreError('in-use', text('another process holds the database; try again when it is done'), cause)
    case SQLITE_FULL:
      return new StoreError(
        'failed',
        text('no space is left on the disk; free some, nothing recorded before is lost'),
        cause,
      )
    case undefined:
      return cause
    default:
      return new StoreError('failed', text(`the database cannot be used (${(cause as Error).message})`), cause)
  }
}

/** Marks a file as a Recourse store; read by `file` and by `PRAGMA application_id`. */
const APPLICATION_ID = 0x52_63_72_73

/** Messages are a few KiB long: on bigger pages several rows share one. */
const PAGE_OCTETS = 8_192
const CACHE_KIB = 64 * 1_024
/** Pages in the write-ahead log before they are copied into the database. */
const CHECKPOINT_PAGES = 2_000
const BUSY_TIMEOUT_MS = 5_000

/** The id of an entry is its chain's number times this, plus its `seq`: unique, and in the order of each chain. */
export const CHAIN_SPAN = 2 ** 40

/**
 * Indexes whose order is not that of time are kept for so many entries of a chain at a time: new entries then touch a few
 * pages that all lie in memory, however large the store has become. Whoever looks something up goes through all stretches.
 */
export const STRETCH_ROWS = 4_096

/** Each step brings a store from its place in this list to the next; what was released is never edited. */
const MIGRATIONS = [
  `CREATE TABLE chain (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
   CREATE TABLE entry (
     id INTEGER PRIMARY KEY, entry TEXT NOT NULL, at INTEGER NOT NULL, "transaction" TEXT, receiptHash TEXT,
     noticeKind TEXT, noticeStatus INTEGER, cause TEXT, program TEXT, rule TEXT, policy INTEGER, attestation TEXT,
     optOut INTEGER, peer TEXT, tenant TEXT, erased TEXT, "commitment" TEXT, hash TEXT NOT NULL
   ) STRICT;
   CREATE INDEX entry_at ON entry (at);
   CREATE INDEX entry_transaction ON entry ("transaction", at);
   CREATE INDEX entry_receipt ON entry (substr(receiptHash, 1, 16));
   CREATE TABLE personal (
     id INTEGER PRIMARY KEY, at INTEGER NOT NULL, salt BLOB NOT NULL, receipt TEXT NOT NULL, calling TEXT NOT NULL,
     called TEXT NOT NULL, displayName TEXT NOT NULL, callId TEXT NOT NULL, request BLOB NOT NULL, answer BLOB NOT NULL,
     grounds TEXT NOT NULL
   ) STRICT;
   CREATE INDEX personal_at ON personal (at);
   CREATE INDEX personal_calling ON personal (calling, at);
   CREATE INDEX personal_called ON personal (called, at);
   CREATE TABLE journal (
     id INTEGER PRIMARY KEY, at INTEGER NOT NULL, calling TEXT NOT NULL, called TEXT NOT NULL, peer TEXT NOT NULL,
     trunk TEXT NOT NULL, attestation TEXT NOT NULL, verdict TEXT NOT NULL, rule TEXT NOT NULL
   ) STRICT;
   CREATE INDEX journal_calling ON journal (calling);
   CREATE TABLE checkpoint (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, line TEXT NOT NULL) STRICT;
   CREATE TABLE checkpoint_key (key TEXT PRIMARY KEY, pem TEXT NOT NULL) STRICT;
   CREATE TABLE policy (version INTEGER PRIMARY KEY, at INTEGER NOT NULL, content TEXT NOT NULL UNIQUE) STRICT;
   CREATE TABLE rule (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL) STRICT;
   CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;`,
  `CREATE TABLE text (hash TEXT PRIMARY KEY, parts INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE text_part (hash TEXT NOT NULL, part INTEGER NOT NULL, octets BLOB NOT NULL, PRIMARY KEY (hash, part)) STRICT;
   ALTER TABLE policy ADD COLUMN yaml TEXT;
   CREATE TABLE policy_list (
     version INTEGER NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (version, name)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE policy_step (
     id INTEGER PRIMARY KEY, version INTEGER NOT NULL, at INTEGER NOT NULL, step TEXT NOT NULL, base INTEGER,
     actor TEXT NOT NULL, note TEXT NOT NULL, origin TEXT
   ) STRICT;
   CREATE INDEX policy_step_version ON policy_step (version);
   CREATE TABLE policy_origin (origin TEXT PRIMARY KEY, parts TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE audit (
     id INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, account TEXT NOT NULL, action TEXT NOT NULL,
     subject TEXT NOT NULL, detail TEXT NOT NULL
   ) STRICT;
   CREATE TRIGGER audit_stays_as_written BEFORE UPDATE ON audit
   BEGIN SELECT RAISE(ABORT, 'the audit trail is not edited'); END;
   CREATE TRIGGER audit_stays BEFORE DELETE ON audit
   BEGIN SELECT RAISE(ABORT, 'the audit trail is not edited'); END;`,
  `CREATE TABLE outbox (
     id INTEGER PRIMARY KEY, hook TEXT NOT NULL, entry INTEGER NOT NULL, at INTEGER NOT NULL, due INTEGER NOT NULL,
     attempts INTEGER NOT NULL, UNIQUE (hook, entry)
   ) STRICT;
   CREATE INDEX outbox_due ON outbox (hook, due);
   CREATE TABLE outbox_place (hook TEXT NOT NULL, chain INTEGER NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (hook, chain))
   STRICT, WITHOUT ROWID;`,
  // Nothing asks by it alone, and keeping it cost more than the rest of a row of the journal.
  'DROP INDEX journal_calling',
  REDRESS_TABLES,
  REGISTRY_TABLES,
  ACCOUNT_TABLES,
  MAIL_TABLES,
  // By transaction only what was taken back is looked for; all other indexes in random order wrote a page for each entry.
  `DROP INDEX entry_transaction;
   DROP INDEX entry_receipt;
   DROP INDEX personal_calling;
   DROP INDEX personal_called;
   CREATE INDEX entry_released ON entry ("transaction") WHERE entry = 'released';
   CREATE INDEX entry_receipt ON entry (id / ${STRETCH_ROWS}, substr(receiptHash, 1, 16));
   CREATE INDEX personal_calling ON personal (id / ${STRETCH_ROWS}, calling);
   CREATE INDEX personal_called ON personal (id / ${STRETCH_ROWS}, called);`,
  JOURNAL_AS_NUMBERS,
  ERASURE_INDEXES,
  MONITOR_TABLES,
  DISPUTE_TABLES,
  ALERT_TABLES,
  PROBE_TABLES,
  SHADOW_TABLES,
  // A gate has few rules and peers: new entries end up at the end of each one's stretch, on pages that lie in memory.
  `CREATE INDEX entry_rule ON entry (rule, at) WHERE entry = 'block';
   CREATE INDEX entry_peer ON entry (peer, at) WHERE entry = 'block'`,
  `ALTER TABLE entry ADD COLUMN trunk TEXT;
   CREATE INDEX entry_trunk ON entry (trunk, at) WHERE entry = 'block' AND trunk IS NOT NULL`,
]
