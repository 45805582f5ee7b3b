import { Worker } from 'node:worker_threads'
import type { Figure } from '#edge/health/serve.ts'
import { HEP_IN_FIGURES } from '#edge/hep/receive-hep.ts'
import type { MonitorConfig } from '#main/config/monitor.ts'
import { DOOR_FIGURES } from '#main/monitor/door.ts'
import { type OwnSocket, closeLeft } from '#main/monitor/live.ts'
import type { MonitorFigures, MonitorReport, MonitorTask } from './monitor-thread.ts'

/** The monitor at work beside the gates, in its thread. */
export type MonitorService = {
  /** What it takes copies on. */
  readonly local: readonly string[]
  /** The URL that posts about calls are taken on; undefined for none. */
  readonly door: string | undefined
  /** Undefined where there is no monitor, or it has counted nothing yet. */
  readonly figures: () => MonitorFigures | undefined
  close(): Promise<void>
}

/** An address that copies cannot be taken on, and the system's code. */
export class NoMonitor extends Error {
  /** The key of the section that names it. */
  readonly key: string
  readonly code: string

  constructor(message: string, key: string, code: string) {
    super(message)
    this.name = 'NoMonitor'
    this.key = key
    this.code = code
  }
}

/**
 * Starts watching for refused calls, and again where the thread ends. Rejects with `NoMonitor` for an address that is taken, and
 * with what else keeps it from its first start.
 */
export async function startMonitor(
  store: string,
  config: MonitorConfig | undefined,
  alarm: (cause: unknown) => void,
): Promise<MonitorService> {
  if (config === undefined || (config.listen.length + config.logs.length === 0 && config.webhooks === undefined))
    return { local: [], door: undefined, figures: () => undefined, close: () => Promise.resolve() }
  const file = new URL(import.meta.url.endsWith('.ts') ? './monitor-thread.ts' : './monitor-thread.js', import.meta.url)
  let thread: Worker | undefined
  let local: readonly string[] = []
  let door: string | undefined
  let figures: MonitorFigures | undefined
  let again: NodeJS.Timeout | undefined
  let isClosed = false
  const begin = (settled?: { opened: () => void; failed: (cause: unknown) => void }): void => {
    const begun = new Worker(file, {
      workerData: { store, config } satisfies MonitorTask,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB, maxOldGenerationSizeMb: HEAP_MIB },
    })
    const before = figures
    let isOpen = false
    let sockets: readonly OwnSocket[] = []
    thread = begun
    begun.on('message', (report: MonitorReport) => {
      switch (report.kind) {
        case 'open':
          isOpen = true
          ;({ local, door, sockets } = report)
          return settled?.opened()
        case 'no-tap':
          return (settled?.failed ?? alarm)(new NoMonitor(report.message, report.key, report.code))
        case 'figures':
          figures = before === undefined ? report.figures : addedTo(before, report.figures)
          return
        case 'trouble':
          return alarm(Object.assign(new Error(report.message), { stack: report.stack }))
      }
    })
    begun.on('error', (cause) => (isOpen || settled === undefined ? alarm : settled.failed)(cause))
    begun.on('exit', () => {
      thread = undefined
      // The first start failed, and whoever asked for it has been told.
      if (isClosed || (!isOpen && settled !== undefined)) return
      // Else its addresses would be taken for as long as this process lives, by a socket that nobody reads.
      closeLeft(sockets)
      alarm(new Error('the thread of the monitor ended'))
      again = setTimeout(() => begin(), AGAIN_MS)
    })
  }
  await new Promise<void>((opened, failed) => begin({ opened, failed }))
  return {
    get local() {
      return local
    },
    get door() {
      return door
    },
    figures: () => figures,
    async close() {
      isClosed = true
      clearTimeout(again)
      const ending = thread
      if (ending === undefined) return
      const ended = new Promise<void>((resolve) => ending.once('exit', () => resolve()))
      ending.postMessage('close', [])
      const patience = setTimeout(() => void ending.terminate(), CLOSE_MS)
      await ended
      clearTimeout(patience)
    },
  }
}

/** What the metrics page shows of the monitor. */
export function monitorFigures(read: MonitorService['figures']): Figure[] {
  return Object.entries({ ...HEP_IN_FIGURES, ...DOOR_FIGURES, ...ROOM_FIGURES }).map(([key, help]): Figure => {
    const snake = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    const isNow = key === 'followed'
    return {
      name: isNow ? `monitor_${snake}` : `monitor_${snake}_total`,
      help,
      type: isNow ? 'gauge' : 'counter',
      read: () => read()?.[key as keyof MonitorFigures] ?? 0,
    }
  })
}

/** What earlier threads counted and what this one does; how many calls are followed is this one's alone to say. */
function addedTo(before: MonitorFigures, now: MonitorFigures): MonitorFigures {
  const sums = Object.entries(now).map(([name, value]) => [name, value + before[name as keyof MonitorFigures]])
  return { ...(Object.fromEntries(sums) as MonitorFigures), followed: now.followed }
}

/** Each figure's name and its help text, beside those of copies. */
const ROOM_FIGURES: {
  readonly [name in keyof Omit<MonitorFigures, keyof typeof HEP_IN_FIGURES | keyof typeof DOOR_FIGURES>]: string
} = {
  messages: 'SIP messages looked at',
  broken: 'of these, those that break the grammar of SIP',
  answered: 'calls seen to be answered',
  refused: 'calls seen to be refused, by whomever',
  cancelled: 'calls seen to be given up by their callers',
  unknown: 'calls whose end was not seen',
  forgotten: 'calls that made room for others before their end was seen',
  hurried: 'calls told of early to make room',
  unreadable: 'SIP messages that name no call',
  withinDialog: 'requests within a call, which begin none',
  stray: 'answers to calls whose beginning was not seen',
  incoming: 'calls of others, such as those that came in, left out (`monitor.ours`)',
  crowded: 'copies of a call from more places than are told apart',
  fresh: 'calls written down that no source had told of before',
  refusals: 'of these, those that were refused',
  known: 'calls that a source had told of before',
  lost: 'calls that the store could not take for so long that there was no room left to wait in',
  followed: 'calls that are followed now',
}

/** Calls outlive a young generation of any size, and a large one is memory that is never given back. */
const YOUNG_MIB = 24
/** Twice what full tables of calls and of what waits for the store take; the nearer, the sooner what is dead is collected. */
const HEAP_MIB = 512
const AGAIN_MS = 1_000
const CLOSE_MS = 2_000
