import type { CaseEvent, SubscriberWish } from './case-event.ts'
import type { Decision, Lift, LiftScope } from './decision.ts'
import type { StillLifted } from './office.ts'

/** What an event says, in words for those inside: what a list of a case's history shows. */
// One thing: the words of each kind of event; the compiler asks for a row of every kind.
export function eventInWords(event: CaseEvent): string {
  switch (event.kind) {
    case 'opened': {
      const { way, request } = event.data
      return request === undefined
        ? `opened by ${way}`
        : `opened by ${way}: the subscriber asks ${wishInWords(request)}`
    }
    case 'confirmed':
      return 'the mail address was confirmed'
    case 'acknowledged':
      return `the claimant was told how the case stands, by ${event.data.by}`
    case 'updated':
      return updateInWords(event.data)
    case 'asked':
      return `asked: ${event.data.question}`
    case 'answered':
      return `answered by ${event.data.way}: ${event.data.text}`
    case 'decided':
      return `decided: ${decisionInWords(event.data.decision)}`
    case 'effective':
      return `in force at the gates from ${time(event.data.from)} on`
    case 'verified':
      return `verified: the first call from ${event.data.number} behind the lift went on at ${time(event.data.callAt)}`
    case 'regressed':
      return `blocked again within the lift: ${event.data.number} at ${time(event.data.callAt)}`
    case 'expired':
      return EXPIRED[event.data.what]
    case 'withdrawn':
      return `withdrawn: ${event.data.reason}`
    case 'reopened':
      return `reopened: ${event.data.reason}`
    default:
      return `event ${event.data.seq} was wrong: ${event.data.reason}`
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
  const end = until === undefined ? 'without an end' : `until ${time(until)}`
  return `calls from ${number} are still let through, ${end}: case ${id} lifted it. If that is to end, decide case ${id} too`
}

/** What is spared, how far and until when. */
export function liftInWords({ scope, until, attestation, rule }: Lift): string {
  const terms = [
    scopeInWords(scope),
    ...(rule === undefined ? [] : [`rule ${rule} only`]),
    ...(attestation === undefined ? [] : [`signed ${attestation} at least`]),
    until === undefined ? 'without an end' : `until ${time(until)}`,
  ]
  return terms.join(', ')
}

function liftsInWords(lifts: readonly Lift[]): string {
  return lifts.map(liftInWords).join('; ')
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
      return `note: ${update.text}`
    case 'message':
      return `message: ${update.text}`
    case 'evidence':
      return `file ${update.file.name} (${update.file.octets} octets)`
    default: {
      const { number, way, strength, detail } = update.proof
      const whose = number === '' ? 'all numbers' : number
      return `control of ${whose} shown by ${way}${strength === 'full' ? '' : ', as a hint only'}: ${detail}`
    }
  }
}

function time(at: number): string {
  return new Date(at).toISOString()
}

const EXPIRED = {
  lift: 'the lift came to its end',
  unconfirmed: 'nobody followed the link of the first message in time',
  unanswered: 'the question was not answered in time',
} as const
