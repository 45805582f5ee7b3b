import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { hashPolicy, hashText, type PolicyText } from '#core/ledger/policy-text.ts'
import {
  insertAudit,
  readAudit,
  type Actor,
  type AuditAction,
  type AuditEntry,
  type AuditFilter,
  type AuditRow,
} from './audit.ts'
import { explainSqlite, openForReading, openForWriting, parseStoreUrl } from './schema.ts'
import { isKept, keepText, readText } from './texts.ts'

/** What happened to a version: who, when, why, and which version was in force before. */
export type PolicyStep = {
  readonly version: number
  readonly at: number
  readonly step: 'staged' | 'applied'
  readonly base: number | undefined
  readonly actor: string
  readonly note: string
  /** The file it was taken from; undefined for one that was made in the store. */
  readonly origin: string | undefined
}

/** A version: its number, which the ledger's rows name, and how it came to stand. */
export type PolicyVersion = {
  readonly version: number
  readonly madeMs: number
  /** SHA-256 over all it is made of. */
  readonly hash: string
  readonly state: PolicyState
  /** What each list was when the version was made: the SHA-256 of its text by its name. */
  readonly lists: ReadonlyMap<string, string>
  /** Oldest first. */
  readonly steps: readonly PolicyStep[]
}

/** In force; in force once; waiting for a second person; staged once and never applied. */
export type PolicyState = 'applied' | 'replaced' | 'staged' | 'dropped'

/** What stood in a file and its lists when they were last taken from there: the SHA-256 of each part. */
export type PolicyParts = { readonly yaml: string; readonly lists: ReadonlyMap<string, string> }

/** One change of what is in force or waits to be. */
export type PolicyChange = {
  /** A text, which becomes a version or is found to be one, or the number of a version. */
  readonly of: PolicyText | number
  readonly step: 'staged' | 'applied'
  /** The version that was in force when the change was looked at: where another one is by now, nothing happens. */
  readonly base: number | undefined
  readonly by: Actor
  readonly note: string
  readonly origin: { readonly file: string; readonly parts: PolicyParts } | undefined
  readonly action: AuditAction
  readonly detail: AuditEntry['detail']
  readonly atMs: number
}

export type PolicyChanged =
  | { readonly kind: 'changed'; readonly version: number }
  /** Somebody else was quicker. */
  | { readonly kind: 'overtaken'; readonly inForce: number | undefined }

export type PolicyReader = {
  /** The version in force; undefined for a store in which none was ever applied. */
  inForce(): PolicyVersion | undefined
  /** The number of the version that was in force at a time. */
  inForceAt(atMs: number): number | undefined
  find(version: number): PolicyVersion | undefined
  /** Newest first; those below `before`, where it is said. */
  list(limit: number, before?: number): PolicyVersion[]
  /** What came into force next after a version was last in force; undefined for the one in force and one that never was. */
  replacedBy(version: number): PolicyStep | undefined
  /** Undefined for a version that is not there or was made before texts were kept. */
  text(version: number): PolicyText | undefined
  /** What a file was made of when it was last taken. */
  partsOf(file: string): PolicyParts | undefined
  audit(filter: AuditFilter, limit: number): AuditRow[]
  close(): void
}

export type PolicyStore = PolicyReader & {
  /** Makes the change, and its entry in the audit trail, at once or not at all. */
  change(change: PolicyChange): PolicyChanged
  /** Remembers what a file is made of, so that it is taken again only when it has changed. */
  rememberParts(file: string, parts: PolicyParts): void
  noteAudit(entry: AuditEntry): void
}

/** Opens the policies of a store for reading; a gate may be writing to it. Throws StoreError. */
export function openPolicyReader(url: string): PolicyReader {
  const path = parseStoreUrl(url)
  return reading(openForReading(path), path)
}

/** Opens the policies of a store for changes, beside a gate that writes to it. Throws StoreError. */
export function openPolicyStore(url: string): PolicyStore {
  const path = parseStoreUrl(url)
  const db = openForWriting(path, 'full')
  const explained = <T>(write: () => T) => explain(path, write)
  return {
    ...reading(db, path),
    change: (change) => explained(() => changePolicy(db, change)),
    rememberParts: (file, parts) => explained(() => insertParts(db, file, parts)),
    noteAudit: (entry) => explained(() => insertAudit(db, entry)),
  }
}

/** The parts of a policy by their hashes. */
export function partsOf({ yaml, lists }: PolicyText): PolicyParts {
  return { yaml: hashText(yaml), lists: new Map(Array.from(lists, ([name, text]) => [name, hashText(text)])) }
}

function reading(db: DatabaseSync, path: string): PolicyReader {
  const explained = <T>(read: () => T) => explain(path, read)
  return {
    inForce: () => explained(() => find(db, inForce(db))),
    inForceAt: (atMs) => explained(() => inForceAt(db, atMs)),
    find: (version) => explained(() => find(db, version)),
    replacedBy: (version) => explained(() => replacedBy(db, version)),
    list: (limit, before = Number.MAX_SAFE_INTEGER) =>
      explained(() =>
        db
          .prepare('SELECT version FROM policy WHERE version < ? ORDER BY version DESC LIMIT ?')
          .all(before, limit)
          .map(({ version }) => find(db, Number(version))!),
      ),
    text: (version) => explained(() => policyText(db, version)),
    partsOf: (file) => explained(() => parts(db, file)),
    audit: (filter, limit) => explained(() => readAudit(db, filter, limit)),
    close: () => db.close(),
  }
}

function changePolicy(db: DatabaseSync, change: PolicyChange): PolicyChanged {
  const { of, step, base, by, note, origin, action, detail, atMs } = change
  // Before the transaction: a long list must not keep a gate from recording.
  const kept = typeof of === 'number' ? undefined : keepPolicy(db, of)
  db.exec('BEGIN IMMEDIATE')
  try {
    const before = inForce(db)
    if (before !== base) {
      db.exec('ROLLBACK')
      return { kind: 'overtaken', inForce: before }
    }
    // Their time was up between then and now.
    if (kept !== undefined && ![kept.yaml, ...kept.lists.map(([, text]) => text)].every((hash) => isKept(db, hash))) {
      db.exec('ROLLBACK')
      return changePolicy(db, change)
    }
    const version = typeof of === 'number' ? of : insertVersion(db, kept!, atMs)
    db.prepare(
      'INSERT INTO policy_step (version, at, step, base, actor, note, origin) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ).run(version, atMs, step, base ?? null, by.name, note, origin?.file ?? null)
    if (origin !== undefined) insertParts(db, origin.file, origin.parts)
    insertAudit(db, {
      at: atMs,
      by,
      action,
      subject: `policy ${version}`,
      detail: { ...detail, ...(note !== '' && { note }) },
    })
    db.exec('COMMIT')
    return { kind: 'changed', version }
  } catch (cause) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw cause
  }
}

type KeptPolicy = {
  readonly hash: string
  readonly yaml: string
  readonly lists: readonly (readonly [string, string])[]
}

function keepPolicy(db: DatabaseSync, text: PolicyText): KeptPolicy {
  const lists = Array.from(text.lists, ([name, list]) => [name, keepText(db, list)] as const)
  return { hash: hashPolicy(text), yaml: keepText(db, text.yaml), lists }
}

/** The version of a policy whose texts are kept: a new number for new content, the old number for content seen before. */
function insertVersion(db: DatabaseSync, { hash, yaml, lists }: KeptPolicy, atMs: number): number {
  const seen = db.prepare('SELECT version FROM policy WHERE content = ?').get(hash)
  if (seen !== undefined) return Number(seen['version'])
  const { lastInsertRowid } = db
    .prepare('INSERT INTO policy (at, content, yaml) VALUES (?, ?, ?)')
    .run(atMs, hash, yaml)
  const insert = db.prepare('INSERT INTO policy_list (version, name, text) VALUES (?, ?, ?)')
  for (const [name, text] of lists) insert.run(lastInsertRowid, name, text)
  return Number(lastInsertRowid)
}

function insertParts(db: DatabaseSync, file: string, { yaml, lists }: PolicyParts): void {
  db.prepare('INSERT OR REPLACE INTO policy_origin (origin, parts) VALUES (?, ?)').run(
    file,
    JSON.stringify({ yaml, lists: [...lists] }),
  )
}

function parts(db: DatabaseSync, file: string): PolicyParts | undefined {
  const row = db.prepare('SELECT parts FROM policy_origin WHERE origin = ?').get(file)
  if (row === undefined) return undefined
  const { yaml, lists } = JSON.parse(String(row['parts'])) as { yaml: string; lists: [string, string][] }
  return { yaml, lists: new Map(lists) }
}

/** The version of the last step that put one into force: by the order of the rows, whatever clocks said. */
export function inForce(db: DatabaseSync): number | undefined {
  const row = db.prepare("SELECT version FROM policy_step WHERE step = 'applied' ORDER BY id DESC LIMIT 1").get()
  return row === undefined ? undefined : Number(row['version'])
}

function inForceAt(db: DatabaseSync, atMs: number): number | undefined {
  const row = db
    .prepare("SELECT version FROM policy_step WHERE step = 'applied' AND at <= ? ORDER BY id DESC LIMIT 1")
    .get(atMs)
  return row === undefined ? undefined : Number(row['version'])
}

function find(db: DatabaseSync, version: number | undefined): PolicyVersion | undefined {
  const row = version === undefined ? undefined : db.prepare('SELECT * FROM policy WHERE version = ?').get(version)
  if (version === undefined || row === undefined) return undefined
  const steps = db.prepare('SELECT * FROM policy_step WHERE version = ? ORDER BY id').all(version).map(stepOf)
  const lists = db.prepare('SELECT name, text FROM policy_list WHERE version = ? ORDER BY name').all(version)
  return {
    version,
    madeMs: Number(row['at']),
    hash: String(row['content']),
    state: stateOf(steps, inForce(db), version),
    lists: new Map(lists.map(({ name, text }) => [String(name), String(text)])),
    steps,
  }
}

function stepOf(row: Record<string, SQLOutputValue>): PolicyStep {
  return {
    version: Number(row['version']),
    at: Number(row['at']),
    step: row['step'] === 'applied' ? 'applied' : 'staged',
    base: row['base'] === null ? undefined : Number(row['base']),
    actor: String(row['actor']),
    note: String(row['note']),
    origin: row['origin'] === null ? undefined : String(row['origin']),
  }
}

function replacedBy(db: DatabaseSync, version: number): PolicyStep | undefined {
  const row = db
    .prepare(
      `SELECT * FROM policy_step WHERE step = 'applied' AND id > (
         SELECT max(id) FROM policy_step WHERE step = 'applied' AND version = ?) ORDER BY id LIMIT 1`,
    )
    .get(version)
  return row && stepOf(row)
}

function stateOf(steps: readonly PolicyStep[], inForce: number | undefined, version: number): PolicyState {
  if (version === inForce) return 'applied'
  const last = steps.at(-1)
  if (last?.step === 'staged' && last.base === inForce) return 'staged'
  // One without a step was in force before steps were kept.
  return steps.length === 0 || steps.some(({ step }) => step === 'applied') ? 'replaced' : 'dropped'
}

function policyText(db: DatabaseSync, version: number): PolicyText | undefined {
  const yaml = db.prepare('SELECT yaml FROM policy WHERE version = ?').get(version)?.['yaml']
  if (typeof yaml !== 'string') return undefined
  const lists = db.prepare('SELECT name, text FROM policy_list WHERE version = ? ORDER BY name').all(version)
  return {
    yaml: readText(db, yaml),
    lists: new Map(lists.map(({ name, text }) => [String(name), readText(db, String(text))])),
  }
}

function explain<T>(path: string, use: () => T): T {
  try {
    return use()
  } catch (cause) {
    throw explainSqlite(cause, path)
  }
}
