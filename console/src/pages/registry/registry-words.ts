import type { AnswerOf } from '../../client.ts'
import type { Tone } from '../../parts/status-word.tsx'

export type RegistrationAnswer = AnswerOf<'get', '/v1/registry/registrations/{id}'>
type Status = RegistrationAnswer['status']

/** How a registration stands. */
export const STATUS_WORDS: { readonly [status in Status]: string } = {
  unconfirmed: 'Not confirmed',
  waiting: 'To be looked at',
  asked: 'Waits for holder',
  approved: 'Approved',
  refused: 'Refused',
  suspended: 'Suspended',
  expired: 'Ended',
  withdrawn: 'Withdrawn',
}

export const STATUS_TONES: { readonly [status in Status]: Tone } = {
  unconfirmed: 'quiet',
  waiting: 'quiet',
  asked: 'quiet',
  approved: 'good',
  refused: 'quiet',
  suspended: 'wait',
  expired: 'quiet',
  withdrawn: 'quiet',
}

export const PROOF_STATES: { readonly [state in RegistrationAnswer['numbers'][number]['proof']]: string } = {
  none: 'Not shown',
  partly: 'Shown for some',
  proven: 'Shown',
  lapsed: 'To be shown again',
  disputed: 'Disputed',
}

export const PROOF_TONES: { readonly [state in RegistrationAnswer['numbers'][number]['proof']]: Tone } = {
  none: 'quiet',
  partly: 'quiet',
  proven: 'good',
  lapsed: 'wait',
  disputed: 'bad',
}

export const ITEM_WORDS: { readonly [item in RegistrationAnswer['checklist'][number]['item']]: string } = {
  identity: 'Identity',
  contact: 'Contact',
  site: 'Web site',
  purpose: 'Purpose',
  volume: 'Volume',
  provider: 'Provider',
  numbers: 'Numbers',
}

export const OUTCOME_WORDS = { passed: 'Passed', failed: 'Failed', 'not-applicable': 'Not applicable' } as const

export const TRUST_WORDS = {
  none: 'Only looked at',
  note: 'Noted for people inside',
  full: 'Told to the gates',
} as const

/** A span as people read it: a number, or its first and last. */
export function spanWords({ first, last }: { readonly first: string; readonly last: string }): string {
  return first === last ? first : `${first}..${last}`
}

/** What an approval does not reach: lines of numbers that nobody has shown to be its own. */
export function unshownWords(numbers: RegistrationAnswer['numbers']): string[] {
  const unshown = numbers.filter(({ proof }) => proof !== 'proven').length
  if (unshown === 0) return []
  const which = numbers.length === 1 ? 'Its line of numbers' : `${unshown} of its ${numbers.length} lines of numbers`
  return [
    `${which} ${unshown === 1 ? 'has' : 'have'} not been shown to be its own: gates are told nothing of ${unshown === 1 ? 'it' : 'these'} until then.`,
  ]
}
