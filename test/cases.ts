import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BlockSearch } from '#core/redress/block-search.ts'
import { isFederalHoliday } from '#core/redress/calendar.ts'
import type { Desk } from '#core/redress/desk.ts'
import type { Office } from '#core/redress/office.ts'
import { createReceiptRing } from '#core/receipt/receipt.ts'
import { openCallReader } from '#edge/store/call-reader.ts'
import { type DeskStore, openDeskStore } from '#edge/store/desk-store.ts'
import { openEvidenceFiles } from '#edge/store/evidence-files.ts'
import { openLedgerReader } from '#edge/store/ledger-reader.ts'
import { loadConfig } from '#main/config/load.ts'
import { Admission } from '#main/desk/admission.ts'
import { createBlockSearch } from '#main/desk/block-search.ts'
import { createDesk, type DeskParts } from '#main/desk/desk.ts'
import { MonthlyCache } from '#main/desk/monthly-cache.ts'
import { createOffice } from '#main/desk/office.ts'

/** The cases of a store, as the service puts them together, with a clock that a test moves. */
export type TestCases = {
  readonly url: string
  readonly office: Office
  readonly desk: Desk
  readonly monthly: MonthlyCache
  readonly blocks: BlockSearch
  readonly store: DeskStore
  readonly alarms: unknown[]
  /** Milliseconds since 1970. */
  now: number
  close(): void
}

/** Opens cases on a store of their own, or on one that is there. */
export function openTestCases(given?: string, secret: Uint8Array = randomBytes(32), searchedMax?: number): TestCases {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-cases-'))
  const url = given ?? `sqlite:${join(folder, 'recourse.db')}`
  const terms = {
    statusWithinMs: DAY_MS,
    decideWithinMs: 3 * DAY_MS,
    answerWithinMs: 14 * DAY_MS,
    confirmWithinMs: 2 * DAY_MS,
    listWithinDays: 3,
    calendar: { timeZone: 'America/New_York', weekend: [0, 6], isHoliday: isFederalHoliday },
  }
  const store = openDeskStore(url, { terms, searchedMax })
  const calls = openCallReader(url)
  const reader = openLedgerReader(url)
  const loaded = loadConfig({ path: undefined, env: {}, readFile: (file) => readFileSync(file, 'utf8') })
  if (loaded.kind !== 'loaded') throw new Error('the defaults are not well')
  const { policy } = loaded.config
  const alarms: unknown[] = []
  const parts: DeskParts = {
    store,
    terms,
    letters: { operator: 'Northwire', public: 'https://redress.northwire.example', timeZone: 'UTC' },
    secret,
    now: () => test.now,
    alarm: (cause) => void alarms.push(cause),
    calls,
    monthly: new MonthlyCache(store),
    files: openEvidenceFiles(join(folder, 'evidence')),
    admission: new Admission(secret),
    ring: () => createReceiptRing(new Map([[0, secret]]), 0),
    policy: () => policy,
    verification: () => undefined,
    portalSecret: () => undefined,
    queueMax: () => 1_000,
    evidenceBytesMax: () => 1_048_576,
    isTransparent: () => true,
    holders: () => [],
  }
  const test: TestCases = {
    url,
    office: createOffice(parts),
    desk: createDesk(parts),
    monthly: parts.monthly,
    blocks: createBlockSearch(reader),
    store,
    alarms,
    now: Date.UTC(2026, 10, 23, 12),
    close: () => {
      reader.close()
      calls.close()
      store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return test
}

const DAY_MS = 86_400_000
