/**
 * The tables of account; the step of the schema's list that makes them. What lets somebody in is kept as a hash: SHA-256 of
 * what has 80 random bits and more, argon2id of passwords. Only the secret of a second factor has to be kept as it is.
 */
export const ACCOUNT_TABLES = `CREATE TABLE account (
     id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, role TEXT NOT NULL, isActive INTEGER NOT NULL,
     password TEXT, totp BLOB, totpPending BLOB, totpStep INTEGER NOT NULL, made INTEGER NOT NULL, signedIn INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE account_recovery (
     hash TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES account (id)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX account_recovery_account ON account_recovery (account);
   CREATE TABLE account_session (
     hash TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES account (id), way TEXT NOT NULL, made INTEGER NOT NULL,
     seen INTEGER NOT NULL, until INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX account_session_account ON account_session (account);
   CREATE TABLE account_token (
     id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, account TEXT NOT NULL REFERENCES account (id), name TEXT NOT NULL,
     scopes TEXT NOT NULL, made INTEGER NOT NULL, until INTEGER NOT NULL, ended INTEGER, used INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX account_token_account ON account_token (account);
   CREATE TABLE account_link (
     hash TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT, role TEXT NOT NULL, account TEXT REFERENCES account (id),
     made INTEGER NOT NULL, until INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE account_identity (
     issuer TEXT NOT NULL, subject TEXT NOT NULL, account TEXT NOT NULL REFERENCES account (id), made INTEGER NOT NULL,
     PRIMARY KEY (issuer, subject)
   ) STRICT, WITHOUT ROWID;`
