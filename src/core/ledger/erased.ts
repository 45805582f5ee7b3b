import type { Erased } from './entry.ts'

/** Writes the ranges of an erasure compactly: `[["gate",4,9]]`. */
export function formatErased(erased: readonly Erased[]): string {
  return JSON.stringify(erased.map(({ chain, first, last }) => [chain, first, last]))
}

/** Reads what `formatErased` writes; anything else, also the same spelled otherwise, is no range at all. */
export function parseErased(text: string): Erased[] {
  try {
    const ranges = JSON.parse(text) as [string, number, number][]
    const erased = ranges.map(([chain, first, last]) => ({ chain, first, last }))
    return formatErased(erased) === text ? erased : []
  } catch {
    return []
  }
}
