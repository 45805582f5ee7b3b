import { type Calendar, endOfBusinessDays } from './calendar.ts'
import type { CaseEvent, EvidenceFile, OpenedWay, SubscriberWish } from './case-event.ts'
import type { CaseStatus } from './case-view.ts'
import type { Claim } from './claim.ts'
import type { Decision } from './decision.ts'
import type { CaseDue } from './office.ts'
import type { Proof } from './proof.ts'

/** By what a desk reckons when something is due. */
export type CaseTerms = {
  /** 47 CFR 64.1200(k)(8): a status within 24 hours, wall time. */
  readonly statusWithinMs: number
  readonly decideWithinMs: number
  /** How long a question waits for its answer before the case expires. */
  readonly answerWithinMs: number
  /** How long the link of the first message can be followed. */
  readonly confirmWithinMs: number
  /** 47 CFR 64.1200(k)(10): for the list of blocked calls. */
  readonly listWithinDays: number
  readonly calendar: Calendar
}

/** How a case stands: computed from its events, kept nowhere. */
export type Case = {
  readonly id: string
  /** Of its last event. */
  readonly seq: number
  readonly openedAt: number
  readonly way: OpenedWay
  readonly claim: Claim
  readonly request: SubscriberWish | undefined
  /** Whether the claimant has followed the link of the first message: before that no other leaves. */
  readonly isConfirmed: boolean
  readonly status: CaseStatus
  readonly due: CaseDue | undefined
  readonly isOverdue: boolean
  /** Contested numbers in the order they came: those named, those of calls told, those of receipts. A request has its subscriber's. */
  readonly numbers: readonly string[]
  /** When the desk came to know of it for certain: confirmed, or opened by a worker. From then on its promises run. */
  readonly receivedAt: number
  readonly assigned: string | undefined
  readonly question: string | undefined
  readonly decision: Decision | undefined
  readonly decidedAt: number | undefined
  /** When the claimant was first told how the case stands. */
  readonly statusAt: number | undefined
  /** From when on the lift is in force at the gates, by which entries; undefined without one. */
  readonly effect: { readonly from: number; readonly standing: readonly number[] } | undefined
  /** The decision whose entries those are, also while the case is open again. */
  readonly held: { readonly decision: Decision; readonly decidedAt: number } | undefined
  /** The decision that was taken back since, and when; undefined where there is none or another has followed. */
  readonly takenBack: { readonly at: number; readonly what: 'lift' | 'grant' | 'uphold' } | undefined
  readonly verifiedAt: number | undefined
  readonly regressedAt: number | undefined
  readonly proofs: readonly Proof[]
  readonly evidence: readonly EvidenceFile[]
  /** Places of events that were said to be wrong: they tell nothing any more. */
  readonly corrected: ReadonlySet<number>
}

/**
 * Reads how a case stands now. Events are taken in their order, whatever order that is; undefined where the first does not
 * open the case.
 */
export function readCase(events: readonly CaseEvent[], now: number, terms: CaseTerms): Case | undefined {
  const first = events[0]
  if (first?.kind !== 'opened') return undefined
  const corrected = correctedPlaces(events)
  const state = openState(first)
  let isUndone = false
  for (const event of events.slice(1)) {
    if (event.kind === 'decided') isUndone = corrected.has(event.seq)
    if (corrected.has(event.seq)) undo(state, event)
    if (event.kind === 'effective' && corrected.has(event.seq)) isUndone = true
    if (event.kind === 'corrected') takeBack(state, events, event)
    // What followed from a decision that was wrong goes with it.
    if (corrected.has(event.seq) || (isUndone && follows(event))) continue
    take(state, event)
  }
  const due = dueOf(state, terms)
  return {
    ...state,
    seq: events.at(-1)!.seq,
    due,
    isOverdue: due !== undefined && due.what !== 'answer' && now > due.at,
    corrected,
  }
}

/** Whether somebody of the desk or the claimant still has to do something. */
export function isOpenStatus(status: CaseStatus): boolean {
  return OPEN.has(status)
}

/** Whether entries that a decision of the case gave have not been ended by another. */
export function holdsEntries({ effect }: Pick<Case, 'effect'>): boolean {
  return effect !== undefined && effect.standing.length > 0
}

/** Numbers of these for which nothing of full strength shows that the claimant has them. */
export function unprovenOf({ proofs }: Pick<Case, 'proofs'>, numbers: readonly string[]): string[] {
  const full = proofs.filter(({ strength }) => strength === 'full')
  const proven = new Set(full.map(({ number }) => number))
  return proven.has('') ? [] : numbers.filter((number) => !proven.has(number))
}

type State = { -readonly [key in Exclude<keyof Case, 'seq' | 'due' | 'isOverdue' | 'corrected'>]: Case[key] } & {
  /** From when the clock of the next step runs. */
  clockFrom: number
  askedAt: number | undefined
  proofs: Proof[]
  evidence: EvidenceFile[]
}

function openState(event: Extract<CaseEvent, { kind: 'opened' }>): State {
  const { claim, way, request, blocks } = event.data
  const own = request === undefined ? [] : [request.number]
  const called = claim.calls.map(({ calling }) => calling)
  const blocked = (blocks ?? []).map(({ calling }) => calling).filter((calling) => calling.startsWith('+'))
  const needsConfirmation = way === 'page' || way === 'api'
  return {
    id: event.case,
    openedAt: event.at,
    way,
    claim,
    request,
    isConfirmed: false,
    status: needsConfirmation ? 'unconfirmed' : 'open',
    numbers: [...new Set([...own, ...claim.numbers, ...called, ...blocked])],
    assigned: undefined,
    question: undefined,
    decision: undefined,
    decidedAt: undefined,
    statusAt: undefined,
    effect: undefined,
    takenBack: undefined,
    verifiedAt: undefined,
    regressedAt: undefined,
    proofs: [],
    evidence: [],
    receivedAt: event.at,
    clockFrom: event.at,
    askedAt: undefined,
    held: undefined,
  }
}

// One thing: what each kind of event means; the compiler asks for a row of every kind.
function take(state: State, event: CaseEvent): void {
  switch (event.kind) {
    case 'opened':
    case 'corrected':
      return
    case 'confirmed':
      state.isConfirmed = true
      // One that gave way to newer claims before its time is confirmed all the same.
      if (state.status !== 'unconfirmed' && state.status !== 'expired') return
      state.receivedAt = event.at
      open(state, event.at)
      return
    case 'acknowledged':
      state.statusAt ??= event.at
      return
    case 'updated':
      return update(state, event)
    case 'asked':
      state.statusAt ??= event.at
      state.question = event.data.question
      state.askedAt = event.at
      state.status = 'waiting-for-claimant'
      return
    case 'answered':
      if (state.status === 'waiting-for-claimant') open(state, event.at)
      return
    case 'decided':
      state.statusAt ??= event.at
      state.decision = event.data.decision
      state.decidedAt = event.at
      state.held = { decision: event.data.decision, decidedAt: event.at }
      state.question = undefined
      state.effect = undefined
      state.takenBack = undefined
      state.verifiedAt = undefined
      state.regressedAt = undefined
      state.status = STATUS_OF[event.data.decision.outcome]
      return
    case 'effective':
      state.effect = { from: event.data.from, standing: event.data.standing }
      return
    case 'verified':
      state.verifiedAt ??= event.data.callAt
      if (state.status === 'lifted') state.status = 'verified'
      return
    case 'regressed':
      state.regressedAt ??= event.at
      // Open again, it is being looked at already.
      if (isOpenStatus(state.status)) return
      state.clockFrom = event.at
      state.status = 'regressed'
      return
    case 'expired':
      if (event.data.what === 'lift') {
        state.effect = undefined
        state.held = undefined
        // Open again, somebody still has to do something.
        if (isOpenStatus(state.status) && state.status !== 'regressed') return
      }
      state.question = undefined
      state.status = 'expired'
      if (event.data.what !== 'lift' && holdsEntries(state)) restore(state)
      return
    case 'withdrawn':
      state.question = undefined
      state.status = 'withdrawn'
      return
    case 'reopened':
      state.decision = undefined
      state.decidedAt = undefined
      open(state, event.at)
  }
}

/** A question without an answer leaves a decision that is in force as it is. */
function restore(state: State): void {
  if (state.held === undefined) return
  const { decision, decidedAt } = state.held
  state.decision = decision
  state.decidedAt = decidedAt
  const status = STATUS_OF[decision.outcome]
  if (state.regressedAt !== undefined) state.status = 'regressed'
  else state.status = status === 'lifted' && state.verifiedAt !== undefined ? 'verified' : status
}

/** What a wrong decision had ended stays ended, and what a wrong effect gave has ended: neither is in force. */
function undo(state: State, event: CaseEvent): void {
  if (event.kind === 'decided') state.effect = undefined
  if (event.kind !== 'effective') return
  state.decision = undefined
  state.decidedAt = undefined
  open(state, event.at)
}

/** A decision that was in force until this correction: the claimant has to know, and somebody has to decide anew in time. */
function takeBack(
  state: State,
  events: readonly CaseEvent[],
  { seq, at, data }: Extract<CaseEvent, { kind: 'corrected' }>,
): void {
  const before = events.filter((event) => event.seq < seq)
  const place = before.findLastIndex(({ kind }) => kind === 'decided')
  const decided = before[place]
  if (decided?.kind !== 'decided' || state.takenBack !== undefined) return
  const wrong = before.find((event) => event.seq === data.seq)
  if (wrong !== decided && !(wrong?.kind === 'effective' && wrong.seq > decided.seq)) return
  const since = before.slice(place + 1)
  const isOpenAgain = since.some(({ kind }) => kind === 'reopened')
  const isLift = 'lifts' in decided.data.decision
  // What was over, or open again, before it was taken back was not in force.
  if (isLift ? since.some(isEndOfLift) : isOpenAgain) return
  state.takenBack = { at, what: isLift ? 'lift' : decided.data.decision.outcome === 'grant' ? 'grant' : 'uphold' }
  if (isOpenAgain) return
  state.clockFrom = at
  if (state.askedAt !== undefined) state.askedAt = at
}

function isEndOfLift(event: CaseEvent): boolean {
  return event.kind === 'expired' && event.data.what === 'lift'
}

function open(state: State, at: number): void {
  state.status = 'open'
  state.question = undefined
  state.clockFrom = at
}

function update(state: State, { at, actor, data }: Extract<CaseEvent, { kind: 'updated' }>): void {
  if (data.what === 'assigned') state.assigned = data.to
  else if (data.what === 'evidence') state.evidence = [...state.evidence, data.file]
  else if (data.what === 'proof') state.proofs = [...state.proofs, data.proof]
  else if (data.what === 'message' && actor.kind !== 'claimant') state.statusAt ??= at
}

function dueOf(state: State, terms: CaseTerms): CaseDue | undefined {
  switch (state.status) {
    case 'unconfirmed':
      return { at: state.openedAt + terms.confirmWithinMs, what: 'answer' }
    case 'waiting-for-claimant':
      return { at: (state.askedAt ?? state.clockFrom) + terms.answerWithinMs, what: 'answer' }
    case 'open':
    case 'regressed':
      return dueOfOpen(state, terms)
    default:
      return undefined
  }
}

function dueOfOpen(state: State, terms: CaseTerms): CaseDue {
  const decision =
    state.request?.wants === 'blocked-list'
      ? endOfBusinessDays(state.clockFrom, terms.listWithinDays, terms.calendar)
      : state.clockFrom + terms.decideWithinMs
  const status = state.clockFrom + terms.statusWithinMs
  return state.statusAt === undefined && status < decision
    ? { at: status, what: 'status' }
    : { at: decision, what: 'decision' }
}

/** What a `corrected` event says was wrong. The opening stands, and so does a correction. */
function correctedPlaces(events: readonly CaseEvent[]): Set<number> {
  const kinds = new Map(events.map(({ seq, kind }) => [seq, kind]))
  return new Set(
    events.flatMap((event) => {
      if (event.kind !== 'corrected' || event.data.seq >= event.seq) return []
      const kind = kinds.get(event.data.seq)
      return kind === undefined || kind === 'opened' || kind === 'corrected' ? [] : [event.data.seq]
    }),
  )
}

/** Whether an event is there only because a decision was in force. */
function follows(event: CaseEvent): boolean {
  return FOLLOWS.has(event.kind) || isEndOfLift(event)
}

const FOLLOWS: ReadonlySet<CaseEvent['kind']> = new Set(['effective', 'verified', 'regressed'])
const OPEN: ReadonlySet<CaseStatus> = new Set(['open', 'waiting-for-claimant', 'regressed'])
const STATUS_OF = { lift: 'lifted', partly: 'partly-lifted', uphold: 'upheld', grant: 'granted' } as const
