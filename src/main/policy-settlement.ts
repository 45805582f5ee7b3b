import { hashPolicy, type PolicyText } from '#core/ledger/policy-text.ts'
import type { Actor, AuditAction } from '#edge/store/audit.ts'
import { partsOf, type PolicyStore, type PolicyVersion } from '#edge/store/policy-store.ts'
import { countsOf, diffPolicies, guardAgainst, type PolicyDifference } from './policy-difference.ts'

/** What somebody wants to be in force. It has been loaded whole before: whatever is in the store can be judged by. */
export type WantedPolicy = {
  /** A text, or the number of a version with its text. */
  readonly of: PolicyText | { readonly version: number; readonly text: PolicyText }
  readonly action: AuditAction
  readonly detail: Readonly<Record<string, unknown>>
  /** The file it was read from, and what stands there. */
  readonly origin: { readonly file: string; readonly text: PolicyText } | undefined
  /** Whether it may be in force at once, however much it changes: it was before, or a second person has looked. */
  readonly isKnown: boolean
}

/** Who changes it, why and when; `isDry` only says what would happen. */
export type Settling = {
  readonly by: Actor
  readonly note: string
  readonly atMs: number
  readonly isDry: boolean
}

/** What became of it. */
export type Settled = {
  readonly kind: 'settled'
  /** Undefined for what would become a version. */
  readonly policy: number | undefined
  readonly state: 'applied' | 'staged' | 'unchanged' | 'would-apply' | 'would-stage'
  /** The version in force before; undefined where none was. */
  readonly before: number | undefined
  /** Why a second person has to look, in words; empty where none has. */
  readonly guarded: readonly string[]
  readonly difference: PolicyDifference
}

/** Puts a policy into force, or stages it where the guard of the one in force asks for a second person. */
export function settlePolicy(
  store: PolicyStore,
  inForce: PolicyVersion | undefined,
  { of, action, detail, origin, isKnown }: WantedPolicy,
  { by, note, atMs, isDry }: Settling,
): Settled | { readonly kind: 'overtaken'; readonly inForce: number | undefined } {
  const { version, text } = 'version' in of ? of : { version: undefined, text: of }
  const standing = inForce === undefined ? undefined : store.text(inForce.version)
  const difference = diffPolicies(standing ?? EMPTY_POLICY, text)
  const guarded = standing === undefined || isKnown ? [] : guardAgainst(standing, difference)
  const common = { kind: 'settled', before: inForce?.version, guarded, difference } as const
  const parts = origin && { file: origin.file, parts: partsOf(origin.text) }

  const isInForce = version === undefined ? inForce?.hash === hashPolicy(text) : version === inForce?.version
  if (isInForce) {
    if (parts !== undefined && !isDry) store.rememberParts(parts.file, parts.parts)
    return { ...common, policy: inForce?.version, state: 'unchanged' }
  }
  const staged = guarded.length > 0
  if (isDry) return { ...common, policy: version, state: staged ? 'would-stage' : 'would-apply' }
  const changed = store.change({
    of: version ?? text,
    step: staged ? 'staged' : 'applied',
    base: inForce?.version,
    by,
    note,
    origin: parts,
    action: staged ? 'policy-staged' : action,
    detail: { ...detail, ...countsOf(difference), ...(staged && { guarded }) },
    atMs,
  })
  if (changed.kind === 'overtaken') return changed
  return { ...common, policy: changed.version, state: staged ? 'staged' : 'applied' }
}

export const EMPTY_POLICY: PolicyText = { yaml: '{}\n', lists: new Map() }
