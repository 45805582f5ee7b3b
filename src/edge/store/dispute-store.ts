import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { DisputeEvent } from '#core/dispute/dispute-event.ts'
import { type Dispute, type DisputeStatus, type DisputeTerms, readDispute } from '#core/dispute/dispute.ts'
import { eraseEvent, takeNumberOut } from '#core/dispute/erase.ts'
import { numberPattern, spellingsOf } from '#core/call/spelling.ts'
import { closeDispute } from '#core/dispute/steps.ts'
import { type Actor, insertAudit } from './audit.ts'
import { scrub } from './scrub.ts'
import { type Durability, explainSqlite, openForReading, openForWriting, parseStoreUrl } from './schema.ts'

// Disputes on stable storage. A dispute is its events; `dispute` and `dispute_number` are what lists are made of, and follow
// from them in the same transaction. What opens a case at another desk is in a table of its own that no list reads.

/** What to list; all that is said has to agree. */
export type DisputeFilter = {
  readonly status?: DisputeStatus | undefined
  /** Those only that are not settled: neither verified, upheld nor closed. */
  readonly isOpen?: boolean | undefined
  readonly blocker?: string | undefined
  readonly number?: string | undefined
  /** Those only of which something was due before then; milliseconds since 1970. */
  readonly dueBefore?: number | undefined
}

export type DisputePage = { readonly disputes: readonly Dispute[]; readonly after: string | undefined }

/** When a desk was asked, and when it may be asked again. */
export type Asked = {
  readonly at: number
  /** How often in a row nothing had changed. */
  readonly unchanged: number
  /** Our pace; milliseconds since 1970. */
  readonly notBefore: number
  /** Not before then by the desk's own word, which binds people too; 0 where it said nothing. */
  readonly told: number
}

export type DisputeStoreOptions = {
  readonly durability?: Durability
  /** What is still waited for when nothing is known of the blocker. */
  readonly terms: DisputeTerms
}

/** Reads disputes, also while another process records. */
export class DisputeReader {
  readonly #db: DatabaseSync
  protected readonly terms: DisputeTerms

  constructor(db: DatabaseSync, terms: DisputeTerms) {
    this.#db = db
    this.terms = terms
  }

  /** All events of a dispute in their order; none where there is no such dispute. */
  events(id: string): DisputeEvent[] {
    return this.#db
      .prepare(
        `SELECT dispute_event.* FROM dispute_event JOIN dispute ON dispute.number = dispute_event.dispute
         WHERE dispute.id = ? ORDER BY dispute_event.seq`,
      )
      .all(id)
      .map((row) => readEvent(row, id))
  }

  dispute(id: string, now: number): Dispute | undefined {
    return readDispute(this.events(id), this.terms, now)
  }

  /** Disputes, the last opened first, and the place to go on from where there may be more. */
  disputes(filter: DisputeFilter, after: string | undefined, limit: number, now: number): DisputePage {
    const { where, values } = conditionsOf(filter, after)
    const rows = this.#db
      .prepare(`SELECT id, opened, number FROM dispute ${where} ORDER BY opened DESC, number DESC LIMIT ?`)
      .all(...values, limit)
    const last = rows.length < limit ? undefined : rows.at(-1)
    return {
      disputes: rows.flatMap((row) => this.dispute(String(row['id']), now) ?? []),
      after: last && `${Number(last['opened'])}.${Number(last['number'])}`,
    }
  }

  /** Ids that begin so, a few of them: for whoever types only the beginning. */
  idsLike(beginning: string, limit = 3): string[] {
    return this.#db
      .prepare('SELECT id FROM dispute WHERE id >= ? AND id < ? ORDER BY id LIMIT ?')
      .all(beginning, `${beginning}\u{10ffff}`, limit)
      .map((row) => String(row['id']))
  }

  /** Ids, the last opened first: for a hint where somebody mistyped one. */
  knownIds(limit = 1_000): string[] {
    return this.#db
      .prepare('SELECT id FROM dispute ORDER BY opened DESC LIMIT ?')
      .all(limit)
      .map((row) => String(row['id']))
  }

  blockers(limit = 1_000): string[] {
    return this.#db
      .prepare('SELECT DISTINCT blocker FROM dispute LIMIT ?')
      .all(limit)
      .map((row) => String(row['blocker']))
  }

  /** Disputes of a group that are not settled. */
  openOf(group: number): string[] {
    return this.#db
      .prepare('SELECT id FROM dispute WHERE "group" = ? AND isOpen = 1 ORDER BY number')
      .all(group)
      .map((row) => String(row['id']))
  }

  /** Disputes whose desk can be asked and may be by now, those that waited longest first. */
  toAsk(now: number, limit: number): string[] {
    return this.#db
      .prepare(
        `SELECT dispute.id AS id FROM dispute_secret JOIN dispute ON dispute.number = dispute_secret.dispute
           LEFT JOIN dispute_asked ON dispute_asked.dispute = dispute.number
         WHERE dispute_secret.status IS NOT NULL AND dispute.status NOT IN ('closed', 'upheld')
           AND max(coalesce(notBefore, 0), coalesce(told, 0)) <= ? ORDER BY coalesce(dispute_asked.at, 0), dispute.number LIMIT ?`,
      )
      .all(now, limit)
      .map((row) => String(row['id']))
  }

  /** Settled disputes of which nothing happened since then and that hold something yet, the oldest first. */
  erasable(beforeMs: number, limit: number): string[] {
    return this.#db
      .prepare(
        `SELECT id FROM dispute WHERE isOpen = 0 AND opened < ?1
           AND (SELECT max(at) FROM dispute_event WHERE dispute_event.dispute = dispute.number) < ?1
           AND EXISTS (SELECT 1 FROM dispute_event WHERE dispute_event.dispute = dispute.number AND erasedAt IS NULL)
         ORDER BY opened, number LIMIT ?2`,
      )
      .all(beforeMs, limit)
      .map((row) => String(row['id']))
  }

  /** Disputes in which a number stands anywhere, the oldest first. It reads all of them. */
  holding(number: string): string[] {
    const pattern = numberPattern(number)
    const found = new Set<string>()
    const rows = this.#db
      .prepare(
        'SELECT dispute.id AS id, data FROM dispute_event JOIN dispute ON dispute.number = dispute_event.dispute ORDER BY 1',
      )
      .iterate()
    for (const row of rows) if (String(row['data']).search(pattern) >= 0) found.add(String(row['id']))
    return [...found]
  }

  asked(id: string): Asked | undefined {
    const row = this.#db
      .prepare(
        'SELECT dispute_asked.* FROM dispute_asked JOIN dispute ON dispute.number = dispute_asked.dispute WHERE id = ?',
      )
      .get(id)
    return (
      row && {
        at: Number(row['at']),
        unchanged: Number(row['unchanged']),
        notBefore: Number(row['notBefore']),
        told: Number(row['told']),
      }
    )
  }

  /** Where the state of a dispute is asked: a secret, for asking alone. */
  statusUrl(id: string): string | undefined {
    const row = this.#db
      .prepare(
        'SELECT dispute_secret.status AS status FROM dispute_secret JOIN dispute ON dispute.number = dispute WHERE id = ?',
      )
      .get(id)
    return typeof row?.['status'] === 'string' ? row['status'] : undefined
  }

  close(): void {
    this.#db.close()
  }
}

/** Records disputes. */
export class DisputeStore extends DisputeReader {
  readonly #db: DatabaseSync
  readonly #path: string

  constructor(path: string, { durability = 'full', terms }: DisputeStoreOptions) {
    const db = openForWriting(path, durability)
    super(db, terms)
    this.#db = db
    this.#path = path
  }

  /**
   * Records events of one dispute, all or nothing, on stable storage when it returns; `behind` where somebody was quicker.
   * `contact` is what it was filed with, as the directory has it; `statusUrl` where its state is asked from now on. Throws
   * `StoreError`.
   */
  record(
    events: readonly DisputeEvent[],
    also: {
      readonly contact?: string
      readonly statusUrl?: string | undefined
      /** Who filed it, for the audit trail, and where. */
      readonly filed?: { readonly by: Actor; readonly with: string }
    } = {},
  ): 'recorded' | 'behind' {
    const [first] = events
    if (first === undefined) return 'recorded'
    return this.#change(() => {
      const before = this.events(first.dispute)
      if ((before.at(-1)?.seq ?? 0) + 1 !== first.seq) return 'behind'
      const number = first.kind === 'opened' ? this.#open(first) : this.#numberOf(first.dispute)
      this.#insert(number, events)
      if (events.some(({ kind }) => kind === 'filed')) this.#noteFiled(number, also)
      this.#view(number, readDispute([...before, ...events], this.terms, first.at)!)
      if (also.filed !== undefined) {
        const subject = `dispute ${first.dispute}`
        const detail = { with: also.filed.with }
        insertAudit(this.#db, { at: first.at, by: also.filed.by, action: 'dispute-filed', subject, detail })
      }
      return 'recorded'
    })
  }

  /** The random octets that keys of claims of this dispute are made of; `fresh` ones where there are none yet. */
  seed(id: string, fresh: Uint8Array): Uint8Array {
    return this.#change(() => {
      const number = this.#numberOf(id)
      this.#db
        .prepare(
          'INSERT INTO dispute_secret (dispute, seed) VALUES (?, ?) ON CONFLICT DO UPDATE SET seed = excluded.seed WHERE length(seed) = 0',
        )
        .run(number, fresh)
      const row = this.#db.prepare('SELECT seed FROM dispute_secret WHERE dispute = ?').get(number)!
      return new Uint8Array(row['seed'] as Uint8Array)
    })
  }

  /** Notes that a desk was asked, and when it may be asked again. */
  noteAsked(id: string, { at, unchanged, notBefore, told }: Asked): void {
    this.#change(() => {
      this.#db
        .prepare(
          `INSERT INTO dispute_asked (dispute, at, unchanged, notBefore, told) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET at = excluded.at, unchanged = excluded.unchanged, notBefore = excluded.notBefore,
             told = excluded.told`,
        )
        .run(this.#numberOf(id), at, unchanged, notBefore, told)
    })
  }

  /**
   * Takes persons out of settled disputes of which nothing happened since then: numbers, calls, texts, contacts and ids. When
   * it was opened, filed, answered and lifted stays, and how it ended. Answers of how many, `limit` at most. With `by` the audit
   * trail says so.
   */
  erase(beforeMs: number, atMs: number, limit = ERASE_DISPUTES, by?: Actor): number {
    return this.#change(() => {
      const ids = this.erasable(beforeMs, limit)
      for (const id of ids) {
        const number = this.#numberOf(id)
        this.#rewrite(number, id, this.events(id).map(eraseEvent), atMs)
        this.#db.prepare('DELETE FROM dispute_number WHERE dispute = ?').run(number)
        this.#forgetDesk(number)
        this.#db.prepare(`UPDATE dispute SET contact = '' WHERE number = ?`).run(number)
      }
      if (by !== undefined && ids.length > 0) this.#noteErased(by, atMs, 'age', ids.length)
      return ids.length
    })
  }

  /**
   * Takes a number out of all disputes, with the ids and pages of its calls. One that is of no other number is over: it is
   * closed, and its desk is asked no more. Answers of how many it was taken out.
   */
  eraseNumber(number: string, atMs: number, by: Actor): number {
    return this.#change(() => {
      const ids = this.holding(number)
      for (const id of ids) {
        const row = this.#numberOf(id)
        const events = this.events(id)
        const left = events.flatMap((event) => takeNumberOut(event, number) ?? [])
        this.#rewrite(row, id, left, atMs)
        for (const spelling of spellingsOf(number))
          this.#db.prepare('DELETE FROM dispute_number WHERE dispute = ? AND number = ?').run(row, spelling)
        const dispute = this.dispute(id, atMs)!
        if (dispute.subject.numbers.length > 0) continue
        this.#forgetDesk(row)
        const step = closeDispute(dispute, 'its number was erased', { by: by.name, at: atMs })
        if (step.kind === 'events') this.#insert(row, step.events)
        this.#view(row, this.dispute(id, atMs)!)
      }
      if (ids.length > 0) this.#noteErased(by, atMs, 'number', ids.length)
      return ids.length
    })
  }

  /** Makes the octets of what was erased go from the files now; false while a reader holds them. */
  scrub(): boolean {
    return scrub(this.#db, Infinity)
  }

  #rewrite(number: number, id: string, events: readonly DisputeEvent[], atMs: number): void {
    const update = this.#db.prepare('UPDATE dispute_event SET data = ?, erasedAt = ? WHERE dispute = ? AND seq = ?')
    for (const { seq, data } of events) update.run(JSON.stringify(data), atMs, number, seq)
    this.#view(number, this.dispute(id, atMs)!)
  }

  /** What opens the case at a desk, and when it was asked. */
  #forgetDesk(number: number): void {
    this.#db.prepare('DELETE FROM dispute_secret WHERE dispute = ?').run(number)
    this.#db.prepare('DELETE FROM dispute_asked WHERE dispute = ?').run(number)
  }

  #noteErased(by: Actor, at: number, chosenBy: 'age' | 'number', disputes: number): void {
    const detail = { by: chosenBy, disputes }
    insertAudit(this.#db, { at, by, action: 'personal-data-erased', subject: 'disputes', detail })
  }

  #insert(number: number, events: readonly DisputeEvent[]): void {
    const insert = this.#db.prepare(
      'INSERT INTO dispute_event (dispute, seq, at, "by", kind, data) VALUES (?, ?, ?, ?, ?, ?)',
    )
    for (const { seq, at, by, kind, data } of events) insert.run(number, seq, at, by, kind, JSON.stringify(data))
  }

  #open({ dispute, at, data }: Extract<DisputeEvent, { readonly kind: 'opened' }>): number {
    const { lastInsertRowid } = this.#db
      .prepare(
        `INSERT INTO dispute (id, opened, seq, status, isOpen, blocker, "group", due, contact)
         VALUES (?, ?, 0, 'draft', 1, ?, ?, ?, '')`,
      )
      .run(dispute, at, data.blocker, data.group ?? null, NEVER)
    const insert = this.#db.prepare('INSERT OR IGNORE INTO dispute_number (number, dispute) VALUES (?, ?)')
    for (const number of data.numbers) insert.run(number, lastInsertRowid)
    return Number(lastInsertRowid)
  }

  /** Filed again, the case of before is asked for no more. */
  #noteFiled(
    number: number,
    { contact = '', statusUrl }: { readonly contact?: string; readonly statusUrl?: string | undefined },
  ): void {
    this.#db.prepare('UPDATE dispute SET contact = ? WHERE number = ?').run(contact, number)
    this.#db
      .prepare(
        'INSERT INTO dispute_secret (dispute, seed, status) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET status = excluded.status',
      )
      .run(number, new Uint8Array(0), statusUrl ?? null)
    this.#db.prepare('DELETE FROM dispute_asked WHERE dispute = ?').run(number)
  }

  #view(number: number, dispute: Dispute): void {
    const { seq, status, due, filedAt, answeredAt, liftedAt } = dispute
    this.#db
      .prepare(
        `UPDATE dispute SET seq = ?, status = ?, isOpen = ?, due = ?, filedAt = ?, answeredAt = ?, liftedAt = ?
         WHERE number = ?`,
      )
      .run(
        seq,
        status,
        SETTLED.has(status) ? 0 : 1,
        due?.at ?? NEVER,
        filedAt ?? null,
        answeredAt ?? null,
        liftedAt ?? null,
        number,
      )
  }

  #numberOf(id: string): number {
    const row = this.#db.prepare('SELECT number FROM dispute WHERE id = ?').get(id)
    if (row === undefined) throw new Error('no such dispute')
    return Number(row['number'])
  }

  #change<T>(work: () => T): T {
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      const done = work()
      this.#db.exec('COMMIT')
      return done
    } catch (cause) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw explainSqlite(cause, this.#path)
    }
  }
}

/** Opens the disputes of a store, and makes it if there is none. Throws `StoreError`. */
export function openDisputeStore(url: string, options: DisputeStoreOptions): DisputeStore {
  return new DisputeStore(parseStoreUrl(url), options)
}

/** Opens the disputes of a store that is there, for reading. Throws `StoreError`. */
export function openDisputeReader(url: string, terms: DisputeTerms): DisputeReader {
  return new DisputeReader(openForReading(parseStoreUrl(url)), terms)
}

function conditionsOf(
  { status, isOpen, blocker, number, dueBefore }: DisputeFilter,
  after: string | undefined,
): { where: string; values: SQLInputValue[] } {
  const conditions: string[] = []
  const values: SQLInputValue[] = []
  const also = (condition: string, ...given: SQLInputValue[]): void => {
    conditions.push(condition)
    values.push(...given)
  }
  if (status !== undefined) also('status = ?', status)
  if (isOpen !== undefined) also('isOpen = ?', isOpen ? 1 : 0)
  if (blocker !== undefined) also('blocker = ?', blocker)
  if (number !== undefined) also('number IN (SELECT dispute FROM dispute_number WHERE number = ?)', number)
  if (dueBefore !== undefined) also('due < ?', dueBefore)
  const [, opened, row] = /^(\d{1,16})\.(\d{1,15})$/.exec(after ?? '') ?? []
  if (opened !== undefined) also('(opened, number) < (?, ?)', Number(opened), Number(row))
  return { where: conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`, values }
}

function readEvent(row: Readonly<Record<string, SQLOutputValue>>, dispute: string): DisputeEvent {
  const { seq, at, by, kind, data } = row
  const event = { dispute, seq: Number(seq), at: Number(at), by: String(by), kind, data: JSON.parse(String(data)) }
  return event as DisputeEvent
}

const SETTLED: ReadonlySet<DisputeStatus> = new Set(['verified', 'upheld', 'closed'])
/** Disputes that one erasure takes. */
const ERASE_DISPUTES = 200
const NEVER = Number.MAX_SAFE_INTEGER
