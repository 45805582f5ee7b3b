/** How a breaker stands: asking, leaving alone, or letting one try. */
export type BreakerState = 'closed' | 'open' | 'half-open'

/**
 * Stops asking who fails too often: after `failures` within `perMs` it opens for `openMs`, then lets one question
 * through. If that is answered it closes; if not, it opens again.
 */
export class Breaker {
  readonly #failures: number
  readonly #perMs: number
  readonly #openMs: number
  /** When the latest failures were, oldest first; never more than make it open. */
  readonly #failedMs: number[] = []
  #openedMs = 0
  #state: BreakerState = 'closed'

  constructor(terms: { readonly failures: number; readonly perMs: number; readonly openMs: number }) {
    this.#failures = terms.failures
    this.#perMs = terms.perMs
    this.#openMs = terms.openMs
  }

  get state(): BreakerState {
    return this.#state
  }

  /** Whether to ask now. Who is told yes says afterwards how it went. */
  allows(nowMs: number): boolean {
    if (this.#state === 'closed') return true
    if (this.#state === 'half-open' || nowMs - this.#openedMs < this.#openMs) return false
    this.#state = 'half-open'
    return true
  }

  succeeded(): void {
    if (this.#state !== 'half-open') return
    this.#state = 'closed'
    this.#failedMs.length = 0
  }

  failed(nowMs: number): void {
    if (this.#state === 'half-open') return this.#open(nowMs)
    if (this.#state === 'open') return
    this.#failedMs.push(nowMs)
    if (this.#failedMs.length < this.#failures) return
    const oldest = this.#failedMs.shift()!
    if (nowMs - oldest < this.#perMs) this.#open(nowMs)
  }

  #open(nowMs: number): void {
    this.#state = 'open'
    this.#openedMs = nowMs
  }
}
