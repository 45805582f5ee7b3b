// One thing: cases on stable storage. What is recorded, what is read back, and the tables that lists are made of.
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { hash } from 'node:crypto'
import { type Case, type CaseTerms, holdsEntries, isOpenStatus, readCase } from '#core/redress/case.ts'
import type { CaseActor, CaseEvent } from '#core/redress/case-event.ts'
import type { CaseStatus } from '#core/redress/case-view.ts'
import type { DeskChange } from '#core/redress/change.ts'
import type { CaseTimes } from '#core/redress/monthly.ts'
import { eraseEvent } from '#core/redress/erase-event.ts'
import type { CaseDue, CaseFilter, CasePage, CaseSummary } from '#core/redress/office.ts'
import type { ProofChallenge } from '#core/redress/proof.ts'
import type { Standing } from '#core/redress/standing.ts'
import { readSearch, searchOf, summaryOf } from '#core/redress/view-case.ts'
import { type AuditAction, insertAudit } from './audit.ts'
import { Conditions } from './conditions.ts'
import {
  confirmAddress,
  confirmWaitMs,
  eraseAddresses,
  eraseMail,
  eraseThread,
  giveUpWaiting,
  insertMail,
} from './mail-store.ts'
import { type Durability, openForWriting, parseStoreUrl } from './schema.ts'
import {
  type StandingChange,
  endStanding,
  eraseStanding,
  insertStanding,
  readLiftChanges,
  readStandingOf,
  readStandingOn,
} from './standing-store.ts'

export type DeskStore = {
  /**
   * Records all of a change, on stable storage, or nothing: `behind` where somebody was quicker or a mark is there already.
   * Throws what SQLite throws where the store cannot take it.
   */
  record(change: DeskChange): 'recorded' | 'behind'
  /** All events of a case in their order; none where there is no such case. */
  events(id: string): CaseEvent[]
  /** The case that a link leads to, by the SHA-256 of its token. */
  caseOf(token: string, purpose: 'status' | 'confirm', now: number): string | undefined
  cases(filter: CaseFilter, after: string | undefined, limit: number, now: number): CasePage
  /** Other cases of the same numbers, receipts or claimant, newest first. */
  related(id: string, which: 'open' | 'all', limit: number, now: number): CaseSummary[]
  /** How many cases wait for somebody of the desk. */
  waiting(): number
  /** How many wait for their address to be confirmed. */
  unconfirmed(): number
  /** The cases that have waited longest for their address to be confirmed; those without a receipt first. */
  oldestUnconfirmed(limit: number): string[]
  /** How long until a message that asks to confirm could leave to an address that gets `perDay` in 24 hours; 0 for now. */
  mailWaitMs(address: string, perDay: number, now: number): number
  /** Cases whose time may be up, or of which something is due before then, what is due first first; `after` is where it goes on. */
  dueBefore(
    time: number,
    limit: number,
    after?: string,
  ): { readonly cases: readonly { readonly id: string; readonly due: CaseDue }[]; readonly after: string | undefined }
  /** Cases with a lift whose entries are all past their time. */
  liftsOver(now: number, limit: number): string[]
  challenges(id: string, now: number): ProofChallenge[]
  /**
   * Whether somebody, of a case or a registration, was asked to call that number from a calling number, or from any where none
   * is named, and still may.
   */
  isDialled(dial: string, number: string | undefined, at: number): boolean
  /** The cases that wait for a call from a number to a number at that time. */
  challenged(number: string, dial: string, at: number): string[]
  /** Entries that are in force for a called number, or of a case. */
  standingFor(called: string): Standing[]
  standingOf(id: string): Standing[]
  /** Lifts in force that a calling number is in. */
  liftsOn(number: string, at: number): Standing[]
  /** Lifts that were added or have ended behind a change, in order. */
  liftChanges(since: number): StandingChange[]
  /** Registrations in force that a calling number is in. */
  registeredOn(number: string, at: number): Standing[]
  mark(name: string): string | undefined
  place(name: string): number | undefined
  setPlace(name: string, value: number): void
  /** What figures are made of, of claims that came within a time and were confirmed. */
  times(from: number, before: number): CaseTimes[]
  /** The number of the last event of all cases; 0 where there is none. */
  lastEvent(): number
  /** When those cases came or were confirmed in which something happened after an event of that number. */
  clocksSince(event: number, limit: number): number[]
  /** Makes anew what lists are made of. Answers how many cases there are. */
  rebuildViews(): number
  /** Erases personal data of closed cases in which nothing happened since; answers the ids of files that go with them. */
  erase(beforeMs: number, at: number, limit: number): { readonly cases: number; readonly files: readonly string[] }
  /** Takes out of entries for gates that were over before then whom they were about; answers of how many. */
  eraseStanding(beforeMs: number, limit: number): number
  /** Deletes addresses that were confirmed before then and that no case and no registration has any more. */
  eraseAddresses(beforeMs: number, limit: number): number
  /** Whether an event of a case or a registration names a file of evidence. */
  isFileNamed(id: string): boolean
  /** Deletes what was only there for a while: tokens, challenges, marks and messages of before. */
  tidy(now: number): { readonly mailsGivenUp: number }
  close(): void
}

export type DeskStoreOptions = {
  readonly terms: CaseTerms
  readonly durability?: Durability | undefined
  /** Cases that one page of a search by text looks at. */
  readonly searchedMax?: number | undefined
  /** `before-commit` is a control for tests that must then fail. */
  readonly acknowledge?: 'after-commit' | 'before-commit' | undefined
}

/** Opens the cases of a store. Throws StoreError. */
export function openDeskStore(url: string, options: DeskStoreOptions): DeskStore {
  const { terms, durability = 'full', acknowledge, searchedMax = CASES_SEARCHED_MAX } = options
  const db = openForWriting(parseStoreUrl(url), durability)
  // The ledger's writer waits for us and we for it, but never for long.
  db.exec('PRAGMA busy_timeout = 2000')
  const selectEvents = db.prepare(
    'SELECT case_event.* FROM case_event JOIN desk_case ON desk_case.number = case_event."case" WHERE desk_case.id = ? ORDER BY seq',
  )
  const events = (id: string): CaseEvent[] => selectEvents.all(id).map((row) => readEvent(row, id))

  const selectLast = db.prepare('SELECT max(id) AS last FROM case_event')
  const lastEvent = (): number => Number(selectLast.get()!['last'] ?? 0)
  let waiting: { readonly last: number; readonly open: number; readonly unconfirmed: number } | undefined
  /** Asked with every claim and every second: counted anew only where something has happened since. */
  const counted = (): NonNullable<typeof waiting> => {
    const last = lastEvent()
    if (waiting?.last !== last) waiting = { last, ...countWaiting(db) }
    return waiting
  }

  return {
    record(change) {
      if (acknowledge === 'before-commit') {
        setTimeout(() => db.isOpen && transact(db, () => write(db, change, events, terms)), LATE_MS)
        return 'recorded'
      }
      return transact(db, () => write(db, change, events, terms))
    },
    events,
    caseOf: (token, purpose, now) => {
      const row = db
        .prepare(
          `SELECT desk_case.id AS id FROM case_token JOIN desk_case ON desk_case.number = case_token."case"
           WHERE hash = ? AND purpose = ? AND (until IS NULL OR until > ?)`,
        )
        .get(token, purpose, now)
      return row && String(row['id'])
    },
    cases: (filter, after, limit, now) => listCases(db, filter, after, limit, now, searchedMax),
    related: (id, which, limit, now) =>
      db
        .prepare(
          `SELECT case_view.* FROM case_view WHERE id <> ?1 AND (?2 = 'all' OR isOpen = 1) AND "case" IN (
             SELECT other."case" FROM case_number AS own JOIN case_number AS other ON other.number = own.number
               WHERE own."case" = (SELECT number FROM desk_case WHERE id = ?1)
             UNION SELECT other."case" FROM case_receipt AS own JOIN case_receipt AS other ON other.hash = own.hash
               WHERE own."case" = (SELECT number FROM desk_case WHERE id = ?1)
             UNION SELECT other."case" FROM case_claimant AS own JOIN case_claimant AS other ON other.mail = own.mail
               WHERE own."case" = (SELECT number FROM desk_case WHERE id = ?1))
           ORDER BY opened DESC, "case" DESC LIMIT ?3`,
        )
        .all(id, which, limit)
        .map((row) => summaryOfRow(row, now)),
    waiting: () => counted().open,
    unconfirmed: () => counted().unconfirmed,
    oldestUnconfirmed: (limit) => oldestUnconfirmed(db, limit),
    mailWaitMs: (address, perDay, now) => confirmWaitMs(db, address, perDay, now),
    dueBefore: (time, limit, after) => {
      const [due = 0, number = 0] = after?.split('.').map(Number) ?? []
      const rows = db
        .prepare(
          `SELECT "case", id, due, dueWhat FROM case_view WHERE due < ? AND (due, "case") > (?, ?)
           ORDER BY due, "case" LIMIT ?`,
        )
        .all(time, due, number, limit)
      const last = rows.length < limit ? undefined : rows.at(-1)
      return {
        cases: rows.map((row) => ({ id: String(row['id']), due: dueOf(row)! })),
        after: last && `${Number(last['due'])}.${Number(last['case'])}`,
      }
    },
    liftsOver: (now, limit) =>
      db
        .prepare('SELECT id FROM case_view WHERE liftsUntil <= ? ORDER BY liftsUntil LIMIT ?')
        .all(now, limit)
        .map((row) => String(row['id'])),
    challenges: (id, now) =>
      db
        .prepare(
          `SELECT case_challenge.* FROM case_challenge JOIN desk_case ON desk_case.number = "case"
           WHERE desk_case.id = ? AND until > ? ORDER BY case_challenge.id`,
        )
        .all(id, now)
        .map((row) => ({
          number: String(row['number']),
          dial: String(row['dial']),
          from: Number(row['from']),
          until: Number(row['until']),
        })),
    isDialled: (dial, number, at) => isDialled(db, dial, number, at),
    challenged: (number, dial, at) =>
      db
        .prepare(
          `SELECT desk_case.id AS id FROM case_challenge JOIN desk_case ON desk_case.number = "case"
           WHERE dial = ? AND case_challenge.number = ? AND "from" <= ? AND until >= ?`,
        )
        .all(dial, number, at, at)
        .map((row) => String(row['id'])),
    standingFor: (called) => readStandingOf(db, 'called = ? AND endedAt IS NULL', called),
    standingOf: (id) => readStandingOf(db, 'origin = ?', id),
    liftsOn: (number, at) => readStandingOn(db, 'lift', number, at),
    liftChanges: (since) => readLiftChanges(db, since),
    registeredOn: (number, at) => readStandingOn(db, 'registered', number, at),
    mark: (name) => {
      const row = db.prepare('SELECT value FROM desk_mark WHERE name = ?').get(name)
      return row && String(row['value'])
    },
    place: (name) => {
      const row = db.prepare('SELECT value FROM desk_place WHERE name = ?').get(name)
      return row && Number(row['value'])
    },
    setPlace: (name, value) => {
      db.prepare(
        'INSERT INTO desk_place (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
      ).run(name, value)
    },
    times: (from, before) => timesOf(db, from, before),
    lastEvent,
    clocksSince: (event, limit) =>
      db
        .prepare(
          `SELECT DISTINCT clock.at AS at FROM case_event JOIN case_event AS clock ON clock."case" = case_event."case"
           WHERE case_event.id > ? AND clock.kind IN ('opened', 'confirmed') LIMIT ?`,
        )
        .all(event, limit)
        .map((row) => Number(row['at'])),
    rebuildViews: () => transact(db, () => rebuildViews(db, events, terms)),
    eraseStanding: (beforeMs, limit) => eraseStanding(db, beforeMs, limit),
    eraseAddresses: (beforeMs, limit) => eraseAddresses(db, beforeMs, limit),
    isFileNamed: (id) =>
      db
        .prepare(
          `SELECT 1 FROM case_event WHERE kind = 'updated' AND json_extract(data, '$.file.id') = ?1 AND erasedAt IS NULL
           UNION ALL SELECT 1 FROM registration_event WHERE kind = 'evidence' AND json_extract(data, '$.file.id') = ?1`,
        )
        .get(id) !== undefined,
    erase: (beforeMs, at, limit) => transact(db, () => eraseCases(db, events, terms, beforeMs, at, limit)),
    tidy: (now) =>
      transact(db, () => {
        db.prepare('DELETE FROM case_token WHERE until < ?').run(now)
        db.prepare('DELETE FROM case_challenge WHERE until < ?').run(now - KEEP_CHALLENGES_MS)
        db.prepare('DELETE FROM desk_mark WHERE at < ?').run(now - KEEP_MARKS_MS)
        eraseMail(db, now - KEEP_MAIL_MS)
        return { mailsGivenUp: giveUpWaiting(db, now - WAIT_MOST_MS, now) }
      }),
    close: () => db.close(),
  }
}

function write(
  db: DatabaseSync,
  change: DeskChange,
  events: (id: string) => CaseEvent[],
  terms: CaseTerms,
): 'recorded' | 'behind' {
  const { at } = change
  for (const { name, value } of change.marks ?? []) {
    const { changes } = db
      .prepare('INSERT INTO desk_mark (name, at, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
      .run(name, at, value)
    if (Number(changes) === 0) return undo(db)
  }
  const added = new Map<string, number[]>()
  for (const standing of change.standing) {
    const id = insertStanding(db, standing)
    added.set(standing.origin, [...(added.get(standing.origin) ?? []), id])
  }
  for (const id of change.ended) endStanding(db, id, at)
  const touched = new Set<string>()
  for (const event of change.events) {
    const number = caseNumber(db, event.case, event.kind === 'opened' ? at : undefined)
    if (number === undefined) return undo(db)
    const last = db.prepare('SELECT max(seq) AS seq FROM case_event WHERE "case" = ?').get(number)!['seq']
    if (event.seq !== Number(last ?? 0) + 1) return undo(db)
    const data = event.kind === 'effective' ? { ...event.data, standing: added.get(event.case) ?? [] } : event.data
    db.prepare('INSERT INTO case_event ("case", seq, at, actor, name, kind, data) VALUES (?, ?, ?, ?, ?, ?, ?)').run(
      number,
      event.seq,
      at,
      event.actor.kind,
      event.actor.kind === 'worker' ? event.actor.name : '',
      event.kind,
      JSON.stringify(data),
    )
    touched.add(event.case)
  }
  for (const token of change.tokens ?? []) {
    db.prepare('INSERT INTO case_token (hash, "case", purpose, until) VALUES (?, ?, ?, ?)').run(
      token.hash,
      caseNumber(db, token.case)!,
      token.purpose,
      token.until ?? null,
    )
  }
  for (const { case: id, number, dial, from, until } of change.challenges ?? []) {
    // Drawn by another process meanwhile: another one is drawn.
    if (isDialled(db, dial, number, at)) return undo(db)
    db.prepare('INSERT INTO case_challenge ("case", number, dial, "from", until) VALUES (?, ?, ?, ?, ?)').run(
      caseNumber(db, id)!,
      number,
      dial,
      from,
      until,
    )
  }
  for (const mail of change.mails) insertMail(db, mail, at)
  for (const address of change.confirms ?? []) confirmAddress(db, address, at)
  for (const { action, ...entry } of change.audit) insertAudit(db, { ...entry, at, action: action as AuditAction })
  for (const id of touched) writeView(db, id, events(id), terms)
  return 'recorded'
}

function isDialled(db: DatabaseSync, dial: string, number: string | undefined, at: number): boolean {
  const found = ['case_challenge', 'registration_challenge'].map((table) =>
    db
      .prepare(`SELECT 1 FROM ${table} WHERE dial = ?1 AND (?2 IS NULL OR number = ?2) AND until >= ?3 LIMIT 1`)
      .get(dial, number ?? null, at),
  )
  return found.some((row) => row !== undefined)
}

/** Each part by an index of its own: with `OR` all cases would be gone through. */
function countWaiting(db: DatabaseSync): { open: number; unconfirmed: number } {
  const { open, unconfirmed } = db
    .prepare(
      `SELECT (SELECT count(*) FROM case_view WHERE isOpen = 1) AS open,
         (SELECT count(*) FROM case_view WHERE status = 'unconfirmed') AS unconfirmed`,
    )
    .get()!
  return { open: Number(open), unconfirmed: Number(unconfirmed) }
}

function oldestUnconfirmed(db: DatabaseSync, limit: number): string[] {
  const oldest = (more: string, count: number): string[] =>
    db
      .prepare(`SELECT id FROM case_view WHERE status = 'unconfirmed' ${more} ORDER BY opened, "case" LIMIT ?`)
      .all(count)
      .map((row) => String(row['id']))
  const bare = oldest('AND NOT EXISTS (SELECT 1 FROM case_receipt AS own WHERE own."case" = case_view."case")', limit)
  return bare.length > 0 ? bare : oldest('', limit)
}

function undo(db: DatabaseSync): 'behind' {
  db.exec('ROLLBACK')
  return 'behind'
}

/** The number that a case has within the store; a case that is opened gets one. */
function caseNumber(db: DatabaseSync, id: string, opened?: number): number | undefined {
  if (opened !== undefined)
    db.prepare('INSERT INTO desk_case (id, opened) VALUES (?, ?) ON CONFLICT DO NOTHING').run(id, opened)
  const row = db.prepare('SELECT number FROM desk_case WHERE id = ?').get(id)
  return row && Number(row['number'])
}

function writeView(
  db: DatabaseSync,
  id: string,
  events: readonly CaseEvent[],
  terms: CaseTerms,
  erasedAt?: number,
): void {
  // Nothing in the view depends on the moment: what is overdue is asked with the question.
  const found = readCase(events, events.at(-1)!.at, terms)
  if (found === undefined) return
  const number = caseNumber(db, id)!
  const summary = summaryOf(found)
  db.prepare(
    `INSERT INTO case_view ("case", id, seq, kind, status, isOpen, opened, due, dueWhat, assigned, claimant, search,
       numbers, numberCount, statusAt, decidedAt, outcome, regressedAt, liftsUntil, clockFrom, lastAt, erasedAt)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET seq = excluded.seq, search = excluded.search, status = excluded.status, isOpen = excluded.isOpen, due = excluded.due,
       dueWhat = excluded.dueWhat, assigned = excluded.assigned, claimant = excluded.claimant, numbers = excluded.numbers,
       numberCount = excluded.numberCount, statusAt = excluded.statusAt, decidedAt = excluded.decidedAt,
       outcome = excluded.outcome, regressedAt = excluded.regressedAt, liftsUntil = excluded.liftsUntil,
       clockFrom = excluded.clockFrom, lastAt = excluded.lastAt, erasedAt = excluded.erasedAt`,
  ).run(
    number,
    id,
    summary.seq,
    summary.kind,
    summary.status,
    isOpenStatus(summary.status) ? 1 : 0,
    summary.openedAt,
    summary.due?.at ?? NEVER,
    summary.due?.what ?? '',
    summary.assigned ?? '',
    summary.claimant,
    searchOf(found),
    JSON.stringify(summary.numbers),
    summary.numberCount,
    found.statusAt ?? null,
    found.decidedAt ?? null,
    found.decision?.outcome ?? '',
    found.regressedAt ?? null,
    liftsUntil(found),
    found.receivedAt,
    events.at(-1)!.at,
    erasedAt ?? null,
  )
  if (events.length > 1 && erasedAt === undefined && events.at(-1)!.kind !== 'opened' && hasKeys(db, number)) return
  writeKeys(db, number, found)
}

function hasKeys(db: DatabaseSync, number: number): boolean {
  const of = (table: string): boolean =>
    db.prepare(`SELECT 1 FROM ${table} WHERE "case" = ? LIMIT 1`).get(number) !== undefined
  return of('case_number') || of('case_receipt')
}

/** By what a case is found; none of it changes once it is open. */
function writeKeys(db: DatabaseSync, number: number, found: Case): void {
  for (const table of KEY_TABLES) db.prepare(`DELETE FROM ${table} WHERE "case" = ?`).run(number)
  for (const contested of found.numbers)
    if (contested !== '')
      db.prepare('INSERT INTO case_number (number, "case") VALUES (?, ?) ON CONFLICT DO NOTHING').run(contested, number)
  for (const receipt of found.claim.receipts)
    db.prepare('INSERT INTO case_receipt (hash, "case") VALUES (?, ?) ON CONFLICT DO NOTHING').run(
      hash('sha256', receipt),
      number,
    )
  const { email } = found.claim.claimant
  if (email !== undefined)
    db.prepare('INSERT INTO case_claimant (mail, "case") VALUES (?, ?)').run(email.toLowerCase(), number)
}

/** When the last lift ends; never for one without an end, or where none is in force. */
function liftsUntil(found: Case): number {
  const decision = holdsEntries(found) ? found.held?.decision : undefined
  if (decision === undefined || !('lifts' in decision) || decision.lifts.length === 0) return NEVER
  return Math.max(...decision.lifts.map(({ until }) => until ?? NEVER))
}

function listCases(
  db: DatabaseSync,
  filter: CaseFilter,
  after: string | undefined,
  limit: number,
  now: number,
  searchedMax: number,
): CasePage {
  const asked = new Conditions()
  const isNewest = filter.order === 'newest'
  if (filter.status !== undefined) asked.ask('status = ?', filter.status)
  if (filter.isOpen !== undefined) asked.ask('isOpen = ?', filter.isOpen ? 1 : 0)
  if (filter.isOverdue === true) asked.ask("isOpen = 1 AND dueWhat <> 'answer' AND due < ?", now)
  if (filter.isOverdue === false) asked.ask("(isOpen = 0 OR dueWhat = 'answer' OR due >= ?)", now)
  if (filter.kind !== undefined) asked.ask('kind = ?', filter.kind)
  if (filter.assigned !== undefined) asked.ask('assigned = ?', filter.assigned)
  if (filter.number !== undefined)
    asked.ask('case_view."case" IN (SELECT "case" FROM case_number WHERE number = ?)', filter.number)
  if (filter.receipt !== undefined)
    asked.ask('case_view."case" IN (SELECT "case" FROM case_receipt WHERE hash = ?)', hash('sha256', filter.receipt))
  if (filter.openedFrom !== undefined) asked.ask('opened >= ?', filter.openedFrom)
  if (filter.openedBefore !== undefined) asked.ask('opened < ?', filter.openedBefore)
  const [, time, number] = /^(\d{1,16})\.(\d{1,15})$/.exec(after ?? '') ?? []
  const column = isNewest ? 'opened' : 'due'
  if (time !== undefined && number !== undefined)
    asked.ask(`(${column}, "case") ${isNewest ? '<' : '>'} (?, ?)`, Number(time), Number(number))
  const way = isNewest ? 'DESC' : 'ASC'
  const order = `ORDER BY ${column} ${way}, "case" ${way}`
  const edge = filter.text === undefined ? undefined : searchEdge(db, asked, column, order, searchedMax)
  if (edge !== undefined)
    asked.ask(`(${column}, "case") ${isNewest ? '>=' : '<='} (?, ?)`, Number(edge[column]), Number(edge['case']))
  if (filter.text !== undefined) asked.ask('instr(search, ?) > 0', readSearch(filter.text))
  const rows = db.prepare(`SELECT * FROM case_view ${asked.where} ${order} LIMIT ?`).all(...asked.values, limit + 1)
  const last = rows.length > limit ? rows[limit - 1] : edge
  return {
    cases: rows.slice(0, limit).map((row) => summaryOfRow(row, now)),
    after: last && `${Number(last[column])}.${Number(last['case'])}`,
  }
}

/** The case up to which a search by text looks, where there are more: text stands in no index, so a page looks at so many. */
function searchEdge(
  db: DatabaseSync,
  asked: Conditions,
  column: string,
  order: string,
  searchedMax: number,
): Record<string, SQLOutputValue> | undefined {
  return db
    .prepare(`SELECT ${column}, "case" FROM case_view ${asked.where} ${order} LIMIT 1 OFFSET ?`)
    .get(...asked.values, searchedMax - 1)
}

function summaryOfRow(row: Record<string, SQLOutputValue>, now: number): CaseSummary {
  const due = dueOf(row)
  return {
    id: String(row['id']),
    kind: row['kind'] === 'request' ? 'request' : 'claim',
    status: String(row['status']) as CaseStatus,
    openedAt: Number(row['opened']),
    due,
    isOverdue: due !== undefined && due.what !== 'answer' && now > due.at,
    assigned: row['assigned'] === '' ? undefined : String(row['assigned']),
    numbers: JSON.parse(String(row['numbers'])) as string[],
    numberCount: Number(row['numberCount']),
    claimant: String(row['claimant']),
    seq: Number(row['seq']),
  }
}

function dueOf(row: Record<string, SQLOutputValue>): CaseDue | undefined {
  return row['dueWhat'] === '' ? undefined : { at: Number(row['due']), what: String(row['dueWhat']) as CaseDue['what'] }
}

function readEvent(row: Record<string, SQLOutputValue>, id: string): CaseEvent {
  const kind = String(row['actor'])
  const actor: CaseActor =
    kind === 'worker' ? { kind, name: String(row['name']) } : kind === 'claimant' ? { kind } : { kind: 'desk' }
  const event = { case: id, seq: Number(row['seq']), at: Number(row['at']), actor, kind: String(row['kind']) }
  return { ...event, data: JSON.parse(String(row['data'])) as unknown } as CaseEvent
}

/** As one text: of a hundred thousand cases that is read in a third of the time of as many rows. */
function timesOf(db: DatabaseSync, from: number, before: number): CaseTimes[] {
  const row = db
    .prepare(
      `SELECT json_group_array(json_array(clockFrom, statusAt, decidedAt, outcome, regressedAt)) AS times FROM case_view
       WHERE clockFrom >= ? AND clockFrom < ? AND status <> 'unconfirmed' AND kind = 'claim'`,
    )
    .get(from, before)!
  const times = JSON.parse(String(row['times'])) as [number, number | null, number | null, string, number | null][]
  return times.map(([openedAt, statusAt, decidedAt, outcome, regressedAt]) => ({
    openedAt,
    statusAt: statusAt ?? undefined,
    decidedAt: decidedAt ?? undefined,
    outcome: outcome === '' ? undefined : (outcome as CaseTimes['outcome']),
    regressedAt: regressedAt ?? undefined,
  }))
}

function rebuildViews(db: DatabaseSync, events: (id: string) => CaseEvent[], terms: CaseTerms): number {
  const erased = new Map(
    db
      .prepare('SELECT "case", max(erasedAt) AS at FROM case_event WHERE erasedAt IS NOT NULL GROUP BY "case"')
      .all()
      .map((row) => [Number(row['case']), Number(row['at'])]),
  )
  for (const table of ['case_view', ...KEY_TABLES]) db.exec(`DELETE FROM ${table}`)
  const all = db.prepare('SELECT number, id FROM desk_case').all()
  for (const { number, id } of all) writeView(db, String(id), events(String(id)), terms, erased.get(Number(number)))
  return all.length
}

function eraseCases(
  db: DatabaseSync,
  events: (id: string) => CaseEvent[],
  terms: CaseTerms,
  beforeMs: number,
  at: number,
  limit: number,
): { cases: number; files: string[] } {
  const rows = db
    .prepare('SELECT "case", id FROM case_view WHERE erasedAt IS NULL AND lastAt < ? AND isOpen = 0 LIMIT ?')
    .all(beforeMs, limit)
  const files: string[] = []
  for (const row of rows) {
    const number = Number(row['case'])
    const id = String(row['id'])
    for (const event of events(id)) {
      if (event.kind === 'updated' && event.data.what === 'evidence') files.push(event.data.file.id)
      db.prepare('UPDATE case_event SET data = ?, erasedAt = ? WHERE "case" = ? AND seq = ? AND erasedAt IS NULL').run(
        JSON.stringify(eraseEvent(event).data),
        at,
        number,
        event.seq,
      )
    }
    for (const table of ['case_token', 'case_challenge'])
      db.prepare(`DELETE FROM ${table} WHERE "case" = ?`).run(number)
    eraseThread(db, id)
    writeView(db, id, events(id), terms, at)
  }
  return { cases: rows.length, files }
}

function transact<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    if (db.isTransaction) db.exec('COMMIT')
    return result
  } catch (cause) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw cause
  }
}

/** Cases that one page of a search by text looks at. */
const CASES_SEARCHED_MAX = 20_000
const KEY_TABLES = ['case_number', 'case_receipt', 'case_claimant']
/** Stands where nothing is due: behind everything that is. */
const NEVER = 9_000_000_000_000_000
/** A call that came in time may be in the journal a little later. */
const KEEP_CHALLENGES_MS = 3_600_000
/** How long a request that is sent again is known: longer than any client tries. */
const KEEP_MARKS_MS = 60 * 86_400_000
/** How long a message waits for an address to be confirmed, or for a server of mail to be named. */
export const WAIT_MOST_MS = 14 * 86_400_000
/** How long what has left is kept, to know what a reply belongs to. */
export const KEEP_MAIL_MS = 90 * 86_400_000
const LATE_MS = 30
