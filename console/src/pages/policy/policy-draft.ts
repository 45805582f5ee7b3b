import { useSyncExternalStore } from 'react'

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
  return [useSyncExternalStore(listen, () => current), keepDraft]
}

export function keepDraft(draft: Draft | undefined): void {
  current = draft
  try {
    if (draft === undefined) sessionStorage.removeItem(PLACE)
    else sessionStorage.setItem(PLACE, JSON.stringify(draft))
  } catch {
    // A window that keeps nothing forgets it when it is loaded anew.
  }
  for (const one of listeners) one()
}

export function readDraft(): Draft | undefined {
  return current
}

function listen(one: () => void): () => void {
  listeners.add(one)
  return () => void listeners.delete(one)
}

function kept(): Draft | undefined {
  try {
    const text = sessionStorage.getItem(PLACE)
    return text === null ? undefined : (JSON.parse(text) as Draft)
  } catch {
    return undefined
  }
}

const PLACE = 'policy-draft'
const listeners = new Set<() => void>()
let current = kept()
