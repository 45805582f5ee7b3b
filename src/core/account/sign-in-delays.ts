/**
 * How long somebody waits before the next try to sign in. Each pair of a name and a network waits longer with every failure,
 * and each network when it tries many names; nobody's account is ever locked by what somebody else tries elsewhere. Tries
 * count when they begin, so that a thousand at once are not one. A table that does not grow.
 */
export class SignInDelays {
  readonly #tries = new Map<string, { count: number; freeMs: number; seenMs: number }>()

  /** Milliseconds to wait; 0 for a try that begins now. */
  begin(name: string, network: string, nowMs: number): number {
    const rows = keysOf(name, network).map(([key, free]) => ({ key, free, ...this.#find(key, nowMs) }))
    const waitMs = Math.max(...rows.map(({ freeMs }) => freeMs - nowMs))
    if (waitMs > 0) return waitMs
    for (const { key, free, count } of rows) {
      const over = count + 1 - free
      const freeMs = over < 0 ? nowMs : nowMs + Math.min(DELAY_MAX_MS, DELAY_MS * 2 ** Math.min(over, DOUBLINGS_MAX))
      this.#keep(key, { count: count + 1, freeMs, seenMs: nowMs })
    }
    return 0
  }

  /** The try that began was good: this pair begins anew, and the network has one less against it. */
  succeed(name: string, network: string): void {
    const [[pair], [all]] = keysOf(name, network)
    this.#tries.delete(pair)
    const row = this.#tries.get(all)
    if (row !== undefined) this.#keep(all, { ...row, count: Math.max(0, row.count - 1), freeMs: 0 })
  }

  #find(key: string, nowMs: number): { readonly count: number; readonly freeMs: number } {
    const row = this.#tries.get(key)
    return row === undefined || nowMs - row.seenMs > FORGOTTEN_MS ? { count: 0, freeMs: 0 } : row
  }

  #keep(key: string, row: { count: number; freeMs: number; seenMs: number }): void {
    this.#tries.delete(key)
    if (this.#tries.size >= SIGN_IN_ROWS_MAX) this.#tries.delete(this.#tries.keys().next().value!)
    this.#tries.set(key, row)
  }
}

function keysOf(
  name: string,
  network: string,
): readonly [pair: readonly [string, number], all: readonly [string, number]] {
  return [
    [`${network} ${name}`, FREE_TRIES],
    [network, FREE_TRIES_NETWORK],
  ]
}

/** Tries of one name from one network before anybody waits. */
export const FREE_TRIES = 5
/** Tries of any names from one network before it waits: an office behind one address signs in every morning. */
export const FREE_TRIES_NETWORK = 40
const DELAY_MS = 1_000
/** Nobody waits longer: a typist's mistakes cost a minute, and 1,440 guesses a day find nothing. */
export const DELAY_MAX_MS = 60_000
const DOUBLINGS_MAX = 10
/** Without a try for so long, all is forgotten. */
const FORGOTTEN_MS = 900_000
/** Names and networks told apart; the oldest is forgotten first. */
export const SIGN_IN_ROWS_MAX = 20_000
