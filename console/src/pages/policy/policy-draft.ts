import { useSyncExternalStore } from 'react'
import { keepTyped, readTyped } from '../../parts/typed.ts'

/** A text that somebody works on: kept in this window until it is applied or dropped, also while other pages are looked at. */
export type Draft = {
  readonly yaml: string
  /** The version that it was begun from. */
  readonly base: number
  /** Lists that were uploaded for it. */
  readonly uploads: readonly { readonly id: string; readonly list: string }[]
}

/** The draft of this window; undefined where nobody has changed anything. */
export function useDraft(): readonly [Draft | undefined, (draft: Draft | undefined) => void] {
  return [useSyncExternalStore(listen, readDraft), keepDraft]
}

export function keepDraft(draft: Draft | undefined): void {
  current = { draft }
  keepTyped(PLACE, draft)
  for (const one of listeners) one()
}

export function readDraft(): Draft | undefined {
  current ??= { draft: readTyped(PLACE) as Draft | undefined }
  return current.draft
}

function listen(one: () => void): () => void {
  listeners.add(one)
  return () => void listeners.delete(one)
}

const PLACE = 'policy'
const listeners = new Set<() => void>()
let current: { readonly draft: Draft | undefined } | undefined
