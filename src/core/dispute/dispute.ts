import type { DeskNews, DisputeEvent, DisputeSubject, Filing, Outcome } from './dispute-event.ts'

/** By what we reckon when an answer is late. */
export type DisputeTerms = {
  /** 47 CFR 64.1200(k)(8) owes a status within 24 hours. */
  readonly statusWithinMs: number
  /** What the blocker's own answers have taken until now, where that is known, else what we are ready to wait. */
  readonly answerWithinMs: number
}

/**
 * `draft`: not filed. `unconfirmed`: the blocker waits for a link to be followed. `filed`: nothing heard. `waiting`: heard, and
 * not decided. `question`: it waits for us. `lifted`: said to work, not seen. `verified`: a call went through since.
 * `regressed`: blocked again since.
 */
export type DisputeStatus =
  | 'draft'
  | 'unconfirmed'
  | 'filed'
  | 'waiting'
  | 'question'
  | 'lifted'
  | 'partly-lifted'
  | 'verified'
  | 'regressed'
  | 'upheld'
  | 'closed'

/** What is due next: by whom, of what kind, by when. */
export type DisputeDue =
  | { readonly what: 'status' | 'answer'; readonly of: 'blocker'; readonly at: number }
  | { readonly what: 'file' | 'confirm' | 'reply' | 'retest'; readonly of: 'us'; readonly at: number }

/** How a dispute stands: computed from its events, kept nowhere. */
export type Dispute = {
  readonly id: string
  readonly seq: number
  readonly openedAt: number
  readonly subject: DisputeSubject
  readonly filing: Filing | undefined
  readonly filedAt: number | undefined
  /** When the blocker was first heard. */
  readonly heardAt: number | undefined
  readonly news: DeskNews | undefined
  readonly outcome: Outcome | undefined
  readonly answeredAt: number | undefined
  /** From when on the numbers are said to work. */
  readonly liftedAt: number | undefined
  readonly verifiedAt: number | undefined
  readonly regressedAt: number | undefined
  readonly status: DisputeStatus
  readonly due: DisputeDue | undefined
  readonly isOverdue: boolean
}

/** Reads how a dispute stands now; undefined where the first event does not open it. */
export function readDispute(events: readonly DisputeEvent[], terms: DisputeTerms, now: number): Dispute | undefined {
  const [first] = events
  if (first?.kind !== 'opened') return undefined
  const state: State = { isClosed: false }
  for (const event of events) take(state, event)
  const status = statusOf(state)
  const due = dueOf(state, status, first.at, terms)
  return {
    id: first.dispute,
    seq: events.at(-1)!.seq,
    openedAt: first.at,
    subject: first.data,
    filing: state.filing,
    filedAt: state.filedAt,
    heardAt: state.heardAt,
    news: state.news,
    outcome: state.outcome,
    answeredAt: state.answeredAt,
    liftedAt: state.liftedAt,
    verifiedAt: state.verifiedAt,
    regressedAt: state.regressedAt,
    status,
    due,
    isOverdue: due !== undefined && due.at < now,
  }
}

/** Whether the desk's word for a state is an answer, and which. */
export function outcomeOf(status: string): Outcome | undefined {
  return OUTCOMES.get(status)
}

type State = {
  filing?: Filing
  filedAt?: number
  heardAt?: number
  news?: DeskNews
  outcome?: Outcome
  answeredAt?: number
  liftedAt?: number | undefined
  verifiedAt?: number | undefined
  regressedAt?: number | undefined
  isClosed: boolean
}

function take(state: State, event: DisputeEvent): void {
  switch (event.kind) {
    case 'opened':
    case 'noted':
      return
    case 'filed':
      // Filed again, by another way perhaps: the clocks run anew, and what was said of the first is over.
      Object.assign(state, { ...NOTHING, filing: event.data, filedAt: event.at })
      return
    case 'acknowledged':
      state.heardAt ??= event.at
      return
    case 'told':
      if (event.data.status !== 'unconfirmed') state.heardAt ??= event.at
      state.news = event.data
      return
    case 'answered':
      state.heardAt ??= event.at
      state.outcome = event.data.outcome
      state.answeredAt = event.at
      state.liftedAt = event.data.outcome === 'upheld' ? undefined : (event.data.liftedAt ?? event.at)
      state.verifiedAt = state.regressedAt = undefined
      return
    case 'retested':
      if (event.data.result !== 'no-answer') noteCall(state, event.data.result, event.at)
      return
    case 'seen':
      noteCall(state, event.data.result, event.data.callAt)
      return
    case 'closed':
      state.isClosed = true
      return
    case 'reopened':
      state.isClosed = false
  }
}

/** Only calls since the lift say something of it: by the time of the call, not by when we heard of it. */
function noteCall(state: State, result: 'goes-through' | 'blocked', callAt: number): void {
  if (state.liftedAt === undefined || callAt < state.liftedAt) return
  if (result === 'blocked') state.regressedAt ??= callAt
  else {
    state.verifiedAt ??= callAt
    if (state.regressedAt !== undefined && callAt > state.regressedAt) state.regressedAt = undefined
  }
}

function statusOf(state: State): DisputeStatus {
  if (state.isClosed) return 'closed'
  if (state.filing === undefined) return 'draft'
  if (state.outcome === 'upheld') return 'upheld'
  if (state.outcome !== undefined) {
    if (state.regressedAt !== undefined) return 'regressed'
    return state.verifiedAt === undefined ? state.outcome : 'verified'
  }
  const isConfirmed = state.news !== undefined && state.news.status !== 'unconfirmed'
  if (state.filing.needsConfirmation && !isConfirmed && state.heardAt === undefined) return 'unconfirmed'
  if (state.news?.question !== undefined) return 'question'
  return state.heardAt === undefined ? 'filed' : 'waiting'
}

function dueOf(
  state: State,
  status: DisputeStatus,
  openedAt: number,
  { statusWithinMs, answerWithinMs }: DisputeTerms,
): DisputeDue | undefined {
  const filedAt = state.filedAt ?? openedAt
  switch (status) {
    case 'draft':
      return { what: 'file', of: 'us', at: openedAt + OURS_MS }
    case 'unconfirmed':
      return { what: 'confirm', of: 'us', at: filedAt + OURS_MS }
    case 'filed':
      return { what: 'status', of: 'blocker', at: filedAt + statusWithinMs }
    case 'waiting':
      return { what: 'answer', of: 'blocker', at: state.news?.due ?? filedAt + answerWithinMs }
    case 'question':
      return { what: 'reply', of: 'us', at: state.news?.due ?? filedAt + answerWithinMs }
    case 'lifted':
    case 'partly-lifted':
      return { what: 'retest', of: 'us', at: (state.liftedAt ?? filedAt) + OURS_MS }
    case 'regressed':
      return { what: 'file', of: 'us', at: state.regressedAt! + OURS_MS }
    case 'verified':
    case 'upheld':
    case 'closed':
      return undefined
  }
}

/** Twenty-four hours: what we ask of ourselves. */
const OURS_MS = 86_400_000
const NOTHING = {
  heardAt: undefined,
  news: undefined,
  outcome: undefined,
  answeredAt: undefined,
  liftedAt: undefined,
  verifiedAt: undefined,
  regressedAt: undefined,
}
/** The words of the convention for what is decided. */
const OUTCOMES: ReadonlyMap<string, Outcome> = new Map([
  ['lifted', 'lifted'],
  ['verified', 'lifted'],
  ['regressed', 'lifted'],
  ['granted', 'lifted'],
  ['partly-lifted', 'partly-lifted'],
  ['upheld', 'upheld'],
])
