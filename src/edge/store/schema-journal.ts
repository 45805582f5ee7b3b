/** A party as `formatParty` writes it, of a column that holds its `partyKey`. */
const textOf = (column: string): string =>
  `CASE WHEN ${column} > 0 THEN '+' || ${column} WHEN ${column} = 0 THEN '' WHEN ${column} = -1 THEN 'withheld'
   ELSE substr(-${column}, 2) END`

/** The other way round. Digits stand behind a 1, which keeps their leading zeros. */
const keyOf = (column: string): string =>
  `CASE WHEN ${column} LIKE '+%' THEN CAST(substr(${column}, 2) AS INTEGER) WHEN ${column} = '' THEN 0
   WHEN ${column} = 'withheld' THEN -1 ELSE -CAST('1' || ${column} AS INTEGER) END`

/**
 * The journal as numbers: the parties by their keys, and the words that many rows share in a table of their own. Texts took
 * three times as long to write. Who reads finds the old columns in a view.
 */
export const JOURNAL_AS_NUMBERS = `
  ALTER TABLE journal RENAME TO journal_text;
  CREATE TABLE journal_words (
    id INTEGER PRIMARY KEY, peer TEXT NOT NULL, trunk TEXT NOT NULL, attestation TEXT NOT NULL, verdict TEXT NOT NULL,
    rule TEXT NOT NULL, UNIQUE (peer, trunk, attestation, verdict, rule)
  ) STRICT;
  CREATE TABLE journal_row (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, calling INTEGER NOT NULL, called INTEGER NOT NULL, words INTEGER NOT NULL
  ) STRICT;
  INSERT INTO journal_words (peer, trunk, attestation, verdict, rule)
    SELECT DISTINCT peer, trunk, attestation, verdict, rule FROM journal_text;
  INSERT INTO journal_row (id, at, calling, called, words)
    SELECT text.id, at, ${keyOf('calling')}, ${keyOf('called')}, words.id
    FROM journal_text AS text JOIN journal_words AS words USING (peer, trunk, attestation, verdict, rule);
  DROP TABLE journal_text;
  CREATE VIEW journal AS
    SELECT journal_row.id AS id, at, ${textOf('calling')} AS calling, ${textOf('called')} AS called,
      peer, trunk, attestation, verdict, rule
    FROM journal_row CROSS JOIN journal_words ON journal_words.id = words;`
