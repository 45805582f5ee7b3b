import { hash } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Attempt } from '#core/observe/attempt.ts'
import { type SeenContact, seenContacts } from '#core/observe/directory.ts'
import {
  GROUPS_MAX,
  type GroupKey,
  type GroupMark,
  OTHERS,
  QUARTER_MS,
  foldBlocker,
  groupKey,
  numberBlock,
  reasonOf,
} from '#core/observe/group.ts'
import type { Refusal } from '#core/observe/refusal.ts'
import { type SilenceSign, silenceSign } from '#core/observe/silence.ts'
import { numberPattern, spellingsOf } from '#core/call/spelling.ts'
import { type Actor, insertAudit } from './audit.ts'
import { scrub } from './scrub.ts'
import { MonitorReader } from './monitor-reader.ts'
import { type Durability, explainSqlite, openForWriting, parseStoreUrl } from './schema.ts'

// What the monitor learns goes in here, a batch in one transaction with the places that its sources have come to: after a
// kill rows, counts and places agree, whatever was cut off. It is one thing: the tables follow from each attempt together.

/** How far a source was read, in the source's own words. */
export type SourcePlace = { readonly source: string; readonly place: string }

/** What came of a batch. */
export type Taken = {
  /** Attempts that nobody had told of before, and those that are known already. */
  readonly fresh: number
  readonly repeated: number
  /** Of the fresh ones, those that were refused. */
  readonly refused: number
}

export type MonitorStoreOptions = {
  readonly durability?: Durability
  /** The clock; times of calls that lie further ahead of it than `FUTURE_MS` cannot be right. */
  readonly now?: () => number
  /** Bounds, for tests. */
  readonly groupsMax?: number
  readonly pairsMax?: number
}

/** What the monitor stored, for who adds to it as well. */
export class MonitorStore extends MonitorReader {
  readonly #db: DatabaseSync
  readonly #path: string
  readonly #now: () => number
  readonly #groupsMax: number
  readonly #pairsMax: number
  readonly #statements: Statements
  /** Ids by their names; forgotten where another process wrote, and where a batch was not taken. */
  readonly #groups = new Map<string, number>()
  readonly #pairs = new Map<string, Pair>()
  #groupCount: number | undefined
  #pairCount: number | undefined
  #version = -1

  constructor(path: string, { durability = 'full', now = Date.now, groupsMax, pairsMax }: MonitorStoreOptions) {
    const db = openForWriting(path, durability)
    super(db)
    // What is looked up is recent, and the system caches the file too: the memory is better left to the calls that are followed.
    db.exec(`PRAGMA cache_size = -${CACHE_KIB}`)
    this.#db = db
    this.#path = path
    this.#now = now
    this.#groupsMax = groupsMax ?? GROUPS_MAX
    this.#pairsMax = pairsMax ?? PAIRS_MAX
    this.#statements = prepare(db)
  }

  /**
   * Takes attempts and the places behind them, all or nothing, on stable storage when it returns. An attempt that is known by
   * its key changes nothing. Throws `StoreError`; then nothing was taken.
   */
  take(attempts: readonly Attempt[], places: readonly SourcePlace[]): Taken {
    return this.#change(() => {
      const batch = newBatch()
      const now = this.#now()
      for (const attempt of attempts) this.#takeOne(attempt, batch, now)
      this.#count(batch, now)
      for (const { source, place } of places) this.#statements.place.run(cut(source, SOURCE_MAX), place, now)
      return { fresh: batch.fresh, repeated: attempts.length - batch.fresh, refused: batch.refused }
    })
  }

  /** Notes what a person, or a lift, says of a group; false where there is no such group. */
  mark(group: number, mark: GroupMark, auditedBy?: Actor): boolean {
    return this.#change(() => {
      if (this.#db.prepare('SELECT 1 FROM monitor_group WHERE id = ?').get(group) === undefined) return false
      this.#db
        .prepare(
          `INSERT INTO monitor_mark ("group", kind, at, effective, "by", note, hits, "of") VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(group, mark.kind, mark.at, mark.effective, mark.by, mark.note, mark.share.hits, mark.share.of)
      if (auditedBy !== undefined) {
        const detail = { mark: mark.kind, effective: new Date(mark.effective).toISOString() }
        insertAudit(this.#db, {
          at: mark.at,
          by: auditedBy,
          action: 'group-marked',
          subject: `group ${group}`,
          detail,
        })
      }
      return true
    })
  }

  /** Notes contacts that stood in a card whose signature was verified. */
  noteSigned(blocker: string, contacts: readonly SeenContact[], atMs: number): void {
    this.#change(() => {
      for (const contact of contacts) this.#noteContact(foldBlocker(blocker), { ...contact, isSigned: true }, atMs)
    })
  }

  /**
   * Erases refused calls, counts and memories of calls that are older: at most `limit` refused calls, and ten times as many
   * counts and memories. Answers how many refused calls went. Groups stay, with how many calls they had, and without the
   * numbers that no row has any more. With `by` the audit trail says so.
   */
  erase(beforeMs: number, limit = ERASE_ROWS, by?: Actor): number {
    return this.#change(() => {
      const hour = Math.floor(beforeMs / HOUR_MS)
      const ids = 'SELECT id FROM monitor_refused WHERE at < ? ORDER BY at LIMIT ?'
      this.#db.prepare(`DELETE FROM monitor_detail WHERE id IN (${ids})`).run(beforeMs, limit)
      const { changes } = this.#db.prepare(`DELETE FROM monitor_refused WHERE id IN (${ids})`).run(beforeMs, limit)
      const keys = (table: string, columns: string) =>
        `DELETE FROM ${table} WHERE (${columns}) IN (SELECT ${columns} FROM ${table}`
      const counts = this.#db
        .prepare(`${keys('monitor_count', 'hour, pair')} WHERE hour < ? ORDER BY hour LIMIT ?)`)
        .run(hour, limit * COUNTS_A_CALL)
      if (Number(counts.changes) < limit * COUNTS_A_CALL)
        this.#db.prepare('DELETE FROM monitor_pair WHERE lastHour < ?').run(hour)
      const quarter = Math.floor(beforeMs / QUARTER_MS)
      this.#db
        .prepare(`${keys('monitor_block_count', 'quarter, block')} WHERE quarter < ? ORDER BY quarter LIMIT ?)`)
        .run(quarter, limit)
      this.#db
        .prepare(`${keys('monitor_group_count', 'quarter, "group"')} WHERE quarter < ? ORDER BY quarter LIMIT ?)`)
        .run(quarter, limit)
      this.#db
        .prepare(`${keys('monitor_group_number', '"group", number')} WHERE last < ? LIMIT ?)`)
        .run(beforeMs, limit)
      this.#eraseSeen(limit * COUNTS_A_CALL)
      this.#forget()
      if (by !== undefined && changes > 0) this.#noteErased(by, 'age', Number(changes))
      return Number(changes)
    })
  }

  /**
   * Takes a number out of all refused calls from it or to it, with their answers, ids and what points at the single call; out of
   * what was said of groups; and out of alerts, which go whole. Answers of how many calls. What was counted by carrier, block and
   * group stays. With `by` the audit trail says so.
   */
  eraseNumber(number: string, by?: Actor): number {
    return this.#change(() => {
      const spellings = spellingsOf(number)
      const marks = spellings.map(() => '?').join(', ')
      const rows = this.#db
        .prepare(
          `SELECT id, "from", "to", refusal FROM monitor_refused JOIN monitor_detail USING (id)
           WHERE "from" IN (${marks}) OR "to" IN (${marks})`,
        )
        .all(...spellings, ...spellings)
      const rewrite = this.#db.prepare('UPDATE monitor_detail SET refusal = ?, answer = NULL WHERE id = ?')
      const blank = this.#db.prepare('UPDATE monitor_refused SET "from" = ?, "to" = ? WHERE id = ?')
      const left = (value: unknown): string => (spellings.includes(String(value)) ? '' : String(value))
      for (const row of rows) {
        const refusal = withoutCall(
          JSON.parse(String(row['refusal'])) as Omit<Refusal, 'answer'>,
          spellings,
          numberPattern(number),
        )
        rewrite.run(JSON.stringify(refusal), row['id']!)
        blank.run(left(row['from']), left(row['to']), row['id']!)
      }
      this.#db.prepare(`DELETE FROM monitor_group_number WHERE number IN (${marks})`).run(...spellings)
      const pairs = `SELECT id FROM monitor_pair WHERE number IN (${marks})`
      this.#db.prepare(`DELETE FROM monitor_count WHERE pair IN (${pairs})`).run(...spellings)
      this.#db.prepare(`DELETE FROM monitor_pair WHERE number IN (${marks})`).run(...spellings)
      this.#eraseMentions(number)
      this.#forget()
      if (by !== undefined) this.#noteErased(by, 'number', rows.length)
      return rows.length
    })
  }

  /** How many refused calls an erasure would take. */
  countErasable(what: { readonly beforeMs: number } | { readonly number: string }): number {
    const count = (where: string, ...values: (string | number)[]): number =>
      Number(this.#db.prepare(`SELECT count(*) AS count FROM monitor_refused WHERE ${where}`).get(...values)!['count'])
    if ('beforeMs' in what) return count('at < ?', what.beforeMs)
    const spellings = spellingsOf(what.number)
    const marks = spellings.map(() => '?').join(', ')
    return count(`"from" IN (${marks}) OR "to" IN (${marks})`, ...spellings, ...spellings)
  }

  /** Makes the octets of what was erased go from the files now; false while somebody else is at work in them. */
  scrub(): boolean {
    return scrub(this.#db, Infinity)
  }

  /** Where people wrote of a number, or were told of it. */
  #eraseMentions(number: string): void {
    const pattern = numberPattern(number)
    const holds = (text: unknown): boolean => String(text).search(pattern) >= 0
    const each = (sql: string): Record<string, unknown>[] => this.#db.prepare(sql).all()
    for (const { id, note } of each(`SELECT id, note FROM monitor_mark WHERE note <> ''`))
      if (holds(note))
        this.#db
          .prepare('UPDATE monitor_mark SET note = ? WHERE id = ?')
          .run(String(note).replace(pattern, '(number erased)'), Number(id))
    for (const { name } of each(`SELECT name FROM monitor_told WHERE name LIKE 'silence %'`))
      if (holds(name)) this.#db.prepare('DELETE FROM monitor_told WHERE name = ?').run(String(name))
    for (const { id, subject, text } of each('SELECT id, subject, text FROM monitor_alert')) {
      if (!holds(subject) && !holds(text)) continue
      this.#db.prepare('DELETE FROM monitor_alert_parcel WHERE alert = ?').run(Number(id))
      this.#db.prepare('DELETE FROM monitor_alert WHERE id = ?').run(Number(id))
    }
    for (const { id, subject, text } of each(
      `SELECT id, subject, text FROM mail WHERE purpose = 'alert' AND thread LIKE 'monitor%'`,
    ))
      if (holds(subject) || holds(text)) this.#db.prepare('DELETE FROM mail WHERE id = ?').run(Number(id))
  }

  #noteErased(by: Actor, chosenBy: 'age' | 'number', calls: number): void {
    const detail = { by: chosenBy, calls }
    insertAudit(this.#db, { at: this.#now(), by, action: 'personal-data-erased', subject: 'observations', detail })
  }

  #takeOne(attempt: Attempt, batch: Batch, nowMs: number): void {
    const { end } = attempt
    const isAhead = !(attempt.at <= nowMs + FUTURE_MS)
    if (isAhead) bump(batch.figures, 'times ahead of the clock')
    const at = isAhead ? nowMs : Math.max(0, Math.trunc(attempt.at))
    const digest = hash('sha256', attempt.key, 'buffer')
    const hour = Math.floor(at / HOUR_MS)
    // That nobody saw the end is told of an attempt beside what others see of it: it is in no share.
    const isFresh = this.#isFresh(digest, end.kind === 'unknown', at, batch)
    const number = numberOf(attempt.from)
    const carrier = cut(attempt.carrier, NAME_MAX)
    const isKept = end.kind === 'refused' && this.#keep(attempt, end.refusal, digest, { at, number, carrier }, batch)
    if (isFresh || isKept) batch.fresh++
    if (!isFresh) return
    const counts = countsAt(batch, hour, carrier, number)
    counts[end.kind]++
    const sign = end.kind === 'refused' ? signOf(end.refusal, attempt.ringMs) : undefined
    if (sign !== undefined) counts[sign]++
    if (end.kind === 'unknown') return
    const block = `${Math.floor(at / QUARTER_MS)}\n${numberBlock(number)}`
    batch.blocks.set(block, (batch.blocks.get(block) ?? 0) + 1)
  }

  #isFresh(digest: Buffer, isUnknown: boolean, at: number, batch: Batch): boolean {
    const hour = Math.floor(at / HOUR_MS)
    const hash = digest.readUIntBE(isUnknown ? 6 : 0, 6)
    // Clocks of two sources differ: what one saw before the full hour another may have seen after it.
    const late = at - hour * HOUR_MS
    const other = late < CLOCKS_DIFFER_MS ? hour - 1 : late >= HOUR_MS - CLOCKS_DIFFER_MS ? hour + 1 : undefined
    if (other !== undefined && this.#statements.isSeen.get(other, hash) !== undefined) {
      batch.hours.add(other)
      return false
    }
    const { changes } = this.#statements.seen.run(hour, hash)
    if (Number(changes) === 0) return false
    batch.hours.add(hour)
    return true
  }

  /** Makes a row of a refused call; false where it is there already. */
  #keep(attempt: Attempt, refusal: Refusal, digest: Buffer, call: Call, batch: Batch): boolean {
    const { at, number, carrier } = call
    const key = digest.subarray(0, KEY_OCTETS)
    if (this.#statements.row.get(key) !== undefined) return false
    const wanted = groupKey(number, refusal)
    const group = wanted === undefined ? undefined : this.#groupOf(wanted, at, batch)
    const blocker = foldBlocker(refusal.blocker)
    const { lastInsertRowid } = this.#statements.refused.run(
      key,
      at,
      attempt.evidence === 'wire' ? 1 : 0,
      cut(attempt.from, NAME_MAX),
      cut(attempt.to, NAME_MAX),
      carrier,
      blocker,
      refusal.standing,
      reasonOf(refusal),
      refusal.status,
      group ?? null,
      cut(attempt.source, SOURCE_MAX),
    )
    const { answer, ...rest } = refusal
    this.#statements.detail.run(
      lastInsertRowid,
      attempt.ringMs === undefined ? null : Math.trunc(attempt.ringMs),
      attempt.setupMs === undefined ? null : Math.trunc(attempt.setupMs),
      formatDetail(rest),
      answer ?? null,
    )
    batch.refused++
    if (group !== undefined) addToGroup(batch, group, call)
    for (const contact of seenContacts(refusal)) {
      const name = `${blocker}\n${contact.kind}\n${contact.value}`
      const known = batch.contacts.get(name)
      if (known === undefined) batch.contacts.set(name, { blocker, contact, first: at, last: at, calls: 1 })
      else
        Object.assign(known, {
          first: Math.min(known.first, at),
          last: Math.max(known.last, at),
          calls: known.calls + 1,
        })
    }
    return true
  }

  /** The group of a key; beyond the bound the one that all others share. */
  #groupOf(key: GroupKey, at: number, batch: Batch): number {
    const name = nameGroup(key)
    const known = this.#groups.get(name)
    if (known !== undefined) return known
    const { blocker, block, reason, standing } = key
    const found = this.#statements.findGroup.get(blocker, block, reason, standing)
    const isFull = found === undefined && blocker !== OTHERS && this.#countGroups() >= this.#groupsMax
    if (isFull) {
      bump(batch.figures, 'calls beyond the groups kept')
      return this.#groupOf({ blocker: OTHERS, block: '', reason: '', standing }, at, batch)
    }
    const id = found === undefined ? this.#addGroup(key, at) : Number(found['id'])
    this.#groups.set(name, id)
    return id
  }

  #addGroup({ blocker, block, reason, standing }: GroupKey, at: number): number {
    this.#groupCount = this.#countGroups() + 1
    return Number(this.#statements.addGroup.run(blocker, block, reason, standing, at, at).lastInsertRowid)
  }

  #addPair(carrier: string, number: string): Pair {
    this.#pairCount = this.#countPairs() + 1
    return { id: Number(this.#statements.addPair.run(carrier, number, NO_HOUR).lastInsertRowid), lastHour: NO_HOUR }
  }

  #countGroups(): number {
    this.#groupCount ??= Number(this.#statements.countGroups.get()!['count'])
    return this.#groupCount
  }

  #pairOf(carrier: string, number: string, batch: Batch): Pair {
    const name = `${carrier}\n${number}`
    const known = this.#pairs.get(name)
    if (known !== undefined) return known
    const found = this.#statements.findPair.get(carrier, number)
    if (found === undefined && number !== '' && this.#countPairs() >= this.#pairsMax) {
      bump(batch.figures, 'calls beyond the numbers counted')
      return this.#pairOf(carrier, '', batch)
    }
    if (found === undefined && carrier !== OTHERS && this.#countPairs() >= this.#pairsMax + CARRIERS_MAX)
      return this.#pairOf(OTHERS, '', batch)
    const isNew = found === undefined
    const pair = isNew
      ? this.#addPair(carrier, number)
      : { id: Number(found['id']), lastHour: Number(found['lastHour']) }
    if (this.#pairs.size < this.#pairsMax) this.#pairs.set(name, pair)
    return pair
  }

  #countPairs(): number {
    this.#pairCount ??= Number(this.#statements.countPairs.get()!['count'])
    return this.#pairCount
  }

  /** Adds what a batch counted to what was counted before. */
  #count(batch: Batch, now: number): void {
    for (const { hour, carrier, number, counts } of batch.counts.values()) {
      const { answered, refused, cancelled, unknown, busy, unavailable, overload, shortRing } = counts
      const pair = this.#pairOf(carrier, number, batch)
      if (hour > pair.lastHour) this.#statements.pairHour.run(hour, pair.id)
      pair.lastHour = Math.max(pair.lastHour, hour)
      this.#statements.count.run(
        hour,
        pair.id,
        answered,
        refused,
        cancelled,
        unknown,
        busy,
        unavailable,
        overload,
        shortRing,
      )
    }
    for (const [name, attempts] of batch.blocks) {
      const [quarter, block] = name.split('\n')
      this.#statements.block.run(Number(quarter), block!, attempts)
    }
    for (const [group, { first, last, calls, quarters, numbers, carriers }] of batch.groups) {
      this.#statements.group.run(first, last, calls, group)
      for (const [quarter, count] of quarters) this.#statements.groupCount.run(quarter, group, count)
      for (const [number, one] of numbers)
        this.#statements.groupNumber.run(group, number, one.first, one.last, one.calls)
      for (const [carrier, count] of carriers) this.#statements.groupCarrier.run(carrier, group, count)
    }
    for (const { blocker, contact, first, last, calls } of batch.contacts.values())
      this.#noteContact(blocker, contact, last, first, calls)
    for (const hour of batch.hours) this.#statements.seenHour.run(hour, now)
    for (const [name, value] of batch.figures) this.#statements.figure.run(name, value)
  }

  #noteContact(blocker: string, contact: SeenContact, last: number, first = last, calls = 1): void {
    const { kind, value, isSigned } = contact
    const { changes } = this.#statements.contactAgain.run(first, last, calls, blocker, kind, value, isSigned ? 1 : 0)
    if (Number(changes) > 0) return
    const { count } = this.#statements.countContacts.get(blocker) as { count: number }
    if (count >= CONTACTS_MAX) this.#statements.figure.run('contacts beyond those kept', 1)
    else this.#statements.contact.run(blocker, kind, value, isSigned ? 1 : 0, first, last, calls)
  }

  /** What is known again is remembered by when it was told last: a file of long ago may be read twice. */
  #eraseSeen(limit: number): void {
    const hours = this.#db
      .prepare('SELECT hour FROM monitor_seen_hour WHERE takenAt < ? ORDER BY takenAt LIMIT 100')
      .all(this.#now() - SEEN_MS)
    let left = limit
    for (const { hour } of hours) {
      const { changes } = this.#db
        .prepare(
          'DELETE FROM monitor_seen WHERE (hour, hash) IN (SELECT hour, hash FROM monitor_seen WHERE hour = ? LIMIT ?)',
        )
        .run(hour!, left)
      left -= Number(changes)
      if (left <= 0) return
      this.#db.prepare('DELETE FROM monitor_seen_hour WHERE hour = ?').run(hour!)
    }
  }

  #change<T>(work: () => T): T {
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      const version = Number(this.#statements.version.get()!['data_version'])
      if (version !== this.#version) this.#forget()
      this.#version = version
      const done = work()
      this.#db.exec('COMMIT')
      return done
    } catch (cause) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      this.#forget()
      throw explainSqlite(cause, this.#path)
    }
  }

  #forget(): void {
    this.#groups.clear()
    this.#pairs.clear()
    this.#groupCount = undefined
    this.#pairCount = undefined
  }
}

/** Opens a store for the monitor, and makes it if there is none. Throws `StoreError`. */
export function openMonitorStore(url: string, options: MonitorStoreOptions = {}): MonitorStore {
  return new MonitorStore(parseStoreUrl(url), options)
}

/** Which sign of silence a refusal is; a notice, what is left of one, or a plain decline, is none: it is told as what it is. */
function signOf(
  { class: kind, status, standing, damage }: Refusal,
  ringMs: number | undefined,
): SilenceSign | undefined {
  if (kind !== 'other' || standing === 'proven' || standing === 'person' || damage.length > 0) return undefined
  return silenceSign(status, ringMs)
}

/** A number of ours as counts have it; empty for a caller without one. */
function numberOf(from: string): string {
  return /^\+?\d{1,15}$/.test(from) ? from : ''
}

/** A refusal without a number, and without what leads to the single call: its Call-ID, its id, its page, and the octets taps saw. */
function withoutCall(refusal: Omit<Refusal, 'answer'>, spellings: readonly string[], pattern: RegExp): object {
  const { contest, damage, from, to } = refusal
  const origin = (url: string | undefined): string | undefined =>
    url === undefined ? undefined : /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url)?.[0]
  const bare = {
    ...refusal,
    from: spellings.includes(from) ? '' : from,
    to: spellings.includes(to) ? '' : to,
    callId: '',
    id: undefined,
    contest: { ...contest, url: origin(contest.url), card: origin(contest.card) },
    damage: damage.map((one) => ({ ...one, text: DAMAGE_ERASED, seen: undefined })),
  }
  return JSON.parse(
    JSON.stringify(bare, (_key, value: unknown) =>
      typeof value === 'string' ? value.replace(pattern, '(number erased)') : value,
    ),
  ) as object
}

/** The fields of a refusal as text; of one that is without measure, each text is cut. */
function formatDetail(refusal: Omit<Refusal, 'answer'>): string {
  const text = JSON.stringify(refusal)
  if (text.length <= DETAIL_MAX) return text
  return JSON.stringify(refusal, (_, value: unknown) => (typeof value === 'string' ? cut(value, NAME_MAX) : value))
}

function addToGroup(batch: Batch, group: number, { at, number, carrier }: Call): void {
  let found = batch.groups.get(group)
  if (found === undefined) {
    found = { first: at, last: at, calls: 0, quarters: new Map(), numbers: new Map(), carriers: new Map() }
    batch.groups.set(group, found)
  }
  const quarter = Math.floor(at / QUARTER_MS)
  found.first = Math.min(found.first, at)
  found.last = Math.max(found.last, at)
  found.calls++
  found.quarters.set(quarter, (found.quarters.get(quarter) ?? 0) + 1)
  found.carriers.set(carrier, (found.carriers.get(carrier) ?? 0) + 1)
  const one = found.numbers.get(number)
  if (one === undefined) found.numbers.set(number, { first: at, last: at, calls: 1 })
  else {
    one.first = Math.min(one.first, at)
    one.last = Math.max(one.last, at)
    one.calls++
  }
}

function countsAt(batch: Batch, hour: number, carrier: string, number: string): Counts {
  const name = `${hour}\n${carrier}\n${number}`
  const known = batch.counts.get(name)
  if (known !== undefined) return known.counts
  const counts = {
    answered: 0,
    refused: 0,
    cancelled: 0,
    unknown: 0,
    busy: 0,
    unavailable: 0,
    overload: 0,
    shortRing: 0,
  }
  batch.counts.set(name, { hour, carrier, number, counts })
  return counts
}

function bump(figures: Map<string, number>, name: string): void {
  figures.set(name, (figures.get(name) ?? 0) + 1)
}

function nameGroup({ blocker, block, reason, standing }: GroupKey): string {
  return `${blocker}\n${block}\n${reason}\n${standing}`
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : text.slice(0, most)
}

/** A pair's row, and the last hour that has a count of it. */
type Pair = { readonly id: number; lastHour: number }

type Call = { readonly at: number; readonly number: string; readonly carrier: string }

type Counts = Record<Attempt['end']['kind'] | SilenceSign, number>

type Span = { first: number; last: number; calls: number }

type Batch = {
  fresh: number
  refused: number
  readonly counts: Map<string, { hour: number; carrier: string; number: string; counts: Counts }>
  readonly blocks: Map<string, number>
  readonly groups: Map<
    number,
    Span & {
      readonly quarters: Map<number, number>
      readonly numbers: Map<string, Span>
      readonly carriers: Map<string, number>
    }
  >
  readonly contacts: Map<string, Span & { readonly blocker: string; readonly contact: SeenContact }>
  readonly hours: Set<number>
  readonly figures: Map<string, number>
}

function newBatch(): Batch {
  return {
    fresh: 0,
    refused: 0,
    counts: new Map(),
    blocks: new Map(),
    groups: new Map(),
    contacts: new Map(),
    hours: new Set(),
    figures: new Map(),
  }
}

type Statements = Readonly<Record<keyof typeof SQL, StatementSync>>

function prepare(db: DatabaseSync): Statements {
  return Object.fromEntries(Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)])) as Statements
}

const SQL = {
  version: 'PRAGMA data_version',
  seen: 'INSERT OR IGNORE INTO monitor_seen (hour, hash) VALUES (?, ?)',
  isSeen: 'SELECT 1 FROM monitor_seen WHERE hour = ? AND hash = ?',
  seenHour: `INSERT INTO monitor_seen_hour (hour, takenAt) VALUES (?, ?)
    ON CONFLICT DO UPDATE SET takenAt = max(takenAt, excluded.takenAt)`,
  row: 'SELECT 1 FROM monitor_refused WHERE key = ?',
  refused: `INSERT INTO monitor_refused
    (key, at, isWire, "from", "to", carrier, blocker, standing, reason, status, "group", source)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  detail: 'INSERT INTO monitor_detail (id, ringMs, setupMs, refusal, answer) VALUES (?, ?, ?, ?, ?)',
  findGroup: 'SELECT id FROM monitor_group WHERE blocker = ? AND block = ? AND reason = ? AND standing = ?',
  addGroup: `INSERT INTO monitor_group (blocker, block, reason, standing, first, last, calls) VALUES (?, ?, ?, ?, ?, ?, 0)`,
  countGroups: 'SELECT count(*) AS count FROM monitor_group',
  group: 'UPDATE monitor_group SET first = min(first, ?), last = max(last, ?), calls = calls + ? WHERE id = ?',
  groupCount: `INSERT INTO monitor_group_count (quarter, "group", calls) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET calls = calls + excluded.calls`,
  groupNumber: `INSERT INTO monitor_group_number ("group", number, first, last, calls) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last),
      calls = calls + excluded.calls`,
  groupCarrier: `INSERT INTO monitor_group_carrier (carrier, "group", calls) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET calls = calls + excluded.calls`,
  findPair: 'SELECT id, lastHour FROM monitor_pair WHERE carrier = ? AND number = ?',
  addPair: 'INSERT INTO monitor_pair (carrier, number, lastHour) VALUES (?, ?, ?)',
  pairHour: 'UPDATE monitor_pair SET lastHour = max(lastHour, ?) WHERE id = ?',
  countPairs: 'SELECT count(*) AS count FROM monitor_pair',
  count: `INSERT INTO monitor_count
    (hour, pair, answered, refused, cancelled, unknown, busy, unavailable, overload, shortRing)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET answered = answered + excluded.answered, refused = refused + excluded.refused,
      cancelled = cancelled + excluded.cancelled, unknown = unknown + excluded.unknown, busy = busy + excluded.busy,
      unavailable = unavailable + excluded.unavailable, overload = overload + excluded.overload,
      shortRing = shortRing + excluded.shortRing`,
  block: `INSERT INTO monitor_block_count (quarter, block, attempts) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET attempts = attempts + excluded.attempts`,
  contactAgain: `UPDATE monitor_contact SET first = min(first, ?), last = max(last, ?), calls = calls + ?
    WHERE blocker = ? AND kind = ? AND value = ? AND isSigned = ?`,
  countContacts: 'SELECT count(*) AS count FROM monitor_contact WHERE blocker = ?',
  contact: `INSERT INTO monitor_contact (blocker, kind, value, isSigned, first, last, calls) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  place: `INSERT INTO monitor_place (source, place, at) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET place = excluded.place, at = excluded.at`,
  figure:
    'INSERT INTO monitor_figure (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value',
} as const

/** Its words held pieces of the notice. */
const DAMAGE_ERASED = 'What was changed was erased with the number.'
/** Octets of a key's digest that name a refused call. */
const KEY_OCTETS = 16
/** Pairs of carrier and own number that are counted apart; calls of further numbers are counted for their carrier alone. */
export const PAIRS_MAX = 100_000
/** Carriers beyond those pairs that are counted apart; calls through further ones are counted together. */
const CARRIERS_MAX = 1_000
/** Contacts of one blocker that are kept. */
export const CONTACTS_MAX = 32
/** A call's time may be so far ahead of our clock; one that is further is taken for now, and counted. */
export const FUTURE_MS = 3_600_000
/** How long after a batch its calls are known again where they are only counted; refused ones as long as their rows are kept. */
export const SEEN_MS = 35 * 24 * 3_600_000
/** By so much the clocks of two sources that tell of one call may differ. */
export const CLOCKS_DIFFER_MS = 300_000
/** Refused calls that one erasure takes, and how many times that of counts and memories, which are small. */
const ERASE_ROWS = 10_000
/** Pages that are kept in memory. */
const CACHE_KIB = 16 * 1_024
const COUNTS_A_CALL = 10
/** Before all hours. */
const NO_HOUR = -1
/** Characters of a name or number, of a source, and of all fields of a refusal, that are kept. */
const NAME_MAX = 512
const SOURCE_MAX = 1_024
const DETAIL_MAX = 65_536
const HOUR_MS = 3_600_000
