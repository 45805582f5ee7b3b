/** The tables of redress; the step of the schema's list that makes them. */
export const REDRESS_TABLES = `CREATE TABLE standing (
     id INTEGER PRIMARY KEY, "from" INTEGER NOT NULL, until INTEGER, kind TEXT NOT NULL, number TEXT, prefix TEXT,
     first TEXT, last TEXT, called TEXT, calling TEXT, attestation TEXT, rule TEXT, registration TEXT,
     origin TEXT NOT NULL, endedAt INTEGER, changed INTEGER NOT NULL UNIQUE
   ) STRICT;
   CREATE INDEX standing_origin ON standing (origin);
   CREATE INDEX standing_number ON standing (number) WHERE number IS NOT NULL;`
