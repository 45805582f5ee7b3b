import { setTimeout as wait } from 'node:timers/promises'
import type { ProbeCall } from '#core/probe/compare.ts'
import type { ReceivedCall } from '#core/probe/received.ts'
import { type RunNames, nameTransaction, readFarEnd } from '#edge/prober/far-end.ts'
import { nameInput, visible } from './words.ts'

/** The far end as it was before the first call; what it told then is of an earlier run. */
export type FarEndBefore =
  | { readonly kind: 'ready'; readonly where: string; readonly run: RunNames; readonly old: ReadonlySet<string> }
  | { readonly kind: 'unreadable'; readonly why: string }

/** What it received in this run; or why nobody knows. `forgotten` calls, of this run or others, are not among them. */
export type FarEndAfter =
  | { readonly kind: 'calls'; readonly calls: readonly ReceivedCall[]; readonly forgotten: number }
  | { readonly kind: 'unreadable'; readonly why: string }

/** Looks at the far end before the first call, so that a wrong address is told at once. */
export async function lookBefore(where: string, run: RunNames): Promise<FarEndBefore> {
  const read = await readFarEnd(where, run)
  if (read.kind === 'calls') return { kind: 'ready', where, run, old: new Set(read.calls.map(nameTransaction)) }
  // A record that nothing was added to yet need not be there.
  if (read.why === NOT_THERE && !isUrl(where)) return { kind: 'ready', where, run, old: new Set() }
  return { kind: 'unreadable', why: sayUnreadable(where, read.why) }
}

/** Reads what came since. A file gets a call once it was acknowledged, or given up after 32 s: those are waited for. */
export async function lookAfter(
  { where, run, old }: Extract<FarEndBefore, { kind: 'ready' }>,
  calls: readonly ProbeCall[],
): Promise<FarEndAfter> {
  const wanted = new Set(calls.filter(({ end }) => end.kind !== 'not-measured').map(({ scenario }) => scenario.id))
  for (let tries = 1; ; tries++) {
    const read = await readFarEnd(where, run)
    const isLast = isUrl(where) || tries >= FILE_TRIES
    if (read.kind === 'calls') {
      const fresh = read.calls.filter((call) => !old.has(nameTransaction(call)))
      const seen = new Set(fresh.map(({ scenario }) => scenario))
      if (isLast || [...wanted].every((id) => seen.has(id)))
        return { kind: 'calls', calls: fresh, forgotten: read.forgotten }
    } else if (isLast) return { kind: 'unreadable', why: sayUnreadable(where, read.why) }
    await wait(FILE_PAUSE_MS)
  }
}

function sayUnreadable(where: string, why: string): string {
  return `--far-end ${nameInput(where)} cannot be read (${visible(why)}): expected the --http door of recourse answer, or its --record file`
}

function isUrl(where: string): boolean {
  return /^https?:\/\//i.test(where)
}

const NOT_THERE = 'ENOENT'
/** Looks at a file that has not all calls yet: a call that nobody acknowledges is over 32 s after its answer. */
const FILE_TRIES = 40
const FILE_PAUSE_MS = 1_000
