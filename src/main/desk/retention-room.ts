import { Worker } from 'node:worker_threads'
import { KEEP_MAIL_MS, WAIT_MOST_MS } from '#edge/store/desk-store.ts'
import { KEPT_KINDS, type KeptBefore, type KeptCount, type KeptKind } from '#edge/store/retention-reader.ts'
import type { Retention } from '#edge/http/upkeep/ports.ts'
import type { Config } from '#main/config/config.ts'

export type RetentionRoom = { read(): Retention; close(): Promise<void> }

/** What is kept for how long; rows are counted in a thread, once in a while and only where somebody looks. */
export function openRetention(config: () => Config, now: () => number): RetentionRoom {
  // The thread's own file has the ending this one has: .ts as written, .js as built.
  const isWritten = import.meta.url.endsWith('.ts')
  const file = new URL(isWritten ? './retention-thread.ts' : './retention-thread.js', import.meta.url)
  let counted: { readonly at: number; readonly kinds: ReadonlyMap<KeptKind, KeptCount> } | undefined
  let fault: string | undefined
  let askedAt = Number.NEGATIVE_INFINITY
  let thread: Worker | undefined
  const count = (): void => {
    const at = now()
    askedAt = at
    const terms = termsOf(config())
    const before: KeptBefore = new Map(
      KEPT_KINDS.flatMap((kind) => {
        const { keepMs } = terms[kind]
        return keepMs === undefined ? [] : [[kind, at - keepMs] as const]
      }),
    )
    const begun = new Worker(file, { workerData: { url: `sqlite:${config().store.path}`, before } })
    thread = begun
    begun.on('message', (kinds: ReadonlyMap<KeptKind, KeptCount>) => {
      counted = { at, kinds }
      fault = undefined
    })
    begun.on('error', (cause) => (fault = cause instanceof Error ? cause.message : String(cause)))
    begun.on('exit', () => (thread = undefined))
  }
  return {
    read() {
      if (thread === undefined && now() - askedAt >= COUNT_EVERY_MS) count()
      const terms = termsOf(config())
      return {
        countedAt: counted && new Date(counted.at).toISOString(),
        isCounting: thread !== undefined,
        fault,
        kinds: KEPT_KINDS.map((kind) => keptOf(kind, terms[kind], counted?.kinds.get(kind))),
      }
    },
    async close() {
      await thread?.terminate()
    },
  }
}

function keptOf(
  kind: KeptKind,
  { key, keepMs, sweepMs }: Term,
  found: KeptCount | undefined,
): Retention['kinds'][number] {
  const next = found?.oldest === undefined || keepMs === undefined ? undefined : found.oldest + keepMs
  return {
    kind,
    key,
    keepMs,
    held: found?.held,
    oldest: timeOf(found?.oldest),
    due: found?.due,
    next: found !== undefined && found.due > 0 ? undefined : timeOf(next),
    sweepMs,
  }
}

/** By which key, for how long, and how often it is looked at whether something is past it. */
type Term = { readonly key?: string; readonly keepMs?: number; readonly sweepMs?: number }

/** As `startChores`, the ledger's thread, the desk's chores and the monitor's thread do it. */
function termsOf({ ledger, journal, desk, monitor, lists }: Config): { readonly [kind in KeptKind]: Term } {
  const ofDesk = { key: 'desk.keep', keepMs: desk?.keepMs ?? DESK_KEEP_MS, sweepMs: HOUR_MS }
  const ofMonitor = (sweepMs: number): Term =>
    monitor === undefined ? { key: 'monitor.keep' } : { key: 'monitor.keep', keepMs: monitor.keepMs, sweepMs }
  return {
    'ledger-personal': { key: 'ledger.keep', keepMs: ledger.keepMs, sweepMs: DAY_MS },
    'ledger-entries': {},
    journal: { key: 'journal.keep', keepMs: journal.keepMs, sweepMs: HOUR_MS },
    cases: ofDesk,
    // They go with their case or registration, whose time begins when nothing more happens in it.
    evidence: { key: 'desk.keep' },
    registrations: ofDesk,
    standing: ofDesk,
    'mail-done': { keepMs: Math.min(KEEP_MAIL_MS, monitor?.keepMs ?? KEEP_MAIL_MS), sweepMs: HOUR_MS },
    'mail-waiting': { keepMs: WAIT_MOST_MS, sweepMs: HOUR_MS },
    observations: ofMonitor(MONITOR_SWEEP_MS),
    disputes: ofMonitor(MONITOR_SWEEP_MS),
    alerts: ofMonitor(DAY_MS),
    probes: {},
    'policy-lists': { key: 'policy.keepLists', keepMs: lists.keepMs, sweepMs: DAY_MS },
    audit: {},
  }
}

function timeOf(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString()
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MONITOR_SWEEP_MS = 600_000
const DESK_KEEP_MS = 730 * DAY_MS
/** However many look, rows are counted no more often. */
const COUNT_EVERY_MS = 30_000
