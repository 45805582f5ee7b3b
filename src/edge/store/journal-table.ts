import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { parseParty, partyKey } from '#core/call/party.ts'
import { JOURNAL_WIDTH, WORDS_WIDTH, type JournalRows } from './packed.ts'

/**
 * The journal in the store: a row is four whole numbers, which SQLite takes in a third of the time of eight texts. Readers
 * see the texts in the view `journal`.
 */
export class JournalTable {
  readonly #db: DatabaseSync
  readonly #insertOne: StatementSync
  readonly #insertMany: StatementSync
  readonly #addWords: StatementSync
  readonly #findWords: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#insertOne = db.prepare(insertion(1))
    this.#insertMany = db.prepare(insertion(ROWS_AT_ONCE))
    this.#addWords = db.prepare(
      'INSERT INTO journal_words (peer, trunk, attestation, verdict, rule) VALUES (?, ?, ?, ?, ?)',
    )
    this.#findWords = db.prepare(
      'SELECT id FROM journal_words WHERE peer = ? AND trunk = ? AND attestation = ? AND verdict = ? AND rule = ?',
    )
  }

  insert({ values, words }: JournalRows): void {
    const ids = Array.from({ length: words.length / WORDS_WIDTH }, (_, number) =>
      this.#idOf(words.slice(number * WORDS_WIDTH, (number + 1) * WORDS_WIDTH)),
    )
    for (let at = 3; at < values.length; at += JOURNAL_WIDTH) values[at] = ids[values[at]!]!
    const many = ROWS_AT_ONCE * JOURNAL_WIDTH
    let at = 0
    for (; at + many <= values.length; at += many) this.#insertMany.run(...values.subarray(at, at + many))
    for (; at < values.length; at += JOURNAL_WIDTH) this.#insertOne.run(...values.subarray(at, at + JOURNAL_WIDTH))
  }

  /** Deletes words that no row has any more, once there are many: peers name their trunks as they like. */
  forgetWords(): void {
    const { count } = this.#db.prepare('SELECT count(*) AS count FROM journal_words').get()!
    if (Number(count) < WORDS_MANY) return
    this.#db.exec('DELETE FROM journal_words WHERE id NOT IN (SELECT words FROM journal_row)')
  }

  /** Asked for each batch and not remembered: another process may have had them forgotten. */
  #idOf(words: readonly string[]): number {
    return Number(this.#findWords.get(...words)?.['id'] ?? this.#addWords.run(...words).lastInsertRowid)
  }
}

/** What stands in the journal for a number, written as E.164, without its `+`, and as a national number. */
export function erasedKeys(number: string): number[] {
  return [number, number.replace(/^\+/, ''), number.replace(/^\+1(?=\d{10}$)/, '')].map((text) =>
    partyKey(parseParty(text)),
  )
}

function insertion(rows: number): string {
  const marks = Array.from({ length: rows }, () => '(?, ?, ?, ?)').join(', ')
  return `INSERT INTO journal_row (at, calling, called, words) VALUES ${marks}`
}

const ROWS_AT_ONCE = 32
/** From so many on, words that no row has are looked for. */
const WORDS_MANY = 4_096
