/**
 * Registrations as what happened to them; what lists, look-ups and feeds need is computed from that when it is recorded, and
 * can be computed again. `registered_fact` is what gates were told and what the feed tells: `seq` counts every change of it.
 * Numbers stand there as their digits, so that ranges can be compared.
 */
export const REGISTRY_TABLES = `CREATE TABLE registration (
     number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, opened INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE registration_event (
     id INTEGER PRIMARY KEY, registration INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL,
     kind TEXT NOT NULL, data TEXT NOT NULL, UNIQUE (registration, seq)
   ) STRICT;
   CREATE INDEX registration_event_offered ON registration_event (json_extract(data, '$.to')) WHERE kind = 'offered';
   CREATE TABLE registration_view (
     registration INTEGER PRIMARY KEY, status TEXT NOT NULL, legalName TEXT NOT NULL, mail TEXT NOT NULL,
     opened INTEGER NOT NULL, changed INTEGER NOT NULL, until INTEGER, lines INTEGER NOT NULL, disputes INTEGER NOT NULL,
     attend INTEGER
   ) STRICT;
   CREATE INDEX registration_view_status ON registration_view (status, opened, registration);
   CREATE INDEX registration_view_opened ON registration_view (opened, registration);
   CREATE INDEX registration_view_mail ON registration_view (mail);
   CREATE INDEX registration_view_attend ON registration_view (attend) WHERE attend IS NOT NULL;
   CREATE INDEX registration_view_disputes ON registration_view (opened, registration) WHERE disputes > 0;
   CREATE TABLE registration_token (
     hash TEXT PRIMARY KEY, registration INTEGER NOT NULL, purpose TEXT NOT NULL, until INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE registration_challenge (
     id INTEGER PRIMARY KEY, registration INTEGER NOT NULL, number TEXT NOT NULL, dial TEXT NOT NULL, "from" INTEGER NOT NULL,
     until INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX registration_challenge_until ON registration_challenge (until);
   CREATE INDEX registration_challenge_registration ON registration_challenge (registration);
   CREATE TABLE registration_claim (
     registration INTEGER NOT NULL, digits INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
     PRIMARY KEY (registration, digits, first)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX registration_claim_first ON registration_claim (digits, first);
   CREATE INDEX registration_claim_range ON registration_claim (digits, first, last) WHERE last > first;
   CREATE TABLE registered_fact (
     entry INTEGER PRIMARY KEY, seq INTEGER NOT NULL UNIQUE, registration INTEGER NOT NULL, first TEXT NOT NULL,
     last TEXT NOT NULL, way TEXT NOT NULL, "from" INTEGER NOT NULL, until INTEGER NOT NULL, standing INTEGER NOT NULL,
     ended INTEGER
   ) STRICT;
   CREATE INDEX registered_fact_registration ON registered_fact (registration) WHERE ended IS NULL;
   CREATE TABLE registry_source (
     name TEXT PRIMARY KEY, trust TEXT NOT NULL, feed TEXT, issuer TEXT, next INTEGER NOT NULL, issuedAt INTEGER NOT NULL,
     expiresAt INTEGER NOT NULL, tag TEXT NOT NULL, takenAt INTEGER NOT NULL, failure TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE registry_import (
     source TEXT NOT NULL, entry INTEGER NOT NULL, registration TEXT NOT NULL, digits INTEGER NOT NULL,
     first INTEGER NOT NULL, last INTEGER NOT NULL, way TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
     name TEXT NOT NULL, site TEXT NOT NULL, standing INTEGER, PRIMARY KEY (source, entry)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX registry_import_first ON registry_import (digits, first)`
