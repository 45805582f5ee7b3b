import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Grade } from '#core/probe/grade.ts'
import type { KeptProbe, ProbePlan, ProbeShare, ProbeState } from '#core/probe/kept-probe.ts'
import { type Actor, insertAudit } from './audit.ts'
import type { Row } from './rows.ts'
import { type Durability, explainSqlite, openForWriting, parseStoreUrl } from './schema.ts'

/** What a run came to, to be kept. */
export type ProbeEnd = {
  readonly at: number
  readonly state: Exclude<ProbeState, 'running'>
  readonly placed: number
  readonly why: string
  readonly report:
    | {
        readonly json: string
        /** The report as one HTML page that needs nothing else. */
        readonly page: string
        readonly grade: Grade | undefined
        readonly points: number | undefined
        readonly words: string
      }
    | undefined
}

export type ProbePage = { readonly probes: readonly KeptProbe[]; readonly after: string | undefined }

/** Keeps probes, their reports and the links that show them to others; of links it has digests only. */
export class ProbeStore {
  readonly #db: DatabaseSync
  readonly #path: string

  constructor(path: string, durability: Durability = 'full') {
    this.#db = openForWriting(path, durability)
    this.#path = path
  }

  /** Notes that a probe begins; the oldest that are over make room for it. */
  begin(probe: Pick<KeptProbe, 'id' | 'at' | 'by' | 'plan' | 'total'>, actor: Actor): void {
    const { id, at, by, plan, total } = probe
    this.#change(() => {
      this.#db
        .prepare(
          `INSERT INTO probe (id, at, "by", plan, state, placed, total, why, words) VALUES (?, ?, ?, ?, 'running', 0, ?, '', '')`,
        )
        .run(id, at, by, JSON.stringify(plan), total)
      const old = this.#db
        .prepare(
          `SELECT number FROM probe WHERE state <> 'running' AND number NOT IN
             (SELECT number FROM probe ORDER BY number DESC LIMIT ?)`,
        )
        .all(PROBES_MAX)
      for (const { number } of old) this.#delete(Number(number))
      const { via, scenarios, isElsewhere } = plan
      this.#audit(actor, at, 'probe-started', id, { via, calls: scenarios.length, elsewhere: isElsewhere })
    })
  }

  /** Notes that a person ends it, before it is over. */
  noteCancelled(id: string, at: number, actor: Actor): void {
    this.#change(() => this.#audit(actor, at, 'probe-cancelled', id, {}))
  }

  /** Keeps what a run came to. */
  end(id: string, { at, state, placed, why, report }: ProbeEnd): void {
    this.#change(() => {
      this.#db
        .prepare(
          `UPDATE probe SET state = ?, placed = ?, endedAt = ?, why = ?, grade = ?, points = ?, words = ?
           WHERE id = ? AND state = 'running'`,
        )
        .run(state, placed, at, why, report?.grade ?? null, report?.points ?? null, report?.words ?? '', id)
      const number = this.#numberOf(id)
      if (report === undefined || number === undefined) return
      this.#db
        .prepare('INSERT OR REPLACE INTO probe_report (probe, report, page) VALUES (?, ?, ?)')
        .run(number, report.json, report.page)
    })
  }

  /** Says of those that nobody runs any more that they were interrupted; to be asked once, before the first begins. */
  interrupt(at: number): number {
    return this.#change(() =>
      Number(
        this.#db.prepare(`UPDATE probe SET state = 'interrupted', endedAt = ? WHERE state = 'running'`).run(at).changes,
      ),
    )
  }

  probe(id: string): KeptProbe | undefined {
    const row = this.#db.prepare('SELECT * FROM probe WHERE id = ?').get(id)
    return row && readProbe(row)
  }

  /** The last ones first. */
  probes(after: string | undefined, limit: number): ProbePage {
    const before = /^\d{1,15}$/.test(after ?? '') ? Number(after) : Number.MAX_SAFE_INTEGER
    const rows = this.#db
      .prepare('SELECT * FROM probe WHERE number < ? ORDER BY number DESC LIMIT ?')
      .all(before, limit)
    const last = rows.length < limit ? undefined : rows.at(-1)
    return { probes: rows.map(readProbe), after: last && String(last['number']) }
  }

  /** The report as JSON and as a page; undefined where there is none. */
  report(id: string): { readonly json: string; readonly page: string } | undefined {
    const row = this.#db
      .prepare('SELECT report, page FROM probe_report JOIN probe ON probe.number = probe WHERE id = ?')
      .get(id)
    return row && { json: String(row['report']), page: String(row['page']) }
  }

  /** Makes a link that shows a report until a time; `full` where it has as many as it may have. */
  share(
    probe: string,
    {
      id,
      token,
      at,
      until,
    }: { readonly id: string; readonly token: string; readonly at: number; readonly until: number },
    actor: Actor,
  ): 'shared' | 'full' | 'unknown' {
    return this.#change(() => {
      const number = this.#numberOf(probe)
      if (number === undefined || this.report(probe) === undefined) return 'unknown'
      const open = this.#db
        .prepare('SELECT count(*) AS count FROM probe_share WHERE probe = ? AND endedAt IS NULL AND until > ?')
        .get(number, at)
      if (Number(open?.['count']) >= SHARES_MAX) return 'full'
      this.#db
        .prepare('INSERT INTO probe_share (id, probe, hash, at, "by", until) VALUES (?, ?, ?, ?, ?, ?)')
        .run(id, number, hashOf(token), at, actor.name, until)
      this.#audit(actor, at, 'probe-shared', probe, { share: id, until: new Date(until).toISOString() })
      return 'shared'
    })
  }

  /** Ends a link; false where there is none that is open. */
  unshare(probe: string, share: string, at: number, actor: Actor): boolean {
    return this.#change(() => {
      const { changes } = this.#db
        .prepare(
          `UPDATE probe_share SET endedAt = ? WHERE id = ? AND endedAt IS NULL
             AND probe = (SELECT number FROM probe WHERE id = ?)`,
        )
        .run(at, share, probe)
      if (Number(changes) === 0) return false
      this.#audit(actor, at, 'probe-unshared', probe, { share })
      return true
    })
  }

  /** Links of a probe, the last first. */
  shares(probe: string): ProbeShare[] {
    return this.#db
      .prepare(
        `SELECT probe_share.* FROM probe_share JOIN probe ON probe.number = probe WHERE probe.id = ?
         ORDER BY probe_share.at DESC LIMIT ?`,
      )
      .all(probe, SHARES_SHOWN)
      .map((row) => ({
        id: String(row['id']),
        at: Number(row['at']),
        by: String(row['by']),
        until: Number(row['until']),
        endedAt: row['endedAt'] === null ? undefined : Number(row['endedAt']),
      }))
  }

  /** The page that a link shows at a time; undefined for one that is wrong, ended or over. */
  sharedPage(token: string, at: number): string | undefined {
    const row = this.#db
      .prepare(
        `SELECT page FROM probe_share JOIN probe_report ON probe_report.probe = probe_share.probe
         WHERE hash = ? AND endedAt IS NULL AND until > ?`,
      )
      .get(hashOf(token), at)
    return row && String(row['page'])
  }

  close(): void {
    this.#db.close()
  }

  #delete(number: number): void {
    for (const [table, column] of [
      ['probe_share', 'probe'],
      ['probe_report', 'probe'],
      ['probe', 'number'],
    ])
      this.#db.prepare(`DELETE FROM ${table} WHERE ${column} = ?`).run(number)
  }

  #numberOf(id: string): number | undefined {
    const row = this.#db.prepare('SELECT number FROM probe WHERE id = ?').get(id)
    return row && Number(row['number'])
  }

  #audit(
    by: Actor,
    at: number,
    action: 'probe-started' | 'probe-cancelled' | 'probe-shared' | 'probe-unshared',
    id: string,
    detail: Readonly<Record<string, unknown>>,
  ): void {
    insertAudit(this.#db, { at, by, action, subject: `probe ${id}`, detail })
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

/** Opens the probes of a store, and makes it if there is none. Throws `StoreError`. */
export function openProbeStore(url: string, durability: Durability = 'full'): ProbeStore {
  return new ProbeStore(parseStoreUrl(url), durability)
}

function readProbe(row: Row): KeptProbe {
  const optional = (name: string): number | undefined => (row[name] === null ? undefined : Number(row[name]))
  return {
    id: String(row['id']),
    at: Number(row['at']),
    by: String(row['by']),
    plan: JSON.parse(String(row['plan'])) as ProbePlan,
    state: String(row['state']) as ProbeState,
    placed: Number(row['placed']),
    total: Number(row['total']),
    endedAt: optional('endedAt'),
    why: String(row['why']),
    grade: row['grade'] === null ? undefined : (String(row['grade']) as Grade),
    points: optional('points'),
    words: String(row['words']),
  }
}

function hashOf(token: string): Uint8Array {
  return createHash('sha256').update(token).digest()
}

/** Probes that are kept; links to a report that are open at once; links that a page lists. */
export const PROBES_MAX = 500
export const SHARES_MAX = 20
const SHARES_SHOWN = 100
