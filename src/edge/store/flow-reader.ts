import { CHAIN_SPAN, openForReading, parseStoreUrl } from './schema.ts'

/** Counts screened calls and blocks by stretches of ids, so that millions of them are counted a little at a time. */
export type FlowReader = {
  /** First and last id of the journal and of each chain; nothing where there is no row. */
  stretches(): readonly Stretch[]
  /** Screened calls by slice, peer and verdict, behind one id up to another. */
  calls(after: number, upTo: number, sliceMs: number): FlowCount[]
  /** Blocks by slice, cause and rule, behind one id up to another. */
  blocks(after: number, upTo: number, sliceMs: number): FlowCount[]
  /** Open cases, how many are overdue, and how many opened at or after each time. */
  cases(
    now: number,
    ages: readonly number[],
  ): { readonly open: number; readonly overdue: number; readonly since: number[] }
  close(): void
}

export type Stretch = { readonly of: 'journal' | number; readonly first: number; readonly last: number }

/** `at` is where a slice begins; of calls `name` is the peer and `cause` the verdict, of blocks `name` is the rule. */
export type FlowCount = {
  readonly at: number
  readonly name: string
  readonly cause: string
  readonly count: number
  /** The time of the latest of them. */
  readonly last: number
}

/** Opens a store for reading; gates may be writing to it. Throws StoreError. */
export function openFlowReader(url: string): FlowReader {
  const db = openForReading(parseStoreUrl(url))
  const read = (sql: string) => {
    const statement = db.prepare(sql)
    return (...values: number[]): FlowCount[] =>
      statement.all(...values).map(({ at, name, cause, count, last }) => ({
        at: Number(at),
        name: String(name),
        cause: String(cause),
        count: Number(count),
        last: Number(last),
      }))
  }
  // Rows are grouped as numbers; what the numbers stand for is looked up once for a group.
  const calls = read(
    `SELECT found.slice AS at, peer AS name, verdict AS cause, found.count AS count, found.last AS last FROM (
       SELECT at / ?3 * ?3 AS slice, words, count(*) AS count, max(at) AS last FROM journal_row
       WHERE id > ?1 AND id <= ?2 GROUP BY slice, words
     ) AS found JOIN journal_words ON journal_words.id = found.words WHERE verdict <> 'shadow'`,
  )
  const blocks = read(
    `SELECT at / ?3 * ?3 AS slice, coalesce(rule, '') AS name, coalesce(cause, '') AS cause, count(*) AS count,
       max(at) AS last, at / ?3 * ?3 AS at FROM entry WHERE id > ?1 AND id <= ?2 AND entry = 'block' GROUP BY slice, rule, cause`,
  )
  const ends = db.prepare(
    'SELECT (SELECT min(id) FROM journal_row) AS first, (SELECT max(id) FROM journal_row) AS last',
  )
  const chains = db.prepare('SELECT number FROM chain')
  const chainEnds = db.prepare(
    `SELECT (SELECT min(id) FROM entry WHERE id >= ?1 AND id < ?2) AS first,
       (SELECT max(id) FROM entry WHERE id >= ?1 AND id < ?2) AS last`,
  )
  return {
    stretches() {
      const journal = ends.get()!
      const found: Stretch[] = []
      if (journal['last'] !== null)
        found.push({ of: 'journal', first: Number(journal['first']), last: Number(journal['last']) })
      for (const row of chains.all()) {
        const number = Number(row['number'])
        const { first, last } = chainEnds.get(number * CHAIN_SPAN, (number + 1) * CHAIN_SPAN)!
        if (last !== null) found.push({ of: number, first: Number(first), last: Number(last) })
      }
      return found
    },
    calls,
    blocks,
    cases(now, ages) {
      const counts = db
        .prepare(
          `SELECT (SELECT count(*) FROM case_view WHERE isOpen = 1) AS open,
             (SELECT count(*) FROM case_view WHERE isOpen = 1 AND due > 0 AND due < ?) AS overdue`,
        )
        .get(now)!
      const since = db.prepare('SELECT count(*) AS count FROM case_view WHERE isOpen = 1 AND opened >= ?')
      return {
        open: Number(counts['open']),
        overdue: Number(counts['overdue']),
        since: ages.map((at) => Number(since.get(at)!['count'])),
      }
    },
    close: () => db.close(),
  }
}
