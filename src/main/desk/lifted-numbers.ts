import type { Standing } from '#core/redress/standing.ts'
import type { StandingChange } from '#edge/store/standing-store.ts'

/**
 * Which calling numbers a lift may be for: whoever sees every call asks the store only about these. Ends of lifts that come
 * with time are the store's to know.
 */
export class LiftedNumbers {
  /** The change that was taken in last. */
  place = 0
  readonly #lifts = new Map<number, Lift['scope']>()
  #numbers: ReadonlySet<string> = new Set()
  #stretches: readonly Lift['scope'][] = []

  /** Whether there is no lift at all. */
  get isEmpty(): boolean {
    return this.#lifts.size === 0
  }

  /** Takes in lifts that were added or have ended; other changes are passed over. */
  take(changes: readonly StandingChange[]): void {
    if (changes.length === 0) return
    for (const { changed, standing, endedAt } of changes) {
      this.place = Math.max(this.place, changed)
      if (standing?.kind !== 'lift') continue
      if (endedAt === undefined) this.#lifts.set(standing.id, standing.scope)
      else this.#lifts.delete(standing.id)
    }
    const scopes = [...this.#lifts.values()]
    this.#numbers = new Set(scopes.flatMap((scope) => (scope.kind === 'number' ? scope.number : [])))
    this.#stretches = scopes.filter(({ kind }) => kind !== 'number')
  }

  /** Whether a lift may be for the number, as E.164 with its plus. */
  has(number: string): boolean {
    if (this.#numbers.has(number)) return true
    for (const scope of this.#stretches) if (isIn(scope, number)) return true
    return false
  }
}

type Lift = Extract<Standing, { kind: 'lift' }>

function isIn(scope: Lift['scope'], number: string): boolean {
  if (scope.kind === 'number') return number === scope.number
  if (scope.kind === 'block') return number.startsWith(scope.prefix)
  return number.length === scope.first.length && number >= scope.first && number <= scope.last
}
