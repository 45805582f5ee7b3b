import type { Refused, Visitor } from '#core/redress/desk.ts'
import { networkOf } from '#edge/http/connection.ts'

/** What was told to come later, and why. */
export type IntakeFigures = { [why in 'address' | 'mail-address' | 'mail-domain' | 'full']: number }

/** How often the registry lets itself be asked in an hour, by the address, the mail domain and the mailbox of who asks. */
export class IntakeLimits {
  readonly figures: IntakeFigures = { address: 0, 'mail-address': 0, 'mail-domain': 0, full: 0 }
  readonly #counts = new Map<string, number>()
  #hour = 0

  /** Undefined where it may go on; it is counted then. */
  objectTo(from: Visitor, email: string | undefined, nowMs: number): Refused | undefined {
    const hour = Math.floor(nowMs / HOUR_MS)
    if (hour !== this.#hour) {
      this.#hour = hour
      this.#counts.clear()
    }
    const address = email?.toLowerCase()
    const asked = [
      ['address', networkOf(from.address), STEPS_PER_NETWORK],
      ...(address === undefined
        ? []
        : ([
            ['mail-address', address, OPENED_PER_MAILBOX],
            ['mail-domain', address.slice(address.lastIndexOf('@')), OPENED_PER_DOMAIN],
          ] as const)),
    ] as const
    const retryAfterMs = (hour + 1) * HOUR_MS - nowMs
    for (const [of, key, max] of asked)
      if ((this.#counts.get(`${of} ${key}`) ?? 0) >= max) {
        this.figures[of]++
        return { kind: 'limited', retryAfterMs, of }
      }
    if (this.#counts.size >= KEYS_MAX) {
      this.figures.full++
      return { kind: 'full', retryAfterMs }
    }
    for (const [of, key] of asked) this.#counts.set(`${of} ${key}`, (this.#counts.get(`${of} ${key}`) ?? 0) + 1)
    return undefined
  }
}

const HOUR_MS = 3_600_000
/** Steps of one address, of IPv6 one /64: whoever keeps a long list goes through it by uploads. */
export const STEPS_PER_NETWORK = 120
/** Registrations and new links of one mailbox, and of one mail domain. */
export const OPENED_PER_MAILBOX = 3
export const OPENED_PER_DOMAIN = 60
/** Addresses and mailboxes told apart in an hour. */
const KEYS_MAX = 50_000
