import type { EvidenceFile } from './case-event.ts'
import type { Decision } from './decision.ts'
import type { Proof, ProofChallenge } from './proof.ts'

/** A case as its claimant reads it: no note, no name of a case worker, no called digit behind the area. */
export type CaseView = {
  readonly id: string
  readonly status: CaseStatus
  readonly openedAt: number
  /** When something is due, and what; undefined where nothing is. */
  readonly due:
    | { readonly at: number; readonly what: 'status' | 'decision' | 'answer'; readonly isOverdue: boolean }
    | undefined
  /** What happens next and who is to do it, in words. */
  readonly next: string
  /** A decision that was taken back as a mistake, and from when on it is not in force. */
  readonly takenBack: { readonly at: number; readonly what: 'lift' | 'grant' | 'uphold' } | undefined
  readonly numbers: readonly string[]
  readonly receipts: readonly string[]
  readonly events: readonly { readonly at: number; readonly words: string }[]
  readonly question: string | undefined
  readonly decision: Decision | undefined
  readonly proofs: readonly Proof[]
  readonly challenges: readonly ProofChallenge[]
  readonly evidence: readonly EvidenceFile[]
  /** What the claimant can still do. */
  readonly may: readonly ('answer' | 'withdraw' | 'add-evidence' | 'prove' | 'reopen' | 'resend')[]
}

export type CaseStatus = (typeof CASE_STATUSES)[number]

/** Each way that a case can stand. */
export const CASE_STATUSES = [
  'unconfirmed',
  'open',
  'waiting-for-claimant',
  'lifted',
  'verified',
  'regressed',
  'partly-lifted',
  'upheld',
  'granted',
  'withdrawn',
  'expired',
] as const
