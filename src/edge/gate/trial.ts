import type { Reply } from '#codec/sip/reply.ts'
import { STATUS } from '#codec/sip/status.ts'
import type { CallFacts } from '#core/call/facts.ts'
import { type Party, partyKey } from '#core/call/party.ts'

/** A test of one peer by two calls: one that the peer must let go on, and one that it must not. Plain data. */
export type Trial = {
  readonly peer: string
  /** The called number of each call. */
  readonly allow: Party
  readonly block: Party
  /** How the second is refused. */
  readonly status: TrialStatus
  /** Milliseconds since 1970. */
  readonly untilMs: number
}

export type TrialStatus = (typeof TRIAL_STATUSES)[number]
export const TRIAL_STATUSES = [603, 607, 608, 403] as const

/** What a gate heard in a trial: one of the two calls, or another call of the same peer. */
export type Tried = { readonly atMs: number; readonly call: 'allow' | 'block' | 'other' }

/** Which of a trial's calls this is; `undefined` for calls of other peers, and where the trial is over. No emergency call is one. */
export function triedCall(trial: Trial, facts: CallFacts): Tried['call'] | undefined {
  if (facts.peer !== trial.peer || facts.atMs > trial.untilMs || facts.emergency) return undefined
  const called = partyKey(facts.called)
  if (called === partyKey(trial.allow)) return 'allow'
  return called === partyKey(trial.block) ? 'block' : 'other'
}

/**
 * How the second call is refused: by the bare status. It carries no receipt, for nothing was found out about its caller, and
 * nothing is recorded.
 */
export function trialRefusal({ status }: Trial): Reply {
  return REFUSALS[status]
}

const REFUSALS: Readonly<Record<TrialStatus, Reply>> = {
  603: { ...STATUS.decline, fields: [] },
  607: { ...STATUS.unwanted, fields: [] },
  608: { ...STATUS.rejected, fields: [] },
  403: { ...STATUS.forbidden, fields: [] },
}
