/** The tables of redress; the step of the schema's list that makes them. */
export const REDRESS_TABLES = `CREATE TABLE standing (
     id INTEGER PRIMARY KEY, "from" INTEGER NOT NULL, until INTEGER, kind TEXT NOT NULL, number TEXT, prefix TEXT,
     first TEXT, last TEXT, called TEXT, calling TEXT, attestation TEXT, rule TEXT, registration TEXT,
     origin TEXT NOT NULL, endedAt INTEGER, changed INTEGER NOT NULL UNIQUE
   ) STRICT;
   CREATE INDEX standing_origin ON standing (origin);
   CREATE INDEX standing_number ON standing (number) WHERE number IS NOT NULL;
   CREATE INDEX standing_called ON standing (called) WHERE called IS NOT NULL;
   CREATE TABLE desk_case (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, opened INTEGER NOT NULL) STRICT;
   CREATE TABLE case_event (
     id INTEGER PRIMARY KEY, "case" INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL,
     name TEXT NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL, erasedAt INTEGER, UNIQUE ("case", seq)
   ) STRICT;
   CREATE TRIGGER case_event_stays_as_written BEFORE UPDATE ON case_event
   WHEN OLD.erasedAt IS NOT NULL OR NEW.erasedAt IS NULL OR NEW.id <> OLD.id OR NEW."case" <> OLD."case"
     OR NEW.seq <> OLD.seq OR NEW.at <> OLD.at OR NEW.actor <> OLD.actor OR NEW.name <> OLD.name OR NEW.kind <> OLD.kind
   BEGIN SELECT RAISE(ABORT, 'events of cases are not edited'); END;
   CREATE TRIGGER case_event_stays BEFORE DELETE ON case_event
   BEGIN SELECT RAISE(ABORT, 'events of cases are not deleted'); END;
   CREATE TABLE case_view (
     "case" INTEGER PRIMARY KEY, id TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL,
     isOpen INTEGER NOT NULL, opened INTEGER NOT NULL, due INTEGER NOT NULL, dueWhat TEXT NOT NULL,
     assigned TEXT NOT NULL, claimant TEXT NOT NULL, search TEXT NOT NULL, numbers TEXT NOT NULL, numberCount INTEGER NOT NULL,
     statusAt INTEGER, decidedAt INTEGER, outcome TEXT NOT NULL, regressedAt INTEGER,
     liftsUntil INTEGER NOT NULL, clockFrom INTEGER NOT NULL, lastAt INTEGER NOT NULL,
     erasedAt INTEGER
   ) STRICT;
   CREATE INDEX case_view_due ON case_view (due, "case");
   CREATE INDEX case_view_open ON case_view (isOpen, due, "case");
   CREATE INDEX case_view_status ON case_view (status, due, "case");
   CREATE INDEX case_view_assigned ON case_view (assigned, due, "case");
   CREATE INDEX case_view_opened ON case_view (opened, "case");
   CREATE INDEX case_view_status_opened ON case_view (status, opened, "case");
   CREATE INDEX case_view_open_opened ON case_view (isOpen, opened, "case");
   CREATE INDEX case_view_times ON case_view (clockFrom, status, kind, statusAt, decidedAt, outcome, regressedAt);
   CREATE INDEX case_view_kind ON case_view (kind, due, "case");
   CREATE INDEX case_view_kind_opened ON case_view (kind, opened, "case");
   CREATE INDEX case_view_lifts ON case_view (liftsUntil);
   CREATE INDEX case_view_decided ON case_view (decidedAt);
   CREATE INDEX case_view_regressed ON case_view (regressedAt);
   CREATE INDEX case_view_assigned_opened ON case_view (assigned, opened, "case");
   CREATE INDEX case_view_last ON case_view (lastAt) WHERE erasedAt IS NULL;
   CREATE TABLE case_number (number TEXT NOT NULL, "case" INTEGER NOT NULL, PRIMARY KEY (number, "case")) STRICT, WITHOUT ROWID;
   CREATE INDEX case_number_case ON case_number ("case");
   CREATE TABLE case_receipt (hash TEXT NOT NULL, "case" INTEGER NOT NULL, PRIMARY KEY (hash, "case")) STRICT, WITHOUT ROWID;
   CREATE INDEX case_receipt_case ON case_receipt ("case");
   CREATE TABLE case_claimant (mail TEXT NOT NULL, "case" INTEGER NOT NULL, PRIMARY KEY (mail, "case")) STRICT, WITHOUT ROWID;
   CREATE INDEX case_claimant_case ON case_claimant ("case");
   CREATE TABLE case_token (
     hash TEXT PRIMARY KEY, "case" INTEGER NOT NULL, purpose TEXT NOT NULL, until INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX case_token_case ON case_token ("case");
   CREATE TABLE case_challenge (
     id INTEGER PRIMARY KEY, "case" INTEGER NOT NULL, number TEXT NOT NULL, dial TEXT NOT NULL, "from" INTEGER NOT NULL,
     until INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX case_challenge_case ON case_challenge ("case");
   CREATE INDEX case_challenge_until ON case_challenge (until);
   CREATE INDEX case_challenge_dial ON case_challenge (dial);
   CREATE INDEX standing_wide ON standing (endedAt) WHERE number IS NULL AND kind = 'lift';
   CREATE TABLE desk_mark (name TEXT PRIMARY KEY, at INTEGER NOT NULL, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE INDEX desk_mark_at ON desk_mark (at);
   CREATE TABLE desk_place (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID`

/** By what is found whose time is over, which files an event names, and the lifts and registrations that a number is in. */
export const ERASURE_INDEXES = `ALTER TABLE registration_view ADD COLUMN erasedAt INTEGER;
   CREATE INDEX standing_over ON standing (coalesce(endedAt, until))
     WHERE coalesce(number, prefix, first, called) IS NOT NULL AND coalesce(endedAt, until) IS NOT NULL;
   CREATE INDEX standing_prefix ON standing (prefix) WHERE prefix IS NOT NULL;
   CREATE INDEX standing_first ON standing (first) WHERE first IS NOT NULL;
   CREATE INDEX case_event_file ON case_event (json_extract(data, '$.file.id')) WHERE kind = 'updated';
   CREATE INDEX registration_event_file ON registration_event (json_extract(data, '$.file.id')) WHERE kind = 'evidence';
   CREATE INDEX registration_view_over ON registration_view (changed)
     WHERE erasedAt IS NULL AND status IN ('withdrawn', 'refused', 'expired');
   CREATE INDEX mail_address_confirmed ON mail_address (confirmedAt)`
