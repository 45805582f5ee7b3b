import type { DisputeStatus } from '#core/dispute/dispute.ts'
import type { GroupState } from '#core/observe/group.ts'
import type { AnswerOf } from '../../client.ts'
import type { Tone } from '../../parts/status-word.tsx'

/** How a group stands. */
export const STATE_WORDS: { readonly [state in GroupState]: string } = {
  regressed: 'Came back',
  escalating: 'Rising',
  new: 'New',
  ongoing: 'Ongoing',
  resolved: 'Resolved',
  ignored: 'Ignored',
}
export const STATE_TONES: { readonly [state in GroupState]: Tone } = {
  regressed: 'bad',
  escalating: 'wait',
  new: 'quiet',
  ongoing: 'quiet',
  resolved: 'good',
  ignored: 'quiet',
}

/** What a refusal proves. */
export const STANDING_WORDS: { readonly [standing in Standing]: string } = {
  proven: 'Network, proven',
  unproven: 'Not proven',
  person: 'The called party',
  fault: 'A fault, no block',
}
export type Standing = 'proven' | 'unproven' | 'person' | 'fault'

export const DISPUTE_WORDS: { readonly [status in DisputeStatus]: string } = {
  draft: 'Not filed',
  unconfirmed: 'Confirm it',
  filed: 'Filed',
  waiting: 'They look into it',
  question: 'They ask',
  lifted: 'Lifted, not seen',
  'partly-lifted': 'Partly lifted',
  verified: 'Lifted, verified',
  regressed: 'Blocked again',
  upheld: 'Upheld',
  closed: 'Closed',
}
export const DISPUTE_TONES: { readonly [status in DisputeStatus]: Tone } = {
  draft: 'wait',
  unconfirmed: 'wait',
  filed: 'quiet',
  waiting: 'quiet',
  question: 'wait',
  lifted: 'good',
  'partly-lifted': 'good',
  verified: 'good',
  regressed: 'bad',
  upheld: 'quiet',
  closed: 'quiet',
}

/** What a blocker decided. */
export const OUTCOME_WORDS = {
  lifted: 'Lifted',
  'partly-lifted': 'Partly lifted',
  upheld: 'Upheld: the block stays',
} as const

/** What is due of a dispute, and of whom. */
export function dueWords({
  what,
  of,
}: {
  readonly what: keyof typeof DUE_WORDS
  readonly of: 'us' | 'blocker'
}): string {
  return of === 'us' ? `You ${DUE_WORDS[what]}` : `Their ${what}`
}
const DUE_WORDS = {
  file: 'file it',
  confirm: 'confirm it',
  reply: 'answer',
  retest: 'call again',
  status: 'ask',
  answer: 'ask',
} as const

/** `5 of 12`, and the share where there are enough to say one. */
export function shareWords({ hits, of }: { readonly hits: number; readonly of: number }): string {
  if (of === 0) return hits === 0 ? 'None' : `${hits}, of how many is not known`
  if (of < 20) return `${hits} of ${of}`
  return `${((100 * hits) / of).toFixed(1)} %`
}

/** `24 of 40, 60.0 %`: for what is judged by how many there were. */
export function countedShare({ hits, of }: { readonly hits: number; readonly of: number }): string {
  const counted = `${hits.toLocaleString('en')} of ${of.toLocaleString('en')}`
  return of === 0 ? counted : `${counted}, ${((100 * hits) / of).toFixed(1)}\u00a0%`
}

export function blockWords(block: string): string {
  return block === '' ? 'Other callers' : `${block}xxx`
}

/** `1 call`, `12 calls`. */
export function many(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`
}

export function measuredWords({ filed, count, medianMs, slowestMs }: Measured, what: string): string {
  if (filed === 0) return 'No dispute filed yet'
  if (medianMs === undefined) return `${count} of ${many(filed, 'dispute')} ${what}, too few to measure`
  return `${count} of ${many(filed, 'dispute')} ${what}: half within ${spanWords(medianMs)}, the slowest after ${spanWords(slowestMs ?? medianMs)}`
}

function spanWords(ms: number): string {
  return ms < 172_800_000 ? `${(ms / 3_600_000).toFixed(1)} h` : `${(ms / 86_400_000).toFixed(1)} days`
}

type Measured = AnswerOf<'get', '/v1/calling/directory'>['blockers'][number]['answer']
