import { Worker } from 'node:worker_threads'
import type { HttpFigureName, HttpFigures } from '#edge/http/figures.ts'
import type { Config } from '#main/config/config.ts'
import type { DeskFigures } from '#main/desk/desk-figures.ts'
import type { DeskOrder, DeskReport, DeskTask, ProcessState } from '#main/desk/desk-messages.ts'

export type DeskSurroundings = {
  /** The configuration file; undefined for the defaults. */
  readonly path: string | undefined
  /** The keys that receipts are opened with, as they are now. */
  readonly receipts: () => DeskTask['receipts']
  /** 32 octets of the store. */
  readonly secret: Uint8Array
  /** What the thread counts over HTTP is added to these. */
  readonly http: HttpFigures
  /** How the gates stand, for the overview; where nothing says so it is told as unknown. */
  readonly process?: (() => ProcessState) | undefined
  readonly alarm: (kind: 'desk' | 'overdue' | 'mail', cause: unknown) => void
  readonly tell: (message: string) => void
}

/** The desk at work, in its thread. */
export type DeskService = {
  /** In words for the start: what is served where. */
  readonly open: readonly string[]
  readonly figures: () => DeskFigures
  adopt(config: Config): Promise<void>
  close(withinMs: number): Promise<void>
}

/** A port of the desk that could not be listened on: which key says so, and the system's code. */
export class NoDeskDoor extends Error {
  readonly key: 'desk.listen' | 'office.listen'
  readonly code: string

  constructor({ key, code, message }: Extract<DeskReport, { kind: 'no-door' }>) {
    super(message)
    this.name = 'NoDeskDoor'
    this.key = key
    this.code = code
  }
}

/**
 * Starts the desk beside the gates, and again where its thread ends: gates go on meanwhile. Rejects with `NoDeskDoor` for a
 * port that is taken, and with what else keeps it from its first start.
 */
export async function startDesk(started: Config, around: DeskSurroundings): Promise<DeskService> {
  // The thread's own file has the ending this one has: .ts as written, .js as built.
  const file = new URL(import.meta.url.endsWith('.ts') ? './desk-thread.ts' : './desk-thread.js', import.meta.url)
  let config = started
  let receipts = around.receipts()
  let figures: DeskFigures = {}
  let open: readonly string[] = []
  let thread: Worker | undefined
  let isClosed = false
  let again: NodeJS.Timeout | undefined
  const adopting: (() => void)[] = []

  const begin = (settled?: { opened: () => void; failed: (cause: unknown) => void }): void => {
    const task: DeskTask = { config, path: around.path, receipts, secret: around.secret }
    const begun = new Worker(file, { workerData: task })
    let counted: HttpFigures | undefined
    let isOpen = false
    thread = begun
    // Before anything else: what is counted from now on is new.
    if (around.process !== undefined)
      begun.postMessage({ kind: 'process', state: around.process() } satisfies DeskOrder, [])
    begun.on('message', (report: DeskReport) => {
      switch (report.kind) {
        case 'open':
          isOpen = true
          ;({ open } = report)
          return settled?.opened()
        case 'no-door':
          return settled === undefined
            ? around.alarm('desk', new NoDeskDoor(report))
            : settled.failed(new NoDeskDoor(report))
        case 'failed':
          return settled?.failed(new Error(report.message)) ?? around.alarm('desk', new Error(report.message))
        case 'figures':
          for (const name of Object.keys(report.http) as HttpFigureName[])
            around.http[name] += report.http[name] - (counted?.[name] ?? 0)
          counted = report.http
          figures = report.desk
          return
        case 'alarm':
          return around.alarm('desk', Object.assign(new Error(report.message), { stack: report.stack }))
        case 'overdue':
          return around.alarm('overdue', undefined)
        case 'trouble':
          return report.of === 'mail'
            ? around.alarm('mail', new Error(report.why))
            : around.tell(`${report.of}: ${report.why}`)
        case 'adopted':
          adopting.shift()?.()
      }
    })
    begun.on('error', (cause) => {
      around.alarm('desk', cause)
      if (!isOpen) settled?.failed(cause)
    })
    begun.on('exit', () => {
      if (thread !== begun) return
      thread = undefined
      for (const adopted of adopting.splice(0)) adopted()
      // The first start has somebody who is told that it failed; later nobody but us can try again.
      if (isClosed || (!isOpen && settled !== undefined)) return
      around.alarm('desk', new Error('the thread of the desk ended'))
      again = setTimeout(() => begin(), AGAIN_MS)
    })
  }
  const order = (given: DeskOrder): void => thread?.postMessage(given, [])
  await new Promise<void>((opened, failed) => begin({ opened, failed }))
  const keys = setInterval(() => {
    const current = around.receipts()
    if (current === receipts) return
    receipts = current
    order({ kind: 'receipts', receipts })
  }, KEYS_MS)
  keys.unref()
  const telling = setInterval(() => {
    if (around.process !== undefined) order({ kind: 'process', state: around.process() })
  }, PROCESS_MS)
  telling.unref()

  return {
    get open() {
      return open
    },
    figures: () => figures,
    async adopt(next) {
      config = next
      receipts = around.receipts()
      if (thread === undefined) return
      await new Promise<void>((adopted) => {
        adopting.push(adopted)
        order({ kind: 'adopt', config, receipts })
      })
    },
    async close(withinMs) {
      isClosed = true
      clearInterval(keys)
      clearInterval(telling)
      clearTimeout(again)
      const ending = thread
      if (ending === undefined) return
      const ended = new Promise<void>((resolve) => ending.once('exit', () => resolve()))
      order({ kind: 'close', withinMs })
      const patience = setTimeout(() => void ending.terminate(), withinMs + PATIENCE_MS)
      await ended
      clearTimeout(patience)
    },
  }
}

const AGAIN_MS = 1_000
const KEYS_MS = 5_000
const PROCESS_MS = 1_000
const PATIENCE_MS = 1_000
