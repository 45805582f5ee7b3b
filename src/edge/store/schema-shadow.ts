/** What people said of numbers that rules in shadow mode would have blocked; `calling` is a key as in the journal. */
export const SHADOW_TABLES = `CREATE TABLE shadow_label (
     rule TEXT NOT NULL, calling INTEGER NOT NULL, at INTEGER NOT NULL, label TEXT NOT NULL, actor TEXT NOT NULL,
     note TEXT NOT NULL, PRIMARY KEY (rule, calling)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX shadow_label_at ON shadow_label (at);`
