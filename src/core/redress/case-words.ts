import { type Case, isOpenStatus } from './case.ts'
import type { CaseEvent } from './case-event.ts'
import type { Decision, Lift, LiftScope } from './decision.ts'
import { formatMoment } from './moment.ts'
import type { Proof } from './proof.ts'

/**
 * What the claimant reads of an event; undefined for what only those inside read. `wrong` is the event that a correction
 * takes back.
 */
export function eventWords(event: CaseEvent, wrong?: CaseEvent): string | undefined {
  switch (event.kind) {
    case 'opened':
      return event.data.request === undefined ? 'The claim was received.' : 'The request was received.'
    case 'confirmed':
      return 'The mail address was confirmed.'
    case 'acknowledged':
      return 'You were told how the case stands.'
    case 'updated':
      return updateWords(event)
    case 'asked':
      return 'We asked you a question.'
    case 'answered':
      return 'Your answer was received.'
    case 'decided':
      return DECIDED[event.data.decision.outcome]
    case 'effective':
      return 'The decision is in force.'
    case 'verified':
      return `A call from ${event.data.number} went through.`
    case 'regressed':
      return `A call from ${event.data.number} was blocked again. We were alerted and look into it.`
    case 'expired':
      return EXPIRED[event.data.what]
    case 'withdrawn':
      return 'The case was withdrawn.'
    case 'reopened':
      return 'The case was opened again.'
    case 'corrected':
      break
  }
  return correctionWords(wrong)
}

/** What was never read by the claimant is not told to have been wrong either. */
function correctionWords(wrong: CaseEvent | undefined): string | undefined {
  if (wrong === undefined) return 'An earlier entry was wrong and was taken back.'
  if (wrong.kind === 'decided') return TAKEN_BACK[wrong.data.decision.outcome]
  if (wrong.kind === 'effective') return 'What our decision brought was wrong and was taken back.'
  return eventWords(wrong) === undefined ? undefined : 'An earlier entry was wrong and was taken back.'
}

function updateWords({ actor, data }: Extract<CaseEvent, { kind: 'updated' }>): string | undefined {
  switch (data.what) {
    case 'message':
      return actor.kind === 'claimant' ? 'You wrote to us.' : `We wrote: ${data.text}`
    case 'evidence':
      return `The file ${data.file.name} was received.`
    case 'proof':
      return proofWords(data.proof)
    default:
      return undefined
  }
}

function proofWords({ number, strength }: Proof): string {
  const what = number === '' ? 'the numbers of this case are yours' : `${number} is yours`
  return strength === 'full' ? `It is proven that ${what}.` : `There is a hint, but no proof, that ${what}.`
}

/** What happens next and who is to do it, to the claimant, with times of that zone. */
export function nextWords(found: NextFacts, timeZone: string): string {
  const before = takenBackWords(found, timeZone)
  return before === undefined ? stepWords(found, timeZone) : `${before} ${stepWords(found, timeZone)}`
}

type NextFacts = Pick<Case, 'status' | 'decision' | 'due' | 'request' | 'way' | 'takenBack'>

/** What the claimant has to know where something that he had been told is over: from when, and what he can do. */
export function takenBackWords(
  { takenBack, status }: Pick<Case, 'takenBack' | 'status'>,
  timeZone: string,
): string | undefined {
  if (takenBack === undefined || !isOpenStatus(status)) return undefined
  const since = formatMoment(takenBack.at, timeZone)
  switch (takenBack.what) {
    case 'lift':
      return `We took back the lift: it was a mistake of ours. Since ${since} your calls can be blocked again. You need not file anew: add what speaks for your calls, and prove that the number is yours if you have not yet.`
    case 'grant':
      return `We took back what we had done for you: it was a mistake of ours. Since ${since} it is as it was before. You need not ask anew.`
    default:
      return `We took back our decision on ${since}: it was a mistake of ours. You need not file anew.`
  }
}

function stepWords(found: NextFacts, timeZone: string): string {
  const { status, decision } = found
  const due = found.due === undefined ? '' : ` by ${formatMoment(found.due.at, timeZone)}`
  switch (status) {
    case 'unconfirmed':
      return `Follow the link in the message that was sent to you${due}. Nobody looks at the case before that.`
    case 'open':
      return `A case worker looks at it and decides${due}.`
    case 'waiting-for-claimant':
      return `We wait for your answer${due}.`
    case 'lifted':
      return isOfOneRule(decision)
        ? 'Calls are let through by one rule. The next one that it would have blocked is noted here.'
        : 'Calls are let through. The next one that we see is noted here.'
    case 'verified':
      return 'Calls are let through, and one was seen to go through.'
    case 'regressed':
      return `A case worker looks at why a call was blocked again, and decides${due}.`
    case 'partly-lifted':
    case 'upheld':
      return decision !== undefined && 'next' in decision ? decision.next : 'Nothing more is to be done.'
    case 'granted':
      return 'What you asked for is done.'
    case 'withdrawn':
    case 'expired':
      break
  }
  return 'The case is closed. If something has changed, open it again.'
}

function isOfOneRule(decision: Decision | undefined): boolean {
  return decision?.outcome === 'lift' && decision.lifts.every(({ rule }) => rule !== undefined)
}

/** What is lifted, for people. */
export function liftWords({ scope, until, attestation, rule }: Lift, timeZone: string): string {
  const end = until === undefined ? 'until further notice' : `until ${formatMoment(until, timeZone)}`
  const least =
    attestation === undefined ? '' : `, for calls attested ${attestation === 'A' ? 'A' : `${attestation} or better`}`
  return `calls from ${scopeWords(scope)} are let through${rule === undefined ? '' : ' by one rule'} ${end}${least}`
}

export function scopeWords(scope: LiftScope): string {
  if (scope.kind === 'number') return scope.number
  return scope.kind === 'block' ? `all numbers that begin ${scope.prefix}` : `${scope.first} to ${scope.last}`
}

const DECIDED = {
  lift: 'We decided: the block is lifted.',
  partly: 'We decided: the block is lifted in part.',
  uphold: 'We decided: the block stays.',
  grant: 'We decided: you get what you asked for.',
} as const
const TAKEN_BACK = {
  lift: 'Our decision to lift the block was wrong and was taken back: calls can be blocked again.',
  partly: 'Our decision to lift the block in part was wrong and was taken back: calls can be blocked again.',
  uphold: 'Our decision that the block stays was wrong and was taken back.',
  grant: 'What we had done for you was wrong and was taken back.',
} as const
const EXPIRED = {
  lift: 'The time for which the block was lifted is over.',
  unconfirmed: 'The mail address was not confirmed in time.',
  unanswered: 'Our question was not answered in time.',
} as const
