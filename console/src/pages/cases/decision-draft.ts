// One thing: a decision as it is being filled in, and what the API takes of it.
import type { BodyOf } from '../../client.ts'

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

/** The body of a decision, as the API takes it. */
export type SentDecision = BodyOf<'post', '/v1/cases/{id}/decision'>['decision']

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

/** What the API takes; a text says what is missing yet. */
export function decisionOf(draft: DecisionDraft): { readonly decision: SentDecision } | { readonly missing: string } {
  const { outcome } = draft
  if (outcome === undefined) return { missing: 'Choose what becomes of it.' }
  const isLift = outcome === 'lift' || outcome === 'partly'
  const scopes = isLift ? scopesOf(draft) : []
  if (scopes === undefined) return { missing: MISSING_SCOPE[draft.scope] }
  const reason = draft.reason.trim()
  if (reason === '') return { missing: 'Write the reason: the claimant reads it.' }
  const evidence = linesOf(draft.evidence)
  if (outcome === 'uphold' && evidence.length === 0) return { missing: 'Name what it rests on, a line each.' }
  const next = draft.next.trim()
  if (outcome !== 'lift' && outcome !== 'grant' && next === '')
    return { missing: 'Write what the claimant can do now.' }
  const terms = {
    ...(draft.until !== '' && { until: draft.until }),
    ...(draft.attestation !== '' && { attestation: draft.attestation }),
    ...(draft.rule !== '' && { rule: draft.rule }),
  }
  const lifts = isLift ? (scopes === 'all' ? terms : { lifts: scopes.map((scope) => ({ scope, ...terms })) }) : {}
  return {
    decision: {
      outcome,
      ...lifts,
      reason,
      ...(outcome === 'uphold' && { evidence }),
      ...((outcome === 'uphold' || outcome === 'partly') && { next }),
    },
  }
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

function scopesOf(draft: DecisionDraft): 'all' | readonly object[] | undefined {
  const { scope, some } = draft
  const [prefix, first, last] = [draft.prefix, draft.first, draft.last].map((text) => text.replaceAll(/[\s().-]/g, ''))
  if (scope === 'all') return 'all'
  if (scope === 'some') return some.length === 0 ? undefined : some.map((number) => ({ kind: 'number', number }))
  if (scope === 'block') return prefix === '' ? undefined : [{ kind: 'block', prefix }]
  return first === '' || last === '' ? undefined : [{ kind: 'range', first, last }]
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

const MISSING_SCOPE = {
  all: '',
  some: 'Choose the numbers that are lifted.',
  block: 'Write the leading digits of the numbers that are lifted.',
  range: 'Write the first and the last number that is lifted.',
} as const
