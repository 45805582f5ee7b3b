import type { Erased } from './entry.ts'

/** Writes the ranges of an erasure compactly: `[["gate",4,9]]`. */
export function formatErased(erased: readonly Erased[]): string {
  return JSON.stringify(erased.map(({ chain, first, last }) => [chain, first, last]))
}

/** Reads what `formatErased` writes; anything else is no range at all. */
export function parseErased(text: string): Erased[] {
  try {
    return (JSON.parse(text) as [string, number, number][]).map(([chain, first, last]) => ({ chain, first, last }))
  } catch {
    return []
  }
}
