import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext } from 'node:test'
import { deskContract, type DeskOnTrial } from './contract-desk.ts'
import { SAMPLE_TERMS } from './contract-desk-samples.ts'
import { type DeskStore, openDeskStore } from './desk-store.ts'

deskContract(freshSqlite)

function freshSqlite(t: TestContext): DeskOnTrial {
  const directory = mkdtempSync(join(tmpdir(), 'recourse-desk-'))
  const path = join(directory, 'recourse.db')
  const url = `sqlite:${path}`
  const opened = new Set<DeskStore>()
  t.after(() => {
    for (const store of opened) store.close()
    rmSync(directory, { recursive: true })
  })
  const around = <T>(use: (db: DatabaseSync) => T): T => {
    const db = new DatabaseSync(path)
    try {
      return use(db)
    } finally {
      db.close()
    }
  }
  return {
    url,
    open: (options) => {
      const store = openDeskStore(url, { terms: SAMPLE_TERMS, ...options })
      opened.add(store)
      return {
        ...store,
        close: () => {
          opened.delete(store)
          store.close()
        },
      }
    },
    execute: (sql) => around((db) => db.exec(sql)),
    count: (sql) => around((db) => Number(Object.values(db.prepare(sql).get()!)[0])),
  }
}
