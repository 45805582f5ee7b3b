/**
 * The tables of the calling side; the step of the schema's list that makes them. Refused calls are rows: what lists need in
 * `monitor_refused`, which stays narrow, and the rest in `monitor_detail`. All other calls are only counted: by carrier, own
 * number and hour, and by number block and quarter of a day. What groups are is computed from rows, counts and marks.
 */
export const MONITOR_TABLES = `CREATE TABLE monitor_refused (
     id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, at INTEGER NOT NULL, isWire INTEGER NOT NULL, "from" TEXT NOT NULL,
     "to" TEXT NOT NULL, carrier TEXT NOT NULL, blocker TEXT NOT NULL, standing TEXT NOT NULL, reason TEXT NOT NULL,
     status INTEGER NOT NULL, "group" INTEGER, source TEXT NOT NULL
   ) STRICT;
   CREATE INDEX monitor_refused_at ON monitor_refused (at);
   CREATE INDEX monitor_refused_from ON monitor_refused ("from", at);
   CREATE INDEX monitor_refused_to ON monitor_refused ("to", at);
   CREATE INDEX monitor_refused_carrier ON monitor_refused (carrier, at);
   CREATE INDEX monitor_refused_blocker ON monitor_refused (blocker, at);
   CREATE INDEX monitor_refused_standing ON monitor_refused (standing, at);
   CREATE INDEX monitor_refused_group ON monitor_refused ("group", at);
   CREATE TABLE monitor_detail (
     id INTEGER PRIMARY KEY, ringMs INTEGER, setupMs INTEGER, refusal TEXT NOT NULL, answer BLOB
   ) STRICT;
   CREATE TABLE monitor_seen (hour INTEGER NOT NULL, hash INTEGER NOT NULL, PRIMARY KEY (hour, hash)) STRICT, WITHOUT ROWID;
   CREATE TABLE monitor_seen_hour (hour INTEGER PRIMARY KEY, takenAt INTEGER NOT NULL) STRICT;
   CREATE INDEX monitor_seen_hour_taken ON monitor_seen_hour (takenAt);
   CREATE TABLE monitor_pair (
     id INTEGER PRIMARY KEY, carrier TEXT NOT NULL, number TEXT NOT NULL, lastHour INTEGER NOT NULL,
     UNIQUE (carrier, number)
   ) STRICT;
   CREATE TABLE monitor_count (
     hour INTEGER NOT NULL, pair INTEGER NOT NULL, answered INTEGER NOT NULL, refused INTEGER NOT NULL,
     cancelled INTEGER NOT NULL, unknown INTEGER NOT NULL, busy INTEGER NOT NULL, unavailable INTEGER NOT NULL,
     overload INTEGER NOT NULL, shortRing INTEGER NOT NULL, PRIMARY KEY (hour, pair)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE monitor_block_count (
     quarter INTEGER NOT NULL, block TEXT NOT NULL, attempts INTEGER NOT NULL, PRIMARY KEY (quarter, block)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE monitor_group (
     id INTEGER PRIMARY KEY, blocker TEXT NOT NULL, block TEXT NOT NULL, reason TEXT NOT NULL, standing TEXT NOT NULL,
     first INTEGER NOT NULL, last INTEGER NOT NULL, calls INTEGER NOT NULL, UNIQUE (blocker, block, reason, standing)
   ) STRICT;
   CREATE TABLE monitor_group_count (
     quarter INTEGER NOT NULL, "group" INTEGER NOT NULL, calls INTEGER NOT NULL, PRIMARY KEY (quarter, "group")
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE monitor_group_number (
     "group" INTEGER NOT NULL, number TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, calls INTEGER NOT NULL,
     PRIMARY KEY ("group", number)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX monitor_group_number_number ON monitor_group_number (number, "group");
   CREATE TABLE monitor_group_carrier (
     carrier TEXT NOT NULL, "group" INTEGER NOT NULL, calls INTEGER NOT NULL, PRIMARY KEY (carrier, "group")
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX monitor_group_carrier_group ON monitor_group_carrier ("group");
   CREATE TABLE monitor_mark (
     id INTEGER PRIMARY KEY, "group" INTEGER NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL, effective INTEGER NOT NULL,
     "by" TEXT NOT NULL, note TEXT NOT NULL, hits INTEGER NOT NULL, "of" INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX monitor_mark_group ON monitor_mark ("group", id);
   CREATE TABLE monitor_contact (
     blocker TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, isSigned INTEGER NOT NULL, first INTEGER NOT NULL,
     last INTEGER NOT NULL, calls INTEGER NOT NULL, PRIMARY KEY (blocker, kind, value, isSigned)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE monitor_place (source TEXT PRIMARY KEY, place TEXT NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE monitor_figure (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID`
