import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isFederalHoliday } from '#core/redress/calendar.ts'
import type { CaseTerms } from '#core/redress/case.ts'
import type { Desk } from '#core/redress/desk.ts'
import type { Office } from '#core/redress/office.ts'
import { type CallReader, openCallReader } from '#edge/store/call-reader.ts'
import { type DeskStore, openDeskStore } from '#edge/store/desk-store.ts'
import { openEvidenceFiles } from '#edge/store/evidence-files.ts'
import { writePrivateFile } from '#edge/store/private-file.ts'
import type { Config } from '#main/config/config.ts'
import { type ReceiptKeys, readReceiptKeys } from '#edge/store/receipt-keys.ts'
import { Admission } from './admission.ts'
import { Cases } from './cases.ts'
import { createDesk, type DeskParts, type RegisteredHolder } from './desk.ts'
import { MonthlyCache } from './monthly-cache.ts'
import { createOffice } from './office.ts'
import { receiptOpener } from './receipt-opener.ts'

/** Everything about cases, on connections of its own to one store. */
export type DeskRoom = {
  readonly desk: Desk
  readonly office: Office
  readonly cases: Cases
  readonly parts: DeskParts
  readonly store: DeskStore
  readonly calls: CallReader
  close(): void
}

export type DeskRoomTerms = {
  /** The configuration as it is now. */
  readonly config: () => Config
  /** The keys of receipts as they are now. */
  readonly receipts: () => Pick<ReceiptKeys, 'keys' | 'currentSlot'>
  readonly holders: (store: DeskStore, number: string) => readonly RegisteredHolder[]
  readonly now: () => number
  readonly alarm: (cause: unknown) => void
  /** Another store than that of the configuration, for commands. */
  readonly store?: string | undefined
}

/** Opens what works on cases. Throws StoreError. */
export function openDeskRoom(room: DeskRoomTerms): DeskRoom {
  const { config, now, alarm } = room
  const started = config()
  const path = room.store ?? started.store.path
  const terms = caseTermsOf(started)
  const store = openDeskStore(`sqlite:${path}`, { terms })
  const calls = openCallReader(`sqlite:${path}`)
  const secret = readDeskKey(`${path}.desk-key`)
  const parts: DeskParts = {
    store,
    terms,
    letters: {
      operator: started.operator.name,
      public: started.desk?.public ?? 'https://localhost',
      timeZone: started.desk?.zone ?? 'UTC',
    },
    secret,
    now,
    alarm,
    calls,
    monthly: new MonthlyCache(store),
    files: openEvidenceFiles(started.desk?.evidence ?? `${path}.evidence`),
    admission: new Admission(secret),
    ring: receiptOpener(room.receipts, () => readKeys(config()), now),
    policy: () => config().policy,
    verification: () => config().desk?.verification,
    portalSecret: () => config().desk?.portalSecret,
    queueMax: () => config().desk?.queueMax ?? QUEUE_MAX,
    evidenceBytesMax: () => config().desk?.fileBytesMax ?? FILE_BYTES_MAX,
    isTransparent: () => config().desk?.isTransparent ?? false,
    holders: (number) => room.holders(store, number),
  }
  return {
    desk: createDesk(parts),
    office: createOffice(parts),
    cases: new Cases(parts),
    parts,
    store,
    calls,
    close() {
      calls.close()
      store.close()
    },
  }
}

/** By what a configuration reckons when something is due. */
export function caseTermsOf({ desk }: Pick<Config, 'desk'>): CaseTerms {
  const holidays = desk?.holidays ?? 'us-federal'
  const days = new Set(holidays === 'us-federal' ? [] : holidays)
  return {
    statusWithinMs: STATUS_WITHIN_MS,
    decideWithinMs: desk?.decideMs ?? STATUS_WITHIN_MS,
    answerWithinMs: ANSWER_WITHIN_MS,
    confirmWithinMs: CONFIRM_WITHIN_MS,
    listWithinDays: LIST_WITHIN_DAYS,
    calendar: {
      timeZone: desk?.zone ?? 'America/New_York',
      weekend: [0, 6],
      isHoliday: holidays === 'us-federal' ? isFederalHoliday : (day) => days.has(day),
    },
  }
}

/** 32 octets beside the store, made at the first start: the links of cases are made of them. */
export function readDeskKey(path: string): Uint8Array {
  try {
    return readKey(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
  }
  try {
    writePrivateFile(path, `${randomBytes(KEY_OCTETS).toString('base64')}\n`)
  } catch (cause) {
    // Another process may have been quicker; its key is as good.
    try {
      return readKey(path)
    } catch {
      throw cause
    }
  }
  return readKey(path)
}

/** The keys of receipts as they lie there now; undefined where they cannot be read, which the gate itself complains of. */
function readKeys({ receipts }: Config): ReturnType<typeof readReceiptKeys> {
  try {
    const { keys } = receipts
    return keys.kind === 'file' ? readReceiptKeys(keys.path) : undefined
  } catch {
    return undefined
  }
}

function readKey(path: string): Uint8Array {
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64')
  if (key.length === KEY_OCTETS) return key
  throw new Error(`${path} holds no key of the desk: restore it from a backup, or remove it and links to cases end`)
}

const KEY_OCTETS = 32
/** 47 CFR 64.1200(k)(8). */
export const STATUS_WITHIN_MS = 24 * 3_600_000
/** How long a question waits for its answer. */
export const ANSWER_WITHIN_MS = 14 * 86_400_000
/** How long the link of the first message is good: a heap of claims that nobody confirms is no older. */
export const CONFIRM_WITHIN_MS = 48 * 3_600_000
/** 47 CFR 64.1200(k)(10). */
export const LIST_WITHIN_DAYS = 3
const QUEUE_MAX = 20_000
const FILE_BYTES_MAX = 5 * 1024 * 1024
