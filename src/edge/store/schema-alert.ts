/** What people were told of the calling side, what is remembered so that it is told once, and what webhooks still wait for. */
export const ALERT_TABLES = `CREATE TABLE monitor_told (name TEXT PRIMARY KEY, value TEXT NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE monitor_alert (
     id INTEGER PRIMARY KEY, event TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
     text TEXT NOT NULL
   ) STRICT;
   CREATE INDEX monitor_alert_at ON monitor_alert (at);
   CREATE TABLE monitor_alert_parcel (
     hook TEXT NOT NULL, alert INTEGER NOT NULL, due INTEGER NOT NULL, attempts INTEGER NOT NULL, PRIMARY KEY (hook, alert)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX monitor_alert_parcel_due ON monitor_alert_parcel (due)`
