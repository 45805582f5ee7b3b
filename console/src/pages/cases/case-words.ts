import type { CaseStatus } from '#core/redress/case-view.ts'
import type { Tone } from '../../parts/status-word.tsx'

/** How a case stands, in the words of those who work on it. */
export const STATUS_WORDS: { readonly [status in CaseStatus]: string } = {
  unconfirmed: 'Unconfirmed',
  open: 'Open',
  'waiting-for-claimant': 'Waits for claimant',
  lifted: 'Lifted',
  verified: 'Lifted, verified',
  regressed: 'Blocked again',
  'partly-lifted': 'Partly lifted',
  upheld: 'Upheld',
  granted: 'Granted',
  withdrawn: 'Withdrawn',
  expired: 'Expired',
}

/** Only what a person has to look at is coloured. */
export const STATUS_TONES: { readonly [status in CaseStatus]: Tone } = {
  unconfirmed: 'quiet',
  open: 'quiet',
  'waiting-for-claimant': 'quiet',
  lifted: 'good',
  verified: 'good',
  regressed: 'bad',
  'partly-lifted': 'good',
  upheld: 'quiet',
  granted: 'good',
  withdrawn: 'quiet',
  expired: 'quiet',
}

/** What is due. */
export const DUE_WORDS = { status: 'First word', decision: 'Decision', answer: 'Their answer' } as const

/** What a subscriber asks for himself. */
export const WISH_WORDS = {
  'blocked-list': 'The list of calls to the number that were blocked',
  'opt-out': 'That no analytics rule blocks calls to the number',
  'opt-in': 'That analytics rules block calls to the number again',
  unblock: 'That calls of a caller reach the number',
  block: 'That calls of a caller do not reach the number',
} as const

export const PROOF_WORDS = {
  call: 'by a call from it',
  letter: 'by a letter',
  registry: 'by the registry',
  provider: 'by the provider of the number',
} as const

/** A scope of a lift, for a sentence: `+12125550117`, `all numbers that begin with +1212`. */
export function scopeWords(scope: Scope): string {
  if (scope.kind === 'number') return scope.number
  if (scope.kind === 'block') return `all numbers that begin with ${scope.prefix}`
  return `${scope.first} to ${scope.last}`
}

export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

type Scope =
  | { readonly kind: 'number'; readonly number: string }
  | { readonly kind: 'block'; readonly prefix: string }
  | { readonly kind: 'range'; readonly first: string; readonly last: string }
