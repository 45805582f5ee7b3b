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
