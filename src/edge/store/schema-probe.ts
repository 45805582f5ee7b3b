/** The tables of probes and of links to their reports; the step of the schema's list that makes them. */
export const PROBE_TABLES = `CREATE TABLE probe (
     number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, "by" TEXT NOT NULL, plan TEXT NOT NULL,
     state TEXT NOT NULL, placed INTEGER NOT NULL, total INTEGER NOT NULL, endedAt INTEGER, why TEXT NOT NULL,
     grade TEXT, points INTEGER, words TEXT NOT NULL
   ) STRICT;
   CREATE INDEX probe_state ON probe (state);
   CREATE TABLE probe_report (probe INTEGER PRIMARY KEY, report TEXT NOT NULL, page TEXT NOT NULL) STRICT;
   CREATE TABLE probe_share (
     id TEXT PRIMARY KEY, probe INTEGER NOT NULL, hash BLOB NOT NULL UNIQUE, at INTEGER NOT NULL, "by" TEXT NOT NULL,
     until INTEGER NOT NULL, endedAt INTEGER
   ) STRICT;
   CREATE INDEX probe_share_probe ON probe_share (probe)`
