/**
 * Messages that are to leave, and what became of them; addresses that somebody showed to read. `half` is the part of a
 * Message-ID before the `@`, given when the message is recorded; `messageId` is the whole one, fixed before the first try.
 */
export const MAIL_TABLES = `CREATE TABLE mail (
     id INTEGER PRIMARY KEY, half TEXT NOT NULL UNIQUE, messageId TEXT, at INTEGER NOT NULL, due INTEGER NOT NULL,
     attempts INTEGER NOT NULL, recipient TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL, thread TEXT NOT NULL,
     purpose TEXT NOT NULL, state TEXT NOT NULL, doneAt INTEGER, why TEXT NOT NULL
   ) STRICT;
   CREATE INDEX mail_due ON mail (due) WHERE state = 'waiting';
   CREATE INDEX mail_thread ON mail (thread, id);
   CREATE INDEX mail_recipient ON mail (lower(recipient), doneAt);
   CREATE INDEX mail_done ON mail (doneAt) WHERE doneAt IS NOT NULL;
   CREATE TABLE mail_address (address TEXT PRIMARY KEY, confirmedAt INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE mail_received (
     messageId TEXT PRIMARY KEY, at INTEGER NOT NULL, thread TEXT NOT NULL, outcome TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE news (hook TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (hook)) STRICT, WITHOUT ROWID;
   CREATE TABLE news_parcel (
     id INTEGER PRIMARY KEY, hook TEXT NOT NULL, event TEXT NOT NULL, at INTEGER NOT NULL, due INTEGER NOT NULL,
     attempts INTEGER NOT NULL, UNIQUE (hook, event)
   ) STRICT;
   CREATE INDEX news_parcel_due ON news_parcel (due)`
