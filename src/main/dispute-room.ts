import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import type { DisputeEvent } from '#core/dispute/dispute-event.ts'
import { DISPUTE_TERMS, type Dispute, type DisputeDue, type DisputeStatus } from '#core/dispute/dispute.ts'
import type { Step, StepTerms } from '#core/dispute/steps.ts'
import { type DisputeReader, DisputeStore, openDisputeReader } from '#edge/store/dispute-store.ts'
import { openMonitorStore, type MonitorStore } from '#edge/store/monitor-store.ts'
import { nearest } from '#core/words/nearest.ts'
import { actorOf } from './actor.ts'
import { EXIT, Stop } from './exit.ts'
import { openOrStop } from './load-or-stop.ts'
import type { Output } from './ledger.ts'
import { type MonitorWords, addVerb, pathOf, showMinute } from './monitor-room.ts'
import { visible } from './words.ts'

// What the commands about disputes have in common: the store, who does it, which dispute is meant, and how one is told.

/** The words that all of these commands have. */
export type DisputeWords = MonitorWords & { readonly by?: string }

/** What a command that changes something works with. */
export type DisputeRoom = { readonly store: DisputeStore; readonly monitor: MonitorStore; readonly now: number }

/** Adds a command that changes something. */
export function addStep(parent: Command, words: string, description: string, example: string): Command {
  return addVerb(parent, words, description, example).option(
    '--by <name>',
    'who does it; the account’s name if not said',
  )
}

/** Reads the disputes of a store that is there. */
export async function withDisputes<T>(words: MonitorWords, work: (reader: DisputeReader) => T): Promise<T> {
  const path = pathOf(words)
  const reader = await openOrStop(() => openDisputeReader(`sqlite:${path}`, DISPUTE_TERMS))
  try {
    return work(reader)
  } finally {
    reader.close()
  }
}

/** Changes disputes of a store that is there. */
export async function withRoom<T>(words: MonitorWords, work: (room: DisputeRoom) => T | Promise<T>): Promise<T> {
  const path = pathOf(words)
  const store = await openOrStop(() => new DisputeStore(path, { terms: DISPUTE_TERMS }))
  try {
    const monitor = await openOrStop(() => openMonitorStore(`sqlite:${path}`))
    try {
      return await work({ store, monitor, now: Date.now() })
    } finally {
      monitor.close()
    }
  } finally {
    store.close()
  }
}

/** The dispute that somebody named, by its id or the beginning of it. Throws `Stop`, with the nearest where there is none. */
export function disputeOf(reader: DisputeReader, text: string, now: number): Dispute {
  const ids = /^[A-Za-z0-9_-]{4,22}$/.test(text) ? reader.idsLike(text) : []
  const [id] = ids
  if (id !== undefined && (ids.length === 1 || id === text)) return reader.dispute(id, now)!
  if (ids.length > 1)
    throw new Stop(EXIT.unusable, `${text} begins more than one dispute: ${ids.join(', ')}; write more of it`)
  const near = nearest(text, reader.knownIds())
  const hint = near === undefined ? 'recourse disputes list --all shows those that are there' : `did you mean ${near}?`
  throw new Stop(EXIT.unusable, `no dispute ${visible(text)} in this store: ${hint}`)
}

/** Records a step. Throws `Stop` where it was refused, or somebody was quicker. */
export async function record(
  store: DisputeStore,
  step: Step,
  also: Parameters<DisputeStore['record']>[1] = {},
): Promise<readonly DisputeEvent[]> {
  if (step.kind === 'refused') throw new Stop(EXIT.unusable, `${step.problem}; nothing was done`)
  const recorded = await openOrStop(() => store.record(step.events, also))
  if (recorded === 'recorded') return step.events
  throw new Stop(
    EXIT.unusable,
    'somebody else did something with this dispute just now, and nothing was done: look again',
  )
}

export function termsOf(words: DisputeWords, at: number): StepTerms {
  return { by: actorOf(words.by).name, at }
}

/** An id that nobody can guess; none begins with what looks like an option. */
export function freshId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url')
    if (!id.startsWith('-')) return id
  }
}

/** Tells how a dispute stands now. */
export function tellDispute(to: Output, words: MonitorWords, dispute: Dispute, said: string): void {
  to.out(
    words.json === true
      ? `${jsonOf(recordOf(dispute))}\n`
      : `${visible(said)}: dispute ${dispute.id} is ${dispute.status}${dispute.due === undefined ? '' : `; ${dueInWords(dispute.due, dispute.isOverdue)}`}\n`,
  )
}

export function dueInWords({ what, of, at }: DisputeDue, isOverdue: boolean): string {
  const whose = of === 'us' ? `to ${what} is on you` : `their ${what} is due`
  return `${whose} by ${showMinute(at)} UTC${isOverdue ? ', OVERDUE' : ''}`
}

/** A dispute as programs read it; nothing in it opens anything. */
export function recordOf(dispute: Dispute) {
  const { id, status, subject, filing, due, isOverdue, outcome, news, seq } = dispute
  const { group, blocker, numbers, receipts, urls, calls, purpose, changed } = subject
  return {
    id,
    status,
    event: seq,
    group,
    blocker,
    numbers,
    due: due && { what: due.what, of: due.of, at: new Date(due.at).toISOString(), isOverdue },
    openedAt: iso(dispute.openedAt),
    filedAt: iso(dispute.filedAt),
    heardAt: iso(dispute.heardAt),
    answeredAt: iso(dispute.answeredAt),
    liftedAt: iso(dispute.liftedAt),
    verifiedAt: iso(dispute.verifiedAt),
    regressedAt: iso(dispute.regressedAt),
    outcome,
    filing,
    news: news && { ...news, due: iso(news.due) },
    receipts,
    urls,
    calls: calls.map((call) => ({ ...call, at: iso(call.at) })),
    purpose,
    changed,
  }
}

export function jsonOf(value: unknown): string {
  return visible(JSON.stringify(value))
}

export function iso(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString()
}

/** What is over, or waits for nobody. */
export const QUIET: ReadonlySet<DisputeStatus> = new Set(['verified', 'upheld', 'closed'])
