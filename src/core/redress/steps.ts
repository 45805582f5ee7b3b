// One thing: each step that a case can take, from what is known and what is asked for to what is to be recorded.
import { type Case, type CaseTerms, holdsEntries, isOpenStatus, readCase, unprovenOf } from './case.ts'
import type {
  CaseActor,
  CaseBlock,
  CaseEvent,
  CaseEventContent,
  EvidenceFile,
  OpenedWay,
  SubscriberWish,
} from './case-event.ts'
import type { DeskAudit, DeskChange, NewCaseEvent, NewMail, NewToken } from './change.ts'
import type { Claim } from './claim.ts'
import { type Decision, holds } from './decision.ts'
import {
  alertLetter,
  confirmLetter,
  decisionLetter,
  expiredLetter,
  type LetterTerms,
  messageLetter,
  ownerLetter,
  questionLetter,
  receivedLetter,
  regressedLetter,
  takenBackLetter,
} from './letters.ts'
import type { StillLifted, Worker } from './office.ts'
import type { Proof, ProofChallenge } from './proof.ts'
import type { NewStanding, Standing } from './standing.ts'

/** What every step needs to know of its case and of the moment. */
export type StepTerms = {
  readonly at: number
  readonly found: Case
  readonly events: readonly CaseEvent[]
  /** The token of the status link. */
  readonly status: string
  readonly letters: LetterTerms
  readonly terms: CaseTerms
}

/** A step that cannot be taken; `isOver` where the case has as many of its kind as it may. */
export type Refusal = {
  readonly kind: 'refused'
  readonly field: string
  readonly problem: string
  readonly isOver?: true | undefined
}

export type Step =
  | { readonly kind: 'change'; readonly change: DeskChange }
  /** It is so already, and is done no second time; `note` tells who asked for it. */
  | { readonly kind: 'already'; readonly note: string }
  | Refusal

export type Opening = {
  readonly id: string
  readonly at: number
  readonly way: OpenedWay
  readonly claim: Claim
  readonly request: SubscriberWish | undefined
  readonly blocks: readonly CaseBlock[]
  readonly by: Worker | undefined
  readonly statusToken: NewToken
  readonly confirmToken: { readonly token: string; readonly hash: string }
  readonly marks: NonNullable<DeskChange['marks']>
  readonly letters: LetterTerms
  readonly terms: CaseTerms
}

/** A claim or a request becomes a case: with a mail address, one message asks to confirm it. */
export function openCase(opening: Opening): DeskChange {
  const { id, at, way, claim, request, blocks, by, letters, terms, confirmToken } = opening
  const { email } = claim.claimant
  const until = at + terms.confirmWithinMs
  const actor: CaseActor = by === undefined ? { kind: 'claimant' } : { kind: 'worker', name: by.name }
  const events: NewCaseEvent[] = [{ case: id, seq: 1, actor, kind: 'opened', data: { way, claim, request, blocks } }]
  // Who is on the telephone has just been told.
  if (way === 'telephone') events.push({ case: id, seq: 2, actor, kind: 'acknowledged', data: { by: 'telephone' } })
  const confirm: NewToken = { hash: confirmToken.hash, case: id, purpose: 'confirm', until }
  return {
    ...NOTHING,
    at,
    events,
    mails: email === undefined ? [] : [confirmLetter(id, email, confirmToken.token, until, letters)],
    tokens: email === undefined ? [opening.statusToken] : [opening.statusToken, confirm],
    marks: opening.marks,
    audit: by === undefined ? [] : [audited(by, 'case-opened', id, { way })],
  }
}

/** The first message once more, for who has not found it: the same link, good for as long as it was said to be. */
export function resendConfirm(step: StepTerms, confirmToken: string): Step {
  const { found, at, letters, terms } = step
  const { email } = found.claim.claimant
  if (found.status !== 'unconfirmed' || email === undefined)
    return refuse('token', 'there is no address to confirm any more')
  const until = found.openedAt + terms.confirmWithinMs
  return change({ ...NOTHING, at, mails: [confirmLetter(found.id, email, confirmToken, until, letters)] })
}

/** The claimant followed the link; now the case is in the queue, and the first status leaves. */
export function confirmCase(
  step: StepTerms,
  owners: readonly { readonly mail: string; readonly number: string }[],
  proofs: readonly Proof[],
): Step {
  const { found, letters, status, at } = step
  const { email } = found.claim.claimant
  if (found.isConfirmed || email === undefined) return refuse('token', 'the address is confirmed already')
  const last = step.events.at(-1)
  // One that gave way to newer claims lost nothing: its link is good for as long as it was said to be.
  const isDisplaced = found.status === 'expired' && last?.kind === 'expired' && last.data.what === 'unconfirmed'
  if (found.status !== 'unconfirmed' && !isDisplaced && !isOpenStatus(found.status))
    return refuse('token', 'the case is closed')
  const events: CaseEventContent[] = [
    { kind: 'confirmed', data: { email } },
    ...proofs.map((proof) => ({ kind: 'updated', data: { what: 'proof', proof } }) as const),
  ]
  const told = after(step, CLAIMANT, events)
  const mails = [receivedLetter(told, status, letters)]
  for (const mail of new Set(owners.map((owner) => owner.mail))) {
    if (mail.toLowerCase() === email.toLowerCase()) continue
    const numbers = owners.filter((owner) => owner.mail === mail).map(({ number }) => number)
    mails.push(ownerLetter(mail, found.id, new Map(numbers.map((number) => [number, 1])), letters))
  }
  const claimants = eventsOf(step, CLAIMANT, events)
  const acknowledged = eventsOf(step, DESK, [{ kind: 'acknowledged', data: { by: 'mail' } }], claimants.length)
  return change({ ...NOTHING, at, events: [...claimants, ...acknowledged], mails: present(mails), confirms: [email] })
}

export function answerQuestion(
  step: StepTerms,
  text: string,
  way: 'page' | 'api' | 'mail' | 'worker',
  by?: Worker,
): Step {
  if (step.found.status !== 'waiting-for-claimant') return refuse('text', 'no question waits for an answer')
  const full = by === undefined ? refuseMore(step, 'text') : undefined
  if (full !== undefined) return full
  return plain(
    step,
    actorOf(by),
    [{ kind: 'answered', data: { text, way } }],
    by && audited(by, 'case-answered', step.found.id),
  )
}

/** The claimant writes without having been asked. */
export function addMessage(step: StepTerms, text: string): Step {
  return refuseMore(step, 'text') ?? plain(step, CLAIMANT, [{ kind: 'updated', data: { what: 'message', text } }])
}

/** Mail about the case that is not known to be its claimant's: a note by who reads mail, and as much of it as of a claimant. */
export function noteMail(step: StepTerms, text: string, by: Worker): Step {
  const notes = step.events.filter(
    ({ actor, kind }) => kind === 'updated' && actor.kind === 'worker' && actor.name === by.name,
  )
  if (notes.length >= CLAIMANT_EVENTS_MAX)
    return refuseOver('text', `${CLAIMANT_EVENTS_MAX} notes came by mail already`)
  return noteCase(step, text, by)
}

export function withdrawCase(step: StepTerms, reason: string, by?: Worker): Step {
  const { status, id } = step.found
  if (!isOpenStatus(status) && status !== 'unconfirmed') return refuse('reason', `the case is ${status}`)
  // Withdrawn, it would deny what gates go on doing.
  if (holdsEntries(step.found))
    return refuse('reason', 'a decision of this case is in force: ask for another decision instead of withdrawing it')
  // Withdrawing ends it: that is never one step too many.
  return plain(step, actorOf(by), [{ kind: 'withdrawn', data: { reason } }], by && audited(by, 'case-withdrawn', id))
}

export function reopenCase(step: StepTerms, reason: string, by?: Worker): Step {
  const { status, id, isConfirmed } = step.found
  if (isOpenStatus(status) || status === 'unconfirmed') return refuse('reason', 'the case is open')
  if (by === undefined && (!isConfirmed || status === 'granted'))
    return refuse('reason', 'the case cannot be opened again')
  const full = by === undefined ? (refuseReopening(step) ?? refuseMore(step, 'reason')) : undefined
  if (full !== undefined) return full
  return plain(step, actorOf(by), [{ kind: 'reopened', data: { reason } }], by && audited(by, 'case-reopened', id))
}

export function addEvidence(step: StepTerms, file: EvidenceFile): Step {
  if (!isOpenStatus(step.found.status)) return refuse('file', 'the case is not open')
  const full = refuseMore(step, 'file')
  if (full !== undefined) return full
  return plain(step, CLAIMANT, [{ kind: 'updated', data: { what: 'evidence', file } }])
}

export function giveChallenge(step: StepTerms, challenge: ProofChallenge, by?: Worker): Step {
  const { found, at } = step
  if (!isOpenStatus(found.status) || found.request !== undefined) return refuse('number', 'the case asks for no proof')
  if (!found.numbers.includes(challenge.number)) return refuse('number', 'expected a number of the case')
  const audit = by === undefined ? [] : [audited(by, 'case-challenge-given', found.id)]
  return change({ ...NOTHING, at, challenges: [{ ...challenge, case: found.id }], audit })
}

/** Something shows that the claimant has a number; the same proof twice adds nothing. */
export function noteProof(step: StepTerms, proof: Proof, by?: Worker): Step {
  const { found } = step
  if (proof.number !== '' && !found.numbers.includes(proof.number))
    return refuse('number', 'expected a number of the case')
  const isKnown = found.proofs.some(
    ({ number, way, strength }) => number === proof.number && way === proof.way && strength === proof.strength,
  )
  if (isKnown) return refuse('number', 'this is proven already')
  const audit = by && audited(by, 'case-proved', found.id, { way: proof.way })
  return plain(
    step,
    by === undefined ? DESK : actorOf(by),
    [{ kind: 'updated', data: { what: 'proof', proof } }],
    audit,
  )
}

export function assignCase(step: StepTerms, to: string | undefined, by: Worker): Step {
  return plain(
    step,
    actorOf(by),
    [{ kind: 'updated', data: { what: 'assigned', to } }],
    audited(by, 'case-assigned', step.found.id, { to }),
  )
}

export function noteCase(step: StepTerms, text: string, by: Worker): Step {
  return plain(
    step,
    actorOf(by),
    [{ kind: 'updated', data: { what: 'note', text } }],
    audited(by, 'case-noted', step.found.id),
  )
}

export function messageClaimant(step: StepTerms, text: string, by: Worker): Step {
  const mail = messageLetter(step.found, text, step.status, step.letters)
  const audit = audited(by, 'case-message-sent', step.found.id)
  return plain(step, actorOf(by), [{ kind: 'updated', data: { what: 'message', text } }], audit, [mail])
}

export function askClaimant(step: StepTerms, question: string, by: Worker): Step {
  const { found, status, letters } = step
  if (!isOpenStatus(found.status)) return refuse('question', `the case is ${found.status}`)
  if (found.status === 'waiting-for-claimant' && found.question?.trim() === question.trim())
    return { kind: 'already', note: 'this question was asked already and waits for its answer: it was not sent again' }
  const mail = questionLetter(found, question, status, letters)
  return plain(step, actorOf(by), [{ kind: 'asked', data: { question } }], audited(by, 'case-asked', found.id), [mail])
}

export function acknowledgeCase(step: StepTerms, by: Worker): Step {
  return plain(
    step,
    actorOf(by),
    [{ kind: 'acknowledged', data: { by: 'telephone' } }],
    audited(by, 'case-acknowledged', step.found.id),
  )
}

/** What a decision would do; `current` is what gates know of a subscriber's number. */
export type DecisionEffect = {
  readonly standing: readonly NewStanding[]
  readonly ended: readonly number[]
  readonly unproven: readonly string[]
  readonly mail: NewMail | undefined
}

export function effectOf(step: StepTerms, decision: Decision, current: readonly Standing[]): DecisionEffect | Refusal {
  const { found, at, status, letters } = step
  if (!isOpenStatus(found.status)) return refuse('outcome', `the case is ${found.status}`)
  const isRequest = found.request !== undefined
  if (isRequest && decision.outcome !== 'grant' && decision.outcome !== 'uphold')
    return refuse('outcome', 'expected grant or uphold for what a subscriber asks for himself')
  if (!isRequest && decision.outcome === 'grant')
    return refuse('outcome', 'expected lift, partly or uphold for a claim')
  const lifts = 'lifts' in decision ? decision.lifts : []
  for (const [index, { until }] of lifts.entries())
    if (until !== undefined && until <= at) return refuse(`lifts[${index}].until`, 'expected a time to come')
  const outside = lifts.findIndex(({ scope }) => !found.numbers.some((number) => holds(scope, number)))
  if (outside >= 0)
    return lifts[outside]!.scope.kind === 'number'
      ? refuse(`lifts[${outside}].scope.number`, 'expected a number of the case')
      : refuse(`lifts[${outside}].scope`, 'expected numbers among which one of the case is')
  const wished = decision.outcome === 'grant' ? wishEffect(found, at, current) : { standing: [], ended: [] }
  const standing: NewStanding[] = lifts.map(({ until, ...fact }) => ({
    kind: 'lift',
    from: at,
    until,
    origin: found.id,
    ...fact,
  }))
  return {
    standing: [...standing, ...wished.standing],
    // What the decision before gave ends with it.
    ended: [...(found.effect?.standing ?? []), ...wished.ended],
    unproven: unprovenScopes(found, lifts),
    mail: decisionLetter(found, decision, status, letters),
  }
}

/**
 * Numbers of a case that a decision does not let through, and that lifts of other cases do all the same; `liftsOn` tells what
 * gates know of a number. Looks at so many numbers.
 */
export function stillLifted(
  { id, numbers }: Pick<Case, 'id' | 'numbers'>,
  decision: Decision,
  liftsOn: (number: string) => readonly Standing[],
): StillLifted[] {
  if (decision.outcome !== 'uphold' && decision.outcome !== 'partly') return []
  const own = new Set(
    ('lifts' in decision ? decision.lifts : []).flatMap(({ scope }) => (scope.kind === 'number' ? [scope.number] : [])),
  )
  return numbers
    .filter((number) => !own.has(number))
    .slice(0, STILL_LIFTED_MAX)
    .flatMap((number) =>
      liftsOn(number)
        .filter(({ origin }) => origin !== id)
        .map(({ origin, until }) => ({ number, case: origin, until })),
    )
}

/** A lift without proof of control is refused, unless somebody answers for it with a reason, which the audit trail keeps. */
export function decideCase(
  step: StepTerms,
  decision: Decision,
  override: string | undefined,
  by: Worker,
  current: readonly Standing[],
): Step {
  const { found, at } = step
  const effect = effectOf(step, decision, current)
  if ('kind' in effect) return effect
  if (effect.unproven.length > 0 && (override ?? '').trim() === '')
    return refuse(
      'override',
      `nothing proves that the claimant has ${effect.unproven.join(', ')}: expected why it is lifted all the same`,
    )
  const contents: CaseEventContent[] = []
  if (effect.unproven.length > 0)
    contents.push({ kind: 'updated', data: { what: 'note', text: `Lifted without proof: ${override!.trim()}` } })
  contents.push({ kind: 'decided', data: { decision } })
  const decided = eventsOf(step, actorOf(by), contents)
  const effective =
    effect.standing.length === 0
      ? []
      : eventsOf(
          step,
          DESK,
          [{ kind: 'effective', data: { standing: [], from: at + GATES_HEAR_WITHIN_MS } }],
          decided.length,
        )
  const detail = { outcome: decision.outcome, scopes: effect.standing.length, withoutProof: effect.unproven.length }
  return change({
    ...NOTHING,
    at,
    events: [...decided, ...effective],
    mails: present([effect.mail]),
    standing: effect.standing,
    ended: effect.ended,
    audit: [audited(by, 'case-decided', found.id, detail)],
  })
}

/** Says that an event was wrong. What a wrong decision gave ends. */
export function correctCase(step: StepTerms, place: number, reason: string, by: Worker): Step {
  const { found, events, at } = step
  const wrong = events.find(({ seq }) => seq === place)
  if (wrong === undefined) return refuse('event', `expected the place of an event, 1 to ${found.seq}`)
  if (wrong.kind === 'opened' || wrong.kind === 'corrected')
    return refuse('event', `an event of kind ${wrong.kind} is not corrected`)
  if (found.corrected.has(place)) return refuse('event', 'this event was corrected before')
  const ended =
    wrong.kind === 'decided' ? standingAfter(events, place) : wrong.kind === 'effective' ? [...wrong.data.standing] : []
  const contents: CaseEventContent[] = [{ kind: 'corrected', data: { seq: place, reason } }]
  const then = after(step, actorOf(by), contents)
  // Whoever was told of a decision has to hear that it is none any more.
  const mail = found.takenBack === undefined ? takenBackLetter(then, step.status, step.letters) : undefined
  return change({
    ...NOTHING,
    at,
    events: eventsOf(step, actorOf(by), contents),
    mails: present([mail]),
    ended,
    audit: [audited(by, 'case-corrected', found.id, { event: place })],
  })
}

/** A gate let a lifted call go on. */
export function verifyLift(step: StepTerms, number: string, callAt: number): Step {
  const { effect, verifiedAt, held } = step.found
  if (effect === undefined || verifiedAt !== undefined || held === undefined || callAt < held.decidedAt)
    return refuse('call', 'shows nothing new')
  return plain(step, DESK, [{ kind: 'verified', data: { number, callAt } }])
}

/** A lifted call was blocked: `callAt` is when, and never now. */
export function regressLift(
  step: StepTerms,
  number: string,
  receipt: string,
  callAt: number,
  alerts: readonly string[],
): Step {
  const { found, letters, status } = step
  const { effect, held, regressedAt } = found
  const isLifted = held?.decision.outcome === 'lift' || held?.decision.outcome === 'partly'
  // Whatever is asked of the claimant meanwhile: as long as the lift is in force, nothing may block the call.
  if (!isLifted || !holdsEntries(found) || effect === undefined || callAt < effect.from || regressedAt !== undefined)
    return refuse('call', 'shows nothing new')
  const contents: CaseEventContent[] = [{ kind: 'regressed', data: { number, receipt, callAt } }]
  const now = after(step, DESK, contents)
  const mails = [
    regressedLetter(found, status, letters),
    ...alerts.map((to) => alertLetter(to, now, 'regressed', letters)),
  ]
  return plain(step, DESK, contents, undefined, mails)
}

/** Time is up: of an address nobody confirmed, a question nobody answered, a lift. */
export function expireCase(step: StepTerms): Step {
  const { found, at, letters, status } = step
  if (found.due?.what === 'answer' && at > found.due.at) {
    const what = found.status === 'unconfirmed' ? 'unconfirmed' : 'unanswered'
    const mail = what === 'unanswered' ? expiredLetter(found, status, letters) : undefined
    return plain(step, DESK, [{ kind: 'expired', data: { what } }], undefined, [mail])
  }
  const decision = found.held?.decision
  const isOver =
    holdsEntries(found) &&
    decision !== undefined &&
    'lifts' in decision &&
    decision.lifts.length > 0 &&
    decision.lifts.every(({ until }) => until !== undefined && until <= at)
  return isOver
    ? plain(step, DESK, [{ kind: 'expired', data: { what: 'lift' } }])
    : refuse('case', 'its time is not up')
}

/** A case whose address nobody has confirmed makes room for newer ones; confirmed in time, it is taken up all the same. */
export function displaceCase(step: StepTerms): Step {
  if (step.found.status !== 'unconfirmed') return refuse('case', 'it is confirmed or closed')
  return plain(step, DESK, [{ kind: 'expired', data: { what: 'unconfirmed' } }])
}

/** Soon due or overdue, told once each. */
export function alertCase(step: StepTerms, what: 'soon' | 'overdue', alerts: readonly string[]): Step {
  const { found, at, letters } = step
  if (found.due === undefined || found.due.what === 'answer') return refuse('case', 'nothing is due')
  return change({
    ...NOTHING,
    at,
    mails: alerts.map((to) => alertLetter(to, found, what, letters)),
    marks: [{ name: `alert ${what} ${found.id} ${found.due.at}`, value: '' }],
  })
}

/** Events numbered behind the last one of the case. */
function eventsOf(
  { found }: StepTerms,
  actor: CaseActor,
  contents: readonly CaseEventContent[],
  skip = 0,
): NewCaseEvent[] {
  return contents.map((content, index) => ({ case: found.id, seq: found.seq + skip + index + 1, actor, ...content }))
}

/** The case as it will stand. */
function after(step: StepTerms, actor: CaseActor, contents: readonly CaseEventContent[]): Case {
  const added = eventsOf(step, actor, contents).map((event) => ({ ...event, at: step.at }))
  return readCase([...step.events, ...added], step.at, step.terms)!
}

function plain(
  step: StepTerms,
  actor: CaseActor,
  contents: readonly CaseEventContent[],
  audit?: DeskAudit,
  mails: readonly (NewMail | undefined)[] = [],
): Step {
  const events = eventsOf(step, actor, contents)
  return change({ ...NOTHING, at: step.at, events, mails: present(mails), audit: audit === undefined ? [] : [audit] })
}

function unprovenScopes(found: Case, lifts: Extract<Decision, { lifts: unknown }>['lifts']): string[] {
  const wide = lifts.some(({ scope }) => scope.kind !== 'number')
  const numbers = lifts.flatMap(({ scope }) => (scope.kind === 'number' ? [scope.number] : []))
  // More than the numbers themselves: only who speaks for all of them proves that.
  const hasAll = found.proofs.some(({ number, strength }) => number === '' && strength === 'full')
  const scopes = lifts.flatMap(({ scope }) =>
    scope.kind === 'block' ? [`${scope.prefix}*`] : scope.kind === 'range' ? [`${scope.first}-${scope.last}`] : [],
  )
  return [...unprovenOf(found, numbers), ...(wide && !hasAll ? scopes : [])]
}

/** What a granted wish adds and ends at the gates. */
function wishEffect(
  { request, id }: Case,
  at: number,
  current: readonly Standing[],
): { standing: NewStanding[]; ended: number[] } {
  if (request === undefined) return { standing: [], ended: [] }
  const { wants, number: called, caller = '' } = request
  const common = { from: at, until: undefined, origin: id }
  const ends = (kind: Standing['kind']): number[] =>
    current.flatMap((standing) => {
      if (standing.kind !== kind || !('called' in standing) || standing.called !== called) return []
      return 'calling' in standing && standing.calling !== caller ? [] : [standing.id]
    })
  switch (wants) {
    case 'blocked-list':
      break
    case 'opt-out':
      return { standing: [{ ...common, kind: 'opted-out', called }], ended: ends('opted-out') }
    case 'opt-in':
      return { standing: [], ended: ends('opted-out') }
    case 'unblock':
      return {
        standing: [{ ...common, kind: 'accepts', called, calling: caller }],
        ended: [...ends('refuses'), ...ends('accepts')],
      }
    case 'block':
      return {
        standing: [{ ...common, kind: 'refuses', called, calling: caller }],
        ended: [...ends('accepts'), ...ends('refuses')],
      }
  }
  return { standing: [], ended: [] }
}

/** Ids of the entries that the decision at a place gave. */
function standingAfter(events: readonly CaseEvent[], place: number): number[] {
  const ids: number[] = []
  for (const event of events) {
    if (event.seq <= place) continue
    if (event.kind === 'decided') break
    if (event.kind === 'effective') ids.push(...event.data.standing)
  }
  return ids
}

function actorOf(by: Worker | undefined): CaseActor {
  return by === undefined ? CLAIMANT : { kind: 'worker', name: by.name }
}

function audited(by: Worker, action: string, id: string, detail: DeskAudit['detail'] = {}): DeskAudit {
  return { by, action, subject: `case ${id}`, detail }
}

function change(made: DeskChange): Step {
  return { kind: 'change', change: made }
}

function refuse(field: string, problem: string): Refusal {
  return { kind: 'refused', field, problem }
}

function refuseOver(field: string, problem: string): Refusal {
  return { kind: 'refused', field, problem, isOver: true }
}

/** A case is read whole at each step, and by people: whoever has its link must not make it endless. */
function refuseMore({ events }: StepTerms, field: string): Refusal | undefined {
  const own = events.filter(({ actor }) => actor.kind === 'claimant').length
  if (own < CLAIMANT_EVENTS_MAX) return undefined
  return refuseOver(
    field,
    `this case has ${CLAIMANT_EVENTS_MAX} entries of yours already: contact us about it directly`,
  )
}

function refuseReopening({ events }: StepTerms): Refusal | undefined {
  const before = events.filter(({ actor, kind }) => kind === 'reopened' && actor.kind === 'claimant').length
  if (before < REOPENINGS_MAX) return undefined
  return refuseOver(
    'reason',
    `this case was opened again ${REOPENINGS_MAX} times already: contact us about it directly`,
  )
}

function present(mails: readonly (NewMail | undefined)[]): NewMail[] {
  return mails.filter((mail) => mail !== undefined)
}

/** Promised: all gates judge by what was recorded. Before that a call may be blocked without anything being wrong. */
export const GATES_HEAR_WITHIN_MS = 1_000
/** What a claimant can add to one case, its opening and confirming with it: answers, mail, files, ends and openings. */
export const CLAIMANT_EVENTS_MAX = 100
/** How often the first message of one case is sent again. */
export const RESENDS_MAX = 2
/** How often a claimant can open one case again; each time its clock starts anew. */
export const REOPENINGS_MAX = 5
/** Numbers of one case that lifts of other cases are looked for. */
const STILL_LIFTED_MAX = 100
const CLAIMANT: CaseActor = { kind: 'claimant' }
const DESK: CaseActor = { kind: 'desk' }
const NOTHING = { events: [], mails: [], standing: [], ended: [], audit: [] } as const
