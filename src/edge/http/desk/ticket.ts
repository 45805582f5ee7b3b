import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Waits that stand in for puzzles, for people whose browsers run no scripts. A ticket says since when somebody waits, is good
 * for the network that it was given to, once, and for one at a time: so waiting costs an address's time, whatever machine
 * waits. Nothing is kept but of those that were used.
 */
export class Tickets {
  readonly #secret: Uint8Array
  readonly #used = new Map<string, number>()

  constructor(secret: Uint8Array) {
    this.#secret = secret
  }

  /** A ticket to wait with: the one that was shown while it is good, otherwise one of this moment. */
  give(network: string, nowMs: number, shown?: string): string {
    if (shown !== undefined && this.#sinceOf(shown, network, nowMs) !== undefined) return shown
    const since = Math.floor(nowMs / WAIT_MS) * WAIT_MS
    return `${since}.${this.#sign(since, network)}`
  }

  /** Takes a ticket whose wait is over; it is no good afterwards. */
  take(ticket: string, network: string, nowMs: number): boolean {
    const since = this.#sinceOf(ticket, network, nowMs)
    // Given in the middle of its span, at the latest at its end: two spans later everybody has waited one.
    if (since === undefined || nowMs < since + 2 * WAIT_MS) return false
    for (const [old, usedMs] of this.#used) {
      if (nowMs - usedMs <= KEPT_MS && this.#used.size < USED_MAX) break
      this.#used.delete(old)
    }
    this.#used.set(ticket, nowMs)
    return true
  }

  /** Since when a ticket waits that is right, not too old and not used. */
  #sinceOf(ticket: string, network: string, nowMs: number): number | undefined {
    const [, written, sign] = /^([0-9]{1,15})\.([A-Za-z0-9_-]{43})$/.exec(ticket) ?? []
    if (written === undefined || sign === undefined) return undefined
    const since = Number(written)
    if (!timingSafeEqual(Buffer.from(this.#sign(since, network)), Buffer.from(sign))) return undefined
    return nowMs > since + KEPT_MS || this.#used.has(ticket) ? undefined : since
  }

  #sign(since: number, network: string): string {
    return createHmac('sha256', this.#secret).update(`recourse wait ${since} ${network}`).digest('base64url')
  }
}

/** How long somebody waits at least, and at most twice. */
export const WAIT_MS = 15_000
/** How long a ticket is good: who reads slowly is not sent back. */
const KEPT_MS = 3_600_000
const USED_MAX = 10_000
