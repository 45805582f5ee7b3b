import type { CaseEvent, SubscriberWish } from './case-event.ts'
import type { Decision, Lift, LiftScope } from './decision.ts'
import { formatMoment } from './moment.ts'
import type { StillLifted } from './office.ts'

/** Words with moments among them: whoever shows them writes times as their readers are used to. */
export type Telling = readonly (string | { readonly at: number })[]

/** What an event says, in words for those inside, with times in UTC: what a list of a case's history shows. */
export function eventInWords(event: CaseEvent): string {
  switch (event.kind) {
    case 'asked':
      return `asked: ${event.data.question}`
    case 'answered':
      return `${ANSWERED[event.data.way]}: ${event.data.text}`
    case 'decided':
      return `decided: ${decisionInWords(event.data.decision)}`
    case 'updated':
      if (event.data.what === 'note' || event.data.what === 'message') return `${event.data.what}: ${event.data.text}`
      break
    default:
  }
  return inWords(tellEvent(event))
}

/** The same without what was said in it word for word, which is shown as it was said. */
// One thing: the words of each kind of event; the compiler asks for a row of every kind.
export function tellEvent(event: CaseEvent): Telling {
  switch (event.kind) {
    case 'opened': {
      const { way, request } = event.data
      return [request === undefined ? OPENED[way] : `${OPENED[way]}: the subscriber asks ${wishInWords(request)}`]
    }
    case 'confirmed':
      return ['the mail address was confirmed']
    case 'acknowledged':
      return [`the claimant was told how the case stands, ${TOLD[event.data.by]}`]
    case 'updated':
      return [updateInWords(event.data)]
    case 'asked':
      return ['a question to the claimant']
    case 'answered':
      return [ANSWERED[event.data.way]]
    case 'decided':
      return tellDecision(event.data.decision)
    case 'effective':
      return ['in force at the gates from ', { at: event.data.from }, ' on']
    case 'verified':
      return [`the first call from ${event.data.number} since the lift went through, `, { at: event.data.callAt }]
    case 'regressed':
      return [`a call from ${event.data.number} was blocked again although it is lifted, `, { at: event.data.callAt }]
    case 'expired':
      return [EXPIRED[event.data.what]]
    case 'withdrawn':
      return [`withdrawn: ${event.data.reason}`]
    case 'reopened':
      return [`opened again: ${event.data.reason}`]
    default:
      return [`event ${event.data.seq} was wrong: ${event.data.reason}`]
  }
}

/** What was decided, without its reason. */
function tellDecision(decision: Decision): Telling {
  switch (decision.outcome) {
    case 'lift':
      return ['lifted for ', ...tellLifts(decision.lifts)]
    case 'partly':
      return ['lifted in part, for ', ...tellLifts(decision.lifts), `; what the claimant can do: ${decision.next}`]
    case 'uphold':
      return [`upheld; it rests on: ${decision.evidence.join(', ')}; what the claimant can do: ${decision.next}`]
    default:
      return ['granted']
  }
}

/** What a decision is, in a sentence. */
export function decisionInWords(decision: Decision): string {
  switch (decision.outcome) {
    case 'lift':
      return `lifted for ${liftsInWords(decision.lifts)}; ${decision.reason}`
    case 'partly':
      return `lifted in part, for ${liftsInWords(decision.lifts)}; ${decision.reason}; next: ${decision.next}`
    case 'uphold':
      return `upheld; ${decision.reason}; evidence: ${decision.evidence.join(', ')}; next: ${decision.next}`
    default:
      return `granted; ${decision.reason}`
  }
}

/** That a number stays let through although this case does not say so. */
export function stillLiftedInWords({ number, case: id, until }: StillLifted): string {
  const end = until === undefined ? 'without an end' : `until ${formatMoment(until, 'UTC')}`
  return `calls from ${number} are still let through, ${end}: case ${id} lifted it. If that is to end, decide case ${id} too`
}

/** What is spared, how far and until when. */
export function liftInWords(lift: Lift): string {
  return inWords(tellLift(lift))
}

function tellLift({ scope, until, attestation, rule }: Lift): Telling {
  const terms = [
    scopeInWords(scope),
    ...(rule === undefined ? [] : [`rule ${rule} only`]),
    ...(attestation === undefined ? [] : [`signed ${attestation} at least`]),
  ].join(', ')
  return until === undefined ? [`${terms}, without an end`] : [`${terms}, until `, { at: until }]
}

function tellLifts(lifts: readonly Lift[]): Telling {
  return lifts.flatMap((lift, index) => [...(index === 0 ? [] : ['; ']), ...tellLift(lift)])
}

function liftsInWords(lifts: readonly Lift[]): string {
  return inWords(tellLifts(lifts))
}

function inWords(telling: Telling): string {
  return telling.map((part) => (typeof part === 'string' ? part : time(part.at))).join('')
}

function scopeInWords(scope: LiftScope): string {
  if (scope.kind === 'number') return scope.number
  if (scope.kind === 'block') return `all numbers that begin with ${scope.prefix}`
  return `${scope.first} to ${scope.last}`
}

/** What a subscriber asks for himself. */
export function wishInWords({ wants, number, caller }: SubscriberWish): string {
  const whom = caller ?? 'nobody'
  switch (wants) {
    case 'blocked-list':
      return `for the list of calls to ${number} that were blocked`
    case 'opt-out':
      return `that no analytics rule blocks calls to ${number}`
    case 'opt-in':
      return `that analytics rules block calls to ${number} again`
    case 'unblock':
      return `that calls from ${whom} reach ${number}`
    default:
      return `that calls from ${whom} do not reach ${number}`
  }
}

function updateInWords(update: Extract<CaseEvent, { kind: 'updated' }>['data']): string {
  switch (update.what) {
    case 'assigned':
      return update.to === undefined ? 'nobody has it any more' : `given to ${update.to}`
    case 'note':
      return 'a note'
    case 'message':
      return 'a message'
    case 'evidence':
      return `handed in the file ${update.file.name} (${update.file.octets} octets)`
    default: {
      const { number, way, strength, detail } = update.proof
      const whose = number === '' ? 'all numbers' : number
      return `control of ${whose} shown by ${PROVED[way]}${strength === 'full' ? '' : ', as a hint only'}: ${detail}`
    }
  }
}

function time(at: number): string {
  return new Date(at).toISOString()
}

const OPENED = {
  page: 'opened on the page of the desk',
  api: 'opened by a program',
  telephone: 'opened by telephone',
  mail: 'opened by mail',
  letter: 'opened by letter',
} as const
const ANSWERED = {
  page: 'answered on the page of the case',
  api: 'answered by a program',
  mail: 'answered by mail',
  worker: 'answered, as written down here',
} as const
const TOLD = { mail: 'by mail', page: 'on its page', telephone: 'by telephone' } as const
const PROVED = {
  call: 'a call from it',
  letter: 'a letter',
  registry: 'the registry',
  provider: 'its provider',
} as const
const EXPIRED = {
  lift: 'the lift came to its end',
  unconfirmed: 'nobody followed the link of the first message in time',
  unanswered: 'the question was not answered in time',
} as const
