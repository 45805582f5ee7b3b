// One thing: the form of a decision: what stands in it, what is wrong with that, and which field is to be looked at.
import { type RefObject, useEffect, useRef, useState } from 'react'
import { Problem } from '../../client.ts'
import { useNow } from '../../parts/now.ts'
import { useTyped } from '../../parts/typed.ts'
import { useSession } from '../../shell/session.ts'
import {
  type DecisionDraft,
  type DraftFaults,
  NO_DRAFT,
  decisionOf,
  faultAt,
  isBlank,
  typedScope,
} from './decision-draft.ts'

export type DecisionForm = {
  readonly draft: DecisionDraft
  readonly change: (draft: DecisionDraft) => void
  readonly filled: ReturnType<typeof decisionOf>
  /** The body as it is sent; empty as long as something is missing or wrong. */
  readonly body: string
  /** The numbers that were typed, as they are read. */
  readonly read: ReturnType<typeof typedScope>
  /** What is wrong with a field that was left, or with any once somebody tried; with what the API said of it. */
  readonly faultsOf: (refused: unknown) => DraftFaults
  /** A field was left. */
  readonly leave: (field: string) => void
  /** Shows all that is missing or wrong, and goes to the first field of it. */
  readonly tryIt: () => void
  readonly form: RefObject<HTMLFormElement | null>
}

/** A form for the cases of `place`, with these numbers; none where there are many cases. */
export function useDecisionForm(place: string, numbers: readonly string[]): DecisionForm {
  const { dialPlan: plan } = useSession()
  const now = useNow()
  const [draft, setDraft] = useTyped<DecisionDraft>(`${place} decision`, NO_DRAFT)
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const [tries, setTries] = useState(0)
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    const wrong = tries > 0 ? form.current?.querySelector<HTMLElement>('[aria-invalid="true"]') : undefined
    ;(wrong?.matches('[role=radiogroup]') === true ? wrong.querySelector('input') : wrong)?.focus()
  }, [tries])
  const filled = decisionOf(draft, { numbers, plan, now })
  return {
    draft,
    change: (next) => {
      setDraft(next)
      if (next.outcome === draft.outcome) return
      setLeft(new Set())
      setTries(0)
    },
    filled,
    body: 'decision' in filled ? JSON.stringify(filled.decision) : '',
    read: typedScope(draft, plan),
    faultsOf: (refused) => {
      const known = 'faults' in filled ? filled.faults : {}
      const shown = Object.entries(known).filter(
        ([field]) => tries > 0 || (left.has(field) && !isBlank(draft, field as keyof DecisionDraft)),
      )
      return { ...fieldFaults(refused, draft, now), ...Object.fromEntries(shown) }
    },
    leave: (field) => setLeft((before) => new Set([...before, field])),
    tryIt: () => setTries((before) => before + 1),
    form,
  }
}

/** What the API refused, where it is about fields of the form. */
export function fieldFaults(refused: unknown, draft: DecisionDraft, now: number): DraftFaults | undefined {
  return refused instanceof Problem && refused.kind === 'bad-field' ? faultAt(refused.pointer, draft, now) : undefined
}
