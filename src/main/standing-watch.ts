import { Worker } from 'node:worker_threads'
import { NO_LIVING, type Living } from '#core/rules/living.ts'
import type { Figure } from '#edge/health/serve.ts'
import type { StandingReport, StandingTask } from './standing-thread.ts'

export type StandingWatchTerms = {
  /** The store's URL. */
  readonly url: string
  /** Entries cannot be read, or nobody looks for them any more; told again for as long as that is so. */
  readonly onTrouble: (cause: unknown) => void
}

/** What desk and registry say of numbers, as it comes to the gates of this process. */
export type StandingWatch = {
  /** What is in force now. */
  readonly living: Living
  /** What gates judge by is handed over from now on. */
  follow(onLiving: (living: Living) => void): void
  readonly figures: () => StandingFigures
  close(): Promise<void>
}

export type StandingFigures = {
  /** Entries that gates hold. */
  readonly entries: number
  /** Entries added or ended since the start. */
  readonly changes: number
  /** Entries that this version cannot read or use. */
  readonly unusable: number
  /** Since the store was last looked at. */
  readonly lookAgeMs: number
}

/**
 * Starts bringing what desk and registry say of numbers to the gates; done when all that is in force now is there, so that
 * the first call is judged by it. Rejects where the store cannot be read; later on, what was known stays in force.
 */
export async function watchStandings(
  terms: StandingWatchTerms,
  nowMs: () => number = () => performance.now(),
): Promise<StandingWatch> {
  const { url, onTrouble } = terms
  // The thread's own file has the ending this one has: .ts as written, .js as built.
  const file = new URL(
    import.meta.url.endsWith('.ts') ? './standing-thread.ts' : './standing-thread.js',
    import.meta.url,
  )
  let living = NO_LIVING
  let onLiving: ((living: Living) => void) | undefined
  let [changes, unusable, lookedMs] = [0, 0, nowMs()]
  let thread: Worker | undefined
  let isClosed = false
  let again: NodeJS.Timeout | undefined
  const begin = (started?: () => void, failed?: (cause: unknown) => void): void => {
    const begun = new Worker(file, { workerData: { kind: 'watch', url } satisfies StandingTask })
    thread = begun
    let isFirst = true
    let cause: unknown = new Error('the thread that reads what desk and registry say ended')
    begun.on('message', (report: StandingReport) => {
      if (report.kind === 'failed') return onTrouble(new Error(report.message))
      lookedMs = nowMs()
      if (report.kind === 'looked') return
      living = report.living
      // What is there at the start has not changed.
      if (!isFirst) changes += report.changes
      isFirst = false
      unusable += report.unusable
      if (report.unusable > 0) onTrouble(new Error(`${report.unusable} entries of desk or registry cannot be used`))
      onLiving?.(living)
      started?.()
    })
    begun.on('error', (error) => (cause = error))
    begun.on('exit', () => {
      thread = undefined
      if (isClosed) return
      if (isFirst && failed !== undefined) return failed(cause)
      onTrouble(cause)
      again = setTimeout(begin, AGAIN_MS)
      again.unref()
    })
  }
  await new Promise<void>((started, failed) => begin(started, failed))
  const watcher = setInterval(() => {
    const ageMs = nowMs() - lookedMs
    if (ageMs > STALE_MS) onTrouble(new Error(`nobody looked for ${Math.round(ageMs / 1000)} s`))
  }, STALE_MS)
  watcher.unref()
  return {
    get living() {
      return living
    },
    follow(follower) {
      onLiving = follower
      follower(living)
    },
    figures: () => ({ entries: living.size, changes, unusable, lookAgeMs: nowMs() - lookedMs }),
    async close() {
      isClosed = true
      clearTimeout(again)
      clearInterval(watcher)
      await thread?.terminate()
    },
  }
}

/** What the metrics page shows of it. */
export function standingFigures(read: () => StandingFigures): Figure[] {
  return [
    {
      name: 'standing_entries',
      help: 'entries of desk and registry that gates judge by',
      type: 'gauge',
      read: () => read().entries,
    },
    {
      name: 'standing_changes_total',
      help: 'entries of desk and registry added or ended',
      type: 'counter',
      read: () => read().changes,
    },
    {
      name: 'standing_unusable_total',
      help: 'entries of desk and registry that this version cannot use',
      type: 'counter',
      read: () => read().unusable,
    },
    {
      name: 'standing_look_age_seconds',
      help: 'how long ago the store was last looked at for them',
      type: 'gauge',
      read: () => Math.round(read().lookAgeMs / 100) / 10,
    },
  ]
}

/** How long nobody need have looked before somebody should know. */
const STALE_MS = 5000
const AGAIN_MS = 1000
