import { formatParty, parseParty } from '#core/call/party.ts'
import type { Refusal, Standing } from './refusal.ts'
import { type Share, compareShares } from './silence.ts'

/** What makes refusals one group: who blocked, which of our number blocks, and what was said. */
export type GroupKey = {
  /** As in `Refusal`; empty where unknown. */
  readonly blocker: string
  /** A thousands block of our own numbers by its leading digits, `+12125550`; empty for callers without such a number. */
  readonly block: string
  /** `603+`, `608`, `607`, `603`, `603+ damaged`, or the status of another refusal. */
  readonly reason: string
  /** How its refusals stand; faults are in no group. */
  readonly standing: BlockStanding
}

export type BlockStanding = Exclude<Standing, 'fault'>

/** What is stored of a group, counted; every time is handed in. */
export type GroupFacts = {
  readonly key: GroupKey
  /** When the group's first and last call were refused; milliseconds since 1970. */
  readonly first: number
  readonly last: number
  /** Refused calls in all. */
  readonly calls: number
  /** The first call refused after the mark's `effective`; undefined where there is none. */
  readonly firstAfterMark: number | undefined
  /** Refused calls and all attempts of the number block within the last day, and in the week before that. */
  readonly recent: Share
  readonly earlier: Share
}

/** What a person or a lift says of a group. The last one counts. */
export type GroupMark = {
  readonly kind: 'resolved' | 'ignored' | 'reopened'
  /** When it was said. */
  readonly at: number
  /** From when on it holds: a lift's effective time; calls refused up to then belong to what was resolved. */
  readonly effective: number
  readonly by: string
  readonly note: string
  /** The group's share when it was ignored: what `escalating` is measured against from then on. */
  readonly share: Share
}

/**
 * How a group stands.
 *
 * - `new`: first seen within the last `NEW_MS`.
 * - `escalating`: its share of attempts has risen beyond chance, and at least doubled.
 * - `regressed`: refused again after it was resolved.
 * - `ignored`: nobody wants to hear of it until it escalates.
 */
export type GroupState = (typeof GROUP_STATES)[number]

export const GROUP_STATES = ['new', 'ongoing', 'escalating', 'regressed', 'resolved', 'ignored'] as const

/** The group that a refusal belongs to; undefined for a fault, which is no block by its code. */
export function groupKey(from: string, refusal: Refusal): GroupKey | undefined {
  const { standing } = refusal
  if (standing === 'fault') return undefined
  return { blocker: foldBlocker(refusal.blocker), block: numberBlock(from), reason: reasonOf(refusal), standing }
}

/** The thousands block of a number by its leading digits: `+12125550` of `+12125550117`; empty for what has none. */
export function numberBlock(number: string): string {
  const party = parseParty(number)
  if (party.kind !== 'e164' || party.count <= BLOCK_DIGITS) return ''
  return formatParty(party).slice(0, -BLOCK_DIGITS)
}

/** What a refusal said, as groups tell them apart: from a small set, whatever a blocker writes. */
export function reasonOf({ class: kind, status, damage }: Refusal): string {
  if (kind === '603+' || (kind === '603' && damage.length > 0)) return damage.length > 0 ? '603+ damaged' : '603+'
  return damage.length > 0 ? `${status} damaged` : String(status)
}

/**
 * How a group stands at a time. It is computed from what is stored, never kept: what comes late changes the past, and this
 * with it. Whether it is *regressed* goes by when a call was refused and when the lift took effect, never by when we heard.
 */
export function groupState(facts: GroupFacts, mark: GroupMark | undefined, nowMs: number): GroupState {
  if (mark?.kind === 'resolved') return facts.firstAfterMark === undefined ? 'resolved' : 'regressed'
  if (mark?.kind === 'ignored') return isBackFrom(mark, facts) ? 'escalating' : 'ignored'
  if (nowMs - facts.first < NEW_MS) return 'new'
  return isEscalating(facts.recent, facts.earlier) ? 'escalating' : 'ongoing'
}

/** Whether an ignored group is worse than it was then; one that had no calls any more is so with calls enough. */
function isBackFrom({ share }: GroupMark, { recent }: GroupFacts): boolean {
  return share.of === 0 ? recent.hits >= ESCALATING_CALLS : isEscalating(recent, share)
}

/** Whether a share has at least doubled, beyond chance, with calls enough to say so. */
export function isEscalating(recent: Share, earlier: Share): boolean {
  if (recent.hits < ESCALATING_CALLS || earlier.of === 0) return false
  const { p } = compareShares(recent, earlier)
  return p < ESCALATING_P && recent.hits / recent.of >= ESCALATING_TIMES * (earlier.hits / earlier.of)
}

/** A blocker as groups and lists have it: hosts and domains are the same in any case, and no name is without end. */
export function foldBlocker(blocker: string): string {
  return blocker.trim().toLowerCase().slice(0, BLOCKER_MAX)
}

/** So long a group counts as new. */
export const NEW_MS = 24 * 3_600_000
/** Calls are counted by quarters of a day: a day is the last `RECENT_QUARTERS`, the one that goes on among them. */
export const QUARTER_MS = 6 * 3_600_000
export const RECENT_QUARTERS = 4
/** The week before that, which a day is compared with. */
export const EARLIER_QUARTERS = 28
/** Groups that are kept apart; refusals of further ones are counted in one group for each standing, whose blocker is `OTHERS`. */
export const GROUPS_MAX = 5_000
export const OTHERS = '(others)'
/** Fewer refused calls within a day never escalate. */
export const ESCALATING_CALLS = 10
const ESCALATING_TIMES = 2
const ESCALATING_P = 0.001
/** Characters of a blocker that count; a host has 253 at most. */
const BLOCKER_MAX = 253
/** A thousands block: the numbers that differ in their last three digits. */
const BLOCK_DIGITS = 3
