/** What a case worker decided. `parseDecision` refuses one that names no evidence where it must. */
export type Decision =
  | { readonly outcome: 'lift'; readonly lifts: readonly Lift[]; readonly reason: string }
  | { readonly outcome: 'partly'; readonly lifts: readonly Lift[]; readonly reason: string; readonly next: string }
  | { readonly outcome: 'uphold'; readonly reason: string; readonly evidence: readonly string[]; readonly next: string }
  /** A subscriber gets what he asked for himself; what that is stands in the request. */
  | { readonly outcome: 'grant'; readonly reason: string }

/** What is spared from now on. It overrides analytics rules only, never do-not-originate or the called party's list. */
export type Lift = {
  readonly scope: LiftScope
  /** Milliseconds since 1970; undefined for no end. */
  readonly until: number | undefined
  /** The least attestation that calls must have; undefined for any. */
  readonly attestation: 'A' | 'B' | 'C' | undefined
  /** The rule's id that is overridden; undefined for all analytics rules. */
  readonly rule: string | undefined
}

export type LiftScope =
  /** E.164. */
  | { readonly kind: 'number'; readonly number: string }
  /** Leading digits, `+1212555`: a block of numbers. */
  | { readonly kind: 'block'; readonly prefix: string }
  /** Both ends included; of one length, at most 10,000 numbers. */
  | { readonly kind: 'range'; readonly first: string; readonly last: string }

/** Whether a number, E.164, is in a scope. */
export function holds(scope: LiftScope, number: string): boolean {
  if (scope.kind === 'number') return scope.number === number
  if (scope.kind === 'block') return number.startsWith(scope.prefix)
  // Both ends are of one length, so that digits go by their order.
  return number.length === scope.first.length && scope.first <= number && number <= scope.last
}
