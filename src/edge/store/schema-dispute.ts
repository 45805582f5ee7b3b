/** The tables of disputes with those who blocked our calls; the step of the schema's list that makes them. */
export const DISPUTE_TABLES = `CREATE TABLE dispute (
     number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, opened INTEGER NOT NULL, seq INTEGER NOT NULL,
     status TEXT NOT NULL, isOpen INTEGER NOT NULL, blocker TEXT NOT NULL, "group" INTEGER, due INTEGER NOT NULL,
     contact TEXT NOT NULL, filedAt INTEGER, answeredAt INTEGER, liftedAt INTEGER
   ) STRICT;
   CREATE INDEX dispute_opened ON dispute (opened, number);
   CREATE INDEX dispute_open ON dispute (isOpen, opened, number);
   CREATE INDEX dispute_status ON dispute (status, opened, number);
   CREATE INDEX dispute_blocker ON dispute (blocker, opened, number);
   CREATE INDEX dispute_group ON dispute ("group") WHERE "group" IS NOT NULL;
   CREATE INDEX dispute_due ON dispute (due, number);
   CREATE INDEX dispute_times ON dispute (filedAt, blocker, contact, answeredAt, liftedAt) WHERE filedAt IS NOT NULL;
   CREATE TABLE dispute_event (
     id INTEGER PRIMARY KEY, dispute INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, "by" TEXT NOT NULL,
     kind TEXT NOT NULL, data TEXT NOT NULL, erasedAt INTEGER, UNIQUE (dispute, seq)
   ) STRICT;
   CREATE TRIGGER dispute_event_stays_as_written BEFORE UPDATE ON dispute_event
   WHEN NEW.erasedAt IS NULL OR NEW.id <> OLD.id OR NEW.dispute <> OLD.dispute OR NEW.seq <> OLD.seq
     OR NEW.at <> OLD.at OR NEW."by" <> OLD."by" OR NEW.kind <> OLD.kind
   BEGIN SELECT RAISE(ABORT, 'events of disputes are not edited'); END;
   CREATE TRIGGER dispute_event_stays BEFORE DELETE ON dispute_event
   BEGIN SELECT RAISE(ABORT, 'events of disputes are not deleted'); END;
   CREATE TABLE dispute_number (
     number TEXT NOT NULL, dispute INTEGER NOT NULL, PRIMARY KEY (number, dispute)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE dispute_secret (dispute INTEGER PRIMARY KEY, seed BLOB NOT NULL, status TEXT) STRICT;
   CREATE TABLE dispute_asked (
     dispute INTEGER PRIMARY KEY, at INTEGER NOT NULL, unchanged INTEGER NOT NULL, notBefore INTEGER NOT NULL,
     told INTEGER NOT NULL
   ) STRICT`
