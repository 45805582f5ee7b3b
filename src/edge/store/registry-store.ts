// One thing: the registry's tables. What is recorded, what gates and feeds hear of it, and what is taken from other registries
// go through the same transactions.
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { ProofChallenge, ProofWay } from '#core/redress/proof.ts'
import {
  type FeedBusiness,
  type FeedEntry,
  type FeedPage,
  type FeedPlace,
  gatherPages,
  objectToPages,
} from '#core/registry/feed.ts'
import { eraseRegistrationEvent } from '#core/registry/erase-registration.ts'
import { type NumberSpan, SPAN_NUMBERS_MAX, formatSpan, scopeOf } from '#core/registry/number-span.ts'
import type { RegistrationEvent } from '#core/registry/registration-event.ts'
import {
  type Registration,
  type RegistrationStatus,
  claimsOf,
  factsOf,
  readRegistration,
} from '#core/registry/registration.ts'
import type { RegistryChange } from '#core/registry/registry-change.ts'
import type { RegistrationSummary, SourceState, Trust, VettingFilter, VettingPage } from '#core/registry/registry.ts'
import type { Known } from '#core/registry/steps.ts'
import { type Actor, type AuditAction, insertAudit } from './audit.ts'
import { Conditions } from './conditions.ts'
import { canonicalAddress, confirmAddress, eraseThread, insertMail } from './mail-store.ts'
import { explainSqlite, openForWriting, parseStoreUrl } from './schema.ts'
import { endStanding, insertStanding } from './standing-store.ts'

/** Whether a change was recorded, or somebody was quicker and it is to be computed anew. */
export type Recorded = 'recorded' | 'overtaken'

/** What came of pages of another registry's feed. */
export type Imported =
  | { readonly kind: 'taken'; readonly added: number; readonly removed: number; readonly entries: number }
  | { readonly kind: 'refused'; readonly why: string }

/** What is known of a source, as it is remembered. */
export type SourceRow = SourceState & {
  readonly place: FeedPlace | undefined
  readonly expiresAt: number
  /** The entity tag of its last answer; empty for none. */
  readonly tag: string
}

/** Opens the registry of a store. Throws StoreError. */
export function openRegistryStore(url: string): RegistryStore {
  return new RegistryStore(parseStoreUrl(url))
}

/** The registry in a store. Each method is one short transaction, on stable storage before it answers. */
export class RegistryStore {
  readonly #db: DatabaseSync
  readonly #path: string

  constructor(path: string) {
    this.#path = path
    this.#db = openForWriting(path, 'full')
  }

  /** The events of a registration, and of all live ones that have numbers of it or of `spans`; undefined for none by that id. */
  known(id: string, spans: readonly NumberSpan[] = []): Known | undefined {
    const number = this.#numberOf(id)
    if (number === undefined) return undefined
    const others = new Map<string, RegistrationEvent[]>()
    for (const other of this.#overlapping(number, spans)) others.set(this.#idOf(other), this.#events(other))
    return { id, events: this.#events(number), others }
  }

  /** The same with others by their ids too. */
  knownWith(id: string, also: readonly string[], spans: readonly NumberSpan[] = []): Known | undefined {
    const known = this.known(id, spans)
    if (known === undefined) return undefined
    const others = new Map(known.others)
    for (const other of also) {
      const number = other === id ? undefined : this.#numberOf(other)
      if (number !== undefined) others.set(other, this.#events(number))
    }
    return { ...known, others }
  }

  /** Records a change with what gates, feeds and mail hear of it, or nothing at all. */
  record(change: RegistryChange, attendAt: (registration: Registration) => number | undefined): Recorded {
    return this.#transact((): Recorded => {
      const { at } = change
      const insert = this.#db.prepare(
        'INSERT INTO registration_event (registration, seq, at, actor, kind, data) VALUES (?, ?, ?, ?, ?, ?)',
      )
      for (const { registration, seq, actor, kind, data } of change.events) {
        if (kind === 'opened')
          this.#db.prepare('INSERT INTO registration (id, opened) VALUES (?, ?)').run(registration, at)
        const number = this.#numberOf(registration)!
        const { last } = this.#db
          .prepare('SELECT coalesce(max(seq), 0) AS last FROM registration_event WHERE registration = ?')
          .get(number)!
        if (Number(last) !== seq - 1) return 'overtaken'
        insert.run(number, seq, at, JSON.stringify(actor), kind, JSON.stringify(data))
      }
      for (const state of change.states) this.#settle(state, at, attendAt(state))
      for (const { hash, registration, purpose, until } of change.tokens) {
        this.#db
          .prepare('INSERT INTO registration_token (hash, registration, purpose, until) VALUES (?, ?, ?, ?)')
          .run(hash, this.#numberOf(registration)!, purpose, until ?? null)
      }
      for (const address of change.confirms) confirmAddress(this.#db, address, at)
      for (const mail of change.mails) insertMail(this.#db, mail, at)
      for (const { by, action, subject, detail } of change.audit)
        insertAudit(this.#db, { at, by, action: action as AuditAction, subject, detail })
      return 'recorded'
    })
  }

  /** Which registration a link leads to, by the hash of its token. */
  findByToken(hash: string, purpose: 'status' | 'confirm', now: number): string | undefined {
    const row = this.#db
      .prepare(
        `SELECT registration.id AS id FROM registration_token JOIN registration ON number = registration
         WHERE hash = ? AND purpose = ? AND (until IS NULL OR until > ?)`,
      )
      .get(hash, purpose, now)
    return row === undefined ? undefined : String(row['id'])
  }

  /** Registrations under an address that somebody may still have a link to. */
  findByMail(address: string): string[] {
    return this.#db
      .prepare(
        `SELECT id FROM registration_view JOIN registration ON number = registration
         WHERE mail = ? AND status NOT IN ('withdrawn', 'unconfirmed') ORDER BY number DESC LIMIT 10`,
      )
      .all(canonicalAddress(address))
      .map(({ id }) => String(id))
  }

  /** Registrations that may hand numbers over to this one. */
  offersTo(id: string): string[] {
    return this.#db
      .prepare(
        `SELECT DISTINCT giver.id AS id FROM registration_event JOIN registration AS giver ON giver.number = registration
         WHERE kind = 'offered' AND json_extract(data, '$.to') = ? LIMIT 20`,
      )
      .all(id)
      .map((row) => String(row['id']))
  }

  /** How many registrations wait for their address to be confirmed. */
  countUnconfirmed(): number {
    return Number(
      this.#db.prepare("SELECT count(*) AS count FROM registration_view WHERE status = 'unconfirmed'").get()!['count'],
    )
  }

  /** One page, those first that came first; `after` is what the page before gave as `next`. */
  list(filter: VettingFilter, after: string | undefined, limit: number): VettingPage {
    const asked = new Conditions()
    if (filter.status !== undefined) asked.ask('status = ?', filter.status)
    if (filter.disputed === true) asked.ask('disputes > ?', 0)
    if (filter.number !== undefined) {
      const { digits, first, last } = columnsOf({ first: filter.number, last: filter.number })
      asked.ask(
        `view.registration IN (SELECT registration FROM registration_claim
         WHERE digits = ? AND first BETWEEN ? AND ? AND last >= ?)`,
        digits,
        first - SPAN_NUMBERS_MAX,
        last,
        first,
      )
    }
    const place = /^(\d{1,16})\.(\d{1,16})$/.exec(after ?? '')
    if (place !== null) asked.ask('(view.opened, view.registration) > (?, ?)', Number(place[1]), Number(place[2]))
    const rows = this.#db
      .prepare(
        `SELECT id, view.* FROM registration_view AS view JOIN registration ON number = view.registration
         ${asked.where} ORDER BY view.opened, view.registration LIMIT ?`,
      )
      .all(...asked.values, limit)
    const last = rows.at(-1)
    const next =
      rows.length < limit || last === undefined
        ? undefined
        : `${Number(last['opened'])}.${Number(last['registration'])}`
    return { registrations: rows.map(summaryOf), next }
  }

  /** Registrations that a chore has to look at. */
  due(now: number, limit: number): string[] {
    return this.#db
      .prepare(
        `SELECT id FROM registration_view JOIN registration ON number = registration
         WHERE attend IS NOT NULL AND attend <= ? ORDER BY attend LIMIT ?`,
      )
      .all(now, limit)
      .map(({ id }) => String(id))
  }

  /** Notes that somebody was asked to call; challenges that are over are forgotten. */
  challenge(id: string, { number, dial, from, until }: ProofChallenge): void {
    this.#transact(() => {
      this.#db.prepare('DELETE FROM registration_challenge WHERE until <= ?').run(from)
      this.#db
        .prepare(
          'INSERT INTO registration_challenge (registration, number, dial, "from", until) VALUES (?, ?, ?, ?, ?)',
        )
        .run(this.#numberOf(id)!, number, dial, from, until)
    })
  }

  /** What a registration's holder was asked to call. */
  challenges(id: string, now: number): ProofChallenge[] {
    const number = this.#numberOf(id)
    if (number === undefined) return []
    return this.#db
      .prepare('SELECT * FROM registration_challenge WHERE registration = ? AND until > ? ORDER BY id')
      .all(number, now)
      .map(challengeOf)
  }

  /** All numbers that somebody may dial now, so that none is given twice. */
  dialled(now: number): ReadonlySet<string> {
    const rows = this.#db.prepare('SELECT dial FROM registration_challenge WHERE until > ?').all(now)
    return new Set(rows.map(({ dial }) => String(dial)))
  }

  /** Who was asked to make a call that a gate saw; undefined for nobody. */
  findChallenge(calling: string, dial: string, at: number): string | undefined {
    const row = this.#db
      .prepare(
        `SELECT id FROM registration WHERE number = (SELECT registration FROM registration_challenge
         WHERE number = ? AND dial = ? AND "from" <= ? AND until > ? LIMIT 1)`,
      )
      .get(calling, dial, at, at)
    return row === undefined ? undefined : String(row['id'])
  }

  /** The challenge was met, or is wanted no more. */
  endChallenge(calling: string, dial: string): void {
    this.#db.prepare('DELETE FROM registration_challenge WHERE number = ? AND dial = ?').run(calling, dial)
  }

  /** What has changed of what is registered behind a place, and the place that it ends at. */
  feed(
    after: number,
    limit: number,
    now: number,
  ): Pick<FeedPage, 'next' | 'more' | 'businesses' | 'entries' | 'removed'> | undefined {
    const head = this.feedHead()
    if (after > head) return undefined
    // Who asks from the beginning has nothing that could be taken from him.
    const rows = this.#db
      .prepare(
        `SELECT fact.*, id, legalName FROM registered_fact AS fact JOIN registration ON number = fact.registration
         JOIN registration_view AS view ON view.registration = number
         WHERE seq > ? AND (? > 0 OR (ended IS NULL AND fact.until > ?)) ORDER BY seq LIMIT ?`,
      )
      .all(after, after, now, limit + 1)
    const shown = rows.slice(0, limit)
    const businesses = new Map<string, FeedBusiness>()
    const entries: FeedEntry[] = []
    const removed: number[] = []
    for (const row of shown) {
      const until = Math.floor(Number(row['until']) / 1000)
      const since = Math.floor(Number(row['from']) / 1000)
      if (row['ended'] !== null || Number(row['until']) <= now || until <= since) {
        removed.push(Number(row['entry']))
        continue
      }
      const id = String(row['id'])
      if (!businesses.has(id))
        businesses.set(id, { name: String(row['legalName']), site: this.#siteOf(Number(row['registration'])) })
      entries.push({
        id: Number(row['entry']),
        registration: id,
        span: { first: String(row['first']), last: String(row['last']) },
        proof: String(row['way']) as ProofWay,
        since,
        until,
      })
    }
    const more = rows.length > limit
    return { next: more ? Number(shown.at(-1)!['seq']) : head, more, businesses, entries, removed }
  }

  /** The place behind which nothing of the feed has changed. */
  feedHead(): number {
    return Number(this.#db.prepare('SELECT coalesce(max(seq), 0) AS head FROM registered_fact').get()!['head'])
  }

  /** The name of this feed's history; `fresh` where it has none yet. */
  feedId(fresh: string): string {
    return this.#transact(() => {
      const row = this.#db.prepare("SELECT value FROM meta WHERE name = 'registry-feed'").get()
      if (row !== undefined) return Buffer.from(row['value'] as Uint8Array).toString('latin1')
      this.#db.prepare("INSERT INTO meta (name, value) VALUES ('registry-feed', ?)").run(Buffer.from(fresh, 'latin1'))
      return fresh
    })
  }

  source(name: string): SourceRow | undefined {
    const row = this.#db.prepare(`${SOURCES} WHERE registry_source.name = ?`).get(name)
    return row === undefined ? undefined : sourceOf(row)
  }

  sources(): SourceRow[] {
    return this.#db.prepare(`${SOURCES} ORDER BY registry_source.name`).all().map(sourceOf)
  }

  /** Notes what is wrong with a source; what it said before stays in force. An empty text: nothing was new, and all is well. */
  noteSource(name: string, trust: Trust, failure: string, at: number): void {
    this.#db
      .prepare(
        `INSERT INTO registry_source (name, trust, next, issuedAt, expiresAt, tag, takenAt, failure)
         VALUES (?1, ?2, 0, 0, 0, '', 0, ?3)
         ON CONFLICT DO UPDATE SET failure = ?3, takenAt = CASE WHEN ?3 = '' THEN ?4 ELSE takenAt END`,
      )
      .run(name, trust, failure, at)
  }

  /** Takes pages of a source, all of them or none: entries come and go, and gates hear of those that its trust lets them hear of. `by` is who brought a file. */
  takePages(name: string, trust: Trust, pages: readonly FeedPage[], tag: string, at: number, by?: Actor): Imported {
    return this.#transact((): Imported => {
      const why = objectToPages(pages, this.source(name)?.place, at)
      if (why !== undefined) return { kind: 'refused', why }
      const { isWhole, entries, removed } = gatherPages(pages)
      const held = new Map(
        this.#db
          .prepare('SELECT * FROM registry_import WHERE source = ?')
          .all(name)
          .map((row) => [Number(row['entry']), row] as const),
      )
      const gone = [...held.keys()].filter((entry) => removed.has(entry) || (isWhole && !entries.has(entry)))
      const count = held.size - gone.length + [...entries.keys()].filter((entry) => !held.has(entry)).length
      if (count > IMPORTED_MAX)
        return { kind: 'refused', why: `it would have ${count} entries, expected at most ${IMPORTED_MAX}` }
      for (const entry of gone) this.#dropImport(name, held.get(entry)!, at)
      let added = 0
      for (const [id, entry] of entries) {
        const before = held.get(id)
        if (before !== undefined && isSameImport(before, entry)) continue
        if (before !== undefined) this.#dropImport(name, before, at)
        this.#addImport(name, trust, entry, at)
        added++
      }
      const last = pages.at(-1)!
      this.#db
        .prepare(
          `INSERT OR REPLACE INTO registry_source (name, trust, feed, issuer, next, issuedAt, expiresAt, tag, takenAt, failure)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '')`,
        )
        .run(name, trust, last.feed, last.issuer, last.next, last.issuedAt, last.expiresAt, tag, at)
      if (by !== undefined) {
        const detail = { trust, added, removed: gone.length, entries: count }
        insertAudit(this.#db, { at, by, action: 'registry-imported', subject: `registry source ${name}`, detail })
      }
      return { kind: 'taken', added, removed: gone.length, entries: count }
    })
  }

  /** Makes entries of sources reach as far as their trust says now; those of a source that is named no more are dropped. */
  setTrust(trusts: ReadonlyMap<string, Trust>, at: number): void {
    for (const { name, trust } of this.sources()) {
      const wanted = trusts.get(name)
      if (wanted === trust) continue
      this.#transact(() => {
        for (const row of this.#db.prepare('SELECT * FROM registry_import WHERE source = ?').all(name)) {
          this.#dropImport(name, row, at)
          if (wanted !== undefined) this.#addImport(name, wanted, entryOf(row), at)
        }
        if (wanted === undefined) this.#db.prepare('DELETE FROM registry_source WHERE name = ?').run(name)
        else this.#db.prepare('UPDATE registry_source SET trust = ? WHERE name = ?').run(wanted, name)
      })
    }
  }

  /** Entries of other registries that hold a number. */
  imported(
    number: string,
    now: number,
  ): { source: string; trust: Trust; business: string; site: string; numbers: string; until: number }[] {
    const { digits, first } = columnsOf({ first: number, last: number })
    return this.#db
      .prepare(
        `SELECT registry_import.*, trust FROM registry_import JOIN registry_source ON registry_source.name = source
         WHERE digits = ? AND first BETWEEN ? AND ? AND last >= ? AND until > ? ORDER BY source, entry LIMIT 100`,
      )
      .all(digits, first - SPAN_NUMBERS_MAX, first, first, Math.floor(now / 1000))
      .map((row) => ({
        source: String(row['source']),
        trust: String(row['trust']) as Trust,
        business: String(row['name']),
        site: String(row['site']),
        numbers: formatSpan(spanOfRow(row)),
        until: Number(row['until']) * 1000,
      }))
  }

  /**
   * Erases names, contacts, numbers, texts and files of registrations that ended before then; answers how many, and the ids
   * of the files that go with them.
   */
  erase(beforeMs: number, at: number, limit: number): { readonly registrations: number; readonly files: string[] } {
    return this.#transact(() => {
      const rows = this.#db
        .prepare(
          `SELECT registration FROM registration_view INDEXED BY registration_view_over WHERE erasedAt IS NULL
             AND status IN ('withdrawn', 'refused', 'expired') AND changed < ?
           ORDER BY changed LIMIT ?`,
        )
        .all(beforeMs, limit)
      const files = rows.flatMap(({ registration }) => this.#erase(Number(registration), at))
      return { registrations: rows.length, files }
    })
  }

  close(): void {
    this.#db.close()
  }

  #erase(number: number, at: number): string[] {
    const files: string[] = []
    const update = this.#db.prepare('UPDATE registration_event SET data = ? WHERE registration = ? AND seq = ?')
    for (const event of this.#events(number)) {
      if (event.kind === 'evidence' && event.data.file.id !== '') files.push(event.data.file.id)
      update.run(JSON.stringify(eraseRegistrationEvent(event).data), number, event.seq)
    }
    for (const table of ['registration_token', 'registration_challenge'])
      this.#db.prepare(`DELETE FROM ${table} WHERE registration = ?`).run(number)
    eraseThread(this.#db, this.#idOf(number))
    this.#settle(readRegistration(this.#events(number), at)!, at, undefined)
    // Who follows the feed hears of an entry's end by its number; which numbers it was about is nobody's business any more.
    this.#db
      .prepare("UPDATE registered_fact SET first = '', last = '' WHERE registration = ? AND ended IS NOT NULL")
      .run(number)
    this.#db.prepare('UPDATE registration_view SET erasedAt = ? WHERE registration = ?').run(at, number)
    return files
  }

  /** Brings what lists, gates and feeds know of a registration to how it stands. */
  #settle(state: Registration, at: number, attend: number | undefined): void {
    const number = this.#numberOf(state.id)!
    const open = state.disputes.filter(({ level }) => level === 'proof').length
    this.#db
      .prepare(
        `INSERT OR REPLACE INTO registration_view
           (registration, status, legalName, mail, opened, changed, until, lines, disputes, attend)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        number,
        state.status,
        state.business.legalName,
        canonicalAddress(state.business.email),
        state.openedAt,
        state.changedAt,
        state.until ?? null,
        state.numbers.size,
        open,
        attend ?? null,
      )
    this.#settleClaims(number, claimsOf(state))
    this.#settleFacts(number, state, at)
  }

  #settleClaims(number: number, spans: readonly NumberSpan[]): void {
    const wanted = new Map(spans.map((span) => [span.first, columnsOf(span)]))
    const remove = this.#db.prepare(
      'DELETE FROM registration_claim WHERE registration = ? AND digits = ? AND first = ?',
    )
    for (const row of this.#db.prepare('SELECT * FROM registration_claim WHERE registration = ?').all(number)) {
      const key = `+${Number(row['first'])}`
      if (wanted.get(key)?.last === Number(row['last'])) wanted.delete(key)
      else remove.run(number, row['digits']!, row['first']!)
    }
    const insert = this.#db.prepare(
      'INSERT INTO registration_claim (registration, digits, first, last) VALUES (?, ?, ?, ?)',
    )
    for (const { digits, first, last } of wanted.values()) insert.run(number, digits, first, last)
  }

  #settleFacts(number: number, state: Registration, at: number): void {
    const wanted = new Map(factsOf(state).map((fact) => [`${formatSpan(fact.span)} ${fact.way} ${fact.until}`, fact]))
    const rows = this.#db.prepare('SELECT * FROM registered_fact WHERE registration = ? AND ended IS NULL').all(number)
    const end = this.#db.prepare(`UPDATE registered_fact SET ended = ?, seq = ${NEXT_SEQ} WHERE entry = ?`)
    for (const row of rows) {
      const span = { first: String(row['first']), last: String(row['last']) }
      const key = `${formatSpan(span)} ${String(row['way'])} ${Number(row['until'])}`
      if (wanted.delete(key)) continue
      endStanding(this.#db, Number(row['standing']), at)
      end.run(at, row['entry']!)
    }
    const insert = this.#db.prepare(
      `INSERT INTO registered_fact (seq, registration, first, last, way, "from", until, standing)
       VALUES (${NEXT_SEQ}, ?, ?, ?, ?, ?, ?, ?)`,
    )
    for (const { span, way, until } of wanted.values()) {
      if (until <= at) continue
      const standing = insertStanding(this.#db, {
        kind: 'registered',
        scope: scopeOf(span),
        registration: state.id,
        from: at,
        until,
        origin: `registration ${state.id}`,
      })
      insert.run(number, span.first, span.last, way, at, until, standing)
    }
  }

  #addImport(source: string, trust: Trust, entry: FeedEntry & { readonly business: FeedBusiness }, at: number): void {
    const { digits, first, last } = columnsOf(entry.span)
    const untilMs = entry.until * 1000
    const standing =
      trust === 'full' && untilMs > at
        ? insertStanding(this.#db, {
            kind: 'registered',
            scope: scopeOf(entry.span),
            // Tells where it is from: an id of our own has no slash.
            registration: `${source}/${entry.registration}`,
            from: Math.max(at, entry.since * 1000),
            until: untilMs,
            origin: `registry source ${source}`,
          })
        : null
    this.#db
      .prepare(
        `INSERT INTO registry_import (source, entry, registration, digits, first, last, way, since, until, name, site, standing)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        source,
        entry.id,
        entry.registration,
        digits,
        first,
        last,
        entry.proof,
        entry.since,
        entry.until,
        entry.business.name,
        entry.business.site,
        standing,
      )
  }

  #dropImport(source: string, row: Row, at: number): void {
    const { entry, standing } = row
    if (standing !== null) endStanding(this.#db, Number(standing), at)
    this.#db.prepare('DELETE FROM registry_import WHERE source = ? AND entry = ?').run(source, entry!)
  }

  /** Live registrations that have numbers of this one, or of the spans. */
  #overlapping(number: number, spans: readonly NumberSpan[]): Set<number> {
    const found = new Set<number>()
    // What begins within ours, and ranges that begin before: so a list of ten thousand neighbours is not compared with itself.
    const join = this.#db
      .prepare(
        `SELECT theirs.registration AS registration FROM registration_claim AS ours
         JOIN registration_claim AS theirs ON theirs.digits = ours.digits AND theirs.first BETWEEN ours.first AND ours.last
         WHERE ours.registration = ?1 AND theirs.registration <> ?1
         UNION SELECT theirs.registration FROM registration_claim AS ours
         JOIN registration_claim AS theirs INDEXED BY registration_claim_range ON theirs.digits = ours.digits
           AND theirs.last > theirs.first AND theirs.last >= ours.first
           AND theirs.first BETWEEN ours.first - ${SPAN_NUMBERS_MAX} AND ours.first - 1
         WHERE ours.registration = ?1 AND theirs.registration <> ?1 LIMIT ?2`,
      )
      .all(number, OVERLAPPING_MAX)
    for (const { registration } of join) found.add(Number(registration))
    const find = this.#db.prepare(
      `SELECT registration FROM registration_claim WHERE digits = ?1 AND first BETWEEN ?2 AND ?3
       UNION SELECT registration FROM registration_claim INDEXED BY registration_claim_range
         WHERE digits = ?1 AND last > first AND first BETWEEN ?2 - ${SPAN_NUMBERS_MAX} AND ?2 - 1 AND last >= ?2
       LIMIT ?4`,
    )
    for (const span of spans) {
      if (found.size >= OVERLAPPING_MAX) break
      const { digits, first, last } = columnsOf(span)
      for (const { registration } of find.all(digits, first, last, OVERLAPPING_MAX))
        if (Number(registration) !== number) found.add(Number(registration))
    }
    return found
  }

  #events(number: number): RegistrationEvent[] {
    const registration = this.#idOf(number)
    return this.#db
      .prepare('SELECT seq, at, actor, kind, data FROM registration_event WHERE registration = ? ORDER BY seq')
      .all(number)
      .map(({ seq, at, actor, kind, data }) => {
        const event = { registration, seq: Number(seq), at: Number(at), kind: String(kind) }
        return { ...event, actor: JSON.parse(String(actor)), data: JSON.parse(String(data)) } as RegistrationEvent
      })
  }

  #siteOf(number: number): string {
    const row = this.#db
      .prepare(
        `SELECT coalesce(json_extract(data, '$.business.site'), '') AS site FROM registration_event
         WHERE registration = ? AND kind IN ('opened', 'changed') ORDER BY seq DESC LIMIT 1`,
      )
      .get(number)
    return String(row?.['site'] ?? '')
  }

  #numberOf(id: string): number | undefined {
    const row = this.#db.prepare('SELECT number FROM registration WHERE id = ?').get(id)
    return row === undefined ? undefined : Number(row['number'])
  }

  #idOf(number: number): string {
    return String(this.#db.prepare('SELECT id FROM registration WHERE number = ?').get(number)!['id'])
  }

  #transact<T>(work: () => T): T {
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      const result = work()
      this.#db.exec(result === 'overtaken' ? 'ROLLBACK' : 'COMMIT')
      return result
    } catch (cause) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw explainSqlite(cause, this.#path)
    }
  }
}

type Row = Record<string, SQLOutputValue>

function columnsOf({ first, last }: NumberSpan): {
  readonly digits: number
  readonly first: number
  readonly last: number
} {
  return { digits: first.length - 1, first: Number(first.slice(1)), last: Number(last.slice(1)) }
}

function spanOfRow({ first, last }: Row): NumberSpan {
  return { first: `+${Number(first)}`, last: `+${Number(last)}` }
}

function summaryOf(row: Row): RegistrationSummary {
  return {
    id: String(row['id']),
    status: String(row['status']) as RegistrationStatus,
    legalName: String(row['legalName']),
    openedAt: Number(row['opened']),
    changedAt: Number(row['changed']),
    until: row['until'] === null ? undefined : Number(row['until']),
    lines: Number(row['lines']),
    disputes: Number(row['disputes']),
  }
}

function challengeOf(row: Row): ProofChallenge {
  const { number, dial, from, until } = row
  return { number: String(number), dial: String(dial), from: Number(from), until: Number(until) }
}

function sourceOf(row: Row): SourceRow {
  const feed = row['feed'] === null ? undefined : String(row['feed'])
  return {
    name: String(row['name']),
    trust: String(row['trust']) as Trust,
    issuer: row['issuer'] === null ? undefined : String(row['issuer']),
    entries: Number(row['entries']),
    takenAt: Number(row['takenAt']),
    failure: row['failure'] === '' ? undefined : String(row['failure']),
    place: feed === undefined ? undefined : { feed, next: Number(row['next']), issuedAt: Number(row['issuedAt']) },
    expiresAt: Number(row['expiresAt']),
    tag: String(row['tag']),
  }
}

function entryOf(row: Row): FeedEntry & { readonly business: FeedBusiness } {
  return {
    id: Number(row['entry']),
    registration: String(row['registration']),
    span: spanOfRow(row),
    proof: String(row['way']) as ProofWay,
    since: Number(row['since']),
    until: Number(row['until']),
    business: { name: String(row['name']), site: String(row['site']) },
  }
}

function isSameImport(row: Row, entry: FeedEntry & { readonly business: FeedBusiness }): boolean {
  const before = entryOf(row)
  return (
    before.registration === entry.registration &&
    formatSpan(before.span) === formatSpan(entry.span) &&
    before.proof === entry.proof &&
    before.since === entry.since &&
    before.until === entry.until &&
    before.business.name === entry.business.name &&
    before.business.site === entry.business.site
  )
}

/** Removals are changes too: who asks for what is behind the last one he saw hears of them. */
const NEXT_SEQ = '(SELECT coalesce(max(seq), 0) + 1 FROM registered_fact)'
const SOURCES = `SELECT registry_source.*, (SELECT count(*) FROM registry_import WHERE source = registry_source.name) AS entries
  FROM registry_source`
/** Other registrations that are looked at for claims on the same numbers, at a time. */
const OVERLAPPING_MAX = 100
/** Entries that one source may have. */
export const IMPORTED_MAX = 200_000
