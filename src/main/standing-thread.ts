// Reads what desk and registry say of numbers and makes it into tables, beside the gates: a base of a million numbers takes
// a second, in which no call must wait.
import { randomInt } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { NO_LIVING, changeLiving, makeLiving, type ChangedLiving, type Living } from '#core/rules/living.ts'
import type { StandingChange as StoredChange } from '#edge/store/standing-store.ts'
import { watchStanding } from '#edge/store/watch-standing.ts'

/** What the thread is started with: the store's URL. */
export type StandingTask = { readonly url: string }

/** What it tells. */
export type StandingReport =
  /** By this from now on; `unusable` entries of the portion could not be read. */
  | { readonly kind: 'living'; readonly living: Living; readonly changes: number; readonly unusable: number }
  | { readonly kind: 'looked' }
  | { readonly kind: 'failed'; readonly message: string }

/** The figure of the last look need not be newer. */
const TELL_EVERY_MS = 500

const { url } = workerData as StandingTask
const seed = randomInt(2 ** 32 - 1)
let living = NO_LIVING
let toldMs = -Infinity

watchStanding(url, {
  now: () => Date.now(),
  onEntries: (entries) => take(entries, (usable) => makeLiving(usable, terms())),
  onChanges: (changes) => take(changes, (usable) => changeLiving(living, usable, terms())),
  onLook: () => {
    if (performance.now() - toldMs < TELL_EVERY_MS) return
    toldMs = performance.now()
    tell({ kind: 'looked' })
  },
  onFailure: (cause) => tell({ kind: 'failed', message: String(cause) }),
})
function take(changes: Iterable<StoredChange>, change: (usable: Iterable<Usable>) => ChangedLiving): void {
  const seen = { changes: 0, unreadable: 0 }
  const made = change(usableOf(changes, seen))
  living = made.living
  tell({ kind: 'living', living, changes: seen.changes, unusable: made.unusable + seen.unreadable })
}

type Usable = StoredChange & { readonly standing: NonNullable<StoredChange['standing']> }

function* usableOf(changes: Iterable<StoredChange>, seen: { changes: number; unreadable: number }): Generator<Usable> {
  for (const change of changes) {
    seen.changes++
    if (change.standing === undefined) seen.unreadable++
    else yield { ...change, standing: change.standing }
  }
}

function terms() {
  return { nowMs: Date.now(), seed, allot: (bytes: number) => new SharedArrayBuffer(bytes) }
}

function tell(report: StandingReport): void {
  parentPort!.postMessage(report, [])
}
