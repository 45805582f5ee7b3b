import type { DatabaseSync } from 'node:sqlite'
import type { LinkKind } from '#core/account/accounts.ts'
import { type Permission, type Role, parsePermission, parseRole } from '#core/account/permission.ts'
import { type AuditEntry, type AuditFilter, type AuditRow, insertAudit, readAudit } from './audit.ts'
import type { Row } from './rows.ts'
import { explainSqlite, openForWriting, parseStoreUrl } from './schema.ts'

/** An account as it is kept. */
export type AccountRow = {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly isActive: boolean
  /** As `PasswordHasher` writes it; undefined for who signs in by another's word, or has yet to choose one. */
  readonly password: string | undefined
  readonly totp: Uint8Array | undefined
  /** A second factor of which no code was seen yet. */
  readonly totpPending: Uint8Array | undefined
  /** The last step whose code was used. */
  readonly totpStep: number
  readonly madeAt: number
  readonly signedInAt: number | undefined
}

export type SessionRow = {
  readonly hash: string
  readonly account: string
  readonly way: SessionWay
  readonly madeAt: number
  readonly seenAt: number
  readonly until: number
}

export type SessionWay = 'password' | 'oidc'

export type TokenRow = {
  readonly id: string
  readonly hash: string
  readonly account: string
  readonly name: string
  readonly scopes: readonly Permission[]
  readonly madeAt: number
  readonly until: number
  readonly endedAt: number | undefined
  readonly usedAt: number | undefined
}

export type LinkRow = {
  readonly hash: string
  readonly kind: LinkKind
  readonly name: string | undefined
  readonly role: Role
  readonly account: string | undefined
  readonly madeAt: number
  readonly until: number
}

/** Accounts and what lets them in. Each step is whole by itself; several are one in `atOnce`. */
export type AccountStore = {
  /** All of it or nothing, on stable storage when it returns; nobody else writes meanwhile. */
  atOnce<Value>(change: () => Value): Value
  note(entry: AuditEntry): void

  account(id: string): AccountRow | undefined
  accountNamed(name: string): AccountRow | undefined
  accounts(): readonly AccountRow[]
  count(): number
  activeAdmins(): number
  insertAccount(account: Pick<AccountRow, 'id' | 'name' | 'role' | 'password' | 'madeAt'>): void
  setRole(id: string, role: Role): void
  setActive(id: string, isActive: boolean): void
  setPassword(id: string, password: string | undefined): void
  setTotp(id: string, totp: Uint8Array | undefined): void
  setTotpPending(id: string, totp: Uint8Array | undefined): void
  /** Whether the step is later than the last one used, which it is from now on. */
  useStep(id: string, step: number): boolean
  setSignedIn(id: string, atMs: number): void

  replaceRecovery(account: string, hashes: readonly string[]): void
  /** Whether the account had this one; it has it no more. */
  useRecovery(account: string, hash: string): boolean

  session(hash: string): SessionRow | undefined
  insertSession(session: SessionRow): void
  touchSession(hash: string, seenAt: number): void
  endSession(hash: string): void
  endSessions(account: string): number
  /** Forgets what is over: sessions not seen since `seenMs`, and links and sessions past their time. */
  sweep(seenMs: number, nowMs: number): void

  tokenByHash(hash: string): TokenRow | undefined
  tokens(account: string): readonly TokenRow[]
  insertToken(token: Omit<TokenRow, 'endedAt' | 'usedAt'>): void
  touchToken(id: string, usedAt: number): void
  endToken(account: string, id: string, atMs: number): boolean

  link(hash: string): LinkRow | undefined
  insertLink(link: LinkRow): void
  /** Of one kind, that are good still, oldest first. */
  links(kind: LinkKind, nowMs: number): readonly LinkRow[]
  endLink(hash: string): boolean
  endLinksOfKind(kind: LinkKind): void
  endLinksOf(account: string): void

  accountOfIdentity(issuer: string, subject: string): AccountRow | undefined
  insertIdentity(issuer: string, subject: string, account: string, madeAt: number): void
  endIdentities(account: string): void

  audit(filter: AuditFilter, limit: number): readonly AuditRow[]
  close(): void
}

/** Opens the accounts of a store, beside whatever else writes to it. Throws StoreError. */
export function openAccountStore(url: string): AccountStore {
  const path = parseStoreUrl(url)
  const store = accountsIn(openForWriting(path, 'full'))
  return {
    ...store,
    atOnce: (change) => {
      try {
        return store.atOnce(change)
      } catch (cause) {
        throw explainSqlite(cause, path)
      }
    },
  }
}

/** The same on a connection that is open already. */
export function accountsIn(db: DatabaseSync): AccountStore {
  const run = (sql: string, ...values: (string | number | bigint | Uint8Array | null)[]): number =>
    Number(db.prepare(sql).run(...values).changes)
  const find = <Value>(read: (row: Row) => Value, sql: string, ...values: string[]): Value | undefined => {
    const row = db.prepare(sql).get(...values)
    return row === undefined ? undefined : read(row)
  }
  return {
    atOnce: (change) => atOnce(db, change),
    note: (entry) => insertAudit(db, entry),

    account: (id) => find(readAccount, 'SELECT * FROM account WHERE id = ?', id),
    accountNamed: (name) => find(readAccount, 'SELECT * FROM account WHERE name = ?', name),
    accounts: () => db.prepare('SELECT * FROM account ORDER BY name').all().map(readAccount),
    count: () => Number(db.prepare('SELECT count(*) AS count FROM account').get()!['count']),
    activeAdmins: () =>
      Number(db.prepare("SELECT count(*) AS count FROM account WHERE role = 'admin' AND isActive = 1").get()!['count']),
    insertAccount: ({ id, name, role, password, madeAt }) =>
      void run(
        'INSERT INTO account (id, name, role, isActive, password, totpStep, made) VALUES (?, ?, ?, 1, ?, -1, ?)',
        id,
        name,
        role,
        password ?? null,
        madeAt,
      ),
    setRole: (id, role) => void run('UPDATE account SET role = ? WHERE id = ?', role, id),
    setActive: (id, isActive) => void run('UPDATE account SET isActive = ? WHERE id = ?', isActive ? 1 : 0, id),
    setPassword: (id, password) => void run('UPDATE account SET password = ? WHERE id = ?', password ?? null, id),
    setTotp: (id, totp) => void run('UPDATE account SET totp = ?, totpPending = NULL WHERE id = ?', totp ?? null, id),
    setTotpPending: (id, totp) => void run('UPDATE account SET totpPending = ? WHERE id = ?', totp ?? null, id),
    useStep: (id, step) => run('UPDATE account SET totpStep = ? WHERE id = ? AND totpStep < ?', step, id, step) === 1,
    setSignedIn: (id, atMs) => void run('UPDATE account SET signedIn = ? WHERE id = ?', atMs, id),

    replaceRecovery: (account, hashes) => {
      run('DELETE FROM account_recovery WHERE account = ?', account)
      for (const hash of hashes) run('INSERT INTO account_recovery (hash, account) VALUES (?, ?)', hash, account)
    },
    useRecovery: (account, hash) =>
      run('DELETE FROM account_recovery WHERE account = ? AND hash = ?', account, hash) === 1,

    session: (hash) => find(readSession, 'SELECT * FROM account_session WHERE hash = ?', hash),
    insertSession: ({ hash, account, way, madeAt, seenAt, until }) =>
      void run('INSERT INTO account_session VALUES (?, ?, ?, ?, ?, ?)', hash, account, way, madeAt, seenAt, until),
    touchSession: (hash, seenAt) => void run('UPDATE account_session SET seen = ? WHERE hash = ?', seenAt, hash),
    endSession: (hash) => void run('DELETE FROM account_session WHERE hash = ?', hash),
    endSessions: (account) => run('DELETE FROM account_session WHERE account = ?', account),
    sweep: (seenMs, nowMs) => {
      run('DELETE FROM account_session WHERE seen < ? OR until <= ?', seenMs, nowMs)
      run('DELETE FROM account_link WHERE until <= ?', nowMs)
    },

    tokenByHash: (hash) => find(readToken, 'SELECT * FROM account_token WHERE hash = ?', hash),
    tokens: (account) =>
      db.prepare('SELECT * FROM account_token WHERE account = ? ORDER BY made, id').all(account).map(readToken),
    insertToken: ({ id, hash, account, name, scopes, madeAt, until }) =>
      void run(
        'INSERT INTO account_token (id, hash, account, name, scopes, made, until) VALUES (?, ?, ?, ?, ?, ?, ?)',
        id,
        hash,
        account,
        name,
        scopes.join(' '),
        madeAt,
        until,
      ),
    touchToken: (id, usedAt) => void run('UPDATE account_token SET used = ? WHERE id = ?', usedAt, id),
    endToken: (account, id, atMs) =>
      run('UPDATE account_token SET ended = ? WHERE account = ? AND id = ? AND ended IS NULL', atMs, account, id) === 1,

    link: (hash) => find(readLink, 'SELECT * FROM account_link WHERE hash = ?', hash),
    insertLink: ({ hash, kind, name, role, account, madeAt, until }) =>
      void run(
        'INSERT INTO account_link VALUES (?, ?, ?, ?, ?, ?, ?)',
        hash,
        kind,
        name ?? null,
        role,
        account ?? null,
        madeAt,
        until,
      ),
    links: (kind, nowMs) =>
      db
        .prepare('SELECT * FROM account_link WHERE kind = ? AND until > ? ORDER BY made, hash')
        .all(kind, nowMs)
        .map(readLink),
    endLink: (hash) => run('DELETE FROM account_link WHERE hash = ?', hash) === 1,
    endLinksOfKind: (kind) => void run('DELETE FROM account_link WHERE kind = ?', kind),
    endLinksOf: (account) => void run('DELETE FROM account_link WHERE account = ?', account),

    accountOfIdentity: (issuer, subject) =>
      find(
        readAccount,
        `SELECT account.* FROM account_identity JOIN account ON account.id = account_identity.account
         WHERE issuer = ? AND subject = ?`,
        issuer,
        subject,
      ),
    insertIdentity: (issuer, subject, account, madeAt) =>
      void run('INSERT INTO account_identity VALUES (?, ?, ?, ?)', issuer, subject, account, madeAt),
    endIdentities: (account) => void run('DELETE FROM account_identity WHERE account = ?', account),

    audit: (filter, limit) => readAudit(db, filter, limit),
    close: () => db.close(),
  }
}

function atOnce<Value>(db: DatabaseSync, change: () => Value): Value {
  // One within another is part of the outer one.
  if (db.isTransaction) return change()
  db.exec('BEGIN IMMEDIATE')
  try {
    const value = change()
    db.exec('COMMIT')
    return value
  } catch (cause) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw cause
  }
}

function readAccount(row: Row): AccountRow {
  return {
    id: String(row['id']),
    name: String(row['name']),
    role: roleIn(row),
    isActive: row['isActive'] === 1,
    password: textIn(row, 'password'),
    totp: octetsIn(row, 'totp'),
    totpPending: octetsIn(row, 'totpPending'),
    totpStep: Number(row['totpStep']),
    madeAt: Number(row['made']),
    signedInAt: numberIn(row, 'signedIn'),
  }
}

function readSession(row: Row): SessionRow {
  return {
    hash: String(row['hash']),
    account: String(row['account']),
    way: row['way'] === 'oidc' ? 'oidc' : 'password',
    madeAt: Number(row['made']),
    seenAt: Number(row['seen']),
    until: Number(row['until']),
  }
}

function readToken(row: Row): TokenRow {
  return {
    id: String(row['id']),
    hash: String(row['hash']),
    account: String(row['account']),
    name: String(row['name']),
    scopes: String(row['scopes'])
      .split(' ')
      .flatMap((word) => parsePermission(word) ?? []),
    madeAt: Number(row['made']),
    until: Number(row['until']),
    endedAt: numberIn(row, 'ended'),
    usedAt: numberIn(row, 'used'),
  }
}

function readLink(row: Row): LinkRow {
  return {
    hash: String(row['hash']),
    kind: String(row['kind']) as LinkKind,
    name: textIn(row, 'name'),
    role: roleIn(row),
    account: textIn(row, 'account'),
    madeAt: Number(row['made']),
    until: Number(row['until']),
  }
}

/** A role that this version does not know may do nothing: it never comes to that by what is written here. */
function roleIn(row: Row): Role {
  const role = parseRole(String(row['role']))
  if (role === undefined) throw new Error('the store holds an account of an unknown role')
  return role
}

function textIn(row: Row, name: string): string | undefined {
  return row[name] === null ? undefined : String(row[name])
}

function numberIn(row: Row, name: string): number | undefined {
  return row[name] === null ? undefined : Number(row[name])
}

function octetsIn(row: Row, name: string): Uint8Array | undefined {
  const value = row[name]
  return value instanceof Uint8Array ? value : undefined
}
