import type { CallResult, DeskNews, DisputeEvent, DisputeSubject, Filing, Outcome } from './dispute-event.ts'

/** By what we reckon when an answer is late. */
export type DisputeTerms = {
  /** 47 CFR 64.1200(k)(8) owes a status within 24 hours. */
  readonly statusWithinMs: number
  /** How long we are ready to wait for an answer where the blocker says no time. */
  readonly answerWithinMs: number
}

/**
 * `draft`: not filed. `unconfirmed`: the blocker waits for a link to be followed. `filed`: nothing heard. `waiting`: heard, and
 * not decided. `question`: it waits for us. `lifted`: said to work, not seen. `verified`: a call went through since.
 * `regressed`: blocked again since.
 */
export type DisputeStatus = (typeof DISPUTE_STATUSES)[number]

export const DISPUTE_STATUSES = [
  'draft',
  'unconfirmed',
  'filed',
  'waiting',
  'question',
  'lifted',
  'partly-lifted',
  'verified',
  'regressed',
  'upheld',
  'closed',
] as const

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
  const state: State = { isClosed: false, calls: [] }
  for (const event of events) take(state, event)
  const { verifiedAt, regressedAt } = readCalls(state)
  const status = statusOf(state, verifiedAt, regressedAt)
  const due = dueOf(state, status, { openedAt: first.at, regressedAt }, terms)
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
    verifiedAt,
    regressedAt,
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
  /** What calls showed, in the order that we heard of them. */
  readonly calls: { readonly result: CallResult; readonly at: number }[]
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
      state.answeredAt = event.data.heardAt ?? event.at
      state.liftedAt = event.data.outcome === 'upheld' ? undefined : (event.data.liftedAt ?? state.answeredAt)
      return
    case 'replied':
      if (state.news !== undefined) state.news = { ...state.news, question: undefined, due: undefined }
      return
    case 'retested':
      if (event.data.result !== 'unclear') state.calls.push({ result: event.data.result, at: event.at })
      return
    case 'seen':
      state.calls.push({ result: event.data.result, at: event.data.callAt })
      return
    case 'closed':
      state.isClosed = true
      return
    case 'reopened':
      state.isClosed = false
  }
}

/** Only calls since the lift say something of it: by the time of the call, not by when we heard of it. The last ones count. */
function readCalls({ liftedAt, calls }: State): { verifiedAt?: number; regressedAt?: number } {
  if (liftedAt === undefined) return {}
  const since = calls.filter(({ at }) => at >= liftedAt).toSorted((one, other) => one.at - other.at)
  const verified = since.find(({ result }) => result === 'goes-through')
  const worked = since.findLastIndex(({ result }) => result === 'goes-through')
  const regressed = since[worked + 1]
  return {
    ...(verified !== undefined && { verifiedAt: verified.at }),
    ...(regressed !== undefined && { regressedAt: regressed.at }),
  }
}

function statusOf(state: State, verifiedAt: number | undefined, regressedAt: number | undefined): DisputeStatus {
  if (state.isClosed) return 'closed'
  if (state.filing === undefined) return 'draft'
  if (state.outcome === 'upheld') return 'upheld'
  if (state.outcome !== undefined) {
    if (regressedAt !== undefined) return 'regressed'
    return verifiedAt === undefined ? state.outcome : 'verified'
  }
  if (state.filing.needsConfirmation && state.heardAt === undefined) return 'unconfirmed'
  if (state.news?.question !== undefined) return 'question'
  return state.heardAt === undefined ? 'filed' : 'waiting'
}

function dueOf(
  state: State,
  status: DisputeStatus,
  { openedAt, regressedAt }: { readonly openedAt: number; readonly regressedAt: number | undefined },
  { statusWithinMs, answerWithinMs }: DisputeTerms,
): DisputeDue | undefined {
  const filedAt = state.filedAt ?? openedAt
  switch (status) {
    case 'draft':
      return { what: 'file', of: 'us', at: openedAt + OURS_MS }
    case 'unconfirmed':
      return { what: 'confirm', of: 'us', at: filedAt + OURS_MS }
    case 'filed':
      // A blocker may promise more than it owes, and not less.
      return {
        what: 'status',
        of: 'blocker',
        at: filedAt + Math.min(statusWithinMs, state.filing?.statusWithinMs ?? statusWithinMs),
      }
    case 'waiting':
      return { what: 'answer', of: 'blocker', at: state.news?.due ?? filedAt + answerWithinMs }
    case 'question':
      return { what: 'reply', of: 'us', at: state.news?.due ?? filedAt + answerWithinMs }
    case 'lifted':
    case 'partly-lifted':
      return { what: 'retest', of: 'us', at: (state.liftedAt ?? filedAt) + OURS_MS }
    case 'regressed':
      return { what: 'file', of: 'us', at: regressedAt! + OURS_MS }
    case 'verified':
    case 'upheld':
    case 'closed':
      break
  }
  return undefined
}

/** 47 CFR 64.1200(k)(8): a status within 24 hours. An answer is waited for a week, unless the desk says by when. */
export const DISPUTE_TERMS: DisputeTerms = { statusWithinMs: 86_400_000, answerWithinMs: 7 * 86_400_000 }
/** Twenty-four hours: what we ask of ourselves. */
const OURS_MS = 86_400_000
const NOTHING = {
  heardAt: undefined,
  news: undefined,
  outcome: undefined,
  answeredAt: undefined,
  liftedAt: undefined,
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
