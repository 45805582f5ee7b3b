// The thread of the monitor: copies of calls come in, and attempts go to the store. Nothing of it runs where calls are screened,
// and it may wait for a disk as long as it takes.
import { randomInt } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import type { HepInFigures } from '#edge/hep/receive-hep.ts'
import { openMonitorStore } from '#edge/store/monitor-store.ts'
import type { MonitorConfig } from '#main/config/monitor.ts'
import { nameCarriers } from '#main/monitor/carriers.ts'
import type { DoorFigures } from '#main/monitor/door.ts'
import { ERASE_EVERY_MS, eraseOld } from '#main/monitor/erase-old.ts'
import { type LiveSources, NoTap, openLive } from '#main/monitor/live.ts'
import { oursOf } from '#main/monitor/ours.ts'
import { MonitorRoom, type RoomFigures, type RoomTerms, addFigures } from '#main/monitor/room.ts'

export type MonitorTask = { readonly store: string; readonly config: MonitorConfig }

export type MonitorFigures = HepInFigures & DoorFigures & RoomFigures & { followed: number }

export type MonitorReport =
  | ({ readonly kind: 'open' } & Pick<LiveSources, 'local' | 'door' | 'sockets'>)
  | { readonly kind: 'no-tap'; readonly message: string; readonly key: NoTap['key']; readonly code: string }
  | { readonly kind: 'figures'; readonly figures: MonitorFigures }
  | { readonly kind: 'trouble'; readonly message: string; readonly stack: string | undefined }

const FIGURES_MS = 1_000

const main = parentPort!
const { store: url, config } = workerData as MonitorTask
const store = openMonitorStore(url)
const terms: RoomTerms = {
  store,
  nameCarrier: nameCarriers(config.carriers),
  isOurs: oursOf(config.ours),
  seed: randomInt(2 ** 31),
  onTrouble: tellTrouble,
}
const room = new MonitorRoom(terms)
const logRoom = new MonitorRoom(terms)
const live = await openOrTell()
if (live === undefined) store.close()
else {
  tell({ kind: 'open', local: live.local, door: live.door, sockets: live.sockets })
  const figures = setInterval(() => tellFigures(live), FIGURES_MS)
  const erase = setInterval(eraseSome, ERASE_EVERY_MS)
  main.on('message', () => {
    clearInterval(figures)
    clearInterval(erase)
    void end(live)
  })
}

async function openOrTell(): Promise<LiveSources | undefined> {
  try {
    return await openLive(config, room, { room: logRoom, placeOf: (source) => store.place(source) }, tellTrouble)
  } catch (error) {
    if (!(error instanceof NoTap)) throw error
    const code = error.cause instanceof Error && 'code' in error.cause ? String(error.cause.code) : ''
    tell({ kind: 'no-tap', message: error.message, key: error.key, code })
    return undefined
  }
}

async function end(sources: LiveSources): Promise<void> {
  await sources.close()
  for (const one of [room, logRoom]) {
    one.finish()
    one.flush()
  }
  store.close()
  main.close()
}

function eraseSome(): void {
  try {
    eraseOld(store, url, config.keepMs, Date.now())
  } catch (cause) {
    tellTrouble(cause)
  }
}

function tellFigures(sources: LiveSources): void {
  const figures = { ...sources.figures(), ...addFigures(room.figures, logRoom.figures) }
  tell({ kind: 'figures', figures: { ...figures, followed: room.followed + logRoom.followed } })
}

function tellTrouble(cause: unknown): void {
  const error = cause instanceof Error ? cause : new Error(String(cause))
  tell({ kind: 'trouble', message: error.message, stack: error.stack })
}

function tell(report: MonitorReport): void {
  main.postMessage(report, [])
}
