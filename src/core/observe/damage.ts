/** Something that was done to a notice between its blocker and here. */
export type Damage = {
  /** What was done, stable for grouping. */
  readonly kind: DamageKind
  /** How sure it is: `certain` where two taps show before and after, or the bytes allow nothing else. */
  readonly sureness: 'certain' | 'likely' | 'possible'
  /** What was changed, in words, with what was found and what had to be there. */
  readonly text: string
  /** Rule of the standards that was broken by it. */
  readonly cite: string
  /** The notice before and after, where two taps saw both: octets capped as an answer is. */
  readonly seen: { readonly before: Version; readonly after: Version } | undefined
  /** Who is known to do so; the most likely first. */
  readonly culprits: readonly Culprit[]
}

export type DamageKind =
  | 'phrase-rewritten'
  | 'reason-stripped'
  | 'text-cut'
  | 'text-stripped'
  | 'reason-added'
  | 'reason-changed'
  | 'outer-parameters'
  | 'code-changed'
  | 'call-info-stripped'

/** What one tap saw of the notice. */
export type Version = {
  readonly tap: string
  readonly sender: string
  readonly status: number
  readonly phrase: string
  readonly reasons: readonly string[]
}

/** A product, or a way of setting one up, that is known to do such damage. */
export type Culprit = {
  readonly product: string
  /** What it does. */
  readonly does: string
  /** What to switch so that it stops. */
  readonly remedy: string
  /** Where this is known from, and when it was so. */
  readonly source: string
  readonly date: string
}
