// Reads what desk and registry say of numbers and makes it into tables, beside the gates: a base of a million numbers takes
// a second, in which no call must wait.
import { randomInt } from 'node:crypto'
import { Worker, parentPort, workerData } from 'node:worker_threads'
import {
  NO_LIVING,
  changeLiving,
  makeLiving,
  mergeLiving,
  type ChangedLiving,
  type Living,
} from '#core/rules/living.ts'
import type { StandingChange as StoredChange } from '#edge/store/standing-store.ts'
import { watchStanding } from '#edge/store/watch-standing.ts'

/** What the thread is started with: the store's URL; and for a thread of the thread's own, of what to make a base. */
export type StandingTask =
  | { readonly kind: 'watch'; readonly url: string }
  | { readonly kind: 'merge'; readonly living: Living; readonly seed: number }

/** What it tells. */
export type StandingReport =
  /** By this from now on; `unusable` entries of the portion could not be read. */
  | { readonly kind: 'living'; readonly living: Living; readonly changes: number; readonly unusable: number }
  | { readonly kind: 'looked' }
  | { readonly kind: 'failed'; readonly message: string }

/** The figure of the last look need not be newer. */
const TELL_EVERY_MS = 500
/** A table of so many keys is made in some milliseconds; a base of a million takes a second, beside the changes. */
const RECENT_KEYS_MAX = 4096

const task = workerData as StandingTask
let living = NO_LIVING
let toldMs = -Infinity
/** What has changed since a base is being made; undefined where none is. */
let meanwhile: Usable[] | undefined

if (task.kind === 'merge') parentPort!.postMessage(mergeLiving(task.living, termsOf(task.seed)), [])
else watch(task.url)

function watch(url: string): void {
  const seed = randomInt(2 ** 32 - 1)
  watchStanding(url, {
    now: () => Date.now(),
    onEntries: (entries) => {
      // What is being merged is of no use any more.
      meanwhile = undefined
      take(entries, (usable) => makeLiving(usable, termsOf(seed)))
    },
    onChanges: (changes) => {
      take(changes, (usable) => {
        const kept = [...usable]
        meanwhile?.push(...kept)
        return changeLiving(living, kept, termsOf(seed))
      })
      if (meanwhile === undefined && living.recent.keyCount > RECENT_KEYS_MAX) merge(seed)
    },
    onLook: () => {
      if (performance.now() - toldMs < TELL_EVERY_MS) return
      toldMs = performance.now()
      tell({ kind: 'looked' })
    },
    onFailure: (cause) => tell({ kind: 'failed', message: String(cause) }),
  })
}

/** Has a new base made in a thread of its own; what changes until it is there comes on top of it. */
function merge(seed: number): void {
  const since: Usable[] = []
  meanwhile = since
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { kind: 'merge', living, seed } satisfies StandingTask,
  })
  worker.once('message', (merged: Living) => {
    if (meanwhile !== since) return
    meanwhile = undefined
    living = changeLiving(merged, since, termsOf(seed)).living
    tell({ kind: 'living', living, changes: 0, unusable: 0 })
  })
  worker.once('error', (cause) => {
    if (meanwhile === since) meanwhile = undefined
    tell({ kind: 'failed', message: String(cause) })
  })
}

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

function termsOf(seed: number) {
  return { nowMs: Date.now(), seed, allot: (bytes: number) => new SharedArrayBuffer(bytes) }
}

function tell(report: StandingReport): void {
  parentPort!.postMessage(report, [])
}
