// One thing: a decision as it is being filled in, what the API takes of it, and what is wrong with it in the words of the form.
import type { DialPlan } from '#core/call/number.ts'
import { writeOutDecision } from '#core/redress/decision-request.ts'
import { type LiftScope, holds } from '#core/redress/decision.ts'
import { CLAIM_ITEMS_MAX, LIFTS_MAX, LIFT_MAX_MS, RANGE_MAX, WORDS_MAX, parseDecision } from '#core/redress/parse.ts'
import type { BodyOf } from '../../client.ts'
import { formatDayHere } from '../../parts/moment-words.ts'

/** What stands in the form. */
export type DecisionDraft = {
  readonly outcome: Outcome | undefined
  /** Which numbers are lifted: all contested ones, some of them, or more than those. */
  readonly scope: 'all' | 'some' | 'block' | 'range'
  readonly some: readonly string[]
  readonly prefix: string
  readonly first: string
  readonly last: string
  /** RFC 3339; empty for no end. */
  readonly until: string
  readonly attestation: string
  readonly rule: string
  readonly reason: string
  readonly next: string
  /** What a block that stays rests on, a line each. */
  readonly evidence: string
  readonly override: string
}

export type Outcome = 'lift' | 'partly' | 'uphold' | 'grant'

/** What is wrong, in words, by the field of the form that it is about. */
export type DraftFaults = { readonly [field in keyof DecisionDraft]?: string }

/** The body of a decision, as the API takes it. */
export type SentDecision = BodyOf<'post', '/v1/cases/{id}/decision'>['decision']

/** What a form is read by. */
export type DraftTerms = {
  /** The contested numbers; none where many cases are decided. */
  readonly numbers: readonly string[]
  readonly plan: DialPlan | undefined
  /** Milliseconds since 1970. */
  readonly now: number
}

export const NO_DRAFT: DecisionDraft = {
  outcome: undefined,
  scope: 'all',
  some: [],
  prefix: '',
  first: '',
  last: '',
  until: '',
  attestation: '',
  rule: '',
  reason: '',
  next: '',
  evidence: '',
  override: '',
}

/**
 * What the API takes, or what is missing or wrong yet. It is read by the parser of the API itself, so that nothing is sent that
 * would be refused for its form.
 */
export function decisionOf(
  draft: DecisionDraft,
  { numbers, plan, now }: DraftTerms,
): { readonly decision: SentDecision } | { readonly faults: DraftFaults } {
  const { outcome, scope, until, attestation, rule } = draft
  if (outcome === undefined) return { faults: { outcome: 'Choose what becomes of it.' } }
  const terms = {
    ...(until !== '' && { until }),
    ...(attestation !== '' && { attestation }),
    ...(rule !== '' && { rule }),
  }
  const typed = typedScope(draft, plan)
  const scopes = typed === undefined ? scopesOf(draft) : [typed]
  const lifts = isLift(draft)
    ? scope === 'all'
      ? terms
      : { lifts: scopes.map((one) => ({ scope: one, ...terms })) }
    : {}
  const decision = {
    outcome,
    ...lifts,
    reason: draft.reason.trim(),
    ...(outcome === 'uphold' && { evidence: linesOf(draft.evidence) }),
    ...((outcome === 'uphold' || outcome === 'partly') && { next: draft.next.trim() }),
  }
  const parsed = parseDecision(writeOutDecision(decision, numbers.length > 0 ? numbers : ANY_NUMBER), now, plan)
  const wrong = parsed.kind === 'faults' ? faultsOf(parsed.faults, draft, now) : {}
  const isElsewhere = typed !== undefined && numbers.length > 0 && !numbers.some((number) => holds(typed, number))
  const faults = {
    ...(isElsewhere && { [scope === 'block' ? 'prefix' : 'last']: 'No contested number of this case is among them.' }),
    ...wrong,
    ...missingOf(draft),
  }
  return Object.keys(faults).length === 0 && parsed.kind === 'parsed' ? { decision } : { faults }
}

/** The block or range that was typed, as E.164; undefined where none was, or it cannot be read. */
export function typedScope(draft: DecisionDraft, plan: DialPlan | undefined): LiftScope | undefined {
  if (!isLift(draft) || (draft.scope !== 'block' && draft.scope !== 'range')) return undefined
  const alone = { outcome: 'lift', reason: '-', lifts: scopesOf(draft).map((scope) => ({ scope })) }
  const parsed = parseDecision(alone, 0, plan)
  return parsed.kind === 'parsed' && 'lifts' in parsed.value ? parsed.value.lifts[0]?.scope : undefined
}

/** Whether nothing was typed or chosen for a field: then it is missing, not wrong. */
export function isBlank(draft: DecisionDraft, field: keyof DecisionDraft): boolean {
  const value = draft[field]
  return value === undefined || (typeof value === 'string' ? value.trim() === '' : value.length === 0)
}

/** What the API refused, in the words of the form; undefined where it is about no field of it. */
export function faultAt(pointer: string | undefined, draft: DecisionDraft, now: number): DraftFaults | undefined {
  const field = pointer
    ?.replace(/^\/(?:decision\/)?/, '')
    .replaceAll(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.')
  const faults = field === undefined ? {} : faultsOf([{ field }], draft, now)
  return Object.keys(faults).length === 0 ? undefined : faults
}

/** A time so many days from now, on the full hour. */
export function daysFrom(nowMs: number, days: number): string {
  const hour = 3_600_000
  return new Date(Math.ceil((nowMs + days * 24 * hour) / hour) * hour).toISOString()
}

/** The end of a day on the viewer's clock: `2026-11-22` has its last second. */
export function endOfDay(day: string): string {
  const at = new Date(`${day}T23:59:59`)
  return Number.isNaN(at.getTime()) ? '' : at.toISOString()
}

function missingOf(draft: DecisionDraft): DraftFaults {
  const { outcome, scope } = draft
  const wanted = [
    ...(isLift(draft) ? WANTED_SCOPE[scope] : []),
    'reason' as const,
    ...(outcome === 'uphold' ? (['evidence'] as const) : []),
    ...(outcome === 'uphold' || outcome === 'partly' ? (['next'] as const) : []),
  ]
  return Object.fromEntries(wanted.filter((field) => isBlank(draft, field)).map((field) => [field, MISSING[field]]))
}

function isLift({ outcome }: DecisionDraft): boolean {
  return outcome === 'lift' || outcome === 'partly'
}

function scopesOf({ scope, some, prefix, first, last }: DecisionDraft): readonly object[] {
  if (scope === 'some') return some.map((number) => ({ kind: 'number', number }))
  return scope === 'block' ? [{ kind: 'block', prefix }] : [{ kind: 'range', first, last }]
}

function faultsOf(found: readonly { readonly field: string }[], draft: DecisionDraft, now: number): DraftFaults {
  const faults: { -readonly [field in keyof DecisionDraft]?: string } = {}
  for (const { field } of found) {
    const place = fieldOf(field, draft.scope)
    const words = place === undefined ? undefined : WRONG[place]?.(draft, now)
    if (place !== undefined && words !== undefined) faults[place] ??= words
  }
  // What has no first number is no range either.
  if (faults.first !== undefined) delete faults.last
  return faults
}

/** The field of the form that a place of a decision is about: `lifts[0].scope.first` is the first number of a range. */
function fieldOf(place: string, scope: DecisionDraft['scope']): keyof DecisionDraft | undefined {
  const [, lift] = /^lifts(?:\[\d+\])?\.?(.*)$/.exec(place) ?? []
  if (lift === undefined) return TEXTS.find((text) => place.startsWith(text))
  if (lift === 'until' || lift === 'rule') return lift
  if (scope === 'block') return 'prefix'
  if (scope === 'range') return lift === 'scope.first' ? 'first' : 'last'
  return scope === 'some' ? 'some' : undefined
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

function lengthFault(text: string): string {
  const { length } = text.trim()
  return length > WORDS_MAX
    ? `At most ${WORDS_MAX.toLocaleString('en')} characters; these are ${length.toLocaleString('en')}.`
    : 'It has a character that cannot be seen. Write it anew.'
}

const WANTED_SCOPE = { all: [], some: ['some'], block: ['prefix'], range: ['first', 'last'] } as const
const MISSING = {
  some: 'Choose the numbers that are lifted.',
  prefix: 'Write the leading digits of the numbers that are lifted.',
  first: 'Write the first number that is lifted.',
  last: 'Write the last number that is lifted.',
  reason: 'Write the reason.',
  evidence: 'Name what it rests on, a line each.',
  next: 'Write what the claimant can do now.',
} as const
/** What is wrong where something stands in the field, but cannot be taken. */
const WRONG: { readonly [field in keyof DecisionDraft]?: (draft: DecisionDraft, now: number) => string } = {
  some: () => `Choose at most ${LIFTS_MAX} numbers.`,
  prefix: () => 'Write at least six leading digits, such as +1 212 555.',
  first: () => 'Write a whole number, such as +1 212 555 0100.',
  last: () =>
    `Write a whole number that is not before the first, of the same length, and at most ${RANGE_MAX.toLocaleString('en')} numbers on.`,
  until: (_, now) => `Choose a day from today to ${formatDayHere(now + LIFT_MAX_MS)}.`,
  rule: () => 'The policy in force has no such rule of analytics. Choose another one, or all.',
  reason: ({ reason }) => lengthFault(reason),
  evidence: ({ evidence }) =>
    linesOf(evidence).length > CLAIM_ITEMS_MAX
      ? `At most ${CLAIM_ITEMS_MAX.toLocaleString('en')} lines.`
      : lengthFault(linesOf(evidence).find((line) => line.length > WORDS_MAX) ?? ''),
  next: ({ next }) => lengthFault(next),
  override: ({ override }) => (override.trim() === '' ? MISSING_OVERRIDE : lengthFault(override)),
}
const TEXTS = ['reason', 'evidence', 'next', 'override'] as const
const MISSING_OVERRIDE = 'Write why it goes without proof.'
/** Any stands for those of many cases, which have their own. */
const ANY_NUMBER = ['+12125550100']
