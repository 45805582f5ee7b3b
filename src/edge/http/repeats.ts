/**
 * Keeps what was answered, or will be, so that who asks again gets the same: also while the first answer is still being
 * made. Holds at most `capacity` entries for `keepMs`; the oldest makes room.
 */
export class Repeats<Value> {
  readonly #kept = new Map<string, { readonly sinceMs: number; readonly value: Value }>()
  readonly #capacity: number
  readonly #keepMs: number

  constructor(capacity: number, keepMs: number) {
    this.#capacity = capacity
    this.#keepMs = keepMs
  }

  find(key: string, nowMs: number): Value | undefined {
    const found = this.#kept.get(key)
    if (found === undefined) return undefined
    if (nowMs - found.sinceMs < this.#keepMs) return found.value
    this.#kept.delete(key)
    return undefined
  }

  keep(key: string, nowMs: number, value: Value): void {
    // A map goes round in the order of arrival, and all live equally long: the first is the oldest.
    for (const [oldest, { sinceMs }] of this.#kept) {
      if (this.#kept.size < this.#capacity && nowMs - sinceMs < this.#keepMs) break
      this.#kept.delete(oldest)
    }
    this.#kept.set(key, { sinceMs: nowMs, value })
  }

  get size(): number {
    return this.#kept.size
  }
}
